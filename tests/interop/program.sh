# shellcheck shell=sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the scripts share that drive one program as a script would: sourced with $program set to its
# path. They work in $dir, which goes when they end, and close with finish.
set -u
name=$(basename "${program:?}")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
passed=0
failed=0

check() { # check TITLE CONDITION…
	title=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $title"
		sed 's/^/  out: /' "$dir/out"
		sed 's/^/  err: /' "$dir/err"
	fi
}

run() { # run STATUS TITLE ARGUMENT…: the exit status, and on failure exactly one line on stderr
	want=$1
	title=$2
	shift 2
	"$program" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	status=$?
	check "$title: status $status, want $want" [ "$status" -eq "$want" ]
	if [ "$want" -ne 0 ]; then
		check "$title: one line" [ "$(wc -l <"$dir/err")" -eq 1 ]
		check "$title: begins with the program's name" grep -q "^$name: " "$dir/err"
		check "$title: nothing on stdout" [ ! -s "$dir/out" ]
	fi
}

says() { # says WORDS: stderr of the last run
	check "says $1" grep -qF -- "$1" "$dir/err"
}

finish() {
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}
