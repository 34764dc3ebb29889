/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Eight bytes or 64 bits at a time: a 64-bit integer, byte 0 the lowest. */
#ifndef TESSERA_SCRAMBLE_VEC_WORD_H
#define TESSERA_SCRAMBLE_VEC_WORD_H

#include <stdint.h>

typedef uint64_t vec;

static inline vec
vec_zero(void)
{
	return 0;
}

static inline vec
vec_xor(vec a, vec b)
{
	return a ^ b;
}

static inline vec
vec_and(vec a, vec b)
{
	return a & b;
}

static inline vec
vec_or(vec a, vec b)
{
	return a | b;
}

/* b without a. */
static inline vec
vec_andn(vec a, vec b)
{
	return ~a & b;
}

static inline vec
vec_not(vec a)
{
	return ~a;
}

/* Bits of y under mask ↔ bits of x, shifted left by n. */
static inline void
vec_swap(vec *x, vec *y, unsigned int n, uint64_t mask)
{
	vec t = (*x >> n ^ *y) & mask;

	*y ^= t;
	*x ^= t << n;
}

#define VEC_SWAP_BITS(x, y, n, mask) vec_swap(&(x), &(y), n, mask *UINT64_C(0x0101010101010101))

#include "scramble/vec_planes.h"

/* r[p], byte j → r[j], byte p. */
static inline void
vec_turn_bytes(vec r[8])
{
	for (unsigned int i = 0; i < 8; i += 2)
		vec_swap(&r[i], &r[i + 1], 8, 0x00FF00FF00FF00FF);
	for (unsigned int i = 0; i < 4; i++)
		vec_swap(&r[i + i / 2 * 2], &r[i + i / 2 * 2 + 2], 16, 0x0000FFFF0000FFFF);
	for (unsigned int i = 0; i < 4; i++)
		vec_swap(&r[i], &r[i + 4], 32, 0x00000000FFFFFFFF);
}

#endif
