#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The ceremony with a real PKCS#11 token (SoftHSM2, in a folder of its own): keys made off-line, split, put together, imported, used by
# the head-end to issue, entitle and scramble for a card; wrong PIN, a token that is gone, a second import.
#   test_token.sh BUILD_DIR
bin=$1
program=$bin/tessera-keys
[ -x "$program" ] || program=$bin/tools/tessera-keys/tessera-keys
module=
for file in /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so; do
	[ -e "$file" ] && module=$file
done
if [ -z "$module" ] || ! command -v softhsm2-util >/dev/null; then
	echo "SKIP: SoftHSM2 is not installed"
	exit 77
fi
# shellcheck source=tests/interop/program.sh
. "$(dirname "$0")/program.sh"

umask 077
mkdir "$dir/tokens" "$dir/shares"
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$dir/tokens" >"$dir/softhsm2.conf"
export SOFTHSM2_CONF="$dir/softhsm2.conf"
softhsm2-util --init-token --free --label tessera --pin 123456 --so-pin 654321 >/dev/null || exit 1
softhsm2-util --init-token --free --label spare --pin 123456 --so-pin 654321 >/dev/null || exit 1
uri="pkcs11:token=tessera?module-path=$module"
echo 'off-line passphrase' >"$dir/pass"
echo 123456 >"$dir/pin"
echo 000000 >"$dir/wrong"

run 0 "keys made off-line" init --home "$dir/offline" --operator-id 7 --passphrase-file "$dir/pass"
sed -n '/^master/p; /signing/p' "$dir/out" >"$dir/keys"
run 0 "split three of five" share --home "$dir/offline" --passphrase-file "$dir/pass" -n 5 -k 3 -o "$dir/shares"
check "five files" [ "$(find "$dir/shares" -name 'share-*-of-5.txt' | wc -l)" -eq 5 ]
run 5 "shares are not overwritten" share --home "$dir/offline" --passphrase-file "$dir/pass" -o "$dir/shares"
run 3 "two shares are too few" combine --home "$dir/again" --passphrase-file "$dir/pass" "$dir/shares/share-1-of-5.txt" \
	"$dir/shares/share-2-of-5.txt"
says '2 of the 3 that are needed'
sed 's/^03 ..../03 0000/' "$dir/shares/share-4-of-5.txt" >"$dir/typo"
run 7 "a typing error" combine --home "$dir/again" --passphrase-file "$dir/pass" "$dir/shares/share-1-of-5.txt" \
	"$dir/shares/share-2-of-5.txt" "$dir/typo"
says 'line 5'
run 0 "three shares" combine --home "$dir/again" --passphrase-file "$dir/pass" "$dir/shares/share-5-of-5.txt" \
	"$dir/shares/share-2-of-5.txt" "$dir/shares/share-3-of-5.txt"
check "they are the same keys" sh -c 'sed -n "/^master/p; /signing/p" "$1" | cmp -s - "$2"' - "$dir/out" "$dir/keys"

run 7 "wrong PIN" import --token "$uri" --from "$dir/again/keystore" --home "$dir/home" --passphrase-file "$dir/pass" \
	--pin-file "$dir/wrong"
says 'wrong PIN'
run 3 "no such token" import --token "pkcs11:token=nobody?module-path=$module" --from "$dir/again/keystore" --home "$dir/home" \
	--passphrase-file "$dir/pass" --pin-file "$dir/pin"
run 5 "two tokens match" import --token "pkcs11:?module-path=$module" --from "$dir/again/keystore" --home "$dir/home" \
	--passphrase-file "$dir/pass" --pin-file "$dir/pin"
run 2 "no URI" import --token tessera --from "$dir/again/keystore" --home "$dir/home" --passphrase-file "$dir/pass" --pin-file "$dir/pin"
check "nothing was written" [ ! -e "$dir/home/keystore" ]
run 0 "import" import --token "$uri" --from "$dir/again/keystore" --home "$dir/home" --passphrase-file "$dir/pass" --pin-file "$dir/pin"
check "masters and signing keys are those of the file" sh -c 'sed -n "/^master/p; /signing/p" "$1" | cmp -s - "$2"' - "$dir/out" "$dir/keys"
run 5 "a second import" import --token "$uri" --from "$dir/again/keystore" --home "$dir/home2" --passphrase-file "$dir/pass" \
	--pin-file "$dir/pin"
says 'holds keys of operator 7 already'
check "no keys in the reference" [ "$(wc -c <"$dir/home/keystore")" -lt 200 ]
if command -v pkcs11-tool >/dev/null; then
	pkcs11-tool --module "$module" --token-label tessera --login --pin 123456 -O >"$dir/objects" 2>/dev/null
	check "root and private keys never extractable" sh -c '[ "$(grep -cE "Access:.*(sensitive)" "$1")" -eq 3 ]' - "$dir/objects"
	check "and none of them extractable" sh -c '! grep -E "Access:" "$1" | grep -qE "[^r] extractable|: extractable"' - "$dir/objects"
	pkcs11-tool --module "$module" --token-label tessera --login --pin 123456 --read-object --type secrkey \
		--label "Tessera operator 7 root v1" -o "$dir/root" >/dev/null 2>&1
	check "the root cannot be read" [ ! -s "$dir/root" ]
