#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The card in an unmodified pcscd: tessera-card serves it to the vpcd driver, and opensc-tool and
# pcsc_scan use it like any other.
#
#   tests/interop/test_pcscd.sh FOLDER-OF-THE-PROGRAMS
driver=/usr/lib/pcsc/drivers/serial/libifdvpcd.so
port=35963
# shellcheck source=tests/interop/pcscd.sh
. "$(dirname "$0")/pcscd.sh"

card_is_in() {
	opensc-tool -l | grep -q 'Yes'
}

configure_reader "Tessera test" /dev/null:$port $port
start_pcscd
serve --vpcd 127.0.0.1:$port
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
end_serve
"$card" info --image "$scratch/card.img" >"$scratch/out.txt" 2>&1 || fail "the image after serving"
grep -q 'life cycle:     OP_READY' "$scratch/out.txt" || fail "the card after serving"
echo "ok: SIGTERM ends it, the image is whole"
