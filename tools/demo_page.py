#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page at the end of tools/demo.sh: one HTML file that needs nothing else.

    demo_page.py note  FACTS KIND KEY=VALUE…     adds one line to the facts
    demo_page.py bytes TS PID WIDTH HEIGHT OUT   payload bytes of a PID as grey dots (PGM)
    demo_page.py page  FACTS OUT.html            draws the page

Facts are JSON lines. KIND stream: the programme; frame: a picture; viewer: what one card saw of one
broadcast; ledger: a balance; step: a command and its outcome; settled: a row of the settlement report; plan:
event, rotation and crypto period on the time line.
"""
import base64
import html
import json
import sys

PACKET = 188

STYLE = """
:root { --ink:#1d2330; --soft:#5d6678; --line:#dfe3ea; --paper:#fbfbfd; --card:#fff; --good:#1b7f4d; --bad:#b3372f;
  --sold:#b97a10; --rights:#2f6db3; --accent:#4b3a8f; }
@media (prefers-color-scheme: dark) { :root { --ink:#e8eaf0; --soft:#9aa3b5; --line:#323949; --paper:#151922; --card:#1c212c;
  --good:#56c58a; --bad:#ef8179; --sold:#e5b458; --rights:#7db2ee; --accent:#b3a5f0; } }
* { box-sizing:border-box; }
body { margin:0; background:var(--paper); color:var(--ink); font:16px/1.5 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif; }
main { max-width:1080px; margin:0 auto; padding:40px 24px 72px; }
h1 { font-size:34px; line-height:1.15; margin:0 0 6px; letter-spacing:-.01em; }
h2 { font-size:21px; margin:44px 0 12px; }
p { margin:0 0 12px; max-width:74ch; } .soft { color:var(--soft); }
.frames { display:grid; grid-template-columns:1fr 1fr; gap:18px; margin:26px 0 8px; }
figure { margin:0; background:var(--card); border:1px solid var(--line); border-radius:12px; overflow:hidden; }
figure img { display:block; width:100%; aspect-ratio:16/9; object-fit:cover; background:#000; }
figcaption { padding:10px 14px 12px; font-size:14.5px; } figcaption b { display:block; font-size:16px; }
table { border-collapse:collapse; width:100%; background:var(--card); border:1px solid var(--line); border-radius:12px; overflow:hidden;
  font-size:15px; } th,td { text-align:left; padding:9px 14px; border-top:1px solid var(--line); vertical-align:top; }
thead th { border-top:0; font-weight:600; color:var(--soft); font-size:13.5px; } td.n,th.n { text-align:right; font-variant-numeric:tabular-nums;
  white-space:nowrap; }
.ok { color:var(--good); font-weight:600; white-space:nowrap; } .no { color:var(--bad); font-weight:600; white-space:nowrap; }
svg { display:block; width:100%; height:auto; background:var(--card); border:1px solid var(--line); border-radius:12px; }
svg text { fill:var(--ink); font:14px system-ui,"DejaVu Sans",sans-serif; } svg .s { fill:var(--soft); font-size:12.5px; }
pre { background:var(--card); border:1px solid var(--line); border-radius:12px; padding:14px 16px; overflow-x:auto; font:13px/1.55 ui-monospace,
  "DejaVu Sans Mono",monospace; } details { margin-top:10px; } summary { cursor:pointer; color:var(--soft); }
.legend { display:flex; flex-wrap:wrap; gap:6px 20px; margin:10px 2px 0; font-size:14px; color:var(--soft); }
.legend i { display:inline-block; width:14px; height:10px; border-radius:3px; margin-right:7px; }
@media (max-width:680px) { .frames { grid-template-columns:1fr; } }
"""


def esc(value):
    return html.escape(str(value))


def packets(path):
    with open(path, "rb") as file:
        while len(raw := file.read(PACKET)) == PACKET:
            if raw[0] == 0x47:
                yield raw


def pid_of(raw):
    return (raw[1] & 0x1F) << 8 | raw[2]


def pcr_of(raw):
    if raw[3] & 0x20 and raw[4] >= 7 and raw[5] & 0x10:
        return (int.from_bytes(raw[6:10], "big") << 1 | raw[10] >> 7) / 90000
    return None


def payload(raw):
    return raw[4 + (1 + raw[4] if raw[3] & 0x20 else 0):] if raw[3] & 0x10 else b""


def write_bytes_picture(path, pid, width, height, out):
    need, data = width * height, bytearray()
    for raw in packets(path):
        if pid_of(raw) == pid:
            data += payload(raw)
            if len(data) >= need:
                break
    data += bytes(max(0, need - len(data)))
    with open(out, "wb") as file:
        file.write(b"P5 %d %d 255\n" % (width, height) + bytes(data[:need]))


def density(path, pids, start, seconds, bins):
    """Share of the busiest bin's clear packets, over the PCR's time since start."""
    counts, now, first = [0] * bins, None, None
    for raw in packets(path):
        pcr = pcr_of(raw)
        if pcr is not None:
            first = pcr if first is None else first
            now = pcr - (first if start is None else start)
        if now is not None and pid_of(raw) in pids and not raw[3] & 0xC0 and payload(raw):
            at = int(now * bins / seconds)
            if 0 <= at < bins:
                counts[at] += 1
    return counts


def first_pcr(path):
    return next((t for t in map(pcr_of, packets(path)) if t is not None), 0)


class Page:
    def __init__(self, facts):
        self.facts, self.out = facts, []

    def all(self, kind):
        return [f for f in self.facts if f["kind"] == kind]

    def one(self, kind):
        return (self.all(kind) or [{}])[-1]

    def add(self, *parts):
        self.out += parts

    def frames(self):
        self.add('<div class="frames">')
        for frame in self.all("frame"):
            with open(frame["file"], "rb") as file:
                data = base64.b64encode(file.read()).decode()
            mime = "image/png" if frame["file"].endswith("png") else "image/jpeg"
            self.add(f'<figure><img alt="{esc(frame["title"])}" src="data:{mime};base64,{data}">',
                     f'<figcaption><b>{esc(frame["title"])}</b>{esc(frame["text"])}</figcaption></figure>')
        self.add("</div>")

    def timeline(self, broadcast):
        plan = {**self.one("stream"), **next((p for p in self.all("plan") if p["broadcast"] == broadcast), {})}
        rows = [v for v in self.all("viewer") if v["broadcast"] == broadcast]
        seconds, left, width, top, step = float(plan["seconds"]), 190, 1040, 62, 46
        start = first_pcr(plan["original"])
        pids = {int(p) for p in plan["pids"].split(",")}
        height = top + step * len(rows) + 34

        def x(t):
            return left + (width - left - 16) * max(0.0, min(1.0, t / seconds))

        svg = [f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{esc(plan["title"])}">']
        if "event_from" in plan:
            a, b = x(float(plan["event_from"])), x(float(plan["event_to"]))
            svg += [f'<rect x="{a:.1f}" y="34" width="{b - a:.1f}" height="{height - 60}" fill="var(--sold)" opacity=".13"/>',
                    f'<text x="{(a + b) / 2:.1f}" y="24" text-anchor="middle">{esc(plan["event_title"])}</text>']
        if "rotation" in plan:
            a = x(float(plan["rotation"]))
            svg += [f'<path d="M{a:.1f} 34V{height - 26}" stroke="var(--accent)" stroke-width="2" stroke-dasharray="5 4"/>',
                    f'<text x="{a:.1f}" y="24" text-anchor="middle">new epoch key</text>']
        period = float(plan["period"])
        for n in range(int(seconds / period) + 1):
            a, b = x(n * period), x(min(seconds, (n + 1) * period))
            svg.append(f'<rect x="{a:.1f}" y="40" width="{max(0, b - a):.1f}" height="9" fill="var(--soft)" '
                       f'opacity="{".25" if n % 2 else ".6"}"/>')
        svg.append('<text class="s" x="16" y="49">crypto periods</text>')
        for n, row in enumerate(rows):
            y = top + step * n
            bins = int(seconds * 10)
            counts = density(row["file"], pids, start, seconds, bins) if row.get("file") else [0] * bins
            busiest = max(1, sorted(counts)[len(counts) * 97 // 100])
            svg += [f'<text x="16" y="{y + 16}">{esc(row["who"])}</text><text class="s" x="16" y="{y + 33}">{esc(row["short"])}</text>',
                    f'<path d="M{left} {y + 32}H{x(seconds):.1f}" stroke="var(--line)"/>']
            path = f"M{left} {y + 32}"
            for i, count in enumerate(counts):
                h = 28 * min(1.0, count / busiest) ** 0.5
                path += f"L{x(i / 10):.1f} {y + 32 - h:.1f}L{x((i + 1) / 10):.1f} {y + 32 - h:.1f}"
            svg.append(f'<path d="{path}L{x(seconds):.1f} {y + 32}Z" fill="var(--{row["colour"]})" opacity=".85"/>')
        every = next(s for s in (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800) if seconds / s <= 14)
        for t in range(0, int(seconds) + 1, every):
            svg.append(f'<text class="s" x="{x(t):.1f}" y="{height - 9}" text-anchor="middle">{t} s</text>')
        self.add(f"<h2>{esc(plan['title'])}</h2><p>{esc(plan['text'])}</p>", *svg, "</svg>",
                 '<div class="legend"><span>Height: clear packets of the service that came out of the box.</span></div>')

    def table(self, heads, rows):
        cells = "".join(f'<th class="{c}">{esc(h)}</th>' for h, c in heads)
        self.add(f"<table><thead><tr>{cells}</tr></thead><tbody>")
        for row in rows:
            self.add("<tr>" + "".join(f'<td class="{c}">{value}</td>' for (_, c), value in zip(heads, row)) + "</tr>")
        self.add("</tbody></table>")

    def checks(self):
        self.add("<h2>What happened</h2>")
        rows = [(esc(s["who"]), esc(s["what"]), esc(s["outcome"]),
                 '<span class="ok">✓ as it should</span>' if s["ok"] == "1" else '<span class="no">✗ wrong</span>')
                for s in self.all("step")]
        self.table([("Who", ""), ("What", ""), ("Outcome", ""), ("", "")], rows)

    def money(self):
        if self.all("ledger"):
            self.add("<h2>The wallet</h2><p>Slot 0 of the card: the viewer's own money. The card debits it before it answers.</p>")
            self.table([("When", ""), ("Balance", "n")], [(esc(r["when"]), esc(r["balance"])) for r in self.all("ledger")])
        if self.all("settled"):
            self.add("<h2>Settlement</h2><p>Records leave the card as a ciphered, chained report; the head-end compares each price with its "
                     "price list and acknowledges by EMM.</p>")
            self.table([("Check", ""), ("Result", "n")], [(esc(r["check"]), esc(r["result"])) for r in self.all("settled")])

    def commands(self):
        lines = [f["line"] for f in self.all("command")]
        if lines:
            self.add("<h2>Again, by hand</h2><details><summary>The commands of this run, in their order</summary><pre>",
                     esc("\n".join(lines)), "</pre></details>")

    def build(self):
        stream = self.one("stream")
        self.add("<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width,initial-scale=1'>",
                 f"<title>Tessera: {esc(stream['name'])}</title><style>{STYLE}</style><main>",
                 "<h1>Tessera: watching by paying from the card</h1>",
                 f"<p class=soft>{esc(stream['description'])}</p>")
        self.frames()
        self.checks()
        for plan in self.all("plan"):
            self.timeline(plan["broadcast"])
        self.money()
        self.commands()
        self.add(f"<p class=soft style='margin-top:40px'>{esc(stream['note'])}</p></main></html>")
        return "\n".join(self.out)


def main():
    verb, arguments = sys.argv[1], sys.argv[2:]
    if verb == "note":
        fact = {"kind": arguments[1], **dict(a.split("=", 1) for a in arguments[2:])}
        with open(arguments[0], "a", encoding="utf-8") as file:
            file.write(json.dumps(fact, ensure_ascii=False) + "\n")
    elif verb == "bytes":
        path, pid, width, height, out = arguments
        write_bytes_picture(path, int(pid, 0), int(width), int(height), out)
    elif verb == "page":
        with open(arguments[0], encoding="utf-8") as file:
            page = Page([json.loads(line) for line in file]).build()
        with open(arguments[1], "w", encoding="utf-8") as file:
            file.write(page)
    else:
        sys.exit(f"demo_page: {verb}: unknown verb")


if __name__ == "__main__":
    main()
