#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs a command beside an unmodified pcscd with one vpcd reader, in namespaces of their own (/run,
# network and processes), so that nothing is shared with the machine:
#   tests/support/with_pcscd.sh COMMAND…
# The reader is named "vpcd 00 00" and waits for a card on 127.0.0.1:$VPCD_PORT (35963). Exit status:
# the command's; 77 when pcscd, vpcd or the right to make namespaces is missing.
set -u
if [ "${1:-}" != --inside ]; then
	for program in pcscd unshare ip; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null || {
			echo "with_pcscd: $program is not there"
			exit 77
		}
	done
	[ -e /usr/lib/pcsc/drivers/serial/libifdvpcd.so ] || {
		echo "with_pcscd: vpcd is not there"
		exit 77
	}
	flags=-mnpf
	[ "$(id -u)" = 0 ] || flags=-Urmnpf
	unshare $flags --mount-proc true 2>/dev/null || {
		echo "with_pcscd: no right to make namespaces"
		exit 77
	}
	exec unshare $flags --mount-proc "$0" --inside "$@"
fi
shift
export PATH=$PATH:/usr/sbin:/sbin VPCD_PORT=35963
ip link set lo up || exit 77
mount -t tmpfs tmpfs /run || exit 77
mkdir -p /run/readers
printf 'FRIENDLYNAME "vpcd"\nDEVICENAME /dev/null:%s\nLIBPATH /usr/lib/pcsc/drivers/serial/libifdvpcd.so\nCHANNELID %s\n' \
	"$VPCD_PORT" "$VPCD_PORT" >/run/readers/vpcd
pcscd --foreground --info --config /run/readers >/run/pcscd.log 2>&1 &
daemon=$!
for _ in {1..500}; do
	[ -S /run/pcscd/pcscd.comm ] && break
	kill -0 "$daemon" 2>/dev/null || {
		cat /run/pcscd.log
		exit 1
	}
	sleep 0.02
done
"$@"
status=$?
kill -TERM "$daemon" 2>/dev/null
wait "$daemon" 2>/dev/null
exit "$status"
