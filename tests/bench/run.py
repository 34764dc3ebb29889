#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs all benchmarks in one go and shows them.

    tests/bench/run.py BUILD [--quick] [--out FOLDER] [--megabytes N]

BUILD is a build folder (build/release is the fair one). Writes FOLDER/bench.jsonl (every result, a JSON
object a line) and FOLDER/bench.svg (engines and programs as bars), and prints the tables. The two sides
of every ratio are measured in turns in the same run; figures are the best of their rounds."""
import argparse
import html
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
COLOURS = {"scramble": "#2a6f97", "descramble": "#e07a5f", "program": "#3d405b"}


def run(command):
    """The JSON lines that a benchmark prints."""
    print("…", " ".join(str(c) for c in command), file=sys.stderr, flush=True)
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        print(f"{command[0]} ended with {done.returncode}", file=sys.stderr)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def table(title, columns, rows):
    if not rows:
        return
    cells = [columns] + [[str(c) for c in row] for row in rows]
    width = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    print(f"\n{title}")
    for row in cells:
        print("  " + "  ".join(c.ljust(w) if i == 0 or not c.replace(".", "").isdigit() else c.rjust(w)
                               for i, (c, w) in enumerate(zip(row, width))))


def of(results, bench):
    return [r for r in results if r["bench"] == bench]


def best_programs(results):
    """The best round of each program."""
    best = {}
    for r in of(results, "program"):
        if "error" in r:
            print(f"note: {r['program']}: {r['error']}")
        elif r["program"] not in best or r["mbit_per_cpu_s"] > best[r["program"]]["mbit_per_cpu_s"]:
            best[r["program"]] = r
    return best


def show(results):
    table("Engines: payload through one core; × = against the library bare on the same bytes",
          ["cipher", "engine", "payload", "direction", "ns/packet", "Mbit/s", "×"],
          [[r["cipher"], r["engine"], r["payload"], r["direction"], r["ns_per_packet"], r["mbit_s"],
            f"{r['ratio_bare']:.2f}"] for r in of(results, "engine")])
    table("References: ns for 184 bytes", ["direction", "libdvbcsa", "AES-128-CBC", "memcpy"],
          [[r["direction"], r["libdvbcsa_ns"], r["aes_128_cbc_ns"], r["memcpy_ns"]]
           for r in of(results, "reference")])
    table("A new control word: ns", ["cipher", "engine", "ns", "libdvbcsa"],
          [[r["cipher"], r["engine"], r["ns"], r["libdvbcsa_ns"]] for r in of(results, "key")])
    table("Pipeline, memory to memory: packets of 188 bytes",
          ["cipher", "engine", "direction", "services", "threads", "work", "ns/packet", "Mbit/s", "×"],
          [[r["cipher"], r["engine"], r["direction"], r["services"], r["threads"], r["work"], r["ns_per_packet"],
            r["mbit_s"], f"{r['ratio_bare']:.2f}"] for r in of(results, "pipeline")])
    best = best_programs(results)
    table("Programs, file to file in memory", ["program", "CPU s", "clock s", "Mbit/CPU-s", "Mbit/s"],
          [[name, r["cpu_s"], r["wall_s"], r["mbit_per_cpu_s"], r["mbit_s"]] for name, r in best.items()])
    ours = max((r["mbit_per_cpu_s"] for name, r in best.items() if name.startswith("watch")), default=0)
    for other in ("tsdecrypt", "VLC"):
        if other in best and ours:
            print(f"  watch / {other}: {ours / best[other]['mbit_per_cpu_s']:.0f} × per second of CPU")
    table("Live, one core: added latency in ms",
          ["services", "Mbit/s", "packets/s", "p50", "p95", "p99", "max", "lost", "CPU %"],
          [[r["services"], r["mbit_s"], r["packets_s"], r["p50_ms"], r["p95_ms"], r["p99_ms"], r["max_ms"],
            r["lost"], r["cpu_percent"]] for r in of(results, "live")])
    table("Purchase records settled, one thread; × = against OpenSSL's CMAC bare", ["what", "records/s", "×"],
          [[r["what"], r["records_per_s"], f"{r['ratio_bare']:.3f}"] for r in of(results, "settle")])
    table("Messages a second", ["what", "a second"], [[r["what"], r["per_s"]] for r in of(results, "messages")])


def bars(results):
    """(label, value, colour) of what is drawn: engines on full payloads, and programs."""
    for r in of(results, "engine"):
        if r["payload"] == "184 bytes":
            yield f"{r['cipher']} {r['engine']} {r['direction']}", r["mbit_s"], COLOURS[r["direction"]]
    for name, r in best_programs(results).items():
        yield f"program: {name}", r["mbit_per_cpu_s"], COLOURS["program"]


def draw(results, path):
    """A chart of horizontal bars, logarithmic: the slowest is a thousandth of the fastest."""
    rows = list(bars(results))
    if not rows:
        return
    import math
    low, high = 10, max(value for _, value, _ in rows) * 1.3
    left, width, step = 250, 560, 22
    scale = width / math.log10(high / low)
    height = 60 + step * len(rows)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 110}" height="{height}" '
           'font-family="sans-serif" font-size="12">', '<rect width="100%" height="100%" fill="white"/>',
           '<text x="10" y="20" font-size="15">Mbit/s of one core (logarithmic)</text>']
    tick = low
    while tick < high:
        x = left + scale * math.log10(tick / low)
        out.append(f'<line x1="{x:.0f}" y1="32" x2="{x:.0f}" y2="{height - 20}" stroke="#ddd"/>'
                   f'<text x="{x:.0f}" y="{height - 6}" text-anchor="middle" fill="#777">{tick}</text>')
        tick *= 10
    for i, (label, value, colour) in enumerate(rows):
        y, length = 38 + step * i, max(1, scale * math.log10(max(value, low) / low))
        out.append(f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{html.escape(label)}</text>'
                   f'<rect x="{left}" y="{y}" width="{length:.0f}" height="{step - 6}" fill="{colour}"/>'
                   f'<text x="{left + length + 6:.0f}" y="{y + 13}">{value:.0f}</text>')
    path.write_text("\n".join(out) + "\n</svg>\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="a minute instead of ten")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("bench"))
    parser.add_argument("--megabytes", type=int, help="size of the programs' stream")
    parser.add_argument("--only", action="append", default=[], help="scramble, pipeline, programs, live, messages, settle")
    options = parser.parse_args()
    quick = ["--quick"] if options.quick else []
    tests, programs = options.build / "tests", options.build / "bin"
    megabytes = options.megabytes or (120 if options.quick else 480)
    parts = {"scramble": [tests / "bench_scramble", *quick], "pipeline": [tests / "bench_pipeline", *quick],
             "programs": ["bash", HERE / "programs.sh", programs, str(megabytes)],
             "live": [tests / "bench_live", *quick], "messages": ["bash", HERE / "messages.sh", options.build, *quick],
             "settle": [tests / "bench_settle", *quick]}
    results = []
    for name, command in parts.items():
        wanted = not options.only or name in options.only
        if wanted and (command[0] == "bash" or command[0].exists()):
            results += run(command)
    options.out.mkdir(parents=True, exist_ok=True)
    with open(options.out / "bench.jsonl", "w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(r) + "\n" for r in results)
    draw(results, options.out / "bench.svg")
    show(results)
    print(f"\n{options.out / 'bench.jsonl'}, {options.out / 'bench.svg'}")
    return 0 if results else 1


if __name__ == "__main__":
    sys.exit(main())
