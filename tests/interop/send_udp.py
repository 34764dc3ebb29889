# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends a transport stream as UDP, seven packets a datagram, over so many seconds.

    send_udp.py FILE HOST:PORT SECONDS [TIMES]
"""
import socket
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
    out.sendto(data[at:at + size], (host, int(port)))
