/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers of 256 bits modulo an odd prime, in Montgomery form (a·2^256 mod m). Time and addresses
 * depend on no value: secrets may be computed with them. out may be any of the operands. */
#ifndef TESSERA_CRYPTO_SMALL_MOD256_H
#define TESSERA_CRYPTO_SMALL_MOD256_H

#include <stdbool.h>
#include <stdint.h>

#define LIMBS 8

typedef uint32_t limbs[LIMBS]; /* least significant first; an array type, to be passed by address */

struct modulus {
	limbs m;
	limbs r2;    /* 2^512 mod m */
	uint32_t n0; /* −1/m mod 2^32 */
};

/* Big-endian bytes. */
void mod256_load(limbs out, const uint8_t bytes[32]);
void mod256_store(uint8_t bytes[32], const limbs a);
bool mod256_is_zero(const limbs a);
/* a < b, as plain numbers. */
bool mod256_is_below(const limbs a, const limbs b);
/* a − b mod 2^256; returns the borrow. */
uint32_t mod256_difference(limbs out, const limbs a, const limbs b);
/* out = take ? a : out. */
void mod256_select(limbs out, const limbs a, bool take);
/* Operands below m. */
void mod256_add(const struct modulus *q, limbs out, const limbs a, const limbs b);
void mod256_subtract(const struct modulus *q, limbs out, const limbs a, const limbs b);
/* a·b / 2^256 mod m; one of the two may be any number of 256 bits. */
void mod256_multiply(const struct modulus *q, limbs out, const limbs a, const limbs b);
/* 1/a; 0 for 0. */
void mod256_invert(const struct modulus *q, limbs out, const limbs a);
void mod256_to_montgomery(const struct modulus *q, limbs out, const limbs a);
void mod256_from_montgomery(const struct modulus *q, limbs out, const limbs a);

#endif
