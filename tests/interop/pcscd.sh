# shellcheck shell=sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the scripts share that put the card before an unmodified pcscd. Sourced with the folder of the
# programs as $1 and $driver set to pcscd's reader driver; what follows runs in namespaces of its own
# (private /run, own loopback), 60 s at most. Exit status 77 where pcscd, its driver or namespaces are
# not to be had. Process ids in $serve and $daemon are ended with the script.
set -eu

skip() {
	echo "skipped: $1"
	exit 77
}

fail() {
	echo "failed: $1"
	for log in pcscd.log serve.log out.txt; do
		[ -s "$scratch/$log" ] && sed "s/^/$log: /" "$scratch/$log" | tail -20
	done
	exit 1
}

# Runs the rest of the command line until it succeeds, 10 s at most.
wait_until() {
	tries=0
	until "$@" >"$scratch/out.txt" 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || return 1
		sleep 0.1
	done
}

# One reader of the driver: NAME DEVICE CHANNEL
configure_reader() {
	mkdir "$scratch/conf"
	printf 'FRIENDLYNAME "%s"\nDEVICENAME %s\nLIBPATH %s\nCHANNELID %s\n' "$1" "$2" "${driver:?}" "$3" \
		>"$scratch/conf/reader"
}

# A fresh one.
start_pcscd() {
	if [ -n "$daemon" ]; then
		kill "$daemon"
		wait "$daemon" || :
	fi
	pcscd -f -i -d -c "$scratch/conf" >"$scratch/pcscd.log" 2>&1 &
	daemon=$!
	wait_until test -S /run/pcscd/pcscd.comm || fail "pcscd does not start"
}

# serve OPTION…: a new card, served
serve() {
	"$card" new --image "$scratch/card.img" >/dev/null || fail "no card"
	"$card" serve --image "$scratch/card.img" "$@" 2>"$scratch/serve.log" &
	serve=$!
}

end_serve() {
	kill -TERM "$serve"
	wait "$serve" || fail "serve does not end with status 0"
	serve=
}

clean_up() {
	[ -z "$serve" ] || kill "$serve" 2>/dev/null || :
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null || :
	wait
	rm -rf "$scratch"
}

if [ "${1:-}" != --inside ]; then
	[ $# -eq 1 ] || { echo "usage: $0 FOLDER-OF-THE-PROGRAMS"; exit 2; }
	for program in pcscd opensc-tool unshare ip timeout; do
		command -v $program >/dev/null || skip "$program is not installed"
	done
	[ -e "$driver" ] || skip "$driver is not installed"
	unshare -m -n true 2>/dev/null || skip "namespaces are not allowed here"
	exec timeout -k 5 60 unshare -m -n "$0" --inside "$1"
fi

card=$2/tessera-card
scratch=$(mktemp -d)
daemon=
serve=
trap clean_up EXIT
trap 'exit 1' TERM INT
ip link set lo up || skip "no loopback in a namespace"
mount -t tmpfs tmpfs /run || skip "no private /run"
