#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Drives tessera-headend as a script would: every verb, exit statuses, one-line errors, JSON, that a refused
# change leaves nothing, and that no key or control word is printed.
#   test_tessera_headend.sh FOLDER-OF-PROGRAMS
bin=$1
program=$bin/tessera-headend
# shellcheck source=tests/interop/program.sh
. "$(dirname "$0")/program.sh"
export TESSERA_HOME="$dir/home"
now=2026-11-22T20:00:00Z

keyed() { # run with the passphrase
	run "$@" --passphrase-file "$dir/pass"
}

prints() { # prints PATTERN: stdout of the last run
	check "prints $1" grep -qE -- "$1" "$dir/out"
}

json() { # json EXPRESSION over d, the JSON of the last run
	check "JSON: $1" python3 -c "import json, sys; d = json.load(open(sys.argv[1])); assert $1, d" "$dir/out"
}

no_long_hex() { # nothing as long as a key or a control word
	! grep -qE '(^|[^0-9A-Fa-f])[0-9A-Fa-f]{16,}' "$dir/out" "$dir/err"
}

umask 077
echo 'a long passphrase' >"$dir/pass"
echo 'another passphrase' >"$dir/other"
echo 4711 >"$dir/pin"

run 0 "help" --help
prints '^  scramble '
run 0 "version" --version
run 2 "no verb"
run 2 "unknown verb" scrambel
says 'scramble'
run 3 "status without a head-end" status
keyed 3 "init without a keystore" init --operator Canal
"$bin/tessera-keys" init --operator-id 7 --passphrase-file "$dir/pass" >/dev/null || exit 1
run 7 "wrong passphrase" init --operator Canal --passphrase-file "$dir/other"
keyed 5 "keystore of another operator" init --operator Canal --operator-id 8
keyed 2 "unit of four letters" init --operator Canal --unit EURO
check "nothing was made" [ "$(find "$TESSERA_HOME" -mindepth 1 ! -name "*.audit")" = "$TESSERA_HOME/keystore" ]
keyed 0 "init" init --operator 'Canal Ñandú' --operator-id 7
check "mode of the database" [ "$(stat -c %a "$TESSERA_HOME/headend.sqlite")" = 600 ]
keyed 5 "init twice" init --operator Again

run 0 "product" product add --id 1 --name Basic
run 5 "product twice" product add --id 1 --name Basic
run 2 "product 0" product add --id 0 --name None
run 2 "a name that no terminal should show" product add --id 2 --name "$(printf 'a\033[2J')"
run 2 "a name that is no UTF-8" product add --id 2 --name "$(printf 'a\377')"
run 0 "service" service add --id 101 --name News --product 1
run 0 "service" service add --id 102 --name Film --rating 16
run 3 "service with an unknown product" service add --id 103 --name x --product 9
run 3 "the refused service is not there" service show 103
run 3 "key group without a key" service add --id 103 --name x --group 3
keyed 0 "first key of a group" rotate --group 3 --start-time $now
run 0 "service of that group" service add --id 103 --name x --group 3
run 0 "services" service list --json
json 'd[0] == {"id": 101, "name": "News", "group": 0, "rating": 0, "free": False, "products": [1]}'
run 0 "product" product show 1
prints '^SERVICES +101$'

film() { # film STATUS TITLE OPTION…: on the schedule
	want=$1
	what=$2
	shift 2
	run "$want" "$what" event add --service 102 --title Film --start 2026-11-22T21:00Z --end 2026-11-22T23:00Z "$@"
}
film 2 "no price" --id 5
film 2 "two prices" --id 5 --price 4.50 --price-minor 450
film 2 "three decimals" --id 5 --price 4.505
film 0 "event" --id 5 --price 4.50 --price-record 6
film 5 "overlap" --id 6 --price 1
says 'event 5 of service 102'
run 2 "ends before it starts" event add --id 6 --service 101 --title x --start 2026-11-22 --end 2026-11-21 --price 1
run 2 "window past the end" event add --id 6 --service 101 --title x --start 2026-11-22 --end 2026-11-23 \
	--price 1 --window-end 2026-11-24
run 3 "a slot that the operator has not defined" event add --id 6 --service 101 --title x --start 2026-11-22 --end 2026-11-23 \
	--price 1 --slot 2
run 0 "event" event show 5 --json
json 'd["price_minor"] == 450 and d["price_record_minor"] == 600 and d["window_start"] == "2026-11-21T21:00:00Z"'
for i in $(seq 2 16); do
	"$program" product add --id "$i" --name p --service 101 || exit 1
