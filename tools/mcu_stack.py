# SPDX-License-Identifier: GPL-3.0-or-later
"""The deepest chain of calls of a linked image, in bytes of stack.

Frames and direct calls are the compiler's own word (gcc -fcallgraph-info=su). A call through a pointer is looked up in
the source by the place that the compiler names: LEADS says, for each such expression, in which const tables its
functions stand. Nothing is guessed: what leads nowhere, a function of the image that no chain reaches, one whose
address is taken and that no table yields, a variable frame and a circle are faults.
"""
import pathlib
import re
import subprocess

# Where an expression of a file calls through a pointer: (file, member) → tables. "*": any file. A member that is
# not listed is looked for in designated initialisers (.member = function).
#   rows:TYPE-TABLE   all arrays of that type but the named ones     table:NAME   one array     function:NAME
LEADS = {
    ("smartcard/core/dispatch.c", "handler"): ["rows:card_command-inner_commands"],
    ("smartcard/apps/ca_channel.c", "handler"): ["table:inner_commands"],
    ("smartcard/core/isolation.c", "format"): [],  # optional, and no application has one
    ("*", "store"): ["rows:grouping"],
    ("*", "put"): ["rows:listing"],
    ("smartcard/link/t0.c", "has_data"): ["function:takes_data"],
}
# Structs whose functions the chip supplies; what they need comes on top.
SUPPLIED = {"keys/crypto/crypto.h": "crypto", "smartcard/core/nv.h": "nv_port"}
SUPPLIED_FUNCTIONS = re.compile(r"port_\w+$")
# The compiler's helpers and mem….: 64-bit division is the deepest of them (__udivmoddi4, libgcc for v6-M).
HELPERS = re.compile(r"(mem(cpy|move|set|cmp)|__\w+)$")
HELPER_FRAME = 64


class Fault(Exception):
    """Something that keeps the depth from being known."""


