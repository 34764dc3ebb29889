/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bit planes ↔ bytes by exchanges between vecs, for processors without a bit matrix instruction.
 * Included after vec, vec_xor and vec_swap_bits. */
#ifndef TESSERA_SCRAMBLE_VEC_PLANES_H
#define TESSERA_SCRAMBLE_VEC_PLANES_H

#include "scramble/vec_copy.h"

/* Exchanges, between t[i] and t[i + d], the bits that stand at each other's place of an 8 × 8
 * matrix: with d = 1, 2, 4 this is its transposition, 8 × 8 bits for every byte position. */
ALWAYS void
vec_turn_planes(vec t[8])
{
	for (unsigned int i = 0; i < 8; i += 2)
		VEC_SWAP_BITS(t[i], t[i + 1], 1, 0x55);
	for (unsigned int i = 0; i < 4; i++)
		VEC_SWAP_BITS(t[i + i / 2 * 2], t[i + i / 2 * 2 + 2], 2, 0x33);
	for (unsigned int i = 0; i < 4; i++)
		VEC_SWAP_BITS(t[i], t[i + 4], 4, 0x0F);
}

/* t[k] has bit k of every packet → a byte of every packet: packet bit 8 i + g of a plane is byte i
 * of t[g]. The transposition is its own inverse. */
static inline void
vec_bytes_of_planes(vec t[8])
{
	vec_turn_planes(t);
}

static inline void
vec_planes_of_bytes(vec t[8])
{
	vec_turn_planes(t);
}

#endif
