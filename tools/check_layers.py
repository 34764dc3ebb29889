#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers: who may include whom, which system headers belong where.

    tools/check_layers.py [SOURCE-FOLDER]

Reads every #include of the tree and holds it against the table below. Arrows point down only and
trust domains never meet (README.md, "The house"). Prints one line for each breach; exit status 1.
check_symbols.py proves the same on the built libraries.
"""
import pathlib
import re
import sys

KEYS_LOW = {"base", "crypto", "derive", "channel"}
WIRE = KEYS_LOW | {"wire"}
STREAM = WIRE | {"stream", "scramble", "pipeline", "io"}
BOX = STREAM | {"reader", "ca", "watch", "control", "inspect", "serve", "terminal", "crypto_openssl"}
CARD = WIRE | {"core", "apps", "link"}
EMULATOR = CARD | {"emulator", "io", "crypto_openssl"}
HEADEND = STREAM | {"store", "tree", "headend", "mux", "simulcrypt", "crypto_openssl"}

# room: (folder, rooms it may use besides itself)
ROOMS = {
    "base": ("cas/base", set()),
    "crypto": ("keys/crypto", {"base"}),
    "crypto_openssl": ("keys/crypto/openssl", {"base", "crypto"}),
    "derive": ("keys/derive", {"base", "crypto"}),
    "crypto_small": ("keys/crypto/small", {"base", "crypto"}),
    "channel": ("keys/channel", {"base", "crypto", "derive"}),
    "wire": ("cas/wire", KEYS_LOW),
    "stream": ("cas/stream", WIRE),
    "scramble": ("cas/scramble", WIRE),
    "pipeline": ("cas/pipeline", WIRE | {"stream", "scramble"}),
    "io": ("cas/io", WIRE | {"stream"}),
    "http": ("cas/io/http", WIRE | {"stream", "io"}),
    "store": ("keys/store", WIRE | {"crypto_openssl", "io"}),
    "tree": ("keys/tree", WIRE),
    "core": ("smartcard/core", WIRE),
    "link": ("smartcard/link", WIRE | {"core"}),
    "apps": ("smartcard/apps", WIRE | {"core"}),
    "emulator": ("smartcard/emulator", EMULATOR),
    "headend": ("cas/headend", HEADEND - {"simulcrypt"}),
    "mux": ("cas/headend/mux", STREAM - {"io"}),
    "simulcrypt": ("cas/simulcrypt", HEADEND - {"headend", "store"}),
    "reader": ("stb-host/reader", WIRE | {"io"}),
    "ca": ("stb-host/ca", STREAM | {"reader", "crypto_openssl"}),
    "watch": ("stb-host/watch", STREAM | {"reader", "ca", "crypto_openssl"}),
    "control": ("stb-host/control", STREAM | {"ca", "watch"}),
    "inspect": ("stb-host/inspect", STREAM - {"scramble", "pipeline", "io"}),
    "serve": ("stb-host/serve", STREAM | {"reader", "ca"}),
    "terminal": ("stb-host/terminal", WIRE | {"io", "reader"}),
    "cli": ("tools/common", {"base"}),
    "engine_spec": ("tools/common/engine_spec", {"base", "cli", "scramble"}),
    "card_spec": ("tools/common/card_spec", {"base", "emulator", "reader"}),
}
# Programs join the domains, through struct apdu_link only: no program sees the inside of a card but
# the card's own.
PROGRAMS = {
    "tools/tessera-keys": HEADEND - {"headend", "simulcrypt"} | {"cli"},
    "tools/tessera-headend": HEADEND | {"http", "cli", "card_spec", "engine_spec", "emulator", "reader"},
    "tools/tessera-card": EMULATOR | {"cli"},
    "tools/tessera-stb": BOX | {"cli", "card_spec", "engine_spec", "emulator"},
    "tools/tessera-pos": BOX | {"cli", "card_spec", "emulator"},
}
FREESTANDING = {"base", "crypto", "crypto_small", "derive", "channel", "wire", "core", "apps", "link"}
FREESTANDING_HEADERS = {"stddef.h", "stdint.h", "stdbool.h", "stdarg.h", "limits.h"}

# system header (pattern): places where it may stand
PLACES = [
    (r"openssl/", ["keys/crypto/openssl/", "cas/scramble/cissa.c", "cas/io/tls.c", "tests/bench/"]),
    (r"sqlite3\.h", ["cas/headend/store/", "tests/unit/test_headend"]),
    (r"libpq", ["cas/headend/store/", "tests/support/headend_fixture"]),
    (r"dvbcsa/", ["cas/scramble/", "tests/unit/test_scramble", "tests/unit/test_engines", "tests/fuzz/fuzz_engines", "tests/bench/", "tests/interop/"]),
    (r"bitstream/", ["cas/stream/", "cas/headend/", "stb-host/watch/", "tools/tessera-stb/"]),
    (r"(PCSC/)?(winscard|wintypes|pcsclite)\.h", ["stb-host/reader/"]),
    (r"libusb", ["stb-host/reader/"]),
    (r"microhttpd", ["cas/io/http/"]),
    (r"curl/", ["tools/tessera-stb/"]),
    (r"jansson\.h", ["tools/", "cas/headend/", "stb-host/", "smartcard/emulator/"]),
    (r"(sys/socket|sys/un|netdb)\.h|netinet/|arpa/",
     ["cas/io/", "stb-host/reader/", "stb-host/serve/", "smartcard/emulator/", "tests/"]),
    (r"CUnit/", ["tests/"]),
]
# Clock, chance and the end of the process belong to programs and adapters.
IMPURE = re.compile(r"(?<![\w.>])(time|rand|srand|random|exit|_exit|abort|gettimeofday|clock_gettime)\s*\(")
TEST_INCLUDES = ("tests/support", "tests/interop/microbit")
ADAPTERS = ("tools/", "tests/", "cas/io/", "smartcard/emulator/", "stb-host/reader/", "keys/crypto/openssl/",
            "keys/store/audit.c")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)


def room_of(path):
    """The room whose folder holds a path, by the longest folder."""
    best = None
    for name, (folder, _) in ROOMS.items():
        if path.startswith(folder + "/") and (best is None or len(folder) > len(ROOMS[best][0])):
            best = name
    return best


def target_of(root, path, name):
    """The file of the tree that an #include "name" in path means, or None."""
    near = (root / path).parent / name
    if near.exists():
        return near.resolve().relative_to(root).as_posix()
    head, _, rest = name.partition("/")
    if head in ROOMS and rest:
        far = root / ROOMS[head][0] / rest
        if far.exists():
            return far.resolve().relative_to(root).as_posix()
    return None


