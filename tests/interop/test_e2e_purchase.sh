#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Journey 2: an event on the air is offered, refused when the viewer does not want it, cannot pay, or is asked more than the
# limit; bought once it is watched byte for byte while the balance goes down, watched again it costs nothing.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"

new_operator
head_end product add --id 1 --name Basic
head_end service add --id 1 --name One --product 1
head_end event add --id 501 --service 1 --title "The film" --start "$(at -600)" --end "$(at 3600)" --price 2.50
new_cards 2
in=$(stream h264)
head_end topup "${cards[0]}" --amount 10.00 --reference voucher-1
scramble "$in" "$work/scr.ts" 1

card=${images[0]}
watch 4 "$work/scr.ts" "$work/never.ts" "$card" --service 1 --buy never
no_clear_packet "$work/never.ts" 1 "$in"
grep -qi "offer" "$work/out" "$work/err" || die "the offer is not told"
same "balance after the top-up EMM in the stream" "$(balance "$card")" 1000
watch 4 "$work/scr.ts" "$work/dear.ts" "$card" --service 1 --buy auto --max-price 2.499 --pin-file "$pin"
no_clear_packet "$work/dear.ts" 1 "$in"
same "balance after an offer that was too dear" "$(balance "$card")" 1000

echo 9753 >"$work/wrong"; chmod 600 "$work/wrong"
watch 4 "$work/scr.ts" "$work/pin.ts" "$card" --service 1 --buy auto --max-price 3.00 --pin-file "$work/wrong"
no_clear_packet "$work/pin.ts" 1 "$in"
same "balance after a wrong PIN" "$(balance "$card")" 1000

watch 0 "$work/scr.ts" "$work/bought.ts" "$card" --service 1 --buy auto --max-price 2.505 --pin-file "$pin"
identical "$in" "$work/bought.ts" 1
same "balance after the purchase" "$(balance "$card")" 750
watch 0 "$work/scr.ts" "$work/again.ts" "$card" --service 1 --buy auto --max-price 3.00 --pin-file "$pin"
identical "$in" "$work/again.ts" 1
same "balance after watching again" "$(balance "$card")" 750
watch 0 "$work/scr.ts" "$work/owned.ts" "$card" --service 1 --buy never
identical "$in" "$work/owned.ts" 1
ok tessera-stb history --card "image:$card" --json
grep -q 501 "$work/out" || die "the purchase is not in the history"

watch 4 "$work/scr.ts" "$work/poor.ts" "${images[1]}" --service 1 --buy auto --max-price 3.00 --pin-file "$pin"
no_clear_packet "$work/poor.ts" 1 "$in"
grep -qi "balance" "$work/out" "$work/err" || die "nothing about the balance"
