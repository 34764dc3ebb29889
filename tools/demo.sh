#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The whole system on a real stream, told step by step:
#   tools/demo.sh [FILE.ts]
# Does its own set-up (packages, build), works in a scratch folder, and ends with a report and a page of
# pictures. Without FILE.ts ffmpeg makes a programme; of a given one the first service is taken.
set -u
here=$(cd "$(dirname "$0")" && pwd)
given=${1:+$(realpath "$1")}
cd "$here/.." || exit 1
[ -z "$given" ] || [ -r "$given" ] || { echo "demo: $1: cannot be read" >&2; exit 6; }

bash tools/setup.sh demo || exit 1
mkdir -p build/logs
if [ ! -x build/release/bin/tessera-stb ]; then
	echo "Building (once) ..."
fi
if ! { cmake --preset release && cmake --build --preset release -j "$(nproc)" --target tessera-keys tessera-headend tessera-card tessera-stb; } \
	>build/logs/demo.log 2>&1; then
	tail -n 20 build/logs/demo.log
	exit 1
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/tessera-demo.XXXXXX")
page=$work/tessera-demo.html facts=$work/facts pass=$work/passphrase pin=$work/pin
export PATH=$PWD/build/release/bin:$PATH TESSERA_HOME=$work/home PYTHONDONTWRITEBYTECODE=1
wrong=0

note() { python3 tools/demo_page.py note "$facts" "$@"; }
judge() { python3 tests/interop/ts_check.py "$@"; }
title() { printf '\n%s\n' "$*"; }
say() { printf '   %s\n' "$*"; }

show() { # COMMAND…: as one would type it in the scratch folder
	local word line=
	for word in "$@"; do
		word=${word//$work\//}
		case $word in *" "*) line+=" \"$word\"" ;; *) line+=" $word" ;; esac
	done
	printf '   $%s\n' "$line"
	note command "line=${line# }"
}

# run STATUS COMMAND…: shows and keeps the command; what it says goes to $work/out
run() {
	local want=$1 got=0
	shift
	show "$@"
	"$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
	[ "$got" = "$want" ] && return 0
	wrong=$((wrong + 1))
	say "✗ ended with $got, not with $want:"
	tail -n 5 "$work/err" | sed 's/^/     /'
	return 1
}

# result WHO WHAT OUTCOME COMMAND…: a step of the report; as it should when COMMAND succeeds
result() {
	local who=$1 what=$2 outcome=$3 good=1 mark=✓
	shift 3
	"$@" >"$work/verdict" 2>&1 || { good=0 mark=✗ wrong=$((wrong + 1)); }
	say "$mark $who $what: $outcome"
	[ "$good" = 1 ] || sed 's/^/     /' "$work/verdict" | head -n 5
	note step "who=$who" "what=$what" "outcome=$outcome" "ok=$good"
}

