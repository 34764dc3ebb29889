#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Golden vectors of cas/wire, written from cas/wire/FORMATS.md and sharing no line with the code.

Own AES-128 (FIPS 197), CMAC (SP 800-38B), CBC, SP 800-108 and ECDSA P-256 with RFC 6979 nonces, in
plain Python. Every run gives the same bytes.

    make_wire_vectors.py > wire.txt        writes the vectors
    make_wire_vectors.py --check wire.txt  compares; exit status 1 when they differ
"""
import hashlib
import hmac
import sys


# ---- cryptography -------------------------------------------------------------------------------

def gf_mul(a, b):
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = (a << 1) ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


def make_sbox():
    box = []
    for x in range(256):
        inverse = next((y for y in range(256) if gf_mul(x, y) == 1), 0)
        value = 0x63
        for shift in range(5):
            value ^= (inverse << shift | inverse >> (8 - shift)) & 0xFF
        box.append(value)
    return box


SBOX = make_sbox()


def expand_key(key):
    words = [list(key[i:i + 4]) for i in range(0, 16, 4)]
    rcon = 1
    for i in range(4, 44):
        word = list(words[i - 1])
        if i % 4 == 0:
            word = [SBOX[b] for b in word[1:] + word[:1]]
            word[0] ^= rcon
            rcon = gf_mul(rcon, 2)
        words.append([a ^ b for a, b in zip(words[i - 4], word)])
    return [sum(words[i:i + 4], []) for i in range(0, 44, 4)]


def aes(key, block):
    keys = expand_key(key)
    state = [a ^ b for a, b in zip(block, keys[0])]
    for round_number in range(1, 11):
        state = [SBOX[b] for b in state]
        state = [state[(i + 4 * (i % 4)) % 16] for i in range(16)]
        if round_number < 10:
            mixed = []
            for c in range(0, 16, 4):
                s = state[c:c + 4]
                for r in range(4):
                    mixed.append(gf_mul(s[r], 2) ^ gf_mul(s[(r + 1) % 4], 3)
                                 ^ s[(r + 2) % 4] ^ s[(r + 3) % 4])
            state = mixed
        state = [a ^ b for a, b in zip(state, keys[round_number])]
    return bytes(state)


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def cbc(key, iv, data):
    out = b""
    for i in range(0, len(data), 16):
        iv = aes(key, xor(iv, data[i:i + 16]))
        out += iv
    return out


def cmac(key, message):
    def double(block):
        value = int.from_bytes(block, "big") << 1
        if value >> 128:
            value = (value & (1 << 128) - 1) ^ 0x87
        return value.to_bytes(16, "big")

    subkey = double(aes(key, bytes(16)))
    count = max(1, (len(message) + 15) // 16)
    last = message[16 * (count - 1):]
    if len(last) < 16:
        subkey = double(subkey)
        last = pad(last)
    return cbc(key, bytes(16), message[:16 * (count - 1)] + xor(last, subkey))[-16:]


def pad(data):
    return data + b"\x80" + bytes(15 - len(data) % 16)


def ladder(key, label, context=b""):
    """One step of the key ladder: SP 800-108 in counter mode, 128 bits."""
    return cmac(key, b"\x01" + label.encode() + b"\x00" + context + b"\x00\x80")


P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def point_add(p, q):
    if p is None or q is None:
        return q if p is None else p
    if p[0] == q[0]:
        if (p[1] + q[1]) % P == 0:
            return None
        slope = (3 * p[0] * p[0] - 3) * pow(2 * p[1], -1, P)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P)
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def point_times(k, p):
    total = None
    while k:
        if k & 1:
            total = point_add(total, p)
        p = point_add(p, p)
        k >>= 1
    return total


def nonce(private, digest):
    """RFC 6979 3.2 with HMAC-SHA-256."""
    seed = private.to_bytes(32, "big") + (int.from_bytes(digest, "big") % N).to_bytes(32, "big")
    v, k = b"\x01" * 32, bytes(32)
    for separator in (b"\x00", b"\x01"):
        k = hmac.new(k, v + separator + seed, hashlib.sha256).digest()
        v = hmac.new(k, v, hashlib.sha256).digest()
    while True:
        v = hmac.new(k, v, hashlib.sha256).digest()
        candidate = int.from_bytes(v, "big")
        if 0 < candidate < N:
            return candidate
        k = hmac.new(k, v + b"\x00", hashlib.sha256).digest()
        v = hmac.new(k, v, hashlib.sha256).digest()


def sign(private, digest):
    k = nonce(private, digest)
    r = point_times(k, G)[0] % N
    s = pow(k, -1, N) * (int.from_bytes(digest, "big") + r * private) % N
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def public(private):
    x, y = point_times(private, G)
    return x.to_bytes(32, "big") + y.to_bytes(32, "big")


def self_test():
    """FIPS 197 C.1, RFC 4493 example 2, RFC 6979 A.2.5 ("sample")."""
    assert aes(bytes(range(16)), bytes.fromhex("00112233445566778899aabbccddeeff")) == \
        bytes.fromhex("69c4e0d86a7b0430d8cdb78070b4c55a")
    assert cmac(bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"),
                bytes.fromhex("6bc1bee22e409f96e93d7e117393172a")) == \
        bytes.fromhex("070a16b46b4d4144f79bdd9dd04a287c")
    private = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    assert sign(private, hashlib.sha256(b"sample").digest()) == bytes.fromhex(
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8")


# ---- formats ------------------------------------------------------------------------------------

def u(width, value):
    return value.to_bytes(width, "big")


def signed64(value):
    return value.to_bytes(8, "big", signed=True)


def tlv(tag, value):
    return bytes([tag, len(value)]) + value


def section_length(following):
    return u(2, 0x7000 + following)


def offer(o):
    return (u(4, o["event"]) + u(1, o["slot"]) + o["unit"].encode() + u(1, o["flags"])
            + u(4, o["price_view"]) + u(4, o["price_record"]) + u(4, o["window_start"])
            + u(4, o["window_end"]) + u(4, o["event_start"]) + u(4, o["event_end"]))


def pay_per_time(s):
    """Of slot 0, in EUR, not collected."""
    event, price, seconds, ceiling, event_end = s
    return (u(4, event) + u(1, 0) + b"EUR" + u(1, 1) + u(4, price) + u(2, seconds)
            + u(4, ceiling) + u(4, event_end))


def preview(p):
    preview_id, seconds, periods, starts, unit_s = p
    return u(4, preview_id) + u(2, seconds) + u(2, periods) + u(1, starts) + u(1, unit_s)


def criteria(f):
    out = b""
    if "products" in f:
        out += tlv(0x81, b"".join(u(2, p) for p in f["products"]))
    if "free" in f:
        out += tlv(0x82, b"")
    if "event" in f:
        out += tlv(0x83, u(4, f["event"]))
    if "offer" in f:
        out += tlv(0x84, offer(f["offer"]))
    if "next_offer" in f:
        out += tlv(0x05, offer(f["next_offer"]))
    if "slice" in f:
        out += tlv(0x86, pay_per_time(f["slice"]))
    if "preview" in f:
        out += tlv(0x87, preview(f["preview"]))
    if "rating" in f:
        out += tlv(0x88, u(1, f["rating"]))
    if "negative" in f:
        out += tlv(0x8B, b"".join(u(3, leaf) for leaf in f["negative"]))
    if "recording" in f:
        out += tlv(0x0C, u(1, f["recording"]))
    if "title" in f:
        out += tlv(0x0D, f["title"].encode())
    if "next_title" in f:
        out += tlv(0x0E, f["next_title"].encode())
    return out


def ecm(f):
    words = f["cw_even"] + f["cw_odd"]
    tlvs = criteria(f)
    header = (u(1, f["table_id"]) + section_length(19 + len(words) + len(tlvs) + 8)
              + u(2, f["operator"]) + b"\x01" + u(1, 1 if len(words) == 32 else 0)
              + u(1, f["group"]) + u(2, f["epoch"]) + u(2, f["service"]) + u(4, f["time"])
              + u(4, f["period"]) + u(2, f["period_100ms"]))
    assert len(header) == 22
    service_key = ladder(f["epoch_key"], "TSR1 service", u(2, f["operator"]) + u(2, f["service"]))
    k_enc = ladder(service_key, "TSR1 ecm enc")
    k_mac = ladder(service_key, "TSR1 ecm mac")
    body = header + cbc(k_enc, cmac(k_mac, header), words) + tlvs
    section = body + cmac(k_mac, body)[:8]
    assert len(section) <= 183
    return {"service_key": service_key, "section": section}


def emm(f):
    ciphered, signed = f["flags"] & 2, f["flags"] & 5
    body = pad(f["body"]) if ciphered else f["body"]
    length = 19 + len(body) + (8 if ciphered else 0) + (64 if signed else 0)
    header = (u(1, f["table_id"]) + section_length(length) + u(2, f["operator"])
              + u(4, f["address"]) + u(1, 1 << 4 | f["flags"]) + u(1, f["key_version"])
              + u(1, f["signing_version"]) + u(4, f["sequence"]) + u(1, f["part"])
              + u(1, f["parts"]) + u(4, f["valid_until"]))
    assert len(header) == 22
    out = {}
    section = header + body
    if ciphered:
        k_enc = ladder(f["ca_card_key"], "TSR1 emm enc")
        k_mac = ladder(f["ca_card_key"], "TSR1 emm mac")
        t = cmac(k_mac, section)[:8]
        section = header + cbc(k_enc, t + bytes(8), body) + t
        out.update(k_enc=k_enc, k_mac=k_mac)
    if signed:
        digest = hashlib.sha256(section).digest()
        section += sign(f["private"], digest)
        out.update(digest=digest, public=public(f["private"]))
    assert len(section) == length + 3 <= 255
    out["section"] = section
    return out


def credit(f):
    k_topup = ladder(f["purse_card_key"], "TSR1 topup")
    cryptogram = cmac(k_topup, u(4, f["leaf"]) + u(1, f["slot"]) + u(1, f["source"])
                      + u(8, f["total"]) + u(4, f["sequence"]))[:8]
    return {"k_topup": k_topup, "cryptogram": cryptogram,
            "command": tlv(0xA0, u(1, f["slot"]) + u(1, f["source"]) + u(8, f["total"])
                           + u(4, f["sequence"]) + cryptogram)}


def record(f):
    fields = (u(2, f["operator"]) + u(4, f["event"]) + u(2, f["service"]) + u(1, f["slot"])
              + u(1, f["count"]) + f["unit"].encode() + b"\x00" + u(4, f["price"]) + u(4, f["time"])
              + u(4, f["purse_sequence"]) + signed64(f["balance_after"]))
    k_tac = ladder(f["purse_card_key"], "TSR1 tac")
    kind = u(1, f["type"]) + u(1, f["flags"])
    tac = cmac(k_tac, fields if f["type"] == 1 else kind + fields)[:8]
    out = u(4, f["sequence"]) + kind + fields + tac
    assert len(out) == 48
    return {"k_tac": k_tac, "tac": tac, "record": out}


def chain(ca_card_key, before, records):
    k_chain = ladder(ca_card_key, "TSR1 chain")
    for one in records:
        before = cmac(k_chain, before + one)
    return k_chain, before


def report(f):
    header = (b"TR\x01" + u(1, f["flags"]) + u(2, f["operator"]) + u(4, f["leaf"])
              + u(1, f["key_version"]) + u(1, len(f["records"])) + u(4, f["first"]))
    assert len(header) == 16
    plain = pad(u(4, f["clock"]) + u(4, f["head"]) + f["chain_before"] + f["chain_head"] + u(1, 0)
                + b"".join(u(8, total) for total in f["totals"]) + b"".join(f["records"]))
    k_enc = ladder(f["ca_card_key"], "TSR1 rep enc")
    k_mac = ladder(f["ca_card_key"], "TSR1 rep mac")
    tag = cmac(k_mac, header + plain)
    return {"k_enc": k_enc, "k_mac": k_mac, "batch": header + tag + cbc(k_enc, tag, plain)}


def answer(f):
    out = tlv(0x01, u(1, f["outcome"]))
    if "cw_even" in f:
        out += tlv(0x02, f["cw_even"]) + tlv(0x03, f["cw_odd"])
    if "opened_by" in f:
        out += tlv(0x04, u(1, f["opened_by"]) + u(4, f["opened_id"]) + u(4, f["right_end"])
                   + u(1, f["may_record"]))
    if "balance" in f:
        out += tlv(0x05, u(1, f["slot"]) + f["unit"].encode() + u(1, f["decimals"])
                   + signed64(f["balance"]))
    if "record" in f:
        out += tlv(0x06, u(4, f["record"]) + u(4, f["price"]) + signed64(f["balance_after"])
                   + f["tac"])
    if "session_record" in f:
        out += tlv(0x07, u(4, f["session_record"]) + u(4, f["spent"]) + u(4, f["ceiling"])
                   + u(2, f["slices"]) + u(1, f["charged"]))
    if "seconds_left" in f:
        out += tlv(0x08, u(2, f["seconds_left"]) + u(2, f["periods_left"]) + u(1, f["starts_left"]))
    return {"answer": out}


def purchase(f):
    return {"purchase": u(2, f["operator"]) + u(2, f["service"]) + u(4, f["event"])
            + u(1, f["slot"]) + f["unit"].encode() + u(4, f["price"]) + u(1, f["flags"])
            + (u(2, f["seconds"]) + u(4, f["ceiling"]) if f["flags"] == 2 else b"")
            + u(1, len(f["pin"])) + f["pin"].encode()}


# ---- the vectors --------------------------------------------------------------------------------

def key(text):
    return hashlib.sha256(text.encode()).digest()[:16]


def luhn(digits):
    total = 0
    for i, d in enumerate(reversed(digits)):
        d = int(d) * (2 if i % 2 == 0 else 1)
        total += d // 10 + d % 10
    return str(-total % 10)


def digits_of(mac, n):
    return "".join(str(b % 10) for b in mac[:n])


def topup_code(f):
    k_code = ladder(f["purse_card_key"], "TSR1 code")
    mac = cmac(k_code, u(4, f["leaf"]) + b"\x00\x03" + u(8, f["amount"]) + u(4, f["counter"]))
    digits = "%02d%07d" % (f["counter"] % 100, f["amount"]) + digits_of(mac, 10)
    return {"k_code": k_code, "digits": digits + luhn(digits)}


def confirmation(f):
    k_confirm = ladder(f["ca_card_key"], "TSR1 confirm")
    mac = cmac(k_confirm, u(2, f["product"]) + u(4, f["start"]) + u(4, f["end"]) + u(4, f["counter"]))
    digits = "%03d" % (f["counter"] % 1000) + digits_of(mac, 8)
    return {"k_confirm": k_confirm, "digits": digits + luhn(digits)}


def refund(f):
    k_topup = ladder(f["purse_card_key"], "TSR1 topup")
    mac = cmac(k_topup, u(4, f["leaf"]) + u(1, f["slot"]) + b"\x04" + u(8, f["total"])
               + u(4, f["sequence"]) + u(4, f["record"]))
    return {"cryptogram": mac[:8]}


def fold(f):
    """Sums of the records, debited by types 1, 2 and 6, and their chain."""
    k_chain = ladder(f["ca_card_key"], "TSR1 chain")
    value, sums = f["before"], [0, 0, 0, 0]
    for r in f["records"]:
        kind, price = r[4], int.from_bytes(r[20:24], "big")
        sums[0] += 1
        if kind in (1, 2, 6):
            sums[1] += price
        elif kind == 3:
            sums[2] += price
        elif kind == 4:
            sums[3] += price
        value = cmac(k_chain, value + r + u(4, sums[0]) + u(8, sums[1]) + u(8, sums[2]) + u(8, sums[3]))
    return {"k_chain": k_chain, "sums": sums, "value": value}


EPOCH_KEY = key("epoch key of the vectors")
CA_CARD_KEY = key("CA card key of the vectors")
PURSE_CARD_KEY = key("purse card key of the vectors")
SIGNING = int.from_bytes(hashlib.sha256(b"signing key of the vectors").digest(), "big") % N
ROOT = int.from_bytes(hashlib.sha256(b"root key of the vectors").digest(), "big") % N

FILM = {"event": 0x00010203, "slot": 0, "unit": "EUR", "flags": 2, "price_view": 350,
        "price_record": 500, "window_start": 0x30000000, "window_end": 0x30002A30,
        "event_start": 0x30000E10, "event_end": 0x30002A30}
MATCH = dict(FILM, event=0x00010204, slot=15, unit="TOK", flags=5, price_view=0xFFFFFFFF,
             price_record=0)
ECM_HEADER = {"epoch_key": EPOCH_KEY, "table_id": 0x80, "operator": 0x1234, "group": 0,
              "epoch": 1, "service": 0x0101, "time": 0x30001000, "period": 0x12345678,
              "period_100ms": 100, "cw_even": bytes.fromhex("0123456789ABCDEF"),
              "cw_odd": bytes.fromhex("FEDCBA9876543210")}
EMM_HEADER = {"table_id": 0x82, "operator": 0x1234, "address": 0x00ABCDEF, "flags": 2,
              "key_version": 1, "signing_version": 0, "sequence": 0x30001001, "part": 1,
              "parts": 1, "valid_until": 0xFFFFFFFF, "ca_card_key": CA_CARD_KEY}
RECORD = {"purse_card_key": PURSE_CARD_KEY, "sequence": 1, "type": 1, "flags": 1,
          "operator": 0x1234, "event": 0x00010203, "service": 0x0101, "slot": 0, "count": 0, "unit": "EUR",
          "price": 350, "time": 0x30001000, "purse_sequence": 7, "balance_after": 650}


def ecm_vectors():
    yield "ecm", "the shortest", ECM_HEADER, ecm
    yield "ecm", "words of 8 bytes, subscription, offer, rating and title", dict(
        ECM_HEADER, table_id=0x81, products=[1, 0xFFFE], offer=FILM, rating=16,
        title="Das Boot – Teil 1"), ecm
    yield "ecm", "words of 16 bytes and all criteria that fit", dict(
        ECM_HEADER, group=31, epoch=0xFFFF, cw_even=bytes(range(16)), cw_odd=bytes(range(16, 32)),
        products=[7], free=1, event=0x00010202, offer=FILM, next_offer=MATCH, rating=18,
        negative=[0, 0xFFFFFF], recording=2, title="A", next_title="Ω"), ecm
    yield "ecm", "pay per time and a preview", dict(
        ECM_HEADER, slice=[0x00010205, 15, 300, 500, 0x30005000],
        preview=[0x00010205, 180, 0, 2, 60]), ecm


def emm_vectors():
    entitlement = tlv(0x81, u(2, 7) + u(4, 0x30000000) + u(4, 0xFFFFFFFF) + u(1, 1))
    right = tlv(0x83, u(4, 0x00010203) + u(4, 0x30002A30) + u(1, 0))
    cancel = tlv(0x82, u(2, 0xFFFF)) + tlv(0x84, u(4, 0x00010202))
    epoch = tlv(0x90, u(1, 0) + u(2, 2) + key("next epoch key"))
    ack = tlv(0xB0, u(4, 2) + key("chain value"))
    topup = credit({"purse_card_key": PURSE_CARD_KEY, "leaf": 0xABCDEF, "slot": 0, "source": 1,
                    "total": 5000, "sequence": 3})["command"]
    yield "emm", "unique, ciphered: entitlement, right and cancels", dict(
        EMM_HEADER, body=entitlement + right + cancel), emm
    yield "emm", "unique, ciphered and signed: epoch key", dict(
        EMM_HEADER, flags=3, signing_version=1, part=2, parts=3, private=SIGNING, body=epoch), emm
    yield "emm", "unique, ciphered and signed: credit and acknowledgement", dict(
        EMM_HEADER, flags=3, signing_version=1, private=SIGNING, body=topup + ack), emm
    slot = tlv(0xA2, u(1, 3) + b"PTS" + u(1, 1) + u(8, 123456) + u(1, 6) + b"Points")
    limits = tlv(0xA3, u(1, 3) + u(4, 50) + u(4, 100) + u(4, 20))
    yield "emm", "unique, ciphered and signed: token slot and its limits", dict(
        EMM_HEADER, flags=3, signing_version=1, private=SIGNING, body=slot + limits), emm
    yield "emm", "unique, ciphered and signed: PIN reset", dict(
        EMM_HEADER, flags=3, signing_version=1, private=SIGNING,
        body=tlv(0xC1, b"\x81" + u(4, 2) + u(1, 6) + b"907316")), emm
    yield "emm", "global, signed: time", dict(
        EMM_HEADER, table_id=0x85, address=0, flags=1, key_version=0, signing_version=1,
        private=SIGNING, body=tlv(0xD0, u(4, 0x30001000))), emm
    yield "emm", "global, signed by the root: clock", dict(
        EMM_HEADER, table_id=0x85, address=0, flags=4, key_version=0, signing_version=1,
        private=ROOT, body=tlv(0xD1, u(4, 0x30001000))), emm
    yield "emm", "global, signed by the root: signing key", dict(
        EMM_HEADER, table_id=0x85, address=0, flags=4, key_version=0, signing_version=1,
        private=ROOT, body=tlv(0x92, u(1, 2) + u(1, 2) + key("signing x") + key("signing X")
                               + key("signing y") + key("signing Y"))), emm


def money_vectors():
    second = dict(RECORD, sequence=2, flags=2, event=0x00010204, slot=15, unit="TOK", price=750,
                  time=0x30002000, purse_sequence=8, balance_after=-100)
    records = [record(RECORD)["record"], record(second)["record"]]
    k_chain, head = chain(CA_CARD_KEY, bytes(16), records)
    base = {"ca_card_key": CA_CARD_KEY, "operator": 0x1234, "leaf": 0xABCDEF, "key_version": 1,
            "clock": 0x30003000, "head": 2, "chain_head": head,
            "totals": [1000, 200, 30, 4, 1334]}
    yield "credit", "by EMM", {"purse_card_key": PURSE_CARD_KEY, "leaf": 0xABCDEF, "slot": 0,
                               "source": 1, "total": 5000, "sequence": 3}, credit
    yield "record", "of the first purchase", RECORD, record
    yield "record", "of a purchase below zero", second, record
    yield "record", "of a session of twelve slices", dict(
        RECORD, sequence=3, type=2, count=12, price=1200, purse_sequence=20), record
    yield "chain", "of the two records", {
        "ca_card_key": CA_CARD_KEY, "before": bytes(16), "records": records}, lambda f: {
            "k_chain": k_chain, "after": head}
    for counter, amount in ((1, 1), (100, 9999999), (0x12345678, 2000)):
        yield "topup_code", f"number {counter}", {
            "purse_card_key": PURSE_CARD_KEY, "leaf": 0xABCDEF, "counter": counter,
            "amount": amount}, topup_code
    for counter in (1, 1000, 0xFFFFFFFF):
        yield "confirmation", f"cancellation {counter}", {
            "ca_card_key": CA_CARD_KEY, "product": 7, "start": 0x30000000, "end": 0xFFFFFFFF,
            "counter": counter}, confirmation
    yield "refund", "of the second record", {
        "purse_card_key": PURSE_CARD_KEY, "leaf": 0xABCDEF, "slot": 0, "record": 2, "total": 850,
        "sequence": 9}, refund
    yield "fold", "of two purchases, a top-up and a refund", {
        "ca_card_key": CA_CARD_KEY, "before": bytes(16), "records": records + [
            record(dict(RECORD, sequence=3, type=3, flags=2, event=1, service=3, price=2000))["record"],
            record(dict(RECORD, sequence=4, type=4, flags=2, event=1, service=0, price=350))["record"],
        ]}, fold
    yield "report", "of two records", dict(base, flags=0, first=1, chain_before=bytes(16),
                                           records=records), report
    yield "report", "of none", dict(base, flags=1, first=3, chain_before=head, records=[]), report


def answer_vectors():
    yield "answer", "offer", {"outcome": 2, "slot": 0, "unit": "EUR", "decimals": 2,
                              "balance": 1000}, answer
    yield "answer", "purchase with everything", {
        "outcome": 0, "cw_even": bytes(range(16)), "cw_odd": bytes(range(16, 32)), "opened_by": 3,
        "opened_id": 0x00010203, "right_end": 0x30002A30, "may_record": 1, "slot": 1,
        "unit": "TOK", "decimals": 0, "balance": -1, "record": 2, "price": 350,
        "balance_after": -1, "tac": bytes.fromhex("0011223344556677")}, answer
    yield "answer", "a slice paid, a preview left", {
        "outcome": 0, "cw_even": bytes(range(8)), "cw_odd": bytes(range(8, 16)), "opened_by": 4,
        "opened_id": 0x00010205, "right_end": 0x3000112C, "may_record": 0, "session_record": 3,
        "spent": 30, "ceiling": 500, "slices": 2, "charged": 1, "seconds_left": 120,
        "periods_left": 0xFFFF, "starts_left": 1}, answer
    yield "purchase", "view and record", {"operator": 0x1234, "service": 0x0101,
                                          "event": 0x00010203, "slot": 0, "unit": "EUR",
                                          "price": 500, "flags": 1, "pin": "123456"}, purchase
    yield "purchase", "pay per time", {"operator": 0x1234, "service": 0x0101, "event": 0x00010205,
                                       "slot": 0, "unit": "EUR", "price": 15, "flags": 2,
                                       "seconds": 300, "ceiling": 500, "pin": "135791"}, purchase


# ---- output -------------------------------------------------------------------------------------

def text_of(value):
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, str):
        return value.encode().hex().upper()
    if isinstance(value, list):
        return " ".join(text_of(v) for v in value)
    return str(value)


def lines():
    self_test()
    yield "# Made by make_wire_vectors.py from cas/wire/FORMATS.md. Numbers are decimal, bytes and text hexadecimal."
    for group in (ecm_vectors, emm_vectors, money_vectors, answer_vectors):
        for kind, name, fields, make in group():
            yield ""
            yield f"[{kind}] {name}"
            flat = {}
            for field, value in fields.items():
                if field == "private":
                    continue
                if isinstance(value, dict):
                    flat.update({f"{field}.{k}": v for k, v in value.items()})
                else:
                    flat[field] = value
            for field, value in {**flat, **make(fields)}.items():
                yield f"{field} = {text_of(value)}".rstrip()


def main():
    text = "".join(line + "\n" for line in lines())
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        with open(sys.argv[2], encoding="utf-8") as f:
            if f.read() != text:
                print("the committed vectors are not what the script makes", file=sys.stderr)
                return 1
        return 0
    if len(sys.argv) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
