#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every libFuzzer target for some seconds (60 by default) with address and undefined-behaviour sanitizers:
#   tools/fuzz.sh [SECONDS] [TARGET…]
# Starts from the committed corpus; what is new stays in build/fuzz/corpus, a crash in build/fuzz/crash-*.
set -u
cd "$(dirname "$0")/.." || exit 1
seconds=${1:-60}
[ $# -eq 0 ] || shift
bash tools/setup.sh test || exit 1
mkdir -p build/logs
if ! { cmake --preset fuzz && cmake --build --preset fuzz -j "$(nproc)"; } >build/logs/fuzz.log 2>&1; then
	tail -n 20 build/logs/fuzz.log
	exit 1
fi
if [ $# -eq 0 ]; then
	for target in build/fuzz/tests/fuzz_*; do
		[ -f "$target" ] && [ -x "$target" ] && set -- "$@" "${target##*/fuzz_}"
	done
fi
status=0
for name in "$@"; do
	work=build/fuzz/corpus/$name
	mkdir -p "$work"
	if ! "build/fuzz/tests/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
		-artifact_prefix="build/fuzz/crash-$name-" "$work" "tests/fuzz/corpus/$name" \
		>"build/logs/fuzz_$name.log" 2>&1; then
		status=1
		echo "FAILED  $name"
		grep -E 'ERROR|runtime error|SUMMARY|Test unit' "build/logs/fuzz_$name.log" | head -5
	else
		echo "ok      $name: $(grep -oE 'DONE.*|Done .*' "build/logs/fuzz_$name.log" | tail -1)"
	fi
done
exit "$status"
