#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Whole programs, file to file in memory (/dev/shm): tessera-headend scramble, tessera-stb watch with a card in the process, and, on
# the same scrambled stream, tsdecrypt and VLC when they are there. One JSON line each: Mbit/s of transport stream per second of
# CPU (user and system) and of the clock; every output is compared with what went in.
#
#     programs.sh BIN [MEGABYTES]
shm=/dev/shm
[ -w "$shm" ] && export TMPDIR=$shm
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/../interop/e2e.sh"
megabytes=${2:-120}
new_operator
head_end product add --id 1 --name Basic
head_end service add --id 1 --name One --product 1
new_cards 1
head_end grant "${cards[0]}" --product 1 --start "$(at -60)" --end "$(at 86400)"

source_ts=$(stream h264 12)
# The grant reaches the card.
scramble "$source_ts" "$work/grant.ts" 1
watch 0 "$work/grant.ts" "$work/clear.ts" "${images[0]}" --service 1

repeat() { # MEGABYTES OUT: the same again and again
	python3 - "$source_ts" "$1" "$2" <<'PY'
import sys
data = open(sys.argv[1], "rb").read()
with open(sys.argv[3], "wb") as out:
    for _ in range(max(1, int(sys.argv[2]) * 1000000 // len(data))):
        out.write(data)
PY
}

# timed NAME FILE COMMAND…: the JSON line; the stream's size is that of FILE
timed() {
	local name=$1 file=$2
	shift 2
	python3 - "$name" "$file" "$work/status" "$@" <<'PY'
import json, os, subprocess, sys, time
name, file, status, *command = sys.argv[1:]
start = time.monotonic()
process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=open(status + ".err", "wb"))
_, code, usage = os.wait4(process.pid, 0)
wall = time.monotonic() - start
cpu, bits = usage.ru_utime + usage.ru_stime, os.path.getsize(file) * 8 / 1e6
print(json.dumps({"bench": "program", "program": name, "megabytes": round(bits / 8),
                  "cpu_s": round(cpu, 3), "wall_s": round(wall, 3), "mbit_per_cpu_s": round(bits / cpu),
                  "mbit_s": round(bits / wall), "exit": os.waitstatus_to_exitcode(code)}), flush=True)
PY
}

equal() { # WHAT A B
	cmp -s "$2" "$3" || echo "{\"bench\": \"program\", \"program\": \"$1\", \"error\": \"the output is not the input\"}"
}

# One crypto period for all: the others take one pair of words.
scramble_ts() { # NAME IN OUT [OPTION…]
	timed "$1" "$2" tessera-headend scramble "$2" -o "$3" --service 1 --passphrase-file "$pass" --start-time "$t0" \
		--crypto-period-s 3600 --emm-bitrate 0 --cw-log "$work/cw" "${@:4}"
}
word() { # PARITY
	awk -v parity="$1" '$3 == parity { print $5; exit }' "$work/cw"
}

repeat "$megabytes" "$work/big.ts"
for _ in 1 2 3; do
	for threads in 1 2; do
		scramble_ts "scramble, $threads threads" "$work/big.ts" "$work/big.scr.ts" --threads "$threads"
		timed "watch, $threads threads" "$work/big.scr.ts" tessera-stb watch "$work/big.scr.ts" -o "$work/big.clear.ts" \
			--card "image:${images[0]}" --service 1 --threads "$threads"
	done
done
scramble_ts "scramble, libdvbcsa" "$work/big.ts" "$work/big.scr.ts" --engine libdvbcsa
timed "watch, libdvbcsa" "$work/big.scr.ts" tessera-stb watch "$work/big.scr.ts" -o "$work/big.clear.ts" \
	--card "image:${images[0]}" --service 1 --engine libdvbcsa
scramble_ts "scramble, cissa" "$work/big.ts" "$work/big.cissa.ts" --cipher cissa
timed "watch, cissa" "$work/big.cissa.ts" tessera-stb watch "$work/big.cissa.ts" -o "$work/big.clear.ts" \
	--card "image:${images[0]}" --service 1
rm -f "$work"/big.*

# the others are slow: less of the same
repeat 20 "$work/small.ts"
scramble_ts "scramble, 20 MB" "$work/small.ts" "$work/small.scr.ts"
timed "watch, 20 MB" "$work/small.scr.ts" tessera-stb watch "$work/small.scr.ts" -o "$work/small.clear.ts" \
	--card "image:${images[0]}" --service 1
if command -v tsdecrypt >/dev/null; then
	timed "tsdecrypt" "$work/small.scr.ts" tsdecrypt -I "file://$work/small.scr.ts" -O "file://$work/small.other.ts" -p \
		-Y "$(word 0)$(word 1)"
	equal tsdecrypt "$work/small.clear.ts" "$work/small.other.ts"
fi
if command -v cvlc >/dev/null && command -v runuser >/dev/null && [ "$(id -u)" = 0 ]; then
	chmod 755 "$work" && chmod 644 "$work/small.scr.ts" && install -d -o nobody "$work/vlc"
	timed "VLC" "$work/small.scr.ts" runuser -u nobody -- env HOME="$work/vlc" cvlc -q -I dummy --no-dbus --aout none --vout none \
		--ts-csa2-ck "$(word 0)" --ts-csa-ck "$(word 1)" --ts-csa-pkt 188 \
		--sout "#standard{access=file,mux=ts,dst=$work/vlc/out.ts}" --sout-all "$work/small.scr.ts" vlc://quit
fi
