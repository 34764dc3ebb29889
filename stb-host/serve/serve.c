// SPDX-License-Identifier: GPL-3.0-or-later
/* Clients, what they ask, and the one card that answers. */
#include "serve/serve.h"

#include "base/bytes.h"
#include "base/mem.h"

#include <stdlib.h>

#define WAITING 12U   /* requests of a client */
#define REMEMBERED 8U /* ECMs whose words are given to the next who asks */
#define EMMS_SEEN 64U

struct client {
	bool used, is_known; /* known: has proved who it is */
	union {
		struct cs378x cs378x;
		struct newcamd newcamd;
	} u;
	struct serve_output output;
	struct serve_request waiting[WAITING];
	size_t first, count;
};

struct serve_door {
	struct serve *serve;
	enum serve_protocol protocol;
	struct client clients[SERVE_CLIENTS];
};

struct remembered {
	size_t len; /* 0: free */
	uint8_t section[ECM_MAX];
	struct serve_reply reply;
};

struct seen {
	size_t len;
	uint8_t section[EMM_MAX];
};

struct serve {
	struct ca_session *session;
	const struct crypto *crypto;
	const struct serve_users *users;
	struct newcamd_card card;
	struct serve_door doors[SERVE_DOORS];
	struct remembered words[REMEMBERED];
	size_t next_word;
	struct seen seen[EMMS_SEEN];
	size_t next_seen;
	unsigned int turn; /* client whose turn it is, over all doors */
	struct serve_stats stats;
};

enum rc
serve_new(struct ca_session *session, const struct crypto *crypto, const struct serve_users *users,
	  uint16_t ca_system_id, struct serve **out)
{
	const struct ca_info *info = ca_session_info(session);
	struct serve *s;

	if (info->profile != PROFILE_LABORATORY)
		return RC_REFUSED;
	s = calloc(1, sizeof *s);
	if (!s)
		return RC_NO_MEMORY;
	s->session = session;
	s->crypto = crypto;
	s->users = users;
	s->card.ca_system_id = ca_system_id;
	put_be16(s->card.address + 2, info->operator_id);
	put_be32(s->card.address + 4, info->leaf);
	for (unsigned int i = 0; i < SERVE_DOORS; i++) {
		s->doors[i].serve = s;
		s->doors[i].protocol = (enum serve_protocol)i;
	}
	*out = s;
	return RC_OK;
}

void
serve_free(struct serve **s)
{
	if (!s || !*s)
		return;
	mem_wipe(*s, sizeof **s);
	free(*s);
	*s = NULL;
}

struct serve_door *
serve_get_door(struct serve *s, enum serve_protocol protocol)
{
	return &s->doors[protocol];
}

bool
serve_join(void *ctx, unsigned int client)
{
	struct serve_door *door = ctx;
	struct serve *s = door->serve;
	uint8_t random[NEWCAMD_RANDOM];
	struct client *c;

	if (client >= SERVE_CLIENTS ||
	    s->crypto->random(s->crypto->ctx, random, sizeof random) != RC_OK)
		return false;
	c = &door->clients[client];
	memset(c, 0, sizeof *c);
	c->used = true;
	s->stats.clients++;
	if (door->protocol == SERVE_CS378X)
		cs378x_init(&c->u.cs378x, s->crypto, s->users);
	else
		newcamd_init(&c->u.newcamd, s->crypto, s->users, &s->card, random, &c->output);
	return true;
}

void
serve_leave(void *ctx, unsigned int client)
{
	struct serve_door *door = ctx;

	mem_wipe(&door->clients[client], sizeof door->clients[client]);
}

/* An ECM is worth more than the oldest of what waits, an EMM is not: it will be sent again. */
static void
wait_turn(struct serve *s, struct client *c, const struct serve_request *r)
{
	if (c->count == WAITING) {
		s->stats.requests_lost++;
		if (r->kind != SERVE_ECM)
			return;
		c->first = (c->first + 1) % WAITING;
		c->count--;
	}
	c->waiting[(c->first + c->count) % WAITING] = *r;
	c->count++;
}