done
run 4 "a seventeenth product on a service" product add --id 17 --name p --service 101
run 3 "it is not there" product show 17

keyed 2 "too many boxes on first use" card issue --first-use-boxes 9
keyed 2 "profile unknown" card issue --profile none
keyed 6 "no reader there" card issue --profile laboratory --reader tcp:127.0.0.1:1
run 0 "no card yet" card list --json
json 'd == []'
keyed 0 "cards" card issue --profile laboratory --count 2 --start-time $now --json
json 'len(d) == 2 and d[0]["card"] == "00007-00000001-3" and len(d[1]["pin"]) == 4'
check "images" [ "$(find "$TESSERA_HOME/cards" -name '*.img' | wc -l)" -eq 2 ]
run 0 "warns of the laboratory" card issue --profile laboratory --start-time $now --out "$dir/more" --pin-file "$dir/pin" \
	--passphrase-file "$dir/pass"
says 'LABORATORY'
check "no given PIN is printed" sh -c "! grep -q 4711 '$dir/out'"
"$bin/tessera-card" info --image "$dir/more/00007-00000003-9.img" >"$dir/out" 2>"$dir/err"
prints 'SECURED'


# A card in a reader: the blank one becomes card 4; offered again it is refused and uses up no leaf.
"$bin/tessera-card" new --image "$dir/blank.img" >/dev/null
keyed 0 "a card in a reader" card issue --profile laboratory --reader "image:$dir/blank.img" --start-time $now
keyed 0 "next keys of a domain" card rotate-keys --reader "image:$dir/blank.img" --domain ca --json
keyed 2 "no such domain" card rotate-keys --reader "image:$dir/blank.img" --domain issuer
keyed 2 "no reader named" card rotate-keys --domain ca
keyed 5 "the same card again" card issue --profile laboratory --reader "image:$dir/blank.img"
says 'not blank'
run 3 "no leaf was used" card show 5
run 0 "grant" grant 00007-00000001-3 --product 1 --start-time $now
run 3 "grant of an unknown product" grant 1 --product 99
run 3 "grant to an unknown card" grant 77 --product 1
run 2 "a wrong check digit" grant 00007-00000001-4 --product 1
run 0 "topup" topup 1 --amount 20.00 --reference r1 --start-time $now --json
json 'd["credit_minor"] == 2000'
run 5 "the same reference" topup 1 --amount 20.00 --reference r1
run 0 "topup" topup 1 --amount-minor 50 --start-time $now
prints '20\.50 EUR'
run 0 "card" card show 1 --json
json 'd["credit_minor"] == 2050 and d["state"] == "active" and d["emm_sequence"] > 800000000'
run 0 "its entitlements" card show 1 --entitlements --json
json 'd[0]["product"] == 1 and d[0]["end"] == "never" and not d[0]["cancelled"]'
run 0 "cancel" cancel 1 --product 1 --start-time $now
run 3 "cancel twice" cancel 1 --all
run 2 "cancel nothing" cancel 1
run 0 "revoke" card revoke 2 --reason stolen --start-time $now
run 5 "revoke twice" card revoke 2
run 5 "grant to a revoked card" grant 2 --product 1
keyed 0 "rotate" rotate --start-time $now --json
json 'd == {"group": 0, "epoch": 1, "starts": "2026-11-22T20:00:30Z", "cards": 3, "tree": 2, "unique": 1, "revoked": 1, "sections": 2, "bytes": 184}'
keyed 5 "rotate before that has begun" rotate --start-time $now
run 7 "rotate with a wrong passphrase" rotate --passphrase-file "$dir/other"

keyed 0 "export packets" emm export -o "$dir/emm.ts" --start-time $now
check "whole packets: time, two epochs of two sections, a card of four parts" [ "$(stat -c %s "$dir/emm.ts")" -eq $((188 * 9)) ]
keyed 0 "export sections" emm export -o "$dir/emm.bin" --format sections --start-time $now
check "first is the time" [ "$(od -An -tx1 -N1 "$dir/emm.bin" | tr -d ' ')" = 85 ]
keyed 2 "another format" emm export --format xml
keyed 6 "export to nowhere" emm export -o "$dir/nothing/emm.ts"

run 0 "report of nothing" settle report --json
json 'd["totals"][0]["credit_minor"] == 2050 and d["alarms"] == [] and d["events"] == []'
: >"$dir/report"
keyed 7 "an empty report" settle import "$dir/report"
keyed 3 "no such report" settle import "$dir/missing"
head -c 300 /dev/urandom >"$dir/report"
keyed 7 "no report at all" settle import "$dir/report"

