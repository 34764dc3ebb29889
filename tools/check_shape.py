#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shape: sizes, and what must stand beside the code.

    tools/check_shape.py [SOURCE-FOLDER]

No function over 80 lines, no file over 600, an SPDX line on top of each source, nothing but the
named entries at the top level, a README.md in every folder that names its files, a man page for
every program, and every test that SECURITY.md names is there. Prints one line for each breach; exit status 1.
"""
import fnmatch
import pathlib
import re
import sys

FILE_LINES, FUNCTION_LINES = 600, 80
TOP = {"CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "CHANGELOG.md", "SECURITY.md",
       "cas", "smartcard", "stb-host", "keys", "tests", "tools", "build"}
ROOMS = ("cas", "smartcard", "stb-host", "keys", "tests", "tools")
# folders that hold data for one neighbour, described in the folder above
QUIET = re.compile(r"tests/(fuzz/corpus(/|$)|rooms$|vectors/|support/)|__pycache__|/\.")
SOURCES = {".c", ".h", ".py", ".sh", ".cmake"}
LONG_DATA = re.compile(r"tests/vectors/.*\.(txt|json|h)$")


def functions(lines):
    """(name, first line, length) of every function of a K&R source: { and } in column 0."""
    start, name = None, ""
    for number, line in enumerate(lines, 1):
        match = re.match(r"(\w+)\(", line)
        if match:
            name = match.group(1)
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            yield name, start, number - start - 1
            start = None


def check_source(root, path):
    text = path.read_text(encoding="utf-8", errors="replace")
    lines, name = text.splitlines(), path.relative_to(root).as_posix()
    if len(lines) > FILE_LINES and not LONG_DATA.match(name):
        yield f"{name}: {len(lines)} lines, more than {FILE_LINES}"
    if not any("SPDX-License-Identifier: GPL-3.0-or-later" in line for line in lines[:3]):
        yield f"{name}: no SPDX line"
    if path.suffix == ".c":
        for function, start, length in functions(lines):
            if length > FUNCTION_LINES:
                yield f"{name}:{start}: {function} has {length} lines, more than {FUNCTION_LINES}"


def check_folders(root):
    for entry in root.iterdir():
        if entry.name not in TOP and not entry.name.startswith("."):
            yield f"{entry.name}: does not belong at the top level"
    for top in ROOMS:
        folders = [root / top] + sorted(p for p in (root / top).rglob("*") if p.is_dir())
        for folder in folders:
            name = folder.relative_to(root).as_posix()
            if not QUIET.search(name) and not (folder / "README.md").exists():
                yield f"{name}: no README.md"


def check_pages(root):
    """A folder's page names each of its files: `noun`, `noun.c`, `noun*.c`, `cmd_<noun>.c`."""
    for top in ("cas", "keys", "smartcard", "stb-host", "tools"):
        for page in sorted((root / top).rglob("README.md")):
            quoted = " ".join(re.findall(r"`([^`]+)`", page.read_text()))
            names = [re.sub(r"<\w+>", "*", name.partition(".")[0]) for name in re.split(r"[\s,]+", quoted)]
            for source in sorted(page.parent.glob("*.c")):
                if not any(fnmatch.fnmatch(source.stem, name) for name in names):
                    yield f"{page.relative_to(root).as_posix()} does not name {source.name}"


def check_programs(root):
    for folder in sorted((root / "tools").glob("tessera-*")):
        if not (folder / f"{folder.name}.1").exists():
            yield f"{folder.name}: no man page"


def check_claims(root):
    """Tests named in SECURITY.md as `room__behaviour` or `tests/path` exist."""
    page = root / "SECURITY.md"
    if not page.exists():
        yield "SECURITY.md is missing"
        return
    tests = "\n".join(p.read_text(errors="replace") for p in (root / "tests").rglob("*")
                      if p.suffix in (".c", ".sh", ".py", ".cmake"))
    known = set(re.findall(r"\w+__\w+", tests))
    for name in re.findall(r"`([^`\s]+)`", page.read_text()):
        if "__" in name and name not in known:
            yield f"SECURITY.md names the test {name}, which does not exist"
        if name.startswith(("tests/", "tools/")) and not (root / name).exists():
            yield f"SECURITY.md names {name}, which does not exist"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    count, breaches = 0, []
    for top in ROOMS:
        for path in sorted((root / top).rglob("*")):
            if path.suffix in SOURCES and path.is_file():
                count += 1
                breaches += check_source(root, path)
    breaches += [*check_folders(root), *check_pages(root), *check_programs(root), *check_claims(root)]
    for breach in breaches:
        print(breach)
    print(f"check_shape: {count} files, {len(breaches)} breaches")
    return 1 if breaches or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
