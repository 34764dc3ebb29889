#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# ECMs a second through the card, in the process and over vpcd. JSON lines.
#
#     messages.sh BUILD [--quick]
[ -w /dev/shm ] && export TMPDIR=/dev/shm
build=$1
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/../interop/e2e.sh" "$build/bin"
seconds=10
[ "${2:-}" = --quick ] && seconds=1
new_operator
head_end product add --id 1 --name Basic
head_end service add --id 1 --name One --product 1
new_cards 1
head_end grant "${cards[0]}" --product 1 --start "$(at -60)" --end "$(at 86400)"
in=$(stream h264)
scramble "$in" "$work/scr.ts" 1
watch 0 "$work/scr.ts" "$work/clear.ts" "${images[0]}" --service 1
"$build/tests/bench_ecm" "image:${images[0]}" "$work/scr.ts" "$seconds"

port=$((20000 + RANDOM % 10000))
"$build/tests/bench_ecm" "vpcd:$port" "$work/scr.ts" "$seconds" &
waiting=$!
for _ in $(seq 50); do
	tessera-card serve --image "${images[0]}" --vpcd "127.0.0.1:$port" >"$work/serve" 2>&1 &
	serving=$!
	sleep 0.1
	kill -0 "$serving" 2>/dev/null && break
done
wait "$waiting"
kill "$serving" 2>/dev/null
