// SPDX-License-Identifier: GPL-3.0-or-later
/* AES-256-GCM (SP 800-38D), one shot. */
#include "context.h"

#include "base/mem.h"

#include <limits.h>

/* Key, nonce, additional data and text through the shared context; the tag is the caller's part. */
static bool
run(EVP_CIPHER_CTX *ctx, bool seal, const uint8_t *key, const uint8_t *nonce, const uint8_t *aad,
    size_t aad_len, const uint8_t *in, size_t len, uint8_t *out)
{
	int n = 0;

	if (EVP_CipherInit_ex2(ctx, NULL, key, nonce, seal, NULL) != 1)
		return false;
	if (aad_len > 0 && EVP_CipherUpdate(ctx, NULL, &n, aad, (int)aad_len) != 1)
		return false;
	return len == 0 || (EVP_CipherUpdate(ctx, out, &n, in, (int)len) == 1 && (size_t)n == len);
}

enum rc
crypto_openssl_seal(struct crypto_openssl *p, const uint8_t key[CRYPTO_AEAD_KEY],
		    const uint8_t nonce[CRYPTO_AEAD_NONCE], const uint8_t *aad, size_t aad_len,
		    const uint8_t *in, size_t len, uint8_t *out, uint8_t tag[CRYPTO_AEAD_TAG])
{
	uint8_t end[CRYPTO_AEAD_TAG];
	int n = 0;

	if (len > INT_MAX || aad_len > INT_MAX)
		return RC_CRYPTO;
	if (!run(p->gcm, true, key, nonce, aad, aad_len, in, len, out) ||
	    EVP_CipherFinal_ex(p->gcm, end, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(p->gcm, EVP_CTRL_AEAD_GET_TAG, CRYPTO_AEAD_TAG, end) != 1) {
		mem_wipe(out, len);
		return crypto_openssl_failed();
	}
	memcpy(tag, end, CRYPTO_AEAD_TAG);
	return RC_OK;
}

enum rc
crypto_openssl_open(struct crypto_openssl *p, const uint8_t key[CRYPTO_AEAD_KEY],
		    const uint8_t nonce[CRYPTO_AEAD_NONCE], const uint8_t *aad, size_t aad_len,
		    const uint8_t *in, size_t len, uint8_t *out, const uint8_t tag[CRYPTO_AEAD_TAG])
{
	uint8_t end[CRYPTO_AEAD_TAG];
	int n = 0;

	if (len > INT_MAX || aad_len > INT_MAX)
		return RC_CRYPTO;
	memcpy(end, tag, CRYPTO_AEAD_TAG);
	if (!run(p->gcm, false, key, nonce, aad, aad_len, in, len, out) ||
	    EVP_CIPHER_CTX_ctrl(p->gcm, EVP_CTRL_AEAD_SET_TAG, CRYPTO_AEAD_TAG, end) != 1) {
		mem_wipe(out, len);
		return crypto_openssl_failed();
	}
	if (EVP_CipherFinal_ex(p->gcm, end, &n) != 1) {
		mem_wipe(out, len);
		(void)crypto_openssl_failed();
		return RC_AUTH;
	}
	return RC_OK;
}