field() { python3 -c 'import json, sys; x = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$work/out" "$1"; }
money() { printf '%d.%02d EUR' "$(($1 / 100))" "$(($1 % 100))"; }
at() { date -u -d "$t0 + $1 seconds" +%Y-%m-%dT%H:%M:%SZ; }

balance() { # IMAGE: minor units
	tessera-stb wallet --card "image:$1" --json >"$work/out" 2>"$work/err" </dev/null
	field '(x["slots"] if "slots" in x else x)[0]["balance_minor"]'
}
clear_packets() { # FILE
	[ -s "$1" ] || { echo 0; return; }
	judge count "$1" --services "$service" | python3 -c 'import json, sys; print(json.load(sys.stdin)["clear"])'
}
frames() { # FILE: pictures that decode
	ffmpeg -nostdin -v quiet -i "$1" -map "0:i:$video" -f framemd5 - </dev/null | grep -vc '^#'
}
said() { grep -qi -- "$1" "$work/out" "$work/err"; }

title "The programme"
if [ -z "$given" ]; then
	original=$work/programme.ts
	say "making 40 seconds of moving pictures and sound with ffmpeg ..."
	ffmpeg -nostdin -v error -y -f lavfi -i "mandelbrot=size=640x360:rate=25:maxiter=300:end_scale=0.0005:end_pts=1000" \
		-f lavfi -i "sine=frequency=330:sample_rate=48000" -t 40 -c:v libx264 -preset veryfast -g 25 -b:v 1500k \
		-pix_fmt yuv420p -c:a aac -b:a 96k -metadata service_name=Tessera -f mpegts "$original" || exit 1
else
	original=$given
fi
read -r service seconds pids video < <(python3 - tests/interop "$original" <<'PY'
import sys
sys.path.insert(0, sys.argv[1])
import ts_check
stream = ts_check.Stream(sys.argv[2], lambda text: None)
for number in sorted(stream.pmt):
    streams = ts_check.split_pmt(stream.pmt[number])[2]
    clock = stream.service_clock(number)
    pictures = [p for kind, p, _ in streams if kind in (1, 2, 0x10, 0x1B, 0x24, 0x42)]
    if len(clock) > 1 and pictures:
        print(number, round(clock[-1][1] - clock[0][1], 2), ",".join(str(p) for _, p, _ in streams), pictures[0])
        break
PY
)
[ -n "${video:-}" ] || { echo "demo: $original: no service with a picture and a clock" >&2; exit 3; }
period=$(python3 -c 'import sys; print(max(1, min(10, round(float(sys.argv[1]) / 10))))' "$seconds")
periods=$(python3 -c 'import sys; print(int(float(sys.argv[1]) / int(sys.argv[2])))' "$seconds" "$period")
if [ "$periods" -lt 2 ]; then
	echo "demo: $original: $seconds seconds are too short to show anything; 3 will do" >&2
	exit 4
fi
# shellcheck disable=SC2017 # whole crypto periods
snap() { echo $((periods * $1 / 10 * period)); }
most() { echo $(($1 > $2 ? $1 : $2)); }
# the film, when its key is ordered, and when it begins: all at the beginning of a crypto period
event_from=$(($(most 1 $((3 * periods / 10))) * period))
event_to=$(most "$(snap 7)" $((event_from + period)))
half_time=$(($(most 1 $((periods / 2))) * period))
turn=$(most "$(snap 7)" "$half_time")
t0=$(date -u +%Y-%m-%dT20:00:00Z)
say "service $service, $seconds s, PIDs $pids; crypto period $period s; on the air at ${t0:11:5}"
note stream "name=$(basename "$original")" "original=$original" "seconds=$seconds" "pids=$pids" \
	"description=$(basename "$original"): service $service, $seconds s. Scrambled with DVB-CSA2, crypto period $period s. The card alone decides who watches." \
	"note=Made by tools/demo.sh on $(date -u '+%-d %B %Y %H:%M') UTC. The cards are emulated, profile laboratory: for trying, not for the field."

title "The operator"
echo "correct horse battery staple" >"$pass"
echo 2468 >"$pin"
chmod 600 "$pass" "$pin"
head=(--start-time "$t0") keys=(--passphrase-file "$pass")
run 0 tessera-keys init --operator-id 7 "${keys[@]}"
run 0 tessera-headend init --operator "Demo network" "${keys[@]}"
run 0 tessera-headend product add --id 1 --name Basic
run 0 tessera-headend service add --id "$service" --name "Channel $service" --product 1
run 0 tessera-headend event add --id 501 --service "$service" --title "The film" --start "$(at "$event_from")" \
	--end "$(at "$event_to")" --window-start "$(at -600)" --window-end "$(at "$event_to")" --price 2.50
run 0 tessera-headend card issue --count 4 --profile laboratory --pin-file "$pin" "${keys[@]}" --start-time "$(at -3600)" --json || exit 1
mapfile -t card < <(field '"\n".join(c["card"] for c in x)')
mapfile -t image < <(field '"\n".join(c["where"].removeprefix("image:") for c in x)')
say "four cards: Ann subscribes, Ben and Cem do not, Dora subscribes (and sells her card later)"
for n in 0 3; do
	run 0 tessera-headend grant "${card[$n]}" --product 1 --start "$(at -600)" --end "$(at 2592000)" "${head[@]}"
done
run 0 tessera-headend topup "${card[1]}" --amount 10.00 --reference "receipt 1" "${head[@]}"

scramble() { # OUT
	run 0 tessera-headend scramble "$original" -o "$work/$1" --service "$service" "${keys[@]}" "${head[@]}" \
		--crypto-period-s "$period" || { cat "$work/err"; exit 1; }
}
watch() { # STATUS WHO-INDEX IN OUT [OPTION…]
	local status=$1 who=$2 in=$3 out=$4
	shift 4
	run "$status" tessera-stb watch "$work/$in" -o "$work/$out" --card "image:${image[$who]}" --service "$service" "$@"
}
viewer() { note viewer "broadcast=$1" "who=$2" "short=$3" "colour=$4" "file=$([ -s "$work/$5" ] && echo "$work/$5")"; }

title "Journey 1: viewing"
scramble air1.ts
result "The air" "carries the service scrambled" "CA_descriptors, ECMs and EMMs in their places; everything else byte for byte" \
	judge compare "$original" "$work/air1.ts" --scrambled "$service"
result "A box without a card" "tries to decode it" "$(frames "$work/air1.ts") of $(frames "$original") pictures" \
	test "$(frames "$work/air1.ts")" = 0
watch 0 0 air1.ts ann1.ts
result "Ann" "watches with her subscription" "$(clear_packets "$work/ann1.ts") packets, identical to the original" \
	judge compare "$original" "$work/ann1.ts" --only --services "$service"
viewer 1 Ann "subscription" rights ann1.ts
watch 4 1 air1.ts ben0.ts --buy never
result "Ben" "has no subscription and does not buy" "refused, $(clear_packets "$work/ben0.ts") clear packets; the film was offered" \
	test "$(clear_packets "$work/ben0.ts")" = 0
viewer 1 "Ben, not buying" "no right: refused" bad ben0.ts

title "Journey 2: paying"
before=$(balance "${image[1]}")
note ledger "when=Ben, after the top-up that came by EMM in the stream" "balance=$(money "$before")"
watch 0 1 air1.ts ben1.ts --buy auto --max-price 3.00 --pin-file "$pin"
after=$(balance "${image[1]}")
note ledger "when=Ben, after buying the film for 2.50 EUR" "balance=$(money "$after")"
result "Ben" "buys the film from his card" "$(money "$before") → $(money "$after")" test "$before/$after" = 1000/750
python3 - tests/interop "$original" "$work/ben1.ts" "$service" "$event_from" "$event_to" "$period" >"$work/piece" 2>&1 <<'PY'
import sys
sys.path.insert(0, sys.argv[1])
import ts_check
whole, part = (ts_check.Stream(p, lambda text: None) for p in sys.argv[2:4])
service, start, end, period = (float(v) for v in sys.argv[4:8])
clock = whole.service_clock(int(service))
for pid in whole.streams_of(int(service)):
    original = [(i, p.raw) for i, p in enumerate(whole.packets) if p.pid == pid]
    clear = [p.raw for p in part.packets if p.pid == pid and p.has_payload and not p.tsc]
    places = [i for i, raw in original if raw in set(clear)]
    if not clear or len(places) < len(clear):
        continue
    a, b = (ts_check.times(clock, [n]) for n in (places[0], places[-1]))
    if a and a[0] < start - 0.5 or b and b[0] > end + period + 0.5:
        sys.exit(f"PID {pid}: clear from {a} to {b}")
PY
result "Ben" "sees the film and nothing else" "$(clear_packets "$work/ben1.ts") packets between $event_from s and $event_to s" \
	test ! -s "$work/piece"
viewer 1 Ben "bought the film" sold ben1.ts
watch 0 1 air1.ts ben2.ts --buy auto --max-price 3.00 --pin-file "$pin"
again=$(balance "${image[1]}")
note ledger "when=Ben, after watching it a second time" "balance=$(money "$again")"
result "Ben" "watches it again" "already bought, still $(money "$again")" test "$again" = 750
watch 4 2 air1.ts cem1.ts --buy auto --max-price 3.00 --pin-file "$pin"
result "Cem" "has nothing on his card" "refused, $(clear_packets "$work/cem1.ts") clear packets" test "$(clear_packets "$work/cem1.ts")" = 0
viewer 1 Cem "no right, no money: refused" bad cem1.ts

title "Journey 3: key rotation, while the programme runs"
show tessera-headend scramble - -o air2.ts --service "$service" "${keys[@]}" "${head[@]}" --crypto-period-s "$period"
say "(at half-time, with the scrambler running:)"
half=$(($(stat -c %s "$original") / 2))
{
	head -c "$half" "$original"
	{
		run 0 tessera-headend card revoke "${card[3]}" --reason "sold on the market" --start-time "$(at "$half_time")"
		run 0 tessera-headend rotate "${keys[@]}" --start-time "$(at "$half_time")" --at "$(at "$turn")"
		sleep 2.5 # a running scrambler notices within two seconds
	} >&2
	tail -c "+$((half + 1))" "$original"
} 2>"$work/meanwhile" | tessera-headend scramble - -o "$work/air2.ts" --service "$service" "${keys[@]}" "${head[@]}" \
	--crypto-period-s "$period" >"$work/air2.log" 2>&1 || { cat "$work/air2.log"; exit 1; }
cat "$work/meanwhile"
! grep -q ✗ "$work/meanwhile" || wrong=$((wrong + 1))
watch 0 0 air2.ts ann2.ts
result "Ann" "gets the next epoch key over the air" "no packet lost at second $turn" \
	judge compare "$original" "$work/ann2.ts" --only --services "$service"
viewer 2 Ann "subscription" rights ann2.ts
watch 0 3 air2.ts dora2.ts
share=$(($(clear_packets "$work/dora2.ts") * 100 / $(clear_packets "$original")))
result "Dora" "sold her card; it is revoked at half-time" "cut off: $share % of the programme, and never again" \
	test "$share" -lt 75
viewer 2 "Dora, revoked" "cut off" bad dora2.ts

title "Journey 4: settling"
run 0 tessera-stb report --card "image:${image[1]}" -o "$work/ben.report"
run 0 tessera-headend settle import "$work/ben.report" "${keys[@]}" "${head[@]}"
run 0 tessera-headend settle report --json
cp "$work/out" "$work/books"
result "The operator" "settles Ben's report" "one record, 2.50 EUR, chain complete" grep -q 250 "$work/books"
note settled "check=Records from Ben's card" "result=1"
note settled "check=Turnover" "result=2.50 EUR"
run 0 tessera-headend settle import "$work/ben.report" "${keys[@]}" "${head[@]}"
run 0 tessera-headend settle report --json
result "The operator" "imports the same report again" "nothing changes" cmp "$work/out" "$work/books"
note settled "check=The same report, imported again" "result=nothing changes"
run 0 tessera-headend status --json
note settled "check=Alarms (gaps, forks, wrong prices)" "result=$(field 'x["alarms"]')"

title "The page"
ffmpeg -nostdin -v quiet -y -ss "$(((event_from + event_to) / 2))" -i "$work/ann1.ts" -map "0:i:$video" -frames:v 1 -vf "scale=640:-2" \
	-q:v 3 "$work/clear.jpg" </dev/null
python3 tools/demo_page.py bytes "$work/air1.ts" "$video" 640 360 "$work/air.pgm"
ffmpeg -nostdin -v error -y -i "$work/air.pgm" -q:v 4 "$work/air.jpg" </dev/null
note frame "file=$work/air.jpg" "title=On the air" "text=No picture decodes. These are the scrambled bytes of the video, drawn as grey dots."
note frame "file=$work/clear.jpg" "title=In a box whose card has the right" "text=Second $(((event_from + event_to) / 2)), decoded from Ann's output, which equals the original byte for byte."
note plan broadcast=1 "title=First broadcast: viewing and paying" \
	"text=The same stream, four boxes. The film runs from second $event_from to second $event_to; Ben's card opens it from its own wallet, without asking anybody." \
	"period=$period" "event_from=$event_from" "event_to=$event_to" "event_title=The film, 2.50 EUR"
note plan broadcast=2 "title=Second broadcast: a new key for everybody but Dora" \
	"text=At half-time, with the scrambler running, the operator revoked Dora's card and ordered a new epoch key. Every other card got it from a signed EMM in the stream; from the next crypto period on the ECMs' negative list refuses hers." \
	"period=$period" "rotation=$turn"
python3 tools/demo_page.py page "$facts" "$page" || wrong=$((wrong + 1))
say "$page"
echo
if [ "$wrong" = 0 ]; then
	echo "Everything went as it should. It took $SECONDS seconds."
else
	echo "$wrong steps went wrong; everything is in $work."
	exit 1
fi
