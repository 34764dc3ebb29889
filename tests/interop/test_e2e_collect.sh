#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Reports over HTTP: settled once however often they come, from twenty boxes at once, through a collector that is killed and comes
# back, over TLS; what is malformed, forged, too large or too slow is turned away, and the card keeps its records until the EMM that
# acknowledges them.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"
need openssl python3
tessera-headend collect --listen 0 --start-time now --home "$work" 2>&1 | grep -q "without libmicrohttpd" && skip "no libmicrohttpd"

new_operator
head_end service add --id 1 --name One
head_end event add --id 11 --service 1 --title "First" --start "$(at -600)" --end "$(at 3600)" --price 1.50
new_cards 1
card=${images[0]} number=${cards[0]}
in=$(stream h264)
head_end topup "$number" --amount 20
scramble "$in" "$work/scr.ts" 1
watch 0 "$work/scr.ts" "$work/clear.ts" "$card" --service 1 --buy auto --max-price 2 --pin-file "$pin"
ok tessera-stb report --card "image:$card" -o "$work/report"

# collect [OPTION…]: in the background; its address in $url, its process in $collector
collect() {
	local listen=${listen:-0}
	: >"$work/collect.err"
	tessera-headend collect --listen "$listen" --passphrase-file "$pass" --start-time "$t0" "$@" 2>"$work/collect.err" &
	collector=$!
	children+=("$collector")
	for _ in $(seq 100); do
		url=$(sed -n 's/^listening on //p' "$work/collect.err")
		[ -n "$url" ] && return
		kill -0 "$collector" 2>/dev/null || break
		sleep 0.05
	done
	cp "$work/collect.err" "$work/err"
	die "the collector does not listen"
}

# post FILE [PATH [METHOD]]: the status in $code, the answer in $work/out, header fields in $work/fields
post() {
	python3 - "$url${2:-/report}" "$1" "${3:-POST}" "$work" <<'PY' || die "no answer to $*"
import sys, urllib.error, urllib.request
url, path, method, work = sys.argv[1:]
data = open(path, "rb").read() if method == "POST" else None
try:
    answer = urllib.request.urlopen(urllib.request.Request(url, data, method=method), timeout=20)
except urllib.error.HTTPError as e:
    answer = e
open(work + "/out", "wb").write(answer.read())
open(work + "/fields", "w").write(str(answer.headers))
open(work + "/code", "w").write(str(answer.status))
PY
	code=$(cat "$work/code")
}

ends_cleanly() {
	kill -TERM "$collector"
	wait "$collector" || die "the collector ended with $?"
	children=()
}

# What is not a report
collect --timeout-s 2
head -c 100 "$work/report" >"$work/short"
post "$work/short"
same "status of a truncated report" "$code" 400
python3 - "$work/report" "$work" <<'PY'
import sys
data, work = bytearray(open(sys.argv[1], "rb").read()), sys.argv[2]
data[-20] ^= 1
open(work + "/forged", "wb").write(data)
other = bytearray(open(sys.argv[1], "rb").read())
other[7] ^= 1 # behind length u16, "TR", version, flags: operator u16
open(work + "/other", "wb").write(other)
open(work + "/large", "wb").write(bytes(300 * 1024))
open(work + "/none", "wb").write(b"")
PY
post "$work/forged"
same "status of a forged report" "$code" 403
post "$work/other"
same "status of another operator's report" "$code" 409
post "$work/large"
same "status of a report that is too large" "$code" 413
post "$work/none"
same "status of no report" "$code" 400
post "$work/report" /elsewhere
same "status of another path" "$code" 404
post "$work/report" /report GET
same "status of another method" "$code" 405
grep -q "^Allow: POST" "$work/fields" || die "405 does not say what is allowed"
ok tessera-headend settle report --json
same "records after all that" "$(json 'x["totals"][0]["records"]')" 0

# Somebody else writes to the database for long: later, and when, is what the box is told
python3 - "$TESSERA_HOME/headend.sqlite" <<'PY' &
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
time.sleep(7)
PY
holder=$!
sleep 0.5
post "$work/report"
same "status while the database is busy" "$code" 503
grep -q "^Retry-After: [1-9]" "$work/fields" || die "503 does not say when to come again"
wait "$holder"

# Those who take their time: a drip of header bytes, a drip of body bytes, and silence. Others are served meanwhile.
python3 - "$url" <<'PY' || die "a slow client was kept for long"
import socket, sys, time
host, port = sys.argv[1].split("//")[1].split(":")
begins = [b"POST /report HTTP/1.1\r\nHost: x\r\n", b"POST /report HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n", b""]
peers = [socket.create_connection((host, int(port))) for _ in begins for _ in range(5)]
start, gone = time.monotonic(), set()
for i, s in enumerate(peers):
    s.sendall(begins[i % 3])
    s.setblocking(False)
with_them = socket.create_connection((host, int(port)), timeout=5)
with_them.sendall(b"GET /status HTTP/1.1\r\nHost: x\r\n\r\n")
assert with_them.recv(100).startswith(b"HTTP/1.1 200"), "nobody else is served"
while len(gone) < len(peers) and time.monotonic() - start < 10:
    for i, s in enumerate(peers):
        if i in gone:
            continue
        try:
            if i % 3 < 2:
                s.send(b"a")
            if s.recv(1000) == b"":
                gone.add(i)
        except BlockingIOError:
            pass
        except OSError:
            gone.add(i)
    time.sleep(0.2)
