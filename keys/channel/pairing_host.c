// SPDX-License-Identifier: GPL-3.0-or-later
/* The box's end of the handshake. */
#include "channel/pairing.h"

#include "base/mem.h"
#include "channel/pairing_session.h"

enum rc
pair_host_hello(const struct crypto *c, const struct pair_identity *box, struct pair_hello *hello)
{
	memcpy(hello->bytes, box->public_key, CRYPTO_PUBLIC);
	return c->key_pair(c->ctx, hello->private_key, hello->bytes + CRYPTO_PUBLIC);
}

enum rc
pair_host_open(const struct crypto *c, const struct pair_identity *box,
	       const struct pair_hello *hello, const uint8_t card_key[CRYPTO_PUBLIC],
	       const uint8_t reply[PAIR_REPLY], struct pair_session *s, uint8_t proof[PAIR_PROOF])
{
	struct pair_secrets secrets;
	uint8_t want[PAIR_PROOF];
	enum rc rc;

	pair_close(s);
	rc = c->ecdh(c->ctx, box->private_key, card_key, secrets.identity);
	if (rc == RC_OK)
		rc = c->ecdh(c->ctx, hello->private_key, reply, secrets.ephemeral);
	if (rc == RC_OK)
		rc = pair_derive(c, &secrets, hello->bytes, card_key, reply, s);
	if (rc == RC_OK)
		rc = pair_prove(c, s, PAIR_RESPONSE, want);
	if (rc == RC_OK && !mem_equal_ct(want, reply + CRYPTO_PUBLIC, PAIR_PROOF))
		rc = RC_AUTH;
	if (rc == RC_OK)
		rc = pair_prove(c, s, PAIR_COMMAND, proof);
	s->derived = false;
	s->open = rc == RC_OK;
	mem_wipe(&secrets, sizeof secrets);
	return pair_close_unless_ok(s, rc);
}