def allowed_rooms(path):
    room = room_of(path)
    if room:
        return ROOMS[room][1] | {room}
    for folder, rooms in PROGRAMS.items():
        if path.startswith(folder + "/"):
            return rooms
    return set(ROOMS)  # tests


def check_system(path, name):
    room = room_of(path)
    if room in FREESTANDING and name not in FREESTANDING_HEADERS:
        if not (path == "cas/base/mem.h" and name == "string.h"):
            return f"<{name}> in the freestanding room {room}"
    for pattern, places in PLACES:
        if re.match(pattern, name) and not any(path.startswith(place) for place in places):
            return f"<{name}> belongs in {', '.join(places)} only"
    return None


def check_file(root, path):
    text = (root / path).read_text(encoding="utf-8", errors="replace")
    allowed = allowed_rooms(path)
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        kind, name = match.groups()
        if kind == "<":
            breach = check_system(path, name)
        else:
            target = target_of(root, path, name)
            room = room_of(target) if target else None
            if target is None:
                # tests/support is an include folder of its own, for tests only
                known = path.startswith("tests/") and any((root / folder / name).exists() for folder in TEST_INCLUDES)
                breach = None if known else f'"{name}" is in no room'
            elif room and room not in allowed:
                breach = f'"{name}": room {room} is out of reach of {room_of(path) or path}'
            else:
                breach = None
        if breach:
            yield f"{path}:{number}: {breach}"
    if not path.startswith(ADAPTERS):
        for match in IMPURE.finditer(COMMENT.sub(lambda m: "\n" * m.group().count("\n"), text)):
            yield f"{path}: {match.group(1)}() belongs in programs and adapters only"


def sources(root):
    for top in ("cas", "keys", "smartcard", "stb-host", "tools", "tests"):
        for path in sorted((root / top).rglob("*.[ch]")):
            yield path.relative_to(root).as_posix()


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    count, breaches = 0, []
    for path in sources(root):
        count += 1
        breaches += check_file(root, path)
    for breach in breaches:
        print(breach)
    print(f"check_layers: {count} files, {len(breaches)} breaches")
    return 1 if breaches or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
