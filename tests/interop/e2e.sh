# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the end-to-end scripts share; sourced with the folder of the programs as $1. Each script works
# in $work, which goes when it ends; a failure shows what the last command said.
set -u
bin=$(cd "${1:?folder of the programs}" && pwd) || exit 1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
streams=${TESSERA_STREAMS:-$bin/../streams}
work=$(mktemp -d "${TMPDIR:-/tmp}/tessera-e2e.XXXXXX")
export PATH=$bin:$PATH TESSERA_HOME=$work/home PYTHONDONTWRITEBYTECODE=1
unset XDG_DATA_HOME
children=()
pass=$work/pass pin=$work/pin
t0=2026-11-22T20:00:00Z # stream time of every first packet

at() { # SECONDS after t0
	date -u -d "$t0 + $1 seconds" +%Y-%m-%dT%H:%M:%SZ
}

end_children() {
	local child
	for child in "${children[@]}"; do
		kill "$child" 2>/dev/null && wait "$child" 2>/dev/null
	done
	children=()
}
trap 'end_children; rm -rf "$work"' EXIT

die() {
	echo "FAILED: $*"
	[ -s "$work/out" ] && tail -n 15 "$work/out" | sed 's/^/  out: /'
	[ -s "$work/err" ] && tail -n 15 "$work/err" | sed 's/^/  err: /'
	exit 1
}

skip() {
	echo "skipped: $*"
	exit 77
}

need() { # PROGRAM…
	local program
	for program in "$@"; do
		command -v "$program" >/dev/null || skip "$program is not there"
	done
}

# expect STATUS COMMAND…: output in $work/out and $work/err
expect() {
	local want=$1 got=0
	shift
	"$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
	[ "$got" = "$want" ] || die "$* ended with $got, not $want"
}
ok() { expect 0 "$@"; }

# refuses STATUS WORDS COMMAND…: that exit status, and one line "program: …" on stderr that holds WORDS
refuses() {
	local status=$1 words=$2
	shift 2
	expect "$status" "$@"
	[ "$(grep -c '' "$work/err")" = 1 ] || die "$*: not one line on stderr"
	grep -qE "^$1: " "$work/err" || die "$*: the line does not begin with the program"
	grep -qiE -- "$words" "$work/err" || die "$*: nothing about '$words'"
}

json() { # EXPRESSION over x: reads $work/out
	python3 -c 'import json, sys; x = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$work/out" "$1" ||
		die "no JSON, or not as expected: $1"
}

same() { # WHAT GOT WANT
	[ "$2" = "$3" ] || die "$1 is '$2', not '$3'"
}

# A keystore, a head-end and its cards' PIN.
new_operator() {
	echo "a passphrase for tests" >"$pass"
	echo 2468 >"$pin"
	chmod 600 "$pass" "$pin"
	ok tessera-keys init --operator-id 7 --passphrase-file "$pass"
	head_end init --operator "Test network" --passphrase-file "$pass" \
		${TESSERA_TEST_DATABASE:+--database "$TESSERA_TEST_DATABASE"}
}

# new_cards N: their numbers in the array cards, their images in the array images; made an hour before t0
new_cards() {
	ok tessera-headend card issue --count "$1" --profile laboratory --pin-file "$pin" \
		--passphrase-file "$pass" --start-time "$(at -3600)" --json
	mapfile -t cards < <(json '"\n".join(c["card"] for c in x)')
	# shellcheck disable=SC2034 # for the scripts
	mapfile -t images < <(json '"\n".join(c["where"].removeprefix("image:") for c in x)')
	same "number of cards" "${#cards[@]}" "$1"
}

stream() { # KIND [SECONDS]: path of a cached stream
	mkdir -p "$streams"
	(
		flock 9
		"$root/tests/support/make_stream.sh" "$1" "$streams" "${2:-6}"
	) 9>"$streams/.lock"
}

head_end() { # VERB…, at t0 where the verb takes a time
	case $1 in
	init | product | service | event) ok tessera-headend "$@" ;;
	*) ok tessera-headend "$@" --start-time "$t0" ;;
	esac
}

# scramble IN OUT SERVICE[,SERVICE] [OPTION…]: control words go to OUT.cw
scramble() {
	local in=$1 out=$2 service options=()
	for service in ${3//,/ }; do options+=(--service "$service"); done
	shift 3
	ok tessera-headend scramble "$in" -o "$out" "${options[@]}" --passphrase-file "$pass" \
		--start-time "$t0" --crypto-period-s 2 --cw-log "$out.cw" "$@"
}

# watch STATUS IN OUT IMAGE [OPTION…]
watch() {
	local status=$1 in=$2 out=$3 image=$4
	shift 4
	expect "$status" tessera-stb watch "$in" -o "$out" --card "image:$image" "$@"
}

ts() { # ts_check.py's arguments
	ok python3 "$root/tests/interop/ts_check.py" "$@"
}

identical() { # A B SERVICES: the services' streams came back byte for byte
	ts compare "$1" "$2" --only --services "$3"
}

no_clear_packet() { # FILE SERVICES ORIGINAL: not one payload of the services is clear
	[ -s "$1" ] || return 0
	python3 - "$root/tests/interop" "$1" "$3" "$2" <<'PY' || die "$1 holds clear packets"
import sys
sys.path.insert(0, sys.argv[1])
import ts_check
original = ts_check.Stream(sys.argv[3], lambda text: None)
pids = {p for s in sys.argv[4].split(",") for p in original.streams_of(int(s))}
clear = sum(1 for at in [ts_check.Stream(sys.argv[2], lambda text: None)] for p in at.packets
            if p.pid in pids and p.has_payload and not p.tsc)
sys.exit(1 if clear else 0)
PY
}

balance() { # IMAGE: slot 0, minor units
	ok tessera-stb wallet --card "image:$1" --json
	json '(x["slots"] if "slots" in x else x)[0]["balance_minor"]'
}
