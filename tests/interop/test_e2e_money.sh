#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Journey 4: the purchase report is settled and acknowledged, the same report twice changes nothing, a top-up pays once however often
# its EMM comes; a card image put back is found at once by its generation counter, and without that counter at settlement.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"

new_operator
head_end service add --id 1 --name One
head_end event add --id 11 --service 1 --title "First" --start "$(at -600)" --end "$(at 3)" --price 1.50
head_end event add --id 12 --service 1 --title "Second" --start "$(at 3)" --end "$(at 3600)" --price 2.00
new_cards 1
card=${images[0]} number=${cards[0]}
in=$(stream h264)
head_end topup "$number" --amount 20 --reference slip-1
refuses 5 "slip-1|reference" tessera-headend topup "$number" --amount 20 --reference slip-1 --start-time "$t0"
scramble "$in" "$work/scr.ts" 1
watch 4 "$work/scr.ts" "$work/none.ts" "$card" --service 1 --buy never
watch 4 "$work/scr.ts" "$work/none.ts" "$card" --service 1 --buy never
same "balance after the same EMMs twice" "$(balance "$card")" 2000
cp -p "$card" "$work/old.img" # before any purchase
watch 0 "$work/scr.ts" "$work/clear.ts" "$card" --service 1 --buy auto --max-price 2 --pin-file "$pin"
identical "$in" "$work/clear.ts" 1
same "balance after two purchases" "$(balance "$card")" 1650

ok tessera-stb report --card "image:$card" -o "$work/report"
ok tessera-headend settle import "$work/report" --passphrase-file "$pass" --start-time "$t0"
ok tessera-headend settle report --json
cp "$work/out" "$work/settled"
grep -q "350" "$work/out" || die "the report of the settlement does not show 3.50"
ok tessera-headend settle import "$work/report" --passphrase-file "$pass" --start-time "$t0"
ok tessera-headend settle report --json
cmp -s "$work/out" "$work/settled" || die "the same report, imported twice, changed the books"

python3 - "$work/report" "$work/forged" <<'PY'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[-20] ^= 1
open(sys.argv[2], "wb").write(data)
PY
refuses 7 "" tessera-headend settle import "$work/forged" --passphrase-file "$pass" --start-time "$t0"
head -c 100 "$work/report" >"$work/short"
refuses 7 "" tessera-headend settle import "$work/short" --passphrase-file "$pass" --start-time "$t0"
ok tessera-headend settle report --json
cmp -s "$work/out" "$work/settled" || die "a forged report changed the books"

cp -p "$work/old.img" "$card"
refuses 7 "older|copy|generation|rolled" tessera-stb wallet --card "image:$card"
rm "$card.generation"
# As it is, its report is one that could have been made then. Later it has no such excuse.
ok tessera-stb report --card "image:$card" -o "$work/forgetful"
ok tessera-headend settle import "$work/forgetful" --passphrase-file "$pass" --start-time "$t0"
ok tessera-headend scramble "$in" -o "$work/later.ts" --service 1 --passphrase-file "$pass" --start-time "$(at 90000)" --force
tessera-stb watch "$work/later.ts" --card "image:$card" --service 1 --buy never >/dev/null 2>&1 || true
ok tessera-stb report --card "image:$card" -o "$work/forgetful"
expect 7 tessera-headend settle import "$work/forgetful" --passphrase-file "$pass" --start-time "$t0"
ok tessera-headend status --json
same "alarms after a card that has forgotten its purchases" "$(json 'x["alarms"] > 0')" True
