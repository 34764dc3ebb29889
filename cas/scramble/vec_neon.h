/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 16 bytes or 128 bits at a time: Advanced SIMD of AArch64. */
#ifndef TESSERA_SCRAMBLE_VEC_NEON_H
#define TESSERA_SCRAMBLE_VEC_NEON_H

#include <arm_neon.h>

#define VEC_BYTES 16U

typedef uint8x16_t vec;
typedef uint8x16_t vec_mask; /* each byte 0 or FF */

struct vec_tables {
	uint8x16x4_t sbox[4]; /* 64 entries each */
	vec permute[2];       /* of the low and the high four bits */
};

static inline vec
vec_load(const uint8_t *p)
{
	return vld1q_u8(p);
}

static inline vec
vec_zero(void)
{
	return vdupq_n_u8(0);
}

static inline vec
vec_all(uint8_t byte)
{
	return vdupq_n_u8(byte);
}

static inline vec
vec_xor(vec a, vec b)
{
	return veorq_u8(a, b);
}

static inline vec
vec_and(vec a, vec b)
{
	return vandq_u8(a, b);
}

static inline vec
vec_or(vec a, vec b)
{
	return vorrq_u8(a, b);
}

/* b without a. */
static inline vec
vec_andn(vec a, vec b)
{
	return vbicq_u8(b, a);
}

static inline vec
vec_not(vec a)
{
	return vmvnq_u8(a);
}

/* Bits of y under mask ↔ bits of x, shifted left by n, of the same bytes. */
static inline void
vec_swap_bits(vec *x, vec *y, int8_t n, uint8_t mask)
{
	vec t = vec_and(vec_xor(vshlq_u8(*x, vdupq_n_s8((int8_t)-n)), *y), vec_all(mask));

	*y = vec_xor(*y, t);
	*x = vec_xor(*x, vshlq_u8(t, vdupq_n_s8(n)));
}

#define VEC_SWAP_BITS(x, y, n, mask) vec_swap_bits(&(x), &(y), n, mask)

#include "scramble/vec_planes.h"

/* Lanes whose byte is greater than n. */
static inline vec_mask
vec_above(vec counts, unsigned int n)
{
	return vcgtq_u8(counts, vdupq_n_u8((uint8_t)n));
}

static inline vec
vec_keep(vec_mask m, vec a)
{
	return vec_and(m, a);
}

static inline vec
vec_choose(vec_mask m, vec yes, vec no)
{
	return vbslq_u8(m, yes, no);
}

static inline void
vec_tables_make(struct vec_tables *t)
{
	uint8_t low[16], high[16];

	for (unsigned int i = 0; i < 4; i++) {
		for (unsigned int k = 0; k < 4; k++)
			t->sbox[i].val[k] = vld1q_u8(csa2_sbox + (size_t)64 * i + (size_t)16 * k);
	}
	for (unsigned int i = 0; i < 16; i++) {
		low[i] = csa2_permute((uint8_t)i);
		high[i] = csa2_permute((uint8_t)(i << 4));
	}
	t->permute[0] = vld1q_u8(low);
	t->permute[1] = vld1q_u8(high);
}

/* An index of 64 and more looks nothing up: 0 in the first table, no change in the others. */
static inline vec
vec_sbox(vec x, const struct vec_tables *t)
{
	vec r = vqtbl4q_u8(t->sbox[0], x);

	r = vqtbx4q_u8(r, t->sbox[1], vec_xor(x, vec_all(0x40)));
	r = vqtbx4q_u8(r, t->sbox[2], vec_xor(x, vec_all(0x80)));
	return vqtbx4q_u8(r, t->sbox[3], vec_xor(x, vec_all(0xC0)));
}

static inline vec
vec_permute(vec s, const struct vec_tables *t)
{
	return vec_xor(vqtbl1q_u8(t->permute[0], vec_and(s, vec_all(15))),
		       vqtbl1q_u8(t->permute[1], vshrq_n_u8(s, 4)));
}

