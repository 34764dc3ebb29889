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

# A recording of what was watched goes on air again: the descriptors of the first time must not mislead the box.
in=$work/mpeg2.clear.ts
scramble "$in" "$work/again.scr.ts" 2 --cipher cissa
watch 0 "$work/again.scr.ts" "$work/again.clear.ts" "${images[0]}" --service 2
identical "$in" "$work/again.clear.ts" 2
echo "ok: again"

# the other cipher, and words of all 64 bits
for options in "--cipher cissa" --full-entropy; do
	in=$(stream mpeg2)
	# shellcheck disable=SC2086 # an option and its argument
	scramble "$in" "$work/scr.ts" 2 $options
	watch 0 "$work/scr.ts" "$work/clear.ts" "${images[0]}" --service 2
	identical "$in" "$work/clear.ts" 2
	watch 4 "$work/scr.ts" "$work/refused.ts" "${images[1]}" --service 2
	no_clear_packet "$work/refused.ts" 2 "$in"
	echo "ok: $options"
done

# one card, streams in any order of their times
evening=$t0
for offset in 36000 0 18000; do
	t0=$(date -u -d "$evening + $offset seconds" +%Y-%m-%dT%H:%M:%SZ)
	scramble "$in" "$work/scr.ts" 2
	watch 0 "$work/scr.ts" "$work/clear.ts" "${images[0]}" --service 2
	identical "$in" "$work/clear.ts" 2
done
echo "ok: any order of times"
