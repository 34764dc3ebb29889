#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the card's rooms weigh on a Cortex-M0+.

    tools/mcu_size.py [BUILD-FOLDER]

Prints for each freestanding library of the mcu preset its flash (code and constants), its RAM (data and
bss, without the state that the caller owns) and its largest stack frame, in bytes; then what of it a card takes: all rooms but
the cryptography linked, without what nothing in a card calls (the hosts' ends of the channels and formats). Exit status 1 when that
does not fit the television profile's 64 KiB of flash, or when a frame exceeds 1,023 bytes.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

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


# What a port calls: smartcard/core/card.h, smartcard/apps/profile.h, the contact links.
ROOTS = ["card_transmit", "card_reset", "card_format", "card_atr", "card_takes_data", "profile_port",
         "t0_card_reset", "t0_card_feed", "t0_card_answer", "t0_card_more_time", "t0_card_silence",
         "t1_card_reset", "t1_card_feed", "t1_card_answer", "t1_card_more_time", "t1_card_silence"]


def link(archives):
    """(flash, RAM) of a card without the cryptography; None when there is no linker for it."""
    linker = shutil.which("arm-none-eabi-ld") or shutil.which("ld.lld")
    if not linker:
        return None
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "card.elf"
        subprocess.run([linker, "--gc-sections", "--unresolved-symbols=ignore-all", "-e", ROOTS[0],
                        *[word for root in ROOTS for word in ("-u", root)],
                        "--start-group", *archives, "--end-group", "-o", out], check=True)
        return weigh(out)


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/mcu")
    worst, archives = (0, ""), []
    print(f"{'room':<12}{'flash':>8}{'RAM':>6}{'frame':>7}  in")
    for archive in sorted(build.rglob("libtessera_*.a")):
        room = re.match(r"libtessera_(\w+)", archive.name).group(1)
        flash, ram = weigh(archive)
        frame = largest_frame(archive.parent / "CMakeFiles" / f"tessera_{room}.dir")
        print(f"{room:<12}{flash:>8}{ram:>6}{frame[0]:>7}  {frame[1]}")
        worst = max(worst, frame)
        if not room.startswith("crypto"):
            archives.append(archive)
    card = link(archives) if archives else (0, 0)
    if card is None:
        print("mcu_size: no linker for ARM: the card as a whole was not weighed", file=sys.stderr)
        return 0 if worst[0] <= FRAME else 1
    print(f"{'card':<12}{card[0]:>8}{card[1]:>6}{worst[0]:>7}  {worst[1]}")
    if card[0] == 0 or card[0] > FLASH or worst[0] > FRAME:
        print(f"mcu_size: limits are {FLASH} bytes of flash and {FRAME} bytes a frame", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
