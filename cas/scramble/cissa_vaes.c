// SPDX-License-Identifier: GPL-3.0-or-later
/* DVB-CISSA version 1 with AES on 512 bits (VAES, AVX-512 F and BW): four blocks in an instruction,
 * and enough of them on the way to hide its latency. Enciphering, the blocks of a packet are a
 * chain, so the four are of four packets; deciphering they are of one. This file alone is compiled
 * for such processors; nothing here runs before cpu.c has found one. */
#include "scramble/engine.h"

#include "base/mem.h"

#include <immintrin.h>
#include <stdlib.h>

#define BLOCK 16U
#define ROUNDS 10U
#define PAYLOAD_MAX 184U
#define BATCH 512U /* long enough for a thread of its own */
#define QUADS 6U   /* of packets, enciphered side by side */
#define TOGETHER (4U * QUADS)

static const uint8_t first[BLOCK] = "DVBTMCPTAESCISSA";

struct vaes_key {
	struct scr_key base;
	bool ready;
	__m128i enc[ROUNDS + 1], dec[ROUNDS + 1];
};

/* Key schedule of AES-128 (FIPS 197 clause 5.2). */
static __m128i
next_key(__m128i k, __m128i assist)
{
	k = _mm_xor_si128(k, _mm_slli_si128(k, 4));
	k = _mm_xor_si128(k, _mm_slli_si128(k, 8));
	return _mm_xor_si128(k, _mm_shuffle_epi32(assist, 0xFF));
}

static enum rc
key_set(struct scr_engine *e, struct scr_key *base, const uint8_t *cw)
{
	struct vaes_key *k = (struct vaes_key *)base;
	__m128i *r = k->enc;

	(void)e;
	r[0] = _mm_loadu_si128((const void *)cw);
	r[1] = next_key(r[0], _mm_aeskeygenassist_si128(r[0], 0x01));
	r[2] = next_key(r[1], _mm_aeskeygenassist_si128(r[1], 0x02));
	r[3] = next_key(r[2], _mm_aeskeygenassist_si128(r[2], 0x04));
	r[4] = next_key(r[3], _mm_aeskeygenassist_si128(r[3], 0x08));
	r[5] = next_key(r[4], _mm_aeskeygenassist_si128(r[4], 0x10));
	r[6] = next_key(r[5], _mm_aeskeygenassist_si128(r[5], 0x20));
	r[7] = next_key(r[6], _mm_aeskeygenassist_si128(r[6], 0x40));
	r[8] = next_key(r[7], _mm_aeskeygenassist_si128(r[7], 0x80));
	r[9] = next_key(r[8], _mm_aeskeygenassist_si128(r[8], 0x1B));
	r[10] = next_key(r[9], _mm_aeskeygenassist_si128(r[9], 0x36));
	k->dec[0] = r[ROUNDS];
	for (unsigned int i = 1; i < ROUNDS; i++)
		k->dec[i] = _mm_aesimc_si128(r[ROUNDS - i]);
	k->dec[ROUNDS] = r[0];
	k->ready = true;
	return RC_OK;
}

static struct scr_key *
key_new(struct scr_engine *e)
{
	struct vaes_key *k = aligned_alloc(64, (sizeof *k + 63) / 64 * 64);

	if (k == NULL)
		return NULL;
	memset(k, 0, sizeof *k);
	k->base.ops = e->ops;
	return &k->base;
}

static void
key_free(struct scr_key *k)
{
	mem_wipe(k, sizeof(struct vaes_key));
	free(k);
}

static void
engine_free(struct scr_engine *e)
{
	free(e);
}

static __m512i
join(const __m128i *a, const __m128i *b, const __m128i *c, const __m128i *d)
{
	__m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(a)),
					      _mm_loadu_si128(b), 1);
	__m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(c)),
					       _mm_loadu_si128(d), 1);

	return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

static void
part(__m512i v, __m128i *a, __m128i *b, __m128i *c, __m128i *d)
{
	_mm_storeu_si128(a, _mm512_castsi512_si128(v));
	_mm_storeu_si128(b, _mm512_extracti32x4_epi32(v, 1));
	_mm_storeu_si128(c, _mm512_extracti32x4_epi32(v, 2));
	_mm_storeu_si128(d, _mm512_extracti32x4_epi32(v, 3));
}

static void
encipher(__m512i v[QUADS], __m512i keys[ROUNDS + 1][QUADS])
{
	for (unsigned int q = 0; q < QUADS; q++)
		v[q] = _mm512_xor_si512(v[q], keys[0][q]);
	for (unsigned int r = 1; r < ROUNDS; r++) {
		for (unsigned int q = 0; q < QUADS; q++)
			v[q] = _mm512_aesenc_epi128(v[q], keys[r][q]);
	}
	for (unsigned int q = 0; q < QUADS; q++)
		v[q] = _mm512_aesenclast_epi128(v[q], keys[ROUNDS][q]);
}

