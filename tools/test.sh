#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Does its own set-up, builds everything and runs every test:
#   tools/test.sh            all of it, some minutes on two cores
#   tools/test.sh --quick    one build and its tests
# The last line is "N passed, N failed"; each test of each build and each check counts as one. Exit
# status 0 when nothing failed. Needs no terminal and no network (once the packages are there).
set -u
cd "$(dirname "$0")/.." || exit 1
exec </dev/null
bash tools/setup.sh test || exit 1

jobs=$(nproc)
logs=build/logs
passed=0 failed=0 skipped=0
mkdir -p "$logs"
export CTEST_OUTPUT_ON_FAILURE=1 PYTHONDONTWRITEBYTECODE=1
unset TESSERA_HOME XDG_DATA_HOME

say() {
	printf '%6ds  %s\n' "$SECONDS" "$*"
}

# step NAME COMMAND…: one check; what it prints is shown only when it fails
step() {
	local name=$1 log=$logs/${1//[^a-z0-9]/_}.log
	shift
	if "$@" >"$log" 2>&1; then
		passed=$((passed + 1))
		say "ok      $name"
	else
		failed=$((failed + 1))
		say "FAILED  $name"
		tail -n 30 "$log" | sed 's/^/         /'
		return 1
	fi
}

configure_and_build() { # PRESET
	cmake --preset "$1" && cmake --build --preset "$1" -j "$jobs"
}

# tests PRESET [CTEST-OPTION…]: counts each test of ctest
tests() {
	local preset=$1 log=$logs/tests_$1.log report=$logs/tests_$1.xml ok bad out
	shift
	rm -f "$report"
	ctest --test-dir "build/$preset" -j "$jobs" --output-junit "../../$report" "$@" >"$log" 2>&1
	if [ ! -s "$report" ]; then
		failed=$((failed + 1))
		say "FAILED  tests of $preset: ctest did not run"
		return 1
	fi
	ok=$(grep -c 'status="run"' "$report")
	bad=$(grep -c 'status="fail"' "$report")
	out=$(grep -cE 'status="(notrun|disabled)"' "$report")
	passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + out))
	if [ "$ok" = 0 ]; then
		failed=$((failed + 1))
		say "FAILED  tests of $preset: there are none"
	elif [ "$bad" != 0 ]; then
		say "FAILED  tests of $preset: $bad of $((ok + bad))"
		grep -E '\*\*\*(Failed|Timeout|Exception)|: .*(want|differ)' "$log" | head -40 | sed 's/^/         /'
	else
		say "ok      tests of $preset: $ok$([ "$out" = 0 ] || echo ", $out skipped")"
	fi
	grep -E '\*\*\*Skipped' "$log" | sed -E 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: (\S+).*/         skipped: \1/'
}

format_check() {
	find cas keys smartcard stb-host tools tests -name '*.[ch]' -print0 |
		xargs -0 clang-format --dry-run -Werror
}

scripts_check() {
	shellcheck -x -S warning tools/*.sh .ci/run tests/*/*.sh
}

manuals_check() {
	mandoc -T lint -W error tools/tessera-*/*.1 stb-host/library/*.3
}

mcu_check() {
	configure_and_build mcu && python3 tools/check_symbols.py build/mcu
}

demo_check() {
	rm -rf build/demo
	mkdir -p build/demo
	TMPDIR=$PWD/build/demo bash tools/demo.sh
}

main() { # a function, so that this file may change while it runs
	if step "build dev" configure_and_build dev; then
		tests dev
	fi
	if [ "${1:-}" != --quick ]; then
		step "shape of the tree" python3 tools/check_shape.py .
		step "format" format_check
		if command -v shellcheck >/dev/null; then
			step "scripts" scripts_check
		fi
		if command -v mandoc >/dev/null; then
			step "manual pages" manuals_check
		fi
		step "build mcu" mcu_check && grep -A99 '^room' "$logs/build_mcu.log" | sed 's/^/         /'
		if command -v aarch64-linux-gnu-gcc >/dev/null; then
			step "build aarch64" configure_and_build aarch64
		fi
		step "build release" configure_and_build release
		step "demo" demo_check
		step "build clang" configure_and_build clang && step "clang-tidy" bash tools/tidy.sh build/clang
		step "build fuzz" configure_and_build fuzz
		if step "build asan" configure_and_build asan; then
			tests asan -LE slow
		fi
	fi

	[ "$skipped" = 0 ] || say "$skipped skipped: what they need is not on this machine"
	[ "$failed" = 0 ] || say "logs: $logs"
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ]
}

main "$@"
exit