static enum rc
feed(const struct serve_door *door, struct client *c, const uint8_t *data, size_t len,
     size_t *taken, bool *complete, struct serve_request *r)
{
	if (door->protocol == SERVE_CS378X)
		return cs378x_feed(&c->u.cs378x, data, len, taken, complete, r, &c->output);
	return newcamd_feed(&c->u.newcamd, data, len, taken, complete, r, &c->output);
}

bool
serve_receive(void *ctx, unsigned int client, const uint8_t *data, size_t len)
{
	struct serve_door *door = ctx;
	struct client *c = &door->clients[client];
	struct serve_request r = { .kind = SERVE_OTHER };

	while (len > 0) {
		bool complete = false;
		size_t taken = 0;

		if (feed(door, c, data, len, &taken, &complete, &r) != RC_OK) {
			door->serve->stats.turned_away++;
			return false;
		}
		data += taken;
		len -= taken;
		c->is_known = c->is_known || complete;
		if (complete && r.kind != SERVE_OTHER)
			wait_turn(door->serve, c, &r);
	}
	return true;
}

size_t
serve_pending(void *ctx, unsigned int client, const uint8_t **data)
{
	const struct serve_door *door = ctx;

	*data = door->clients[client].output.bytes;
	return door->clients[client].output.len;
}

void
serve_sent(void *ctx, unsigned int client, size_t len)
{
	struct serve_door *door = ctx;
	struct serve_output *o = &door->clients[client].output;

	if (len > o->len)
		len = o->len;
	memmove(o->bytes, o->bytes + len, o->len - len);
	mem_wipe(o->bytes + o->len - len, len);
	o->len -= len;
}

unsigned int
serve_patience_ms(void *ctx, unsigned int client)
{
	const struct serve_door *door = ctx;

	return door->clients[client].is_known ? SERVE_IDLE_MS : SERVE_LOGIN_MS;
}

static const struct remembered *
recall(const struct serve *s, const struct serve_request *r)
{
	for (size_t i = 0; i < REMEMBERED; i++) {
		if (s->words[i].len == r->len &&
		    memcmp(s->words[i].section, r->section, r->len) == 0)
			return &s->words[i];
	}
	return NULL;
}

static void
remember(struct serve *s, const struct serve_request *r, const struct serve_reply *reply)
{
	struct remembered *place = &s->words[s->next_word];

	s->next_word = (s->next_word + 1) % REMEMBERED;
	place->len = r->len;
	memcpy(place->section, r->section, r->len);
	place->reply = *reply;
}

static enum rc
ask(struct serve *s, const struct serve_request *r, struct serve_reply *reply)
{
	struct ca_answer answer = { 0 };
	enum rc rc = RC_FORMAT;

	if (r->len > 0 && r->len <= ECM_MAX && (r->section[0] & 0xFEU) == 0x80)
		rc = ca_ecm(s->session, r->section, r->len, &answer);
	s->stats.ecms++;
	/* These protocols carry words of eight bytes: DVB-CSA2. */
	if (rc == RC_OK && answer.outcome == OUTCOME_OPEN && answer.cw_size == sizeof reply->even) {
		reply->has_words = true;
		memcpy(reply->even, answer.cw_even, sizeof reply->even);
		memcpy(reply->odd, answer.cw_odd, sizeof reply->odd);
		remember(s, r, reply);
	}
	mem_wipe(&answer, sizeof answer);
	return rc;
}

static enum rc
do_ecm(struct serve *s, const struct serve_request *r, struct serve_reply *reply)
{
	const struct remembered *known = recall(s, r);
	enum rc rc = RC_OK;

	if (known) {
		s->stats.ecms_remembered++;
		*reply = known->reply;
	} else {
		rc = ask(s, r, reply);
	}
	if (reply->has_words)
		s->stats.words++;
	else
		s->stats.refused++;
	return rc == RC_READER || rc == RC_TIMEOUT ? rc : RC_OK;
}

/* tsdecrypt sends every section that it sees as an EMM. */
static bool
is_emm_for_us(const struct serve *s, const struct serve_request *r)
{
	const struct ca_info *info = ca_session_info(s->session);
	struct emm_header h;

	if (r->len < 1 || r->len > EMM_MAX || r->section[0] < 0x82 || r->section[0] > 0x8F ||
	    emm_parse(r->section, r->len, &h) != RC_OK || h.operator_id != info->operator_id)
		return false;
	return h.table_id != EMM_UNIQUE || h.address == info->leaf;
}

