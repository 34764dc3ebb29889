// SPDX-License-Identifier: GPL-3.0-or-later
/* SCP03, what both ends share: GlobalPlatform Card Specification 2.3, Amendment D 1.2; key
 * derivation by NIST SP 800-108 in counter mode with AES-CMAC (Amendment D 4.1.5). */
#include "scp03_session.h"

#include "base/bytes.h"
#include "base/mem.h"

#define KDF_INPUT 16 /* label 12, separator 1, length 2, counter 1 */

/* Derivation constants (Amendment D table 4-1). */
enum derivation {
	DERIVE_CARD_CRYPTOGRAM = 0x00,
	DERIVE_HOST_CRYPTOGRAM = 0x01,
	DERIVE_CARD_CHALLENGE = 0x02,
	DERIVE_S_ENC = 0x04,
	DERIVE_S_MAC = 0x06,
	DERIVE_S_RMAC = 0x07
};

struct kdf_key {
	const uint8_t *bytes;
	size_t len;
};

/* len ≤ 32: two blocks at most. */
static enum rc
kdf(const struct crypto *c, struct kdf_key key, enum derivation constant,
    const struct crypto_part context[2], uint8_t *out, size_t len)
{
	uint8_t input[KDF_INPUT] = { 0 }, blocks[2 * CRYPTO_MAC];
	struct crypto_part parts[3] = { { input, sizeof input }, context[0], context[1] };
	enum rc rc = RC_OK;

	input[11] = (uint8_t)constant;
	put_be16(input + 13, (uint16_t)(len * 8));
	for (size_t at = 0; rc == RC_OK && at < len; at += CRYPTO_MAC) {
		input[15]++;
		rc = c->cmac(c->ctx, key.bytes, key.len, parts, 3, blocks + at);
	}
	if (rc == RC_OK)
		memcpy(out, blocks, len);
	mem_wipe(blocks, sizeof blocks);
	return rc;
}

bool
scp03_i_exists(uint8_t i)
{
	const uint8_t response = i & (SCP03_I_R_MAC | SCP03_I_R_ENC);

	return (i & 0x8EU) == 0 && response != SCP03_I_R_ENC;
}

bool
scp03_level_fits(uint8_t i, uint8_t level)
{
	if (!scp03_level_exists(level))
		return false;
	if ((level & SCP03_R_MAC) != 0 && (i & SCP03_I_R_MAC) == 0)
		return false;
	return (level & SCP03_R_ENC) == 0 || (i & SCP03_I_R_ENC) != 0;
}

enum rc
scp03_card_challenge(const struct crypto *c, const struct scp03_key_set *keys,
		     const uint8_t sequence[3], const struct crypto_part *aid, uint8_t size,
		     uint8_t *challenge)
{
	const struct crypto_part context[2] = { { sequence, 3 }, *aid };

	return kdf(c, (struct kdf_key) { keys->enc, keys->key_len }, DERIVE_CARD_CHALLENGE, context,
		   challenge, size);
}

/* Both cryptograms, as long as the challenges. */
static enum rc
derive_cryptograms(const struct crypto *c, const struct crypto_part context[2],
		   struct scp03_session *s)
{
	const struct kdf_key key = { s->s_mac, s->key_len };
	enum rc rc = kdf(c, key, DERIVE_CARD_CRYPTOGRAM, context, s->card_cryptogram, s->size);

	if (rc != RC_OK)
		return rc;
	return kdf(c, key, DERIVE_HOST_CRYPTOGRAM, context, s->host_cryptogram, s->size);
}

enum rc
scp03_derive_set(const struct crypto *c, const struct scp03_key_set *keys, uint8_t size,
		 const uint8_t *host_challenge, const uint8_t *card_challenge,
		 struct scp03_session *s)
{
	const struct crypto_part context[2] = { { host_challenge, size },
						{ card_challenge, size } };
	const size_t len = keys->key_len;
	enum rc rc;

	scp03_close(s);
	if ((size != SCP03_S8 && size != SCP03_S16) || (len != 16 && len != 24 && len != 32))
		return RC_RANGE;
	s->key_len = keys->key_len;
	s->size = size;
	rc = kdf(c, (struct kdf_key) { keys->enc, len }, DERIVE_S_ENC, context, s->s_enc, len);
	if (rc == RC_OK)
		rc = kdf(c, (struct kdf_key) { keys->mac, len }, DERIVE_S_MAC, context, s->s_mac,
			 len);
	if (rc == RC_OK)
		rc = kdf(c, (struct kdf_key) { keys->mac, len }, DERIVE_S_RMAC, context, s->s_rmac,
			 len);
	if (rc == RC_OK)
		rc = derive_cryptograms(c, context, s);
	s->derived = rc == RC_OK;
	return scp03_close_unless_ok(s, rc);
}

