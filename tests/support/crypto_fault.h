/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A crypto table that passes every call on to another and fails the k-th with RC_CRYPTO, for
 *sweeps:
 *
 *	for (unsigned int k = 1;; k++) {
 *		crypto_fault_init(&fault, crypto_test(), k);
 *		rc = operation(&fault.table);
 *		if (!crypto_fault_fired(&fault))
 *			break;
 *		CHECK_RC(rc, RC_CRYPTO);
 *	}
 */
#ifndef TESSERA_CRYPTO_FAULT_H
#define TESSERA_CRYPTO_FAULT_H

#include "crypto/crypto.h"

#include <stdbool.h>

struct crypto_fault {
	struct crypto table; /* ctx points at this struct: do not copy */
	const struct crypto *inner;
	unsigned int calls;   /* since crypto_fault_init */
	unsigned int fail_at; /* first call is 1; 0: never */
};

/* inner must outlive f. */
void crypto_fault_init(struct crypto_fault *f, const struct crypto *inner, unsigned int fail_at);
/* True when the planned call was reached. */
bool crypto_fault_fired(const struct crypto_fault *f);

#endif
