/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shamir's secret sharing over GF(2^8) with the polynomial of AES (FIPS 197 4.2), byte by byte: any
 * k of n shares give the secret, k − 1 say nothing about it. */
#ifndef TESSERA_STORE_SHAMIR_H
#define TESSERA_STORE_SHAMIR_H

#include "crypto/crypto.h"

#include <stdbool.h>

#define SHAMIR_SECRET_MAX 320 /* bytes */
#define SHAMIR_SHARES_MAX 16
#define SHAMIR_THRESHOLD_MIN 2

/* Shares of a secret of len bytes: values[i], len bytes each, belongs to x = i + 1. RC_RANGE: not 2
 * ≤ k ≤ n ≤ SHAMIR_SHARES_MAX, or a secret that is empty or too long; RC_CRYPTO. Values are wiped
 * on failure. */
enum rc shamir_split(const struct crypto *c, const uint8_t *secret, size_t len, unsigned int k,
		     unsigned int n, uint8_t *const *values) RC_CHECKED;
/* The secret from exactly k shares; wrong shares give a wrong secret. RC_RANGE: as above, or an x
 * that is 0; RC_CONFLICT: two shares with one x. */
enum rc shamir_combine(const uint8_t *x, const uint8_t *const *values, unsigned int k, size_t len,
		       uint8_t *secret) RC_CHECKED;

#endif
