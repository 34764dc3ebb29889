// SPDX-License-Identifier: GPL-3.0-or-later
/* The ring. Lanes wait in a group for each key, because a bitslice batch has one key: a group runs
 * when it is full, when its key changes, when its oldest packet blocks a full ring, or on demand.
 */
#include "pipeline/pipeline.h"

#include "stream/ts.h"

#include <stdlib.h>

#define PARITIES 2U

enum slot_state { SLOT_DONE, SLOT_PENDING, SLOT_DROPPED };

struct slot {
	uint8_t state;   /* enum slot_state */
	uint8_t control; /* scrambling bits once the batch has succeeded */
	uint16_t group;
};

struct group {
	struct scr_key *key; /* NULL until the first word */
	bool set;
	size_t count;
	uint32_t *slots; /* engine batch entries: slot index of each waiting lane */
};

struct pipe {
	struct pipe_options options;
	struct scr_engine *engine;
	struct group groups[PIPE_SERVICES_MAX * PARITIES];
	size_t services;
	size_t batch;
	uint8_t *packets;
	struct slot *slots;
	struct scr_lane *lanes;
	size_t head; /* oldest slot */
	size_t held;
	enum rc dead; /* RC_OK while alive */
	struct pipe_stats stats;
};

struct pipe *
pipe_new(const struct pipe_options *options)
{
	struct pipe *p = calloc(1, sizeof *p);
	enum rc rc;

	if (p == NULL)
		return NULL;
	p->options = *options;
	p->options.engine = NULL;
	if (p->options.ring == 0)
		p->options.ring = PIPE_RING;
	rc = scr_engine_open(options->cipher, options->engine, &p->engine);
	if (rc == RC_USAGE)
		p->engine = scr_engine_new(options->cipher);
	if (p->engine != NULL)
		p->batch = scr_engine_batch(p->engine);
	p->packets = malloc(p->options.ring * TS_SIZE);
	p->slots = calloc(p->options.ring, sizeof *p->slots);
	p->lanes = calloc(p->batch, sizeof *p->lanes);
	if (p->engine == NULL || p->packets == NULL || p->slots == NULL || p->lanes == NULL)
		pipe_free(&p);
	return p;
}

void
pipe_free(struct pipe **pipe)
{
	struct pipe *p = *pipe;

	if (p == NULL)
		return;
	for (size_t i = 0; i < p->services * PARITIES; i++) {
		scr_key_free(&p->groups[i].key);
		free(p->groups[i].slots);
	}
	scr_engine_free(&p->engine);
	free(p->packets);
	free(p->slots);
	free(p->lanes);
	free(p);
	*pipe = NULL;
}

static uint8_t *
packet_at(const struct pipe *p, size_t slot)
{
	return p->packets + slot * TS_SIZE;
}

static enum rc
group_run(struct pipe *p, struct group *g)
{
	enum rc rc;

	if (g->count == 0)
		return RC_OK;
	for (size_t i = 0; i < g->count; i++) {
		uint8_t *packet = packet_at(p, g->slots[i]);
		size_t offset = ts_payload_offset(packet);

		p->lanes[i].data = packet + offset;
		p->lanes[i].len = (uint8_t)(TS_SIZE - offset);
		p->lanes[i].key = g->key;
	}
	rc = scr_batch(p->engine, p->options.direction, p->lanes, g->count);
	if (rc != RC_OK) {
		p->dead = rc;
		return rc;
	}
	for (size_t i = 0; i < g->count; i++) {
		struct slot *slot = &p->slots[g->slots[i]];

		ts_set_scrambling(packet_at(p, g->slots[i]), slot->control);
		slot->state = SLOT_DONE;
	}
	p->stats.worked += g->count;
	p->stats.batches++;
	g->count = 0;
	return RC_OK;
}

enum rc
pipe_service_new(struct pipe *p, unsigned int *service)
{
	if (p->services == PIPE_SERVICES_MAX)
		return RC_SPACE;
	*service = (unsigned int)p->services++;
	return RC_OK;
}

static struct group *
group_of(struct pipe *p, unsigned int service, unsigned int parity)
{
	if (service >= p->services || parity >= PARITIES)
		return NULL;
	return &p->groups[service * PARITIES + parity];
}

enum rc
pipe_key_set(struct pipe *p, unsigned int service, unsigned int parity, const uint8_t *cw)
{
	struct group *g = group_of(p, service, parity);
	enum rc rc;

	if (g == NULL)
		return RC_RANGE;
	if (p->dead != RC_OK)
		return p->dead;
	rc = group_run(p, g);
	if (rc != RC_OK)
		return rc;
	if (g->key == NULL)
		g->key = scr_key_new(p->engine);
	if (g->slots == NULL)
		g->slots = calloc(p->batch, sizeof *g->slots);
	if (g->key == NULL || g->slots == NULL)
		return RC_NO_MEMORY;
	rc = scr_key_set(p->engine, g->key, cw);
	g->set = rc == RC_OK;
	return rc;
}

