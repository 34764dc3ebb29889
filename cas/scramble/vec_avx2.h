/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 32 bytes or 256 bits at a time: AVX2. */
#ifndef TESSERA_SCRAMBLE_VEC_AVX2_H
#define TESSERA_SCRAMBLE_VEC_AVX2_H

#include <immintrin.h>

#define VEC_BYTES 32U

typedef __m256i vec;
typedef __m256i vec_mask; /* each byte 0 or FF */

struct vec_tables {
	vec sbox[16];   /* 16 entries each, twice */
	vec permute[2]; /* of the low and the high four bits */
};

static inline vec
vec_load(const void *p)
{
	return _mm256_loadu_si256(p);
}

static inline vec
vec_zero(void)
{
	return _mm256_setzero_si256();
}

static inline vec
vec_all(uint8_t byte)
{
	return _mm256_set1_epi8((char)byte);
}

static inline vec
vec_xor(vec a, vec b)
{
	return _mm256_xor_si256(a, b);
}

static inline vec
vec_and(vec a, vec b)
{
	return _mm256_and_si256(a, b);
}

static inline vec
vec_or(vec a, vec b)
{
	return _mm256_or_si256(a, b);
}

/* b without a. */
static inline vec
vec_andn(vec a, vec b)
{
	return _mm256_andnot_si256(a, b);
}

static inline vec
vec_not(vec a)
{
	return vec_xor(a, _mm256_set1_epi8(-1));
}

/* Bits of y under mask ↔ bits of x, shifted left by n, of the same bytes. */
static inline void
vec_swap_bits(vec *x, vec *y, __m128i n, uint8_t mask)
{
	vec t = vec_and(vec_xor(_mm256_srl_epi64(*x, n), *y), vec_all(mask));

	*y = vec_xor(*y, t);
	*x = vec_xor(*x, _mm256_sll_epi64(t, n));
}

#define VEC_SWAP_BITS(x, y, n, mask) vec_swap_bits(&(x), &(y), _mm_cvtsi32_si128(n), mask)

#include "scramble/vec_planes.h"

/* Lanes whose byte is greater than n (≤ 127). */
static inline vec_mask
vec_above(vec counts, unsigned int n)
{
	return _mm256_cmpgt_epi8(counts, _mm256_set1_epi8((char)n));
}

static inline vec
vec_keep(vec_mask m, vec a)
{
	return vec_and(m, a);
}

static inline vec
vec_choose(vec_mask m, vec yes, vec no)
{
	return _mm256_blendv_epi8(no, yes, m);
}

static inline void
vec_tables_make(struct vec_tables *t)
{
	uint8_t low[16], high[16];

	for (unsigned int i = 0; i < 16; i++) {
		t->sbox[i] = _mm256_broadcastsi128_si256(
			_mm_loadu_si128((const void *)(csa2_sbox + (size_t)16 * i)));
		low[i] = csa2_permute((uint8_t)i);
		high[i] = csa2_permute((uint8_t)(i << 4));
	}
	t->permute[0] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)low));
	t->permute[1] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)high));
}

/* Sixteen rows are looked up by the low four bits; bits 4, 5, 6, 7 then choose between them, each
 * as the top bit of its byte. */
ALWAYS vec
vec_sbox(vec x, const struct vec_tables *t)
{
	const vec low = vec_and(x, vec_all(15));
	const vec bit4 = _mm256_slli_epi16(x, 3), bit5 = _mm256_slli_epi16(x, 2);
	const vec bit6 = _mm256_slli_epi16(x, 1);
	vec r[8];

	for (unsigned int i = 0; i < 8; i++)
		r[i] = _mm256_blendv_epi8(_mm256_shuffle_epi8(t->sbox[2 * i], low),
					  _mm256_shuffle_epi8(t->sbox[2 * i + 1], low), bit4);
	for (unsigned int i = 0; i < 4; i++)
		r[i] = _mm256_blendv_epi8(r[2 * i], r[2 * i + 1], bit5);
	r[0] = _mm256_blendv_epi8(r[0], r[1], bit6);
	r[1] = _mm256_blendv_epi8(r[2], r[3], bit6);
	return _mm256_blendv_epi8(r[0], r[1], x);
}

static inline vec
vec_permute(vec s, const struct vec_tables *t)
{
	const vec low = vec_all(15);
	vec high = vec_and(_mm256_srli_epi16(s, 4), low);

	return vec_xor(_mm256_shuffle_epi8(t->permute[0], vec_and(s, low)),
		       _mm256_shuffle_epi8(t->permute[1], high));
}

/* r[p], 64-bit piece b → r[b], piece p. */
static inline void
vec_turn_4x4(vec r[4])
{
	vec a = _mm256_unpacklo_epi64(r[0], r[1]), b = _mm256_unpackhi_epi64(r[0], r[1]);
	vec c = _mm256_unpacklo_epi64(r[2], r[3]), d = _mm256_unpackhi_epi64(r[2], r[3]);

	r[0] = _mm256_permute2x128_si256(a, c, 0x20);
	r[1] = _mm256_permute2x128_si256(b, d, 0x20);
	r[2] = _mm256_permute2x128_si256(a, c, 0x31);
	r[3] = _mm256_permute2x128_si256(b, d, 0x31);
}

