#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Live streams over a bad network: RTP that is repeated, delayed and reordered comes out as it was; where datagrams are lost nothing is
# opened under a wrong word, and the loss is counted. Multicast from one sender. A box asleep takes EMMs and opens nothing.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"

new_operator
head_end product add --id 1 --name Basic
head_end service add --id 1 --name One --product 1
new_cards 2
head_end grant "${cards[0]}" --product 1 --start "$(at -60)" --end "$(at 86400)"
head_end grant "${cards[1]}" --product 1 --start "$(at -60)" --end "$(at 86400)"
in=$(stream h264)
scramble "$in" "$work/scr.ts" 1
free_port() {
	python3 -c "import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
}
bound() { # PORT in hexadecimal is somebody's
	for _ in $(seq 100); do
		grep -qi ":$(printf %04X "$1") " /proc/net/udp && return
		sleep 0.03
	done
	die "nobody waits at port $1"
}

through() { # OUT RULE…: the stream over RTP and the relay, watched until it ends
	local out=$1 a b
	shift
	a=$(free_port) b=$(free_port)
	tessera-stb watch "rtp://127.0.0.1:$b" -o "$out" --card "image:${images[0]}" --json >"$out.json" 2>"$out.err" </dev/null &
	local watching=$!
	python3 "$root/tests/interop/relay.py" "$a" "$b" "$@" >"$out.relay" &
	local relay=$!
	children+=("$watching" "$relay")
	bound "$a"
	bound "$b"
	python3 "$root/tests/interop/send_udp.py" "$work/scr.ts" "127.0.0.1:$a" 1 1 rtp
	wait "$relay"
	sleep 0.5
	kill -TERM "$watching"
	wait "$watching" || die "watch ended with $?: $(cat "$out.err")"
	cp "$out.json" "$work/out"
}

watch 0 "$work/scr.ts" "$work/clear.ts" "${images[0]}" # the rights arrive
through "$work/even.ts" repeat=0.05 swap=0.1 depth=12 seed=3
cat "$work/even.ts.relay"
same "lost" "$(json 'x["rtp"]["lost"]')" 0
same "was reordered" "$(json 'x["rtp"]["reordered"] > 20')" True
same "was repeated" "$(json 'x["rtp"]["repeated"] + x["rtp"]["too_late"] > 10')" True
identical "$in" "$work/even.ts" 1

through "$work/lossy.ts" lose=0.03 repeat=0.02 swap=0.05 depth=8 delay=0.05 seed=5
cat "$work/lossy.ts.relay"
same "loss was counted" "$(json 'x["rtp"]["lost"] > 10')" True
cat >"$work/judge.py" <<'PY'
import sys
sys.path.insert(0, sys.argv[1])
import ts_check
original = ts_check.Stream(sys.argv[2], lambda text: None)
pids = set(original.streams_of(1))
sent = {p.without_tsc() for p in original.packets if p.pid in pids}
got = [p for p in ts_check.Stream(sys.argv[3], lambda text: None).packets if p.pid in pids]
wrong = sum(p.raw not in sent for p in got)
print(len(sent), len(got), wrong)
sys.exit(1 if wrong or len(got) < len(sent) * 0.7 else 0)
PY
ok python3 "$work/judge.py" "$root/tests/interop" "$in" "$work/lossy.ts"

# A multicast group, of one sender, on the loopback interface.
port=$(free_port)
tessera-stb watch "udp://127.0.0.1@232.99.1.1:$port?interface=lo" --card "image:${images[1]}" --standby --json \
	>"$work/standby.json" 2>"$work/err" </dev/null &
watching=$!
children+=("$watching")
for _ in $(seq 60); do
	grep -qi ":$(printf %04X "$port") " /proc/net/udp && break
	kill -0 "$watching" 2>/dev/null || break
	sleep 0.03
done
if kill -0 "$watching" 2>/dev/null; then
	python3 - "$work/scr.ts" "$port" <<'PY'
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
data = open(sys.argv[1], "rb").read()
for at in range(0, len(data), 1316):
    s.sendto(data[at:at + 1316], ("232.99.1.1", int(sys.argv[2])))
    time.sleep(0.0005)
PY
	sleep 0.3
	kill -TERM "$watching"
	wait "$watching" || die "standby ended with $?: $(cat "$work/err")"
	cp "$work/standby.json" "$work/out"
	same "EMMs in standby" "$(json 'x["emms"]["applied"] >= 1 and x["ecms"]["to_card"] == 0')" True
	same "opened in standby" "$(json 'x["packets"]["descrambled"]')" 0
else
	echo "no source-specific multicast on this machine's loopback: $(cat "$work/err")"
fi
refuses 2 "standby" tessera-stb watch "udp://127.0.0.1:$port" -o "$work/x.ts" --standby --card "image:${images[1]}"
refuses 2 "interface" tessera-stb watch "udp://127.0.0.1:$port?ttl=3" --card "image:${images[1]}"
