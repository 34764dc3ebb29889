// SPDX-License-Identifier: GPL-3.0-or-later
/* Clients, their lines and what waits for them. FORMATS.md, "Control socket". */
#include "control/hub.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define ID_TEXT_MAX 64

struct client {
	bool used;
	bool is_over; /* it does not fetch what it is told */
	uint8_t in[CONTROL_INPUT_MAX];
	size_t in_len;
	uint8_t *out;
	size_t out_len, out_cap;
	unsigned int tokens;
	uint64_t refilled_ms;
};

struct control_hub {
	struct control_desk_calls calls;
	struct client clients[CONTROL_CLIENTS];
	unsigned int next; /* whose turn it is */
};

struct control_hub *
control_hub_new(const struct control_desk_calls *calls)
{
	struct control_hub *hub = calloc(1, sizeof *hub);

	if (hub)
		hub->calls = *calls;
	return hub;
}

static void
forget(struct client *c)
{
	free(c->out);
	mem_wipe(c, sizeof *c);
}

void
control_hub_free(struct control_hub **hub)
{
	if (!hub || !*hub)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		forget(&(*hub)->clients[i]);
	free(*hub);
	*hub = NULL;
}

/* A client that cannot be told everything would live in a wrong picture: it goes. */
static void
give_up(struct client *c)
{
	c->is_over = true;
	c->out_len = 0;
}

static bool
make_room(struct client *c, size_t more)
{
	size_t cap = c->out_cap ? c->out_cap : 4096;
	uint8_t *out;

	if (more > CONTROL_OUTPUT_MAX - c->out_len)
		return false;
	while (cap < c->out_len + more)
		cap *= 2;
	if (cap == c->out_cap)
		return true;
	out = realloc(c->out, cap);
	if (!out)
		return false;
	c->out = out;
	c->out_cap = cap;
	return true;
}

static void
queue(struct client *c, const char *line, size_t len)
{
	if (!c->used || c->is_over)
		return;
	if (!make_room(c, len + 1)) {
		give_up(c);
		return;
	}
	memcpy(c->out + c->out_len, line, len);
	c->out_len += len;
	c->out[c->out_len++] = '\n';
}

/* Text of an object on one line, or NULL; the reference is taken. */
static char *
dump(json_t *object)
{
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	return text;
}

static void
tell_one(struct client *c, json_t *object)
{
	char *text = dump(object);

	if (text)
		queue(c, text, strlen(text));
	else
		give_up(c);
	free(text);
}

void
control_hub_tell(struct control_hub *hub, json_t *event)
{
	char *text = dump(event);

	for (size_t i = 0; text && i < CONTROL_CLIENTS; i++)
		queue(&hub->clients[i], text, strlen(text));
	free(text);
}

unsigned int
control_hub_clients(const struct control_hub *hub)
{
	unsigned int n = 0;

	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		n += hub->clients[i].used;
	return n;
}

bool
control_hub_join(void *ctx, unsigned int client)
{
	struct control_hub *hub = ctx;
	struct client *c;

	if (client >= CONTROL_CLIENTS)
		return false;
	c = &hub->clients[client];
	memset(c, 0, sizeof *c);
	c->used = true;
	c->tokens = CONTROL_BURST;
	if (hub->calls.greeting)
		tell_one(c, hub->calls.greeting(hub->calls.ctx));
	return true;
}

void
control_hub_leave(void *ctx, unsigned int client)
{
	struct control_hub *hub = ctx;

	if (client < CONTROL_CLIENTS)
		forget(&hub->clients[client]);
}

json_t *
control_result(enum rc rc)
{
	const char *name = rc_name(rc);
	char text[CONTROL_NAME_MAX];
	size_t n = 0;

	for (const char *p = name + 3; *p && n + 1 < sizeof text; p++) /* after "RC_" */
		text[n++] = *p == '_' ? ' ' : (char)tolower((unsigned char)*p);
	text[n] = '\0';
	return json_string(text);
}

static json_t *
refusal(enum rc rc, const char *words)
{
	return json_pack("{s:o, s:s}", "result", control_result(rc), "words", words);
}

