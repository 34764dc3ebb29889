#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The card on a Cortex-M0: QEMU's micro:bit runs core and applications with their memory in the chip's own
flash; the head-end personalises it over the serial line, the box watches and buys with it, and the
power is cut between flash words while a top-up is written.

    test_microbit.py SOURCE-FOLDER PROGRAM-FOLDER      exit status 77: QEMU or the compiler is not there
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).with_name("microbit")))
from lab import CONTROL_ON, SELECT_CA, Card, fail, main  # noqa: E402

NOW = "2026-11-22T20:00:00Z"


def sections_of(path):
    data, at = path.read_bytes(), 0
    while at < len(data):
        n = 3 + ((data[at + 1] & 15) << 8 | data[at + 2])
        yield data[at:at + n]
        at += n


def journey(lab, port):
    spec = f"tcp:127.0.0.1:{port}"
    lab.tool("headend", "event", "add", "--id", "100", "--service", "1", "--title", "The film", "--start", NOW,
             "--end", "2026-11-22T22:00:00Z", "--price", "4.50")
    lab.tool("headend", "card", "issue", "--reader", spec, "--profile", "laboratory", "--pin-file", "pin",
             "--start-time", "2026-11-22T19:00:00Z", *lab.keys)
    print("ok: the head-end personalised the card on the Cortex-M0")
    lab.tool("headend", "topup", "1", "--amount", "20.00", "--start-time", NOW)
    lab.scramble("air.ts", NOW)
    lab.tool("stb", "watch", "air.ts", "-o", "seen.ts", "--card", spec, "--service", "1", "--buy", "auto",
             "--max-price", "5.00", "--pin-file", "pin")
    lab.same_stream("seen.ts")
    if "15.50" not in lab.tool("stb", "wallet", "--card", spec):
        fail("the balance is not 15.50")
    print("ok: it verified signed EMMs, sold the film and opened every packet")


def power_cuts(lab, port):
    card, cuts, kept = Card(port), 0, 0
    card.control(CONTROL_ON)
    old = card.credit()
    for words in range(1, 4000, 19):
        new = old + 1
        lab.tool("headend", "topup", "1", "--amount-minor", "1", "--start-time", NOW)
        lab.tool("headend", "emm", "export", "--format", "sections", "-o", "emms.bin", "--start-time", NOW, *lab.keys)
        emms = [s for s in sections_of(lab.scratch / "emms.bin") if s[0] == 0x82]
        apdus = [bytes([0x80, 0x12, 0, 0, len(s)]) + s + b"\x00" for s in emms]
        card.ok(SELECT_CA)
        card.plan_cut(words)
        cut = any(card.transmit(a) == b"" for a in apdus)
        now = card.credit()
        if now not in (old, new):
            fail(f"a cut before word {words} left {now}, not {old} or {new}")
        kept += now == old
        for a in apdus:
            card.ok(a)
        old = card.credit()
        if old != new:
            fail(f"after the cut before word {words} the top-up did not come in: {old}, want {new}")
        if not cut:
            break
        cuts += 1
    else:
        fail("the write never ended")
    if cuts < 8 or kept < 3:
        fail(f"only {cuts} cuts, {kept} of them before the commit")
    print(f"ok: {cuts} power cuts between flash words: old or new, and paid once ({kept} before the commit)")


def test(lab, port):
    journey(lab, port)
    power_cuts(lab, port)


main(test)
