#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Symbols: what the built libraries and programs really need.

    tools/check_symbols.py BUILD-FOLDER

1. A freestanding library needs nothing but memcpy and its three sisters, the compiler's own helpers
   and the freestanding rooms below it.
2. No library needs a symbol of a room that it may not use (table of check_layers.py).
3. Inside a library no file needs, over others or at once, one that needs it: a room is read from
   top to bottom.
4. No program contains a symbol of a room it may not reach: the box none of the head-end's, of the
   keystore's or of the key tree's.
Prints one line for each breach; exit status 1.
"""
import pathlib
import re
import subprocess
import sys

import check_layers

LIBC = {"memcpy", "memmove", "memset", "memcmp",
        "strlen"}  # gcc makes it out of loops; <string.h> being out of reach, nobody can call it
HELPERS = re.compile(r"_GLOBAL_OFFSET_TABLE_$|__stack_chk_|__asan_|__ubsan_|__sanitizer_|__sancov_|__gcov_|"
                     r"__aeabi_|__(mem|str)\w+_chk$|__gnu_thumb|__popcountsi2$|__clzsi2$|__ctzsi2$|__bswapsi2$")
FAR_FROM_THE_BOX = {"headend", "store", "tree", "simulcrypt"}
PROGRAM_FORBIDDEN = {
    "tessera-stb": FAR_FROM_THE_BOX,
    "tessera-pos": FAR_FROM_THE_BOX,
    "tessera-card": FAR_FROM_THE_BOX | {"ca", "watch", "serve", "terminal"},
    "tessera-keys": {"core", "apps", "emulator", "reader", "ca", "watch", "headend"},
    "tessera-headend": {"ca", "watch", "serve", "terminal"},
}


def symbols(path):
    """(defined, undefined) external symbols of an archive or program."""
    run = subprocess.run(["nm", "-P", str(path)], capture_output=True, text=True, check=True)
    defined, undefined = set(), set()
    for line in run.stdout.splitlines():
        fields = line.split()
        if len(fields) < 2 or line.endswith(":"):
            continue
        if fields[1] in "Uw":
            undefined.add(fields[0])
        elif fields[1].isupper():
            defined.add(fields[0])
    return defined, undefined - defined


def files_of(archive):
    """For each object file of an archive: the other ones that it needs."""
    run = subprocess.run(["nm", "-P", "-A", str(archive)], capture_output=True, text=True, check=True)
    defined, undefined = {}, {}
    for line in run.stdout.splitlines():
        match = re.match(r".*\[(.+)\]: (\S+) (\w)", line)
        if not match:
            continue
        name, symbol, kind = match.groups()
        if kind in "Uw":
            undefined.setdefault(name, set()).add(symbol)
        elif kind.isupper():
            defined[symbol] = name
    return {name: {defined[s] for s in needs if s in defined} - {name} for name, needs in undefined.items()}


def circle_check(room, archive):
    """Files that need each other: what is left when those that need nobody left are taken away,
    and those that nobody left needs."""
    left = files_of(archive)
    for name in set().union(*left.values()) if left else ():
        left.setdefault(name, set())
    size = -1
    while size != len(left):
        size = len(left)
        needed = set().union(*left.values()) if left else set()
        left = {n: needs & left.keys() for n, needs in left.items() if needs & left.keys() and n in needed}
    if left:
        yield f"room {room}: these files need each other: {', '.join(sorted(n.removesuffix('.o') for n in left))}"


def owner_check(rooms, room):
    """Undefined symbols of a room that are another room's, out of reach."""
    allowed = check_layers.ROOMS[room][1] | {room}
    for symbol in sorted(rooms[room][1]):
        owners = {other for other in rooms if symbol in rooms[other][0]}
        if owners and not owners & allowed:
            yield f"room {room} needs {symbol} of room {', '.join(sorted(owners))}"


def freestanding_check(rooms, room):
    reach = (check_layers.ROOMS[room][1] | {room}) & check_layers.FREESTANDING
    below = set().union(*(rooms[r][0] for r in reach if r in rooms))
    for symbol in sorted(rooms[room][1] - below - LIBC):
        if not HELPERS.match(symbol):
            yield f"freestanding room {room} needs {symbol}"


def program_check(rooms, path):
    present, _ = symbols(path)
    forbidden = PROGRAM_FORBIDDEN.get(path.name, set()) & set(rooms)
    elsewhere = set().union(*(rooms[r][0] for r in rooms if r not in forbidden))
    for room in sorted(forbidden):
        for symbol in sorted(present & (rooms[room][0] - elsewhere)):
            if not HELPERS.match(symbol):
                yield f"program {path.name} contains {symbol} of room {room}"


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/dev")
    rooms, breaches = {}, []
    for room in check_layers.ROOMS:
        for archive in build.rglob(f"libtessera_{room}.a"):
            rooms[room] = symbols(archive)
            breaches += circle_check(room, archive)
    for room in rooms:
        breaches += owner_check(rooms, room)
        if room in check_layers.FREESTANDING:
            breaches += freestanding_check(rooms, room)
    programs = sorted(p for p in (build / "bin").glob("tessera-*") if p.is_file())
    for program in programs:
        breaches += program_check(rooms, program)
    for breach in breaches:
        print(breach)
    print(f"check_symbols: {len(rooms)} libraries, {len(programs)} programs, {len(breaches)} breaches")
    return 1 if breaches or not rooms else 0


if __name__ == "__main__":
    sys.exit(main())
