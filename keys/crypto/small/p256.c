// SPDX-License-Identifier: GPL-3.0-or-later
/* P-256: ECDSA verification (FIPS 186-4 6.4; SEC 1 4.1.4), ECDH (SP 800-56A 5.7.1.2) and key pairs
 * (FIPS 186-4 B.4). Points in homogeneous coordinates under the complete addition law of Renes,
 * Costello and Batina (2016, algorithm 4, a = −3), which has no exceptions and so tells nothing:
 * it doubles too. Multiplication by a secret adds at every bit and keeps or drops the sum by mask.
 * Verification sees public data only and may stop early. */
#include "crypto_small/small.h"

#include "base/mem.h"
#include "crypto_small/mod256.h"

#define BITS 256

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
/* Curve coefficient b, in the Montgomery form of the field. */
static const limbs curve_b = { 0x29C4BDDF, 0xD89CDF62, 0x78843090, 0xACF005CD,
			       0xF7212ED6, 0xE5A220AB, 0x04874834, 0xDC30061D };

struct point {
	limbs x, y, z; /* x/z, y/z, Montgomery form; z = 0: at infinity */
};

/* (0 : 1 : 0), and the base point. */
static const struct point infinity = { .y = { 0x00000001, 0x00000000, 0x00000000, 0xFFFFFFFF,
					      0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFE, 0x00000000 } };
static const struct point base = {
	.x = { 0x18A9143C, 0x79E730D4, 0x5FEDB601, 0x75BA95FC, 0x77622510, 0x79FB732B, 0xA53755C6,
	       0x18905F76 },
	.y = { 0xCE95560A, 0xDDF25357, 0xBA19E45C, 0x8B4AB8E4, 0xDD21F325, 0xD2E88688, 0x25885D85,
	       0x8571FF18 },
	.z = { 0x00000001, 0x00000000, 0x00000000, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFE,
	       0x00000000 },
};

static void
add(limbs out, const limbs a, const limbs b)
{
	mod256_add(&field, out, a, b);
}

static void
subtract(limbs out, const limbs a, const limbs b)
{
	mod256_subtract(&field, out, a, b);
}

static void
multiply(limbs out, const limbs a, const limbs b)
{
	mod256_multiply(&field, out, a, b);
}

static void
triple(limbs a)
{
	limbs twice;

	add(twice, a, a);
	add(a, a, twice);
}

/* out = (a1 + a2)(b1 + b2) − p − q: the mixed products a1·b2 + a2·b1 where p = a1·b1, q = a2·b2. */
static void
cross(limbs out, const limbs a1, const limbs a2, const limbs b1, const limbs b2, const limbs p,
      const limbs q)
{
	limbs t;

	add(t, a1, a2);
	add(out, b1, b2);
	multiply(out, out, t);
	subtract(out, out, p);
	subtract(out, out, q);
}

/* out = p + q, which may be the same point; out may be either. */
static void
add_points(struct point *out, const struct point *p, const struct point *q)
{
	limbs xx, yy, zz, xy, yz, xz, t;

	multiply(xx, p->x, q->x);
	multiply(yy, p->y, q->y);
	multiply(zz, p->z, q->z);
	cross(xy, p->x, p->y, q->x, q->y, xx, yy);
	cross(yz, p->y, p->z, q->y, q->z, yy, zz);
	cross(xz, p->x, p->z, q->x, q->z, xx, zz);
	multiply(t, curve_b, zz);
	subtract(t, xz, t);
	triple(t); /* 3(xz − b·zz) */
	multiply(xz, curve_b, xz);
	triple(zz);
	subtract(xz, xz, zz);
	subtract(xz, xz, xx);
	triple(xz); /* 3(b·xz − 3zz − xx) */
	triple(xx);
	subtract(xx, xx, zz); /* 3(xx − zz) */
	subtract(zz, yy, t);
	add(yy, yy, t);
	multiply(out->x, xy, yy);
	multiply(t, yz, xz);
	subtract(out->x, out->x, t);
	multiply(out->y, yy, zz);
	multiply(t, xx, xz);
	add(out->y, out->y, t);
	multiply(out->z, yz, zz);
	multiply(t, xy, xx);
	add(out->z, out->z, t);
}

static void
select_point(struct point *out, const struct point *p, bool take)
{
	mod256_select(out->x, p->x, take);
	mod256_select(out->y, p->y, take);
	mod256_select(out->z, p->z, take);
}

static bool
bit_of(const limbs a, int i)
{
	return (a[i / 32] >> (i % 32) & 1) != 0;
}

/* Loads a public key; false when a coordinate is no field element or the point is not on the curve.
 */
