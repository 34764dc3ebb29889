// SPDX-License-Identifier: GPL-3.0-or-later
/* What box and card do alike: key derivation (SP 800-56C 5: extraction by AES-CMAC, then the
 * ladder's SP 800-108), proofs, and messages. A message's MAC is also its IV, as RFC 5297 has it:
 * two messages share one only when everything about them is equal. */
#include "channel/pairing.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "channel/pairing_session.h"
#include "derive/ladder.h"

#define PAD 0x80U
#define HEADING 7 /* direction u8, number u32, length of what it is bound to u16 */

enum rc
pair_key_hash(const struct crypto *c, const uint8_t public_key[CRYPTO_PUBLIC],
	      uint8_t hash[CRYPTO_HASH])
{
	const struct crypto_part part = { public_key, CRYPTO_PUBLIC };

	return c->hash(c->ctx, &part, 1, hash);
}

void
pair_close(struct pair_session *s)
{
	mem_wipe(s, sizeof *s);
}

enum rc
pair_close_unless_ok(struct pair_session *s, enum rc rc)
{
	if (rc != RC_OK)
		pair_close(s);
	return rc;
}

enum rc
pair_derive(const struct crypto *c, const struct pair_secrets *secrets,
	    const uint8_t hello[PAIR_HELLO], const uint8_t card_key[CRYPTO_PUBLIC],
	    const uint8_t card_ephemeral[CRYPTO_PUBLIC], struct pair_session *s)
{
	const struct crypto_part seen[] = { { hello, PAIR_HELLO },
					    { card_key, CRYPTO_PUBLIC },
					    { card_ephemeral, CRYPTO_PUBLIC } };
	const struct crypto_part both[] = { { secrets->identity, CRYPTO_SHARED },
					    { secrets->ephemeral, CRYPTO_SHARED } };
	const uint8_t *context = s->transcript + CRYPTO_KEY;
	uint8_t root[CRYPTO_KEY] = { 0 };
	enum rc rc;

	pair_close(s);
	rc = c->hash(c->ctx, seen, 3, s->transcript);
	if (rc == RC_OK)
		rc = c->cmac(c->ctx, s->transcript, CRYPTO_KEY, both, 2, root);
	if (rc == RC_OK)
		rc = ladder_derive(c, root, LABEL_BOX_ENC, context, CRYPTO_KEY, s->enc);
	if (rc == RC_OK)
		rc = ladder_derive(c, root, LABEL_BOX_MAC, context, CRYPTO_KEY, s->mac);
	if (rc == RC_OK)
		rc = ladder_derive(c, root, LABEL_BOX_PROVE, context, CRYPTO_KEY, s->prove);
	mem_wipe(root, sizeof root);
	s->derived = rc == RC_OK;
	return pair_close_unless_ok(s, rc);
}

enum rc
pair_prove(const struct crypto *c, const struct pair_session *s, enum pair_direction direction,
	   uint8_t proof[PAIR_PROOF])
{
	const uint8_t side = (uint8_t)direction;
	const struct crypto_part parts[] = { { &side, 1 }, { s->transcript, CRYPTO_HASH } };

	return c->cmac(c->ctx, s->prove, CRYPTO_KEY, parts, 2, proof);
}

enum rc
pair_next(struct pair_session *s)
{
	if (!s->open || s->number == UINT32_MAX)
		return pair_close_unless_ok(s, RC_STATE);
	s->number++;
	return RC_OK;
}

/* Over direction, number, what the message is bound to, and its padded text. */
static enum rc
message_mac(const struct crypto *c, const struct pair_session *s, enum pair_direction direction,
	    const struct crypto_part *bound, const uint8_t *padded, size_t len,
	    uint8_t mac[CRYPTO_MAC])
{
	uint8_t heading[HEADING];
	const struct crypto_part parts[] = { { heading, sizeof heading }, *bound, { padded, len } };

	heading[0] = (uint8_t)direction;
	put_be32(heading + 1, s->number);
	put_be16(heading + 5, (uint16_t)bound->len);
	return c->cmac(c->ctx, s->mac, CRYPTO_KEY, parts, 3, mac);
}

enum rc
pair_wrap(const struct crypto *c, const struct pair_session *s, enum pair_direction direction,
	  const uint8_t *bound, size_t bound_len, const uint8_t *plain, size_t len, uint8_t *out,
	  size_t cap, size_t *out_len)
{
	const struct crypto_part to = { bound, bound_len };
	uint8_t padded[PAIR_PLAIN_MAX + CRYPTO_BLOCK] = { 0 }, mac[CRYPTO_MAC];
	size_t size = (len / CRYPTO_BLOCK + 1) * CRYPTO_BLOCK;
	enum rc rc;

	if (!s->open)
		return RC_STATE;
	if (len > PAIR_PLAIN_MAX || bound_len > UINT16_MAX || cap < CRYPTO_MAC + size)
		return RC_SPACE;
	memcpy(padded, plain, len);
	padded[len] = PAD;
	rc = message_mac(c, s, direction, &to, padded, size, mac);
	if (rc == RC_OK)
		rc = c->cbc(c->ctx, s->enc, CRYPTO_KEY, CRYPTO_ENCRYPT, mac, padded, size,
			    out + CRYPTO_MAC);
	if (rc == RC_OK) {
		memcpy(out, mac, CRYPTO_MAC);
		*out_len = CRYPTO_MAC + size;
	}
	mem_wipe(padded, sizeof padded);
	return rc;
}

/* Length of the text in front of the pad; RC_AUTH: no pad. */
static enum rc
take_pad(const uint8_t *padded, size_t len, size_t *text)
{
	size_t n = len;

	while (n > len - CRYPTO_BLOCK && padded[n - 1] == 0)
		n--;
	if (n == len - CRYPTO_BLOCK || padded[n - 1] != PAD)
		return RC_AUTH;
	*text = n - 1;
	return RC_OK;
}

enum rc
pair_unwrap(const struct crypto *c, struct pair_session *s, enum pair_direction direction,
	    const uint8_t *bound, size_t bound_len, const uint8_t *in, size_t len,
	    uint8_t plain[PAIR_PLAIN_MAX + CRYPTO_BLOCK], size_t *plain_len)
{
	const struct crypto_part to = { bound, bound_len };
	uint8_t mac[CRYPTO_MAC];
	size_t size, text = 0;
	enum rc rc;

	if (!s->open)
		return pair_close_unless_ok(s, RC_STATE);
	if (len < CRYPTO_MAC + CRYPTO_BLOCK || len > PAIR_WRAPPED_MAX || len % CRYPTO_BLOCK != 0 ||
	    bound_len > UINT16_MAX)
		return pair_close_unless_ok(s, RC_FORMAT);
	size = len - CRYPTO_MAC;
	rc = c->cbc(c->ctx, s->enc, CRYPTO_KEY, CRYPTO_DECRYPT, in, in + CRYPTO_MAC, size, plain);
	if (rc == RC_OK)
		rc = message_mac(c, s, direction, &to, plain, size, mac);
	if (rc == RC_OK && !mem_equal_ct(mac, in, CRYPTO_MAC))
		rc = RC_AUTH;
	if (rc == RC_OK)
		rc = take_pad(plain, size, &text);
	if (rc == RC_OK && text > PAIR_PLAIN_MAX)
		rc = RC_FORMAT;
	if (rc != RC_OK) {
		mem_wipe(plain, PAIR_PLAIN_MAX + CRYPTO_BLOCK);
		return pair_close_unless_ok(s, rc);
	}
	*plain_len = text;
	return RC_OK;
}
