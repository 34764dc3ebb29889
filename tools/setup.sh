#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sees to it that the Debian packages (12 or later) are there:
#   tools/setup.sh demo    what builds the programs and draws the pictures
#   tools/setup.sh test    that, and what the tests need
#   tools/setup.sh vm      what the card in a virtual machine needs (ctest -L vm), with its kernel in build/vm-kernel
# As root, or with sudo that asks no password, missing ones are installed; otherwise the one line that
# installs them is printed and the exit status is 1. Optional packages are tried one by one and
# only reported when they stay away.
set -u

build="build-essential cmake ninja-build pkg-config libdvbcsa-dev libssl-dev libpcsclite-dev libusb-1.0-0-dev
	libbitstream-dev libp11-kit-dev libsqlite3-dev libjansson-dev libmicrohttpd-dev libcurl4-openssl-dev libncurses-dev libcunit1-dev ffmpeg python3"
checks="clang clang-tidy clang-format libclang-rt-dev sqlite3"
optional_demo="ccache libpq-dev"
optional_test="ccache libpq-dev postgresql softhsm2 tsdecrypt pcscd vsmartcard-vpcd libccid opensc pcsc-tools
	qemu-system-arm gcc-arm-none-eabi gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-aarch64-linux-gnu
	libc6-dev-arm64-cross qemu-user iproute2 util-linux shellcheck mandoc python3-cryptography"

vm="qemu-system-x86 busybox-static cpio pcscd libccid opensc xz-utils python3"

installed() { # PACKAGE
	dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
}

missing() { # PACKAGE…: those that are not installed
	local package
	for package in "$@"; do
		installed "$package" || printf '%s ' "$package"
	done
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		env DEBIAN_FRONTEND=noninteractive "$@"
	else
		sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

may_install() {
	[ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }
}

apt_update() { # once a run
	[ -n "${updated:-}" ] || as_root apt-get update -q </dev/null >"$log" 2>&1 ||
		echo "setup: apt-get update failed; going on with the lists that are there" >&2
	updated=1
}

apt_install() { # PACKAGE…
	apt_update
	as_root apt-get install -q -y --no-install-recommends "$@" </dev/null >>"$log" 2>&1
}

case "${1:-}" in
demo) required=$build optional=$optional_demo ;;
test) required="$build $checks" optional=$optional_test ;;
vm) required=$vm optional= ;;
*)
	echo "usage: $0 demo|test|vm" >&2
	exit 2
	;;
esac

if ! command -v dpkg-query >/dev/null; then
	# shellcheck disable=SC2086 # a list of words
	echo "setup: this is no Debian; make sure that these are installed:" $required >&2
	exit 0
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# shellcheck disable=SC2086 # lists of words
need=$(missing $required)
if [ -n "$need" ]; then
	if ! may_install; then
		echo "setup: some packages are missing; as root, please run:" >&2
		echo "apt-get install --no-install-recommends $need"
		exit 1
	fi
	echo "setup: installing $need" >&2
	# shellcheck disable=SC2086
	if ! apt_install $need; then
		tail -5 "$log" >&2
		echo "setup: apt could not install them: apt-get install --no-install-recommends $need" >&2
		exit 1
	fi
fi

# shellcheck disable=SC2086
wish=$(missing $optional)
if [ -n "$wish" ]; then
	for package in $wish; do
		if ! may_install || ! apt_install "$package"; then
			echo "setup: without $package: what needs it is skipped" >&2
		fi
	done
fi
if [ "$1" = vm ]; then
	root=$(cd "$(dirname "$0")/.." && pwd)
	mkdir -p "$root/build/vm-kernel"
	if ! "$root/tests/interop/vm/fetch_kernel.sh" "$root/build/vm-kernel"; then
		echo "setup: without a kernel the virtual machine's test is skipped" >&2
		exit 1
	fi
fi
exit 0
