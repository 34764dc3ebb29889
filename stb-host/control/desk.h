/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The desk at which user interfaces talk to a running watch: what happens becomes events for all of
 * them, what they command is done at the card. FORMATS.md, "Control socket". */
#ifndef TESSERA_CONTROL_DESK_H
#define TESSERA_CONTROL_DESK_H

#include "control/hub.h"
#include "watch/watch.h"

#define CONTROL_OFFERS 16 /* that wait for a viewer's word */
#define CONTROL_VERSION 1

struct control_desk;

/* Both borrowed. NULL: out of memory. */
struct control_desk *control_desk_new(struct watch *watch, struct ca_session *session);
void control_desk_free(struct control_desk **desk); /* NULL-safe */
/* Its clients; lives as long as desk. */
struct control_hub *control_desk_hub(struct control_desk *desk);

/* Tells what the machine told. */
void control_desk_event(struct control_desk *desk, const struct watch_event *event);
/* A service was chosen or the stream began: from now on the way to its picture is measured. */
void control_desk_zap(struct control_desk *desk, uint16_t service, uint64_t milliseconds,
		      uint64_t card_milliseconds);
void control_desk_end(struct control_desk *desk, int exit_status);
/* An offer waits for buy or refuse. */
bool control_desk_is_deciding(const struct control_desk *desk);
/* Nobody answered in time: every offer counts as refused. */
void control_desk_refuse_all(struct control_desk *desk);
/* A client wants the program to end. */
bool control_desk_wants_end(const struct control_desk *desk);
/* True once after other services were chosen. */
bool control_desk_took_select(struct control_desk *desk);
/* Purchases by clients so far. */
unsigned int control_desk_purchases(const struct control_desk *desk);

#endif
