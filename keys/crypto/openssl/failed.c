// SPDX-License-Identifier: GPL-3.0-or-later
/* OpenSSL said no. */
#include "context.h"

#include <openssl/err.h>

enum rc
crypto_openssl_failed(void)
{
	ERR_clear_error();
	return RC_CRYPTO;
}
