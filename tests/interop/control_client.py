# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of `tessera-stb watch --control`, for tests: says a line, waits for an answer or an event."""
import json
import socket
import sys
import time


class Control:
    def __init__(self, path, patience=20):
        self.deadline = time.monotonic() + patience
        self.lines, self.rest = [], b""
        while True:
            self.socket = socket.socket(socket.AF_UNIX)
            try:
                self.socket.connect(path)
                break
            except OSError:
                self.socket.close()
                if time.monotonic() > self.deadline:
                    sys.exit(f"nobody listens at {path}")
                time.sleep(0.02)

    def next(self):
        while b"\n" not in self.rest:
            self.socket.settimeout(max(0.01, self.deadline - time.monotonic()))
            piece = self.socket.recv(65536)
            if not piece:
                raise EOFError
            self.rest += piece
        line, _, self.rest = self.rest.partition(b"\n")
        self.lines.append(json.loads(line))
        return self.lines[-1]

    def wait(self, **want):
        """The first line not yet taken that has these keys and values."""
        at = 0
        while True:
            while at >= len(self.lines):
                try:
                    self.next()
                except (EOFError, OSError) as end:
                    sys.exit(f"never heard {want} ({end!r}); heard {json.dumps(self.lines)[-2000:]}")
            if all(self.lines[at].get(k) == v for k, v in want.items()):
                return self.lines.pop(at)
            at += 1

    def say(self, command, **arguments):
        self.socket.sendall(json.dumps({"command": command, **arguments}).encode() + b"\n")
        return self.wait(reply=command)
