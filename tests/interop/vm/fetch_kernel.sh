#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Takes a Debian kernel and its USB modules out of their package, without installing it: FOLDER/vmlinux
# (unpacked, which boots faster under emulation) and FOLDER/modules/*.ko. About 70 MB come through apt.
#
#   fetch_kernel.sh FOLDER
set -eu
folder=${1:?folder for the kernel}
[ -s "$folder/vmlinux" ] && exit 0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The cloud flavour has no USB; the meta package names the current plain one.
package=$(apt-cache depends linux-image-amd64 | awk '$1 == "Depends:" && /linux-image-[0-9]/ { print $2; exit }')
[ -n "$package" ] || { echo "apt knows no linux-image-amd64" >&2; exit 1; }
(cd "$scratch" && timeout 300 apt-get -q -o APT::Sandbox::User=root download "$package" >/dev/null)
dpkg-deb -x "$scratch"/linux-image-*.deb "$scratch/tree"

mkdir -p "$folder/modules"
for module in usb-common usbcore xhci-hcd xhci-pci; do # each after what it needs
	found=$(find "$scratch/tree" \( -name "$module.ko" -o -name "$module.ko.xz" \) -print -quit)
	case $found in
	*.xz) xz -dc "$found" >"$folder/modules/$module.ko" ;;
	*.ko) cp "$found" "$folder/modules/" ;;
	*) echo "$package has no module $module" >&2; exit 1 ;;
	esac
done

# A bzImage carries the kernel xz-packed somewhere behind its own small program.
python3 - "$scratch"/tree/boot/vmlinuz-* "$folder/vmlinux" <<'PY'
import lzma, sys
image = open(sys.argv[1], "rb").read()
at = image.find(b"\xfd7zXZ\0")
while at >= 0:
    unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ)
    try:
        kernel = unpacker.decompress(image[at:])
    except lzma.LZMAError:
        kernel = b""
    if kernel.startswith(b"\x7fELF"):
        open(sys.argv[2], "wb").write(kernel)
        break
    at = image.find(b"\xfd7zXZ\0", at + 1)
else:
    sys.exit("no kernel packed with xz in the image")
PY
