#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""An independent look at a transport stream, from ISO/IEC 13818-1 and EN 300 468 alone: nothing of
Tessera is used, so that both cannot share a mistake.

    ts_check.py check FILE [--services 1,2] [--ecm-gap-ms 200] [--ca-system-id 0x5445]
        sync, continuity, PSI, CA_descriptors and what they point to, spacing of ECMs, scrambling
        control. With --services: exactly these are scrambled.
    ts_check.py compare A B [--services 1,2] [--only] [--scrambled 3]
        every packet of B on A's elementary streams equals A's but for transport_scrambling_control,
        and so does, without --only, every other PID that the head-end has no business to touch.
        PMT and CAT equal A's but for version and CA_descriptors. --scrambled: services that are scrambled
        in B; of their packets header and adaptation field are compared, and payloads must differ.
    ts_check.py count FILE --services 1
        packets of the services' streams: total, clear, even, odd

One line for each finding; the last line is a summary; exit status 1 when something is wrong.
"""
import argparse
import collections
import json
import sys

PACKET, NULL_PID, PAT_PID, CAT_PID = 188, 0x1FFF, 0, 1
PCR_HZ, PCR_WRAP = 27_000_000, (1 << 33) * 300
CA_DESCRIPTOR = 9
SI_PIDS = range(2, 0x20)


def make_crc_table():
    table = []
    for value in range(256):
        crc = value << 24
        for _ in range(8):
            crc = ((crc << 1) ^ 0x04C11DB7) & 0xFFFFFFFF if crc & 0x80000000 else crc << 1
        table.append(crc)
    return table


CRC_TABLE = make_crc_table()


def crc32(data):  # ISO/IEC 13818-1 annex A; 0 over a section that includes its own
    crc = 0xFFFFFFFF
    for byte in data:
        crc = ((crc << 8) & 0xFFFFFFFF) ^ CRC_TABLE[(crc >> 24) ^ byte]
    return crc


class Packet:
    """One packet: ISO/IEC 13818-1 2.4.3.2."""
    __slots__ = ("raw", "pid", "start", "tsc", "control", "cc", "payload_at", "pcr", "discontinuity", "error")

    def __init__(self, raw):
        self.raw = raw
        self.error = bool(raw[1] & 0x80)
        self.start = bool(raw[1] & 0x40)
        self.pid = (raw[1] & 0x1F) << 8 | raw[2]
        self.tsc, self.control, self.cc = raw[3] >> 6, raw[3] >> 4 & 3, raw[3] & 15
        self.pcr, self.discontinuity, self.payload_at = None, False, 4
        if self.control & 2:
            length = raw[4]
            self.payload_at = 5 + length
            if length:
                self.discontinuity = bool(raw[5] & 0x80)
                if raw[5] & 0x10 and length >= 7:
                    base = int.from_bytes(raw[6:10], "big") << 1 | raw[10] >> 7
                    self.pcr = base * 300 + ((raw[10] & 1) << 8 | raw[11])

    @property
    def has_payload(self):
        return bool(self.control & 1) and self.payload_at < PACKET

    def without_tsc(self):
        return self.raw[:3] + bytes([self.raw[3] & 0x3F]) + self.raw[4:]


class Assembler:
    """Sections of one PID: ISO/IEC 13818-1 2.4.4. Yields (table bytes, index of the packet that ends it)."""

    def __init__(self):
        self.buffer, self.synced, self.cc = b"", False, None

    def feed(self, packet, index):
        if not packet.has_payload or packet.tsc:
            return
        if self.cc is not None and packet.cc == self.cc:
            return  # duplicate
        if self.cc is not None and packet.cc != (self.cc + 1) & 15:
            self.buffer, self.synced = b"", False
        self.cc = packet.cc
        payload = packet.raw[packet.payload_at:]
        if packet.start:
            pointer, payload = payload[0], payload[1:]
            if self.synced:
                self.buffer += payload[:pointer]
                yield from self.split(index)
            self.buffer, self.synced, payload = b"", True, payload[pointer:]
        if self.synced:
            self.buffer += payload
            yield from self.split(index)

    def split(self, index):
        while len(self.buffer) >= 3 and self.buffer[0] != 0xFF:
            length = 3 + ((self.buffer[1] & 0x0F) << 8 | self.buffer[2])
            if len(self.buffer) < length:
                return
            yield self.buffer[:length], index
            self.buffer = self.buffer[length:]
        if self.buffer and self.buffer[0] == 0xFF:
            self.buffer = b""


def descriptors(data):
    at = 0
    while at + 2 <= len(data) and at + 2 + data[at + 1] <= len(data):
        yield data[at], data[at + 2:at + 2 + data[at + 1]]
        at += 2 + data[at + 1]


def split_pmt(section):
    """(pcr_pid, program descriptors, [(stream type, pid, descriptors)])"""
    info = (section[10] & 0x0F) << 8 | section[11]
    at, streams = 12 + info, []
    while at + 5 <= len(section) - 4:
        length = (section[at + 3] & 0x0F) << 8 | section[at + 4]
        streams.append((section[at], (section[at + 1] & 0x1F) << 8 | section[at + 2],
                        section[at + 5:at + 5 + length]))
        at += 5 + length
    return (section[8] & 0x1F) << 8 | section[9], section[12:12 + info], streams


class Stream:
    """A whole file, read into tables."""

    def __init__(self, path, report):
        with open(path, "rb") as file:
            self.data = file.read()
        self.path, self.report = path, report
        self.packets, self.pmt_pid, self.pmt, self.cat = [], {}, {}, None
        self.versions = collections.defaultdict(list)  # (pid, table, extension) -> [(version, section)]
        self.sections = collections.defaultdict(list)  # pid of ECM or EMM -> [(section, index)]
        self.named_for_ca = set()  # PIDs of all CA_descriptors
        self.split_packets()
        self.read_psi()

    def split_packets(self):
        at, end, lost = 0, len(self.data), 0
        while at + PACKET <= end:
            if self.data[at] == 0x47:
                self.packets.append(Packet(self.data[at:at + PACKET]))
                at += PACKET
            else:
                here, at = at, self.next_sync(at + 1)
                lost += at - here
        if lost:
            self.report(f"{lost} bytes skipped to find the sync byte")
        if at < end:
            self.report(f"{end - at} bytes after the last whole packet")

    def next_sync(self, at):
        """The next place where three packets in a row begin with 47."""
        while True:
            at = self.data.find(b"G", at)
            if at < 0 or at + PACKET > len(self.data):
                return len(self.data)
            if all(self.data[k:k + 1] in (b"", b"G") for k in (at + PACKET, at + 2 * PACKET)):
                return at
            at += 1

    def table(self, pid, section):
        """Checks one PSI section; true when it is new."""
        name = f"PID {pid:#06x} table {section[0]:#04x}"
        if len(section) < 12 or not section[1] & 0x80:
            self.report(f"{name}: no long section")
            return False
        if crc32(section):
            self.report(f"{name}: wrong CRC")
            return False
        key = pid, section[0], section[3:5], section[6]
        version = section[5] >> 1 & 31
        known = self.versions[key]
        if known and known[-1][0] == version:
            if known[-1][1] != section:
                self.report(f"{name}: other content under the same version {version}")
            return False
        if known and version != (known[-1][0] + 1) & 31:
            self.report(f"{name}: version goes from {known[-1][0]} to {version}")
        known.append((version, section))
        return True

    def read_psi(self):
        """PAT, CAT and PMTs first; then the PIDs of their CA_descriptors, from the start of the file: a capture
        that begins in the middle has ECMs before the PMT that points to them."""
        assemblers = {PAT_PID: Assembler(), CAT_PID: Assembler()}
        for index, packet in enumerate(self.packets):
            if packet.pid not in assemblers or packet.error:
                continue
            for section, _ in assemblers[packet.pid].feed(packet, index):
                if section[0] == (0 if packet.pid == PAT_PID else 1 if packet.pid == CAT_PID else 2):
                    if self.table(packet.pid, section):
                        self.follow(packet.pid, section, assemblers)
        assemblers = {pid: Assembler() for pid in self.named_for_ca if pid not in assemblers}
        for index, packet in enumerate(self.packets):
            if packet.pid not in assemblers or packet.error:
                continue
            for section, at in assemblers[packet.pid].feed(packet, index):
                if section[0] in range(0x80, 0x90):
                    self.sections[packet.pid].append((section, at))

    def follow(self, pid, section, assemblers):
        if pid == PAT_PID:
            for at in range(8, len(section) - 4, 4):
                number = int.from_bytes(section[at:at + 2], "big")
                if number:
                    self.pmt_pid[number] = (section[at + 2] & 0x1F) << 8 | section[at + 3]
                    assemblers.setdefault(self.pmt_pid[number], Assembler())
            return
        if pid == CAT_PID:
            self.cat, loops = section, [section[8:-4]]
        else:
            number = int.from_bytes(section[3:5], "big")
            if self.pmt_pid.get(number) != pid:
                return
            self.pmt[number] = section
            _, program, streams = split_pmt(section)
            loops = [program] + [s[2] for s in streams]
        for loop in loops:
            for tag, body in descriptors(loop):
                if tag == CA_DESCRIPTOR and len(body) >= 4:
                    self.named_for_ca.add((body[2] & 0x1F) << 8 | body[3])

    def streams_of(self, number):
        return [s[1] for s in split_pmt(self.pmt[number])[2]] if number in self.pmt else []

    def ca_pids(self, number, ca_system_id):
        """PIDs of a service's CA_descriptors of one system, program and stream loops; None: the CAT's."""
        if number is None:
            loops = [self.cat[8:-4]] if self.cat else []
        else:
            _, program, streams = split_pmt(self.pmt[number])
            loops = [program] + [s[2] for s in streams]
        return sorted({(body[2] & 0x1F) << 8 | body[3] for loop in loops for tag, body in descriptors(loop)
                       if tag == CA_DESCRIPTOR and len(body) >= 4
                       and int.from_bytes(body[:2], "big") == ca_system_id})

    def clock(self, pid):
        """[(packet index, seconds since the first)] from the PCRs of a PID, wrap undone."""
        points, first, last, turns = [], None, None, 0
        for index, packet in enumerate(self.packets):
            if packet.pid == pid and packet.pcr is not None and not packet.error:
                if last is not None and packet.pcr < last - PCR_WRAP // 2:
                    turns += 1
                last = packet.pcr
                first = packet.pcr if first is None else first
                points.append((index, (last + turns * PCR_WRAP - first) / PCR_HZ))
        return points

    def service_clock(self, number):
        """That of the PCR_PID, or of a stream that has PCRs all the same."""
        pids = [split_pmt(self.pmt[number])[0], *self.streams_of(number)]
        return next((points for points in map(self.clock, pids) if len(points) > 1), [])


def times(points, indexes):
    """Seconds of each packet index, between the two PCRs around it; those outside are left out."""
    result, at = [], 0
    for index in indexes:
        while at + 1 < len(points) and points[at + 1][0] <= index:
            at += 1
        if at + 1 >= len(points) or index < points[at][0]:
            continue
        (i0, t0), (i1, t1) = points[at], points[at + 1]
        result.append(t0 + (t1 - t0) * (index - i0) / (i1 - i0))
    return result


def check_continuity(stream, report):
    last = {}
    for index, packet in enumerate(stream.packets):
        if packet.pid == NULL_PID:
            continue
        if packet.error:
            last.pop(packet.pid, None)
            continue
        if packet.control == 0:
            report(f"packet {index} PID {packet.pid:#06x}: reserved adaptation_field_control")
            continue
        before = last.get(packet.pid)
        if before is not None and not packet.discontinuity:
            cc, repeats, content = before
            if not packet.control & 1:
                if packet.cc != cc:
                    report(f"packet {index} PID {packet.pid:#06x}: counter moved without payload")
                continue
            if packet.cc == cc and packet.raw[:4] == content[:4] and packet.raw[12:] == content[12:]:
                if repeats:
                    report(f"packet {index} PID {packet.pid:#06x}: more than one duplicate")
                last[packet.pid] = cc, repeats + 1, packet.raw
                continue
            # before a PID's first payload, the counter of an adaptation field only says "the next is cc + 1"
            if packet.cc != (cc + 1) & 15:
                report(f"packet {index} PID {packet.pid:#06x}: continuity counter {packet.cc} after {cc}")
        last[packet.pid] = packet.cc, 0, packet.raw


def check_ca(stream, args, report, facts):
    roles = collections.defaultdict(set)
    for number, pid in stream.pmt_pid.items():
        roles[pid].add("PMT")
        if number not in stream.pmt:
            report(f"service {number}: no PMT on PID {pid:#06x}")
    for number in stream.pmt:
        for pid in stream.streams_of(number):
            roles[pid].add("stream")
        for pid in stream.ca_pids(number, args.ca_system_id):
            roles[pid].add("ECM")
            check_tables(stream, pid, {0x80, 0x81}, f"service {number}: ECM", report)
            check_ecm_gap(stream, number, pid, args.ecm_gap_ms, report, facts)
    for pid in stream.ca_pids(None, args.ca_system_id):
        roles[pid].add("EMM")
        check_tables(stream, pid, set(range(0x82, 0x90)), "EMM", report)
        facts["emms"] = facts.get("emms", 0) + len(stream.sections[pid])
    for pid, uses in roles.items():
        if len(uses) > 1 or (pid in SI_PIDS and "PMT" not in uses) or pid in (PAT_PID, CAT_PID, NULL_PID):
            report(f"PID {pid:#06x} is used as {' and '.join(sorted(uses))}")
    for number in args.services or []:
        if number in stream.pmt and not stream.ca_pids(number, args.ca_system_id):
            report(f"service {number}: no CA_descriptor of {args.ca_system_id:#06x}")
    if args.services and not stream.ca_pids(None, args.ca_system_id):
        report("CAT: no CA_descriptor")


def check_tables(stream, pid, tables, name, report):
    found = stream.sections[pid]
    if not found:
        report(f"{name} PID {pid:#06x} carries no section")
    for section, index in found:
        if section[0] not in tables:
            report(f"packet {index}: table_id {section[0]:#04x} on the {name} PID {pid:#06x}")


def check_ecm_gap(stream, number, pid, limit_ms, report, facts):
    points = stream.service_clock(number)
    seconds = times(points, [index for _, index in stream.sections[pid]])
    gap = max((b - a for a, b in zip(seconds, seconds[1:])), default=0)
    facts.setdefault("ecms", {})[number] = len(stream.sections[pid])
    facts.setdefault("ecm_gap_ms", {})[number] = round(gap * 1000)
    if gap * 1000 > limit_ms:
        report(f"service {number}: {gap * 1000:.0f} ms between two ECMs, more than {limit_ms}")
    streams = set(stream.streams_of(number))
    first = next((i for i, p in enumerate(stream.packets) if p.pid in streams and p.tsc), None)
    if first is not None and (not stream.sections[pid] or stream.sections[pid][0][1] > first):
        report(f"service {number}: first scrambled packet {first} before the first ECM")


def check_scrambling(stream, args, report, facts):
    scrambled = set()
    for number in stream.pmt:
        if args.services is None or number in args.services:
            scrambled |= set(stream.streams_of(number))
    counts = collections.defaultdict(lambda: [0, 0, 0, 0])
    for index, packet in enumerate(stream.packets):
        if packet.error or packet.pid == NULL_PID:
            continue
        if packet.tsc == 1:
            report(f"packet {index} PID {packet.pid:#06x}: reserved scrambling control 01")
        if packet.tsc and not packet.has_payload:
            report(f"packet {index} PID {packet.pid:#06x}: scrambled, but without payload")
        if packet.tsc and packet.pid not in scrambled:
            report(f"packet {index} PID {packet.pid:#06x}: must not be scrambled")
        if packet.has_payload:
            counts[packet.pid][packet.tsc] += 1
    facts["tsc"] = {f"{pid:#06x}": {"clear": c[0], "even": c[2], "odd": c[3]}
                    for pid, c in sorted(counts.items()) if pid in scrambled}
    for number in args.services or []:
        if number not in stream.pmt:
            report(f"service {number} is not in the stream")
            continue
        for pid in stream.streams_of(number):
            clear, _, even, odd = counts[pid]
            if not even + odd and clear:
                report(f"service {number}: nothing is scrambled on PID {pid:#06x} ({clear} packets)")
            elif clear:
                facts.setdefault("clear_in_scrambled", {})[f"{pid:#06x}"] = clear
                tail = clear_after_first(stream, pid)
                if tail:
                    report(f"service {number}: {tail} clear packets after the first scrambled on PID {pid:#06x}")


def clear_after_first(stream, pid):
    """Clear packets behind the first scrambled one; payloads below one cipher block are never scrambled."""
    seen, count = False, 0
    for packet in stream.packets:
        if packet.pid == pid and packet.has_payload:
            seen = seen or bool(packet.tsc)
            if seen and not packet.tsc and PACKET - packet.payload_at >= 16:
                count += 1
    return count


def per_pid(stream):
    table = collections.defaultdict(list)
    for packet in stream.packets:
        table[packet.pid].append(packet)
    return table


def strip_ca(section, has_streams, ca_system_id):
    """A PMT or CAT section without version, length, CRC, scrambling_descriptor (EN 300 468 6.2.32) and the
    CA_descriptors of one system."""
    def keep(loop):
        return [(t, b) for t, b in descriptors(loop) if t != 0x65
                and not (t == CA_DESCRIPTOR and int.from_bytes(b[:2], "big") == ca_system_id)]
    if not has_streams:
        return keep(section[8:-4])
    pcr, program, streams = split_pmt(section)
    return section[3:5], pcr, keep(program), [(t, pid, keep(d)) for t, pid, d in streams]


def compare_pid(pid, left, right, report):
    count = 0
    for count, (a, b) in enumerate(zip(left, right), 1):
        if a.without_tsc() != b.raw:
            what = "is still scrambled" if b.tsc else "differs"
            report(f"PID {pid:#06x}: packet {count - 1} of {len(left)} {what}")
            return
    if len(left) != len(right):
        report(f"PID {pid:#06x}: {len(left)} packets before, {len(right)} after")


def compare_headers(pid, left, right, report):
    """B is scrambled: what surrounds the payload is A's, the payload of a scrambled packet is not."""
    if len(left) != len(right):
        report(f"PID {pid:#06x}: {len(left)} packets before, {len(right)} after")
    for count, (a, b) in enumerate(zip(left, right)):
        head = a.payload_at
        if a.without_tsc()[:head] != b.without_tsc()[:head]:
            report(f"PID {pid:#06x}: header or adaptation field of packet {count} differs")
            return
        if (a.raw[head:] == b.raw[head:]) == bool(b.tsc) and PACKET - head >= 16:
            report(f"PID {pid:#06x}: packet {count} {'has a clear payload' if b.tsc else 'differs, but is clear'}")
            return


