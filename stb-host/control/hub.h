/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of JSON between one program and several user interfaces: bytes in, commands out; events in,
 * bytes out. No socket and no clock: the functions with a void * fit struct io_service. A client
 * that says nonsense, too much or nothing harms itself only. */
#ifndef TESSERA_CONTROL_HUB_H
#define TESSERA_CONTROL_HUB_H

#include "base/rc.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTROL_CLIENTS 8
#define CONTROL_LINE_MAX 4096               /* bytes of a command */
#define CONTROL_INPUT_MAX 16384             /* of commands that wait for their turn */
#define CONTROL_OUTPUT_MAX ((size_t)262144) /* that a client has not fetched */
#define CONTROL_BURST 20 /* commands of a client at once; then one each CONTROL_REFILL_MS */
#define CONTROL_REFILL_MS 100
#define CONTROL_NAME_MAX 32

struct control_hub;

struct control_desk_calls {
	void *ctx;
	/* Does a command; arguments is the client's whole object, borrowed. The reply is an object
	 * with at least "result"; NULL: out of memory. */
	json_t *(*command)(void *ctx, const char *name, const json_t *arguments);
	/* What a new client is told first; NULL: nothing. */
	json_t *(*greeting)(void *ctx);
};

/* NULL: out of memory. */
struct control_hub *control_hub_new(const struct control_desk_calls *calls);
void control_hub_free(struct control_hub **hub); /* NULL-safe; wipes what clients said */

bool control_hub_join(void *hub, unsigned int client);
/* False: the client has said more than it may. */
bool control_hub_receive(void *hub, unsigned int client, const uint8_t *data, size_t len);
size_t control_hub_pending(void *hub, unsigned int client, const uint8_t **data);
void control_hub_sent(void *hub, unsigned int client, size_t len);
/* 0: no limit; 1: the client has not fetched its events and is to go. */
unsigned int control_hub_patience_ms(void *hub, unsigned int client);
void control_hub_leave(void *hub, unsigned int client);

/* Does the next command, if one waits: one only, so that a card is never kept from its ECMs by
 * more; clients take turns. now_ms: any clock that does not run backwards. True: one was done. */
bool control_hub_turn(struct control_hub *hub, uint64_t now_ms);
/* Tells every client; the reference is taken. */
void control_hub_tell(struct control_hub *hub, json_t *event);
unsigned int control_hub_clients(const struct control_hub *hub);

/* "ok", "not found", … : an enum rc for machines, from its name. */
json_t *control_result(enum rc rc);

#endif
