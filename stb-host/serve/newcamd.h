/* SPDX-License-Identifier: GPL-3.0-or-later */
/* newcamd, protocol 525: a login under a key that both know, then messages under a key of the
 * session. Bytes in, requests out. */
#ifndef TESSERA_SERVE_NEWCAMD_H
#define TESSERA_SERVE_NEWCAMD_H

#include "crypto/crypto.h"
#include "serve/message.h"
#include "serve/users.h"

#define NEWCAMD_MESSAGE_MAX 400 /* bytes behind the length */
#define NEWCAMD_RANDOM 14
#define NEWCAMD_KEY 16

/* What clients are told about the card. */
struct newcamd_card {
	uint16_t ca_system_id;
	uint8_t address[8];
};

enum newcamd_state { NEWCAMD_LOGIN, NEWCAMD_READY };

struct newcamd {
	const struct crypto *crypto;
	const struct serve_users *users;
	struct newcamd_card card;
	enum newcamd_state state;
	uint8_t key[NEWCAMD_KEY]; /* of the login, then of the session */
	uint8_t in[2 + NEWCAMD_MESSAGE_MAX];
	size_t len;
};

/* The key of a login or session: 14 bytes of key, each with what it is mixed with, spread to two
 * DES keys with odd parity. */
void newcamd_spread(const uint8_t mixed[SERVE_DES_KEY], uint8_t key[NEWCAMD_KEY]);
/* crypto and users borrowed; random: fresh; output: the greeting. */
void newcamd_init(struct newcamd *n, const struct crypto *crypto, const struct serve_users *users,
		  const struct newcamd_card *card, const uint8_t random[NEWCAMD_RANDOM],
		  struct serve_output *output);
/* As cs378x_feed. RC_AUTH: who it is cannot be believed; output may still hold the refusal. */
enum rc newcamd_feed(struct newcamd *n, const uint8_t *data, size_t len, size_t *taken,
		     bool *complete, struct serve_request *request,
		     struct serve_output *output) RC_CHECKED;
/* The reply to an ECM or EMM. RC_SPACE, RC_CRYPTO. */
enum rc newcamd_reply(struct newcamd *n, const struct serve_request *request,
		      const struct serve_reply *reply, struct serve_output *output) RC_CHECKED;

/* One message, sealed: body is {id u16, service u16, CAID u16, provider u24, 0}, command, data. For
 * the peer in tests as well. Results as newcamd_reply. */
enum rc newcamd_seal(const struct crypto *crypto, const uint8_t key[NEWCAMD_KEY],
		     const uint8_t head[10], uint8_t command, uint8_t flags, const uint8_t *data,
		     size_t len, struct serve_output *output) RC_CHECKED;
/* The reverse, of a message without its length: body has len bytes afterwards (without IV),
 * checksum 0. RC_FORMAT, RC_AUTH (checksum), RC_CRYPTO. */
enum rc newcamd_open(const struct crypto *crypto, const uint8_t key[NEWCAMD_KEY],
		     const uint8_t *message, size_t len, uint8_t body[NEWCAMD_MESSAGE_MAX],
		     size_t *body_len) RC_CHECKED;

#endif
