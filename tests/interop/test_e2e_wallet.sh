#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Journey: all the ways of money onto the card and off it: a code typed, a voucher, a list of top-ups; a purchase paid back by its
# record; a policy that stops sales until the report is acknowledged; a cancellation proved; the balance paid out in cash, once.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"

new_operator
head_end product add --id 1 --name Basic
head_end service add --id 1 --name One
head_end event add --id 11 --service 1 --title "First" --start "$(at -600)" --end "$(at 3)" --price 1.50
head_end event add --id 12 --service 1 --title "Second" --start "$(at 3)" --end "$(at 60)" --price 2.00
head_end event add --id 13 --service 1 --title "Third" --start "$(at 60)" --end "$(at 3600)" --price 1.00
new_cards 2
card=${images[0]} number=${cards[0]} other=${cards[1]}
in=$(stream h264)
secret=(--passphrase-file "$pass")
settle() { # FILE: what the card reports, into the books
	ok tessera-stb report --card "image:$card" -o "$1"
	ok tessera-headend settle import "$1" "${secret[@]}" --start-time "$t0" --json
}
air() { # what the head-end has for the card
	scramble "$in" "$work/air.ts" 1
	watch "$1" "$work/air.ts" "$work/none.ts" "$card" --service 1 "${@:2}"
}

# A code that is read out, typed once.
ok tessera-headend topup-code "$number" 10.00 --reference call-1 "${secret[@]}" --start-time "$t0" --json
code=$(json 'x["code"]')
refuses 5 "call-1" tessera-headend topup-code "$number" --amount 10 --reference call-1 "${secret[@]}" --start-time "$t0"
ok tessera-stb wallet topup "$code" --card "image:$card" --json
same "balance after the code" "$(json 'x["balance_minor"]')" 1000
refuses 5 "used" tessera-stb wallet topup "$code" --card "image:$card"
refuses 7 "not a code for this card, 4 tries" tessera-stb wallet topup "$code" --card "image:${images[1]}"
refuses 2 "digit is wrong" tessera-stb wallet topup "${code%?}$(((${code: -1} + 1) % 10))" --card "image:$card"

# Vouchers: paid once, even by two shops at the same time; guesses are counted.
ok tessera-headend voucher generate --count 3 --amount 5 -o "$work/vouchers" --valid-until "$(at 86400)" --start-time "$t0"
same "mode of the vouchers" "$(stat -c %a "$work/vouchers")" 600
refuses 5 "exists" tessera-headend voucher generate --count 1 --amount 5 -o "$work/vouchers" --start-time "$t0"
mapfile -t vouchers <"$work/vouchers"
same "vouchers" "${#vouchers[@]}" 3
won=0
tessera-headend voucher redeem "${vouchers[0]}" --card "$number" --start-time "$t0" >/dev/null 2>&1 &
first=$!
tessera-headend voucher redeem "${vouchers[0]}" --card "$other" --start-time "$t0" >/dev/null 2>&1 && won=$((won + 1))
wait "$first" && won=$((won + 1))
same "redemptions of one voucher" "$won" 1
ok tessera-headend voucher redeem "${vouchers[1]}" --card "$number" --start-time "$t0" --json
refuses 4 "run out" tessera-headend voucher redeem "${vouchers[2]}" --card "$number" --start-time "$(at 86400)"
ok tessera-headend voucher list --json
same "vouchers redeemed" "$(json 'x[0]["redeemed"]')" 2
grep -q "${vouchers[2]//-/}" "$work/home/headend.sqlite" && die "a voucher stands in the database"
for _ in 1 2 3 4 5; do
	refuses 3 "no such voucher" tessera-headend voucher redeem 0000-0000-0000-0000-0000 --card "$other" --start-time "$t0"
done
refuses 4 "5 wrong vouchers" tessera-headend voucher redeem "${vouchers[2]}" --card "$other" --start-time "$t0"

# A list is taken whole or not at all.
printf '# batch\n%s,20.00,slip-1\n%s,1\n' "$number" "$other" >"$work/list"
ok tessera-headend topup --list "$work/list" --dry-run --start-time "$t0" --json
ok tessera-headend topup --list "$work/list" --start-time "$t0" --json
same "cards paid in" "$(json '[r["amount_minor"] for r in x]')" "[2000, 100]"
printf '%s,1.00\n%s,20.00,slip-1\n' "$other" "$number" >"$work/list"
refuses 5 "line 2.*slip-1" tessera-headend topup --list "$work/list" --start-time "$t0"
printf '%s,1.00\n%s,ten\n' "$other" "$number" >"$work/list"
refuses 7 "line 2: amount" tessera-headend topup --list "$work/list" --start-time "$t0"

