/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The channel between box and card, both ends (FORMATS.md, "Channel between box and card"). Each
 * has a P-256 key of its own, the card's one certified by the operator's root-signing key. A
 * handshake of two commands mixes ECDH of these two with ECDH of two ephemeral ones; every message
 * afterwards is ciphered and MACed, bound to its number, its direction and what it answers. */
#ifndef TESSERA_CHANNEL_PAIRING_H
#define TESSERA_CHANNEL_PAIRING_H

#include "crypto/crypto.h"

#include <stdbool.h>

#define PAIR_HELLO (2 * CRYPTO_PUBLIC)          /* box's key, box's ephemeral key */
#define PAIR_REPLY (CRYPTO_PUBLIC + CRYPTO_MAC) /* card's ephemeral key, card's proof */
#define PAIR_PROOF CRYPTO_MAC                   /* box's proof */
#define PAIR_PLAIN_MAX 160                      /* bytes of one message before it is wrapped */
#define PAIR_WRAPPED_MAX (CRYPTO_MAC + PAIR_PLAIN_MAX + CRYPTO_BLOCK)

/* A key pair of box or card. */
struct pair_identity {
	uint8_t private_key[CRYPTO_PRIVATE];
	uint8_t public_key[CRYPTO_PUBLIC];
};

/* One session, the same on either side; plain data, all zero at first, wiped by pair_close. A
 * closed session accepts nothing: its keys are known to everybody. */
struct pair_session {
	uint8_t enc[CRYPTO_KEY];
	uint8_t mac[CRYPTO_KEY];
	uint8_t prove[CRYPTO_KEY];
	uint8_t transcript[CRYPTO_HASH];
	uint32_t number; /* of the newest protected exchange */
	bool derived;    /* keys are set, the box's proof is awaited */
	bool open;
};

/* The box's side of a handshake that waits for the card's reply. */
struct pair_hello {
	uint8_t private_key[CRYPTO_PRIVATE]; /* ephemeral */
	uint8_t bytes[PAIR_HELLO];           /* what goes to the card */
};

enum pair_direction { PAIR_COMMAND = 'C', PAIR_RESPONSE = 'R' };

/* SHA-256 of a public key: how EMMs, cards and people name a box. */
enum rc pair_key_hash(const struct crypto *c, const uint8_t public_key[CRYPTO_PUBLIC],
		      uint8_t hash[CRYPTO_HASH]) RC_CHECKED;
void pair_close(struct pair_session *s);

/* Card: answers a hello; the session is derived, not yet open. RC_AUTH: no points on the curve;
 * RC_CRYPTO. On failure the session is closed. */
enum rc pair_card_reply(const struct crypto *c, const struct pair_identity *card,
			const uint8_t hello[PAIR_HELLO], struct pair_session *s,
			uint8_t reply[PAIR_REPLY]) RC_CHECKED;
/* Card: checks the box's proof, once for each reply, and opens the session. RC_AUTH: wrong;
 * RC_STATE: nothing was derived; RC_CRYPTO. On failure the session is closed. */
enum rc pair_card_open(const struct crypto *c, struct pair_session *s,
		       const uint8_t proof[PAIR_PROOF]) RC_CHECKED;

/* Box: a fresh hello. The caller wipes *hello. */
enum rc pair_host_hello(const struct crypto *c, const struct pair_identity *box,
			struct pair_hello *hello) RC_CHECKED;
/* Box: checks the card's reply, opens the session and yields the proof that the card awaits.
 * card_key: certified. RC_AUTH: the card does not hold it; RC_CRYPTO. On failure the session is
 * closed. */
enum rc pair_host_open(const struct crypto *c, const struct pair_identity *box,
		       const struct pair_hello *hello, const uint8_t card_key[CRYPTO_PUBLIC],
		       const uint8_t reply[PAIR_REPLY], struct pair_session *s,
		       uint8_t proof[PAIR_PROOF]) RC_CHECKED;

/* Begins the next protected exchange; both ends count every one. RC_STATE: closed, or no number is
 * left (the session is then closed). */
enum rc pair_next(struct pair_session *s) RC_CHECKED;
/* Wraps len ≤ PAIR_PLAIN_MAX bytes of the current exchange. bound: what the message belongs to, not
 * sent with it. out must not overlap plain or bound. RC_STATE: closed; RC_SPACE; RC_CRYPTO. */
enum rc pair_wrap(const struct crypto *c, const struct pair_session *s,
		  enum pair_direction direction, const uint8_t *bound, size_t bound_len,
		  const uint8_t *plain, size_t len, uint8_t *out, size_t cap,
		  size_t *out_len) RC_CHECKED;
/* Unwraps a message of the current exchange; plain has room for PAIR_PLAIN_MAX + 16 bytes and is
 * wiped on failure. RC_AUTH: altered, or another exchange's; RC_FORMAT: no wrapped message;
 * RC_STATE: closed; RC_CRYPTO. Every failure closes the session. */
enum rc pair_unwrap(const struct crypto *c, struct pair_session *s, enum pair_direction direction,
		    const uint8_t *bound, size_t bound_len, const uint8_t *in, size_t len,
		    uint8_t plain[PAIR_PLAIN_MAX + CRYPTO_BLOCK], size_t *plain_len) RC_CHECKED;

/* Who vouches for a card's key, numbered for ever. */
enum pair_signer { PAIR_BY_ROOT_SIGNING = 1 };

/* The operator's word that this key is that card's. */
struct pair_certificate {
	uint8_t signer;         /* enum pair_signer */
	uint8_t signer_version; /* of its key */
	uint16_t operator_id;
	uint32_t leaf;
	uint8_t public_key[CRYPTO_PUBLIC];
	uint8_t signature[CRYPTO_SIGNATURE];
};
#define PAIR_CERTIFICATE 137
void pair_certificate_encode(const struct pair_certificate *cert, uint8_t out[PAIR_CERTIFICATE]);
/* RC_TRUNCATED, RC_FORMAT, RC_VERSION. The signature is not looked at. */
enum rc pair_certificate_decode(const uint8_t *in, size_t len,
				struct pair_certificate *cert) RC_CHECKED;
/* What is signed: SHA-256 of everything before the signature. */
enum rc pair_certificate_digest(const struct crypto *c, const struct pair_certificate *cert,
				uint8_t digest[CRYPTO_HASH]) RC_CHECKED;
/* RC_AUTH: not by this key. */
enum rc pair_certificate_verify(const struct crypto *c, const struct pair_certificate *cert,
				const uint8_t signer[CRYPTO_PUBLIC]) RC_CHECKED;

#endif
