// SPDX-License-Identifier: GPL-3.0-or-later
/* ECDSA P-256 signing (FIPS 186-4 6.4) with a key that is parsed once. */
#include "context.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <stdlib.h>

#define DER_SIGNATURE 72

struct crypto_signer {
	EVP_PKEY_CTX *sign;
};

struct crypto_signer *
crypto_signer_new(struct crypto_openssl *p, const uint8_t private_key[CRYPTO_PRIVATE],
		  const uint8_t public_key[CRYPTO_PUBLIC])
{
	struct crypto_signer *s = calloc(1, sizeof *s);
	EVP_PKEY *key = NULL;

	if (!s)
		return NULL;
	if (crypto_openssl_import(p, private_key, public_key, &key) != RC_OK)
		goto fail;
	s->sign = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	/* A signature under halves that do not belong together would be found out on the cards
	 * only. */
	if (!s->sign || EVP_PKEY_pairwise_check(s->sign) != 1 || EVP_PKEY_sign_init(s->sign) != 1)
		goto fail;
	EVP_PKEY_free(key);
	return s;
fail:
	(void)crypto_openssl_failed();
	EVP_PKEY_free(key);
	crypto_signer_free(&s);
	return NULL;
}

void
crypto_signer_free(struct crypto_signer **s)
{
	if (!s || !*s)
		return;
	EVP_PKEY_CTX_free((*s)->sign);
	free(*s);
	*s = NULL;
}

enum rc
crypto_signer_sign(struct crypto_signer *s, const uint8_t digest[CRYPTO_HASH],
		   uint8_t signature[CRYPTO_SIGNATURE])
{
	uint8_t der[DER_SIGNATURE], raw[CRYPTO_SIGNATURE];
	const uint8_t *at = der;
	size_t len = sizeof der;
	ECDSA_SIG *sig = NULL;
	enum rc rc = RC_CRYPTO;

	if (EVP_PKEY_sign(s->sign, der, &len, digest, CRYPTO_HASH) != 1)
		return crypto_openssl_failed();
	sig = d2i_ECDSA_SIG(NULL, &at, (long)len);
	if (sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32) == 32 &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32) == 32) {
		for (size_t i = 0; i < sizeof raw; i++)
			signature[i] = raw[i];
		rc = RC_OK;
	}
	ECDSA_SIG_free(sig);
	return rc == RC_OK ? RC_OK : crypto_openssl_failed();
}