# Bought, settled, paid back: the card takes it once, and the right goes with it.
air 0 --buy auto --max-price 2 --pin-file "$pin"
ok tessera-stb history --card "image:$card" --json
records=$(json '" ".join(str(r["record"]) for r in x if r["type"] == "purchase")' || true)
[ -n "$records" ] || die "no purchase in the history"
read -r newer older <<<"$records"
held=$(balance "$card")
refuses 3 "not settled" tessera-headend refund "$number" --record "$older" --start-time "$t0"
settle "$work/report-1"
ok tessera-headend refund "$number" --record "$older" --reference complaint --start-time "$t0" --json
ok tessera-headend refund "$number" --record "$newer" --start-time "$t0"
refuses 5 "paid back before" tessera-headend refund "$number" --record "$older" --start-time "$t0"
refuses 3 "not settled" tessera-headend refund "$number" --record 999 --start-time "$t0"
air 4 --buy never
air 4 --buy never
same "balance after the refunds" "$(balance "$card")" "$((held + 350))"
settle "$work/report-2"
ok tessera-headend status --json
same "alarms" "$(json 'x["alarms"]')" 0

# One record may wait; with it the card sells nothing more, until the acknowledgement is on the air.
ok tessera-headend policy set --count 1
ok tessera-headend policy show --json
same "policy" "$(json 'x["count"]')" 1
air 0 --buy auto --max-price 2 --pin-file "$pin"
ok tessera-stb history --card "image:$card" --json
same "sales under the policy" "$(json 'sum(r["type"] == "purchase" for r in x)')" 3
t0=$(at 60)
air 4 --buy auto --max-price 2 --pin-file "$pin"
settle "$work/report-3"
air 0 --buy auto --max-price 2 --pin-file "$pin"
ok tessera-stb history --card "image:$card" --json
same "sales after the acknowledgement" "$(json 'sum(r["type"] == "purchase" for r in x)')" 4
ok tessera-headend policy set

# A cancellation, and the card's proof that it was executed.
head_end grant "$number" --product 1
air 0 --buy never
ok tessera-headend cancel "$number" --product 1 --start-time "$(at 1)"
air 0 --buy never
ok tessera-stb entitlements --card "image:$card" --json
proof=$(json 'x["cancelled"][0]["code"]')
refuses 7 "proves no cancellation" tessera-headend confirm "$other" "$proof" "${secret[@]}" --start-time "$t0"
ok tessera-headend confirm "$number" "$proof" "${secret[@]}" --start-time "$t0" --json
same "cancelled" "$(json 'x["product"]')" 1
refuses 5 "brought before" tessera-headend confirm "$number" "$proof" "${secret[@]}" --start-time "$t0"

# All that is left, in cash.
left=$(balance "$card")
ok tessera-stb wallet payout --card "image:$card" --pin-file "$pin" -o "$work/proof" --json
same "paid out" "$(json 'x["amount_minor"]')" "$left"
same "balance after the pay-out" "$(balance "$card")" 0
ok tessera-stb wallet payout --card "image:$card" --pin-file "$pin" -o "$work/proof-again"
cmp -s "$work/proof" "$work/proof-again" || die "the proof came out differently"
for at in 0 2 6 12 30 50; do
	python3 -c 'import sys; d = bytearray(open(sys.argv[1], "rb").read()); d[int(sys.argv[3])] ^= 1; open(sys.argv[2], "wb").write(d)' \
		"$work/proof" "$work/forged" "$at"
	tessera-headend payout "$work/forged" "${secret[@]}" --start-time "$t0" >"$work/out" 2>"$work/err" && die "byte $at of the proof"
done
ok tessera-headend payout "$work/proof" "${secret[@]}" --start-time "$t0" --json
same "to pay" "$(json 'x["amount_minor"]')" "$left"
refuses 5 "paid out before" tessera-headend payout "$work/proof" "${secret[@]}" --start-time "$t0"
settle "$work/report-4"
ok tessera-headend status --json
same "alarms at the end" "$(json 'x["alarms"]')" 0
ok tessera-headend settle report --json
same "events sold" "$(json 'sum(e["sold"] for e in x["events"])')" 4
