// SPDX-License-Identifier: GPL-3.0-or-later
/* The key ladder (NIST SP 800-108r1 4.1, counter mode, PRF = AES-CMAC, r = 8). */
#include "derive/ladder.h"

#include "base/bytes.h"
#include "base/mem.h"

#define LABEL_TEXT(name, text) text,
static const char *const label_text[] = { LADDER_LABELS(LABEL_TEXT) };

const char *
ladder_label_text(enum ladder_label label)
{
	return label_text[label];
}

enum rc
ladder_kdf(const struct crypto *c, const uint8_t key[CRYPTO_KEY], const uint8_t *label,
	   size_t label_len, const uint8_t *context, size_t context_len, uint8_t *out,
	   size_t out_len)
{
	uint8_t counter = 0, zero = 0, bits[2], block[CRYPTO_MAC];
	size_t done = 0;
	enum rc rc = RC_OK;

	if (out_len == 0 || out_len > 255U * CRYPTO_MAC)
		return RC_RANGE;
	put_be16(bits, (uint16_t)(out_len * 8));
	while (done < out_len && rc == RC_OK) {
		struct crypto_part parts[] = { { &counter, 1 },
					       { label, label_len },
					       { &zero, 1 },
					       { context, context_len },
					       { bits, sizeof bits } };
		size_t n = out_len - done < sizeof block ? out_len - done : sizeof block;

		counter++;
		rc = c->cmac(c->ctx, key, CRYPTO_KEY, parts, 5, block);
		if (rc == RC_OK) {
			memcpy(out + done, block, n);
			done += n;
		}
	}
	mem_wipe(block, sizeof block);
	if (rc != RC_OK)
		mem_wipe(out, done); /* half a key is none */
	return rc;
}

enum rc
ladder_derive(const struct crypto *c, const uint8_t parent[CRYPTO_KEY], enum ladder_label label,
	      const uint8_t *context, size_t context_len, uint8_t child[CRYPTO_KEY])
{
	const char *text = label_text[label];
	size_t len = 0;

	while (text[len] != '\0')
		len++;
	return ladder_kdf(c, parent, (const uint8_t *)text, len, context, context_len, child,
			  CRYPTO_KEY);
}

enum rc
ladder_master(const struct crypto *c, const uint8_t root[CRYPTO_KEY], uint16_t operator_id,
	      enum ladder_domain domain, uint8_t version, uint8_t master[CRYPTO_KEY])
{
	uint8_t context[4];

	put_be16(context, operator_id);
	context[2] = (uint8_t)domain;
	context[3] = version;
	return ladder_derive(c, root, LABEL_MASTER, context, sizeof context, master);
}

enum rc
ladder_card_key(const struct crypto *c, const uint8_t master[CRYPTO_KEY], uint32_t leaf,
		uint8_t card_key[CRYPTO_KEY])
{
	uint8_t context[4];

	put_be32(context, leaf);
	return ladder_derive(c, master, LABEL_CARD, context, sizeof context, card_key);
}

enum rc
ladder_service_key(const struct crypto *c, const uint8_t epoch_key[CRYPTO_KEY],
		   uint16_t operator_id, uint16_t service_id, uint8_t service_key[CRYPTO_KEY])
{
	uint8_t context[4];

	put_be16(context, operator_id);
	put_be16(context + 2, service_id);
	return ladder_derive(c, epoch_key, LABEL_SERVICE, context, sizeof context, service_key);
}