/* In each 128-bit half: r[s], 16-bit piece j → r[j], piece s. */
static inline void
vec_turn_words(vec r[8])
{
	vec a[8], b[8];

	for (unsigned int i = 0; i < 4; i++) {
		a[i] = _mm256_unpacklo_epi16(r[2 * i], r[2 * i + 1]);
		a[i + 4] = _mm256_unpackhi_epi16(r[2 * i], r[2 * i + 1]);
	}
	for (unsigned int i = 0; i < 8; i += 2) {
		b[i] = _mm256_unpacklo_epi32(a[i], a[i + 1]);
		b[i + 1] = _mm256_unpackhi_epi32(a[i], a[i + 1]);
	}
	for (unsigned int i = 0; i < 2; i++) {
		r[4 * i] = _mm256_unpacklo_epi64(b[4 * i], b[4 * i + 2]);
		r[4 * i + 1] = _mm256_unpackhi_epi64(b[4 * i], b[4 * i + 2]);
		r[4 * i + 2] = _mm256_unpacklo_epi64(b[4 * i + 1], b[4 * i + 3]);
		r[4 * i + 3] = _mm256_unpackhi_epi64(b[4 * i + 1], b[4 * i + 3]);
	}
}

/* In each 128-bit half: two pieces of eight bytes ↔ eight pairs of bytes. */
static inline vec
vec_pair(vec v)
{
	const __m128i order = _mm_setr_epi8(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);

	return _mm256_shuffle_epi8(v, _mm256_broadcastsi128_si256(order));
}

static inline vec
vec_unpair(vec v)
{
	const __m128i order = _mm_setr_epi8(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);

	return _mm256_shuffle_epi8(v, _mm256_broadcastsi128_si256(order));
}

/* The packet that is piece p of step s: two of each half of the vec. */
static inline unsigned int
vec_packet(unsigned int s, unsigned int p)
{
	return p / 2 * 16 + 2 * s + p % 2;
}

static inline vec
vec_load_part(const uint8_t *from, size_t left)
{
	uint8_t part[VEC_BYTES] = { 0 };

	if (left >= VEC_BYTES)
		return vec_load(from);
	memcpy(part, from, left);
	return vec_load(part);
}

/* Bytes at…at + 31 of 32 strings (size[i] bytes long; nothing is read behind them) → 32 vecs, byte
 * at + k of all strings in out[k]. */
static inline void
vec_gather(const uint8_t *const from[32], const uint8_t size[32], size_t at, vec out[32],
	   vec scratch[32])
{
	vec r[8];

	for (unsigned int s = 0; s < 8; s++) {
		for (unsigned int p = 0; p < 4; p++) {
			unsigned int i = vec_packet(s, p);

			r[p] = size[i] > at ? vec_load_part(from[i] + at, size[i] - at)
					    : vec_zero();
		}
		vec_turn_4x4(r);
		for (unsigned int b = 0; b < 4; b++)
			scratch[8 * b + s] = vec_pair(r[b]);
	}
	for (unsigned int b = 0; b < 4; b++) {
		vec_copy(r, scratch + (size_t)8 * b, 8);
		vec_turn_words(r);
		vec_copy(out + (size_t)8 * b, r, 8);
	}
}

/* The first eight bytes of 32 strings. */
static inline void
vec_gather_8(const uint8_t *const from[32], vec out[8])
{
	uint64_t piece[4];
	vec r[8];

	for (unsigned int s = 0; s < 8; s++) {
		for (unsigned int p = 0; p < 4; p++)
			memcpy(&piece[p], from[vec_packet(s, p)], sizeof piece[p]);
		r[s] = vec_pair(vec_load(piece));
	}
	vec_turn_words(r);
	vec_copy(out, r, 8);
}

static inline void
vec_store_part(uint8_t *to, size_t left, vec v)
{
	uint8_t part[VEC_BYTES];

	if (left >= VEC_BYTES) {
		_mm256_storeu_si256((void *)to, v);
		return;
	}
	_mm256_storeu_si256((void *)part, v);
	memcpy(to, part, left);
}

/* The way back. */
static inline void
vec_scatter(const vec in[32], size_t at, uint8_t *const to[32], const uint8_t size[32],
	    vec scratch[32])
{
	vec r[8];

	for (unsigned int b = 0; b < 4; b++) {
		vec_copy(r, in + (size_t)8 * b, 8);
		vec_turn_words(r);
		for (unsigned int s = 0; s < 8; s++)
			scratch[4 * s + b] = vec_unpair(r[s]);
	}
	for (unsigned int s = 0; s < 8; s++) {
		vec_copy(r, scratch + (size_t)4 * s, 4);
		vec_turn_4x4(r);
		for (unsigned int p = 0; p < 4; p++) {
			unsigned int i = vec_packet(s, p);

			if (size[i] > at)
				vec_store_part(to[i] + at, size[i] - at, r[p]);
		}
	}
}

#endif
