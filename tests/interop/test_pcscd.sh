#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The card in an unmodified pcscd: tessera-card serves it to the vpcd driver, and opensc-tool and
# pcsc_scan use it like any other. Everything runs in namespaces of its own (private /run, own
# loopback). Exit status 77 where pcscd, its vpcd driver or namespaces are not to be had.
#
#   tests/interop/test_pcscd.sh FOLDER-OF-THE-PROGRAMS
set -eu

driver=/usr/lib/pcsc/drivers/serial/libifdvpcd.so
port=35963

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

card_is_in() {
	opensc-tool -l | grep -q 'Yes'
}

if [ "${1:-}" != --inside ]; then
	[ $# -eq 1 ] || { echo "usage: $0 FOLDER-OF-THE-PROGRAMS"; exit 2; }
	for program in pcscd opensc-tool unshare ip timeout; do
		command -v $program >/dev/null || skip "$program is not installed"
	done
	[ -e $driver ] || skip "vpcd (vsmartcard-vpcd) is not installed"
	unshare -m -n true 2>/dev/null || skip "namespaces are not allowed here"
	exec timeout -k 5 60 unshare -m -n "$0" --inside "$1"
fi

card=$2/tessera-card
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
printf 'FRIENDLYNAME "Tessera test"\nDEVICENAME /dev/null:%s\nLIBPATH %s\nCHANNELID %s\n' \
	$port $driver $port >"$scratch/conf/vpcd"
pcscd -f -i -c "$scratch/conf" >"$scratch/pcscd.log" 2>&1 &
daemon=$!
wait_until test -S /run/pcscd/pcscd.comm || fail "pcscd does not start"

"$card" new --image "$scratch/card.img" >/dev/null || fail "no card"
"$card" serve --image "$scratch/card.img" --vpcd 127.0.0.1:$port 2>"$scratch/serve.log" &
serve=$!
wait_until card_is_in || fail "pcscd does not see the card"

opensc-tool -a >"$scratch/out.txt" 2>&1 || fail "opensc-tool -a"
grep -qi '^3b:87:80:11:fe:54:45:53:53:45:52:41:af' "$scratch/out.txt" || fail "the ATR"
echo "ok: opensc-tool -a shows the ATR"

opensc-tool -s 00A4040009F0544553534552410100 -s 80CA010000 >"$scratch/out.txt" 2>&1 ||
	fail "opensc-tool -s"
[ "$(grep -c 'SW1=0x90, SW2=0x00' "$scratch/out.txt")" -eq 2 ] || fail "SELECT and GET DATA"
grep -q '6F 11 84 09 F0 54 45 53 53 45 52 41 01' "$scratch/out.txt" || fail "the FCI"
echo "ok: opensc-tool -s selects the application"

opensc-tool -s 00A4040008A00000015100000000 -s 80500000040102030400 >"$scratch/out.txt" 2>&1 || :
grep -q 'SW1=0x67, SW2=0x00' "$scratch/out.txt" || fail "a wrong length is not 6700"
echo "ok: a wrong length is refused"

if command -v pcsc_scan >/dev/null; then
	timeout 2 pcsc_scan -n >"$scratch/out.txt" 2>&1 || :
	grep -q 'Card inserted' "$scratch/out.txt" || fail "pcsc_scan sees no card"
	grep -q '3B 87 80 11 FE 54 45 53 53 45 52 41 AF' "$scratch/out.txt" || fail "pcsc_scan's ATR"
	echo "ok: pcsc_scan reads the ATR"
fi

"$card" info --image "$scratch/card.img" >"$scratch/out.txt" 2>&1 && fail "one card opened twice"
kill -TERM $serve
wait $serve || fail "serve does not end with status 0"
serve=
"$card" info --image "$scratch/card.img" >"$scratch/out.txt" 2>&1 || fail "the image after serving"
grep -q 'life cycle:     OP_READY' "$scratch/out.txt" || fail "the card after serving"
echo "ok: SIGTERM ends it, the image is whole"
