// SPDX-License-Identifier: GPL-3.0-or-later
/* ECDSA P-256 verification (FIPS 186-4 6.4; SEC 1 4.1.4) on eight 32-bit limbs: Montgomery products
 * for the field and for the group order with one routine, Jacobian points, the two products by a
 * common doubling chain. Everything here is public, so time may depend on it. */
#include "crypto_small/small.h"

#include "base/bytes.h"
#include "base/mem.h"

#include <stdbool.h>

#define LIMBS 8

typedef uint32_t limbs[LIMBS]; /* least significant first; an array type, to be passed by address */

struct modulus {
	limbs m;
	limbs r2;    /* 2^512 mod m */
	uint32_t n0; /* −1/m mod 2^32 */
};

static const struct modulus field = {
	.m = { 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0x00000000, 0x00000000, 0x00000000, 0x00000001,
	       0xFFFFFFFF },
	.r2 = { 0x00000003, 0x00000000, 0xFFFFFFFF, 0xFFFFFFFB, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD,
		0x00000004 },
	.n0 = 0x00000001,
};
static const struct modulus order = {
	.m = { 0xFC632551, 0xF3B9CAC2, 0xA7179E84, 0xBCE6FAAD, 0xFFFFFFFF, 0xFFFFFFFF, 0x00000000,
	       0xFFFFFFFF },
	.r2 = { 0xBE79EEA2, 0x83244C95, 0x49BD6FA6, 0x4699799C, 0x2B6BEC59, 0x2845B239, 0xF3D95620,
		0x66E12D94 },
	.n0 = 0xEE00BC4F,
};
/* Curve coefficient b and base point, in the Montgomery form of the field. */
static const limbs curve_b = { 0x29C4BDDF, 0xD89CDF62, 0x78843090, 0xACF005CD,
			       0xF7212ED6, 0xE5A220AB, 0x04874834, 0xDC30061D };
static const limbs base_x = { 0x18A9143C, 0x79E730D4, 0x5FEDB601, 0x75BA95FC,
			      0x77622510, 0x79FB732B, 0xA53755C6, 0x18905F76 };
static const limbs base_y = { 0xCE95560A, 0xDDF25357, 0xBA19E45C, 0x8B4AB8E4,
			      0xDD21F325, 0xD2E88688, 0x25885D85, 0x8571FF18 };

struct point {
	limbs x, y, z; /* Jacobian, Montgomery form; z = 0: at infinity */
};

static uint32_t
add(limbs out, const limbs a, const limbs b)
{
	uint64_t carry = 0;

	for (int i = 0; i < LIMBS; i++) {
		carry += (uint64_t)a[i] + b[i];
		out[i] = (uint32_t)carry;
		carry >>= 32;
	}
	return (uint32_t)carry;
}

static uint32_t
subtract(limbs out, const limbs a, const limbs b)
{
	uint64_t borrow = 0;

	for (int i = 0; i < LIMBS; i++) {
		borrow = (uint64_t)a[i] - b[i] - borrow;
		out[i] = (uint32_t)borrow;
		borrow = borrow >> 63;
	}
	return (uint32_t)borrow;
}

static bool
is_zero(const limbs a)
{
	uint32_t any = 0;

	for (int i = 0; i < LIMBS; i++)
		any |= a[i];
	return any == 0;
}

static bool
is_below(const limbs a, const limbs b)
{
	limbs unused;

	return subtract(unused, a, b) != 0;
}

static void
mod_add(const struct modulus *q, limbs out, const limbs a, const limbs b)
{
	limbs reduced;
	const uint32_t carry = add(out, a, b);

	if (subtract(reduced, out, q->m) == 0 || carry != 0)
		memcpy(out, reduced, sizeof reduced);
}

static void
mod_subtract(const struct modulus *q, limbs out, const limbs a, const limbs b)
{
	if (subtract(out, a, b) != 0)
		(void)add(out, out, q->m);
}

