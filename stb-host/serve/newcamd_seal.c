// SPDX-License-Identifier: GPL-3.0-or-later
/* How newcamd closes its messages: length, 3DES-EDE2-CBC over the body, the IV behind it in clear;
 * the body's bytes sum up to zero by XOR. */
#include "serve/newcamd.h"

#include "base/bytes.h"
#include "base/mem.h"

#define HEAD 10U
#define LEAST (HEAD + 3U + 1U) /* head, command and length, checksum */

static uint8_t
odd_parity(uint8_t byte)
{
	uint8_t sum = 1;

	for (unsigned int bit = 1; bit < 8; bit++)
		sum ^= (uint8_t)((unsigned int)byte >> bit & 1U);
	return (uint8_t)((byte & 0xFEU) | sum);
}

void
newcamd_spread(const uint8_t mixed[SERVE_DES_KEY], uint8_t key[NEWCAMD_KEY])
{
	for (unsigned int half = 0; half < 2; half++) {
		const uint8_t *h = mixed + (size_t)half * 7;
		uint8_t *k = key + (size_t)half * 8;

		k[0] = h[0];
		for (unsigned int i = 1; i < 7; i++)
			k[i] = (uint8_t)((unsigned int)h[i - 1] << (8 - i) | h[i] >> i);
		k[7] = (uint8_t)(h[6] << 1);
		for (unsigned int i = 0; i < 8; i++)
			k[i] = odd_parity(k[i]);
	}
}

static enum rc
cbc(const struct crypto *c, const uint8_t *key, enum crypto_direction direction, const uint8_t *iv,
    uint8_t *data, size_t len)
{
	uint8_t chain[CRYPTO_DES], block[CRYPTO_DES];
	enum rc rc = RC_OK;

	memcpy(chain, iv, sizeof chain);
	for (size_t at = 0; at < len && rc == RC_OK; at += CRYPTO_DES) {
		memcpy(block, data + at, sizeof block);
		for (unsigned int i = 0; direction == CRYPTO_ENCRYPT && i < CRYPTO_DES; i++)
			block[i] ^= chain[i];
		rc = c->des(c->ctx, key, NEWCAMD_KEY, direction, block, block);
		for (unsigned int i = 0; direction == CRYPTO_DECRYPT && i < CRYPTO_DES; i++)
			block[i] ^= chain[i];
		memcpy(chain, direction == CRYPTO_ENCRYPT ? block : data + at, sizeof chain);
		memcpy(data + at, block, sizeof block);
	}
	mem_wipe(block, sizeof block);
	return rc;
}

static uint8_t
checksum(const uint8_t *data, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum ^= data[i];
	return sum;
}

enum rc
newcamd_seal(const struct crypto *crypto, const uint8_t key[NEWCAMD_KEY], const uint8_t head[HEAD],
	     uint8_t command, uint8_t flags, const uint8_t *data, size_t len,
	     struct serve_output *output)
{
	const size_t size = (LEAST + len + CRYPTO_DES - 1) / CRYPTO_DES * CRYPTO_DES;
	uint8_t *out = output->bytes + output->len, *body = out + 2, *iv = body + size;
	enum rc rc;

	if (size + CRYPTO_DES > NEWCAMD_MESSAGE_MAX ||
	    size + CRYPTO_DES + 2 > sizeof output->bytes - output->len)
		return RC_SPACE;
	rc = crypto->random(crypto->ctx, iv, CRYPTO_DES);
	if (rc == RC_OK)
		rc = crypto->random(crypto->ctx, body, size);
	put_be16(out, (uint16_t)(size + CRYPTO_DES));
	memcpy(body, head, HEAD);
	body[HEAD] = command;
	body[HEAD + 1] = (uint8_t)((flags & 0xF0U) | (len >> 8));
	body[HEAD + 2] = (uint8_t)len;
	if (len > 0)
		memcpy(body + HEAD + 3, data, len);
	body[size - 1] = checksum(body, size - 1);
	if (rc == RC_OK)
		rc = cbc(crypto, key, CRYPTO_ENCRYPT, iv, body, size);
	if (rc == RC_OK)
		output->len += 2 + size + CRYPTO_DES;
	else
		mem_wipe(out, 2 + size + CRYPTO_DES);
	return rc;
}

enum rc
newcamd_open(const struct crypto *crypto, const uint8_t key[NEWCAMD_KEY], const uint8_t *message,
	     size_t len, uint8_t body[NEWCAMD_MESSAGE_MAX], size_t *body_len)
{
	size_t size = len - CRYPTO_DES;
	enum rc rc;

	if (len > NEWCAMD_MESSAGE_MAX || len % CRYPTO_DES != 0 || len < LEAST + CRYPTO_DES)
		return RC_FORMAT;
	memcpy(body, message, size);
	rc = cbc(crypto, key, CRYPTO_DECRYPT, message + size, body, size);
	if (rc == RC_OK && checksum(body, size) != 0)
		rc = RC_AUTH;
	if (rc == RC_OK && ((size_t)(body[HEAD + 1] & 0x0FU) << 8 | body[HEAD + 2]) > size - LEAST)
		rc = RC_FORMAT;
	if (rc == RC_OK)
		*body_len = size;
	else
		mem_wipe(body, size);
	return rc;
}
