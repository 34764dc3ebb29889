#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A whole watch, purchase included, with the card behind an unmodified pcscd and vpcd instead of in-process; OpenSC sees it too.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"
if [ "${2:-}" != --inside ]; then
	rm -rf "$work"
	trap - EXIT
	exec "$root/tests/support/with_pcscd.sh" "$0" "$1" --inside
fi

new_operator
head_end service add --id 1 --name One
head_end event add --id 5 --service 1 --title "Film" --start "$(at -600)" --end "$(at 3600)" --price 2.50
new_cards 1
head_end topup "${cards[0]}" --amount 10
in=$(stream h264)
scramble "$in" "$work/scr.ts" 1
tessera-card serve --image "${images[0]}" --vpcd "127.0.0.1:$VPCD_PORT" >"$work/serve" 2>&1 </dev/null &
children+=($!)
for _ in {1..300}; do # vpcd looks for its card every 0.4 s
	tessera-stb wallet --card pcsc: >"$work/out" 2>"$work/err" </dev/null && break
	kill -0 "${children[0]}" 2>/dev/null || die "serve ended: $(cat "$work/serve")"
	sleep 0.1
done
expect 4 tessera-stb watch "$work/scr.ts" -o "$work/none.ts" --card pcsc: --service 1 --buy never
no_clear_packet "$work/none.ts" 1 "$in"
expect 0 tessera-stb watch "$work/scr.ts" -o "$work/clear.ts" --card pcsc: --service 1 --buy auto --max-price 3 --pin-file "$pin"
identical "$in" "$work/clear.ts" 1
ok tessera-stb wallet --card "pcsc:vpcd 00 00" --json
grep -q 750 "$work/out" || die "the balance is not 7.50"
if command -v opensc-tool >/dev/null; then
	ok opensc-tool --reader 0 --atr
	grep -qi '^3b:' "$work/out" || die "OpenSC sees no ATR"
	ok opensc-tool --reader 0 --send-apdu 00:A4:04:00:09:F0:54:45:53:53:45:52:41:01:00
	grep -q 'SW1=0x90, SW2=0x00' "$work/out" || die "OpenSC cannot select the application"
fi
if command -v pcsc_scan >/dev/null; then
	timeout 10 pcsc_scan -n -t 1 >"$work/out" 2>&1 </dev/null
	grep -q "Card inserted" "$work/out" || die "pcsc_scan sees no card"
fi
end_children
tessera-stb wallet --card pcsc: >"$work/out" 2>"$work/err" </dev/null
case $? in 6 | 8) ;; *) die "a reader without a card" ;; esac # gone (6), or none came (8)
