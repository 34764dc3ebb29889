#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Boots a small Linux under qemu-system-x86_64 (TCG) with QEMU's own USB CCID reader, whose card is whoever
# listens on SOCKET and speaks VSCARD; runs SCRIPT there and prints what the guest says.
#
#   boot.sh KERNEL-FOLDER SOCKET SCRIPT FILE…
#
# Each FILE goes into the guest at its own path, programs to /bin, with the shared libraries that it needs; a
# folder goes whole; FILE=PATH goes to that path (/tmp and /run are empty in there). Exit status: that of SCRIPT, 124 when the time is over, 125 when the guest never
# came so far.
set -eu
kernel=$1 socket=$2 script=$3
shift 3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/tessera-vm.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root

libraries() { # FILE: what the dynamic linker would load
	{ ldd "$1" 2>/dev/null || :; } | grep -o '/[^ ]*' | while read -r library; do
		[ -e "$root$library" ] || install -D "$library" "$root$library"
	done
}

mkdir -p "$root"/{bin,dev,proc,sys,run,tmp,etc,modules}
ln -s /run "$root/var" # /var/run
cp "$here/init" "$root/init"
cp "$script" "$root/script"
cp "$(command -v busybox)" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
printf '%s\n' usb-common.ko usbcore.ko xhci-hcd.ko xhci-pci.ko >"$root/modules/order"
cp "$kernel"/modules/*.ko "$root/modules"
chmod 755 "$root/init"
for file in "$@"; do
	if [[ $file == *=* ]]; then
		install -D "${file%%=*}" "$root${file#*=}"
	elif [ -d "$file" ]; then
		mkdir -p "$root$file"
		cp -rL "$file/." "$root$file"
		while read -r object; do libraries "$object"; done < <(find -L "$file" -name '*.so*')
	elif [ -x "$file" ] && [[ $file != *.so* ]]; then
		cp -L "$file" "$root/bin"
		libraries "$file"
	else
		install -D "$file" "$root$file"
		libraries "$file"
	fi
done
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/initrd"

# TCG by name: a KVM without hardware support behind it opens and then hangs.
status=0
timeout -k 5 "${TESSERA_VM_SECONDS:-120}" qemu-system-x86_64 -accel tcg -m 256 -smp 1 -nodefaults \
	-no-user-config -display none -no-reboot -serial stdio -kernel "$kernel/vmlinux" \
	-initrd "$work/initrd" -append "console=ttyS0 quiet panic=-1" \
	-device qemu-xhci,id=usb -device usb-ccid,id=reader,bus=usb.0 \
	-chardev "socket,id=card,path=$socket" -device ccid-card-passthru,chardev=card,bus=reader.0 \
	</dev/null >"$work/serial" 2>&1 || status=$?
tr -d '\r' <"$work/serial"
[ "$status" != 124 ] || exit 124
exit "$(tr -d '\r' <"$work/serial" | sed -n 's/^@@ exit \([0-9]*\)$/\1/p' | grep . || echo 125)"
