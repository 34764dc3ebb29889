#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the card takes on a Cortex-M0, and whether that is within the television profile's limits.

    tools/mcu_size.py [BUILD-FOLDER] [--flash N] [--ram N] [--stack N] [--root DIR]

Prints for each freestanding library of the mcu preset its flash (code and constants), its RAM (data and bss, without
the state that the caller owns) and its largest stack frame, in bytes; then the card as the smallest port links it
(tools/mcu/port.c): flash and RAM with card, applications and line buffers, the deepest chain of calls and its
frames. All without the cryptography and the chip's own functions. Exit status 1 when a limit is exceeded or the stack is not known.
The build runs it.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys

import mcu_stack

FRAME = 1023
ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOMS = ["cas/base", "cas/wire", "keys/crypto", "keys/derive", "keys/channel", "smartcard/core", "smartcard/apps",
         "smartcard/link", "tools/mcu"]


def weigh(path):
    run = subprocess.run(["size", "-t", str(path)], capture_output=True, text=True, check=True)
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


def link(build, archives):
    """The card without the cryptography; None when there is no linker for it."""
    port = next(iter(build.rglob("port.c.obj")), None)
    gcc = shutil.which("arm-none-eabi-gcc")
    linker = shutil.which("arm-none-eabi-ld") or shutil.which("ld.lld")
    if not port or not (gcc or linker):
        return None
    out = build / "card.elf"
    options = ["--gc-sections", "--unresolved-symbols=ignore-all", "--emit-relocs", "-e", "main"]
    if gcc:
        subprocess.run([gcc, "-mcpu=cortex-m0", "-mthumb", "-nostdlib", "-Wl," + ",".join(options), port,
                        "-Wl,--start-group", *archives, "-Wl,--end-group", "-lgcc", "-o", out], check=True)
    else:
        subprocess.run([linker, *options, port, "--start-group", *archives, "--end-group", "-o", out], check=True)
    return out


def stack(build, elf, root):
    """((bytes, chain), None), or why it is not known."""
    ci = [p for p in build.rglob("*.ci") if "tessera_crypto_small" not in str(p)]
    if not ci or not shutil.which("arm-none-eabi-readelf"):
        return None, "the stack was not measured: no arm-none-eabi-gcc"
    sources = [p for room in ROOMS for p in (root / room).glob("**/*.c")
               if not {"small", "openssl", "emulator"} & set(p.relative_to(root).parts)]
    return mcu_stack.measure(elf, "arm-none-eabi-", root, ci, sources), None


def rooms_table(build):
    """Prints a line for each library. Returns the largest frame and the card's own archives."""
    worst, archives = (0, ""), []
    print(f"{'room':<12}{'flash':>8}{'RAM':>6}{'frame':>7}  in")
    for archive in sorted(build.rglob("libtessera_*.a")):
        room = re.match(r"libtessera_(\w+)", archive.name).group(1)
        flash, ram = weigh(archive)
        frame = largest_frame(archive.parent / "CMakeFiles" / f"tessera_{room}.dir")
        print(f"{room:<12}{flash:>8}{ram:>6}{frame[0]:>7}  {frame[1]}")
        worst = max(worst, frame)
        if room != "crypto_small":
            archives.append(archive)
    return worst, archives


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", nargs="?", default="build/mcu", type=pathlib.Path)
    parser.add_argument("--flash", type=int, default=64 * 1024)
    parser.add_argument("--ram", type=int, default=8 * 1024)
    parser.add_argument("--stack", type=int, default=2 * 1024)
    parser.add_argument("--root", type=pathlib.Path, default=ROOT)
    limits = parser.parse_args()
    worst, archives = rooms_table(limits.build)
    if not archives:
        print("mcu_size: nothing was built", file=sys.stderr)
        return 1
    too_much = [f"{worst[1]}: a frame of {worst[0]} bytes, limit {FRAME}"] if worst[0] > FRAME else []
    elf = link(limits.build, archives)
    if elf is None:
        print("mcu_size: no linker for ARM: the card as a whole was not weighed", file=sys.stderr)
    else:
        flash, ram = weigh(elf)
        try:
            depth, why = stack(limits.build, elf, limits.root.resolve())
        except mcu_stack.Fault as fault:
            print(f"mcu_size: {fault}", file=sys.stderr)
            return 1
        found = [("flash", flash, limits.flash), ("RAM", ram, limits.ram)]
        if depth:
            found.append(("stack", depth[0], limits.stack))
        print("card        " + ", ".join(f"{what} {n} of {limit}" for what, n, limit in found) + ", without cryptography")
        print("            " + " > ".join(f"{name} {n}" for name, n in depth[1]) if depth else f"            {why}")
        too_much += [f"{what}: {n} bytes, limit {limit}" for what, n, limit in found if n > limit]
    for line in too_much:
        print(f"mcu_size: {line}", file=sys.stderr)
    return 1 if too_much else 0


if __name__ == "__main__":
    sys.exit(main())
