// SPDX-License-Identifier: GPL-3.0-or-later
/* struct crypto on the small ciphers: CBC (SP 800-38A 6.2) and CMAC (SP 800-38B) on top. */
#include "crypto_small/small.h"

#include "base/mem.h"

#define KEY_DRAWS 8 /* one in 2^32 candidates is no key (FIPS 186-4 B.4.2) */

static enum rc
table_block(void *ctx, const uint8_t *key, size_t key_len, enum crypto_direction dir,
	    const uint8_t in[CRYPTO_BLOCK], uint8_t out[CRYPTO_BLOCK])
{
	struct small_aes aes;
	enum rc rc = small_aes_init(&aes, key, key_len);

	(void)ctx;
	if (rc != RC_OK)
		return rc;
	if (dir == CRYPTO_ENCRYPT)
		small_aes_encrypt(&aes, in, out);
	else
		small_aes_decrypt(&aes, in, out);
	mem_wipe(&aes, sizeof aes);
	return RC_OK;
}

static void
xor_block(uint8_t out[CRYPTO_BLOCK], const uint8_t *with, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] ^= with[i];
}

static enum rc
table_cbc(void *ctx, const uint8_t *key, size_t key_len, enum crypto_direction dir,
	  const uint8_t iv[CRYPTO_BLOCK], const uint8_t *in, size_t len, uint8_t *out)
{
	uint8_t chain[CRYPTO_BLOCK], block[CRYPTO_BLOCK];
	struct small_aes aes;
	enum rc rc = len % CRYPTO_BLOCK != 0 ? RC_CRYPTO : small_aes_init(&aes, key, key_len);

	(void)ctx;
	if (rc != RC_OK)
		return rc;
	memcpy(chain, iv, sizeof chain);
	for (; len > 0; len -= CRYPTO_BLOCK, in += CRYPTO_BLOCK, out += CRYPTO_BLOCK) {
		memcpy(block, in, sizeof block);
		if (dir == CRYPTO_ENCRYPT) {
			xor_block(chain, block, sizeof block);
			small_aes_encrypt(&aes, chain, chain);
			memcpy(out, chain, sizeof chain);
		} else {
			small_aes_decrypt(&aes, block, out);
			xor_block(out, chain, sizeof chain);
			memcpy(chain, block, sizeof chain);
		}
	}
	mem_wipe(&aes, sizeof aes);
	mem_wipe(chain, sizeof chain);
	mem_wipe(block, sizeof block);
	return RC_OK;
}

/* Doubling in GF(2^128), SP 800-38B 6.1. */
static void
double_block(uint8_t b[CRYPTO_BLOCK])
{
	const uint8_t top = b[0] >> 7;

	for (size_t i = 0; i < CRYPTO_BLOCK - 1; i++)
		b[i] = (uint8_t)(b[i] << 1 | b[i + 1] >> 7);
	b[CRYPTO_BLOCK - 1] = (uint8_t)(b[CRYPTO_BLOCK - 1] << 1 ^ top * 0x87);
}

static enum rc
table_cmac(void *ctx, const uint8_t *key, size_t key_len, const struct crypto_part *parts, size_t n,
	   uint8_t mac[CRYPTO_MAC])
{
	uint8_t chain[CRYPTO_BLOCK] = { 0 }, last[CRYPTO_BLOCK] = { 0 }, sub[CRYPTO_BLOCK] = { 0 };
	struct small_aes aes;
	enum rc rc = small_aes_init(&aes, key, key_len);
	size_t have = 0;

	(void)ctx;
	if (rc != RC_OK)
		return rc;
	for (size_t p = 0; p < n; p++) {
		for (size_t i = 0; i < parts[p].len; i++) {
			if (have == CRYPTO_BLOCK) { /* not the last block: more follows */
				xor_block(chain, last, sizeof last);
				small_aes_encrypt(&aes, chain, chain);
				have = 0;
			}
			last[have++] = parts[p].data[i];
		}
	}
	small_aes_encrypt(&aes, sub, sub);
	double_block(sub);
	if (have < CRYPTO_BLOCK) {
		double_block(sub);
		last[have] = 0x80;
		memset(last + have + 1, 0, CRYPTO_BLOCK - have - 1);
	}
	xor_block(chain, last, sizeof last);
	xor_block(chain, sub, sizeof sub);
	small_aes_encrypt(&aes, chain, mac);
	mem_wipe(&aes, sizeof aes);
	mem_wipe(chain, sizeof chain);
	mem_wipe(last, sizeof last);
	mem_wipe(sub, sizeof sub);
	return RC_OK;
}

