/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of a session, for the files of this room. */
#ifndef TESSERA_CA_SESSION_PRIVATE_H
#define TESSERA_CA_SESSION_PRIVATE_H

#include "ca/session.h"
#include "wire/iso7816/apdu.h"

struct ca_session {
	struct apdu_link link;
	struct ca_info info;
	uint16_t sw;
	uint8_t rsp[APDU_RESPONSE_MAX]; /* of the last exchange */
	size_t rsp_len;                 /* without status word */
};

/* One exchange; the data of the answer lie in s->rsp, wiped by the next. RC_OK whatever the status
 * word is. */
enum rc ca_exchange(struct ca_session *s, const struct apdu *command) RC_CHECKED;
/* The same, and once more after reset and SELECT when the reader failed: for commands that may be
 * repeated. */
enum rc ca_exchange_again(struct ca_session *s, const struct apdu *command) RC_CHECKED;
void ca_wipe_answer(struct ca_session *s);

#endif
