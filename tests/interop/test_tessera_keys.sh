#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Drives tessera-keys as a script would: exit statuses, one-line errors, file mode, and that no key is printed.
#   test_tessera_keys.sh PROGRAM
program=$1
# shellcheck source=tests/interop/program.sh
. "$(dirname "$0")/program.sh"

no_long_hex() { # nothing as long as a key
	! grep -qE '[0-9A-Fa-f]{17,}' "$dir/out" "$dir/err"
}

umask 077
echo 'a long passphrase' >"$dir/pass"
echo 'another passphrase' >"$dir/other"
: >"$dir/empty"
home=$dir/home

run 0 "help" --help
check "help lists init" grep -q '^  init ' "$dir/out"
run 0 "help of a verb" init --help
check "help lists an option" grep -q -- '--passphrase-file FILE' "$dir/out"
run 0 "version" --version
run 2 "no verb"
run 2 "unknown verb" inti
says 'did you mean "init"?'
run 2 "unknown option" init --passphrase secret
run 2 "operator 0" init --operator-id 0 --home "$home"
run 2 "operator too large" init --operator-id 65536 --home "$home"
run 2 "file and descriptor" init --home "$home" --passphrase-file "$dir/pass" --passphrase-fd 0
run 2 "surplus argument" show extra

run 3 "show without a keystore" show --home "$dir/nothing" --passphrase-file "$dir/pass"
check "show makes no folder" [ ! -e "$dir/nothing" ]
run 4 "empty passphrase" init --home "$home" --passphrase-file "$dir/empty"
says 'passphrase: it is empty'
check "nothing was made" [ ! -e "$home/keystore" ]
run 3 "passphrase file is missing" init --home "$home" --passphrase-file "$dir/missing"
run 6 "home is a file" init --home "$dir/pass" --passphrase-file "$dir/pass"

umask 022
run 0 "init" init --home "$home" --operator-id 7 --passphrase-file "$dir/pass"
check "mode of the keystore" [ "$(stat -c %a "$home/keystore")" = 600 ]
check "mode of the folder" [ "$(stat -c %a "$home")" = 700 ]
check "nothing else is left but the log" [ "$(ls -A "$home" | tr "\n" " ")" = "keystore keystore.audit " ]
check "names the operator" grep -q '^operator  7$' "$dir/out"
check "no key in the output" no_long_hex
cp "$dir/out" "$dir/first"
run 0 "show" show --home "$home" --passphrase-file "$dir/pass"
check "show says what init said" cmp -s "$dir/out" "$dir/first"
check "six keys" [ "$(grep -cE ' [0-9A-F]{6,16}$' "$dir/out")" -eq 6 ]
TESSERA_HOME=$home "$program" show --passphrase-fd 3 --json >"$dir/out" 2>"$dir/err" 3<"$dir/pass"
check "home from the environment, passphrase from a descriptor" [ $? -eq 0 ]
check "JSON" python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
assert d["operator"] == 7 and d["keystore"].endswith("/keystore")
assert [k["name"] for k in d["keys"]] == ["root", "master issuer operator 7", "master ca operator 7",
    "master purse operator 7", "root-signing key", "signing key"]
assert all(k["version"] == 1 for k in d["keys"]) and len({k["check"] for k in d["keys"]}) == 6
' "$dir/out"
check "no key in JSON" no_long_hex

run 2 "rotate without a key" rotate --home "$home" --passphrase-file "$dir/pass"
run 7 "rotate under a wrong passphrase" rotate --signing-key --home "$home" --passphrase-file "$dir/other"
cp -a "$home" "$dir/rolled"
run 0 "next signing key" rotate --signing-key --home "$dir/rolled" --passphrase-file "$dir/pass"
check "version 2" grep -qE '^signing key +2 ' "$dir/out"
check "all other keys as they were" [ "$(diff "$dir/first" "$dir/out" | grep -c '^<')" -eq 2 ]
check "mode of the new file" [ "$(stat -c %a "$dir/rolled/keystore")" = 600 ]
check "nothing else is left" [ "$(ls -A "$dir/rolled" | tr "\n" " ")" = "keystore keystore.audit " ]

run 5 "init over a keystore" init --home "$home" --passphrase-file "$dir/other"
run 7 "wrong passphrase" show --home "$home" --passphrase-file "$dir/other"
says 'wrong passphrase, or the file was altered'
check "no key in the error" no_long_hex
chmod 644 "$home/keystore"
run 4 "readable by others" show --home "$home" --passphrase-file "$dir/pass"
says 'want 600'
chmod 600 "$home/keystore"
cp "$home/keystore" "$dir/whole"
head -c 100 "$dir/whole" >"$home/keystore"
run 7 "truncated" show --home "$home" --passphrase-file "$dir/pass"
{ head -c 8 "$dir/whole"; printf "\003"; tail -c +10 "$dir/whole"; } >"$home/keystore"
run 5 "another version" show --home "$home" --passphrase-file "$dir/pass"
head -c 1000 /dev/zero >"$home/keystore"
run 7 "no keystore at all" show --home "$home" --passphrase-file "$dir/pass"
cat "$dir/whole" >"$home/keystore"
run 0 "the whole file again" show --home "$home" --passphrase-file "$dir/pass"
if command -v setsid >/dev/null; then
	setsid -w "$program" show --home "$home" >"$dir/out" 2>"$dir/err" </dev/null
	check "no terminal" [ $? -eq 3 ]
	says 'no terminal'
fi
"$program" show --home "$home" --passphrase-file "$dir/pass" >/dev/full 2>"$dir/err"
check "a full disk is an I/O error" [ $? -eq 6 ]

finish
