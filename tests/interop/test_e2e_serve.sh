#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Debian's tsdecrypt, unmodified, descrambles a live UDP stream with our card behind cs378x; the EMMs that it sends reach the card, and
# what is none does not. A paired card serves nobody.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"
need tsdecrypt

new_operator
head_end service add --id 1 --name One
head_end product add --id 1 --name Basic --service 1
new_cards 1
head_end grant "${cards[0]}" --product 1 --start "$(at -60)" --end "$(at 86400)"
in=$(stream h264)
scramble "$in" "$work/scr.ts" 1
echo "user pass" >"$work/users"
free_port() {
	python3 -c "import socket; s = socket.socket(type=socket.$1); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
}

refuses 4 "0600" tessera-stb serve --card "image:${images[0]}" --cs378x 0 --users "$work/users"
chmod 600 "$work/users"
refuses 2 "missing" tessera-stb serve --card "image:${images[0]}" --users "$work/users"

tessera-stb serve --card "image:${images[0]}" --cs378x 0 --newcamd 0 --users "$work/users" --json \
	>"$work/out" 2>"$work/serve.err" </dev/null &
serving=$!
children+=("$serving")
for _ in $(seq 100); do
	grep -q newcamd "$work/serve.err" && break
	sleep 0.05
done
port=$(sed -n 's/^cs378x: 127.0.0.1 port //p' "$work/serve.err")
[ -n "$port" ] || die "serve does not listen: $(cat "$work/serve.err")"

# The stream goes round; the receiver is there from its second round on.
udp=$(free_port SOCK_DGRAM)
timeout 9 tsdecrypt -I "127.0.0.1:$udp" -O "file://$work/dec.ts" -A CS378X -s "127.0.0.1:$port" -U user -P pass -C 0x5445 \
	-e -a reject_all -a "accept/name=unique,match=82" -a "accept/name=global,match=85" >"$work/tsdecrypt.log" 2>&1 &
receiver=$!
children+=("$receiver")
sleep 0.5
python3 "$root/tests/interop/send_udp.py" "$work/scr.ts" "127.0.0.1:$udp" 2 2
sleep 0.5
kill "$receiver" 2>/dev/null
wait "$receiver" 2>/dev/null
kill -TERM "$serving"
wait "$serving" || die "serve ended with $?: $(cat "$work/serve.err")"

same "words were given" "$(json 'x["ecms"]["words"] >= 3')" True
same "nobody was turned away" "$(json 'x["clients"]["turned_away"]')" 0
same "EMMs were applied" "$(json 'x["emms"]["applied"] >= 1')" True
# What came out is the original: every video packet of it that carries payload was opened.
cat >"$work/judge.py" <<'PY'
import sys
sys.path.insert(0, sys.argv[1])
import ts_check
original = ts_check.Stream(sys.argv[2], lambda text: None)
pids = set(original.streams_of(1))
payloads = {(p.pid, bytes(p.raw[p.payload_at:])) for p in original.packets if p.pid in pids and p.has_payload}
got = [p for p in ts_check.Stream(sys.argv[3], lambda text: None).packets if p.pid in pids and p.has_payload]
clear = [p for p in got if not p.tsc and (p.pid, bytes(p.raw[p.payload_at:])) in payloads]
print(len(payloads), len(got), len(clear))
sys.exit(0 if len(clear) > 1.2 * len(payloads) else 1)
PY
ok python3 "$work/judge.py" "$root/tests/interop" "$in" "$work/dec.ts"
cat "$work/out"
if grep -q "pass" "$work/serve.err"; then die "a password was written"; fi

ok tessera-headend card issue --count 1 --pin-file "$pin" --passphrase-file "$pass" --start-time "$(at -3600)" --json
paired=$(json 'x[0]["where"].removeprefix("image:")')
refuses 4 "laboratory" tessera-stb serve --card "image:$paired" --cs378x 0 --users "$work/users"
