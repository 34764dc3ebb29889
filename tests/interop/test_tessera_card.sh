#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# tessera-card by its exit statuses and its lines.
#
#   tests/interop/test_tessera_card.sh FOLDER-OF-THE-PROGRAMS
set -u

card=$1/tessera-card
scratch=$(mktemp -d)
serve=
# shellcheck disable=SC2317 # the trap calls it
clean_up() {
	[ -z "$serve" ] || kill "$serve" 2>/dev/null
	wait
	rm -rf "$scratch"
}
trap clean_up EXIT
failures=0
image=$scratch/card.img

# expect STATUS TEXT COMMAND…: exit status, and a fixed text somewhere in its output.
expect() {
	want=$1 text=$2
	shift 2
	"$@" >"$scratch/out.txt" 2>&1
	got=$?
	if [ $got -ne "$want" ] || ! grep -qF -e "$text" "$scratch/out.txt"; then
		echo "failed: $*: status $got (want $want), want \"$text\" in:"
		sed 's/^/    /' "$scratch/out.txt"
		failures=$((failures + 1))
	fi
}

expect 0 "usage: tessera-card" "$card" --help
for verb in new info apdu dump serve timing; do
	expect 0 "usage: tessera-card $verb" "$card" $verb --help
done
expect 2 "--image FILE" "$card" info
expect 2 "no such option" "$card" info --imag "$image"
expect 3 "tessera-card: info: $image: " "$card" info --image "$image"
expect 3 "" "$card" new --image "$scratch/none/card.img"
expect 0 "public test keys" "$card" new --image "$image"
expect 5 "the file exists" "$card" new --image "$image"
expect 0 "life cycle:     OP_READY" "$card" info --image "$image"
expect 0 '"life_cycle": "OP_READY"' "$card" info --image "$image" --json
expect 0 "issuer domain" "$card" dump --image "$image"
expect 0 '"partitions"' "$card" dump --image "$image" --json
expect 0 "6F108408A000000151000000A5049F6501FF 9000  ok" \
	"$card" apdu --image "$image" 00A4040000
expect 3 "6A82  application or file not found" "$card" apdu --image "$image" 00A4040003112233
expect 2 "is no command in hexadecimal" "$card" apdu --image "$image" 00A4040
expect 2 "a command" "$card" apdu --image "$image"
expect 0 '"sw": "9000"' "$card" apdu --image "$image" --json 00A4040000
printf '# a comment\n\n00 A4 04 00 00  # ISD\nreset\n80CA00C100\n' >"$scratch/lines"
expect 0 "C103000000 9000" "$card" apdu --image "$image" - <"$scratch/lines"
expect 2 "say one of the four" "$card" serve --image "$image"
expect 2 "is no HOST:PORT" "$card" serve --image "$image" --listen 127.0.0.1:card
expect 0 "life cycle" "$card" info --image "$image"

expect 0 "ms under the 800 ms that it may take" "$card" timing --profile j2a --link t0
expect 0 "once at each insertion" "$card" timing --profile p71 --link t1
expect 0 "handshake_us" "$card" timing --profile j2a --link t1 --json
expect 0 "9600 bit/s" "$card" timing --profile j2a --link t1 --json
expect 0 "14443" "$card" timing --link 14443 --rate 424 --chart "$scratch/chart.svg"
grep -q '</svg>' "$scratch/chart.svg" || { echo "failed: no chart"; failures=$((failures + 1)); }
before=$(cksum <"$image")
expect 0 "80CA00C100" "$card" timing --image "$image" --profile p71 80CA00C100
[ "$before" = "$(cksum <"$image")" ] || { echo "failed: timing writes"; failures=$((failures + 1)); }
expect 2 "no such speed" "$card" timing --fi-di 0x70
expect 2 "no such speed" "$card" timing --link 14443 --rate 400
expect 2 "none of t0, t1, 14443" "$card" timing --link t2
expect 2 "none of p71, p60, j2a" "$card" timing --profile z80
expect 2 "without --image" "$card" timing 00A4040000
expect 2 "no short command" "$card" timing --image "$image" 80
expect 3 "" "$card" timing --image "$scratch/none.img"
expect 6 "" "$card" timing --chart "$scratch/none/chart.svg"

# A key that everybody knows must not come out of a card either.
cat "$scratch"/out.txt >"$scratch/all.txt"
"$card" dump --image "$image" >>"$scratch/all.txt" 2>&1
"$card" info --image "$image" --json >>"$scratch/all.txt" 2>&1
if grep -q 404142434445464748494A4B4C4D4E4F "$scratch/all.txt"; then
	echo "failed: a key is printed"
	failures=$((failures + 1))
fi

"$card" serve --image "$image" --listen 127.0.0.1:0 2>"$scratch/serve.log" &
serve=$!
tries=0
until grep -q "waiting for a reader" "$scratch/serve.log" || [ $tries -ge 50 ]; do
	sleep 0.1
	tries=$((tries + 1))
done
expect 5 "in use by another program" "$card" info --image "$image"
kill -TERM $serve
wait $serve || { echo "failed: SIGTERM: status $?"; failures=$((failures + 1)); }
serve=

for line in vscard serial; do
	expect 5 "" "$card" serve --image "$image" --$line "$image"
done
expect 0 "life cycle" "$card" info --image "$image"

sed 's/generation .*/generation 0000000777/' "$image.generation" >"$scratch/counter"
cp "$scratch/counter" "$image.generation"
expect 7 "rolled back?" "$card" info --image "$image"
expect 0 "OP_READY" "$card" info --image "$image" --allow-rollback
rm "$image.generation"
expect 0 "warning" "$card" info --image "$image"
echo junk >"$scratch/junk.img"
expect 7 "this is no card image" "$card" info --image "$scratch/junk.img"

[ $failures -eq 0 ] && echo "all as expected"
exit $((failures > 0))
