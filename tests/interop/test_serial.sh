#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The card in a serial reader on a pseudo-terminal, driven by pcscd's stock libccid serial driver: T=1 by
# blocks, T=0 by bytes. Private /run and loopback; exit status 77 where the driver or namespaces are
# not to be had.
#
#   tests/interop/test_serial.sh TESSERA-CARD
set -eu

driver=/usr/lib/pcsc/drivers/serial/libccidtwin.so
select=00A4040009F0544553534552410100

skip() {
	echo "skipped: $1"
	exit 77
}

fail() {
	echo "failed: $1"
	for log in serve.log out.txt pcscd.log; do
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

card_is_in() {
	grep -q 'Card ATR' "$scratch/pcscd.log"
}

if [ "${1:-}" != --inside ]; then
	[ $# -eq 1 ] || { echo "usage: $0 TESSERA-CARD"; exit 2; }
	for program in pcscd opensc-tool unshare ip timeout; do
		command -v $program >/dev/null || skip "$program is not installed"
	done
	[ -e $driver ] || skip "libccid's serial driver is not installed"
	unshare -m -n true 2>/dev/null || skip "namespaces are not allowed here"
	exec timeout -k 5 60 unshare -m -n "$0" --inside "$1"
fi

card=$2
scratch=$(mktemp -d)
daemon=
serve=
clean_up() {
	[ -z "$serve" ] || kill "$serve" 2>/dev/null || :
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null || :
	wait
	rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 1' TERM INT

ip link set lo up || skip "no loopback in a namespace"
mount -t tmpfs tmpfs /run || skip "no private /run"
mkdir "$scratch/conf"
printf 'FRIENDLYNAME "Tessera serial"\nDEVICENAME %s/tty\nLIBPATH %s\nCHANNELID 1\n' \
	"$scratch" $driver >"$scratch/conf/serial"
"$card" new --image "$scratch/card.img" >/dev/null || fail "no card"
"$card" serve --image "$scratch/card.img" --serial "$scratch/tty" 2>"$scratch/serve.log" &
serve=$!
wait_until test -L "$scratch/tty" || fail "no pseudo-terminal"

# A fresh pcscd: the protocol is chosen anew.
start_pcscd() {
	[ -z "$daemon" ] || { kill "$daemon" && wait "$daemon" || :; }
	pcscd -f -i -d -c "$scratch/conf" >"$scratch/pcscd.log" 2>&1 &
	daemon=$!
	wait_until test -S /run/pcscd/pcscd.comm || fail "pcscd does not start"
	wait_until card_is_in || fail "pcscd does not see the card"
}

start_pcscd
opensc-tool -s $select -s 80CA010000 >"$scratch/out.txt" 2>&1 || fail "T=1"
[ "$(grep -c 'SW1=0x90, SW2=0x00' "$scratch/out.txt")" -eq 2 ] || fail "T=1: SELECT, GET DATA"
grep -q 'Send Protocol: T=1' "$scratch/pcscd.log" || fail "T=1 was not in use"
echo "ok: libccid drives the card in T=1"

if command -v scriptor >/dev/null; then
	printf '%s\n' "00 A4 04 00 09 F0 54 45 53 53 45 52 41 01" "00 C0 00 00 13" "80 CA 01 00 01" \
		"80 CA 01 00 19" >"$scratch/t0.txt"
	start_pcscd
	scriptor -p T=0 "$scratch/t0.txt" >"$scratch/out.txt" 2>&1 || fail "T=0"
	grep -q 'Send Protocol: T=0' "$scratch/pcscd.log" || fail "T=0 was not in use"
	tr -d '\n' <"$scratch/out.txt" >"$scratch/line.txt"
	grep -q '< 61 13' "$scratch/line.txt" || fail "T=0: SELECT announces its answer"
	grep -q '6F 11 84 09 F0 54 45 53 53 45 52 41 01 A5.*90 00' "$scratch/line.txt" ||
		fail "T=0: GET RESPONSE"
	grep -q '< 6C ' "$scratch/line.txt" || fail "T=0: a wrong Le is corrected"
	echo "ok: libccid drives the card in T=0"
fi

kill -TERM $serve
wait $serve || fail "serve does not end with status 0"
serve=
[ ! -e "$scratch/tty" ] || fail "the link stays behind"
echo "ok: serve ends cleanly"
