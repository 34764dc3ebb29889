#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Points of the operator's own: a slot with a label, points by EMM beside money, an event that costs points, and what settlement
# makes of it. Money and points do not mix.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"

new_operator
head_end service add --id 1 --name One
refuses 3 "slot 3" tessera-headend event add --id 9 --service 1 --title "Too early" --start "$(at -60)" --end "$(at 60)" --price 5 --slot 3
ok tessera-headend slot add --id 3 --unit PTS --decimals 0 --label "Bonus points" --maximum 5000
refuses 5 "slot 3" tessera-headend slot add --id 3 --unit TOK --decimals 0 --label "Tokens" --maximum 50
refuses 2 "unit" tessera-headend slot add --id 4 --unit PT --decimals 0 --label "Tokens" --maximum 50
head_end event add --id 9 --service 1 --title "For points" --start "$(at -600)" --end "$(at 3600)" --price 120 --slot 3
new_cards 2
card=${images[0]} number=${cards[0]}
in=$(stream h264)
points() { ok tessera-stb wallet --card "image:$1" --json && json '[s["balance_minor"] for s in x if s["slot"] == 3]'; }

head_end topup "$number" --amount 7.00
head_end topup "$number" --slot 3 --amount 200 --reference bonus-1
refuses 5 "bonus-1" tessera-headend topup "$number" --slot 3 --amount 200 --reference bonus-1 --start-time "$t0"
refuses 3 "slot 2" tessera-headend topup "$number" --slot 2 --amount 200 --start-time "$t0"
refuses 4 "5000" tessera-headend topup "$number" --slot 3 --amount 4900 --start-time "$t0"
head_end topup "${cards[1]}" --amount 500.00
head_end slot limits all --slot 3 --overdraft 10 --threshold 100 --json
same "cards with limits" "$(json 'x["cards"]')" 2
scramble "$in" "$work/scr.ts" 1

# money does not buy it
watch 4 "$work/scr.ts" "$work/money.ts" "${images[1]}" --service 1 --buy auto --max-price 200 --pin-file "$pin"
same "money of the card without points" "$(balance "${images[1]}")" 50000
watch 0 "$work/scr.ts" "$work/clear.ts" "$card" --service 1 --buy auto --max-price 200 --pin-file "$pin"
identical "$in" "$work/clear.ts" 1
same "points after the event" "$(points "$card")" "[80]"
same "money after the event" "$(balance "$card")" 700
ok tessera-stb wallet --card "image:$card"
grep -q "Bonus points" "$work/out" || die "the wallet does not name the points"

grep -qE "Bonus points.* low" "$work/out" || die "80 points are below the operator's 100, and nobody warns"
ok tessera-stb wallet threshold 50 --slot 3 --card "image:$card" --pin-file "$pin"
ok tessera-stb wallet --card "image:$card" --json
same "the viewer's own threshold" "$(json '[(s["threshold_minor"], s["overdraft_minor"], s["low"]) for s in x if s["slot"] == 3]')" "[(50, 10, False)]"
refuses 3 "slot" tessera-stb wallet threshold 50 --slot 9 --card "image:$card" --pin-file "$pin"

ok tessera-stb report --card "image:$card" -o "$work/report"
for _ in 1 2; do ok tessera-headend settle import "$work/report" --passphrase-file "$pass" --start-time "$t0" --json; done
ok tessera-headend slot show 3 --json
same "points settled" "$(json '(x["credit_minor"], x["spent_minor"])')" "(200, 120)"
ok tessera-headend settle report --json
same "money that points are not" "$(json 'sum(c["spent_minor"] for c in x["cards"])')" 0
ok tessera-headend status --json
same "alarms" "$(json 'x["alarms"]')" 0