static enum rc
table_hash(void *ctx, const struct crypto_part *parts, size_t n, uint8_t digest[CRYPTO_HASH])
{
	struct small_sha256 s;

	(void)ctx;
	small_sha256_init(&s);
	for (size_t i = 0; i < n; i++)
		small_sha256_update(&s, parts[i].data, parts[i].len);
	small_sha256_final(&s, digest);
	return RC_OK;
}

static enum rc
table_verify(void *ctx, const uint8_t public_key[CRYPTO_PUBLIC], const uint8_t digest[CRYPTO_HASH],
	     const uint8_t signature[CRYPTO_SIGNATURE])
{
	(void)ctx;
	return small_p256_verify(public_key, digest, signature);
}

static enum rc
table_random(void *ctx, uint8_t *out, size_t len)
{
	struct crypto_small *s = ctx;

	return s->random ? s->random(s->random_ctx, out, len) : RC_CRYPTO;
}

static enum rc
table_key_pair(void *ctx, uint8_t private_key[CRYPTO_PRIVATE], uint8_t public_key[CRYPTO_PUBLIC])
{
	uint8_t candidate[CRYPTO_PRIVATE] = { 0 };
	enum rc rc = RC_CRYPTO;

	/* A candidate that is no key is drawn again; random numbers that never are have failed. */
	for (unsigned int i = 0; rc != RC_OK && i < KEY_DRAWS; i++) {
		if (table_random(ctx, candidate, sizeof candidate) != RC_OK)
			break;
		rc = small_p256_public(candidate, public_key);
	}
	if (rc == RC_OK)
		memcpy(private_key, candidate, sizeof candidate);
	mem_wipe(candidate, sizeof candidate);
	return rc;
}

static enum rc
table_ecdh(void *ctx, const uint8_t private_key[CRYPTO_PRIVATE], const uint8_t peer[CRYPTO_PUBLIC],
	   uint8_t shared[CRYPTO_SHARED])
{
	(void)ctx;
	return small_p256_ecdh(private_key, peer, shared);
}

static enum rc
table_des(void *ctx, const uint8_t *key, size_t key_len, enum crypto_direction dir,
	  const uint8_t in[CRYPTO_DES], uint8_t out[CRYPTO_DES])
{
	(void)ctx;
	return small_des(key, key_len, dir, in, out);
}

static enum rc
table_sm4(void *ctx, const uint8_t key[CRYPTO_KEY], enum crypto_direction dir,
	  const uint8_t in[CRYPTO_BLOCK], uint8_t out[CRYPTO_BLOCK])
{
	(void)ctx;
	small_sm4(key, dir, in, out);
	return RC_OK;
}

void
crypto_small_init(struct crypto_small *s, crypto_small_random_fn random, void *random_ctx)
{
	s->random = random;
	s->random_ctx = random_ctx;
	s->table = (struct crypto) {
		.ctx = s,
		.block = table_block,
		.cbc = table_cbc,
		.cmac = table_cmac,
		.hash = table_hash,
		.verify = table_verify,
		.random = table_random,
		.key_pair = table_key_pair,
		.ecdh = table_ecdh,
		.des = table_des,
		.sm4 = table_sm4,
	};
}
