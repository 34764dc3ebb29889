# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends a transport stream as UDP, or RTP, seven packets a datagram, over so many seconds.

    send_udp.py FILE HOST:PORT SECONDS [TIMES [rtp]]
"""
import socket
import struct
import sys
import time

data = open(sys.argv[1], "rb").read()
host, port = sys.argv[2].rsplit(":", 1)
times = int(sys.argv[4]) if len(sys.argv) > 4 else 1
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
start, size = time.monotonic(), 7 * 188
count = (len(data) + size - 1) // size
for n in range(count * times):
    at = n % count * size
    wait = start + float(sys.argv[3]) * n / count - time.monotonic()
    if wait > 0:
        time.sleep(wait)
    head = struct.pack(">BBHII", 0x80, 33, (n + 65500) & 0xFFFF, 0, 7) if "rtp" in sys.argv[5:] else b""
    out.sendto(head + data[at:at + size], (host, int(port)))
