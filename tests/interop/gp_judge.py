#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A GlobalPlatform host that shares no code with the tree: SCP03 written from Amendment D over python3-cryptography, the
card through pcscd (libpcsclite). Plays what a card tool plays: reads card data and CPLC, opens a channel at every level,
lists, rotates the key set to AES-256, changes to S16 mode, gives a supplementary domain keys and opens it, then
tries wrong keys until the card blocks. Exit status 77 when a module is missing.

    gp_judge.py                                              a blank card
    gp_judge.py --issued ROOT OPERATOR LEAF DOMAIN VERSION    a card of the head-end, of which the root key is known:
                                                             opens the CA (2) or purse (3) domain with the keys of that version"""
import ctypes
import os
import sys

try:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.cmac import CMAC
    pcsc = ctypes.CDLL("libpcsclite.so.1")
except (ImportError, OSError) as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

ISSUER = bytes.fromhex("A000000151000000")
APPLICATIONS = {2: bytes.fromhex("F05445535345524101"), 3: bytes.fromhex("A00000000386980701")}
PURSE_DOMAIN = bytes.fromhex("F0544553534552415081")
CA_DOMAIN = bytes.fromhex("F0544553534552414181")
TEST_KEYS = [bytes(range(0x40, 0x50))] * 3
LEVELS = (0x00, 0x01, 0x03, 0x11, 0x13, 0x33)


def cmac(key, data):
    mac = CMAC(algorithms.AES(key))
    mac.update(data)
    return mac.finalize()


def cbc(key, iv, data, decrypt=False):
    cipher = Cipher(algorithms.AES(key), modes.CBC(iv))
    worker = cipher.decryptor() if decrypt else cipher.encryptor()
    return worker.update(data) + worker.finalize()


def block(key, data):
    return cbc(key, bytes(16), data)


def kdf(key, constant, length, context):
    out = b""
    for i in range(1, (length + 15) // 16 + 1):
        out += cmac(key, bytes(11) + bytes([constant, 0]) + (length * 8).to_bytes(2, "big") + bytes([i])
                    + context)
    return out[:length]


def pad(data):
    return data + b"\x80" + bytes(15 - len(data) % 16)


class Card:
    """The first reader's card, by pcsclite's own C interface."""

    def __init__(self):
        context, length, protocol = ctypes.c_long(), ctypes.c_ulong(1024), ctypes.c_ulong()
        names = ctypes.create_string_buffer(1024)
        self.handle = ctypes.c_long()
        self.check(pcsc.SCardEstablishContext(2, None, None, ctypes.byref(context)))
        self.check(pcsc.SCardListReaders(context, None, names, ctypes.byref(length)))
        self.check(pcsc.SCardConnect(context, ctypes.c_char_p(names.value), 2, 3,
                                     ctypes.byref(self.handle), ctypes.byref(protocol)))
        self.request = (ctypes.c_ulong * 2)(protocol.value, 16)

    @staticmethod
    def check(result):
        if result != 0:
            sys.exit(f"failed: pcsclite: {result & 0xFFFFFFFF:08X}")

    def transmit(self, command):
        answer, length = ctypes.create_string_buffer(1100), ctypes.c_ulong(1100)
        self.check(pcsc.SCardTransmit(self.handle, self.request, command, ctypes.c_ulong(len(command)), None,
                                      answer, ctypes.byref(length)))
        return answer.raw[:length.value]


class Host:
    def __init__(self, card):
        self.card = card
        self.level = None

    def raw(self, command):
        answer = self.card.transmit(bytes(command))
        return answer[:-2], int.from_bytes(answer[-2:], "big")

    def must(self, command, want=0x9000):
        data, sw = self.raw(command)
        if sw != want:
            sys.exit(f"failed: {command.hex()} is answered {sw:04X}, not {want:04X}")
        return data

    def select(self, aid):
        self.level = None
        return self.must(b"\x00\xA4\x04\x00" + bytes([len(aid)]) + aid + b"\x00")

    def open(self, aid, keys, level, size=8, version=0, trusted=True):
        """The status word of EXTERNAL AUTHENTICATE, or of INITIALIZE UPDATE."""
        self.select(aid)
        challenge = os.urandom(size)
        answer, sw = self.raw(b"\x80\x50" + bytes([version, 0, size]) + challenge + b"\x00")
        if sw != 0x9000:
            return sw
        card, cryptogram = answer[13:13 + size], answer[13 + size:13 + 2 * size]
        context, length = challenge + card, len(keys[0])
        if trusted and answer[12] & 0x10 and kdf(keys[0], 2, size, answer[-3:] + aid) != card:
            sys.exit("failed: the card's challenge is not made with these keys")
        self.size, self.keys = size, keys
        self.enc, self.mac, self.rmac = (kdf(keys[k], c, length, context) for k, c in ((0, 4), (1, 6), (1, 7)))
        if trusted and kdf(self.mac, 0, size, context) != cryptogram:
            sys.exit("failed: the card does not know these keys")
        self.chain, self.counter = bytes(16), 0
        command = self.maced(b"\x84\x82" + bytes([level, 0]), kdf(self.mac, 1, size, context))
        sw = self.raw(command)[1]
        self.level = level if sw == 0x9000 else None
        return sw

    def maced(self, header, data):
        head = header + bytes([len(data) + self.size])
        self.chain = cmac(self.mac, self.chain + head + data)
        return head + data + self.chain[:self.size]

    def send(self, header, data=b"", want=0x9000):
        """Plain header and data through the channel; the plain answer."""
        if not self.level & 1:
            return self.must(header + bytes([len(data)] if data else []) + data + b"\x00", want)
        self.counter += 1
        counter = self.counter.to_bytes(16, "big")
        if self.level & 2 and data:
            data = cbc(self.enc, block(self.enc, counter), pad(data))
        answer = self.must(self.maced(bytes([header[0] | 4]) + header[1:], data) + b"\x00", want)
        if not self.level & 0x10 or want not in (0x9000, 0x6310):
            return answer
        answer, mac = answer[:-self.size], answer[-self.size:]
        if cmac(self.rmac, self.chain + answer + want.to_bytes(2, "big"))[:self.size] != mac:
            sys.exit("failed: an answer with a wrong R-MAC")
        if self.level & 0x20 and answer:
            iv = block(self.enc, b"\x80" + counter[1:])
            answer = cbc(self.enc, iv, answer, True).rstrip(b"\x00")[:-1]
        return answer

    def key_data(self, version, keys):
        out = bytes([version])
        for key in keys:
            wrapped = cbc(self.keys[2], bytes(16), key)
            out += bytes([0x88, len(wrapped) + 1, len(key)]) + wrapped + b"\x03" + block(key, b"\x01" * 16)[:3]
        return out

    def store(self, aid, dgi, value):
        self.send(b"\x80\xE6\x20\x00", bytes([0, 0, len(aid)]) + aid + bytes(3))
        self.send(b"\x80\xE2\x80\x00", dgi.to_bytes(2, "big") + bytes([len(value)]) + value)


def ladder(key, label, context=b""):
    """FORMATS.md, "Keys": SP 800-108 with CMAC, one block."""
    return cmac(key, b"\x01" + b"TSR1 " + label + b"\x00" + context + b"\x00\x80")


def domain_keys(root, operator, leaf, domain, version, master_version):
    master = ladder(root, b"master", operator.to_bytes(2, "big") + bytes([domain, master_version]))
    card = ladder(master, b"card", leaf.to_bytes(4, "big"))
    return [ladder(card, b"scp " + what, bytes([version])) for what in (b"enc", b"mac", b"dek")]


def issued(root, operator, leaf, domain, version):
    aid = {2: CA_DOMAIN, 3: PURSE_DOMAIN}[domain]
    keys = domain_keys(root, operator, leaf, domain, version, {2: 1, 3: 0x7F}[domain])
    host = Host(Card())
    must(host.open(aid, keys, 0x33, version=version) == 0x9000, f"domain {domain} opens with keys derived here")
    must(APPLICATIONS[domain] in host.send(bytes.fromhex("80F24002"), bytes.fromhex("4F00")), "and lists its application")
    other = domain_keys(root, operator, leaf, domain, version + 1, {2: 1, 3: 0x7F}[domain])
    must(host.open(aid, other, 0x33, trusted=False) == 0x6300, "and not with those of the next version")
    issuer = ladder(ladder(root, b"master", operator.to_bytes(2, "big") + b"\x01\x01"), b"card",
                    leaf.to_bytes(4, "big"))
    must(host.open(ISSUER, [ladder(issuer, b"scp " + w) for w in (b"enc", b"mac", b"dek")], 0x33) == 0x9000,
         "the issuer domain opens with its own")
    host.send(b"\x80\xE6\x20\x00", b"\x00\x00\x09" + APPLICATIONS[domain] + bytes(3), 0x6985)
    print("ok: and may not personalise that application")


def must(condition, what):
    if not condition:
        sys.exit(f"failed: {what}")
    print(f"ok: {what}")


def main():
    host = Host(Card())
    host.select(ISSUER)
    data = host.must(bytes.fromhex("80CA006600"))
    must(data[:2] == b"\x66\x31" and data[-1] == 0x70, "card data name SCP03 with i = 70")
    must(len(host.must(bytes.fromhex("80CA9F7F00"))) == 45, "CPLC has its 42 bytes")
    for level in LEVELS:
        if host.open(ISSUER, TEST_KEYS, level) != 0x9000:
            sys.exit(f"failed: level {level:02X} does not open")
        entry = host.send(bytes.fromhex("80F28002"), bytes.fromhex("4F00"))
        if entry[:12] != b"\xE3\x13\x4F\x08" + ISSUER:
            sys.exit(f"failed: the issuer domain's entry at level {level:02X}: {entry.hex()}")
    print("ok: every level opens and answers")
    listed = host.send(bytes.fromhex("80F24002"), bytes.fromhex("4F00"))
    must(listed.count(b"\xE3") >= 4 and CA_DOMAIN in listed, "applications and domains are listed")
    must(host.send(bytes.fromhex("80F22002"), bytes.fromhex("4F00"))[:1] == b"\xE3", "a load file is listed")
    own = [os.urandom(16) for _ in range(3)]
    host.store(CA_DOMAIN, 0x8F01, host.key_data(1, own))
    new = [os.urandom(32) for _ in range(3)]
    answer = host.send(bytes.fromhex("80D80081"), host.key_data(0x31, new))
    must(answer == b"\x31" + b"".join(block(k, b"\x01" * 16)[:3] for k in new), "PUT KEY takes an AES-256 set")
    must(host.open(ISSUER, TEST_KEYS, 0x33, version=0xFF) == 0x6A88, "the public keys are gone")
    must(host.open(ISSUER, new, 0x33, version=0x31) == 0x9000, "the new keys open the channel")
    host.store(ISSUER, 0x0F02, b"\x71")
    must(host.open(ISSUER, new, 0x33) == 0x6700, "S8 is refused after the change to S16")
    must(host.open(ISSUER, new, 0x33, size=16) == 0x9000, "S16 opens")
    host.send(bytes.fromhex("80F28002"), bytes.fromhex("4F00"))
    must(host.open(CA_DOMAIN, own, 0x33) == 0x9000, "the CA domain opens with keys of its own")
    host.send(bytes.fromhex("80F24002"), bytes.fromhex("4F00"))
    words = [host.open(CA_DOMAIN, new, 0x33, trusted=False) for _ in range(10)]
    must(words == [0x6300] * 10, "wrong keys fail ten times")
    must(host.open(CA_DOMAIN, own, 0x33) == 0x6983, "then the domain is blocked")
    must(host.open(ISSUER, new, 0x33, size=16) == 0x9000, "and the issuer domain is not")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--issued"]:
        issued(bytes.fromhex(sys.argv[2]), *map(int, sys.argv[3:7]))
    else:
        main()
