#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the card's rooms weigh on a Cortex-M0+.

    tools/mcu_size.py [BUILD-FOLDER]

Prints for each freestanding library of the mcu preset its flash (code and constants), its RAM (data and
bss, without the state that the caller owns) and its largest stack frame, in bytes. Exit status 1 when the card does not fit
the television profile's 64 KiB of flash, or when a frame exceeds 1,023 bytes.
"""
import pathlib
import re
import subprocess
import sys

FLASH, FRAME = 64 * 1024, 1023


def weigh(archive):
    run = subprocess.run(["size", "-t", str(archive)], capture_output=True, text=True, check=True)
    text, data, bss = (int(n) for n in run.stdout.splitlines()[-1].split()[:3])
    return text + data, data + bss


def largest_frame(folder):
    """(bytes, function) from the compiler's .su files; variable frames count as too large."""
    worst = (0, "")
    for path in folder.rglob("*.su"):
        for line in path.read_text().splitlines():
            place, size, kind = line.rsplit("\t", 2)
            worst = max(worst, (int(size) if kind == "static" else FRAME + 1, place.split(":")[-1]))
    return worst


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/mcu")
    total, worst = [0, 0], (0, "")
    print(f"{'room':<12}{'flash':>8}{'RAM':>6}{'frame':>7}  in")
    for archive in sorted(build.rglob("libtessera_*.a")):
        room = re.match(r"libtessera_(\w+)", archive.name).group(1)
        flash, ram = weigh(archive)
        frame = largest_frame(archive.parent / "CMakeFiles" / f"tessera_{room}.dir")
        print(f"{room:<12}{flash:>8}{ram:>6}{frame[0]:>7}  {frame[1]}")
        total = [total[0] + flash, total[1] + ram]
        worst = max(worst, frame)
    print(f"{'all':<12}{total[0]:>8}{total[1]:>6}{worst[0]:>7}  {worst[1]}")
    if total[0] == 0 or total[0] > FLASH or worst[0] > FRAME:
        print(f"mcu_size: limits are {FLASH} bytes of flash and {FRAME} bytes a frame", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
