// SPDX-License-Identifier: GPL-3.0-or-later
/* MD5 (RFC 1321), for protocols of others that were built on it (stb-host/serve), never for ours.
 */
#include "context.h"

#include "base/mem.h"

enum rc
crypto_openssl_md5(struct crypto_openssl *p, const uint8_t *data, size_t len,
		   uint8_t digest[CRYPTO_MD5])
{
	uint8_t out[CRYPTO_MD5];
	unsigned int n = 0;

	if (!p->md5 || EVP_DigestInit_ex2(p->hash, p->md5, NULL) != 1 ||
	    EVP_DigestUpdate(p->hash, data, len) != 1 ||
	    EVP_DigestFinal_ex(p->hash, out, &n) != 1 || n != sizeof out)
		return crypto_openssl_failed();
	memcpy(digest, out, sizeof out);
	return RC_OK;
}
