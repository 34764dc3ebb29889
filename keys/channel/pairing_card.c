// SPDX-License-Identifier: GPL-3.0-or-later
/* The card's end of the handshake. */
#include "channel/pairing.h"

#include "base/mem.h"
#include "channel/pairing_session.h"

enum rc
pair_card_reply(const struct crypto *c, const struct pair_identity *card,
		const uint8_t hello[PAIR_HELLO], struct pair_session *s, uint8_t reply[PAIR_REPLY])
{
	struct pair_identity ephemeral;
	struct pair_secrets secrets;
	enum rc rc;

	pair_close(s);
	rc = c->key_pair(c->ctx, ephemeral.private_key, ephemeral.public_key);
	if (rc == RC_OK)
		rc = c->ecdh(c->ctx, card->private_key, hello, secrets.identity);
	if (rc == RC_OK)
		rc = c->ecdh(c->ctx, ephemeral.private_key, hello + CRYPTO_PUBLIC,
			     secrets.ephemeral);
	if (rc == RC_OK)
		rc = pair_derive(c, &secrets, hello, card->public_key, ephemeral.public_key, s);
	if (rc == RC_OK)
		rc = pair_prove(c, s, PAIR_RESPONSE, reply + CRYPTO_PUBLIC);
	if (rc == RC_OK)
		memcpy(reply, ephemeral.public_key, CRYPTO_PUBLIC);
	mem_wipe(&ephemeral, sizeof ephemeral);
	mem_wipe(&secrets, sizeof secrets);
	return pair_close_unless_ok(s, rc);
}

enum rc
pair_card_open(const struct crypto *c, struct pair_session *s, const uint8_t proof[PAIR_PROOF])
{
	uint8_t want[PAIR_PROOF];
	enum rc rc = s->derived ? pair_prove(c, s, PAIR_COMMAND, want) : RC_STATE;

	if (rc == RC_OK && !mem_equal_ct(want, proof, PAIR_PROOF))
		rc = RC_AUTH;
	s->derived = false;
	s->open = rc == RC_OK;
	return pair_close_unless_ok(s, rc);
}
