#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody on the line between box and card: passes every byte on and keeps a copy.

    line_logger.py LOG      prints its own port and a free one for the card, serves until it is ended
    line_logger.py --search LOG CW-LOG PIN…  exit status 1 when the line showed a control word or a PIN
"""
import pathlib
import socket
import sys
import threading


def copy(source, target, log):
    while data := source.recv(4096):
        log.write(data)
        log.flush()
        target.sendall(data)
    target.shutdown(socket.SHUT_RDWR)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def serve(path):
    port = free_port()
    here = socket.create_server(("127.0.0.1", 0))
    print(here.getsockname()[1], port, flush=True)
    with open(path, "ab") as log:
        while True:
            box, _ = here.accept()
            card = socket.create_connection(("127.0.0.1", port))
            for s in (box, card):
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            other = threading.Thread(target=try_copy, args=(card, box, log))
            other.start()
            try_copy(box, card, log)
            other.join()
            box.close()
            card.close()


def try_copy(source, target, log):
    try:
        copy(source, target, log)
    except OSError:
        pass


def search(path, words, pins):
    line = pathlib.Path(path).read_bytes()
    secrets = [pin.encode() for pin in pins]
    for text in pathlib.Path(words).read_text().splitlines():
        if text and not text.startswith("#"):
            word = bytes.fromhex(text.split()[-1])
            secrets += [word[:4], word[4:8]]
    found = sum(line.count(s) for s in secrets)
    print(f"{len(line)} bytes on the line, {len(secrets)} secrets, {found} found")
    return 1 if found or len(line) < 1000 or len(secrets) <= len(pins) else 0


if __name__ == "__main__":
    if sys.argv[1] == "--search":
        sys.exit(search(sys.argv[2], sys.argv[3], sys.argv[4:]))
    serve(sys.argv[1])