static bool
was_seen(struct serve *s, const struct serve_request *r)
{
	struct seen *place;

	for (size_t i = 0; i < EMMS_SEEN; i++) {
		if (s->seen[i].len == r->len && memcmp(s->seen[i].section, r->section, r->len) == 0)
			return true;
	}
	place = &s->seen[s->next_seen];
	s->next_seen = (s->next_seen + 1) % EMMS_SEEN;
	place->len = r->len;
	memcpy(place->section, r->section, r->len);
	return false;
}

/* Rights, keys or time have changed: what was refused or came too early may be asked again. */
static void
after_emm(struct serve *s)
{
	memset(s->seen, 0, sizeof s->seen);
	mem_wipe(s->words, sizeof s->words);
	s->stats.emms_applied++;
}

static enum rc
do_emm(struct serve *s, const struct serve_request *r, struct serve_reply *reply)
{
	enum ca_emm_outcome outcome = CA_EMM_NOT_MINE;
	enum rc rc;

	if (!is_emm_for_us(s, r)) {
		s->stats.emms_dropped++;
		reply->emm_taken = true; /* nothing that the client should worry about */
		return RC_OK;
	}
	if (was_seen(s, r)) {
		s->stats.emms_repeated++;
		reply->emm_taken = true;
		return RC_OK;
	}
	s->stats.emms++;
	rc = ca_emm(s->session, r->section, r->len, &outcome);
	reply->emm_taken = rc == RC_OK;
	if (rc == RC_OK && outcome == CA_EMM_APPLIED)
		after_emm(s);
	return rc == RC_READER || rc == RC_TIMEOUT ? rc : RC_OK;
}

static enum rc
answer(const struct serve_door *door, struct client *c, const struct serve_request *r,
       const struct serve_reply *reply)
{
	if (door->protocol == SERVE_CS378X)
		return cs378x_reply(&c->u.cs378x, r, reply, &c->output);
	return newcamd_reply(&c->u.newcamd, r, reply, &c->output);
}

/* Takes out the client's oldest request of that kind. */
static bool
take(struct client *c, enum serve_kind kind, struct serve_request *r)
{
	for (size_t i = 0; c->used && i < c->count; i++) {
		size_t at = (c->first + i) % WAITING;

		if (c->waiting[at].kind != kind)
			continue;
		*r = c->waiting[at];
		for (; i > 0; i--) {
			size_t before = (c->first + i - 1) % WAITING;

			c->waiting[(c->first + i) % WAITING] = c->waiting[before];
		}
		c->first = (c->first + 1) % WAITING;
		c->count--;
		return true;
	}
	return false;
}

static bool
next(struct serve *s, enum serve_kind kind, struct serve_request *r, struct serve_door **door,
     struct client **client)
{
	const unsigned int places = SERVE_DOORS * SERVE_CLIENTS;

	for (unsigned int i = 0; i < places; i++) {
		unsigned int at = (s->turn + i) % places;

		*door = &s->doors[at / SERVE_CLIENTS];
		*client = &(*door)->clients[at % SERVE_CLIENTS];
		if (take(*client, kind, r)) {
			s->turn = (at + 1) % places;
			return true;
		}
	}
	return false;
}

enum rc
serve_turn(struct serve *s, bool *did)
{
	struct serve_reply reply = { .has_words = false };
	struct serve_request r;
	struct serve_door *door;
	struct client *c;
	enum rc rc;

	*did = next(s, SERVE_ECM, &r, &door, &c);
	if (*did) {
		rc = do_ecm(s, &r, &reply);
	} else {
		*did = next(s, SERVE_EMM, &r, &door, &c);
		if (!*did)
			return RC_OK;
		rc = do_emm(s, &r, &reply);
	}
	/* A client that does not fetch its answers misses them. */
	if (answer(door, c, &r, &reply) != RC_OK)
		s->stats.requests_lost++;
	mem_wipe(&reply, sizeof reply);
	return rc;
}

void
serve_get_stats(const struct serve *s, struct serve_stats *stats)
{
	*stats = s->stats;
}