# A stream of one service: packets of a PAT and a PMT, then a PID with a PCR every packet.
python3 - "$dir/in.ts" <<'PY'
import sys
def crc(b):
    c = 0xFFFFFFFF
    for x in b:
        c ^= x << 24
        for _ in range(8):
            c = (c << 1 ^ 0x04C11DB7 if c & 0x80000000 else c << 1) & 0xFFFFFFFF
    return c.to_bytes(4, "big")
def section(table, body):
    s = bytes([table]) + (0xB000 | len(body) + 4).to_bytes(2, "big") + body
    return s + crc(s)
def packet(pid, cc, payload, pcr=None, start=False):
    head = bytes([0x47, (0x40 if start else 0) | pid >> 8, pid & 255])
    if pcr is None:
        return (head + bytes([0x10 | cc]) + payload).ljust(188, b"\xff")
    field = (pcr << 15 | 0x7E00).to_bytes(6, "big")
    return (head + bytes([0x30 | cc, 7, 0x10]) + field + payload).ljust(188, b"\xaa")
pat = b"\0" + section(0, bytes.fromhex("0001c10000") + bytes.fromhex("0066e100"))
pmt = b"\0" + section(2, bytes.fromhex("0066c10000e101f000") + bytes.fromhex("02e101f000"))
with open(sys.argv[1], "wb") as f:
    for i in range(3000):
        if i % 50 == 0:
            f.write(packet(0, i // 50 & 15, pat, start=True))
            f.write(packet(0x100, i // 50 & 15, pmt, start=True))
        f.write(packet(0x101, i & 15, i.to_bytes(4, "big"), pcr=i * 900))
PY
keyed 3 "a service that the catalogue lacks" scramble "$dir/in.ts" -o "$dir/out.ts" --service 999
says '999'
keyed 3 "a service that the stream lacks" scramble "$dir/in.ts" -o "$dir/out.ts" --service 101 --start-time $now
says '101'
check "no output was begun" [ ! -e "$dir/out.ts" ]
keyed 4 "output over input" scramble "$dir/in.ts" -o "$dir/in.ts" --service 102
keyed 4 "a start time far ahead" scramble "$dir/in.ts" -o "$dir/out.ts" --service 102 --start-time 2099-01-01
says '--force'
keyed 6 "no input" scramble "$dir/missing" -o "$dir/out.ts" --service 102
keyed 2 "another cipher" scramble "$dir/in.ts" -o "$dir/out.ts" --service 102 --cipher rot13
run 7 "scramble with a wrong passphrase" scramble "$dir/in.ts" -o "$dir/out.ts" --service 102 \
	--passphrase-file "$dir/other"
for cipher in csa2 cissa; do
	keyed 0 "scramble" scramble "$dir/in.ts" -o "$dir/out.ts" --service 102 --cipher $cipher --start-time $now \
		--json
	json 'd["packets_in"] == 3120 and d["packets_scrambled"] == 3000 and d["ecm_packets"] > 200'
	check "no word in the output" no_long_hex
done
keyed 0 "log of control words" scramble "$dir/in.ts" -o "$dir/out.ts" --service 102 --start-time $now \
	--cw-log "$dir/cw" --crypto-period-s 5
says 'laboratories only'
check "mode of the log" [ "$(stat -c %a "$dir/cw")" = 600 ]
check "a word for each period and the next" [ "$(grep -cE '^102 [0-9]+ [01] 2026-11-22T20:00:[0-9]+Z [0-9A-F]{16}$' \
	"$dir/cw")" -eq "$(wc -l <"$dir/cw")" ]
keyed 3 "an empty input" scramble - -o - --service 102 --start-time $now
"$program" scramble - -o - --service 102 --start-time $now --passphrase-file "$dir/pass" \
	<"$dir/in.ts" >"$dir/piped.ts" 2>"$dir/err"
check "a pipe carries the stream and nothing else" [ $(($(stat -c %s "$dir/piped.ts") % 188)) -eq 0 ]
check "packets only" [ "$(od -An -tx1 -w188 -v "$dir/piped.ts" | cut -c2-3 | sort -u)" = 47 ]

run 0 "status" status --json --start-time $now
json 'd["operator_id"] == 7 and d["cards_active"] == 3 and d["cards_revoked"] == 1 and d["newest_epoch"] == 1'
json 'd["signed_time"] > "2026-11-22T20:00:20Z"'
run 0 "product out" product remove 1
run 0 "service out" service remove 102
run 3 "its events too" event show 5
# A copy of everything, and a new database from it.
run 0 "backup" backup "$dir/backup" --verify --json
json 'd["verified"] and d["rows"] > 20 and len(d["check"]) == 64'
check "mode of the backup" [ "$(stat -c %a "$dir/backup")" = 600 ]
check "nothing is left of the drill" [ "$(find "$dir" -name 'backup*' | wc -l)" = 1 ]
run 5 "a backup over a backup" backup "$dir/backup"
run 2 "backup to nowhere" backup
run 0 "the cards" card list --json
cp "$dir/out" "$dir/cards"
mkdir "$dir/other-home"
cp "$TESSERA_HOME/keystore" "$dir/other-home/"
run 0 "restore" restore "$dir/backup" --home "$dir/other-home"
run 0 "the restored cards" card list --json --home "$dir/other-home"
check "the same cards" cmp -s "$dir/out" "$dir/cards"
run 5 "restore over a database" restore "$dir/backup" --home "$dir/other-home"
rm -f "$dir/other-home/headend.sqlite"*
head -c 2000 "$dir/backup" >"$dir/cut"
run 7 "restore from a cut backup" restore "$dir/cut" --home "$dir/other-home"
says 'ends too early'
check "nothing was made" [ "$(ls "$dir/other-home")" = keystore ]
run 3 "restore from nothing" restore "$dir/none" --home "$dir/other-home"

cp "$TESSERA_HOME/headend.sqlite" "$dir/whole"
echo 'not a database, but long enough to look like a file of some kind' >"$TESSERA_HOME/headend.sqlite"
rm -f "$TESSERA_HOME/headend.sqlite-wal" "$TESSERA_HOME/headend.sqlite-shm"
run 7 "a foreign file" status
python3 - "$dir/whole" "$TESSERA_HOME/headend.sqlite" <<'PY'
import sys
b = bytearray(open(sys.argv[1], "rb").read())
b[60:64] = (99).to_bytes(4, "big")
open(sys.argv[2], "wb").write(b)
PY
run 5 "a database of another version" status
says 'version 99'

# Boxes of a paired card, in the database as it was.
cp "$dir/whole" "$TESSERA_HOME/headend.sqlite"
box=00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF
run 5 "a laboratory card belongs to every box" pair 1 --box-key-hash $box
run 2 "no hash" card pair 1 --box-key-hash 0011
run 2 "no box" card pair 1
keyed 0 "paired is the default" card issue --start-time $now --json --first-use-boxes 0
json 'd[0]["profile"] == "paired" and d[0]["leaf"] == 5'
for i in 1 2 3 4 5 6 7 8; do run 0 "box $i" card pair 5 --start-time $now --box-key-hash "0$i${box#??}"; done
run 4 "a ninth box" card pair 5 --start-time $now --box-key-hash $box
run 0 "one box off" pair 5 --start-time $now --box-key-hash "01${box#??}" --unpair
run 0 "a box in its place" card pair 5 --start-time $now --box-key-hash $box

run 0 "what is due" status --json --start-time $now
json 'd["changes"] > 20 and d["cards_due"] > 0 and d["reports_overdue"] == 0'
json 'd["database"].endswith("/headend.sqlite")'
run 0 "two months later" status --json --start-time 2027-01-31T20:00:00Z
json 'd["cards_due"] == 0 and d["reports_overdue"] > 0'
json 'd["epochs_waiting"] == 0 and d["next_epoch_starts"] is None'

# A card in another's place.
keyed 0 "a card to replace" card issue --profile laboratory --pin-file "$dir/pin" --start-time $now --json
old=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[0]["leaf"])' "$dir/out")
run 0 "a product" product add --id 77 --name Moved
run 0 "a right for it" grant "$old" --product 77 --start-time $now
run 0 "money for it" topup "$old" --amount 12.34 --start-time $now
keyed 2 "replace nothing" card replace
keyed 3 "replace an unknown card" card replace 999999 --profile laboratory --pin-file "$dir/pin" --start-time $now
keyed 0 "replace" card replace "$old" --profile laboratory --pin-file "$dir/pin" --start-time $now --json
says '1 rights and 1234 minor units'
new=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[0]["leaf"])' "$dir/out")
run 0 "the new card" card show "$new" --json
json '1234 in d.values() and "active" in d.values()'
run 0 "the old card" card show "$old" --json
json '"revoked" in d.values()'
keyed 5 "replace it again" card replace "$old" --profile laboratory --pin-file "$dir/pin" --start-time $now

finish
