#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The signing key rolls over while the stream runs on: cards take the next one on the root's word alone, lose no packet, and
# refuse what the old one signs; a card that was off catches up; clocks are set back.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"

part() { # NAME SECONDS: a part of the stream, from that time on
	local name=$1 time
	time=$(at "$2")
	shift 2
	ok tessera-headend scramble "$in" -o "$work/$name.ts" --service 1 --passphrase-file "$pass" --start-time "$time" --crypto-period-s 2 "$@"
}
plays() { # IMAGE PART
	watch 0 "$work/$2.ts" "$work/out.ts" "$1" --service 1
	identical "$in" "$work/out.ts" 1
}
signing_version() { # IMAGE
	ok tessera-stb info --card "image:$1" --json
	json 'x["signing_version"]'
}

new_operator
head_end product add --id 1 --name Basic
head_end service add --id 1 --name One --product 1
new_cards 2
for card in "${cards[@]}"; do
	head_end grant "$card" --product 1 --start "$(at -60)" --end "$(at 86400)"
done
in=$(stream h264 12)
part old 0
plays "${images[0]}" old
plays "${images[1]}" old
cp "$TESSERA_HOME/keystore" "$work/keystore.old"

refuses 5 "no newer one" tessera-headend rotate --signing-key --passphrase-file "$pass" --start-time "$(at 20)"
ok tessera-keys rotate --signing-key --passphrase-file "$pass"
ok tessera-headend rotate --signing-key --passphrase-file "$pass" --start-time "$(at 20)" --json
same "announced" "$(json 'x["signing_key_version"]')" 2
refuses 5 "no newer one" tessera-headend rotate --signing-key --passphrase-file "$pass" --start-time "$(at 20)"
# Epoch keys for both, signed by the new key alone; number 1 is off for this and for a further rollover.
ok tessera-headend rotate --passphrase-file "$pass" --start-time "$(at 30)" --at "$(at 36)"
part new 30
plays "${images[0]}" new
same "signing key of the card" "$(signing_version "${images[0]}")" 2
same "signing key of the card that was off" "$(signing_version "${images[1]}")" 1
ok tessera-keys rotate --signing-key --passphrase-file "$pass"
ok tessera-headend rotate --signing-key --passphrase-file "$pass" --start-time "$(at 60)"
ok tessera-headend rotate --passphrase-file "$pass" --start-time "$(at 60)" --at "$(at 66)"
part newer 60
plays "${images[0]}" newer
plays "${images[1]}" newer
same "signing key of the card that was off" "$(signing_version "${images[1]}")" 3

# Who has the first key's file signs nothing that a card takes: not an epoch key.
cp "$TESSERA_HOME/keystore" "$work/keystore.new"
cp "$work/keystore.old" "$TESSERA_HOME/keystore"
ok tessera-headend rotate --passphrase-file "$pass" --start-time "$(at 90)" --at "$(at 92)"
part forged 92
watch 4 "$work/forged.ts" "$work/out.ts" "${images[0]}" --service 1
no_clear_packet "$work/out.ts" 1 "$in"
cp "$work/keystore.new" "$TESSERA_HOME/keystore"
part again 120
plays "${images[0]}" again

# A clock that is ten days ahead goes back.
part ahead 864000 --force
watch 4 "$work/ahead.ts" "$work/out.ts" "${images[0]}" --service 1
refuses 4 "force" tessera-headend clock set --time "$(at 150)" --passphrase-file "$pass" --start-time "$(at 150)"
ok tessera-headend clock set --time "$(at 150)" --force --passphrase-file "$pass" --start-time "$(at 150)"
part back 160
plays "${images[0]}" back
