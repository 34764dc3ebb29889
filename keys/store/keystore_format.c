// SPDX-License-Identifier: GPL-3.0-or-later
/* The keystore's header and body, bytes ↔ struct (FORMATS.md, "Keystore"). */
#include "store/keystore_format.h"

#include "base/bytes.h"
#include "base/mem.h"

#define MAGIC_LEN 8
#define KDF_SCRYPT 1
#define RESERVED 3
#define DOMAIN_FIRST DOMAIN_ISSUER
#define DOMAIN_LAST DOMAIN_ECASH

static const uint8_t magic[MAGIC_LEN] = { 'T', 'S', 'R', '-', 'K', 'E', 'Y', 'S' };

void
keystore_header_encode(const struct keystore_header *h, uint8_t bytes[KEYSTORE_HEADER])
{
	static const uint8_t reserved[RESERVED];
	struct writer w = writer_over(bytes, KEYSTORE_HEADER);

	write_bytes(&w, magic, sizeof magic);
	write_u8(&w, h->version);
	write_u8(&w, KDF_SCRYPT);
	write_u8(&w, h->cost.log2_n);
	write_u8(&w, h->cost.r);
	write_u8(&w, h->cost.par);
	write_bytes(&w, reserved, sizeof reserved);
	write_bytes(&w, h->salt, sizeof h->salt);
	write_bytes(&w, h->nonce, sizeof h->nonce);
	write_be32(&w, h->sealed_len);
}

static enum rc
culprit(const char **field, const char *name, enum rc rc)
{
	*field = name;
	return rc;
}

enum rc
keystore_header_decode(const uint8_t *bytes, size_t len, struct keystore_header *h,
		       const char **field)
{
	struct reader r = reader_over(bytes, len);
	struct keystore_header got = { 0 };
	const uint8_t *start = read_slice(&r, MAGIC_LEN);
	uint8_t kdf;

	got.version = read_u8(&r);
	if (start && memcmp(start, magic, MAGIC_LEN) != 0)
		return culprit(field, "magic", RC_FORMAT);
	if (r.failed)
		return culprit(field, "header", RC_TRUNCATED);
	if (got.version < KEYSTORE_VERSION || got.version > KEYSTORE_VERSION_ROOTLESS)
		return culprit(field, "version", RC_VERSION);
	kdf = read_u8(&r);
	got.cost.log2_n = read_u8(&r);
	got.cost.r = read_u8(&r);
	got.cost.par = read_u8(&r);
	for (unsigned int i = 0; i < RESERVED; i++) {
		if (read_u8(&r) != 0)
			return culprit(field, "reserved bytes", RC_FORMAT);
	}
	read_bytes(&r, got.salt, sizeof got.salt);
	read_bytes(&r, got.nonce, sizeof got.nonce);
	got.sealed_len = read_be32(&r);
	if (r.failed)
		return culprit(field, "header", RC_TRUNCATED);
	if (kdf != KDF_SCRYPT)
		return culprit(field, "key derivation", RC_FORMAT);
	if (got.sealed_len == 0 || got.sealed_len > KEYSTORE_BODY_MAX)
		return culprit(field, "length", RC_FORMAT);
	if (r.left < got.sealed_len + CRYPTO_AEAD_TAG)
		return culprit(field, "sealed part", RC_TRUNCATED);
	if (r.left > got.sealed_len + CRYPTO_AEAD_TAG)
		return culprit(field, "end of file", RC_FORMAT);
	*h = got;
	return RC_OK;
}

size_t
keystore_body_encode(const struct keystore_body *b, uint8_t bytes[KEYSTORE_BODY_MAX])
{
	struct writer w = writer_over(bytes, KEYSTORE_BODY_MAX);

	write_u8(&w, b->root_version);
	write_bytes(&w, b->root, sizeof b->root);
	write_be16(&w, b->operator_id);
	write_u8(&w, b->master_count);
	for (unsigned int i = 0; i < b->master_count; i++) {
		write_u8(&w, b->masters[i].domain);
		write_u8(&w, b->masters[i].version);
		if (b->root_version == 0)
			write_bytes(&w, b->masters[i].key, CRYPTO_KEY);
	}
	for (unsigned int i = 0; i < KEYSTORE_PAIRS; i++) {
		write_u8(&w, b->pairs[i].version);
		write_bytes(&w, b->pairs[i].private_key, CRYPTO_PRIVATE);
		write_bytes(&w, b->pairs[i].public_key, CRYPTO_PUBLIC);
	}
	return w.len;
}

/* Domains that exist, each of them once, versions from 1. */
static bool
masters_are_sound(const struct keystore_body *b)
{
	unsigned int seen = 0;

	for (unsigned int i = 0; i < b->master_count; i++) {
		unsigned int domain = b->masters[i].domain;

		if (domain < DOMAIN_FIRST || domain > DOMAIN_LAST || b->masters[i].version == 0 ||
		    (seen & 1U << domain) != 0)
			return false;
		seen |= 1U << domain;
	}
	return true;
}

static bool
is_zero(const uint8_t *bytes, size_t len)
{
	uint8_t any = 0;

	for (size_t i = 0; i < len; i++)
		any |= bytes[i];
	return any == 0;
}

static enum rc
decode_body(const uint8_t *bytes, size_t len, struct keystore_body *b, const char **field)
{
	struct reader r = reader_over(bytes, len);

	b->root_version = read_u8(&r);
	read_bytes(&r, b->root, sizeof b->root);
	b->operator_id = read_be16(&r);
	b->master_count = read_u8(&r);
	if (b->master_count > KEYSTORE_MASTERS)
		return culprit(field, "number of masters", RC_FORMAT);
	for (unsigned int i = 0; i < b->master_count; i++) {
		b->masters[i].domain = read_u8(&r);
		b->masters[i].version = read_u8(&r);
		if (b->root_version == 0)
			read_bytes(&r, b->masters[i].key, CRYPTO_KEY);
	}
	for (unsigned int i = 0; i < KEYSTORE_PAIRS; i++) {
		b->pairs[i].version = read_u8(&r);
		read_bytes(&r, b->pairs[i].private_key, CRYPTO_PRIVATE);
		read_bytes(&r, b->pairs[i].public_key, CRYPTO_PUBLIC);
	}
	if (r.failed)
		return culprit(field, "sealed part", RC_TRUNCATED);
	if (!reader_at_end(&r))
		return culprit(field, "end of sealed part", RC_FORMAT);
	if (b->root_version == 0 && !is_zero(b->root, CRYPTO_KEY))
		return culprit(field, "root version", RC_FORMAT);
	if (b->operator_id == 0)
		return culprit(field, "operator", RC_FORMAT);
	if (!masters_are_sound(b))
		return culprit(field, "master", RC_FORMAT);
	if (b->pairs[0].version == 0 || b->pairs[1].version == 0)
		return culprit(field, "signing key version", RC_FORMAT);
	return RC_OK;
}

enum rc
keystore_body_decode(const uint8_t *bytes, size_t len, struct keystore_body *b, const char **field)
{
	enum rc rc;

	mem_wipe(b, sizeof *b);
	rc = decode_body(bytes, len, b, field);
	if (rc != RC_OK)
		mem_wipe(b, sizeof *b);
	return rc;
}
