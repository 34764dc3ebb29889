// SPDX-License-Identifier: GPL-3.0-or-later
/* Crypto table of the fuzz targets: a running sum instead of a MAC, exclusive-or instead of a
 * cipher. */
#include "fuzz_crypto.h"

#include "base/mem.h"

static void
mix(uint8_t state[CRYPTO_HASH], size_t size, const struct crypto_part *parts, size_t n)
{
	size_t at = 0;

	memset(state, 0, size);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < parts[i].len; j++, at = (at + 1) % size)
			state[at] = (uint8_t)(state[at] * 31U + parts[i].data[j] + 1U);
	}
}

static enum rc
fuzz_block(void *ctx, const uint8_t *key, size_t key_len, enum crypto_direction dir,
	   const uint8_t in[CRYPTO_BLOCK], uint8_t out[CRYPTO_BLOCK])
{
	(void)ctx;
	(void)dir;
	for (size_t i = 0; i < CRYPTO_BLOCK; i++)
		out[i] = in[i] ^ key[i % key_len] ^ 0x5A;
	return RC_OK;
}

static enum rc
fuzz_cbc(void *ctx, const uint8_t *key, size_t key_len, enum crypto_direction dir,
	 const uint8_t iv[CRYPTO_BLOCK], const uint8_t *in, size_t len, uint8_t *out)
{
	(void)ctx;
	(void)dir;
	for (size_t i = 0; i < len; i++)
		out[i] = in[i] ^ key[i % key_len] ^ iv[i % CRYPTO_BLOCK];
	return RC_OK;
}

static enum rc
fuzz_cmac(void *ctx, const uint8_t *key, size_t key_len, const struct crypto_part *parts, size_t n,
	  uint8_t mac[CRYPTO_MAC])
{
	uint8_t state[CRYPTO_HASH];

	(void)ctx;
	mix(state, CRYPTO_MAC, parts, n);
	for (size_t i = 0; i < CRYPTO_MAC; i++)
		mac[i] = state[i] ^ key[i % key_len];
	return RC_OK;
}

static enum rc
fuzz_hash(void *ctx, const struct crypto_part *parts, size_t n, uint8_t digest[CRYPTO_HASH])
{
	(void)ctx;
	mix(digest, CRYPTO_HASH, parts, n);
	return RC_OK;
}

static enum rc
fuzz_verify(void *ctx, const uint8_t public_key[CRYPTO_PUBLIC], const uint8_t digest[CRYPTO_HASH],
	    const uint8_t signature[CRYPTO_SIGNATURE])
{
	(void)ctx;
	(void)public_key;
	(void)digest;
	(void)signature;
	return RC_OK;
}

static enum rc
fuzz_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 0xA5, len);
	return RC_OK;
}

static enum rc
fuzz_key_pair(void *ctx, uint8_t private_key[CRYPTO_PRIVATE], uint8_t public_key[CRYPTO_PUBLIC])
{
	(void)ctx;
	memset(private_key, 0x3C, CRYPTO_PRIVATE);
	memset(public_key, 0x3C, CRYPTO_PUBLIC);
	return RC_OK;
}

/* "Public" keys here repeat the private one, so that both ends get the same. */
static enum rc
fuzz_ecdh(void *ctx, const uint8_t private_key[CRYPTO_PRIVATE], const uint8_t peer[CRYPTO_PUBLIC],
	  uint8_t shared[CRYPTO_SHARED])
{
	(void)ctx;
	for (size_t i = 0; i < CRYPTO_SHARED; i++)
		shared[i] = private_key[i] ^ peer[i];
	return RC_OK;
}

static enum rc
fuzz_des(void *ctx, const uint8_t *key, size_t key_len, enum crypto_direction dir,
	 const uint8_t in[CRYPTO_DES], uint8_t out[CRYPTO_DES])
{
	(void)ctx;
	(void)dir;
	for (size_t i = 0; i < CRYPTO_DES; i++)
		out[i] = in[i] ^ key[i % key_len];
	return RC_OK;
}

static enum rc
fuzz_sm4(void *ctx, const uint8_t key[CRYPTO_KEY], enum crypto_direction dir,
	 const uint8_t in[CRYPTO_BLOCK], uint8_t out[CRYPTO_BLOCK])
{
	return fuzz_block(ctx, key, CRYPTO_KEY, dir, in, out);
}

const struct crypto *
fuzz_crypto(void)
{
	static const struct crypto table = { NULL,      fuzz_block,  fuzz_cbc,    fuzz_cmac,
					     fuzz_hash, fuzz_verify, fuzz_random, fuzz_key_pair,
					     fuzz_ecdh, fuzz_des,    fuzz_sm4 };

	return &table;
}
