#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Treats the EMMs of a stream badly: every section of the EMM PID is dropped, sent twice, or changes places with a
later one; everything else passes as it is. Continuity counters of the PID are made anew.

    shuffle_emms.py IN OUT PID SEED
"""
import random
import sys

PACKET = 188


def sections_of(packets):
    """Sections from whole packets of one PID that carry them back to back."""
    out, data = [], b""
    for p in packets:
        payload = p[4:]
        if p[1] & 0x40:
            pointer = payload[0]
            data += payload[1:1 + pointer]
            out += cut(data)[0]
            data = payload[1 + pointer:]
        else:
            data += payload
        done, data = cut(data)
        out += done
    return out


def cut(data):
    out = []
    while len(data) >= 3 and data[0] != 0xFF:
        n = 3 + ((data[1] & 15) << 8 | data[2])
        if len(data) < n:
            return out, data
        out.append(data[:n])
        data = data[n:]
    return out, (b"" if data[:1] == b"\xff" else data)


def packets_of(section, pid, counter):
    payload, first = b"\0" + section, True
    while payload:
        body, payload = payload[:184], payload[184:]
        yield bytes([0x47, (0x40 if first else 0) | pid >> 8, pid & 255, 0x10 | counter & 15]) + body.ljust(184, b"\xff")
        counter, first = counter + 1, False


def main():
    source, target, pid, seed = sys.argv[1], sys.argv[2], int(sys.argv[3], 0), int(sys.argv[4])
    data, chance = open(source, "rb").read(), random.Random(seed)
    packets = [data[i:i + PACKET] for i in range(0, len(data), PACKET)]
    mine = [i for i, p in enumerate(packets) if (p[1] & 31) << 8 | p[2] == pid]
    sections = sections_of([packets[i] for i in mine])
    kept = []
    for s in sections:
        fate = chance.random()
        kept += [] if fate < 0.3 else [s, s] if fate < 0.5 else [s]
    for i in range(0, len(kept) - 1):
        j = min(len(kept) - 1, i + chance.randrange(6))
        kept[i], kept[j] = kept[j], kept[i]
    queue, counter = [], 0
    for s in kept:
        for p in packets_of(s, pid, counter):
            queue.append(p)
            counter += 1
    at, places = 0, set(mine)
    with open(target, "wb") as out:
        for i, p in enumerate(packets):
            if i not in places:
                out.write(p)
            elif at < len(queue):
                out.write(queue[at])
                at += 1
    print(f"{len(sections)} sections, {len(kept)} kept, {at} of {len(queue)} packets in their places")


main()
