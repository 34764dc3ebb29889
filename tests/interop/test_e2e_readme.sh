#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What README.md tells people to type works as it stands there.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"
awk '/^## By hand/ { part = 1 } part && /^```$/ { exit } part && inside { print } part && /^```sh/ { inside = 1 }' \
	"$root/README.md" >"$work/by_hand.sh"
[ "$(grep -c '^tessera-' "$work/by_hand.sh")" -ge 8 ] || die "README.md has no commands under 'By hand'"
in=$(stream h264)
cp "$in" "$work/programme.ts"
cd "$work" || exit 1
ok bash -eu by_hand.sh
grep -q '7\.50' "$work/out" || die "the wallet does not show 7.50"
identical "$in" "$work/clear.ts" 1