/* out = a·b / 2^256 mod m. */
static void
multiply(const struct modulus *q, limbs out, const limbs a, const limbs b)
{
	uint32_t t[LIMBS + 2] = { 0 };
	limbs reduced;

	for (int i = 0; i < LIMBS; i++) {
		uint64_t carry = 0;
		uint32_t u;

		for (int j = 0; j < LIMBS; j++) {
			carry += (uint64_t)a[i] * b[j] + t[j];
			t[j] = (uint32_t)carry;
			carry >>= 32;
		}
		carry += t[LIMBS];
		t[LIMBS] = (uint32_t)carry;
		t[LIMBS + 1] = (uint32_t)(carry >> 32);
		u = t[0] * q->n0;
		carry = ((uint64_t)u * q->m[0] + t[0]) >> 32;
		for (int j = 1; j < LIMBS; j++) {
			carry += (uint64_t)u * q->m[j] + t[j];
			t[j - 1] = (uint32_t)carry;
			carry >>= 32;
		}
		carry += t[LIMBS];
		t[LIMBS - 1] = (uint32_t)carry;
		t[LIMBS] = t[LIMBS + 1] + (uint32_t)(carry >> 32);
	}
	if (subtract(reduced, t, q->m) == 0 || t[LIMBS] != 0)
		memcpy(out, reduced, sizeof reduced);
	else
		memcpy(out, t, sizeof reduced);
}

/* 1/a in Montgomery form, as a^(m−2) (Fermat). */
static void
invert(const struct modulus *q, limbs out, const limbs a)
{
	static const limbs two = { 2 };
	limbs exponent, result;
	bool started = false;

	(void)subtract(exponent, q->m, two);
	memcpy(result, a, sizeof result);
	for (int i = 255; i >= 0; i--) {
		const bool bit = (exponent[i / 32] >> (i % 32) & 1) != 0;

		if (started) {
			multiply(q, result, result, result);
			if (bit)
				multiply(q, result, result, a);
		}
		started = started || bit;
	}
	memcpy(out, result, sizeof result);
}

static void
load(limbs out, const uint8_t bytes[32])
{
	for (size_t i = 0; i < LIMBS; i++)
		out[i] = get_be32(bytes + 28 - 4 * i);
}

static void
to_montgomery(const struct modulus *q, limbs out, const limbs a)
{
	multiply(q, out, a, q->r2);
}

static void
from_montgomery(const struct modulus *q, limbs out, const limbs a)
{
	static const limbs one = { 1 };

	multiply(q, out, a, one);
}

/* a = −3: dbl-2001-b of the explicit-formulas data base. */
static void
double_point(struct point *p)
{
	limbs delta, gamma, beta, alpha, t;

	multiply(&field, delta, p->z, p->z);
	multiply(&field, gamma, p->y, p->y);
	multiply(&field, beta, p->x, gamma);
	mod_subtract(&field, t, p->x, delta);
	mod_add(&field, alpha, p->x, delta);
	multiply(&field, alpha, alpha, t);
	mod_add(&field, t, alpha, alpha);
	mod_add(&field, alpha, alpha, t);
	mod_add(&field, p->z, p->y, p->z); /* z' = (y + z)² − γ − δ */
	multiply(&field, p->z, p->z, p->z);
	mod_subtract(&field, p->z, p->z, gamma);
	mod_subtract(&field, p->z, p->z, delta);
	mod_add(&field, beta, beta, beta);
	mod_add(&field, beta, beta, beta);    /* 4β */
	multiply(&field, p->x, alpha, alpha); /* x' = α² − 8β */
	mod_subtract(&field, p->x, p->x, beta);
	mod_subtract(&field, p->x, p->x, beta);
	mod_subtract(&field, t, beta, p->x); /* y' = α(4β − x') − 8γ² */
	multiply(&field, p->y, alpha, t);
	multiply(&field, gamma, gamma, gamma);
	mod_add(&field, gamma, gamma, gamma);
	mod_add(&field, gamma, gamma, gamma);
	mod_add(&field, gamma, gamma, gamma);
	mod_subtract(&field, p->y, p->y, gamma);
}

