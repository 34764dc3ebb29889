#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A card of the default profile belongs to boxes: the first one pairs by itself, the line between them shows no control word and
# no PIN, another box gets nothing until the operator's EMM pairs it, and one that he unpairs gets nothing any more.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"

new_operator
head_end product add --id 1 --name Basic
head_end service add --id 1 --name One --product 1
head_end event add --id 501 --service 1 --title "The film" --start "$(at -600)" --end "$(at 3600)" --price 2.50
ok tessera-headend card issue --pin-file "$pin" --passphrase-file "$pass" --start-time "$(at -3600)" --json
json 'x[0]["profile"] == "paired" or 1/0' >/dev/null
number=$(json 'x[0]["card"]') card=$(json 'x[0]["where"].removeprefix("image:")')
head_end topup "$number" --amount 10.00
in=$(stream h264)
scramble "$in" "$work/scr.ts" 1

refuses 3 "run tessera-stb init" tessera-stb init --home "$work/none" --show
ok tessera-headend card issue --pin-file "$pin" --passphrase-file "$pass" --start-time "$(at -3600)" --json
spare=$(json 'x[0]["where"].removeprefix("image:")')
ok tessera-stb pin change --card "image:$spare" --home "$work/fresh" --pin-file "$pin" --new-pin-file "$pin"
grep -q "made itself one" "$work/err" || die "a new identity is not mentioned"
same "mode of an identity made on the way" "$(stat -c %a "$work/fresh/box.key")" 600
for box in one two; do
	ok tessera-stb init --home "$work/$box" --json
	json 'x["box_key_hash"]' >"$work/$box.hash"
	same "mode of the identity" "$(stat -c %a "$work/$box/box.key")" 600
done
refuses 5 "identity already" tessera-stb init --home "$work/one"
ok tessera-stb init --home "$work/one" --show --json
same "hash shown again" "$(json 'x["box_key_hash"]')" "$(cat "$work/one.hash")"

# A whole evening over a line with a listener.
python3 "$root/tests/interop/line_logger.py" "$work/line" >"$work/logger" &
children+=($!)
for _ in $(seq 100); do [ -s "$work/logger" ] && break; sleep 0.05; done
read -r port card_port <"$work/logger"
tessera-card serve --image "$card" --listen "127.0.0.1:$card_port" 2>"$work/serve.log" &
children+=($!)
for _ in $(seq 100); do grep -q "waiting for a reader" "$work/serve.log" && break; sleep 0.05; done
line=tcp:127.0.0.1:$port
echo 97531 >"$work/new"; chmod 600 "$work/new"
ok tessera-stb watch "$work/scr.ts" -o "$work/clear.ts" --card "$line" --home "$work/one" --buy auto --max-price 3.00 \
	--pin-file "$pin"
grep -q "trusted from now on" "$work/err" || die "the operator is not named on the first encounter"
identical "$in" "$work/clear.ts" 1
ok tessera-stb pin change --card "$line" --home "$work/one" --pin-file "$pin" --new-pin-file "$work/new"
ok tessera-stb wallet --card "$line" --json
same "balance after the purchase" "$(json '(x["slots"] if "slots" in x else x)[0]["balance_minor"]')" 750
ok tessera-stb report --card "$line" -o "$work/report"
end_children
ok python3 "$root/tests/interop/line_logger.py" --search "$work/line" "$work/scr.ts.cw" 2468 97531

# The other box.
watch 4 "$work/scr.ts" "$work/other.ts" "$card" --service 1 --home "$work/two"
no_clear_packet "$work/other.ts" 1 "$in"
grep -q "belongs to another box" "$work/err" || die "nothing about the other box"
refuses 4 "belongs to another box" tessera-stb pin change --card "image:$card" --home "$work/two" --pin-file "$work/new" \
	--new-pin-file "$pin"
refuses 2 "hexadecimal" tessera-headend card pair "$number" --box-key-hash 12
head_end card pair "$number" --box-key-hash "$(cat "$work/two.hash")"
scramble "$in" "$work/pair.ts" 1
watch 0 "$work/pair.ts" "$work/paired.ts" "$card" --service 1 --home "$work/two"
ok tessera-stb info --card "image:$card" --json
same "boxes of the card" "$(json 'len(x["boxes"]["paired"])')" 2
watch 0 "$work/pair.ts" "$work/two.ts" "$card" --service 1 --home "$work/two"
identical "$in" "$work/two.ts" 1

head_end card pair "$number" --box-key-hash "$(cat "$work/one.hash")" --unpair
scramble "$in" "$work/unpair.ts" 1
watch 0 "$work/unpair.ts" "$work/last.ts" "$card" --service 1 --home "$work/two"
watch 4 "$work/scr.ts" "$work/gone.ts" "$card" --service 1 --home "$work/one"
no_clear_packet "$work/gone.ts" 1 "$in"
ok tessera-stb info --card "image:$card" --json
same "boxes left" "$(json 'len(x["boxes"]["paired"]), x["boxes"]["operator_only"]')" "(1, True)"