static bool
load_point(struct point *p, const uint8_t bytes[64])
{
	limbs left, right, t;

	mod256_load(p->x, bytes);
	mod256_load(p->y, bytes + 32);
	if (!mod256_is_below(p->x, field.m) || !mod256_is_below(p->y, field.m))
		return false;
	mod256_to_montgomery(&field, p->x, p->x);
	mod256_to_montgomery(&field, p->y, p->y);
	memcpy(p->z, base.z, sizeof p->z);
	multiply(left, p->y, p->y);
	multiply(right, p->x, p->x); /* x³ − 3x + b */
	multiply(right, right, p->x);
	memcpy(t, p->x, sizeof t);
	triple(t);
	subtract(right, right, t);
	add(right, right, curve_b);
	return memcmp(left, right, sizeof left) == 0;
}

/* Plain x and y of a point; false at infinity. Spoils p. */
static bool
to_affine(struct point *p)
{
	const bool finite = !mod256_is_zero(p->z);

	mod256_invert(&field, p->z, p->z);
	multiply(p->x, p->x, p->z);
	multiply(p->y, p->y, p->z);
	mod256_from_montgomery(&field, p->x, p->x);
	mod256_from_montgomery(&field, p->y, p->y);
	return finite;
}

/* k·p for a secret k; false at infinity. */
static bool
multiply_secret(struct point *product, const limbs k, const struct point *p)
{
	struct point sum;

	*product = infinity;
	for (int i = BITS - 1; i >= 0; i--) {
		add_points(product, product, product);
		add_points(&sum, product, p);
		select_point(product, &sum, bit_of(k, i));
	}
	mem_wipe(&sum, sizeof sum);
	return to_affine(product);
}

/* u1·G + u2·q, bit by bit from the top. */
static void
multiply_public(struct point *sum, const limbs u1, const limbs u2, const struct point *q)
{
	struct point both;

	add_points(&both, &base, q);
	*sum = infinity;
	for (int i = BITS - 1; i >= 0; i--) {
		const bool a = bit_of(u1, i), b = bit_of(u2, i);

		add_points(sum, sum, sum);
		if (a || b)
			add_points(sum, sum, a && b ? &both : a ? &base : q);
	}
}

enum rc
small_p256_verify(const uint8_t public_key[64], const uint8_t digest[32],
		  const uint8_t signature[64])
{
	limbs r, s, u1, u2;
	struct point q, sum;

	mod256_load(r, signature);
	mod256_load(s, signature + 32);
	if (mod256_is_zero(r) || mod256_is_zero(s) || !mod256_is_below(r, order.m) ||
	    !mod256_is_below(s, order.m) || !load_point(&q, public_key))
		return RC_AUTH;
	mod256_to_montgomery(&order, s, s);
	mod256_invert(&order, s, s);
	mod256_load(u1, digest);
	mod256_multiply(&order, u1, u1, s); /* s carries one factor 2^256: these come out plain */
	mod256_multiply(&order, u2, r, s);
	multiply_public(&sum, u1, u2, &q);
	if (!to_affine(&sum))
		return RC_AUTH;
	if (!mod256_is_below(sum.x, order.m))
		(void)mod256_difference(sum.x, sum.x, order.m);
	return memcmp(sum.x, r, sizeof r) == 0 ? RC_OK : RC_AUTH;
}

/* Whether it is a private key: 1 … n − 1. */
static bool
load_scalar(limbs k, const uint8_t private_key[32])
{
	mod256_load(k, private_key);
	return !mod256_is_zero(k) && mod256_is_below(k, order.m);
}

enum rc
small_p256_ecdh(const uint8_t private_key[32], const uint8_t peer[64], uint8_t shared[32])
{
	struct point p, product;
	limbs k;
	enum rc rc = load_point(&p, peer) ? RC_OK : RC_AUTH;

	if (rc == RC_OK && (!load_scalar(k, private_key) || !multiply_secret(&product, k, &p)))
		rc = RC_CRYPTO;
	if (rc == RC_OK)
		mod256_store(shared, product.x);
	mem_wipe(k, sizeof k);
	mem_wipe(&product, sizeof product);
	return rc;
}

enum rc
small_p256_public(const uint8_t private_key[32], uint8_t public_key[64])
{
	struct point product;
	limbs k;
	enum rc rc = RC_OK;

	if (!load_scalar(k, private_key) || !multiply_secret(&product, k, &base))
		rc = RC_CRYPTO;
	if (rc == RC_OK) {
		mod256_store(public_key, product.x);
		mod256_store(public_key + 32, product.y);
	}
	mem_wipe(k, sizeof k);
	mem_wipe(&product, sizeof product);
	return rc;
}
