#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# libtessera-stb as a stranger finds it: installed, compiled against with pkg-config, run against a card; its man page names what it
# exports, and it holds no global that can change.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"
build=$(cd "$bin/.." && pwd)
need pkg-config cc nm

ok cmake --install "$build" --component library --prefix "$work/usr"
export PKG_CONFIG_PATH=$work/usr/lib/pkgconfig LD_LIBRARY_PATH=$work/usr/lib
for example in watch words; do
	# shellcheck disable=SC2046 # words
	ok cc -std=c17 -Wall -Wextra -Werror -D_POSIX_C_SOURCE=200809L $(pkg-config --cflags tessera-stb) \
		"$root/stb-host/library/example_$example.c" -o "$work/$example" $(pkg-config --libs tessera-stb)
done

lib=$work/usr/lib/libtessera-stb.so
nm -D --defined-only "$lib" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' >"$work/exported"
[ "$(wc -l <"$work/exported")" -ge 50 ] || die "too few symbols: $(cat "$work/exported")"
while read -r symbol; do
	grep -qw "$symbol" "$root/stb-host/library/libtessera-stb.3" || die "$symbol is not in the man page"
done <"$work/exported"
changing=$(size -A "$build"/stb-host/{watch,ca,reader}/libtessera_*.a "$build"/cas/{stream,scramble,pipeline,wire,io}/libtessera_*.a |
	awk '/ex / { file = $1 } ($1 ~ /^\.(data|bss)(\.[a-z_]+)?$/ && $1 !~ /rel\.ro/ && $2 > 0) { print file, $1, $2 }')
[ -z "$changing" ] || die "globals that can change: $changing"

new_operator
head_end product add --id 1 --name Basic
head_end service add --id 1 --name One --product 1
new_cards 1
head_end grant "${cards[0]}" --product 1 --start "$(at -60)" --end "$(at 86400)"
in=$(stream h264)
scramble "$in" "$work/scr.ts" 1
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
tessera-card serve --image "${images[0]}" --listen "127.0.0.1:$port" 2>"$work/card.log" &
children+=($!)
for _ in $(seq 100); do grep -q "waiting for a reader" "$work/card.log" && break; sleep 0.05; done
"$work/watch" "tcp:127.0.0.1:$port" <"$work/scr.ts" >"$work/clear.ts" 2>"$work/err" || die "example_watch ended with $?"
identical "$in" "$work/clear.ts" 1
"$work/words" "tcp:127.0.0.1:$port" <"$work/scr.ts" >"$work/out" 2>"$work/err" || die "example_words ended with $?"
grep -q "^filter PID" "$work/out" || die "no filter"
grep -q "odd word of 8 bytes" "$work/out" || die "no word"
