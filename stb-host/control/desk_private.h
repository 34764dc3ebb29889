/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the desk, for the files of this room. */
#ifndef TESSERA_CONTROL_DESK_PRIVATE_H
#define TESSERA_CONTROL_DESK_PRIVATE_H

#include "control/desk.h"

struct waiting_offer {
	unsigned int id; /* 0: free */
	struct watch_offer offer;
};

struct control_desk {
	struct control_hub *hub;
	struct watch *watch;
	struct ca_session *session;
	struct waiting_offer offers[CONTROL_OFFERS];
	unsigned int last_id, purchases;
	json_t *balance; /* as last told */
	bool wants_end, took_select;
};

/* tell.c */
json_t *control_offer_json(const struct waiting_offer *w);
/* Everything that a user interface must know to begin. */
json_t *control_state_json(const struct control_desk *desk);
/* Reads the wallet and tells when it is another. */
void control_tell_balance(struct control_desk *desk);
/* Tells that the offer waits no more: "bought", "refused", "replaced", "gone". */
void control_drop_offer(struct control_desk *desk, struct waiting_offer *w, const char *why);

/* commands.c: a struct control_desk_calls.command */
json_t *control_command(void *ctx, const char *name, const json_t *arguments);

#endif
