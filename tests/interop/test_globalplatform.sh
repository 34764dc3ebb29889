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
[ $status -eq 0 ] || exit $status

# A card of the head-end, whose root key is the published one of a test vector.
here=$(cd "$(dirname "$0")" && pwd)
export TESSERA_HOME="$scratch/home"
umask 077
mkdir "$TESSERA_HOME"
cp "$here/../vectors/keystore_1" "$TESSERA_HOME/keystore"
echo "golden keystore" >"$scratch/pass"
programs=$2
head_end() {
	"$programs/tessera-headend" "$@" --passphrase-file "$scratch/pass" >"$scratch/out.txt" 2>&1 || fail "tessera-headend $*"
}
head_end init --operator Lab
"$card" new --image "$scratch/issued.img" >/dev/null
head_end card issue --reader "image:$scratch/issued.img"
judge() { # DOMAIN VERSION
	start_pcscd
	"$card" serve --image "$scratch/issued.img" --vpcd 127.0.0.1:$port 2>"$scratch/serve.log" &
	serve=$!
	wait_until card_is_in || fail "pcscd does not see the card"
	python3 "$here/gp_judge.py" --issued 101112131415161718191A1B1C1D1E1F 4660 1 "$@" >"$scratch/judge.txt" 2>&1 ||
		{ cat "$scratch/judge.txt"; fail "the judge of the issued card"; }
	cat "$scratch/judge.txt"
	end_serve
}
judge 2 1
head_end card rotate-keys --reader "image:$scratch/issued.img" --domain purse
judge 3 2