bool
control_hub_receive(void *ctx, unsigned int client, const uint8_t *data, size_t len)
{
	struct control_hub *hub = ctx;
	struct client *c = &hub->clients[client];
	const uint8_t *end;

	if (len > sizeof c->in - c->in_len) {
		tell_one(c, refusal(RC_SPACE, "more commands than can wait"));
		return false;
	}
	memcpy(c->in + c->in_len, data, len);
	c->in_len += len;
	end = memchr(c->in, '\n', c->in_len);
	if (end ? end - c->in <= CONTROL_LINE_MAX : c->in_len <= CONTROL_LINE_MAX)
		return true;
	tell_one(c, refusal(RC_SPACE, "a command has at most 4096 bytes"));
	return false;
}

size_t
control_hub_pending(void *ctx, unsigned int client, const uint8_t **data)
{
	const struct control_hub *hub = ctx;

	*data = hub->clients[client].out;
	return hub->clients[client].out_len;
}

void
control_hub_sent(void *ctx, unsigned int client, size_t len)
{
	struct control_hub *hub = ctx;
	struct client *c = &hub->clients[client];

	if (len > c->out_len)
		len = c->out_len;
	memmove(c->out, c->out + len, c->out_len - len);
	c->out_len -= len;
}

unsigned int
control_hub_patience_ms(void *ctx, unsigned int client)
{
	const struct control_hub *hub = ctx;

	return hub->clients[client].is_over ? 1 : 0;
}

/* What the client calls its command comes back with the reply. */
static bool
is_good_id(const json_t *id)
{
	return !id || json_is_integer(id) ||
	       (json_is_string(id) && json_string_length(id) <= ID_TEXT_MAX);
}

static json_t *
do_command(struct control_hub *hub, const json_t *command)
{
	const char *name = json_string_value(json_object_get(command, "command"));
	json_t *id = json_object_get(command, "id"), *reply;

	if (!json_is_object(command))
		return refusal(RC_FORMAT, "a command is an object on one line");
	if (!name || strlen(name) > CONTROL_NAME_MAX)
		return refusal(RC_FORMAT, "\"command\" is missing");
	if (!is_good_id(id))
		return refusal(RC_FORMAT, "\"id\" is a number or a short text");
	reply = hub->calls.command(hub->calls.ctx, name, command);
	if (!reply)
		return NULL;
	json_object_set_new(reply, "reply", json_string(name));
	if (id)
		json_object_set(reply, "id", id);
	return reply;
}

/* One line, without its end. */
static void
do_line(struct control_hub *hub, struct client *c, const char *line, size_t len)
{
	json_error_t error;
	json_t *command = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);

	tell_one(c, command ? do_command(hub, command) : refusal(RC_FORMAT, "not JSON"));
	json_decref(command);
}

static void
refill(struct client *c, uint64_t now_ms)
{
	uint64_t earned = (now_ms - c->refilled_ms) / CONTROL_REFILL_MS;

	if (now_ms < c->refilled_ms || earned == 0)
		return;
	c->tokens = earned > CONTROL_BURST - c->tokens ? CONTROL_BURST
						       : c->tokens + (unsigned int)earned;
	c->refilled_ms = now_ms;
}

/* True: a line was taken. */
static bool
take_line(struct control_hub *hub, struct client *c)
{
	uint8_t *end = c->in_len > 0 ? memchr(c->in, '\n', c->in_len) : NULL;
	size_t len;

	if (!end)
		return false;
	len = (size_t)(end - c->in);
	if (len > 0)
		do_line(hub, c, (const char *)c->in, len);
	memmove(c->in, end + 1, c->in_len - len - 1);
	mem_wipe(c->in + c->in_len - len - 1, len + 1);
	c->in_len -= len + 1;
	c->tokens--;
	return true;
}

bool
control_hub_turn(struct control_hub *hub, uint64_t now_ms)
{
	for (unsigned int i = 0; i < CONTROL_CLIENTS; i++) {
		struct client *c = &hub->clients[(hub->next + i) % CONTROL_CLIENTS];

		if (!c->used || c->is_over)
			continue;
		refill(c, now_ms);
		if (c->tokens > 0 && take_line(hub, c)) {
			hub->next = (hub->next + i + 1) % CONTROL_CLIENTS;
			return true;
		}
	}
	return false;
}
