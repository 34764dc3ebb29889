// SPDX-License-Identifier: GPL-3.0-or-later
/* PBOC's key derivation and MACs (JR/T 0025.1-2010, annex; ANSI X9.9; ISO/IEC 9797-1 algorithms 1
 * and 3 with padding method 2), the same for a block of 8 and of 16 bytes. */
#include "derive/pboc.h"

#include "base/bytes.h"
#include "base/mem.h"

static size_t
block_size(const struct pboc_key *key)
{
	return key->algorithm == PBOC_3DES ? CRYPTO_DES : CRYPTO_BLOCK;
}

/* One block under the first len bytes of the key. */
static enum rc
cipher(const struct crypto *c, const struct pboc_key *key, size_t len, enum crypto_direction dir,
       const uint8_t *in, uint8_t *out)
{
	if (key->algorithm == PBOC_3DES)
		return c->des(c->ctx, key->bytes, len, dir, in, out);
	if (key->len != CRYPTO_KEY)
		return RC_RANGE;
	if (key->algorithm == PBOC_SM4)
		return c->sm4(c->ctx, key->bytes, dir, in, out);
	return key->algorithm == PBOC_AES ? c->block(c->ctx, key->bytes, key->len, dir, in, out)
					  : RC_RANGE;
}

enum rc
pboc_diversify(const struct crypto *c, const struct pboc_key *master,
	       const uint8_t factor[PBOC_FACTOR], struct pboc_key *card)
{
	const size_t size = block_size(master);
	struct pboc_key made = { .algorithm = master->algorithm, .len = CRYPTO_KEY };
	enum rc rc = RC_OK;

	for (size_t i = 0; i < PBOC_FACTOR; i++) {
		made.bytes[i] = factor[i];
		made.bytes[PBOC_FACTOR + i] = (uint8_t)~factor[i];
	}
	for (size_t at = 0; rc == RC_OK && at < sizeof made.bytes; at += size)
		rc = cipher(c, master, master->len, CRYPTO_ENCRYPT, made.bytes + at,
			    made.bytes + at);
	if (rc == RC_OK)
		*card = made;
	mem_wipe(&made, sizeof made);
	return rc;
}

enum rc
pboc_session(const struct crypto *c, const struct pboc_key *key, const uint8_t random[4],
	     uint16_t sequence, uint16_t tail, struct pboc_key *session)
{
	struct pboc_key made = { .algorithm = key->algorithm, .len = (uint8_t)block_size(key) };
	enum rc rc;

	memcpy(made.bytes, random, 4);
	put_be16(made.bytes + 4, sequence);
	put_be16(made.bytes + 6, tail);
	made.bytes[8] = made.len == CRYPTO_BLOCK ? 0x80 : 0;
	rc = cipher(c, key, key->len, CRYPTO_ENCRYPT, made.bytes, made.bytes);
	if (rc == RC_OK)
		*session = made;
	mem_wipe(&made, sizeof made);
	return rc;
}

enum rc
pboc_folded(const struct pboc_key *key, struct pboc_key *folded)
{
	if (key->len != CRYPTO_KEY)
		return RC_RANGE;
	*folded = *key;
	if (key->algorithm != PBOC_3DES)
		return RC_OK;
	folded->len = CRYPTO_DES;
	for (size_t i = 0; i < CRYPTO_DES; i++)
		folded->bytes[i] ^= key->bytes[CRYPTO_DES + i];
	mem_wipe(folded->bytes + CRYPTO_DES, CRYPTO_DES);
	return RC_OK;
}

/* The chain of a MAC: all blocks but the last under the left half of a 3DES key. */
struct chain {
	uint8_t block[CRYPTO_BLOCK];
	size_t have;
};

static enum rc
add(const struct crypto *c, const struct pboc_key *key, struct chain *chain, uint8_t byte)
{
	const size_t first = key->algorithm == PBOC_3DES ? CRYPTO_DES : key->len;
	enum rc rc = RC_OK;

	if (chain->have == block_size(key)) {
		rc = cipher(c, key, first, CRYPTO_ENCRYPT, chain->block, chain->block);
		chain->have = 0;
	}
	chain->block[chain->have++] ^= byte;
	return rc;
}