enum rc
scp03_derive(const struct crypto *c, const struct scp03_keys *keys,
	     const uint8_t host_challenge[SCP03_CHALLENGE],
	     const uint8_t card_challenge[SCP03_CHALLENGE], struct scp03_session *s)
{
	struct scp03_key_set set = { .key_len = CRYPTO_KEY };
	enum rc rc;

	memcpy(set.enc, keys->enc, CRYPTO_KEY);
	memcpy(set.mac, keys->mac, CRYPTO_KEY);
	memcpy(set.dek, keys->dek, CRYPTO_KEY);
	rc = scp03_derive_set(c, &set, SCP03_S8, host_challenge, card_challenge, s);
	mem_wipe(&set, sizeof set);
	return rc;
}

void
scp03_close(struct scp03_session *s)
{
	mem_wipe(s, sizeof *s);
}

enum rc
scp03_close_unless_ok(struct scp03_session *s, enum rc rc)
{
	if (rc != RC_OK)
		scp03_close(s);
	return rc;
}

bool
scp03_level_exists(uint8_t level)
{
	static const uint8_t levels[] = { 0x00, 0x01, 0x03, 0x11, 0x13, 0x33 };

	for (size_t i = 0; i < sizeof levels; i++) {
		if (levels[i] == level)
			return true;
	}
	return false;
}

bool
scp03_sw_is_protected(uint16_t sw)
{
	return sw == 0x9000 || (sw >= 0x6200 && sw <= 0x63FF);
}

enum rc
scp03_command_mac(const struct crypto *c, const struct scp03_session *s, const uint8_t *header,
		  size_t header_len, const uint8_t *data, size_t len, uint8_t mac[CRYPTO_MAC])
{
	const struct crypto_part parts[] = { { s->chain, sizeof s->chain },
					     { header, header_len },
					     { data, len } };

	return c->cmac(c->ctx, s->s_mac, s->key_len, parts, 3, mac);
}

enum rc
scp03_response_mac(const struct crypto *c, const struct scp03_session *s, const uint8_t *data,
		   size_t len, uint16_t sw, uint8_t mac[CRYPTO_MAC])
{
	uint8_t trailer[2];
	const struct crypto_part parts[] = { { s->chain, sizeof s->chain },
					     { data, len },
					     { trailer, sizeof trailer } };

	put_be16(trailer, sw);
	return c->cmac(c->ctx, s->s_rmac, s->key_len, parts, 3, mac);
}

void
scp03_count(struct scp03_session *s)
{
	for (size_t i = sizeof s->counter; i-- > 0;) {
		if (++s->counter[i] != 0)
			break;
	}
}

enum rc
scp03_iv(const struct crypto *c, const struct scp03_session *s, bool response,
	 uint8_t iv[CRYPTO_BLOCK])
{
	uint8_t block[CRYPTO_BLOCK];

	memcpy(block, s->counter, sizeof block);
	if (response)
		block[0] = 0x80;
	return c->block(c->ctx, s->s_enc, s->key_len, CRYPTO_ENCRYPT, block, iv);
}

enum rc
scp03_encipher(const struct crypto *c, const struct scp03_session *s, bool response, uint8_t *data,
	       size_t *len)
{
	size_t padded = *len - *len % CRYPTO_BLOCK + CRYPTO_BLOCK;
	uint8_t iv[CRYPTO_BLOCK];
	enum rc rc = scp03_iv(c, s, response, iv);

	if (rc != RC_OK)
		return rc;
	memset(data + *len, 0, padded - *len);
	data[*len] = 0x80;
	rc = c->cbc(c->ctx, s->s_enc, s->key_len, CRYPTO_ENCRYPT, iv, data, padded, data);
	if (rc == RC_OK)
		*len = padded;
	return rc;
}

enum rc
scp03_decipher(const struct crypto *c, const struct scp03_session *s, bool response, uint8_t *data,
	       size_t *len)
{
	uint8_t iv[CRYPTO_BLOCK];
	size_t n = *len;
	enum rc rc;

	if (n == 0 || n % CRYPTO_BLOCK != 0)
		return RC_AUTH;
	rc = scp03_iv(c, s, response, iv);
	if (rc == RC_OK)
		rc = c->cbc(c->ctx, s->s_enc, s->key_len, CRYPTO_DECRYPT, iv, data, n, data);
	if (rc != RC_OK)
		return rc;
	/* The MAC was right: what the padding tells, it tells to the owner of the keys. */
	while (n > *len - CRYPTO_BLOCK && data[n - 1] == 0)
		n--;
	if (n == *len - CRYPTO_BLOCK || data[n - 1] != 0x80) {
		mem_wipe(data, *len);
		return RC_AUTH;
	}
	*len = n - 1;
	return RC_OK;
}
