#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Journey 3: the next epoch key reaches the cards in the running stream, the switch happens at a crypto-period boundary without a
# lost packet, and a revoked
# card is refused at once by the ECMs' negative list, and for good by the key that it does not get.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"

new_operator
head_end product add --id 1 --name Basic
head_end service add --id 1 --name One --product 1
new_cards 3
for card in "${cards[@]}"; do
	head_end grant "$card" --product 1 --start "$(at -60)" --end "$(at 86400)"
done
in=$(stream h264 12)
scramble "$in" "$work/before.ts" 1
watch 0 "$work/before.ts" "$work/out.ts" "${images[2]}" --service 1
identical "$in" "$work/out.ts" 1

head_end card revoke "${cards[2]}" --reason "sold on the market"
ok tessera-headend rotate --passphrase-file "$pass" --start-time "$t0" --at "$(at 6)"
scramble "$in" "$work/scr.ts" 1
ts check "$work/scr.ts" --services 1
for n in 0 1; do
	watch 0 "$work/scr.ts" "$work/out.ts" "${images[$n]}" --service 1
	identical "$in" "$work/out.ts" 1
done
watch 4 "$work/scr.ts" "$work/revoked.ts" "${images[2]}" --service 1
no_clear_packet "$work/revoked.ts" 1 "$in"
grep -qi "refused by the operator" "$work/err" || die "the negative list does not name the revoked card"
grep -qi "epoch missing" "$work/err" || die "the revoked card got the new key"

refuses 5 "revoked" tessera-headend grant "${cards[2]}" --product 1 --start-time "$t0"
