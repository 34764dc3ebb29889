// SPDX-License-Identifier: GPL-3.0-or-later
/* Eight limbs of 32 bits; products by Montgomery's method, limb by limb (Koç, Acar, Kaliski 1996,
 * "CIOS"). Every choice is a mask. */
#include "crypto_small/mod256.h"

#include "base/bytes.h"
#include "base/mem.h"

void
mod256_load(limbs out, const uint8_t bytes[32])
{
	for (size_t i = 0; i < LIMBS; i++)
		out[i] = get_be32(bytes + 28 - 4 * i);
}

void
mod256_store(uint8_t bytes[32], const limbs a)
{
	for (size_t i = 0; i < LIMBS; i++)
		put_be32(bytes + 28 - 4 * i, a[i]);
}

bool
mod256_is_zero(const limbs a)
{
	uint32_t any = 0;

	for (int i = 0; i < LIMBS; i++)
		any |= a[i];
	return any == 0;
}

uint32_t
mod256_difference(limbs out, const limbs a, const limbs b)
{
	uint64_t borrow = 0;

	for (int i = 0; i < LIMBS; i++) {
		borrow = (uint64_t)a[i] - b[i] - borrow;
		out[i] = (uint32_t)borrow;
		borrow >>= 63;
	}
	return (uint32_t)borrow;
}

bool
mod256_is_below(const limbs a, const limbs b)
{
	limbs rest;
	const bool below = mod256_difference(rest, a, b) != 0;

	mem_wipe(rest, sizeof rest);
	return below;
}

void
mod256_select(limbs out, const limbs a, bool take)
{
	const uint32_t mask = 0U - (uint32_t)take;

	for (int i = 0; i < LIMBS; i++)
		out[i] ^= (out[i] ^ a[i]) & mask;
}

/* out := out + carry·2^256, less m when that is not below m. */
static void
reduce_once(const struct modulus *q, limbs out, uint32_t carry)
{
	limbs reduced;
	const uint32_t borrow = mod256_difference(reduced, out, q->m);

	mod256_select(out, reduced, (carry | (borrow ^ 1U)) != 0);
}

void
mod256_add(const struct modulus *q, limbs out, const limbs a, const limbs b)
{
	uint64_t carry = 0;

	for (int i = 0; i < LIMBS; i++) {
		carry += (uint64_t)a[i] + b[i];
		out[i] = (uint32_t)carry;
		carry >>= 32;
	}
	reduce_once(q, out, (uint32_t)carry);
}

void
mod256_subtract(const struct modulus *q, limbs out, const limbs a, const limbs b)
{
	const uint32_t mask = 0U - mod256_difference(out, a, b);
	uint64_t carry = 0;

	for (int i = 0; i < LIMBS; i++) {
		carry += (uint64_t)out[i] + (q->m[i] & mask);
		out[i] = (uint32_t)carry;
		carry >>= 32;
	}
}

void
mod256_multiply(const struct modulus *q, limbs out, const limbs a, const limbs b)
{
	uint32_t t[LIMBS + 1] = { 0 };

	for (int i = 0; i < LIMBS; i++) {
		uint64_t carry = 0, top;
		uint32_t u;

		for (int j = 0; j < LIMBS; j++) {
			carry += (uint64_t)a[i] * b[j] + t[j];
			t[j] = (uint32_t)carry;
			carry >>= 32;
		}
		top = carry + t[LIMBS];
		u = t[0] * q->n0;
		carry = ((uint64_t)u * q->m[0] + t[0]) >> 32;
		for (int j = 1; j < LIMBS; j++) {
			carry += (uint64_t)u * q->m[j] + t[j];
			t[j - 1] = (uint32_t)carry;
			carry >>= 32;
		}
		top += carry;
		t[LIMBS - 1] = (uint32_t)top;
		t[LIMBS] = (uint32_t)(top >> 32);
	}
	reduce_once(q, t, t[LIMBS]);
	memcpy(out, t, sizeof(limbs));
}

/* a^(m−2) (Fermat); the exponent is public. */
void
mod256_invert(const struct modulus *q, limbs out, const limbs a)
{
	static const limbs two = { 2 };
	limbs exponent, result;

	(void)mod256_difference(exponent, q->m, two);
	memcpy(result, a, sizeof result); /* the exponent's top bit is set */
	for (int i = 254; i >= 0; i--) {
		mod256_multiply(q, result, result, result);
		if ((exponent[i / 32] >> (i % 32) & 1) != 0)
			mod256_multiply(q, result, result, a);
	}
	memcpy(out, result, sizeof result);
	mem_wipe(result, sizeof result);
}

void
mod256_to_montgomery(const struct modulus *q, limbs out, const limbs a)
{
	mod256_multiply(q, out, a, q->r2);
}

void
mod256_from_montgomery(const struct modulus *q, limbs out, const limbs a)
{
	static const limbs one = { 1 };

	mod256_multiply(q, out, a, one);
}
