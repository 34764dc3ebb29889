/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 64 bytes or 512 bits at a time: AVX-512 F, BW, VBMI and GFNI. */
#ifndef TESSERA_SCRAMBLE_VEC_AVX512_H
#define TESSERA_SCRAMBLE_VEC_AVX512_H

#include <immintrin.h>

#define VEC_BYTES 64U

typedef __m512i vec;
typedef __mmask64 vec_mask;

#include "scramble/vec_copy.h"

#define LUT(xx, u, v, w) _mm512_ternarylogic_epi64(u, v, w, 0x##xx)

struct vec_tables {
	vec sbox[4]; /* 64 entries each */
	vec permute; /* as a bit matrix */
};

static inline vec
vec_load(const void *p)
{
	return _mm512_loadu_si512(p);
}

static inline vec
vec_zero(void)
{
	return _mm512_setzero_si512();
}

static inline vec
vec_all(uint8_t byte)
{
	return _mm512_set1_epi8((char)byte);
}

static inline vec
vec_xor(vec a, vec b)
{
	return _mm512_xor_si512(a, b);
}

/* Lanes whose byte is greater than n (≤ 127). */
static inline vec_mask
vec_above(vec counts, unsigned int n)
{
	return _mm512_cmpgt_epi8_mask(counts, _mm512_set1_epi8((char)n));
}

static inline vec
vec_keep(vec_mask m, vec a)
{
	return _mm512_maskz_mov_epi8(m, a);
}

static inline vec
vec_choose(vec_mask m, vec yes, vec no)
{
	return _mm512_mask_blend_epi8(m, no, yes);
}

static inline void
vec_tables_make(struct vec_tables *t)
{
	uint64_t matrix = 0;

	for (unsigned int i = 0; i < 4; i++)
		t->sbox[i] = vec_load(csa2_sbox + (size_t)64 * i);
	/* Row i of the matrix, the inputs of output bit i, is byte 7 − i of the lane. */
	for (unsigned int k = 0; k < 8; k++) {
		for (unsigned int i = 0; i < 8; i++) {
			if (csa2_permute((uint8_t)(1U << k)) == 1U << i)
				matrix |= UINT64_C(1) << (8 * (7 - i) + k);
		}
	}
	t->permute = _mm512_set1_epi64((long long)matrix);
}

static inline vec
vec_sbox(vec x, const struct vec_tables *t)
{
	vec low = _mm512_permutex2var_epi8(t->sbox[0], x, t->sbox[1]);
	vec high = _mm512_permutex2var_epi8(t->sbox[2], x, t->sbox[3]);

	return _mm512_mask_blend_epi8(_mm512_movepi8_mask(x), low, high);
}

static inline vec
vec_permute(vec s, const struct vec_tables *t)
{
	return _mm512_gf2p8affine_epi64_epi8(s, t->permute, 0);
}

/* r[s], 64-bit piece b → r[b], piece s. */
static inline void
vec_turn_8x8(vec r[8])
{
	vec a[8], b[8];

	for (unsigned int i = 0; i < 8; i += 2) {
		a[i] = _mm512_unpacklo_epi64(r[i], r[i + 1]);
		a[i + 1] = _mm512_unpackhi_epi64(r[i], r[i + 1]);
	}
	for (unsigned int i = 0; i < 2; i++) {
		b[i] = _mm512_shuffle_i64x2(a[i], a[i + 2], 0x88);
		b[i + 2] = _mm512_shuffle_i64x2(a[i], a[i + 2], 0xDD);
		b[i + 4] = _mm512_shuffle_i64x2(a[i + 4], a[i + 6], 0x88);
		b[i + 6] = _mm512_shuffle_i64x2(a[i + 4], a[i + 6], 0xDD);
	}
	for (unsigned int i = 0; i < 2; i++) {
		r[i] = _mm512_shuffle_i64x2(b[i], b[i + 4], 0x88);
		r[i + 4] = _mm512_shuffle_i64x2(b[i], b[i + 4], 0xDD);
		r[i + 2] = _mm512_shuffle_i64x2(b[i + 2], b[i + 6], 0x88);
		r[i + 6] = _mm512_shuffle_i64x2(b[i + 2], b[i + 6], 0xDD);
	}
}

/* Byte j of piece p → byte p of piece j. */
static inline vec
vec_turn_bytes(vec v)
{
	uint8_t index[64];

	for (unsigned int i = 0; i < 64; i++)
		index[i] = (uint8_t)(i % 8 * 8 + i / 8);
	return _mm512_permutexvar_epi8(vec_load(index), v);
}

