#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# clang-tidy over every source of a build (build/clang by default) in parallel, or over the files named:
#   tools/tidy.sh [BUILD-FOLDER] [FILE…]
# Silence is success. Results of unchanged files are remembered in the build folder.
set -u
cd "$(dirname "$0")/.." || exit 1
build=${1:-build/clang}
[ $# -eq 0 ] || shift
[ -f "$build/compile_commands.json" ] || cmake --preset clang >/dev/null || exit 1
cache=$build/tidy
mkdir -p "$cache"

# One key for everything a result depends on but the file itself: all headers, the rules, the tool.
common=$({
	cat .clang-tidy
	clang-tidy --version
	find cas keys smartcard stb-host tools tests -name '*.h' -print0 | sort -z | xargs -0 cat
} | sha256sum | cut -c1-16)

one() { # FILE
	local file=$1 key log status=0
	key=$cache/$(sha256sum <"$file" | cut -c1-24)-$common
	[ -e "$key" ] && return 0
	log=$(clang-tidy --quiet -p "$build" "$file" 2>/dev/null) || status=$?
	if [ "$status" = 0 ]; then
		: >"$key"
	else
		printf '%s\n' "$log"
	fi
	return "$status"
}
export -f one
export cache common build

files() {
	if [ $# -gt 0 ]; then
		printf '%s\0' "$@"
	else
		python3 -c 'import json, sys
for entry in json.load(open(sys.argv[1])):
    print(entry["file"], end="\0")' "$build/compile_commands.json"
	fi
}

# shellcheck disable=SC2016 # expanded by the inner shell
files "$@" | sort -zu | xargs -0 -r -n 1 -P "$(nproc)" bash -c 'one "$1"' tidy
