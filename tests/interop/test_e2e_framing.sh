#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Packets of 192 bytes (time stamps in front) and 204 (parity behind) go in at both ends, packets of 188 come out; both ciphers,
# every engine's name, two threads.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"

new_operator
head_end product add --id 1 --name Basic
head_end service add --id 1 --name One --product 1
new_cards 1
head_end grant "${cards[0]}" --product 1 --start "$(at -60)" --end "$(at 86400)"
in=$(stream h264)

lengthen() { # SIZE IN OUT
	python3 - "$@" <<'PY'
import sys
size, data = int(sys.argv[1]), open(sys.argv[2], "rb").read()
packets = [data[at:at + 188] for at in range(0, len(data), 188)]
front = [n.to_bytes(4, "big") if size == 192 else b"" for n in range(len(packets))]
open(sys.argv[3], "wb").write(b"".join(f + p + bytes(size - 188 - len(f)) for f, p in zip(front, packets)))
PY
}

for size in 192 204; do
	for cipher in csa2 cissa; do
		lengthen "$size" "$in" "$work/in.ts"
		scramble "$work/in.ts" "$work/scr.ts" 1 --cipher "$cipher" --threads 2
		lengthen "$size" "$work/scr.ts" "$work/long.ts"
		watch 0 "$work/long.ts" "$work/clear.ts" "${images[0]}" --service 1 --threads 2
		identical "$in" "$work/clear.ts" 1
	done
	echo "ok: $size"
done

for engine in $(tessera-stb watch --engine list --json |
	python3 -c 'import json, sys; print(*(e["engine"] for e in json.load(sys.stdin) if e["runs"] and e["cipher"] == "csa2"))'); do
	scramble "$in" "$work/scr.ts" 1 --engine "$engine"
	watch 0 "$work/scr.ts" "$work/clear.ts" "${images[0]}" --service 1 --engine "$engine"
	identical "$in" "$work/clear.ts" 1
	echo "ok: $engine"
done
refuses 2 "no such engine" tessera-stb watch "$work/scr.ts" --card "image:${images[0]}" --engine fastest
refuses 2 "another cipher" tessera-headend scramble "$in" -o "$work/scr.ts" --service 1 --passphrase-file "$pass" \
	--cipher cissa --engine portable
export TESSERA_CPU_LESS=avx512,avx2,neon,vaes
scramble "$in" "$work/scr.ts" 1
watch 0 "$work/scr.ts" "$work/clear.ts" "${images[0]}" --service 1
identical "$in" "$work/clear.ts" 1
echo "ok: an older machine"
