#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The independent stream checker finds what it is there for: a small correct stream, and one mistake at a time.

    tests/unit/test_ts_check.py SOURCE-FOLDER
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(sys.argv.pop(1)).resolve()
sys.dont_write_bytecode = True
sys.path.insert(0, str(SOURCE / "tests/support"))
import shape_stream as shape  # noqa: E402

PMT, VIDEO, ECM, EMM = 0x100, 0x101, 0x102, 0x103


def ca(pid):
    return b"\x09\x04\x54\x45" + (0xE000 | pid).to_bytes(2, "big")


def pmt(version=0, ecm=ECM, video=VIDEO):
    loop = ca(ecm)
    return shape.long_section(2, 1, version, (0xE000 | video).to_bytes(2, "big") + (0xF000 | len(loop)).to_bytes(2, "big")
                              + loop + b"\x02" + (0xE000 | video).to_bytes(2, "big") + b"\xf0\x00")


def private(table, fill):
    return bytes([table, 0x70, 20]) + bytes([fill]) * 20


class Made:
    """Two seconds: 100 video packets a second, a PCR every 4, an ECM every 10, PSI every 20, an EMM every 50."""

    def __init__(self, scrambled=True):
        self.packets, self.cc = [], {}
        for n in range(200):
            if n % 20 == 0:
                self.add(0, b"\x00" + shape.long_section(0, 7, 0, b"\x00\x01" + (0xE000 | PMT).to_bytes(2, "big")))
                self.add(PMT, b"\x00" + pmt())
                self.add(1, b"\x00" + shape.long_section(1, 0xFFFF, 0, ca(EMM)))
            if n % 10 == 0:
                self.add(ECM, b"\x00" + private(0x80 | n // 100, n))
            if n % 50 == 0:
                self.add(EMM, b"\x00" + private(0x82, n))
            self.video(n, (2 | n // 100) if scrambled else 0)

    def add(self, pid, payload):
        cc = self.cc.get(pid, 0)
        self.packets += shape.packetise(pid, payload, cc)
        self.cc[pid] = cc + 1

    def video(self, n, tsc):
        cc = self.cc.get(VIDEO, 0)
        self.cc[VIDEO] = cc + 1
        head = bytes([0x47, VIDEO >> 8, VIDEO & 255, tsc << 6 | (0x30 if n % 4 == 0 else 0x10) | cc & 15])
        field = b""
        if n % 4 == 0:
            base = n * 900
            field = bytes([7, 0x10]) + (base << 15 | 0x7E00).to_bytes(6, "big")
        self.packets.append(head + field + bytes([n]) * (184 - len(field)))

    def index(self, pid, nth=0):
        return [i for i, p in enumerate(self.packets) if shape.pid_of(p) == pid][nth]

    def patch(self, pid, nth, offset, change):
        i = self.index(pid, nth)
        p = bytearray(self.packets[i])
        p[offset] = change(p[offset])
        self.packets[i] = bytes(p)


class Checker(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tessera-ts-")
        self.addCleanup(self.folder.cleanup)

    def write(self, made, name="a.ts"):
        path = pathlib.Path(self.folder.name) / name
        path.write_bytes(b"".join(made.packets))
        return str(path)

    def run_tool(self, *args):
        run = subprocess.run([sys.executable, str(SOURCE / "tests/interop/ts_check.py"), *args],
                             capture_output=True, text=True, check=False)
        return run.returncode, run.stdout + run.stderr

    def found(self, made, what, *options):
        status, output = self.run_tool("check", self.write(made), "--services", "1", *options)
        self.assertEqual(status, 1, output)
        self.assertIn(what, output)

    def test_a_correct_stream_passes(self):
        status, output = self.run_tool("check", self.write(Made()), "--services", "1")
        self.assertEqual(status, 0, output)
        self.assertIn('"ecm_gap_ms": {"1": 1', output)

    def test_a_lost_packet(self):
        made = Made()
        del made.packets[made.index(VIDEO, 50)]
        self.found(made, "continuity counter")

    def test_two_duplicates(self):
        made = Made()
        i = made.index(VIDEO, 51)
        made.packets[i:i] = [made.packets[i]] * 2
        self.found(made, "more than one duplicate")

    def test_one_duplicate_is_allowed(self):
        made = Made()
        i = made.index(VIDEO, 51)
        made.packets.insert(i, made.packets[i])
        self.assertEqual(self.run_tool("check", self.write(made))[0], 0)

    def test_a_wrong_crc(self):
        made = Made()
        made.patch(PMT, 3, 30, lambda b: b ^ 1)
        self.found(made, "wrong CRC")

    def test_new_content_without_a_new_version(self):
        made = Made()
        made.packets[made.index(PMT, 5)] = shape.packetise(PMT, b"\x00" + pmt(0, ECM, VIDEO + 9), 5)[0]
        self.found(made, "other content under the same version")

    def test_an_empty_ecm_pid(self):
        made = Made()
        made.packets = [p for p in made.packets if shape.pid_of(p) != ECM]
        self.found(made, "carries no section")

    def test_an_emm_on_the_ecm_pid(self):
        made = Made()
        made.patch(ECM, 4, 5, lambda b: 0x82)
        self.found(made, "table_id 0x82 on the service 1: ECM PID")

    def test_ecms_too_far_apart(self):
        self.found(Made(), "ms between two ECMs, more than 50", "--ecm-gap-ms", "50")

    def test_scrambled_before_the_first_ecm(self):
        made = Made()
        made.packets.insert(0, made.packets[made.index(VIDEO)])
        del made.packets[made.index(VIDEO, 1)]
        self.found(made, "before the first ECM")

    def test_a_capture_that_begins_in_the_middle_may_have_ecms_before_the_pmt(self):
        made = Made()
        del made.packets[:made.index(ECM)]
        self.assertEqual(self.run_tool("check", self.write(made), "--services", "1")[0], 0)
        del made.packets[made.index(ECM)]
        self.found(made, "before the first ECM")

    def test_one_packet_left_clear(self):
        made = Made()
        made.patch(VIDEO, 70, 3, lambda b: b & 0x3F)
        self.found(made, "1 clear packets after the first scrambled")

    def test_a_service_that_is_not_scrambled(self):
        self.found(Made(scrambled=False), "nothing is scrambled on PID")

    def test_reserved_scrambling_control(self):
        made = Made()
        made.patch(VIDEO, 70, 3, lambda b: b & 0x3F | 0x40)
        self.found(made, "reserved scrambling control")

    def test_a_scrambled_pmt(self):
        made = Made()
        made.patch(PMT, 3, 3, lambda b: b | 0x80)
        self.found(made, "must not be scrambled")

    def test_a_pid_used_twice(self):
        made = Made()
        made.packets = [shape.packetise(PMT, b"\x00" + pmt(0, VIDEO), p[3])[0] if shape.pid_of(p) == PMT else p
                        for p in made.packets]
        self.found(made, "is used as ECM and stream")

    def test_bytes_that_are_no_packet(self):
        made = Made()
        made.packets.insert(9, b"\x00" * 100)
        self.found(made, "100 bytes skipped")

    def test_compare_accepts_other_scrambling_bits_only(self):
        a, b = self.write(Made(True), "a.ts"), self.write(Made(False), "b.ts")
        self.assertEqual(self.run_tool("compare", a, b)[0], 0)
        status, output = self.run_tool("compare", b, a)
        self.assertEqual(status, 1)
        self.assertIn("is still scrambled", output)

    def test_compare_finds_one_changed_byte_and_a_lost_packet(self):
        a, other = self.write(Made(False), "a.ts"), Made(False)
        other.patch(VIDEO, 77, 187, lambda b: b ^ 1)
        self.assertIn("packet 77 of 200 differs", self.run_tool("compare", a, self.write(other, "b.ts"))[1])
        other = Made(False)
        other.packets.pop()
        self.assertIn("200 packets before, 199 after", self.run_tool("compare", a, self.write(other, "b.ts"))[1])

    def test_compare_with_a_scrambled_service(self):
        a = self.write(Made(False), "a.ts")
        noisy, clear = Made(True), Made(True)
        noisy.packets = [p if not p[3] & 0x80 else p[:-20] + bytes(b ^ 0xA5 for b in p[-20:]) for p in noisy.packets]
        self.assertEqual(self.run_tool("compare", a, self.write(noisy, "b.ts"), "--scrambled", "1")[0], 0)
        status, output = self.run_tool("compare", a, self.write(clear, "b.ts"), "--scrambled", "1")
        self.assertIn("packet 0 has a clear payload", output)
        noisy.patch(VIDEO, 8, 6, lambda b: b ^ 1)
        status, output = self.run_tool("compare", a, self.write(noisy, "b.ts"), "--scrambled", "1")
        self.assertEqual(status, 1)
        self.assertIn("adaptation field of packet 8 differs", output)

    def test_count(self):
        self.assertIn('"packets": 200, "clear": 0, "even": 100, "odd": 100',
                      self.run_tool("count", self.write(Made()), "--services", "1")[1])


if __name__ == "__main__":
    unittest.main()
