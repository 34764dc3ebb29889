// SPDX-License-Identifier: GPL-3.0-or-later
/* Fails the k-th call of a crypto table; the failing call leaves its outputs alone. */
#include "crypto_fault.h"

static bool
fails(struct crypto_fault *f)
{
	return ++f->calls == f->fail_at;
}

static enum rc
fault_block(void *ctx, const uint8_t *key, size_t key_len, enum crypto_direction dir,
	    const uint8_t in[CRYPTO_BLOCK], uint8_t out[CRYPTO_BLOCK])
{
	struct crypto_fault *f = ctx;

	return fails(f) ? RC_CRYPTO : f->inner->block(f->inner->ctx, key, key_len, dir, in, out);
}

static enum rc
fault_cbc(void *ctx, const uint8_t *key, size_t key_len, enum crypto_direction dir,
	  const uint8_t iv[CRYPTO_BLOCK], const uint8_t *in, size_t len, uint8_t *out)
{
	struct crypto_fault *f = ctx;

	return fails(f) ? RC_CRYPTO
			: f->inner->cbc(f->inner->ctx, key, key_len, dir, iv, in, len, out);
}

static enum rc
fault_cmac(void *ctx, const uint8_t *key, size_t key_len, const struct crypto_part *parts, size_t n,
	   uint8_t mac[CRYPTO_MAC])
{
	struct crypto_fault *f = ctx;

	return fails(f) ? RC_CRYPTO : f->inner->cmac(f->inner->ctx, key, key_len, parts, n, mac);
}

static enum rc
fault_hash(void *ctx, const struct crypto_part *parts, size_t n, uint8_t digest[CRYPTO_HASH])
{
	struct crypto_fault *f = ctx;

	return fails(f) ? RC_CRYPTO : f->inner->hash(f->inner->ctx, parts, n, digest);
}

static enum rc
fault_verify(void *ctx, const uint8_t public_key[CRYPTO_PUBLIC], const uint8_t digest[CRYPTO_HASH],
	     const uint8_t signature[CRYPTO_SIGNATURE])
{
	struct crypto_fault *f = ctx;

	return fails(f) ? RC_CRYPTO
			: f->inner->verify(f->inner->ctx, public_key, digest, signature);
}

static enum rc
fault_random(void *ctx, uint8_t *out, size_t len)
{
	struct crypto_fault *f = ctx;

	return fails(f) ? RC_CRYPTO : f->inner->random(f->inner->ctx, out, len);
}

static enum rc
fault_key_pair(void *ctx, uint8_t private_key[CRYPTO_PRIVATE], uint8_t public_key[CRYPTO_PUBLIC])
{
	struct crypto_fault *f = ctx;

	return fails(f) ? RC_CRYPTO : f->inner->key_pair(f->inner->ctx, private_key, public_key);
}

static enum rc
fault_ecdh(void *ctx, const uint8_t private_key[CRYPTO_PRIVATE], const uint8_t peer[CRYPTO_PUBLIC],
	   uint8_t shared[CRYPTO_SHARED])
{
	struct crypto_fault *f = ctx;

	return fails(f) ? RC_CRYPTO : f->inner->ecdh(f->inner->ctx, private_key, peer, shared);
}

static enum rc
fault_des(void *ctx, const uint8_t *key, size_t key_len, enum crypto_direction dir,
	  const uint8_t in[CRYPTO_DES], uint8_t out[CRYPTO_DES])
{
	struct crypto_fault *f = ctx;

	return fails(f) ? RC_CRYPTO : f->inner->des(f->inner->ctx, key, key_len, dir, in, out);
}

static enum rc
fault_sm4(void *ctx, const uint8_t key[CRYPTO_KEY], enum crypto_direction dir,
	  const uint8_t in[CRYPTO_BLOCK], uint8_t out[CRYPTO_BLOCK])
{
	struct crypto_fault *f = ctx;

	return fails(f) ? RC_CRYPTO : f->inner->sm4(f->inner->ctx, key, dir, in, out);
}

void
crypto_fault_init(struct crypto_fault *f, const struct crypto *inner, unsigned int fail_at)
{
	f->table = (struct crypto) {
		.ctx = f,
		.block = fault_block,
		.cbc = fault_cbc,
		.cmac = fault_cmac,
		.hash = fault_hash,
		.verify = fault_verify,
		.random = fault_random,
		.key_pair = fault_key_pair,
		.ecdh = fault_ecdh,
		.des = fault_des,
		.sm4 = fault_sm4,
	};
	f->inner = inner;
	f->calls = 0;
	f->fail_at = fail_at;
}

bool
crypto_fault_fired(const struct crypto_fault *f)
{
	return f->fail_at != 0 && f->calls >= f->fail_at;
}
