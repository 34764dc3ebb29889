#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What must not work ends with one line that says so and with the exit status of the contract; nothing is lost, nothing written clear.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"

new_operator
head_end product add --id 1 --name Basic
head_end service add --id 2 --name Two --product 1
new_cards 1
head_end grant "${cards[0]}" --product 1 --start "$(at -60)" --end "$(at 86400)"
in=$(stream mpeg2) card=${images[0]}
keys=(--passphrase-file "$pass" --start-time "$t0")

# usage
refuses 2 "" tessera-headend scrambel
refuses 2 "" tessera-stb watch
refuses 2 "" tessera-card info
refuses 2 "" tessera-keys init --no-such-option
refuses 2 "" tessera-stb watch "$in" -o "$work/x.ts" --card "parrot:7"

refuses 2 "HOST:PORT" tessera-card serve --image "$card" --listen 99999
ok tessera-headend product --help
grep -q "product remove" "$work/out" || die "no help about products"
! grep -q "settle import" "$work/out" || die "help about products tells of other things"

# what would write over its own input
cp "$in" "$work/both.ts"
refuses 4 "same" tessera-stb watch "$work/both.ts" -o "$work/both.ts" --card "image:$card" --service 2
refuses 4 "same" tessera-headend scramble "$work/both.ts" -o "$work/both.ts" --service 2 "${keys[@]}"
refuses 4 "cw-log" tessera-headend scramble "$work/both.ts" -o "$work/x.ts" --cw-log "$work/both.ts" --service 2 "${keys[@]}"
cmp -s "$in" "$work/both.ts" || die "the input was overwritten"

# not there
refuses 3 "none.pass: no such file" tessera-headend rotate --passphrase-file "$work/none.pass"
refuses 3 "99" tessera-headend scramble "$in" -o "$work/x.ts" --service 99 "${keys[@]}"
head_end service add --id 77 --name "Not in the stream"
refuses 3 "77" tessera-headend scramble "$in" -o "$work/x.ts" --service 77 "${keys[@]}"
refuses 3 "" tessera-headend grant "${cards[0]}" --product 9 --start-time "$t0"
refuses 3 "" tessera-stb wallet --card "image:$work/none.img"
refuses 3 "" tessera-headend status --home "$work/nobody"
refuses 6 "" tessera-headend scramble "$work/none.ts" -o "$work/x.ts" --service 2 "${keys[@]}"

# in conflict
refuses 5 "" tessera-headend product add --id 1 --name Again
refuses 5 "" tessera-keys init --operator-id 7 --passphrase-file "$pass"
refuses 5 "" tessera-headend init --operator Again --passphrase-file "$pass"

# integrity and authentication
echo "another passphrase" >"$work/wrong"; chmod 600 "$work/wrong"
refuses 7 "" tessera-headend scramble "$in" -o "$work/x.ts" --service 2 --passphrase-file "$work/wrong" --start-time "$t0"
head -c 32768 /dev/urandom >"$work/random.img"
refuses 7 "" tessera-stb wallet --card "image:$work/random.img"
: >"$work/empty.img"
refuses 7 "" tessera-card info --image "$work/empty.img"
cp -r "$TESSERA_HOME" "$work/copy"
printf '\377' | dd of="$work/copy/keystore" bs=1 seek=90 conv=notrunc status=none
refuses 7 "" tessera-headend card issue --profile laboratory --home "$work/copy" "${keys[@]}"
head -c 4096 /dev/urandom >"$work/copy/headend.sqlite"
refuses 7 "" tessera-headend status --home "$work/copy"
cp "$TESSERA_HOME/headend.sqlite" "$work/copy/"
sqlite3 "$work/copy/headend.sqlite" "PRAGMA user_version = 99"
refuses 5 "version" tessera-headend status --home "$work/copy"

# no stream at all
head -c 100000 /dev/zero >"$work/zeros.ts"
: >"$work/empty.ts"
for file in zeros empty; do
	expect 3 tessera-headend scramble "$work/$file.ts" -o "$work/x.ts" --service 2 "${keys[@]}"
	expect 3 tessera-stb watch "$work/$file.ts" -o "$work/x.ts" --card "image:$card" --service 2
done

# output over input, by another name
scramble "$in" "$work/once.ts" 2
ln -s once.ts "$work/link.ts"
before=$(sha256sum <"$work/once.ts")
refuses 4 "same file" tessera-stb watch "$work/once.ts" -o "$work/link.ts" --card "image:$card"
refuses 4 "same file" tessera-headend scramble "$work/once.ts" -o "file://$work/link.ts" --service 2 "${keys[@]}"
same "input" "$(sha256sum <"$work/once.ts")" "$before"

# a service that is scrambled already
refuses 5 "scrambled already" tessera-headend scramble "$work/once.ts" -o "$work/x.ts" --service 2 "${keys[@]}"

# a truncated stream: what is there comes back; a corrupted one: no crash, and what is whole comes back
for kind in truncated corrupted; do
	bad=$(stream "$kind")
	scramble "$bad" "$work/scr.ts" 2
	watch 0 "$work/scr.ts" "$work/clear.ts" "$card" --service 2
	[ "$kind" = corrupted ] || identical "$bad" "$work/clear.ts" 2
done
scramble "$in" "$work/scr.ts" 2
python3 - "$work/scr.ts" "$work/noisy.ts" "$work/lying.ts" <<'PY'
import random, sys
data = open(sys.argv[1], "rb").read()
chance, noisy = random.Random(3), bytearray(data)
for _ in range(len(noisy) // 1000):
    noisy[chance.randrange(len(noisy))] = chance.randrange(256)
open(sys.argv[2], "wb").write(noisy)
lying = bytearray(data)
for at in range(0, len(lying), 188):  # sections that claim 4,095 bytes, adaptation fields that claim 255
    pid = (lying[at + 1] & 31) << 8 | lying[at + 2]
    if pid != 8191 and lying[at + 1] & 64 and pid not in (256, 257) and chance.random() < 0.5:
        lying[at + 6:at + 8] = b"\xbf\xff"
    elif lying[at + 3] & 32 and chance.random() < 0.2:
        lying[at + 4] = 255
open(sys.argv[3], "wb").write(lying)
PY
for file in noisy lying; do
	tessera-stb watch "$work/$file.ts" -o "$work/x.ts" --card "image:$card" --service 2 >"$work/out" 2>"$work/err" </dev/null
	case $? in 0 | 3 | 4) ;; *) die "watching $file.ts" ;; esac
	tessera-stb inspect "$work/$file.ts" >"$work/out" 2>"$work/err" </dev/null
	[ $? -le 8 ] || die "inspecting $file.ts"
done

# no secret in what the programs said about themselves
ok tessera-keys show --passphrase-file "$pass"
while read -r _ _ _ _ word; do
	if grep -rqiF "$word" "$work/out" "$work/err"; then die "a control word was printed"; fi
done < <(grep -v '^#' "$work/scr.ts.cw")
