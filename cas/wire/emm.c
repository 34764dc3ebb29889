// SPDX-License-Identifier: GPL-3.0-or-later
/* EMM ↔ bytes (FORMATS.md, "EMM"): header in clear, body ciphered for one card, signature last. The
 * MAC over header and plain text is also the IV, so that two messages share one only when equal. */
#include "wire/emm.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "wire/frame.h"

#define EMM_VERSION 1
#define OFFSET_VERSION_FLAGS 9
#define FLAGS_MASK 0x0FU
#define LEAF_MAX 0xFFFFFFU
#define SIGNATURE_FLAGS (EMM_SIGNED | EMM_ROOT)

static size_t
mac_size(uint8_t flags)
{
	return flags & EMM_CIPHERED ? EMM_MAC : 0;
}

static size_t
signature_size(uint8_t flags)
{
	return flags & SIGNATURE_FLAGS ? CRYPTO_SIGNATURE : 0;
}

size_t
emm_body_room(uint8_t flags, size_t max)
{
	size_t fixed = EMM_HEADER + mac_size(flags) + signature_size(flags);
	size_t room = max > fixed ? max - fixed : 0;

	if (!(flags & EMM_CIPHERED))
		return room;
	return room < CRYPTO_BLOCK ? 0 : room / CRYPTO_BLOCK * CRYPTO_BLOCK - 1;
}

/* Of table 84: a number of bits, and a prefix with zeros behind them. */
static bool
address_is_possible(const struct emm_header *h)
{
	const uint32_t bits = h->address >> 24;

	if (h->table_id == EMM_TREE)
		return bits <= 24 && (h->address & ((1U << (24 - bits)) - 1U)) == 0;
	return h->table_id == EMM_UNIQUE ? h->address <= LEAF_MAX
					 : h->table_id != EMM_GLOBAL || h->address == 0;
}

static bool
header_is_possible(const struct emm_header *h)
{
	if (h->table_id < EMM_UNIQUE || h->table_id > EMM_GLOBAL)
		return false;
	if ((h->flags & EMM_CIPHERED) && h->table_id != EMM_UNIQUE)
		return false;
	if (h->table_id == EMM_TREE ? h->flags != EMM_SHARED : (h->flags & EMM_SHARED) != 0)
		return false;
	if ((!(h->flags & EMM_CIPHERED) && h->key_version != 0) ||
	    (!(h->flags & (SIGNATURE_FLAGS | EMM_SHARED)) && h->signing_version != 0))
		return false;
	if (!address_is_possible(h))
		return false;
	return h->part >= 1 && h->part <= h->parts && h->parts <= EMM_PARTS_MAX;
}

static void
write_header(struct writer *w, const struct emm_header *h)
{
	write_u8(w, h->table_id);
	write_be16(w, 0); /* length, later */
	write_be16(w, h->operator_id);
	write_be32(w, h->address);
	write_u8(w, (uint8_t)(EMM_VERSION << 4 | h->flags));
	write_u8(w, h->key_version);
	write_u8(w, h->signing_version);
	write_be32(w, h->sequence);
	write_u8(w, h->part);
	write_u8(w, h->parts);
	write_be32(w, h->valid_until);
}

/* T = CMAC(K_mac, header | padded plain body), first 8 bytes. */
static enum rc
body_tag(const struct crypto *c, const uint8_t mac_key[CRYPTO_KEY], const uint8_t *header,
	 const uint8_t *padded, size_t padded_len, uint8_t tag[EMM_MAC])
{
	struct crypto_part parts[] = { { header, EMM_HEADER }, { padded, padded_len } };
	uint8_t mac[CRYPTO_MAC];
	enum rc rc = c->cmac(c->ctx, mac_key, CRYPTO_KEY, parts, 2, mac);

	if (rc == RC_OK)
		memcpy(tag, mac, EMM_MAC);
	mem_wipe(mac, sizeof mac);
	return rc;
}

static enum rc
cipher_body(const struct crypto *c, const uint8_t enc_key[CRYPTO_KEY], enum crypto_direction dir,
	    const uint8_t tag[EMM_MAC], const uint8_t *in, size_t len, uint8_t *out)
{
	uint8_t iv[CRYPTO_BLOCK] = { 0 };

	memcpy(iv, tag, EMM_MAC);
	return c->cbc(c->ctx, enc_key, CRYPTO_KEY, dir, iv, in, len, out);
}

static enum rc
seal_body(const struct crypto *c, const struct emm_keys *keys, uint8_t *section, size_t body_len)
{
	uint8_t *body = section + EMM_HEADER;
	size_t padded = WIRE_PADDED(body_len);
	uint8_t *tag = body + padded;
	enum rc rc;

	wire_pad(body, body_len);
	rc = body_tag(c, keys->mac, section, body, padded, tag);
	if (rc == RC_OK)
		rc = cipher_body(c, keys->enc, CRYPTO_ENCRYPT, tag, body, padded, body);
	return rc;
}

static enum rc
section_digest(const struct crypto *c, const uint8_t *section, size_t len,
	       uint8_t digest[CRYPTO_HASH])
{
	struct crypto_part part = { section, len };

	return c->hash(c->ctx, &part, 1, digest);
}

