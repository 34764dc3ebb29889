#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The card on a Cortex-M0: QEMU's micro:bit runs core and applications with their memory in the chip's own
flash; the head-end personalises it over the serial line, the box watches and buys with it, and the
power is cut between flash words while a top-up is written.

    test_microbit.py SOURCE-FOLDER PROGRAM-FOLDER      exit status 77: QEMU or the compiler is not there
"""
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

CONTROL_ON, PLAN_CUT = 1, 0xFE
SELECT_CA = bytes.fromhex("00A4040009F0544553534552410100")
GET_WALLET = bytes.fromhex("80CA040000")
NOW = "2026-11-22T20:00:00Z"


def fail(text):
    print("failed:", text)
    sys.exit(1)


class Card:
    """vpcd's framing on the line, with a frame of our own that plans a cut."""

    def __init__(self, port):
        self.line = socket.create_connection(("127.0.0.1", port), timeout=30)

    def send(self, payload):
        self.line.sendall(struct.pack(">H", len(payload)) + payload)

    def take(self, n):
        data = b""
        while len(data) < n:
            piece = self.line.recv(n - len(data))
            if not piece:
                fail("the line is closed")
            data += piece
        return data

    def receive(self):
        return self.take(struct.unpack(">H", self.take(2))[0])

    def transmit(self, apdu):
        self.send(apdu)
        return self.receive()

    def ok(self, apdu):
        answer = self.transmit(apdu)
        if answer[-2:] != b"\x90\x00":
            fail(f"{apdu[:8].hex()}: {answer.hex()}")
        return answer[:-2]

    def credit(self):
        """Paid in by EMM on slot 0, minor units."""
        self.ok(SELECT_CA)
        return struct.unpack(">Q", self.ok(GET_WALLET)[5:13])[0]

    def plan_cut(self, words):
        self.send(bytes([PLAN_CUT]) + struct.pack(">I", words))
        self.receive()


def sections_of(path):
    data, at = path.read_bytes(), 0
    while at < len(data):
        n = 3 + ((data[at + 1] & 15) << 8 | data[at + 2])
        yield data[at:at + n]
        at += n


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def main():
    source, programs = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
    for needed in ("qemu-system-arm", "arm-none-eabi-gcc", "ffmpeg"):
        if not shutil.which(needed):
            print("skipped:", needed, "is not installed")
            sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        run(source, programs, pathlib.Path(folder))


def run(source, programs, scratch):
    os.umask(0o077)
    env = dict(os.environ, TESSERA_HOME=str(scratch / "home"))
    (scratch / "pass").write_text("secret\n")
    (scratch / "pin").write_text("4917\n")
    keys = ["--passphrase-file", str(scratch / "pass")]

    def tool(name, *arguments, status=0):
        done = subprocess.run([programs / f"tessera-{name}", *arguments], cwd=scratch, env=env, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != status:
            fail(f"tessera-{name} {' '.join(arguments)}: status {done.returncode}\n{done.stdout}")
        return done.stdout

    image = scratch / "card.elf"
    subprocess.run([source / "tests/interop/microbit/build.sh", source, image], check=True)
    port = free_port()
    qemu = subprocess.Popen(["qemu-system-arm", "-M", "microbit", "-display", "none", "-monitor", "none", "-serial",
                             f"tcp:127.0.0.1:{port},server=on,wait=off", "-kernel", str(image)])
    try:
        time.sleep(0.5)
        journey(tool, keys, port, scratch)
        power_cuts(tool, keys, port, scratch)
    finally:
        qemu.kill()
        qemu.wait()


def journey(tool, keys, port, scratch):
    spec = f"tcp:127.0.0.1:{port}"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25", "-f", "lavfi", "-i",
                    "sine", "-t", "4", "-c:v", "mpeg2video", "-c:a", "mp2", "-f", "mpegts", "clear.ts"], cwd=scratch, check=True)
    tool("keys", "init", *keys)
    tool("headend", "init", "--operator", "Lab", *keys)
    tool("headend", "service", "add", "--id", "1", "--name", "One")
    tool("headend", "event", "add", "--id", "100", "--service", "1", "--title", "The film", "--start", NOW,
         "--end", "2026-11-22T22:00:00Z", "--price", "4.50")
    tool("headend", "card", "issue", "--reader", spec, "--profile", "laboratory", "--pin-file", "pin",
         "--start-time", "2026-11-22T19:00:00Z", *keys)
    print("ok: the head-end personalised the card on the Cortex-M0")
    tool("headend", "topup", "1", "--amount", "20.00", "--start-time", NOW)
    tool("headend", "scramble", "clear.ts", "-o", "air.ts", "--service", "1", "--start-time", NOW,
         "--crypto-period-s", "1", "--force", *keys)
    tool("stb", "watch", "air.ts", "-o", "seen.ts", "--card", spec, "--service", "1", "--buy", "auto",
         "--max-price", "5.00", "--pin-file", "pin")
    check = source_check(scratch)
    if check.returncode != 0:
        fail(f"the streams differ: {check.stdout}")
    if "15.50" not in tool("stb", "wallet", "--card", spec):
        fail("the balance is not 15.50")
    print("ok: it verified signed EMMs, sold the film and opened every packet")


def source_check(scratch):
    checker = pathlib.Path(__file__).with_name("ts_check.py")
    return subprocess.run([sys.executable, checker, "compare", "clear.ts", "seen.ts", "--only"], cwd=scratch,
                          stdout=subprocess.PIPE, text=True)


def power_cuts(tool, keys, port, scratch):
    card, cuts, kept = Card(port), 0, 0
    card.send(bytes([CONTROL_ON]))
    old = card.credit()
    for words in range(1, 4000, 29):
        new = old + 1
        tool("headend", "topup", "1", "--amount-minor", "1", "--start-time", NOW)
        tool("headend", "emm", "export", "--format", "sections", "-o", "emms.bin", "--start-time", NOW, *keys)
        emms = [s for s in sections_of(scratch / "emms.bin") if s[0] == 0x82]
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


main()
