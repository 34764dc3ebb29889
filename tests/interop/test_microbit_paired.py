#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A paired card on the Cortex-M0: its own ECDH with the box, purchases that are wrapped on the line, and the
power cut between flash words while one of them is written.

    test_microbit_paired.py SOURCE-FOLDER PROGRAM-FOLDER      exit status 77: QEMU or the compiler is not there
"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).with_name("microbit")))
from lab import Relay, fail, main  # noqa: E402

INS_PURCHASE, INS_OPEN_CHANNEL, INS_CONFIRM_CHANNEL, INS_WRAPPED = 0x16, 0x1C, 0x1E, 0x22
PRICE, MONEY, STEP, EVENTS = 250, 10000, 80, 12


def start_of(event):
    return f"2026-11-22T20:{event:02}:00Z"


def issue(lab, relay):
    for event in range(EVENTS):
        lab.tool("headend", "event", "add", "--id", str(100 + event), "--service", "1", "--title", f"Film {event}",
                 "--start", start_of(event), "--end", start_of(event + 1), "--price-minor", str(PRICE))
    lab.tool("headend", "card", "issue", "--reader", relay, "--pin-file", "pin", "--start-time",
             "2026-11-22T19:00:00Z", *lab.keys)
    lab.tool("headend", "topup", "1", "--amount-minor", str(MONEY), "--start-time", start_of(0))
    print("ok: the head-end personalised a paired card on the Cortex-M0")


def watch(lab, spec, event, box="box"):
    return lab.run("stb", "watch", f"air{event}.ts", "-o", "seen.ts", "--card", spec, "--home", box, "--service", "1",
                   "--buy", "auto", "--max-price", "5.00", "--pin-file", "pin")


def balance(lab, spec):
    slots = json.loads(lab.tool("stb", "wallet", "--card", spec, "--json"))
    return (slots["slots"] if "slots" in slots else slots)[0]["balance_minor"]


def first_evening(lab, relay, spec):
    lab.scramble("air0.ts", start_of(0))
    status, said = watch(lab, spec, 0)
    if status != 0:
        fail(f"the first box does not watch: {status}\n{said}")
    lab.same_stream("seen.ts")
    for ins in INS_OPEN_CHANNEL, INS_CONFIRM_CHANNEL, INS_WRAPPED:
        if ins not in relay.seen:
            fail(f"no command {ins:02X} on the line")
    if INS_PURCHASE in relay.seen:
        fail("a bare PURCHASE on the line")
    words = [bytes.fromhex(row.split()[-1]) for row in (lab.scratch / "air0.ts.cw").read_text().splitlines()
             if row and not row.startswith("#")]
    if len(words) < 2 or len(relay.said) < 1000:
        fail("too little was said")
    if any(relay.said.count(s) for w in words for s in (w[:4], w[4:8])) or relay.said.count(b"4917"):
        fail("the line showed a control word or the PIN")
    if watch(lab, spec, 0, "other")[0] != 4:
        fail("another box gets in")
    print("ok: handshake and wrapped PURCHASE on the Cortex-M0, no control word and no PIN on the line")


def power_cuts(lab, relay, spec):
    """One film and one cut each; the box comes back, sees what the card knows, and pays once."""
    money, before, after = balance(lab, spec), 0, 0
    if money != MONEY - PRICE:
        fail(f"the balance is {money}")
    for event in range(1, EVENTS):
        lab.scramble(f"air{event}.ts", start_of(event))
        relay.cut_before(INS_WRAPPED, 1 + (event - 1) * STEP)
        status, _ = watch(lab, spec, event)
        now = balance(lab, spec)
        if now not in (money, money - PRICE):
            fail(f"cut {event} left {now} of {money}")
        if relay.cut is not None:
            fail("no wrapped command came")
        if status == 0 and now == money:
            fail("watched without paying")
        again, said = watch(lab, spec, event)
        if again != 0:
            fail(f"after cut {event} the film does not open: {again}\n{said}")
        lab.same_stream("seen.ts")
        if balance(lab, spec) != money - PRICE:
            fail(f"after cut {event} the film was paid {money - balance(lab, spec)}")
        before += now == money
        after += now != money and status != 0
        money -= PRICE
        if status == 0:
            break
    else:
        fail("the purchase never ended")
    if before < 3:
        fail(f"only {before} cuts before the commit")
    print(f"ok: {before + after} power cuts in a wrapped PURCHASE: paid once each ({before} before the commit)")


def test(lab, port):
    relay = Relay(port)
    spec = f"tcp:127.0.0.1:{relay.port}"
    issue(lab, spec)
    first_evening(lab, relay, spec)
    power_cuts(lab, relay, spec)


main(test)
