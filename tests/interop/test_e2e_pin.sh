#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A viewer who has forgotten his PIN gets a new one by EMM: it frees a blocked card, and what he chooses afterwards stays, however
# often the EMM comes.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"

new_operator
head_end service add --id 1 --name One
head_end event add --id 1 --service 1 --title "Something" --start "$(at -600)" --end "$(at 3600)" --price 1.00
new_cards 1
card=${images[0]} number=${cards[0]}
in=$(stream h264)
tries() { ok tessera-stb info --card "image:$card" --json && json 'x["pin_tries_left"]'; }
change() { # STATUS OLD NEW
	echo "$2" >"$work/old"
	echo "$3" >"$work/new"
	chmod 600 "$work/old" "$work/new"
	expect "$1" tessera-stb pin change --card "image:$card" --pin-file "$work/old" --new-pin-file "$work/new"
}

for _ in 1 2 3; do change 7 1470 8052; done
same "tries of a blocked card" "$(tries)" 0
ok tessera-headend pin-reset "$number" --passphrase-file "$pass" --start-time "$t0" --json
new=$(json 'x["pin"]')
[[ "$new" =~ ^[0-9]{6}$ ]] || die "no new PIN but '$new'"
scramble "$in" "$work/scr.ts" 1
watch 4 "$work/scr.ts" "$work/none.ts" "$card" --service 1 --buy never
same "tries after the reset" "$(tries)" 3
change 7 2468 8052
change 0 "$new" 8052
watch 4 "$work/scr.ts" "$work/none.ts" "$card" --service 1 --buy never
head_end topup "$number" --amount 5 # the next set says it all again
scramble "$in" "$work/scr.ts" 1 --force
watch 0 "$work/scr.ts" "$work/clear.ts" "$card" --service 1 --buy auto --max-price 1 --pin-file "$work/new"
identical "$in" "$work/clear.ts" 1

echo 1234 >"$work/trivial"
chmod 600 "$work/trivial"
refuses 2 "1234" tessera-headend pin-reset "$number" --pin-file "$work/trivial" --passphrase-file "$pass" --start-time "$t0"
echo 97531086 >"$work/own"
chmod 600 "$work/own"
ok tessera-headend pin-reset "$number" --pin-file "$work/own" --passphrase-file "$pass" --start-time "$t0"
if grep -q 97531086 "$work/out"; then die "a PIN that came from a file was printed"; fi
if grep -qa 97531086 "$TESSERA_HOME"/headend.sqlite*; then die "the PIN is in the database in clear"; fi
