#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Two operators, one card, one stream: the second joins a card of the first, each one's rights open his own services, neither one's
# messages say anything to the other's part of the card or to the purse, and their reports are apart.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"

first=$work/home second=$work/second
in=$(stream many)

new_operator
ok tessera-keys init --home "$second" --operator-id 9 --passphrase-file "$pass"
export TESSERA_HOME=$second
head_end init --operator "Second network" --passphrase-file "$pass"
head_end product add --id 1 --name Theirs
head_end service add --id 102 --name Two --product 1
head_end event add --id 900 --service 102 --title "Their film" --start "$(at -600)" --end "$(at 3600)" --price 1.50
ok tessera-keys transport-key -o "$work/transport"
ok tessera-headend card issue --profile laboratory --pin-file "$pin" --passphrase-file "$pass" --start-time "$(at -7200)"

export TESSERA_HOME=$first
head_end product add --id 1 --name Ours
head_end service add --id 101 --name One --product 1
new_cards 1
card=${images[0]} number=${cards[0]}
head_end topup "$number" --amount 10.00

# The card before: one operator, and nobody else to be asked about.
ok tessera-card info --image "$card" --json
same "other operators at first" "$(json 'len(x["other_operators"])')" 0
refuses 3 "not on the card" tessera-stb entitlements --card "image:$card" --operator-id 9

# Admission and joining, with what can be wrong about them.
admit=(tessera-headend card admit "$number" --reader "image:$card" --transport-key-file "$work/transport"
	--passphrase-file "$pass" --debit-limit-minor 200)
refuses 5 "issuer" "${admit[@]}" --operator-id 7 -o "$work/none"
ok "${admit[@]}" --operator-id 9 -o "$work/lost" --json
ok "${admit[@]}" --operator-id 9 -o "$work/admission" --json # the first one was lost
same "instance" "$(json 'x["instance"]')" 2
same "mode of the admission" "$(stat -c %a "$work/admission")" 600
refuses 5 "exists" "${admit[@]}" --operator-id 9 -o "$work/admission"
ok "${admit[@]}" --operator-id 9 -o "$work/admission.new"
mv "$work/admission.new" "$work/admission"
export TESSERA_HOME=$second
join=(tessera-headend card join --reader "image:$card" --transport-key-file "$work/transport" --profile laboratory
	--pin-file "$pin" --passphrase-file "$pass" --start-time "$(at -3600)" --json)
refuses 7 "" "${join[@]}" --admission "$work/lost"
head -c 93 "$work/admission" >"$work/short"
refuses 7 "too early" "${join[@]}" --admission "$work/short"
ok "${join[@]}" --admission "$work/admission"
guest=$(json 'x["card"]')
ok tessera-card info --image "$card" --json
same "operators on the card" "$(json '[o["operator_id"] for o in x["other_operators"]]')" "[9]"
same "domains" "$(json '[d["key_version"] for d in x["domains"]]')" "[1, 1, 2]"
export TESSERA_HOME=$first
refuses 5 "already" "${admit[@]}" --operator-id 9 -o "$work/again"

# One scrambles service 101, the other service 102 of what the first sends on.
head_end grant "$number" --product 1 --start "$(at -60)" --end "$(at 3600)"
scramble "$in" "$work/one.ts" 101
export TESSERA_HOME=$second
head_end grant "$guest" --product 1 --start "$(at -60)" --end "$(at 3600)"
head_end topup "$guest" --amount 50.00 # the purse is not his to fill
scramble "$work/one.ts" "$work/both.ts" 102
watch 0 "$work/both.ts" "$work/clear.ts" "$card"
identical "$in" "$work/clear.ts" 101,102
for operator in 7 9; do
	ok tessera-stb entitlements --card "image:$card" --operator-id $operator --json
	same "products of operator $operator" "$(json 'len(x["products"])')" 1
done
ok tessera-stb wallet --card "image:$card" --json
same "balance" "$(json '(x["slots"] if "slots" in x else x)[0]["balance_minor"]')" 1000

# He sells on his own account, within his limit, and the first one's report says nothing of it.
ok tessera-headend cancel "$guest" --all --start-time "$(at 60)"
ok tessera-headend scramble "$work/one.ts" -o "$work/sale.ts" --service 102 --passphrase-file "$pass" --start-time "$(at 60)" \
	--crypto-period-s 2
ok tessera-stb watch "$work/sale.ts" -o "$work/bought.ts" --card "image:$card" --service 102 --buy auto --max-price 2.00 --pin-file "$pin"
ok tessera-stb wallet --card "image:$card" --json
same "balance after the purchase" "$(json '(x["slots"] if "slots" in x else x)[0]["balance_minor"]')" 850
ok tessera-stb history --card "image:$card" --operator-id 9 --json
same "his purchases" "$(json '[r["event"] for r in x if r["price_minor"] == 150]')" "[900]"
ok tessera-stb history --card "image:$card" --json
same "purchases at the issuer" "$(json 'len([r for r in x if r["price_minor"] == 150])')" 0
ok tessera-stb report --card "image:$card" --operator-id 9 -o "$work/his" --json
same "records of his report" "$(json 'x["records"]')" 1
ok tessera-stb report --card "image:$card" -o "$work/ours" --json
same "records of ours, the top-up" "$(json 'x["records"]')" 1
echo "two operators on one card: each his own"