static inline __mmask64
vec_first(size_t n)
{
	return n >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1;
}

/* Bytes at…at + 63 of 64 strings (size[i] bytes long; nothing is read behind them) → 64 vecs, byte
 * at + k of all strings in out[k]. */
static inline void
vec_gather(const uint8_t *const from[64], const uint8_t size[64], size_t at, vec out[64],
	   vec scratch[64])
{
	vec r[8];

	for (unsigned int s = 0; s < 8; s++) {
		for (unsigned int p = 0; p < 8; p++) {
			size_t left = size[8 * s + p] > at ? size[8 * s + p] - at : 0;

			r[p] = _mm512_maskz_loadu_epi8(vec_first(left), from[8 * s + p] + at);
		}
		vec_turn_8x8(r);
		for (unsigned int b = 0; b < 8; b++)
			scratch[8 * b + s] = vec_turn_bytes(r[b]);
	}
	for (unsigned int b = 0; b < 8; b++) {
		vec_copy(r, scratch + (size_t)8 * b, 8);
		vec_turn_8x8(r);
		vec_copy(out + (size_t)8 * b, r, 8);
	}
}

/* The first eight bytes of 64 strings. */
static inline void
vec_gather_8(const uint8_t *const from[64], vec out[8])
{
	uint64_t piece[64];
	vec r[8];

	for (unsigned int i = 0; i < 64; i++)
		memcpy(&piece[i], from[i], sizeof piece[i]);
	for (unsigned int s = 0; s < 8; s++)
		r[s] = vec_turn_bytes(vec_load(piece + (size_t)8 * s));
	vec_turn_8x8(r);
	vec_copy(out, r, 8);
}

/* The way back. */
static inline void
vec_scatter(const vec in[64], size_t at, uint8_t *const to[64], const uint8_t size[64],
	    vec scratch[64])
{
	vec r[8];

	for (unsigned int b = 0; b < 8; b++) {
		vec_copy(r, in + (size_t)8 * b, 8);
		vec_turn_8x8(r);
		for (unsigned int s = 0; s < 8; s++)
			scratch[8 * s + b] = vec_turn_bytes(r[s]);
	}
	for (unsigned int s = 0; s < 8; s++) {
		vec_copy(r, scratch + (size_t)8 * s, 8);
		vec_turn_8x8(r);
		for (unsigned int p = 0; p < 8; p++) {
			size_t left = size[8 * s + p] > at ? size[8 * s + p] - at : 0;

			if (left >= 64)
				_mm512_storeu_si512(to[8 * s + p] + at, r[p]);
			else if (left > 0)
				_mm512_mask_storeu_epi8(to[8 * s + p] + at, vec_first(left), r[p]);
		}
	}
}

/* One stage of a perfect shuffle: with a byte's place written as vec (3 bits), 128-bit lane, byte
 * in it (4 bits), the bits of vec and byte turn left by one, together. Three times, and each 64-bit
 * piece has a byte of each vec. */
static inline void
vec_shuffle(vec t[8])
{
	vec a[8];

	for (unsigned int i = 0; i < 4; i++) {
		a[2 * i] = _mm512_unpacklo_epi8(t[i], t[i + 4]);
		a[2 * i + 1] = _mm512_unpackhi_epi8(t[i], t[i + 4]);
	}
	vec_copy(t, a, 8);
}

/* Each 64-bit piece as 8 × 8 bits: bit i of byte 7 − k goes to bit k of byte i. */
static inline vec
vec_turn_bits(vec v)
{
	return _mm512_gf2p8affine_epi64_epi8(_mm512_set1_epi64((long long)0x8040201008040201), v,
					     0);
}

/* Eight bit planes (t[k] has bit k of every packet) → a byte of every packet, and back. Which
 * packet has which bit of a plane is known to these two alone. */
static inline void
vec_bytes_of_planes(vec t[8])
{
	vec a[8];

	for (unsigned int k = 0; k < 8; k++)
		a[7 - k] = t[k];
	vec_shuffle(a);
	vec_shuffle(a);
	vec_shuffle(a);
	for (unsigned int k = 0; k < 8; k++)
		t[k] = vec_turn_bits(a[k]);
}

static inline void
vec_planes_of_bytes(vec t[8])
{
	const vec reverse = _mm512_set1_epi64((long long)0x8040201008040201);

	for (unsigned int k = 0; k < 8; k++)
		t[k] = _mm512_gf2p8affine_epi64_epi8(vec_turn_bits(t[k]), reverse, 0);
	for (unsigned int n = 0; n < 4; n++)
		vec_shuffle(t);
}

#endif