assert len(gone) == len(peers), f"{len(peers) - len(gone)} are still there"
PY

# Twenty at once: each is answered, the records are settled once
python3 - "$url/report" "$work/report" <<'PY' || die "twenty clients at once"
import json, sys, urllib.request
from concurrent.futures import ThreadPoolExecutor
data = open(sys.argv[2], "rb").read()
def post(_):
    with urllib.request.urlopen(sys.argv[1], data, timeout=30) as answer:
        return json.load(answer)
with ThreadPoolExecutor(20) as pool:
    answers = list(pool.map(post, range(20)))
records = {a["records"] for a in answers}
assert len(records) == 1 and {a["result"] for a in answers} == {"settled"}, answers
assert sum(a["records_new"] for a in answers) == records.pop(), answers
PY
post /dev/null /status GET
same "status of /status" "$code" 200
same "reports settled" "$(json 'x["reports_settled"]')" 20
ok tessera-headend settle report --json
same "records after twenty uploads" "$(json 'x["totals"][0]["records"]')" 2
grep -q "$number" "$work/collect.err" && die "the log names the card"
ends_cleanly

# The collector is killed while a box tries, and comes back at the same place
watch 0 "$work/scr.ts" "$work/none.ts" "$card" --service 1 --buy never
port=${url##*:}
tessera-stb report --card "image:$card" --upload "$url/report" --json >"$work/out" 2>"$work/err" &
box=$!
children+=("$box")
sleep 0.3
listen=$port collect
kill -KILL "$collector"
wait "$collector" 2>/dev/null
children=("$box")
listen=$port collect
wait "$box" || die "the upload through a fault ended with $?"
same "what the collector answered in the end" "$(json 'x["answer"]["result"]')" settled
ends_cleanly
refuses 6 "connect" tessera-stb report --card "image:$card" --upload "$url/report" --retries 0

# A box that is refused does not try again
collect --once
refuses 3 "404" tessera-stb report --card "image:$card" --upload "$url/nowhere"
ok tessera-stb report --card "image:$card" --upload "$url/report"
wait "$collector" || die "collect --once ended with $?"
children=()

# TLS: with the certificate that the box was given, not with another's
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/tls.key" -out "$work/tls.pem" -days 2 \
	-subj /CN=collector -addext "subjectAltName=IP:127.0.0.1" 2>/dev/null || die "no certificate"
collect --tls-cert "$work/tls.pem" --tls-key "$work/tls.key"
[ "${url%%:*}" = https ] || die "not over TLS: $url"
refuses 7 "certificate|SSL" tessera-stb report --card "image:$card" --upload "$url/report"
ok tessera-stb report --card "image:$card" --upload "$url/report" --ca-file "$work/tls.pem" --json
same "over TLS" "$(json 'x["answer"]["result"]')" settled
ends_cleanly
refuses 7 "certificate" tessera-headend collect --listen 0 --passphrase-file "$pass" --tls-cert "$work/pass" --tls-key "$work/tls.key"

# What was acknowledged on air needs no further report
ok tessera-headend scramble "$in" -o "$work/ack.ts" --service 1 --passphrase-file "$pass" --start-time "$(at 60)"
expect 0 tessera-stb watch "$work/ack.ts" --card "image:$card" --service 1 --buy never
ok tessera-stb report --card "image:$card" -o "$work/after" --json
same "records to report after the acknowledgement" "$(json 'x["records"]')" 0

# At a shop's reader: settled and acknowledged while the card is there, and again nothing new
head_end event add --id 12 --service 1 --title "Second" --start "$(at 3600)" --end "$(at 7200)" --price 2.00
ok tessera-headend scramble "$in" -o "$work/second.ts" --service 1 --passphrase-file "$pass" --start-time "$(at 3700)"
watch 0 "$work/second.ts" "$work/none.ts" "$card" --service 1 --buy auto --max-price 2 --pin-file "$pin"
ok tessera-headend settle collect --reader "image:$card" --passphrase-file "$pass" --start-time "$(at 3800)" --json
same "new records at the reader" "$(json 'x["records_new"]')" 1
same "all is settled" "$(json 'x["record_head"] == x["record_acked"] == 3')" True
ok tessera-headend settle collect --card "image:$card" --passphrase-file "$pass" --start-time "$(at 3900)" --json
same "new records at the second visit" "$(json 'x["records_new"]')" 0

# A card that asks for collection is reported after the watch; a collector that is away spoils nothing
if tessera-headend policy set --help >/dev/null 2>&1; then
	head_end event add --id 13 --service 1 --title "Third" --start "$(at 7200)" --end "$(at 10800)" --price 1.00
	ok tessera-headend policy set --count 2
	ok tessera-headend scramble "$in" -o "$work/third.ts" --service 1 --passphrase-file "$pass" --start-time "$(at 7300)"
	watch 0 "$work/third.ts" "$work/none.ts" "$card" --service 1 --buy auto --max-price 2 --pin-file "$pin" --report-url "$url/report"
	grep -q "connect" "$work/err" || die "nothing is said about a collector that is away"
	collect
	watch 0 "$work/third.ts" "$work/none.ts" "$card" --service 1 --buy never --report-url "$url/report"
	grep -q "^report: 200, 1 new" "$work/collect.err" || die "the card asked and no report came"
	ends_cleanly
fi
