#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Journey 1, over streams of every shape: scrambled, watched with a subscription (byte for byte what went in), refused
# without one (exit 4, not one clear packet), descrambled by a stranger with the words of --cw-log.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"
kinds=${2:-h264 mpeg2 subtitles awkward partial rough}
declare -A program=([h264]=1 [partial]=1 [mpeg2]=2 [subtitles]=2 [awkward]=2 [rough]=2 [hevc]=3)

new_operator
head_end product add --id 1 --name Basic
for id in 1 2 3; do
	head_end service add --id "$id" --name "Service $id" --product 1
done
new_cards 2
head_end grant "${cards[0]}" --product 1 --start "$(at -60)" --end "$(at 86400)"

for kind in $kinds; do
	in=$(stream "$kind") id=${program[$kind]} out=$work/$kind
	scramble "$in" "$out.scr.ts" "$id"
	if [ "$kind" != partial ]; then # that one begins within a packet, and has one PAT and one PMT
		ts check "$out.scr.ts" --services "$id" --ecm-gap-ms 100
	fi
	ts compare "$in" "$out.scr.ts" --scrambled "$id" # what is not scrambled passes byte for byte
	watch 0 "$out.scr.ts" "$out.clear.ts" "${images[0]}" --service "$id"
	identical "$in" "$out.clear.ts" "$id"
	watch 4 "$out.scr.ts" "$out.refused.ts" "${images[1]}" --service "$id"
	grep -qi "not entitled" "$work/err" "$work/out" || die "no word of 'not entitled'"
	no_clear_packet "$out.refused.ts" "$id" "$in"
	echo "ok: $kind"
done
