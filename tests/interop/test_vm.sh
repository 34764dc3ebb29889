#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The card behind a USB reader that is not ours: QEMU's usb-ccid, Linux' USB stack, libccid and pcscd in a
# guest, and tessera-card serve --vscard outside. tessera-stb drives the reader itself and watches a film that
# it buys; then libccid and pcscd have it, for opensc-tool and tessera-stb.
#
#   tests/interop/test_vm.sh FOLDER-OF-THE-PROGRAMS [KERNEL-FOLDER]
#
# Exit status 77 where something is missing; `tools/setup.sh vm` brings all of it, the kernel (70 MB through apt, not
# installed) into build/vm-kernel. The guest has two minutes.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"
kernel=${2:-$root/build/vm-kernel}
bundle=/usr/lib/pcsc/drivers/ifd-ccid.bundle
need qemu-system-x86_64 busybox cpio pcscd opensc-tool
[ -d "$bundle" ] || skip "libccid is not there (tools/setup.sh vm)"
[ -s "$kernel/vmlinux" ] || skip "no kernel in $kernel (tools/setup.sh vm)"

library() { # NAME: its file; both are opened by name, at run time
	ldconfig -p | awk -v name="$1" '$1 == name { print $NF; exit }'
}

new_operator
head_end product add --id 1 --name Basic
head_end service add --id 1 --name One --product 1
head_end event add --id 501 --service 1 --title "The film" --start "$(at -600)" --end "$(at 3600)" --price 2.50
new_cards 2
in=$(stream h264)
for number in "${cards[@]}"; do head_end topup "$number" --amount 10.00 --reference "voucher-$number"; done
scramble "$in" "$work/scr.ts" 1
card=${images[0]}
watch 0 "$work/scr.ts" "$work/want.ts" "${images[1]}" --service 1 --buy auto --max-price 2.50 --pin-file "$pin"
identical "$in" "$work/want.ts" 1
tessera-card serve --image "$card" --vscard "$work/card.socket" >"$work/serve" 2>&1 </dev/null &
children+=($!)
for _ in {1..50}; do
	[ -S "$work/card.socket" ] && break
	sleep 0.1
done
[ -S "$work/card.socket" ] || die "no socket: $(cat "$work/serve")"

cat >"$work/script" <<'GUEST'
echo "@@ our driver"
tessera-stb readers --json || exit 10
tessera-stb watch /data/scr.ts -o /tmp/out.ts --card usb --service 1 --buy auto --max-price 2.50 --pin-file /data/pin || exit 11
echo "@@ picture $(md5sum </tmp/out.ts)"
tessera-stb watch /data/scr.ts -o /tmp/again.ts --card usb:08e6:4433 --service 1 --buy never || exit 12
echo "@@ again $(md5sum </tmp/again.ts)"
tessera-stb wallet --card usb:#0 || exit 13
tessera-stb wallet --card usb:#1 && exit 14
pcscd -f >/tmp/pcscd.log 2>&1 &
tries=0
until opensc-tool -l 2>/dev/null | grep -q Yes; do
	tries=$((tries + 1))
	[ $tries -lt 40 ] || { opensc-tool -l; cat /tmp/pcscd.log; exit 1; }
	usleep 200000
done
echo "@@ card"
opensc-tool -a || { cat /tmp/pcscd.log; exit 2; }
opensc-tool -s 00A4040009F0544553534552410100 -s 80CA010000 || exit 3
tessera-stb readers || exit 4
tessera-stb wallet --card pcsc: || exit 5
tessera-stb wallet --card usb
echo "@@ held $?"
GUEST
started=$SECONDS
expect 0 "$root/tests/interop/vm/boot.sh" "$kernel" "$work/card.socket" "$work/script" \
	"$work/scr.ts=/data/scr.ts" "$pin=/data/pin" "$(command -v pcscd)" "$(command -v opensc-tool)" "$bin/tessera-stb" "$bundle" /etc/libccid_Info.plist \
	"$(library libpcsclite.so.1)" "$(library libgcc_s.so.1)"
cp "$work/out" "$work/guest"
sed 's/^/  guest: /' "$work/guest"
echo "guest: $((SECONDS - started)) s"
picture=$(md5sum <"$work/want.ts" | cut -d' ' -f1)
for line in '"card": "usb:[0-9]*\.[0-9]*"' 'TPDU, T=0, 5 3 1.8 volts' "@@ picture $picture" "@@ again $picture" \
	'no slot 1' 'another program holds the reader' '@@ held 5'; do
	grep -q -- "$line" "$work/guest" || die "our driver: no $line"
done
echo "ok: our driver on QEMU's reader: a film bought and watched"
for line in '3b:07:54:45:53:53:45:52:41' '6F 11 84 09 F0 54 45 53 53 45 52 41 01'; do
	grep -qi "$line" "$work/guest" || die "the guest does not see $line"
done
[ "$(grep -c 'SW1=0x90, SW2=0x00' "$work/guest")" -ge 2 ] || die "SELECT and GET DATA through the reader"
echo "ok: opensc-tool selects the application through QEMU's reader"
grep -q 'EUR' "$work/guest" || die "no wallet"
echo "ok: tessera-stb wallet in the guest"
end_children
[ ! -e "$work/card.socket" ] || die "the socket stays behind"
ok tessera-card info --image "$card"
same "balance after the purchase in the guest" "$(balance "$card")" 750
echo "ok: the image after serving"
