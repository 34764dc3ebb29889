#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arithmetic of the PBOC e-purse a second time, on the openssl program: nothing here is shared
with the code. Prints the values of the variants that are our own (FORMATS.md, "E-purse"), after it
has found the published ones again; with --check FILE, looks for all of them in that file."""
import subprocess
import sys

BLOCK = {"3DES": 8, "SM4": 16, "AES": 16}
NAME = {"3DES": "des-ede", "SM4": "sm4-ecb", "AES": "aes-128-ecb"}


def ecb(algorithm, key, block):
    if len(key) == 8:
        key = key + key  # E D E with one key is single DES
    return subprocess.run(["openssl", "enc", "-" + NAME[algorithm], "-nopad", "-K", key.hex()],
                          input=block, stdout=subprocess.PIPE, check=True).stdout


def pad(data, size):
    data += b"\x80"
    return data + bytes(-len(data) % size)


def mac(algorithm, key, data, challenge=b""):
    size = BLOCK[algorithm]
    chain = challenge + bytes(size - len(challenge))
    data = pad(data, size)
    for at in range(0, len(data), size):
        last = at + size == len(data)
        left = key if last or algorithm != "3DES" else key[:8]
        chain = ecb(algorithm, left, bytes(a ^ b for a, b in zip(chain, data[at:at + size])))
    return chain[:4]


def session(algorithm, key, rnd, seq, tail):
    block = rnd + seq.to_bytes(2, "big") + tail
    if algorithm != "3DES":
        block += b"\x80" + bytes(7)
    return ecb(algorithm, key, block)


def folded(algorithm, key):
    return bytes(a ^ b for a, b in zip(key[:8], key[8:])) if algorithm == "3DES" else key


def diversify(algorithm, key, factor):
    return ecb(algorithm, key, factor + bytes(255 - b for b in factor))


def values(algorithm):
    h = bytes.fromhex
    dtk = folded(algorithm, h("2F1E2D3C4B5A69788796A5B4C3D2E1F1"))
    amount, terminal, stamp = h("00001C37"), h("000001000050"), h("20140825103100")
    load = session(algorithm, h("00112233445566778899AABBCCDDEEFF"), h("CDEF4F20"), 0, h("8000"))
    body = amount + b"\x02" + terminal
    yield "LS", load
    yield "L1", mac(algorithm, load, bytes(4) + body)
    yield "L2", mac(algorithm, load, body + stamp)
    yield "LC", mac(algorithm, dtk, amount + bytes(2) + body + stamp)
    amount, terminal, stamp = h("00000064"), h("000000000001"), h("20110919204812")
    pay = session(algorithm, h("101112131415161718191A1B1C1D1E1F"), h("9AC87503"), 0, h("0001"))
    body = amount + b"\x06" + terminal
    yield "PS", pay
    yield "P1", mac(algorithm, pay, body + stamp)
    yield "P2", mac(algorithm, pay, amount)
    yield "PC", mac(algorithm, dtk, body + h("00000001") + stamp)
    yield "DK", diversify(algorithm, h("00112233445566778899AABBCCDDEEFF"), h("4100000089999985"))


PUBLISHED = "5EAF6979B87264E2 62E86B2F 6C6EE87F B8DED7E4 34E6E375A2D4B217 872CE03A B89F777B " \
    "0DB08546 0610AD547095D6E5F71AF6CE813AD844"


def main():
    if " ".join(v.hex().upper() for _, v in values("3DES")) != PUBLISHED:
        sys.exit("pboc_judge: the published values do not come out")
    made = {a + n: v.hex().upper() for a in ("SM4", "AES") for n, v in values(a)}
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        text = open(sys.argv[2], encoding="utf-8").read()
        missing = [n for n, v in made.items() if '"' + v + '"' not in text]
        if missing:
            sys.exit("pboc_judge: the test does not know " + " ".join(missing))
    else:
        for n, v in made.items():
            print(n, v)


main()