class Graph:
    """Functions by title (path:name for static ones), their frames, calls and calls through pointers."""

    def __init__(self, files):
        self.frame, self.calls, self.sites, self.names = {}, {}, {}, {}
        for path in files:
            self.read(path)

    def read(self, path):
        for line in path.read_text().splitlines():
            if match := re.match(r'node: \{ title: "([^"]+)" label: "([^"]*)"', line):
                size = re.search(r"\\n(\d+) bytes \((\w+)\)", match.group(2))
                if size:
                    if size.group(2) != "static":
                        raise Fault(f"{match.group(1)}: the frame is {size.group(2)}")
                    self.frame[match.group(1)] = int(size.group(1))
                    self.names.setdefault(match.group(1).rsplit(":", 1)[-1], []).append(match.group(1))
            elif match := re.match(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"(?: label: "([^"]*)")?', line):
                source, target, place = match.groups()
                if target == "__indirect_call":
                    self.sites.setdefault(source, set()).add(place)
                else:
                    self.calls.setdefault(source, set()).add(target)


def closing(text, at):
    """Index after the bracket that closes the one at text[at]."""
    depth = 0
    for i in range(at, len(text)):
        depth += text[i] in "([{"
        depth -= text[i] in ")]}"
        if depth == 0:
            return i + 1
    raise Fault("a bracket does not close")


def called_member(text):
    """Name of what the expression at the beginning of text calls: the b of a->b(…), of a(1)->b(…), of b(…)."""
    match = re.match(r"\w+", text)
    name, at = (match.group(), match.end()) if match else ("", 0)
    while name:
        rest = text[at:].lstrip()
        at = len(text) - len(rest)
        if match := re.match(r"(?:->|\.)\s*(\w+)", rest):
            name, at = match.group(1), at + match.end()
        elif rest.startswith("["):
            at = closing(text, at)
        elif rest.startswith("("):
            after = text[closing(text, at):].lstrip()
            if not after.startswith(("->", ".")):
                return name
            at = len(text) - len(after)
        else:
            break
    raise Fault(f"no call: {text.splitlines()[0].strip()}")


class Sources:
    """The text of the rooms: tables of functions in it."""

    def __init__(self, root, files):
        self.root = root
        self.text = {p.relative_to(root).as_posix(): p.read_text() for p in files}
        self.supplied = set()
        for header, struct in SUPPLIED.items():
            body = (root / header).read_text().split(f"struct {struct} {{", 1)[1].split("\n};", 1)[0]
            self.supplied |= set(re.findall(r"\(\*(\w+)\)\(", body))

    def arrays(self):
        """(type, name, initialiser) of each array with one."""
        for text in self.text.values():
            for match in re.finditer(r"(?:struct (\w+)|\}) (\w+)\[[^\]]*\]\s*=\s*\{", text):
                yield match.group(1), match.group(2), text[match.end() - 1:closing(text, match.end() - 1)]

    def words(self, lead, member):
        kind, _, what = lead.partition(":")
        if kind == "function":
            return {what}
        if kind == "member":
            return {name for text in self.text.values() for name in re.findall(rf"\.{member}\s*=\s*(\w+)", text)}
        wanted, *others = what.split("-")
        return {word for type_, name, body in self.arrays()
                if (name == wanted if kind == "table" else type_ == wanted and name not in others)
                for word in re.findall(r"\b[a-z_]\w*\b", body)}

    def targets(self, place, names):
        """Functions that the call at file:line:column may reach; None: the chip's."""
        path, line, column = place.rsplit(":", 2)
        path = pathlib.Path(path).resolve().relative_to(self.root).as_posix()
        text = "\n".join((self.root / path).read_text().splitlines()[int(line) - 1:int(line) + 9])
        member = called_member(text[int(column) - 1:])
        if member in self.supplied:
            return None
        leads = LEADS.get((path, member), LEADS.get(("*", member), [f"member:{member}"]))
        found = {word for lead in leads for word in self.words(lead, member) if word in names}
        if not found and leads:
            raise Fault(f"{path}:{line}: where does {member}() lead? LEADS in tools/mcu_stack.py must say")
        return found


class Depth:
    """Depths of the functions of one image."""

    def __init__(self, graph, sources, linked):
        self.graph, self.known, self.open = graph, {}, []
        self.leads, self.yielded = {}, set()
        names = {n: t for n, t in graph.names.items() if n in linked}
        for function, places in graph.sites.items():
            if function.rsplit(":", 1)[-1] not in linked:
                continue
            for place in places:
                found = sources.targets(place, names) or set()
                self.yielded |= found
                self.leads.setdefault(function, set()).update(t for n in found for t in names[n])

    def of(self, function):
        """(bytes, chain) from this function down."""
        if function in self.known:
            return self.known[function]
        if function in self.open:
            raise Fault("a circle: " + " > ".join(self.open[self.open.index(function):] + [function]))
        if function not in self.graph.frame:
            if SUPPLIED_FUNCTIONS.match(function):
                return 0, []
            if HELPERS.match(function):
                return HELPER_FRAME, [(function, HELPER_FRAME)]
            raise Fault(f"nothing is known of {function}")
        self.open.append(function)
        below = [self.of(f) for f in self.graph.calls.get(function, set()) | self.leads.get(function, set())]
        self.open.pop()
        # Any function may divide; the call graph does not show the compiler's helpers.
        deepest = max(below + [(HELPER_FRAME, [("helpers", HELPER_FRAME)])], key=lambda d: d[0])
        own = self.graph.frame[function]
        self.known[function] = (own + deepest[0], [(function.rsplit(":", 1)[-1], own)] + deepest[1])
        return self.known[function]


def symbols_of(elf, prefix):
    """(functions of the image, those among them whose address is taken); the image was linked with -q."""
    run = subprocess.run([prefix + "readelf", "-sW", str(elf)], capture_output=True, text=True, check=True)
    functions = {line.split()[7] for line in run.stdout.splitlines() if len(line.split()) > 7 and line.split()[3] == "FUNC"}
    run = subprocess.run([prefix + "readelf", "-rW", str(elf)], capture_output=True, text=True, check=True)
    taken = {line.split()[4] for line in run.stdout.splitlines() if "R_ARM_ABS32" in line and len(line.split()) > 4}
    return functions, taken & functions


def measure(elf, prefix, root, ci_files, source_files, entry="main"):
    """(bytes, [(function, frame)]) of the deepest chain from entry. Fault."""
    graph = Graph(ci_files)
    linked, taken = symbols_of(elf, prefix)
    depth = Depth(graph, Sources(root, source_files), linked)
    result = depth.of(entry)
    if missed := {n for n in taken if n in graph.names} - depth.yielded:
        raise Fault(f"no table yields {', '.join(sorted(missed))}, and their addresses are taken")
    reached = {f.rsplit(":", 1)[-1] for f in depth.known}
    if missed := {n for n in linked if n in graph.names} - reached:
        raise Fault(f"no chain reaches {', '.join(sorted(missed))}")
    return result
