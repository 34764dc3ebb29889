#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Pay per time and free preview on a scrambled stream: slices are charged while it is watched, up to the ceiling, and none of
# them twice; what was paid opens again for nothing; a preview is shown once.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"

new_operator
head_end product add --id 1 --name Basic
head_end service add --id 1 --name One --product 1
head_end event add --id 601 --service 1 --title "By time" --start "$(at -600)" --end "$(at 3600)" \
	--not-for-sale --slice-price 0.05 --slice-s 2 --ceiling 4.00
new_cards 3
in=$(stream h264)
for i in 0 1; do head_end topup "${cards[$i]}" --amount 10.00 --reference "voucher-$i"; done
scramble "$in" "$work/scr.ts" 1

slices() { json '[s["session"]["slices"] for s in x["services"] if "session" in s][0]'; }
spent() { json '[s["session"]["spent_minor"] for s in x["services"] if "session" in s][0]'; }

card=${images[0]}
watch 0 "$work/scr.ts" "$work/clear.ts" "$card" --service 1 --buy auto --max-price 2.00 --pin-file "$pin" --json
n=$(slices)
[ "$n" -ge 3 ] || die "$n slices of 2 s in a stream of 6 s"
same "running cost" "$(spent)" $((5 * n))
identical "$in" "$work/clear.ts" 1
same "balance" "$(balance "$card")" $((1000 - 5 * n))
ok tessera-stb history --card "image:$card" --json
same "records of one session" "$(json '[(r["price_minor"], r["event"]) for r in x if r["type"] == "session"]')" "[($((5 * n)), 601)]"

# a recording of it: what is paid opens, and nothing is charged
watch 0 "$work/scr.ts" "$work/again.ts" "$card" --service 1 --buy never --json
identical "$in" "$work/again.ts" 1
same "balance after the recording" "$(balance "$card")" $((1000 - 5 * n))

# a ceiling of one slice
card=${images[1]}
ok tessera-stb watch "$work/scr.ts" -o "$work/short.ts" --card "image:$card" --service 1 --buy auto --max-price 0.05 \
	--pin-file "$pin" --json
same "slices under a ceiling of one" "$(slices)" 1
[ "$(json 'x["services"][0]["packets_descrambled"] > 0 and x["services"][0]["packets_without_key"] > 0')" = True ] ||
	die "one slice opens not just a part"
same "balance under the ceiling" "$(balance "$card")" 995

# above what the operator allows, and without a balance
watch 4 "$work/scr.ts" "$work/poor.ts" "${images[2]}" --service 1 --buy auto --max-price 1.00 --pin-file "$pin"
no_clear_packet "$work/poor.ts" 1 "$in"

head_end event remove 601
head_end event add --id 602 --service 1 --title "A look" --start "$(at -600)" --end "$(at 3600)" \
	--not-for-sale --preview-s 2 --preview-unit-s 2 --preview-starts 1
scramble "$in" "$work/look.ts" 1
ok tessera-stb watch "$work/look.ts" -o "$work/seen.ts" --card "image:${images[2]}" --service 1 --json
[ "$(json 'x["services"][0]["packets_descrambled"] > 0 and x["services"][0]["packets_without_key"] > 0')" = True ] ||
	die "the preview opens not just its unit"
refuses 2 "slice" tessera-headend event add --id 603 --service 1 --title x --start "$(at 7200)" --end "$(at 7300)" \
	--not-for-sale --slice-price 0.05
