// SPDX-License-Identifier: GPL-3.0-or-later
/* The shared crypto table of a test program. */
#include "crypto_test.h"

#include <stdio.h>
#include <stdlib.h>

static struct crypto_openssl *shared;

static void
release(void)
{
	crypto_openssl_free(&shared);
}

struct crypto_openssl *
crypto_test_openssl(void)
{
	if (!shared) {
		shared = crypto_openssl_new();
		if (!shared) {
			fprintf(stderr, "OpenSSL lacks an algorithm\n");
			abort();
		}
		atexit(release);
	}
	return shared;
}

const struct crypto *
crypto_test(void)
{
	return crypto_openssl_table(crypto_test_openssl());
}
