#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes test streams with ffmpeg's generators, each once:
#   tests/support/make_stream.sh KIND FOLDER [SECONDS]
# prints the path of FOLDER/KIND-SECONDS.ts. Kinds:
#   h264       H.264 and AAC, service 1, variable rate (no null packets)
#   mpeg2      MPEG-2 video and MP2, service 2, constant rate (many null packets)
#   hevc       HEVC and AAC, service 3, variable rate
#   many       16 services (101…116) in one multiplex, constant rate
#   partial, truncated, corrupted, subtitles, awkward, rough: see shape_stream.py
set -eu
kind=${1:?KIND} folder=${2:?FOLDER} seconds=${3:-6}
out=$folder/$kind-$seconds.ts
[ -s "$out" ] && { echo "$out"; exit 0; }
mkdir -p "$folder"
new=$out.$$
trap 'rm -f "$new"' EXIT

ff() {
	ffmpeg -nostdin -hide_banner -loglevel error -fflags +bitexact -y "$@"
}
picture() { # SIZE: moving, with a running clock
	printf 'testsrc2=size=%s:rate=25' "$1"
}
tone() { # HZ
	printf 'sine=frequency=%s:sample_rate=48000' "$1"
}

case $kind in
h264)
	ff -f lavfi -i "$(picture 640x360)" -f lavfi -i "$(tone 440)" -t "$seconds" \
		-c:v libx264 -preset ultrafast -g 25 -b:v 1500k -pix_fmt yuv420p -c:a aac -b:a 96k \
		-metadata service_name=One -mpegts_service_id 1 -f mpegts "$new"
	;;
mpeg2)
	ff -f lavfi -i "$(picture 480x288)" -f lavfi -i "$(tone 550)" -t "$seconds" \
		-c:v mpeg2video -g 12 -b:v 1500k -maxrate 2000k -bufsize 800k -c:a mp2 -b:a 128k \
		-metadata service_name=Two -mpegts_service_id 2 -mpegts_flags +pat_pmt_at_frames \
		-muxrate 4000k -f mpegts "$new"
	;;
hevc)
	ff -f lavfi -i "$(picture 320x180)" -f lavfi -i "$(tone 660)" -t "$seconds" \
		-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=25 -b:v 600k -pix_fmt yuv420p \
		-c:a aac -b:a 64k -metadata service_name=Three -mpegts_service_id 3 -f mpegts "$new"
	;;
many)
	programs=() maps=() inputs=()
	for n in {0..15}; do
		inputs+=(-f lavfi -i "testsrc2=size=160x96:rate=25,hue=h=$((n * 22))" -f lavfi -i "$(tone $((300 + 40 * n)))")
		maps+=(-map "$((2 * n)):v" -map "$((2 * n + 1)):a")
		programs+=(-program "program_num=$((101 + n)):title=Channel $((n + 1)):st=$((2 * n)):st=$((2 * n + 1))")
	done
	ff "${inputs[@]}" "${maps[@]}" "${programs[@]}" -t "$seconds" -c:v mpeg2video -g 12 -b:v 200k \
		-c:a mp2 -b:a 64k -muxrate 7000k -f mpegts "$new"
	;;
partial | truncated | corrupted | subtitles | awkward | rough)
	base=mpeg2
	[ "$kind" = partial ] && base=h264
	source=$("$0" "$base" "$folder" "$seconds")
	python3 -B "${0%/*}/shape_stream.py" "$kind" "$source" "$new"
	;;
*)
	echo "make_stream: $kind: unknown kind" >&2
	exit 2
	;;
esac
mv "$new" "$out"
echo "$out"
