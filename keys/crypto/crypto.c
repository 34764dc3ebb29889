// SPDX-License-Identifier: GPL-3.0-or-later
/* Small compositions of the crypto table that every implementation shares. */
#include "crypto/crypto.h"

#include "base/mem.h"

enum rc
crypto_kcv(const struct crypto *c, const uint8_t key[CRYPTO_KEY], uint8_t kcv[CRYPTO_KCV])
{
	uint8_t block[CRYPTO_BLOCK];
	enum rc rc;

	memset(block, 1, sizeof block);
	rc = c->block(c->ctx, key, CRYPTO_KEY, CRYPTO_ENCRYPT, block, block);
	if (rc == RC_OK)
		memcpy(kcv, block, CRYPTO_KCV);
	mem_wipe(block, sizeof block);
	return rc;
}

enum rc
crypto_cmac(const struct crypto *c, const uint8_t key[CRYPTO_KEY], const uint8_t *data, size_t len,
	    uint8_t mac[CRYPTO_MAC])
{
	struct crypto_part part = { data, len };

	return c->cmac(c->ctx, key, CRYPTO_KEY, &part, 1, mac);
}
