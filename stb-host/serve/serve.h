/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control words for other people's receivers: clients of two protocols, one card. No socket and no
 * clock: the functions with a void * fit struct io_service, ctx being a door. A client can at worst
 * make itself useless: what it asks waits in a short queue of its own, and clients take turns. */
#ifndef TESSERA_SERVE_SERVE_H
#define TESSERA_SERVE_SERVE_H

#include "ca/session.h"
#include "serve/cs378x.h"
#include "serve/newcamd.h"

#define SERVE_CLIENTS 16 /* at each door */
#define SERVE_LOGIN_MS 10000
#define SERVE_IDLE_MS 600000

enum serve_protocol { SERVE_CS378X, SERVE_NEWCAMD };
#define SERVE_DOORS 2

struct serve_stats {
	uint64_t clients, turned_away; /* wrong users, passwords, packets */
	uint64_t ecms, ecms_remembered, words,
		refused; /* refused: ECMs without an answer in words */
	uint64_t emms, emms_repeated, emms_applied,
		emms_dropped;   /* dropped: no EMM for this card */
	uint64_t requests_lost; /* more than may wait */
};

struct serve;
struct serve_door;

/* All borrowed but card. The session's card must be of profile laboratory: RC_REFUSED.
 * RC_NO_MEMORY. */
enum rc serve_new(struct ca_session *session, const struct crypto *crypto,
		  const struct serve_users *users, uint16_t ca_system_id,
		  struct serve **out) RC_CHECKED;
void serve_free(struct serve **s); /* NULL-safe; wipes */
/* Lives as long as s. */
struct serve_door *serve_get_door(struct serve *s, enum serve_protocol protocol);

bool serve_join(void *door, unsigned int client);
bool serve_receive(void *door, unsigned int client, const uint8_t *data, size_t len);
size_t serve_pending(void *door, unsigned int client, const uint8_t **data);
void serve_sent(void *door, unsigned int client, size_t len);
unsigned int serve_patience_ms(void *door, unsigned int client);
void serve_leave(void *door, unsigned int client);

/* Brings one request before the card, ECMs first. *did: there was one. RC_READER, RC_TIMEOUT: the
 * card is gone; the client has been answered that there are no words. */
enum rc serve_turn(struct serve *s, bool *did) RC_CHECKED;
void serve_get_stats(const struct serve *s, struct serve_stats *stats);

#endif
