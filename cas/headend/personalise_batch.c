// SPDX-License-Identifier: GPL-3.0-or-later
/* Groupings into STORE DATA commands (GlobalPlatform 11.11), keys wrapped. */
#include "headend/personalise_private.h"

#include "base/bytes.h"
#include "base/mem.h"

#define KEY_FIELD (CRYPTO_KEY + CRYPTO_KCV)

const uint8_t personalise_test_key[CRYPTO_KEY] = { 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47,
						   0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F };

enum rc
personalise_store(struct batch *b, bool last)
{
	const uint8_t header[4] = { 0x80, 0xE2, last ? 0x80 : 0x00, b->block };
	enum rc rc = scp_host_send(b->host, "store data", header, b->data, b->len);

	b->block++;
	b->len = 0;
	mem_wipe(b->data, sizeof b->data);
	return rc;
}

enum rc
personalise_put(struct batch *b, uint16_t tag, const uint8_t *value, size_t len)
{
	enum rc rc = RC_OK;

	if (len > sizeof b->data - 3)
		return RC_SPACE;
	if (b->len + 3 + len > sizeof b->data)
		rc = personalise_store(b, false);
	if (rc != RC_OK)
		return rc;
	put_be16(b->data + b->len, tag);
	b->data[b->len + 2] = (uint8_t)len;
	memcpy(b->data + b->len + 3, value, len);
	b->len += 3 + len;
	return RC_OK;
}

enum rc
personalise_wrap(const struct batch *b, const uint8_t plain[CRYPTO_BLOCK],
		 uint8_t out[CRYPTO_BLOCK])
{
	static const uint8_t iv[CRYPTO_BLOCK];
	const struct crypto *c = b->crypto;

	return c->cbc(c->ctx, b->host->keys.dek, CRYPTO_KEY, CRYPTO_ENCRYPT, iv, plain,
		      CRYPTO_BLOCK, out);
}

/* A grouping that ends in a wrapped key and its check value. */
enum rc
personalise_put_key(struct batch *b, uint16_t tag, const uint8_t *head, size_t head_len,
		    const uint8_t key[CRYPTO_KEY])
{
	uint8_t value[8 + KEY_FIELD];
	enum rc rc;

	memcpy(value, head, head_len);
	rc = personalise_wrap(b, key, value + head_len);
	if (rc == RC_OK)
		rc = crypto_kcv(b->crypto, key, value + head_len + CRYPTO_KEY);
	if (rc == RC_OK)
		rc = personalise_put(b, tag, value, head_len + KEY_FIELD);
	mem_wipe(value, sizeof value);
	return rc;
}

enum rc
personalise_put_wrapped(struct batch *b, uint16_t tag, const uint8_t plain[CRYPTO_BLOCK])
{
	uint8_t wrapped[CRYPTO_BLOCK];
	enum rc rc = personalise_wrap(b, plain, wrapped);

	return rc == RC_OK ? personalise_put(b, tag, wrapped, sizeof wrapped) : rc;
}