def compare(args, report):
    a, b = Stream(args.files[0], lambda fault: None), Stream(args.files[1], report)
    services = args.services or [number for number in sorted(a.pmt) if number not in args.scrambled]
    if not a.pmt:
        report("no service in the first stream")
    left, right = per_pid(a), per_pid(b)
    scrambled = {pid for number in args.scrambled for pid in a.streams_of(number)}
    elementary = {pid for number in services for pid in a.streams_of(number)} - scrambled
    own = {pid for number in b.pmt for pid in b.ca_pids(number, args.ca_system_id)} | set(
        b.ca_pids(None, args.ca_system_id))
    for number in [*services, *args.scrambled]:
        if number not in a.pmt or number not in b.pmt:
            report(f"service {number} is not in both streams")
        elif strip_ca(a.pmt[number], True, args.ca_system_id) != strip_ca(b.pmt[number], True, args.ca_system_id):
            report(f"service {number}: the PMTs differ in more than CA_descriptors")
    others = set()
    if not args.only:
        others = set(left) - {NULL_PID, CAT_PID} - set(a.pmt_pid.values()) - elementary - scrambled
        if a.cat and b.cat and strip_ca(a.cat, False, args.ca_system_id) != strip_ca(b.cat, False, args.ca_system_id):
            report("the CATs differ in more than CA_descriptors")
        for pid in sorted(set(right) - set(left) - own - {CAT_PID, NULL_PID}):
            report(f"PID {pid:#06x} came from nowhere: {len(right[pid])} packets")
    for pid in sorted(elementary | others):
        compare_pid(pid, left[pid], right[pid], report)
    for pid in sorted(scrambled):
        compare_headers(pid, left[pid], right[pid], report)
    return {"services": services, "streams": len(elementary), "other_pids": len(others),
            "packets": sum(len(left[pid]) for pid in elementary | others)}