enum rc
emm_seal(const struct crypto *c, const struct emm_header *h, const uint8_t *body, size_t body_len,
	 const struct emm_keys *keys, emm_sign_fn sign, void *sign_ctx, uint8_t section[EMM_MAX],
	 size_t *len)
{
	struct writer w = writer_over(section, EMM_MAX);
	uint8_t digest[CRYPTO_HASH];
	size_t total, signature = signature_size(h->flags);
	enum rc rc = RC_OK;

	if (!header_is_possible(h) || ((h->flags & EMM_CIPHERED) && !keys) || (signature && !sign))
		return RC_RANGE;
	if (body_len > emm_body_room(h->flags, EMM_MAX))
		return RC_SPACE;
	write_header(&w, h);
	write_bytes(&w, body, body_len);
	total = h->flags & EMM_CIPHERED ? EMM_HEADER + WIRE_PADDED(body_len) + EMM_MAC : w.len;
	wire_section_put_length(section, total + signature);
	if (h->flags & EMM_CIPHERED)
		rc = seal_body(c, keys, section, body_len);
	if (rc == RC_OK && signature) {
		rc = section_digest(c, section, total, digest);
		if (rc == RC_OK)
			rc = sign(sign_ctx, digest, section + total);
	}
	if (rc == RC_OK)
		*len = total + signature;
	else
		mem_wipe(section, EMM_MAX);
	return rc;
}

static void
read_header(struct reader *r, struct emm_header *h)
{
	h->table_id = read_u8(r);
	(void)read_be16(r);
	h->operator_id = read_be16(r);
	h->address = read_be32(r);
	h->flags = read_u8(r) & FLAGS_MASK;
	h->key_version = read_u8(r);
	h->signing_version = read_u8(r);
	h->sequence = read_be32(r);
	h->part = read_u8(r);
	h->parts = read_u8(r);
	h->valid_until = read_be32(r);
}

/* Bytes between header and MAC or signature. */
static enum rc
body_size(uint8_t flags, size_t section_len, size_t *len)
{
	size_t fixed = EMM_HEADER + mac_size(flags) + signature_size(flags);

	if (section_len < fixed)
		return RC_FORMAT;
	*len = section_len - fixed;
	if ((flags & EMM_CIPHERED) && (*len == 0 || *len % CRYPTO_BLOCK != 0))
		return RC_FORMAT;
	return RC_OK;
}

enum rc
emm_parse(const uint8_t *section, size_t len, struct emm_header *h)
{
	struct emm_header got;
	struct reader r;
	size_t body;
	enum rc rc = wire_section_check(section, len, EMM_HEADER, EMM_MAX);

	if (rc != RC_OK)
		return rc;
	if (section[OFFSET_VERSION_FLAGS] >> 4 != EMM_VERSION)
		return RC_VERSION;
	r = reader_over(section, EMM_HEADER);
	read_header(&r, &got);
	if (!header_is_possible(&got))
		return RC_FORMAT;
	rc = body_size(got.flags, len, &body);
	if (rc == RC_OK)
		*h = got;
	return rc;
}

static enum rc
open_body(const struct crypto *c, const uint8_t *section, size_t padded,
	  const struct emm_keys *keys, uint8_t *body, size_t *body_len)
{
	const uint8_t *tag = section + EMM_HEADER + padded;
	uint8_t expected[EMM_MAC];
	enum rc rc;

	rc = cipher_body(c, keys->enc, CRYPTO_DECRYPT, tag, section + EMM_HEADER, padded, body);
	if (rc == RC_OK)
		rc = body_tag(c, keys->mac, section, body, padded, expected);
	if (rc == RC_OK && !mem_equal_ct(expected, tag, EMM_MAC))
		rc = RC_AUTH;
	if (rc == RC_OK && wire_unpad(body, padded, body_len) != RC_OK)
		rc = RC_AUTH;
	if (rc != RC_OK)
		mem_wipe(body, padded);
	mem_wipe(expected, sizeof expected);
	return rc;
}

enum rc
emm_open(const struct crypto *c, const uint8_t *section, size_t len, const struct emm_keys *keys,
	 uint8_t *body, size_t *body_len)
{
	struct emm_header h;
	size_t n;
	enum rc rc = emm_parse(section, len, &h);

	if (rc == RC_OK)
		rc = body_size(h.flags, len, &n);
	if (rc != RC_OK)
		return rc;
	if (h.flags & EMM_CIPHERED)
		return keys ? open_body(c, section, n, keys, body, body_len) : RC_RANGE;
	memcpy(body, section + EMM_HEADER, n);
	*body_len = n;
	return RC_OK;
}

enum rc
emm_verify(const struct crypto *c, const uint8_t *section, size_t len,
	   const uint8_t public_key[CRYPTO_PUBLIC])
{
	uint8_t digest[CRYPTO_HASH];
	struct emm_header h;
	enum rc rc = emm_parse(section, len, &h);

	if (rc != RC_OK)
		return rc;
	if (!(h.flags & SIGNATURE_FLAGS))
		return RC_AUTH;
	rc = section_digest(c, section, len - CRYPTO_SIGNATURE, digest);
	if (rc == RC_OK)
		rc = c->verify(c->ctx, public_key, digest, section + len - CRYPTO_SIGNATURE);
	return rc;
}
