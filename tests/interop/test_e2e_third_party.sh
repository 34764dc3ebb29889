#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Strangers agree: descramblers that have nothing of ours yield the original from the words of --cw-log, ffprobe decodes the
# result without new errors, and does not decode what is on the air.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"
reference=$bin/../tests/descramble_reference

new_operator
head_end product add --id 1 --name Basic
head_end service add --id 2 --name Two --product 1
new_cards 1
head_end grant "${cards[0]}" --product 1 --start "$(at -60)" --end "$(at 86400)"
in=$(stream mpeg2)
scramble "$in" "$work/scr.ts" 2
ok "$reference" "$work/scr.ts" "$work/reference.ts" "$work/scr.ts.cw" 2:256,257
identical "$in" "$work/reference.ts" 2
same "mode of the word log" "$(stat -c %a "$work/scr.ts.cw")" 600
echo "ok: libdvbcsa, one packet at a time"

ok "$reference" "$work/scr.ts" "$work/reference.ts" <(sed 's/[0-9A-F]$/0/' "$work/scr.ts.cw") 2:256,257
if python3 "$root/tests/interop/ts_check.py" compare "$in" "$work/reference.ts" --only --services 2 >/dev/null; then
	die "altered words descramble as well: this test shows nothing"
fi

frames() { # FILE: frames that decode cleanly
	ffmpeg -nostdin -v error -xerror -i "$1" -map 0:v:0 -f framemd5 - 2>/dev/null | grep -vc '^#'
}
errors() { # FILE: lines of complaint
	ffmpeg -nostdin -v error -i "$1" -map 0:v -map 0:a -f null - 2>&1 | grep -c ''
}
watch 0 "$work/scr.ts" "$work/clear.ts" "${images[0]}" --service 2
same "frames of the result" "$(frames "$work/clear.ts")" "$(frames "$in")"
[ "$(errors "$work/clear.ts")" -le "$(errors "$in")" ] || die "new decoding errors"
python3 - "$work/scr.ts" "$work/ignored.ts" <<'PY' # a box that ignores the scrambling bits
import sys
data = bytearray(open(sys.argv[1], "rb").read())
for at in range(3, len(data), 188):
    data[at] &= 0x3F
open(sys.argv[2], "wb").write(data)
PY
for file in scr ignored; do
	same "frames that decode from $file" "$(frames "$work/$file.ts")" 0
done
echo "ok: ffmpeg"

if command -v tsdecrypt >/dev/null; then
	# one crypto period over the whole stream, so that two words are all there is
	scramble "$in" "$work/one.ts" 2 --crypto-period-s 60
	words=$(awk '$3 == 0 && !e { e = $5 } $3 == 1 && !o { o = $5 } END { print e o }' "$work/one.ts.cw")
	[ ${#words} = 32 ] || words=$words$words
	timeout 60 tsdecrypt --input "file://$work/one.ts" --output "file://$work/theirs.ts" --const-cw "$words" \
		--no-output-filter --input-service 2 >"$work/out" 2>"$work/err" </dev/null
	python3 - "$in" "$work/theirs.ts" <<'PY' || die "tsdecrypt's packets differ from the original"
import sys
def payloads(path):
    table = {}
    with open(path, "rb") as file:
        while len(raw := file.read(188)) == 188:
            pid = (raw[1] & 31) << 8 | raw[2]
            if pid in (256, 257):
                table.setdefault(pid, []).append(raw[:3] + bytes([raw[3] & 63]) + raw[4:])
    return table
ours, theirs = payloads(sys.argv[1]), payloads(sys.argv[2])
for pid, packets in ours.items():
    got = theirs.get(pid, [])
    # it needs some packets to find its way, and may keep its last ones
    if len(got) < len(packets) * 0.8 or not set(got) <= set(packets):
        sys.exit(f"PID {pid}: {len(got)} of {len(packets)} packets, {len(set(got) - set(packets))} differ")
PY
	echo "ok: tsdecrypt"
fi
