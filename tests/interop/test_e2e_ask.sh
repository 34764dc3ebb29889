#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The dialogue of a purchase on a terminal (a pseudo-terminal): declined, a PIN that is none, a wrong one, the right one. The PIN is
# never echoed; without a terminal nothing is bought.
# shellcheck source=tests/interop/e2e.sh
. "$(dirname "$0")/e2e.sh"

new_operator
head_end service add --id 1 --name One
head_end event add --id 7 --service 1 --title "The match" --start "$(at -60)" --end "$(at 600)" --price 2.50
new_cards 1
head_end topup "${cards[0]}" --amount 10
in=$(stream h264)
scramble "$in" "$work/scr.ts" 1

cat >"$work/viewer.py" <<'PY'
import os, pty, select, sys
want, out, card, stream = sys.argv[1:5]
answers = [a.split("=", 1) for a in sys.argv[5:]]  # end of the question = what is typed then
pid, terminal = pty.fork()
if pid == 0:
    os.execvp("tessera-stb", ["tessera-stb", "watch", stream, "-o", out, "--card", card])
said = seen = b""
while select.select([terminal], [], [], 30)[0]:
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        break
    if not piece:
        break
    said += piece
    seen += piece
    if answers and seen.rstrip().endswith(answers[0][0].encode()):
        os.write(terminal, answers.pop(0)[1].encode() + b"\n")
        seen = b""
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stdout.buffer.write(said)
if answers:
    sys.exit(f"never asked: {answers}")
if status != int(want):
    sys.exit(f"exit status {status}")
PY
viewer() { # STATUS ANSWER…
	local status=$1
	shift
	ok python3 "$work/viewer.py" "$status" "$work/clear.ts" "image:${images[0]}" "$work/scr.ts" "$@"
}
card_balance() {
	ok tessera-stb wallet --card "image:${images[0]}" --json
	json 'x[0]["balance_minor"]'
}

expect 4 setsid --wait tessera-stb watch "$work/scr.ts" -o "$work/clear.ts" --card "image:${images[0]}"
# the top-up has arrived with that stream
same "balance" "$(card_balance)" 1000

viewer 4 "[y/N]=n"
grep -q "The match" "$work/out" || die "the title is not shown"
grep -q "10.00 EUR now, 7.50 EUR afterwards" "$work/out" || die "the balance is not shown"
no_clear_packet "$work/clear.ts" 1 "$in"

viewer 4 "[y/N]=y" "buy):="
same "balance after an empty PIN" "$(card_balance)" 1000

viewer 0 "[y/N]=y" "buy):=1111" "buy):=2468"
grep -q "2 tries left" "$work/out" || die "the tries left are not told"
if grep -qE "1111|2468" "$work/out"; then die "the PIN was echoed"; fi
identical "$in" "$work/clear.ts" 1
same "balance after the purchase" "$(card_balance)" 750

ok tessera-stb history --card "image:${images[0]}" --json
same "history" "$(json '[(r["event"], r["price_minor"], r["balance_after_minor"]) for r in x if r["type"] == "purchase"]')" "[(7, 250, 750)]"
