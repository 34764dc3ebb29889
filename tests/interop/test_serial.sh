#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The card in a serial reader on a pseudo-terminal, driven by pcscd's stock libccid serial driver: T=1 by
# blocks, T=0 by bytes, PPS at several Fi/Di, cold and warm resets.
#
#   tests/interop/test_serial.sh FOLDER-OF-THE-PROGRAMS
driver=/usr/lib/pcsc/drivers/serial/libccidtwin.so
select=00A4040009F0544553534552410100
# shellcheck source=tests/interop/pcscd.sh
. "$(dirname "$0")/pcscd.sh"

card_is_in() {
	grep -q 'Card ATR' "$scratch/pcscd.log"
}

# A fresh pcscd: the protocol is chosen anew.
start_and_insert() {
	start_pcscd
	wait_until card_is_in || fail "pcscd does not see the card"
}

configure_reader "Tessera serial" "$scratch/tty" 1
serve --serial "$scratch/tty"
wait_until test -L "$scratch/tty" || fail "no pseudo-terminal"

start_and_insert
opensc-tool -s $select -s 80CA010000 >"$scratch/out.txt" 2>&1 || fail "T=1"
[ "$(grep -c 'SW1=0x90, SW2=0x00' "$scratch/out.txt")" -eq 2 ] || fail "T=1: SELECT, GET DATA"
grep -q 'Send Protocol: T=1' "$scratch/pcscd.log" || fail "T=1 was not in use"
echo "ok: libccid drives the card in T=1"

if command -v scriptor >/dev/null; then
	printf '%s\n' "00 A4 04 00 09 F0 54 45 53 53 45 52 41 01" "00 C0 00 00 13" "80 CA 01 00 01" \
		"80 CA 01 00 19" >"$scratch/t0.txt"
	start_and_insert
	scriptor -p T=0 "$scratch/t0.txt" >"$scratch/out.txt" 2>&1 || fail "T=0"
	grep -q 'Send Protocol: T=0' "$scratch/pcscd.log" || fail "T=0 was not in use"
	tr -d '\n' <"$scratch/out.txt" >"$scratch/line.txt"
	grep -q '< 61 13' "$scratch/line.txt" || fail "T=0: SELECT announces its answer"
	grep -q '6F 11 84 09 F0 54 45 53 53 45 52 41 01 A5.*90 00' "$scratch/line.txt" ||
		fail "T=0: GET RESPONSE"
	grep -q '< 6C ' "$scratch/line.txt" || fail "T=0: a wrong Le is corrected"
	echo "ok: libccid drives the card in T=0"
fi

# libccid proposes what TA1 offers, if that is not the default; each reset begins anew.
for fi_di in 13 18 95 96; do
	end_serve
	rm -f "$scratch/card.img"*
	serve --serial "$scratch/tty" --fi-di 0x$fi_di
	wait_until test -L "$scratch/tty" || fail "no pseudo-terminal at $fi_di"
	start_and_insert
	for kind in cold warm; do
		opensc-tool --reset=$kind >"$scratch/out.txt" 2>&1 || fail "$kind reset at $fi_di"
		opensc-tool -s $select -s 80CA010000 >"$scratch/out.txt" 2>&1 || fail "T=1 at $fi_di after a $kind reset"
		[ "$(grep -c 'SW1=0x90, SW2=0x00' "$scratch/out.txt")" -eq 2 ] || fail "T=1 at $fi_di: SELECT, GET DATA"
	done
	[ "$(grep -c "T=1 at Fi/Di $fi_di" "$scratch/serve.log")" -ge 3 ] || fail "T=1 does not run at $fi_di again"
	command -v scriptor >/dev/null || continue
	printf '%s\n' "00 A4 04 00 09 F0 54 45 53 53 45 52 41 01" "80 CA 01 00 19" >"$scratch/t0.txt"
	start_and_insert
	scriptor -p T=0 "$scratch/t0.txt" >"$scratch/out.txt" 2>&1 || fail "T=0 at $fi_di"
	grep -q "T=0 at Fi/Di $fi_di" "$scratch/serve.log" || fail "T=0 does not run at $fi_di"
	echo "ok: PPS chooses Fi/Di $fi_di after cold and warm resets"
done

end_serve
[ ! -e "$scratch/tty" ] || fail "the link stays behind"
echo "ok: serve ends cleanly"