/* r[s], 16-bit piece j → r[j], piece s. */
static inline void
vec_turn_words(vec r[8])
{
	uint16x8_t a[8];
	uint32x4_t b[8];

	for (unsigned int i = 0; i < 8; i += 2) {
		uint16x8_t x = vreinterpretq_u16_u8(r[i]), y = vreinterpretq_u16_u8(r[i + 1]);

		a[i / 2] = vzip1q_u16(x, y);
		a[i / 2 + 4] = vzip2q_u16(x, y);
	}
	for (unsigned int i = 0; i < 8; i += 2) {
		uint32x4_t x = vreinterpretq_u32_u16(a[i]), y = vreinterpretq_u32_u16(a[i + 1]);

		b[i] = vzip1q_u32(x, y);
		b[i + 1] = vzip2q_u32(x, y);
	}
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int from = i / 2 * 4 + i % 2;
		uint64x2_t x = vreinterpretq_u64_u32(b[from]);
		uint64x2_t y = vreinterpretq_u64_u32(b[from + 2]);

		r[2 * i] = vreinterpretq_u8_u64(vzip1q_u64(x, y));
		r[2 * i + 1] = vreinterpretq_u8_u64(vzip2q_u64(x, y));
	}
}

/* Two pieces of eight bytes ↔ eight pairs of bytes. */
static inline vec
vec_pair(uint8x8_t a, uint8x8_t b)
{
	return vcombine_u8(vzip1_u8(a, b), vzip2_u8(a, b));
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

/* Bytes at…at + 15 of 16 strings (size[i] bytes long; nothing is read behind them) → 16 vecs, byte
 * at + k of all strings in out[k]. */
static inline void
vec_gather(const uint8_t *const from[16], const uint8_t size[16], size_t at, vec out[16],
	   vec scratch[16])
{
	for (unsigned int s = 0; s < 8; s++) {
		vec r[2];

		for (unsigned int p = 0; p < 2; p++) {
			unsigned int i = 2 * s + p;

			r[p] = size[i] > at ? vec_load_part(from[i] + at, size[i] - at)
					    : vec_zero();
		}
		scratch[s] = vec_pair(vget_low_u8(r[0]), vget_low_u8(r[1]));
		scratch[8 + s] = vec_pair(vget_high_u8(r[0]), vget_high_u8(r[1]));
	}
	vec_turn_words(scratch);
	vec_turn_words(scratch + 8);
	vec_copy(out, scratch, 16);
}

/* The first eight bytes of 16 strings. */
static inline void
vec_gather_8(const uint8_t *const from[16], vec out[8])
{
	for (unsigned int s = 0; s < 8; s++)
		out[s] = vec_pair(vld1_u8(from[2 * s]), vld1_u8(from[2 * s + 1]));
	vec_turn_words(out);
}

static inline void
vec_store_part(uint8_t *to, size_t left, vec v)
{
	uint8_t part[VEC_BYTES];

	if (left >= VEC_BYTES) {
		vst1q_u8(to, v);
		return;
	}
	vst1q_u8(part, v);
	memcpy(to, part, left);
}

/* The way back. */
static inline void
vec_scatter(const vec in[16], size_t at, uint8_t *const to[16], const uint8_t size[16],
	    vec scratch[16])
{
	vec_copy(scratch, in, 16);
	vec_turn_words(scratch);
	vec_turn_words(scratch + 8);
	for (unsigned int s = 0; s < 8; s++) {
		vec a = scratch[s], b = scratch[8 + s];
		const vec r[2] = { vuzp1q_u8(a, b), vuzp2q_u8(a, b) };

		for (unsigned int p = 0; p < 2; p++) {
			unsigned int i = 2 * s + p;

			if (size[i] > at)
				vec_store_part(to[i] + at, size[i] - at, r[p]);
		}
	}
}

#endif
