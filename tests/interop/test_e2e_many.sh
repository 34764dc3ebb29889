#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sixteen services in one multiplex, three of them scrambled, each with keys and criteria of its own: who may watch one watches
# that one, two at once where the card has both, and the other thirteen pass byte for byte.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"

new_operator
for n in 1 2 3; do
	head_end product add --id "$n" --name "Product $n"
	head_end service add --id "$((100 + n))" --name "Channel $n" --product "$n"
done
new_cards 3
head_end grant "${cards[0]}" --product 1 --start "$(at -60)" --end "$(at 86400)"
head_end grant "${cards[1]}" --product 1 --start "$(at -60)" --end "$(at 86400)"
head_end grant "${cards[1]}" --product 3 --start "$(at -60)" --end "$(at 86400)"
in=$(stream many)
scramble "$in" "$work/scr.ts" 101,102,103
ts check "$work/scr.ts" --services 101,102,103 --ecm-gap-ms 100
ts compare "$in" "$work/scr.ts" --scrambled 101,102,103
same "services in the word log" "$(cut -d' ' -f1 "$work/scr.ts.cw" | grep -v '#' | sort -u | tr '\n' ' ')" "101 102 103 "
[ "$(awk '{ print $5 }' "$work/scr.ts.cw" | sort | uniq -d | wc -l)" = 0 ] || die "a control word was used twice"

watch 0 "$work/scr.ts" "$work/a.ts" "${images[0]}" --service 101
identical "$in" "$work/a.ts" 101
no_clear_packet "$work/a.ts" 102,103 "$in"
watch 0 "$work/scr.ts" "$work/b.ts" "${images[1]}" --service 101 --service 103
identical "$in" "$work/b.ts" 101,103
no_clear_packet "$work/b.ts" 102 "$in"
watch 4 "$work/scr.ts" "$work/c.ts" "${images[2]}" --service 102
no_clear_packet "$work/c.ts" 101,102,103 "$in"
