/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the channel room: what box and card do alike when they pair. */
#ifndef TESSERA_CHANNEL_PAIRING_SESSION_H
#define TESSERA_CHANNEL_PAIRING_SESSION_H

#include "channel/pairing.h"

/* The two secrets of a handshake, and what both ends saw of it. */
struct pair_secrets {
	uint8_t identity[CRYPTO_SHARED];  /* box's key with the card's */
	uint8_t ephemeral[CRYPTO_SHARED]; /* of this session alone */
};

/* Session keys from the secrets and the four public keys; closes the session on failure. */
enum rc pair_derive(const struct crypto *c, const struct pair_secrets *secrets,
		    const uint8_t hello[PAIR_HELLO], const uint8_t card_key[CRYPTO_PUBLIC],
		    const uint8_t card_ephemeral[CRYPTO_PUBLIC], struct pair_session *s) RC_CHECKED;
/* What one end shows to the other. */
enum rc pair_prove(const struct crypto *c, const struct pair_session *s,
		   enum pair_direction direction, uint8_t proof[PAIR_PROOF]) RC_CHECKED;
/* Closes the session unless rc is RC_OK; returns rc. */
enum rc pair_close_unless_ok(struct pair_session *s, enum rc rc);

#endif
