#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The card behind a USB reader that is not ours: QEMU's usb-ccid, Linux' USB stack, libccid and pcscd in a
# guest, and tessera-card serve --vscard outside. opensc-tool and tessera-stb use it in there.
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
new_cards 1
card=${images[0]}
tessera-card serve --image "$card" --vscard "$work/card.socket" >"$work/serve" 2>&1 </dev/null &
children+=($!)
for _ in {1..50}; do
	[ -S "$work/card.socket" ] && break
	sleep 0.1
done
[ -S "$work/card.socket" ] || die "no socket: $(cat "$work/serve")"

cat >"$work/script" <<'GUEST'
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
GUEST
started=$SECONDS
expect 0 "$root/tests/interop/vm/boot.sh" "$kernel" "$work/card.socket" "$work/script" \
	"$(command -v pcscd)" "$(command -v opensc-tool)" "$bin/tessera-stb" "$bundle" /etc/libccid_Info.plist \
	"$(library libpcsclite.so.1)" "$(library libgcc_s.so.1)"
sed 's/^/  guest: /' "$work/out"
echo "guest: $((SECONDS - started)) s"
for line in '3b:07:54:45:53:53:45:52:41' '6F 11 84 09 F0 54 45 53 53 45 52 41 01'; do
	grep -qi "$line" "$work/out" || die "the guest does not see $line"
done
[ "$(grep -c 'SW1=0x90, SW2=0x00' "$work/out")" -ge 2 ] || die "SELECT and GET DATA through the reader"
echo "ok: opensc-tool selects the application through QEMU's reader"
grep -q 'EUR' "$work/out" || die "no wallet"
echo "ok: tessera-stb wallet in the guest"
end_children
[ ! -e "$work/card.socket" ] || die "the socket stays behind"
ok tessera-card info --image "$card"
echo "ok: the image after serving"