enum rc
pipe_key_clear(struct pipe *p, unsigned int service, unsigned int parity)
{
	struct group *g = group_of(p, service, parity);
	enum rc rc;

	if (g == NULL)
		return RC_RANGE;
	if (p->dead != RC_OK)
		return p->dead;
	rc = group_run(p, g);
	if (rc != RC_OK)
		return rc;
	g->set = false;
	scr_key_free(&g->key);
	return RC_OK;
}

bool
pipe_key_is_set(const struct pipe *p, unsigned int service, unsigned int parity)
{
	return service < p->services && parity < PARITIES &&
	       p->groups[service * PARITIES + parity].set;
}

/* Room for one more packet. In a ring that is full, batches run until its front is finished. */
static enum rc
slot_new(struct pipe *p, const uint8_t *packet, size_t *index)
{
	if (p->dead != RC_OK)
		return p->dead;
	if (p->held == p->options.ring) {
		const struct slot *front = &p->slots[p->head];

		if (front->state == SLOT_PENDING) {
			enum rc rc = group_run(p, &p->groups[front->group]);

			if (rc != RC_OK)
				return rc;
		}
		return RC_SPACE;
	}
	*index = (p->head + p->held) % p->options.ring;
	memcpy(packet_at(p, *index), packet, TS_SIZE);
	p->slots[*index].state = SLOT_DONE;
	p->held++;
	p->stats.packets_in++;
	return RC_OK;
}

enum rc
pipe_pass(struct pipe *p, const uint8_t *packet)
{
	size_t index;

	return slot_new(p, packet, &index);
}

static enum rc
slot_wait(struct pipe *p, size_t index, struct group *g, uint8_t control)
{
	p->slots[index].state = SLOT_PENDING;
	p->slots[index].control = control;
	p->slots[index].group = (uint16_t)(g - p->groups);
	g->slots[g->count++] = (uint32_t)index;
	return g->count == p->batch ? group_run(p, g) : RC_OK;
}

enum rc
pipe_scramble(struct pipe *p, const uint8_t *packet, unsigned int service, unsigned int parity)
{
	struct group *g = group_of(p, service, parity);
	size_t index;
	enum rc rc;

	if (g == NULL || p->options.direction != SCR_ENCRYPT)
		return RC_RANGE;
	if (ts_payload_offset(packet) == TS_SIZE || ts_get_scrambling(packet) != TS_CLEAR)
		return pipe_pass(p, packet);
	if (!g->set)
		return RC_STATE;
	rc = slot_new(p, packet, &index);
	if (rc != RC_OK)
		return rc;
	return slot_wait(p, index, g, parity == 0 ? TS_EVEN : TS_ODD);
}

enum rc
pipe_descramble(struct pipe *p, const uint8_t *packet, unsigned int service)
{
	uint8_t control = ts_get_scrambling(packet);
	struct group *g = group_of(p, service, control & 1U);
	size_t index;
	enum rc rc;

	if (g == NULL || p->options.direction != SCR_DECRYPT)
		return RC_RANGE;
	rc = slot_new(p, packet, &index);
	if (rc != RC_OK || control < TS_EVEN)
		return rc;
	if (ts_payload_offset(packet) == TS_SIZE) {
		ts_set_scrambling(packet_at(p, index), TS_CLEAR);
		return RC_OK;
	}
	if (!g->set) {
		p->stats.without_key++;
		if (p->options.drop_without_key)
			p->slots[index].state = SLOT_DROPPED;
		return RC_OK;
	}
	return slot_wait(p, index, g, TS_CLEAR);
}

enum rc
pipe_flush(struct pipe *p)
{
	if (p->dead != RC_OK)
		return p->dead;
	for (size_t i = 0; i < p->services * PARITIES; i++) {
		enum rc rc = group_run(p, &p->groups[i]);

		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

size_t
pipe_pop(struct pipe *p, uint8_t *out, size_t cap)
{
	size_t len = 0;

	while (p->held > 0 && p->slots[p->head].state != SLOT_PENDING) {
		if (p->slots[p->head].state == SLOT_DONE) {
			if (cap - len < TS_SIZE)
				break;
			memcpy(out + len, packet_at(p, p->head), TS_SIZE);
			len += TS_SIZE;
			p->stats.packets_out++;
		}
		p->head = (p->head + 1) % p->options.ring;
		p->held--;
	}
	return len;
}

size_t
pipe_held(const struct pipe *p)
{
	return p->held;
}

void
pipe_get_stats(const struct pipe *p, struct pipe_stats *stats)
{
	*stats = p->stats;
}
