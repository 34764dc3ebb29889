# SPDX-License-Identifier: GPL-3.0-or-later
"""A bad network: forwards datagrams, losing, repeating, delaying and reordering some of them.

    relay.py FROM-PORT TO-PORT [lose=P] [repeat=P] [swap=P] [depth=N] [delay=S] [seed=N]

P are probabilities; swapped ones come up to N datagrams later; delay adds up to S seconds. All on 127.0.0.1.
Ends 2 seconds after the last datagram and prints what it did.
"""
import random
import select
import socket
import sys
import time

rule = {"lose": 0.0, "repeat": 0.0, "swap": 0.0, "depth": 8, "delay": 0.0, "seed": 1}
for word in sys.argv[3:]:
    key, value = word.split("=")
    rule[key] = float(value)
chance = random.Random(int(rule["seed"]))
came = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
came.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
came.bind(("127.0.0.1", int(sys.argv[1])))
goes = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
goes.connect(("127.0.0.1", int(sys.argv[2])))
counts = {"received": 0, "lost": 0, "repeated": 0, "swapped": 0}
kept = []  # (datagrams to let pass, not before, datagram)


def forward(datagram):
    try:
        goes.send(datagram)
    except ConnectionRefusedError:
        pass


def release(all_of_them=False):
    global kept
    now, still = time.monotonic(), []
    for passes, when, datagram in kept:
        if all_of_them or (passes <= 0 and when <= now):
            forward(datagram)
        else:
            still.append((passes, when, datagram))
    kept = still


while True:
    ready = select.select([came], [], [], 0.05 if kept else (2.0 if counts["received"] else 30.0))[0]
    if not ready:
        if not kept:
            break
        release(True)
        continue
    datagram = came.recv(65536)
    counts["received"] += 1
    kept = [(passes - 1, when, d) for passes, when, d in kept]
    if chance.random() < rule["lose"]:
        counts["lost"] += 1
    elif chance.random() < rule["swap"]:
        counts["swapped"] += 1
        kept.append((chance.randint(1, int(rule["depth"])), time.monotonic() + chance.random() * rule["delay"], datagram))
    else:
        forward(datagram)
        if chance.random() < rule["repeat"]:
            counts["repeated"] += 1
            forward(datagram)
    release()
release(True)
print(" ".join(f"{k}={v}" for k, v in counts.items()))
