# SPDX-License-Identifier: GPL-3.0-or-later
"""What the micro:bit's tests share: an operator with one service, the board in QEMU, the line to its card."""
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

CONTROL_ON, PLAN_CUT = 1, 0xFE
SELECT_CA = bytes.fromhex("00A4040009F0544553534552410100")
GET_WALLET = bytes.fromhex("80CA040000")


def fail(text):
    print("failed:", text)
    sys.exit(1)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def take(line, n):
    """n bytes, or None when the line is closed."""
    data = b""
    while len(data) < n:
        piece = line.recv(n - len(data))
        if not piece:
            return None
        data += piece
    return data


def take_frame(line):
    head = take(line, 2)
    return None if head is None else take(line, struct.unpack(">H", head)[0])


def put_frame(line, payload):
    line.sendall(struct.pack(">H", len(payload)) + payload)


class Card:
    """vpcd's framing on the line, with a frame of our own that plans a cut."""

    def __init__(self, port):
        self.line = socket.create_connection(("127.0.0.1", port), timeout=30)

    def transmit(self, apdu):
        put_frame(self.line, apdu)
        answer = take_frame(self.line)
        return fail("the line is closed") if answer is None else answer

    def control(self, code):
        put_frame(self.line, bytes([code]))

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
        self.transmit(bytes([PLAN_CUT]) + struct.pack(">I", words))


class Relay:
    """Between a box and the card: counts commands by instruction, keeps all that was said, and can plan a
    cut just in front of the next command of one instruction."""

    def __init__(self, port):
        self.card_port, self.seen, self.said, self.cut = port, [], bytearray(), None
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def cut_before(self, ins, words):
        self.cut = (ins, words)

    def serve(self):
        while True:
            box, _ = self.server.accept()
            with box, socket.create_connection(("127.0.0.1", self.card_port)) as card:
                while (frame := take_frame(box)) is not None:
                    self.exchange(box, card, frame)

    def exchange(self, box, card, frame):
        self.said += frame
        if len(frame) > 1:
            self.seen.append(frame[1])
            if self.cut and frame[1] == self.cut[0]:
                put_frame(card, bytes([PLAN_CUT]) + struct.pack(">I", self.cut[1]))
                take_frame(card)
                self.cut = None
        put_frame(card, frame)
        if len(frame) > 1 or frame[0] == 4:  # an APDU, or the wish for the ATR
            answer = take_frame(card)
            self.said += answer
            put_frame(box, answer)


class Lab:
    """A scratch folder, the programs, and a keystore and head-end made by them."""

    def __init__(self, source, programs, scratch):
        self.source, self.programs, self.scratch = source, programs, scratch
        self.env = dict(os.environ, TESSERA_HOME=str(scratch / "home"))
        self.keys = ["--passphrase-file", str(scratch / "pass")]
        os.umask(0o077)
        (scratch / "pass").write_text("secret\n")
        (scratch / "pin").write_text("4917\n")
        self.image = scratch / "card.elf"
        subprocess.run([source / "tests/interop/microbit/build.sh", source, self.image], check=True)
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25", "-f", "lavfi",
                        "-i", "sine", "-t", "2", "-c:v", "mpeg2video", "-c:a", "mp2", "-f", "mpegts", "clear.ts"],
                       cwd=scratch, check=True)
        self.tool("keys", "init", *self.keys)
        self.tool("headend", "init", "--operator", "Lab", *self.keys)
        self.tool("headend", "service", "add", "--id", "1", "--name", "One")

    def run(self, name, *arguments):
        """(exit status, what it said)"""
        done = subprocess.run([self.programs / f"tessera-{name}", *arguments], cwd=self.scratch, env=self.env,
                              timeout=60, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return done.returncode, done.stdout

    def tool(self, name, *arguments):
        status, said = self.run(name, *arguments)
        if status != 0:
            fail(f"tessera-{name} {' '.join(arguments)}: status {status}\n{said}")
        return said

    def scramble(self, out, start):
        self.tool("headend", "scramble", "clear.ts", "-o", out, "--service", "1", "--start-time", start,
                  "--crypto-period-s", "1", "--force", "--cw-log", out + ".cw", *self.keys)

    def same_stream(self, name):
        checker = pathlib.Path(__file__).parent.with_name("ts_check.py")
        done = subprocess.run([sys.executable, checker, "compare", "clear.ts", name, "--only"], cwd=self.scratch,
                              stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            fail(f"the streams differ: {done.stdout}")

    def board(self):
        """(QEMU's process, TCP port of the serial line), when it answers."""
        port = free_port()
        qemu = subprocess.Popen(["qemu-system-arm", "-M", "microbit", "-display", "none", "-monitor", "none",
                                 "-serial", f"tcp:127.0.0.1:{port},server=on,wait=off", "-kernel", str(self.image)])
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return qemu, port
            except ConnectionRefusedError:
                time.sleep(0.05)
        qemu.kill()
        return fail("QEMU does not listen")


def main(test):
    """test(lab, port) on a fresh board; arguments SOURCE-FOLDER PROGRAM-FOLDER, exit status 77: QEMU, the
    compiler or ffmpeg is not there."""
    source, programs = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
    for needed in ("qemu-system-arm", "arm-none-eabi-gcc", "ffmpeg"):
        if not shutil.which(needed):
            print("skipped:", needed, "is not installed")
            sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(source, programs, pathlib.Path(folder))
        qemu, port = lab.board()
        try:
            test(lab, port)
        finally:
            qemu.kill()
            qemu.wait()
