/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of a session, for the files of this room. */
#ifndef TESSERA_CA_SESSION_PRIVATE_H
#define TESSERA_CA_SESSION_PRIVATE_H

#include "ca/session.h"
#include "wire/iso7816/apdu.h"
#include "wire/personalise.h"

/* What is known of an instance of the CA application while another one is selected. */
struct ca_face {
	bool is_known;
	struct ca_info info;
	struct pair_session channel;
	uint8_t card_key[CRYPTO_PUBLIC], root_key[CRYPTO_PUBLIC];
	bool card_is_known, operator_is_new, is_refused;
};

/* info, channel and what follows them are those of the selected instance. */
struct ca_session {
	struct apdu_link link;
	struct ca_info info;
	uint16_t sw;
	uint8_t rsp[APDU_RESPONSE_MAX]; /* of the last exchange */
	size_t rsp_len;                 /* without status word */
	const struct ca_box *box;       /* NULL: no channel is wanted */
	struct pair_session channel;
	uint8_t card_key[CRYPTO_PUBLIC], root_key[CRYPTO_PUBLIC];
	bool card_is_known;   /* card_key is certified under root_key */
	bool operator_is_new; /* root_key is not yet remembered */
	bool is_refused;      /* the card opens no channel for this box */
	struct ca_face faces[CA_INSTANCES_MAX];
	uint8_t selected,
		home;     /* instances, 0 the first; home: whom the viewer's questions are for */
	bool is_searched; /* all faces have been looked at */
};

/* SELECT of the instance that is to be selected. */
enum rc ca_select(struct ca_session *s) RC_CHECKED;
/* Reads its info. */
enum rc ca_info_read(struct ca_session *s) RC_CHECKED;
/* Back to the instance that the session is about. */
enum rc ca_session_home(struct ca_session *s) RC_CHECKED;
/* The card was reset. */
void ca_session_close_channels(struct ca_session *s);
/* It may be another one. */
void ca_session_forget_operators(struct ca_session *s);

/* One exchange; the data of the answer lie in s->rsp, wiped by the next. RC_OK whatever the status
 * word is. */
enum rc ca_exchange(struct ca_session *s, const struct apdu *command) RC_CHECKED;
/* The same, and once more after reset and SELECT when the reader failed: for commands that may be
 * repeated. */
enum rc ca_exchange_again(struct ca_session *s, const struct apdu *command) RC_CHECKED;
/* For what must not be read on the line, never sent twice: wrapped when the card is paired; status
 * word and data are those inside. RC_REFUSED: there is no channel; RC_AUTH: the answer is not the
 * card's. */
enum rc ca_exchange_private(struct ca_session *s, const struct apdu *command) RC_CHECKED;
/* Opens the channel of a paired card again when it is closed. RC_REFUSED: the card does not want
 * it.
 */
enum rc ca_channel_restore(struct ca_session *s) RC_CHECKED;
/* Unwraps the answer in s->rsp, which belongs to the command data `bound`. RC_AUTH; a failure
 * closes the channel. */
enum rc ca_channel_unwrap(struct ca_session *s, const uint8_t *bound, size_t bound_len) RC_CHECKED;
/* Reset and SELECT, which end the channel. */
enum rc ca_session_restart(struct ca_session *s) RC_CHECKED;
void ca_wipe_answer(struct ca_session *s);

#endif
