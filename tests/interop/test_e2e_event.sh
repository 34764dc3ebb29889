#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# An event that starts and ends while the stream runs: the subscriber sees everything, the buyer the event and nothing else, and
# an exclusive event closes the service to subscribers who have not bought it.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"

new_operator
head_end product add --id 1 --name Basic
head_end service add --id 1 --name One --product 1
head_end event add --id 7 --service 1 --title "The match" --start "$(at 4)" --end "$(at 8)" --price 1.00 \
	--window-start "$(at -60)" --window-end "$(at 8)"
new_cards 2
head_end grant "${cards[0]}" --product 1 --start "$(at -60)" --end "$(at 86400)"
head_end topup "${cards[1]}" --amount 5
in=$(stream h264 12)
scramble "$in" "$work/scr.ts" 1
watch 0 "$work/scr.ts" "$work/subscriber.ts" "${images[0]}" --service 1
identical "$in" "$work/subscriber.ts" 1
watch 0 "$work/scr.ts" "$work/buyer.ts" "${images[1]}" --service 1 --buy auto --max-price 1 --pin-file "$pin"
same "balance of the buyer" "$(balance "${images[1]}")" 400
python3 - "$root/tests/interop" "$in" "$work/buyer.ts" <<'PY' >"$work/out" || die "the buyer saw something else than the event"
import sys
sys.path.insert(0, sys.argv[1])
import ts_check
whole, part = (ts_check.Stream(p, print) for p in sys.argv[2:])
clock = whole.service_clock(1)
for pid in whole.streams_of(1):
    original = [(i, p.raw) for i, p in enumerate(whole.packets) if p.pid == pid]
    clear = [p.raw for p in part.packets if p.pid == pid and p.has_payload and not p.tsc]
    first = next(n for n, (_, raw) in enumerate(original) if raw == clear[0])
    assert [raw for _, raw in original[first:first + len(clear)]] == clear, "not one piece of the original"
    a, b = ts_check.times(clock, [original[first][0], original[first + len(clear) - 1][0]])
    print(f"PID {pid}: {a:.2f} s to {b:.2f} s")
    assert 3.8 <= a <= 6.3 and 7.5 <= b <= 10.3, (a, b)
PY

head_end event remove 7
head_end event add --id 8 --service 1 --title "Premiere" --start "$(at -60)" --end "$(at 600)" --price 1.00 --exclusive
scramble "$in" "$work/scr.ts" 1
watch 4 "$work/scr.ts" "$work/exclusive.ts" "${images[0]}" --service 1 --buy never
no_clear_packet "$work/exclusive.ts" 1 "$in"
