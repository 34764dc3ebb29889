#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Golden vectors of the key ladder, from the text of FORMATS.md alone: AES and CMAC are written out here, nothing
of the tree is used. Cipher, MAC and derivation check themselves first, against FIPS 197, RFC 4493 and NIST's CAVP.

    python3 make_ladder_vectors.py > ladder.txt
"""


def make_sbox():
    """FIPS 197 5.1.1: inverse in GF(2^8), then the affine transformation."""
    exp, log, x = [0] * 510, [0] * 256, 1
    for i in range(255):
        exp[i] = exp[i + 255] = x
        log[x] = i
        x ^= (x << 1) ^ (0x11B if x & 0x80 else 0)
        x &= 0xFF
    sbox = []
    for value in range(256):
        inverse = exp[255 - log[value]] if value else 0
        out = 0x63
        for shift in range(5):
            out ^= ((inverse << shift) | (inverse >> (8 - shift))) & 0xFF
        sbox.append(out)
    return sbox


SBOX = make_sbox()


def double(x):
    return ((x << 1) ^ (0x1B if x & 0x80 else 0)) & 0xFF


def expand(key):
    """FIPS 197 5.2, for 16 and 32 bytes."""
    words, rcon, nk = [key[i:i + 4] for i in range(0, len(key), 4)], 1, len(key) // 4
    for i in range(nk, 4 * (nk + 7)):
        w = words[-1]
        if i % nk == 0:
            w = bytes(SBOX[b] for b in w[1:] + w[:1])
            w = bytes([w[0] ^ rcon]) + w[1:]
            rcon = double(rcon)
        elif nk == 8 and i % nk == 4:
            w = bytes(SBOX[b] for b in w)
        words.append(bytes(a ^ b for a, b in zip(words[-nk], w)))
    return [b"".join(words[i:i + 4]) for i in range(0, len(words), 4)]


def aes(key, block):
    keys = expand(key)
    s = bytes(a ^ b for a, b in zip(block, keys[0]))
    for number, round_key in enumerate(keys[1:], 1):
        s = bytes(SBOX[s[(i + 4 * (i % 4)) % 16]] for i in range(16))
        if number < len(keys) - 1:
            mixed = []
            for c in range(0, 16, 4):
                col = s[c:c + 4]
                for r in range(4):
                    a, b, d, e = (col[(r + k) % 4] for k in range(4))
                    mixed.append(double(a) ^ double(b) ^ b ^ d ^ e)
            s = bytes(mixed)
        s = bytes(a ^ b for a, b in zip(s, round_key))
    return s


def shift(block):
    n = int.from_bytes(block, "big") << 1
    if n >> 128:
        n = (n ^ 0x87) & ((1 << 128) - 1)
    return n.to_bytes(16, "big")


def cmac(key, message):
    k1 = shift(aes(key, bytes(16)))
    blocks = [message[i:i + 16] for i in range(0, len(message), 16)] or [b""]
    if len(blocks[-1]) == 16:
        mask = k1
    else:
        blocks[-1] = (blocks[-1] + b"\x80").ljust(16, b"\0")
        mask = shift(k1)
    blocks[-1] = bytes(a ^ b for a, b in zip(blocks[-1], mask))
    state = bytes(16)
    for block in blocks:
        state = aes(key, bytes(a ^ b for a, b in zip(state, block)))
    return state


def kdf(key, label, context, length=16):
    out = b""
    for i in range(1, (length + 15) // 16 + 1):
        out += cmac(key, bytes([i]) + label + b"\0" + context + (8 * length).to_bytes(2, "big"))
    return out[:length]


def check():
    assert aes(bytes(range(16)), bytes.fromhex("00112233445566778899aabbccddeeff")).hex() == \
        "69c4e0d86a7b0430d8cdb78070b4c55a"  # FIPS 197 C.1
    assert aes(bytes(range(32)), bytes.fromhex("00112233445566778899aabbccddeeff")).hex() == \
        "8ea2b7ca516745bfeafc49904b496089"  # FIPS 197 C.3
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    text = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                         "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710")
    for length, mac in ((0, "bb1d6929e95937287fa37d129b756746"), (16, "070a16b46b4d4144f79bdd9dd04a287c"),
                        (40, "dfa66747de9ae63030ca32611497c827"), (64, "51f0bebf7e3b9d92fc49741779363cfe")):
        assert cmac(key, text[:length]).hex() == mac  # RFC 4493 4
    # NIST CAVP, KDFCTR_gen.rsp: CMAC_AES128, counter before fixed data, r = 8, L = 128, count 0
    fixed = bytes.fromhex("c16e6e02c5a3dcc8d78b9ac1306877761310455b4e41469951d9e6c2245a064b"
                          "33fd8c3b01203a7824485bf0a64060c4648b707d2607935699316ea5")
    assert cmac(bytes.fromhex("dff1e50ac0b69dc40f1051d46c2b069c"), b"\x01" + fixed).hex() == \
        "8be8f0869b3c0ba97b71863d1b9f7813"


def row(name, parent, label, context, length=16):
    key = kdf(parent, label.encode(), context, length)
    print(" | ".join((name, parent.hex().upper(), label, context.hex().upper() or "-", key.hex().upper())))
    return key


def main():
    check()
    print("# name | parent | label | context | key; made by make_ladder_vectors.py")
    root = bytes(range(0x10, 0x20))
    epoch = bytes(range(0xE0, 0xF0))
    issuer = row("master issuer", root, "TSR1 master", bytes.fromhex("12340101"))
    ca = row("master ca", root, "TSR1 master", bytes.fromhex("12340201"))
    purse = row("master purse", root, "TSR1 master", bytes.fromhex("1234037F"))
    card = row("card issuer", issuer, "TSR1 card", bytes.fromhex("00ABCDEF"))
    for what in ("enc", "mac", "dek"):
        row("scp " + what, card, "TSR1 scp " + what, b"")
    card = row("card ca", ca, "TSR1 card", bytes.fromhex("00ABCDEF"))
    for what in ("emm enc", "emm mac", "rep enc", "rep mac", "chain"):
        row(what, card, "TSR1 " + what, b"")
    for what in ("enc", "mac", "dek"):  # of the CA domain, key version 02
        row("domain " + what, card, "TSR1 scp " + what, bytes([2]))
    card = row("card purse", purse, "TSR1 card", bytes.fromhex("00000000"))
    for what in ("topup", "tac"):
        row(what, card, "TSR1 " + what, b"")
    service = row("service", epoch, "TSR1 service", bytes.fromhex("12340457"))
    for what in ("ecm enc", "ecm mac"):
        row(what, service, "TSR1 " + what, b"")
    for what in ("box enc", "box mac", "box prove"):
        row(what, bytes(range(0x30, 0x40)), "TSR1 " + what, bytes(range(0x40, 0x50)))
    row("code", bytes(range(0x50, 0x60)), "TSR1 code", b"")
    row("confirm", bytes(range(0x50, 0x60)), "TSR1 confirm", b"")
    row("tree", ca, "TSR1 tree", bytes.fromhex("00ABCDEF"))
    row("store", ca, "TSR1 store", b"", 32)
    tree = row("tree master", ca, "TSR1 tree master", b"")
    row("subtree", tree, "TSR1 subtree", bytes.fromhex("00ABCDEF"))
    row("pboc", purse, "TSR1 pboc", bytes.fromhex("3E010100"))
    row("long", root, "TSR1 store", bytes(16), 40)


if __name__ == "__main__":
    main()
