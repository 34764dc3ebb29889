#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A user interface at a running watch: a file waits for the viewer's word and is bought by a client; at a live stream the card is
# pulled and comes back, and a hostile client disturbs nobody.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"

new_operator
head_end service add --id 1 --name One
head_end event add --id 7 --service 1 --title "The match" --start "$(at -60)" --end "$(at 600)" --price 2.50
new_cards 1
head_end topup "${cards[0]}" --amount 10
in=$(stream h264)
scramble "$in" "$work/scr.ts" 1
socket=$work/control

echo "a file: bought by a client"
tessera-stb watch "$work/scr.ts" -o "$work/clear.ts" --card "image:${images[0]}" --control "$socket" \
	--json >"$work/watch.json" 2>"$work/watch.err" </dev/null &
watching=$!
children+=("$watching")
cat >"$work/viewer.py" <<'PY'
import sys
from control_client import Control
viewer, other = Control(sys.argv[1]), Control(sys.argv[1])
hello = viewer.wait(event="hello")
assert hello["card"]["profile"] == "laboratory", hello
if not hello["offers"]:
    viewer.wait(event="offer")
state = viewer.say("state")["state"]
offer = state["offers"][0]
assert (offer["title"], offer["price_minor"], offer["unit"]) == ("The match", 250, "EUR"), offer
assert viewer.say("buy", offer=offer["offer"], pin="1111", id=1)["pin"]["tries_left"] == 2
other.socket.sendall(b"x" * 5000)
bought = viewer.say("buy", offer=offer["offer"], pin="2468", id=2)
assert bought["result"] == "ok" and bought["receipt"]["balance_after_minor"] == 750, bought
viewer.wait(event="picture", on=True)
assert viewer.wait(event="zap")["milliseconds"] >= 0
assert viewer.wait(event="end")["exit_status"] == 0
PY
ok env PYTHONPATH="$root/tests/interop" python3 "$work/viewer.py" "$socket"
wait "$watching" || die "watch ended with $?: $(cat "$work/watch.err")"
identical "$in" "$work/clear.ts" 1
ok tessera-stb history --card "image:${images[0]}" --json
same "history" "$(json '[r["event"] for r in x if r["type"] == "purchase"]')" "[7]"
[ ! -e "$socket" ] || die "the socket was left behind"
if grep -qE "1111|2468" "$work/watch.json" "$work/watch.err"; then die "a PIN was written"; fi

echo "a live stream: the card is pulled and comes back"
serve_card() {
	tessera-card serve --image "${images[0]}" --listen 127.0.0.1:"$card_port" >>"$work/card.out" 2>&1 &
	card_program=$!
	children+=("$card_program")
}
card_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
stream_port=$(python3 -c 'import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
serve_card
for _ in $(seq 100); do
	python3 -c "import socket; socket.create_connection(('127.0.0.1', $card_port)).close()" 2>/dev/null && break
	sleep 0.05
done
tessera-stb watch "udp://127.0.0.1:$stream_port" --card "tcp:127.0.0.1:$card_port" --control "$socket" \
	>"$work/live.out" 2>"$work/live.err" </dev/null &
watching=$!
children+=("$watching")
python3 "$root/tests/interop/send_udp.py" "$work/scr.ts" "127.0.0.1:$stream_port" 2 20 &
children+=($!)
cat >"$work/pull.py" <<'PY'
import os, signal, sys
from control_client import Control
viewer = Control(sys.argv[1])
hello = viewer.wait(event="hello")
if not (hello["services"] and hello["services"][0]["picture"]):
    viewer.wait(event="picture", on=True)
    viewer.wait(event="zap")
os.kill(int(sys.argv[2]), signal.SIGKILL)
assert viewer.wait(event="card")["present"] is False
assert viewer.say("wallet")["result"] == "reader"
open(sys.argv[3], "w").close()
assert viewer.wait(event="card")["present"] is True
assert viewer.say("wallet")["slots"][0]["balance_minor"] == 750
for service in (2, 1):  # away, and back
    assert viewer.say("select", services=[service])["result"] == "ok"
viewer.wait(event="zap")
assert viewer.say("stop")["result"] == "ok"
viewer.wait(event="end")
PY
(
	while [ ! -e "$work/pulled" ]; do sleep 0.05; done
	exec tessera-card serve --image "${images[0]}" --listen 127.0.0.1:"$card_port" >>"$work/card.out" 2>&1
) &
children+=($!)
ok env PYTHONPATH="$root/tests/interop" python3 "$work/pull.py" "$socket" "$card_program" "$work/pulled"
wait "$watching" || die "watch ended with $?: $(cat "$work/live.err")"
grep -q "the card is back" "$work/live.err" || die "nothing about the card"
grep -q "picture after" "$work/live.err" || die "no zap time"
