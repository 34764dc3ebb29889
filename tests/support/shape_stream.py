#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes unusual streams out of usual ones, for make_stream.sh.

    shape_stream.py KIND IN OUT

    partial     one PAT and one PMT are left, and the file begins within a packet
    truncated   cut within a packet
    corrupted   every two-thousandth byte is random
    subtitles   null packets become DVB subtitles and teletext, announced in the PMT
    awkward     PIDs at the ends of the range, a PMT over two packets, CA_descriptors of another system in
                PMT and CAT, a non-zero pointer_field, duplicate packets, PAT/PMT renewed half-way
    rough       null packets removed from a constant rate, duplicates, packets with transport errors, garbage between
                packets, the first half without tables
"""
import random
import sys

PACKET = 188
PMT_PID, VIDEO_PID, AUDIO_PID, TELETEXT_PID, SUBTITLE_PID = 0x1000, 0x100, 0x101, 0x200, 0x201


def crc32(data):
    crc = 0xFFFFFFFF
    for byte in data:
        for bit in range(7, -1, -1):
            top = (crc >> 31) ^ (byte >> bit & 1)
            crc = (crc << 1) & 0xFFFFFFFF ^ (0x04C11DB7 if top else 0)
    return crc.to_bytes(4, "big")


def pid_of(packet):
    return (packet[1] & 0x1F) << 8 | packet[2]


def with_pid(packet, pid):
    return bytes([packet[0], packet[1] & 0xE0 | pid >> 8, pid & 0xFF]) + packet[3:]


def packets_of(data):
    return [bytes(data[at:at + PACKET]) for at in range(0, len(data) - PACKET + 1, PACKET)]


def long_section(table, extension, version, body):
    head = bytes([table]) + (0xB000 | len(body) + 9).to_bytes(2, "big")
    section = head + extension.to_bytes(2, "big") + bytes([0xC1 | version << 1, 0, 0]) + body
    return section + crc32(section)


def packetise(pid, payload, first_cc, unit=True, stuff=0xFF):
    """Packets of one section (unit with pointer_field inside payload) or PES packet."""
    out, cc = [], first_cc
    for at in range(0, len(payload), 184):
        part = payload[at:at + 184]
        head = bytes([0x47, (0x40 if at == 0 and unit else 0) | pid >> 8, pid & 0xFF])
        if len(part) < 184 and stuff is None:  # PES: an adaptation field fills up
            fill = 183 - len(part)
            adaptation = bytes([fill]) + (b"" if fill == 0 else b"\x00" + b"\xff" * (fill - 1))
            out.append(head + bytes([0x30 | cc & 15]) + adaptation + part)
        else:
            out.append(head + bytes([0x10 | cc & 15]) + part + bytes([stuff or 0xFF]) * (184 - len(part)))
        cc += 1
    return out


def pes(stream_id_body, pts):
    """A private_stream_1 PES packet with a time stamp."""
    stamp = bytes([0x21 | pts >> 29 & 0x0E, pts >> 22 & 0xFF, 1 | pts >> 14 & 0xFE, pts >> 7 & 0xFF, 1 | pts << 1 & 0xFE])
    body = b"\x84\x80\x05" + stamp + stream_id_body
    return b"\x00\x00\x01\xbd" + len(body).to_bytes(2, "big") + body


def teletext(number):
    """EN 300 472: data units of 46 bytes."""
    chance = random.Random(number)
    units = b"".join(b"\x02\x2c" + bytes([0xE7 + unit, 0xE4]) + chance.randbytes(42) for unit in range(3))
    return b"\x10" + units + b"\xff\x2c" + b"\xff" * 44


def subtitle(number):
    """EN 300 743: an empty page composition and the end of the display set."""
    page = b"\x0f\x10\x00\x01\x00\x02" + bytes([5, (number & 15) << 4 | 0x08])
    return b"\x20\x00" + page + b"\x0f\x80\x00\x01\x00\x00" + b"\xff"


def pmt_section(packet):
    at = 5 + packet[4]
    length = 3 + ((packet[at + 1] & 15) << 8 | packet[at + 2])
    return packet[at:at + length]


def add_streams(section):
    """PMT with the two streams announced (EN 300 468 6.2.41, 6.2.43)."""
    language = b"eng\x09\x00"
    ttx = b"\x56" + bytes([len(language)]) + language
    sub = b"\x59\x08eng\x10\x00\x01\x00\x01"
    extra = b"".join(bytes([6]) + (0xE000 | pid).to_bytes(2, "big") + (0xF000 | len(d)).to_bytes(2, "big") + d
                     for pid, d in ((TELETEXT_PID, ttx), (SUBTITLE_PID, sub)))
    return long_section(2, int.from_bytes(section[3:5], "big"), section[5] >> 1 & 31, section[8:-4] + extra)


def subtitles(packets):
    out, cc, nulls = [], {TELETEXT_PID: 0, SUBTITLE_PID: 0}, 0
    waiting = []
    for packet in packets:
        pid = pid_of(packet)
        if pid == PMT_PID:
            packet = packetise(pid, b"\x00" + add_streams(pmt_section(packet)), packet[3])[0]
        elif pid == 0x1FFF:
            nulls += 1
            if not waiting and nulls % 40 == 0:
                kind = TELETEXT_PID if nulls % 80 else SUBTITLE_PID
                body = (teletext if kind == TELETEXT_PID else subtitle)(nulls)
                waiting = packetise(kind, pes(body, 90000 + nulls * 30), cc[kind], stuff=None)
                cc[kind] += len(waiting)
            if waiting:
                packet = waiting.pop(0)
        out.append(packet)
    return b"".join(out)


def awkward(packets):
    pids = {VIDEO_PID: 0x1FFE, AUDIO_PID: 0x0020, PMT_PID: 0x1FFD}
    foreign = b"\x09\x04\x0b\x00" + (0xE000 | 0x1ABC).to_bytes(2, "big")
    filler = b"".join(b"\x83\x28" + bytes([n]) * 40 for n in range(6))
    out, cc, half, seen = [], {0: 0, 0x1FFD: 0, 1: 0}, len(packets) // 2, 0
    for index, packet in enumerate(packets):
        pid = pid_of(packet)
        version = 3 if index < half else 4
        if pid == 0:
            section = pmt_section(packet)
            body = b"\x00\x00\xe0\x10" + section[8:10] + (0xE000 | 0x1FFD).to_bytes(2, "big")
            new = packetise(0, b"\x05" + b"\xff" * 5 + long_section(0, 7, version, body), cc[0])
            cat = packetise(1, b"\x00" + long_section(1, 0xFFFF, 9, foreign), cc[1])
            cc[0] += 1
            cc[1] += 1
            out += new + cat
            continue
        if pid == PMT_PID:
            section = pmt_section(packet)
            streams = section[12 + ((section[10] & 15) << 8 | section[11]):-4]
            at, moved = 0, b""
            while at < len(streams):
                size = (streams[at + 3] & 15) << 8 | streams[at + 4]
                old = (streams[at + 1] & 0x1F) << 8 | streams[at + 2]
                moved += streams[at:at + 1] + (0xE000 | pids[old]).to_bytes(2, "big") + streams[at + 3:at + 5 + size]
                at += 5 + size
            loop = foreign + filler
            body = (0xE000 | pids[VIDEO_PID]).to_bytes(2, "big") + (0xF000 | len(loop)).to_bytes(2, "big") + loop + moved
            new = packetise(0x1FFD, b"\x00" + long_section(2, int.from_bytes(section[3:5], "big"), version, body),
                            cc[0x1FFD])
            cc[0x1FFD] += len(new)
            out += new
            continue
        packet = with_pid(packet, pids.get(pid, pid))
        out.append(packet)
        if packet[3] & 0x30 == 0x10 and pid == VIDEO_PID:
            seen += 1
            if seen % 400 == 0:
                out.append(packet)
    return b"".join(out)


def rough(packets):
    out, kept = [], [p for p in packets if pid_of(p) != 0x1FFF]
    for index, packet in enumerate(kept):
        if index < len(kept) // 2 and pid_of(packet) in (0, PMT_PID):
            continue
        if index % 97 == 5:
            packet = packet[:1] + bytes([packet[1] | 0x80]) + packet[2:]
        out.append(packet)
        if index % 89 == 3 and packet[3] & 0x10:
            out.append(packet)
        if index % 500 == 250:
            out.append(b"\xa5" * (index % 187))
    return b"".join(out)


def partial(packets):
    kept, seen = [], set()
    for packet in packets:
        pid = pid_of(packet)
        if pid in (0, PMT_PID) and pid in seen:
            continue
        seen.add(pid)
        kept.append(packet)
    return bytes(100) + b"".join(kept)


def main():
    kind, source, target = sys.argv[1:]
    with open(source, "rb") as file:
        data = bytearray(file.read())
    if kind == "truncated":
        data = data[:len(data) * 2 // 3 // PACKET * PACKET + 77]
    elif kind == "corrupted":
        chance = random.Random(7)
        for _ in range(len(data) // 2000):
            data[chance.randrange(len(data))] = chance.randrange(256)
    else:
        data = {"partial": partial, "subtitles": subtitles, "awkward": awkward, "rough": rough}[kind](packets_of(data))
    with open(target, "wb") as file:
        file.write(data)


if __name__ == "__main__":
    main()
