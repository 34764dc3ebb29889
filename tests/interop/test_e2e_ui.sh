#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The terminal interface on a pseudo-terminal: shows the offer, takes the PIN without showing it, shows the purchase and the history.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"
tessera-stb ui --help >/dev/null 2>&1 || skip "built without ncurses"

new_operator
head_end service add --id 1 --name One
head_end event add --id 7 --service 1 --title "The match" --start "$(at -60)" --end "$(at 600)" --price 2.50
new_cards 1
head_end topup "${cards[0]}" --amount 10
in=$(stream h264)
scramble "$in" "$work/scr.ts" 1
socket=$work/control

tessera-stb watch "$work/scr.ts" -o "$work/clear.ts" --card "image:${images[0]}" --control "$socket" \
	>"$work/watch.out" 2>"$work/watch.err" </dev/null &
watching=$!
children+=("$watching")
cat >"$work/viewer.py" <<'PY'
import fcntl, os, pty, select, struct, sys, termios, time
while not os.path.exists(sys.argv[1]):
    time.sleep(0.02)
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execvp("tessera-stb", ["tessera-stb", "ui", "--control", sys.argv[1]])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
said = b""


def wait(text, begin=0):
    global said
    end = time.monotonic() + 25
    while text not in said[begin:]:
        if not select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
            sys.exit(f"never shown: {text}; shown: {said[-1500:]!r}")
        try:
            said += os.read(terminal, 65536)
        except OSError:
            sys.exit(f"ended before {text}; shown: {said[-1500:]!r}")
    return len(said)


wait(b"b: buy")
if b"The match" not in said or b"2.50 EUR" not in said:
    sys.exit(f"no offer: {said!r}")
os.write(terminal, b"b")
wait(b"PIN: ")
os.write(terminal, b"1111\n")
wait(b"PIN is wrong")
os.write(terminal, b"b2468\n")
try:
    wait(b"bought")
    while True:
        said += os.read(terminal, 65536)
except OSError:
    pass
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stdout.buffer.write(said)
if b"2468" in said or b"1111" in said:
    sys.exit("a PIN was shown")
sys.exit(status)
PY
ok python3 "$work/viewer.py" "$socket"
wait "$watching" || die "watch ended with $?: $(cat "$work/watch.err")"
identical "$in" "$work/clear.ts" 1
refuses 6 "cannot connect" tessera-stb ui --control "$work/nowhere"