fi

# The head-end on the token, the PIN as its passphrase.
headend() { # VERB OPTION…
	verb=$1
	shift
	# shellcheck disable=SC2086 # a verb of two words
	"$bin/tessera-headend" $verb --home "$dir/home" "$@"
}
if [ -x "$bin/tessera-headend" ]; then
	check "head-end" headend init --operator HSM --passphrase-file "$dir/pin"
	check "product" headend "product add" --id 1 --name Basic
	check "card" headend "card issue" --count 1 --passphrase-file "$dir/pin"
	check "grant" headend grant 1 --product 1 --end 2040-01-01
	check "rotation signed by the token" headend rotate --passphrase-file "$dir/pin"
	headend "emm export" --passphrase-file "$dir/pin" -o "$dir/emm.bin" --format sections
	check "EMMs" [ -s "$dir/emm.bin" ]
fi
run 0 "next signing key on the token" rotate --signing-key --home "$dir/home" --passphrase-file "$dir/pin"
check "its version" grep -qE '^signing key +2 ' "$dir/out"
check "another key" sh -c '! grep -qF "$(sed -n "s/^signing key .* //p" "$2")" "$1"' - "$dir/out" "$dir/keys"
run 0 "and the one after" rotate --signing-key --home "$dir/home" --passphrase-file "$dir/pin"
check "its version" grep -qE '^signing key +3 ' "$dir/out"
if command -v pkcs11-tool >/dev/null; then
	pkcs11-tool --module "$module" --token-label tessera --login --pin 123456 -O >"$dir/objects" 2>/dev/null
	check "the old keys are gone" sh -c '! grep -qE "signing key v[12]$" "$1" || [ "$(grep -cE "  label: .* signing key v[12]$" "$1")" -eq 0 ]' - "$dir/objects"
fi
if [ -x "$bin/tessera-headend" ]; then
	check "the cards are told" headend rotate --signing-key --passphrase-file "$dir/pin"
	headend "emm export" --passphrase-file "$dir/pin" -o "$dir/emm.bin" --format sections
	check "EMMs under the new key" [ -s "$dir/emm.bin" ]
fi
run 0 "audit" audit --home "$dir/home"
check "the log names the rollover" grep -q 'signing key v2: replace by v3 on the token' "$dir/out"
check "the log names the import" grep -q 'imported into the token' "$dir/out"
check "and derivations on the token" grep -q 'on the token' "$dir/out"
run 0 "signed head" audit --home "$dir/home" --verify --sign --passphrase-file "$dir/pin"
head=$(sed -n 's/^head //p' "$dir/out")
run 0 "the log goes on from it" audit --home "$dir/home" --verify --head "$head" --passphrase-file "$dir/pin"
run 7 "another head" audit --home "$dir/home" --verify --head "$(echo "$head" | sed 's/^./9/')" --passphrase-file "$dir/pin"
sed -i '2s/derive/forget/' "$dir/home/keystore.audit"
run 7 "an altered log" audit --home "$dir/home"
says 'line 2'

run 0 "keys made by a token" init --token "pkcs11:token=spare?module-path=$module" --operator-id 9 --home "$dir/spare" --pin-file "$dir/pin"
check "warning that there is no copy" grep -q 'no copy' "$dir/err"
run 5 "shares of a token" share --home "$dir/spare" --passphrase-file "$dir/pin" -o "$dir/shares"
mv "$dir/tokens" "$dir/pulled"
mkdir "$dir/tokens"
run 3 "the token is gone" show --home "$dir/spare" --passphrase-file "$dir/pin"
rmdir "$dir/tokens"
mv "$dir/pulled" "$dir/tokens"
run 0 "and back" show --home "$dir/spare" --passphrase-file "$dir/pin"

# Masters for a head-end without the root.
run 0 "transport key" transport-key -o "$dir/transport"
run 0 "export" export --home "$dir/offline" --passphrase-file "$dir/pass" --transport-key-file "$dir/transport" --domain ca \
	--domain purse --with-signing-key -o "$dir/export"
run 2 "unknown domain" export --home "$dir/offline" --passphrase-file "$dir/pass" --transport-key-file "$dir/transport" --domain tv \
	-o "$dir/export2"
run 0 "import" import "$dir/export" --transport-key-file "$dir/transport" --home "$dir/branch" --passphrase-file "$dir/pass"
check "no root, no issuer master" sh -c '! grep -qE "^root  |issuer" "$1" && grep -q "^master ca" "$1"' - "$dir/out"

finish