/* p += q, all cases. */
static void
add_point(struct point *p, const struct point *q)
{
	limbs z1z1, z2z2, u1, u2, s1, s2, h, r, t;

	if (is_zero(q->z))
		return;
	if (is_zero(p->z)) {
		*p = *q;
		return;
	}
	multiply(&field, z1z1, p->z, p->z);
	multiply(&field, z2z2, q->z, q->z);
	multiply(&field, u1, p->x, z2z2);
	multiply(&field, u2, q->x, z1z1);
	multiply(&field, s1, p->y, q->z);
	multiply(&field, s1, s1, z2z2);
	multiply(&field, s2, q->y, p->z);
	multiply(&field, s2, s2, z1z1);
	mod_subtract(&field, h, u2, u1);
	mod_subtract(&field, r, s2, s1);
	if (is_zero(h)) {
		if (is_zero(r))
			double_point(p);
		else
			memset(p, 0, sizeof *p);
		return;
	}
	multiply(&field, p->z, p->z, q->z);
	multiply(&field, p->z, p->z, h);
	multiply(&field, t, h, h);
	multiply(&field, u1, u1, t); /* u1·h² */
	multiply(&field, h, h, t);   /* h³ */
	multiply(&field, p->x, r, r);
	mod_subtract(&field, p->x, p->x, h);
	mod_subtract(&field, p->x, p->x, u1);
	mod_subtract(&field, p->x, p->x, u1);
	mod_subtract(&field, t, u1, p->x);
	multiply(&field, p->y, r, t);
	multiply(&field, s1, s1, h);
	mod_subtract(&field, p->y, p->y, s1);
}

static void
one_in_field(limbs out)
{
	static const limbs one = { 1 };

	to_montgomery(&field, out, one);
}

/* Loads a public key; false when a coordinate is no field element or the point is not on the curve.
 */
static bool
load_point(struct point *p, const uint8_t bytes[64])
{
	limbs left, right, t;

	load(p->x, bytes);
	load(p->y, bytes + 32);
	if (!is_below(p->x, field.m) || !is_below(p->y, field.m))
		return false;
	to_montgomery(&field, p->x, p->x);
	to_montgomery(&field, p->y, p->y);
	one_in_field(p->z);
	multiply(&field, left, p->y, p->y);
	multiply(&field, right, p->x, p->x); /* x³ − 3x + b */
	multiply(&field, right, right, p->x);
	mod_add(&field, t, p->x, p->x);
	mod_add(&field, t, t, p->x);
	mod_subtract(&field, right, right, t);
	mod_add(&field, right, right, curve_b);
	return memcmp(left, right, sizeof left) == 0;
}

/* u1·G + u2·Q, bit by bit from the top. */
static void
multiply_points(struct point *sum, const limbs u1, const limbs u2, const struct point *q)
{
	struct point g, both;

	memcpy(g.x, base_x, sizeof g.x);
	memcpy(g.y, base_y, sizeof g.y);
	one_in_field(g.z);
	both = g;
	add_point(&both, q);
	memset(sum, 0, sizeof *sum);
	for (int i = 255; i >= 0; i--) {
		const bool a = (u1[i / 32] >> (i % 32) & 1) != 0;
		const bool b = (u2[i / 32] >> (i % 32) & 1) != 0;

		double_point(sum);
		if (a && b)
			add_point(sum, &both);
		else if (a)
			add_point(sum, &g);
		else if (b)
			add_point(sum, q);
	}
}

enum rc
small_p256_verify(const uint8_t public_key[64], const uint8_t digest[32],
		  const uint8_t signature[64])
{
	limbs r, s, z, w, u1, u2;
	struct point q, sum;

	load(r, signature);
	load(s, signature + 32);
	load(z, digest);
	if (is_zero(r) || is_zero(s) || !is_below(r, order.m) || !is_below(s, order.m) ||
	    !load_point(&q, public_key))
		return RC_AUTH;
	to_montgomery(&order, w, s);
	invert(&order, w, w);
	multiply(&order, u1, z, w); /* w carries one factor 2^256: the products come out plain */
	multiply(&order, u2, r, w);
	multiply_points(&sum, u1, u2, &q);
	if (is_zero(sum.z))
		return RC_AUTH;
	invert(&field, w, sum.z);
	multiply(&field, w, w, w);
	multiply(&field, sum.x, sum.x, w);
	from_montgomery(&field, w, sum.x);
	if (!is_below(w, order.m))
		(void)subtract(w, w, order.m);
	return memcmp(w, r, sizeof w) == 0 ? RC_OK : RC_AUTH;
}
