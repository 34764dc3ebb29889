#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A head-end moves from a file to a server and back by backup and restore, and is the same afterwards.
#   with_postgres.sh bash test_backup_engines.sh FOLDER-OF-PROGRAMS
server=${TESSERA_TEST_DATABASE:-}
unset TESSERA_TEST_DATABASE
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"
[ -n "$server" ] || skip "no server"

new_operator
head_end product add --id 1 --name "Bäsic 'quoted'"
head_end service add --id 101 --name News --product 1
new_cards 2
head_end grant "${cards[0]}" --product 1
head_end topup "${cards[0]}" --amount 20.00 --reference "a ? receipt"
head_end card revoke "${cards[1]}"
ok tessera-headend backup "$work/first" --verify --json
rows=$(json 'x["rows"]')
ok tessera-headend card list --json
cp "$work/out" "$work/cards"

move() { # HOME [OPTION…]: restores the newest copy there, and copies it again
	mkdir "$1"
	cp "$work/home/keystore" "$1/"
	export TESSERA_HOME=$1
	shift
	ok tessera-headend restore "$work/first" "$@"
	ok tessera-headend card list --json
	cmp -s "$work/out" "$work/cards" || die "the cards are others: $TESSERA_HOME"
	head_end topup "${cards[0]}" --amount 1.00 --reference "$TESSERA_HOME"
	ok tessera-headend card list --json
	cp "$work/out" "$work/cards"
	rm "$work/first"
	ok tessera-headend backup "$work/first" --verify --json
	rows=$((rows + 2)) # the payment and its place in the outbox
	same "rows" "$(json 'x["rows"]')" "$rows"
}
move "$work/on-server" --database "$server"
refuses 5 "exists already" tessera-headend restore "$work/first" --database "$server"
move "$work/in-file"
same "the address" "$(cat "$work/on-server/database")" "$server"
same "mode of the address" "$(stat -c %a "$work/on-server/database")" 600
echo "passed: $rows rows there and back"
