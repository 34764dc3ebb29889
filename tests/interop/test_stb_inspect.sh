#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tessera-stb inspect: the small stream of the fuzz corpus, then one that the head-end scrambled, with and without keys.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"
corpus=$root/tests/fuzz/corpus/inspect

says() { # TEXT: a line of the output holds it
	grep -qF -- "$1" "$work/out" || die "no '$1' in the output"
}
says_not() {
	! grep -qF -- "$1" "$work/out" || die "'$1' in the output"
}

# a stream with known content
ok tessera-stb inspect "$corpus/stream"
says "PMT PID 0x0100 version 9: service 11, PCR PID 0x0101"
says "CA_descriptor: system 0x5445, EMM PID 0x0103, operator 7"
says "ECM PID 0x0102 table 0x80"
says "from 2026-11-22T20:00:00Z"
says "card 00007-00004242-"
says "control words: closed"
says "wrong CRC"
says_not "0101010101010101"
ok tessera-stb inspect "$corpus/stream" --lab-keys "$corpus/keys"
says "control words: opened, even 0101010101010101, odd 0202020202020202"
says "credit: wallet slot 0, source 1, total 5000 minor units"
ok tessera-stb inspect "$corpus/stream" --lab-keys "$corpus/keys" --json
same "JSON: ECMs" "$(json 'len(x["ecm"])')" 2
same "JSON: words" "$(json 'x["ecm"][0]["cw_even"]')" 0101010101010101
same "JSON: damaged" "$(json 'x["damaged"][0]["why"]')" "wrong CRC"
same "JSON: commands" "$(json '[c["command"] for e in x["emm"] for c in e.get("commands", [])]')" \
	"['entitlement', 'credit', 'time']"
tessera-stb inspect - <"$corpus/stream" >"$work/out" 2>"$work/err" || die "from standard input"
says "ECM PID 0x0102"

# what cannot be inspected
head -c 5000 /dev/zero >"$work/zeros"
refuses 7 "no transport stream" tessera-stb inspect "$work/zeros"
refuses 6 "no such file" tessera-stb inspect "$work/nothing"
refuses 6 "no such file" tessera-stb inspect "$corpus/stream" --lab-keys "$work/nothing"
printf 'epoch 0 3 E0010203000000000000000000000000\ncard 1\n' >"$work/keys"
refuses 7 "line 2" tessera-stb inspect "$corpus/stream" --lab-keys "$work/keys"
expect 2 tessera-stb inspect

# what the head-end makes
need ffmpeg
new_operator
head_end product add --id 1 --name Basic
head_end service add --id 1 --name One --product 1
new_cards 1
head_end grant "${cards[0]}" --product 1 --start "$(at -60)" --end "$(at 86400)"
scramble "$(stream h264)" "$work/scrambled.ts" 1
ok tessera-stb inspect "$work/scrambled.ts" --lab-keys "$work/scrambled.ts.cw"
says "opens: to product 1"
says "EMM PID"
says "card ${cards[0]}"
says "time: $t0"
says "even by the log"
says "odd by the log"
says_not DAMAGED
ok tessera-stb inspect "$work/scrambled.ts" --json
same "damaged sections" "$(json 'len(x["damaged"])')" 0
same "services with ECMs" "$(json 'sorted({e["service"] for e in x["ecm"]})')" "[1]"
same "periods" "$(json 'len({e["period"] for e in x["ecm"]}) >= 3')" True
same "scrambled packets" "$(json 'sum(p["scrambled_even"] + p["scrambled_odd"] for p in x["pids"]) > 100')" True
echo "ok: inspect"
