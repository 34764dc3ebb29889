#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The card in an unmodified pcscd before a GlobalPlatform host that shares no code with it.
#
#   tests/interop/test_globalplatform.sh FOLDER-OF-THE-PROGRAMS
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
status=0
python3 "$(dirname "$0")/gp_judge.py" >"$scratch/judge.txt" 2>&1 || status=$?
cat "$scratch/judge.txt"
[ $status -eq 0 ] || [ $status -eq 77 ] || fail "the judge"
end_serve
exit $status
