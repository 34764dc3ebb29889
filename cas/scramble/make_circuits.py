#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes circuits.h: the seven S-boxes of CSA2's stream cipher as logic on whole registers.

    cas/scramble/make_circuits.py > cas/scramble/circuits.h

TABLES are the S-boxes as tables, CIRCUITS the same as steps of three inputs each, found by a search
over such circuits (5 steps are too few for any of them, which has been tried exhaustively; S3 has the
least there is). Every circuit is checked here against its table on all 32 inputs, so an error in
either cannot get out. A step is written LUT(xx, u, v, w): bit 4u+2v+w of the hexadecimal number xx is
its value. Processors with such an instruction take it as it is; for all others this program searches,
for every xx in use, the shortest circuit of AND, OR, XOR, AND-NOT and NOT.
"""
import itertools
import re

# index 16a + 8b + 4c + 2d + e, entry 2h + l
TABLES = {
    1: "20112330322011030330221122031130",
    2: "31022330132100123103320200122131",
    3: "20122331110330201301302220120331",
    4: "31230212120130031031230303201221",
    5: "20013232013310212320031110323102",
    6: "01231220013023132302301121120330",
    7: "03223001301312211033011223102302",
}
EXTRA = "96 e8 ca 78 3c".split()  # sum, majority, choice, u ^ (v & w), u ^ v: what else the cipher needs
CIRCUITS = """
S1 h=t7 l=t4: 36(c,d,e) 4A(a,b,e) 16(t2,t1,b) 3C(t3,c,e) B6(t1,a,c) 9A(t5,b,c) 87(t6,t2,d)
S2 h=t7 l=t5: 78(c,d,e) 6C(t1,a,e) D6(t1,a,b) 9A(t3,t2,b) C3(t4,d,e) 94(t5,a,e) 9A(t6,t4,t3)
S3 h=t6 l=t4: 34(a,b,e) D6(t1,d,e) E4(c,d,e) 96(t3,a,b) FE(t4,a,d) 93(t5,t2,c)
S4 h=t7 l=t5: 94(b,d,e) AE(b,c,d) 86(t2,c,e) E4(t3,t1,a) E1(t4,b,c) 5A(t5,t4,t3) 96(t6,t1,a)
S5 h=t8 l=t5: 14(b,c,d) 92(t1,a,e) A4(c,d,e) 9E(t3,b,e) 96(t4,t2,d) C2(a,b,d) 34(t6,t5,t3) 69(t7,t1,e)
S6 h=t4 l=t7: 28(a,b,e) F6(t1,a,d) A4(b,c,e) 96(t3,t2,c) 52(t4,t3,a) 1A(t5,b,e) 5E(t6,t3,d)
S7 h=t7 l=t4: 6A(a,b,c) C6(t1,a,b) 38(t1,d,e) 96(t3,t2,e) 9E(b,d,e) D2(t5,t4,a) 5E(t6,t3,c)
"""
GATES = {"vec_and": lambda x, y: x & y, "vec_or": lambda x, y: x | y, "vec_xor": lambda x, y: x ^ y,
         "vec_andn": lambda x, y: ~x & y & 0xFF}
INPUTS = (0xF0, 0xCC, 0xAA)  # u, v, w as truth tables


def parse():
    for line in CIRCUITS.strip().splitlines():
        head, body = line.split(":")
        number, high, low = re.fullmatch(r"S(\d) h=(t\d) l=(t\d)", head).groups()
        steps = [(xx.lower(), args.split(",")) for xx, args in re.findall(r"(\w\w)\(([^)]*)\)", body)]
        yield int(number), high, low, steps


def check(number, high, low, steps):
    for index, entry in enumerate(TABLES[number]):
        value = {name: index >> (4 - k) & 1 for k, name in enumerate("abcde")}
        for n, (xx, args) in enumerate(steps, 1):
            u, v, w = (value[a] for a in args)
            value[f"t{n}"] = int(xx, 16) >> (4 * u + 2 * v + w) & 1
        assert 2 * value[high] + value[low] == int(entry), f"S{number} at {index}"


def moves(known):
    """Every value that one more gate can add to those known."""
    for name, gate in GATES.items():
        for i, j in itertools.permutations(range(len(known)), 2):
            if name == "vec_andn" or i < j:
                yield gate(known[i], known[j]), (name, i, j)
    for i, x in enumerate(known):
        yield x ^ 0xFF, ("vec_not", i)


def shortest(wanted):
    """{function: gates} for functions of three inputs: breadth first over sets of known values."""
    found, layer = {}, {frozenset(INPUTS): (INPUTS, ())}
    while layer:
        following = {}
        for known, gates in layer.values():
            for value, gate in moves(known):
                if value in known or value in (0, 0xFF):
                    continue
                if value in wanted and value not in found:
                    found[value] = gates + (gate,)
                key = frozenset(known) | {value}
                if key not in following:
                    following[key] = (known + (value,), gates + (gate,))
        if wanted <= found.keys():
            return found
        layer = following
    raise AssertionError("no circuit")


def needed(gates):
    """Drops gates that the last one does not use."""
    used, keep = {len(gates) + 2}, []
    for n in range(len(gates) - 1, -1, -1):
        if n + 3 in used:
            keep.insert(0, n)
            used |= set(gates[n][1:])
    return keep


def print_gates(xx, gates):
    keep = needed(gates)
    name = {0: "u", 1: "v", 2: "w"} | {n + 3: f"t{i}" for i, n in enumerate(keep, 1)}
    print(f"\nstatic inline vec\nlut_{xx}(vec u, vec v, vec w)\n{{")
    for n in keep[:-1]:
        print(f"\tvec {name[n + 3]} = {gates[n][0]}({', '.join(name[k] for k in gates[n][1:])});")
    used = {k for n in keep for k in gates[n][1:]}
    if len(keep) > 1:
        print()
    for k in range(3):
        if k not in used:
            print(f"\t(void){name[k]};")
    last = gates[keep[-1]]
    print(f"\treturn {last[0]}({', '.join(name[k] for k in last[1:])});\n}}")
    return len(keep)


def print_sbox(number, high, low, steps):
    print(f"\nstatic inline void\nsbox_{number}(vec a, vec b, vec c, vec d, vec e, vec *h, vec *l)\n{{")
    for n, (xx, args) in enumerate(steps, 1):
        print(f"\tvec t{n} = LUT({xx}, {', '.join(args)});")
    print(f"\n\t*h = {high};\n\t*l = {low};\n}}")


def main():
    circuits = list(parse())
    for circuit in circuits:
        check(*circuit)
    used = sorted({xx for c in circuits for xx, _ in c[3]} | set(EXTRA))
    found = shortest({int(xx, 16) for xx in used})
    print("/* SPDX-License-Identifier: GPL-3.0-or-later */\n"
          "/* Made by make_circuits.py; do not edit. The S-boxes of CSA2's stream cipher as logic, over the\n"
          " * vec and LUT of the file that includes this one. */\n"
          "#ifndef TESSERA_SCRAMBLE_CIRCUITS_H\n#define TESSERA_SCRAMBLE_CIRCUITS_H\n\n#ifndef LUT\n"
          "#define LUT(xx, u, v, w) lut_##xx(u, v, w)")
    for xx in used:
        print_gates(xx, found[int(xx, 16)])
    print("\n#endif")
    for circuit in circuits:
        print_sbox(*circuit)
    print("\n#endif")


if __name__ == "__main__":
    main()