def count(args, report):
    stream, total = Stream(args.files[0], report), [0, 0, 0, 0]
    pids = {pid for number in args.services or stream.pmt for pid in stream.streams_of(number)}
    for packet in stream.packets:
        if packet.pid in pids and packet.has_payload:
            total[packet.tsc] += 1
    return {"packets": sum(total), "clear": total[0], "even": total[2], "odd": total[3]}


def check(args, report):
    stream, facts = Stream(args.files[0], report), {}
    facts["packets"], facts["services"] = len(stream.packets), sorted(stream.pmt)
    if PAT_PID not in {key[0] for key in stream.versions}:
        report("no PAT")
    check_continuity(stream, report)
    check_ca(stream, args, report, facts)
    check_scrambling(stream, args, report, facts)
    return facts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["check", "compare", "count"])
    parser.add_argument("files", nargs="+")
    parser.add_argument("--services", type=lambda text: [int(n, 0) for n in text.split(",")])
    parser.add_argument("--scrambled", type=lambda text: [int(n, 0) for n in text.split(",")], default=[])
    parser.add_argument("--ca-system-id", type=lambda text: int(text, 0), default=0x5445)
    parser.add_argument("--ecm-gap-ms", type=int, default=200)
    parser.add_argument("--only", action="store_true")
    args = parser.parse_args()
    if len(args.files) != (2 if args.what == "compare" else 1):
        parser.error("wrong number of files")
    findings = []
    facts = {"check": check, "compare": compare, "count": count}[args.what](args, findings.append)
    for finding in findings[:40]:
        print(finding)
    facts["findings"] = len(findings)
    print(json.dumps(facts))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
