#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A keystore of version 1 from the text of FORMATS.md alone; scrypt is Python's, GCM is written out here and checks itself
against the test vectors of its authors.

    python3 make_keystore.py > keystore_1          (passphrase: "golden keystore")
"""
import hashlib
import struct
import sys

from make_ladder_vectors import aes, check

PASSPHRASE = b"golden keystore"


def multiply(x, y):
    """SP 800-38D 6.3, algorithm 1."""
    z, v = 0, y
    for i in range(127, -1, -1):
        if x >> i & 1:
            z ^= v
        v = v >> 1 ^ (0xE1 << 120 if v & 1 else 0)
    return z


def ghash(h, aad, text):
    y = 0
    data = b"".join(part + bytes(-len(part) % 16) for part in (aad, text))
    data += struct.pack(">QQ", 8 * len(aad), 8 * len(text))
    for i in range(0, len(data), 16):
        y = multiply(y ^ int.from_bytes(data[i:i + 16], "big"), h)
    return y.to_bytes(16, "big")


def seal(key, nonce, aad, plain):
    """SP 800-38D 7.1 with a nonce of 12 bytes: text | tag."""
    stream = b"".join(aes(key, nonce + struct.pack(">I", 2 + i)) for i in range((len(plain) + 15) // 16))
    text = bytes(a ^ b for a, b in zip(plain, stream))
    h = int.from_bytes(aes(key, bytes(16)), "big")
    mask = aes(key, nonce + struct.pack(">I", 1))
    return text + bytes(a ^ b for a, b in zip(ghash(h, aad, text), mask))


def check_gcm():
    # McGrew and Viega, test case 16
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308") * 2
    plain = bytes.fromhex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                          "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")
    aad = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    assert seal(key, bytes.fromhex("cafebabefacedbaddecaf888"), aad, plain)[-16:].hex() == \
        "76fc6ece0f4e1768cddf8853bb2d551b"


def main():
    check()
    check_gcm()
    # RFC 6979 A.2.5 and RFC 5903 8.1 (initiator)
    root_pair = bytes.fromhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"
                              "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
                              "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299")
    pair = bytes.fromhex("C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433"
                         "DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180"
                         "5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3")
    body = b"\x01" + bytes(range(0x10, 0x20)) + struct.pack(">H", 0x1234) + bytes([3, 1, 1, 2, 1, 3, 0x7F])
    body += b"\x02" + root_pair + b"\x05" + pair
    salt, nonce = bytes(range(0xA0, 0xB0)), bytes(range(0xC0, 0xCC))
    header = b"TSR-KEYS" + bytes([1, 1, 10, 8, 1, 0, 0, 0]) + salt + nonce + struct.pack(">I", len(body))
    key = hashlib.scrypt(PASSPHRASE, salt=salt, n=1 << 10, r=8, p=1, dklen=32)
    sys.stdout.buffer.write(header + seal(key, nonce, header, body))


if __name__ == "__main__":
    main()
