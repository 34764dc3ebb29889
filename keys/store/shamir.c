// SPDX-License-Identifier: GPL-3.0-or-later
/* Polynomials over GF(2^8), without tables and branches on secrets. */
#include "store/shamir.h"

#include "base/mem.h"

/* Product modulo x^8 + x^4 + x^3 + x + 1. */
static uint8_t
multiply(uint8_t a, uint8_t b)
{
	unsigned int product = 0, x = a;

	for (unsigned int bit = 0; bit < 8; bit++) {
		product ^= x & (0U - ((unsigned int)b >> bit & 1U));
		x = (x << 1) ^ (0x11BU & (0U - (x >> 7 & 1U)));
	}
	return (uint8_t)product;
}

/* a^254, which is 1/a, and 0 for 0. */
static uint8_t
invert(uint8_t a)
{
	uint8_t power = a, result = 1;

	for (unsigned int bit = 1; bit < 8; bit++) {
		power = multiply(power, power);
		result = multiply(result, power);
	}
	return result;
}

static bool
is_possible(unsigned int k, unsigned int n, size_t len)
{
	return k >= SHAMIR_THRESHOLD_MIN && k <= n && n <= SHAMIR_SHARES_MAX && len > 0 &&
	       len <= SHAMIR_SECRET_MAX;
}

enum rc
shamir_split(const struct crypto *c, const uint8_t *secret, size_t len, unsigned int k,
	     unsigned int n, uint8_t *const *values)
{
	uint8_t coefficients[SHAMIR_SHARES_MAX];
	enum rc rc = RC_OK;

	if (!is_possible(k, n, len))
		return RC_RANGE;
	for (size_t i = 0; rc == RC_OK && i < len; i++) {
		rc = c->random(c->ctx, coefficients, k - 1U);
		for (unsigned int s = 0; rc == RC_OK && s < n; s++) {
			uint8_t value = 0;

			for (unsigned int j = k - 1; j > 0; j--)
				value = multiply(value ^ coefficients[j - 1], (uint8_t)(s + 1));
			values[s][i] = value ^ secret[i];
		}
	}
	mem_wipe(coefficients, sizeof coefficients);
	for (unsigned int s = 0; rc != RC_OK && s < n; s++)
		mem_wipe(values[s], len);
	return rc;
}

/* Lagrange's coefficient of share s at 0. */
static uint8_t
weight(const uint8_t *x, unsigned int k, unsigned int s)
{
	uint8_t w = 1;

	for (unsigned int j = 0; j < k; j++) {
		if (j != s)
			w = multiply(w, multiply(x[j], invert(x[j] ^ x[s])));
	}
	return w;
}

enum rc
shamir_combine(const uint8_t *x, const uint8_t *const *values, unsigned int k, size_t len,
	       uint8_t *secret)
{
	if (!is_possible(k, k, len))
		return RC_RANGE;
	for (unsigned int s = 0; s < k; s++) {
		if (x[s] == 0)
			return RC_RANGE;
		for (unsigned int j = 0; j < s; j++) {
			if (x[j] == x[s])
				return RC_CONFLICT;
		}
	}
	memset(secret, 0, len);
	for (unsigned int s = 0; s < k; s++) {
		const uint8_t w = weight(x, k, s);

		for (size_t i = 0; i < len; i++)
			secret[i] ^= multiply(w, values[s][i]);
	}
	return RC_OK;
}
