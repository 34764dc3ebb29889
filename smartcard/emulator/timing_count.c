// SPDX-License-Identifier: GPL-3.0-or-later
/* The card's cryptography and memory with a counter in front. */
#include "emulator/timing_private.h"

#include "base/mem.h"

#define HASH_BLOCK 64U
#define HASH_PADDING 9U /* 80 and the length */

static size_t
parts_length(const struct crypto_part *parts, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += parts[i].len;
	return len;
}

static void
count_aes(struct timing_model *m, size_t blocks)
{
	m->counts.aes_calls++;
	m->counts.aes_blocks += (uint32_t)blocks;
}

static enum rc
count_block(void *ctx, const uint8_t *key, size_t key_len, enum crypto_direction dir,
	    const uint8_t in[CRYPTO_BLOCK], uint8_t out[CRYPTO_BLOCK])
{
	struct timing_model *m = ctx;

	count_aes(m, 1);
	return m->inner->block(m->inner->ctx, key, key_len, dir, in, out);
}

static enum rc
count_cbc(void *ctx, const uint8_t *key, size_t key_len, enum crypto_direction dir,
	  const uint8_t iv[CRYPTO_BLOCK], const uint8_t *in, size_t len, uint8_t *out)
{
	struct timing_model *m = ctx;

	count_aes(m, len / CRYPTO_BLOCK);
	return m->inner->cbc(m->inner->ctx, key, key_len, dir, iv, in, len, out);
}

/* One block makes the subkeys; an empty message is one block. */
static enum rc
count_cmac(void *ctx, const uint8_t *key, size_t key_len, const struct crypto_part *parts, size_t n,
	   uint8_t mac[CRYPTO_MAC])
{
	struct timing_model *m = ctx;
	const size_t len = parts_length(parts, n);

	count_aes(m, 1 + (len == 0 ? 1 : (len + CRYPTO_BLOCK - 1) / CRYPTO_BLOCK));
	return m->inner->cmac(m->inner->ctx, key, key_len, parts, n, mac);
}

static enum rc
count_hash(void *ctx, const struct crypto_part *parts, size_t n, uint8_t digest[CRYPTO_HASH])
{
	struct timing_model *m = ctx;
	const size_t len = parts_length(parts, n);

	m->counts.hash_calls++;
	m->counts.hash_blocks += (uint32_t)((len + HASH_PADDING + HASH_BLOCK - 1) / HASH_BLOCK);
	return m->inner->hash(m->inner->ctx, parts, n, digest);
}

static enum rc
count_verify(void *ctx, const uint8_t public_key[CRYPTO_PUBLIC], const uint8_t digest[CRYPTO_HASH],
	     const uint8_t signature[CRYPTO_SIGNATURE])
{
	struct timing_model *m = ctx;

	m->counts.verifications++;
	return m->inner->verify(m->inner->ctx, public_key, digest, signature);
}

static enum rc
count_random(void *ctx, uint8_t *out, size_t len)
{
	struct timing_model *m = ctx;

	m->counts.randoms++;
	return m->inner->random(m->inner->ctx, out, len);
}

static enum rc
count_key_pair(void *ctx, uint8_t private_key[CRYPTO_PRIVATE], uint8_t public_key[CRYPTO_PUBLIC])
{
	struct timing_model *m = ctx;

	m->counts.randoms++;
	m->counts.multiplications++;
	return m->inner->key_pair(m->inner->ctx, private_key, public_key);
}

static enum rc
count_ecdh(void *ctx, const uint8_t private_key[CRYPTO_PRIVATE], const uint8_t peer[CRYPTO_PUBLIC],
	   uint8_t shared[CRYPTO_SHARED])
{
	struct timing_model *m = ctx;

	m->counts.multiplications++;
	return m->inner->ecdh(m->inner->ctx, private_key, peer, shared);
}

/* DES and SM4 blocks are priced as AES blocks: the published card times lie within a tenth. */
static enum rc
count_des(void *ctx, const uint8_t *key, size_t key_len, enum crypto_direction dir,
	  const uint8_t in[CRYPTO_DES], uint8_t out[CRYPTO_DES])
{
	struct timing_model *m = ctx;

	count_aes(m, 1);
	return m->inner->des(m->inner->ctx, key, key_len, dir, in, out);
}

static enum rc
count_sm4(void *ctx, const uint8_t key[CRYPTO_KEY], enum crypto_direction dir,
	  const uint8_t in[CRYPTO_BLOCK], uint8_t out[CRYPTO_BLOCK])
{
	struct timing_model *m = ctx;

	count_aes(m, 1);
	return m->inner->sm4(m->inner->ctx, key, dir, in, out);
}

static enum rc
memory_read(void *ctx, uint32_t offset, uint8_t *dst, uint32_t len)
{
	const struct timing_model *m = ctx;

	memcpy(dst, m->memory + offset, len);
	return RC_OK;
}

/* Every page that the write touches is one more. */
static enum rc
memory_write(void *ctx, uint32_t offset, const uint8_t *src, uint32_t len)
{
	struct timing_model *m = ctx;

	if (len > 0)
		m->counts.page_writes += (offset + len - 1) / m->nv.page - offset / m->nv.page + 1;
	memcpy(m->memory + offset, src, len);
	return RC_OK;
}

void
timing_count_init(struct timing_model *m)
{
	m->crypto = (struct crypto) { .ctx = m,
				      .block = count_block,
				      .cbc = count_cbc,
				      .cmac = count_cmac,
				      .hash = count_hash,
				      .verify = count_verify,
				      .random = count_random,
				      .key_pair = count_key_pair,
				      .ecdh = count_ecdh,
				      .des = count_des,
				      .sm4 = count_sm4 };
	m->nv = (struct nv_port) { .ctx = m,
				   .size = CARD_NV_SIZE,
				   .page = CARD_NV_PAGE,
				   .read = memory_read,
				   .write = memory_write };
}
