#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A stream recorded across three rotations by the key tree, played to cards that were off for some of them: every card
# that is not revoked opens every packet, whatever it missed, also when EMM sections come in another order,
# twice, or not at all; a revoked one opens none after the next flip.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"

rotate() { # BEGINS
	ok tessera-headend rotate --passphrase-file "$pass" --start-time "$1" --at "$2" --json
}

new_operator
head_end product add --id 1 --name Basic
head_end service add --id 1 --name One --product 1
new_cards 4
ok tessera-headend card issue --tree small --profile laboratory --pin-file "$pin" --passphrase-file "$pass" \
	--start-time "$(at -3600)" --json
images+=("$(json 'x[0]["where"].removeprefix("image:")')") cards+=("$(json 'x[0]["card"]')")
ok tessera-headend card issue --tree none --profile laboratory --pin-file "$pin" --passphrase-file "$pass" \
	--start-time "$(at -3600)" --json
images+=("$(json 'x[0]["where"].removeprefix("image:")')") cards+=("$(json 'x[0]["card"]')")
for card in "${cards[@]}"; do
	head_end grant "$card" --product 1 --start "$(at -60)" --end "$(at 86400)"
done
in=$(stream h264 12)

# All cards take their grants; then number 0 sees everything, 1 only the last part, 2 the first and the last, 3 is revoked, 4 is a
# small card and 5 one without labels: both see only the last part.
scramble "$in" "$work/0.ts" 1
for n in 0 1 2 3 4 5; do
	watch 0 "$work/0.ts" "$work/out.ts" "${images[$n]}" --service 1
	identical "$in" "$work/out.ts" 1
done
head_end card revoke "${cards[3]}" --reason "sold on the market" --start-time "$(at 20)"
for part in 1 2 3; do
	rotate "$(at $((part * 100)))" "$(at $((part * 100 + 6)))"
	same "cards by the tree" "$(json 'x["tree"]')" 4
	same "cards one by one" "$(json 'x["unique"]')" 1
	ok tessera-headend scramble "$in" -o "$work/$part.ts" --service 1 --passphrase-file "$pass" \
		--start-time "$(at $((part * 100)))" --crypto-period-s 2
	ts check "$work/$part.ts" --services 1
done
cp "${images[1]}" "$work/spare.img"
[ ! -e "${images[1]}.generation" ] || cp "${images[1]}.generation" "$work/spare.img.generation"
for n in 0 2; do
	watch 0 "$work/1.ts" "$work/out.ts" "${images[$n]}" --service 1
	identical "$in" "$work/out.ts" 1
done
watch 0 "$work/2.ts" "$work/out.ts" "${images[0]}" --service 1
identical "$in" "$work/out.ts" 1
for n in 0 1 2 4 5; do
	watch 0 "$work/3.ts" "$work/out.ts" "${images[$n]}" --service 1
	identical "$in" "$work/out.ts" 1
done
watch 4 "$work/3.ts" "$work/out.ts" "${images[3]}" --service 1
no_clear_packet "$work/out.ts" 1 "$in"

# The same recording, its EMMs badly treated, to a card as it was before; once more in the large sections.
emm_pid=$(tessera-stb inspect "$work/3.ts" | sed -n 's/.*EMM PID \(0x[0-9A-F]*\).*/\1/p' | head -1)
ok python3 "$root/tests/interop/shuffle_emms.py" "$work/3.ts" "$work/bad.ts" "$emm_pid" 5
watch 0 "$work/bad.ts" "$work/out.ts" "$work/spare.img" --service 1
identical "$in" "$work/out.ts" 1
ok tessera-headend rotate --passphrase-file "$pass" --start-time "$(at 400)" --at "$(at 406)"
ok tessera-headend scramble "$in" -o "$work/4.ts" --service 1 --passphrase-file "$pass" \
	--start-time "$(at 400)" --crypto-period-s 2 --section-profile s4k
for n in 0 4; do
	watch 0 "$work/4.ts" "$work/out.ts" "${images[$n]}" --service 1
	identical "$in" "$work/out.ts" 1
done