/* Up to TOGETHER packets; a lane that has no block (any more) works on idle bytes. */
static void
encrypt(const struct scr_lane *lanes, size_t n)
{
	__m512i v[QUADS], keys[ROUNDS + 1][QUADS];
	const struct vaes_key *k[TOGETHER];
	__m128i idle[TOGETHER];
	size_t most = 0;

	memset(idle, 0, sizeof idle);
	for (size_t i = 0; i < TOGETHER; i++) {
		k[i] = (const struct vaes_key *)lanes[i < n ? i : 0].key;
		if (i < n && lanes[i].len / BLOCK > most)
			most = lanes[i].len / BLOCK;
	}
	for (unsigned int q = 0; q < QUADS; q++) {
		v[q] = _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)first));
		for (unsigned int r = 0; r <= ROUNDS; r++)
			keys[r][q] = join(&k[4 * q]->enc[r], &k[4 * q + 1]->enc[r],
					  &k[4 * q + 2]->enc[r], &k[4 * q + 3]->enc[r]);
	}
	for (size_t b = 0; b < most; b++) {
		__m128i *p[TOGETHER];

		for (size_t i = 0; i < TOGETHER; i++)
			p[i] = i < n && b < lanes[i].len / BLOCK
				       ? (void *)(lanes[i].data + BLOCK * b)
				       : &idle[i];
		for (unsigned int q = 0; q < QUADS; q++)
			v[q] = _mm512_xor_si512(
				v[q], join(p[4 * q], p[4 * q + 1], p[4 * q + 2], p[4 * q + 3]));
		encipher(v, keys);
		for (unsigned int q = 0; q < QUADS; q++)
			part(v[q], p[4 * q], p[4 * q + 1], p[4 * q + 2], p[4 * q + 3]);
	}
	mem_wipe(keys, sizeof keys);
}

/* One packet: up to eleven blocks in three vectors; each block is added to what the next one gives.
 */
static void
decrypt(uint8_t *data, size_t blocks, const struct vaes_key *k)
{
	__m512i before = _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)first));
	__m512i v[3], chain[3];
	__mmask8 mask[3];

	for (unsigned int i = 0; i < 3; i++) {
		size_t left = blocks > 4 * (size_t)i ? blocks - 4 * (size_t)i : 0;

		mask[i] = (__mmask8)(left >= 4 ? 0xFF : (1U << (2 * left)) - 1);
		v[i] = _mm512_maskz_loadu_epi64(mask[i], data + (size_t)64 * i);
		chain[i] = _mm512_alignr_epi64(v[i], before, 6);
		before = v[i];
		v[i] = _mm512_xor_si512(v[i], _mm512_broadcast_i32x4(k->dec[0]));
	}
	for (unsigned int r = 1; r < ROUNDS; r++) {
		const __m512i key = _mm512_broadcast_i32x4(k->dec[r]);

		for (unsigned int i = 0; i < 3; i++)
			v[i] = _mm512_aesdec_epi128(v[i], key);
	}
	for (unsigned int i = 0; i < 3; i++) {
		v[i] = _mm512_aesdeclast_epi128(v[i], _mm512_broadcast_i32x4(k->dec[ROUNDS]));
		_mm512_mask_storeu_epi64(data + (size_t)64 * i, mask[i],
					 _mm512_xor_si512(v[i], chain[i]));
	}
}

static enum rc
batch(struct scr_engine *e, enum scr_direction dir, const struct scr_lane *lanes, size_t n)
{
	(void)e;
	for (size_t i = 0; i < n; i++) {
		if (lanes[i].len > PAYLOAD_MAX)
			return RC_RANGE;
		if (!((const struct vaes_key *)lanes[i].key)->ready)
			return RC_STATE;
	}
	for (size_t i = 0; dir == SCR_ENCRYPT && i < n; i += TOGETHER)
		encrypt(lanes + i, n - i < TOGETHER ? n - i : TOGETHER);
	for (size_t i = 0; dir == SCR_DECRYPT && i < n; i++)
		decrypt(lanes[i].data, lanes[i].len / BLOCK, (const struct vaes_key *)lanes[i].key);
	return RC_OK;
}

static const struct scr_ops ops = { engine_free, key_new, key_free, key_set, batch };

struct scr_engine *
cissa_vaes_new(const char *name)
{
	struct scr_engine *e = calloc(1, sizeof *e);

	if (e == NULL)
		return NULL;
	e->ops = &ops;
	e->name = name;
	e->batch = BATCH;
	e->many_keys = true;
	return e;
}