enum rc
pboc_mac(const struct crypto *c, const struct pboc_key *key, const uint8_t challenge[8],
	 const struct crypto_part *parts, size_t n, uint8_t mac[PBOC_MAC])
{
	struct chain chain = { .have = 0 };
	enum rc rc = RC_OK;

	if (challenge)
		memcpy(chain.block, challenge, 8);
	for (size_t p = 0; p < n; p++) {
		for (size_t i = 0; rc == RC_OK && i < parts[p].len; i++)
			rc = add(c, key, &chain, parts[p].data[i]);
	}
	if (rc == RC_OK) /* zeros behind the 80 are there already */
		rc = add(c, key, &chain, 0x80);
	if (rc == RC_OK)
		rc = cipher(c, key, key->len, CRYPTO_ENCRYPT, chain.block, chain.block);
	if (rc == RC_OK)
		memcpy(mac, chain.block, PBOC_MAC);
	mem_wipe(&chain, sizeof chain);
	return rc;
}

enum rc
pboc_prove(const struct crypto *c, const struct pboc_key *key, const uint8_t challenge[8],
	   uint8_t proof[8])
{
	uint8_t block[CRYPTO_BLOCK] = { 0 };
	enum rc rc;

	memcpy(block, challenge, 8);
	rc = cipher(c, key, key->len, CRYPTO_ENCRYPT, block, block);
	if (rc == RC_OK)
		memcpy(proof, block, 8);
	mem_wipe(block, sizeof block);
	return rc;
}

enum rc
pboc_encipher(const struct crypto *c, const struct pboc_key *key, const uint8_t *data, size_t len,
	      uint8_t out[PBOC_ENCIPHERED_MAX], size_t *out_len)
{
	const size_t size = block_size(key);
	uint8_t plain[PBOC_ENCIPHERED_MAX] = { (uint8_t)len };
	const size_t whole = (len + 2 + size - 1) / size * size;
	enum rc rc = RC_OK;

	if (len > sizeof plain - 2)
		return RC_SPACE;
	memcpy(plain + 1, data, len);
	plain[1 + len] = 0x80;
	for (size_t at = 0; rc == RC_OK && at < whole; at += size)
		rc = cipher(c, key, key->len, CRYPTO_ENCRYPT, plain + at, plain + at);
	if (rc == RC_OK) {
		memcpy(out, plain, whole);
		*out_len = whole;
	}
	mem_wipe(plain, sizeof plain);
	return rc;
}

/* Length byte, data, 80, zeros up to the block's end and no further. */
static bool
is_padded(const uint8_t *plain, size_t len, size_t size)
{
	const size_t inside = plain[0];

	if (inside + 2 > len || len - inside - 2 >= size || plain[1 + inside] != 0x80)
		return false;
	for (size_t i = inside + 2; i < len; i++) {
		if (plain[i] != 0)
			return false;
	}
	return true;
}

enum rc
pboc_decipher(const struct crypto *c, const struct pboc_key *key, const uint8_t *in, size_t in_len,
	      uint8_t data[PBOC_ENCIPHERED_MAX], size_t *len)
{
	const size_t size = block_size(key);
	uint8_t plain[PBOC_ENCIPHERED_MAX];
	enum rc rc = RC_OK;

	if (in_len == 0 || in_len > sizeof plain || in_len % size != 0)
		return RC_FORMAT;
	for (size_t at = 0; rc == RC_OK && at < in_len; at += size)
		rc = cipher(c, key, key->len, CRYPTO_DECRYPT, in + at, plain + at);
	if (rc == RC_OK && !is_padded(plain, in_len, size))
		rc = RC_FORMAT;
	if (rc == RC_OK) {
		*len = plain[0];
		memcpy(data, plain + 1, *len);
	}
	mem_wipe(plain, sizeof plain);
	return rc;
}
