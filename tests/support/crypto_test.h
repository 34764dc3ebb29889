/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One crypto table for all tests of a program; made on first use, released at exit. A test program
 * that uses it links tessera_test_crypto. */
#ifndef TESSERA_CRYPTO_TEST_H
#define TESSERA_CRYPTO_TEST_H

#include "crypto_openssl/crypto_openssl.h"

/* Never NULL: aborts when OpenSSL cannot be used. */
struct crypto_openssl *crypto_test_openssl(void);
const struct crypto *crypto_test(void);

#endif
