#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A timetable file: a series becomes events, a dry run keeps nothing, an error names line and field and keeps nothing, and
# scrambling follows it: access criteria change in the middle of the stream.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"

new_operator
head_end product add --id 1 --name Basic
head_end service add --id 1 --name One --product 1
new_cards 1
in=$(stream h264)
table=$work/week.jsonl
cat >"$table" <<END
# the look and the film, then a series
{"id": 701, "service": 1, "title": "A look", "start": "$(at -600)", "end": "$(at 3)", "for_sale": false, "preview_s": 60}

{"id": 702, "service": 1, "title": "The film", "start": "$(at 3)", "duration_s": 3597, "price_minor": 250, "exclusive": true}
{"id": 800, "service": 1, "title": "News", "start": "$(at 86400)", "duration_s": 1800, "price_minor": 50, "price_record_minor": 80, "slice_price_minor": 5, "slice_s": 60, "repeat_every_s": 86400, "repeat_count": 7}
END
events() { ok tessera-headend event list --json; json 'len(x)'; }

ok tessera-headend event import "$table" --dry-run --json
same "events of the dry run" "$(json 'len(x)')" 9
same "the last of the series" "$(json '(x[-1]["id"], x[-1]["start"], x[-1]["price_record_minor"])')" "(806, '$(at $((7 * 86400)))', 80)"
same "events after the dry run" "$(events)" 0
ok tessera-headend event import "$table"
same "events" "$(events)" 9
refuses 5 "line 2: event 701: .*701 .*is on" tessera-headend event import "$table"

wrong() { # STATUS WORDS LINE: nothing of the file is kept
	{ echo '{"id": 901, "service": 1, "title": "Good", "start": "'"$(at 900000)"'", "duration_s": 60, "price_minor": 1}'; echo "$3"; } >"$work/bad"
	refuses "$1" "$2" tessera-headend event import "$work/bad"
	same "events after a wrong timetable" "$(events)" 9
}
base='"id": 902, "service": 1, "title": "x", "start": "'"$(at 910000)"'", "duration_s": 60'
wrong 7 "line 2: price_minor: must be a number" "{$base, \"price_minor\": \"2.50\"}"
wrong 7 "line 2: prise: is no field" "{$base, \"prise\": 1}"
wrong 7 "line 2: start: must be a time" '{"id": 902, "service": 1, "title": "x", "start": "tomorrow", "duration_s": 60}'
wrong 7 "line 2: title: is missing" '{"id": 902, "service": 1, "start": "'"$(at 910000)"'"}'
wrong 7 "line 2: no JSON object" '{"id": 902,'
wrong 3 "line 2: event 902: there is no service 9" "{${base/\"service\": 1/\"service\": 9}}"
wrong 5 "line 2: event 901" "{${base/902/901}}"
refuses 3 "no such file" tessera-headend event import "$work/none"

scramble "$in" "$work/scr.ts" 1
ok tessera-stb inspect "$work/scr.ts"
grep -q "preview 701" "$work/out" || die "the stream does not begin with the look"
grep -q "offer: event 702" "$work/out" || die "the film does not follow"
ok tessera-stb watch "$work/scr.ts" -o "$work/seen.ts" --card "image:${images[0]}" --service 1 --json
[ "$(json 'x["services"][0]["packets_descrambled"] > 0 and x["services"][0]["packets_without_key"] > 0')" = True ] ||
	die "the look opens not just the first part"
