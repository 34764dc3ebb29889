// SPDX-License-Identifier: GPL-3.0-or-later
/* The ring. Packets wait in a batch: one for all keys where the engine mixes them, else one for
 * each key. A batch goes to the crew when it is full, when it blocks a full ring, when its oldest
 * packet has waited long enough, or on demand. A key lives as long as packets wait for it, so a new
 * word needs no flush. */
#include "pipeline/pipeline.h"

#include "pipeline/crew.h"
#include "stream/ts.h"

#include <stdlib.h>

#define PARITIES 2U

enum slot_state { SLOT_DONE, SLOT_WAITING, SLOT_WORKED, SLOT_DROPPED };

struct slot {
	uint8_t state; /* enum slot_state; WAITING in a batch that fills, WORKED when the crew has
			  it */
	uint16_t group;
};

struct pipe_key {
	struct scr_key *key;
	size_t pending; /* packets */
	bool replaced;
};

/* A word's place. */
struct group {
	struct pipe_key *key; /* NULL: no word */
	struct job *job;      /* that fills; group 0 has that of all when keys mix */
};

struct pipe {
	struct pipe_options options;
	struct crew *crew;
	struct group groups[PIPE_SERVICES_MAX * PARITIES];
	size_t services;
	size_t batch;
	bool mixes;
	uint8_t *packets;
	struct slot *slots;
	size_t head; /* oldest slot */
	size_t held;
	size_t waiting;           /* packets in batches that fill */
	uint64_t tick, oldest_at; /* of pipe_tick; when the oldest of them came, at the earliest */
	enum rc dead;             /* RC_OK while alive */
	struct pipe_stats stats;
};

struct pipe *
pipe_new(const struct pipe_options *options)
{
	struct pipe *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->options = *options;
	p->options.engine = NULL;
	p->crew = crew_new(options->cipher, options->direction, options->engine, options->threads);
	if (p->crew != NULL) {
		p->batch = scr_engine_batch(crew_engine(p->crew));
		p->mixes = scr_engine_takes_many_keys(crew_engine(p->crew));
	}
	if (p->options.ring == 0)
		p->options.ring =
			p->mixes ? PIPE_RING_MIXED * (options->threads > 1 ? 2 : 1) : PIPE_RING;
	p->packets = malloc(p->options.ring * TS_SIZE);
	p->slots = calloc(p->options.ring, sizeof *p->slots);
	if (p->crew == NULL || p->packets == NULL || p->slots == NULL)
		pipe_free(&p);
	return p;
}

static void
key_free(struct pipe_key *k)
{
	scr_key_free(&k->key);
	free(k);
}

/* A word that nobody needs goes; one that packets wait for goes with the last of them. */
static void
key_replace(struct pipe_key *k)
{
	if (k == NULL)
		return;
	k->replaced = true;
	if (k->pending == 0)
		key_free(k);
}

static void
key_release(struct pipe_key *k)
{
	if (--k->pending == 0 && k->replaced)
		key_free(k);
}

static void
job_drop(struct pipe *p, struct job *job)
{
	for (size_t i = 0; i < job->count; i++)
		key_release(job->keys[i]);
	crew_recycle(p->crew, job);
}

void
pipe_free(struct pipe **pipe)
{
	struct pipe *p = *pipe;
	struct job *job;

	if (p == NULL)
		return;
	while (p->crew != NULL && (job = crew_collect(p->crew, true)) != NULL)
		job_drop(p, job);
	for (size_t i = 0; i < sizeof p->groups / sizeof p->groups[0]; i++) {
		if (p->groups[i].job != NULL)
			job_drop(p, p->groups[i].job);
	}
	for (size_t i = 0; i < p->services * PARITIES; i++)
		key_replace(p->groups[i].key);
	crew_free(&p->crew);
	free(p->packets);
	free(p->slots);
	free(p);
	*pipe = NULL;
}

static uint8_t *
packet_at(const struct pipe *p, size_t slot)
{
	return p->packets + slot * TS_SIZE;
}

/* A batch that came back. */
static void
take_back(struct pipe *p, struct job *job)
{
	if (job->rc == RC_OK) {
		for (size_t i = 0; i < job->count; i++)
			p->slots[job->slots[i]].state = SLOT_DONE;
		p->stats.worked += job->count;
		p->stats.batches++;
	} else if (p->dead == RC_OK) {
		p->dead = job->rc;
	}
	job_drop(p, job);
}

static enum rc
collect(struct pipe *p, bool wait)
{
	struct job *job = crew_collect(p->crew, wait);

	while (job != NULL) {
		take_back(p, job);
		job = crew_collect(p->crew, false);
	}
	return p->dead;
}

static enum rc
group_submit(struct pipe *p, struct group *g)
{
	struct job *job = g->job;

	if (job == NULL || job->count == 0)
		return p->dead;
	g->job = NULL;
	p->waiting -= job->count;
	for (size_t i = 0; i < job->count && p->options.threads > 1; i++)
		p->slots[job->slots[i]].state = SLOT_WORKED;
	crew_submit(p->crew, job);
	return collect(p, false);
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
	struct pipe_key *k;
	enum rc rc;

	if (g == NULL)
		return RC_RANGE;
	if (p->dead != RC_OK)
		return p->dead;
	k = calloc(1, sizeof *k);
	if (k != NULL)
		k->key = scr_key_new(crew_engine(p->crew));
	if (k == NULL || k->key == NULL) {
		free(k);
		return RC_NO_MEMORY;
	}
	rc = scr_key_set(crew_engine(p->crew), k->key, cw);
	key_replace(g->key);
	g->key = rc == RC_OK ? k : NULL;
	if (rc != RC_OK)
		key_free(k);
	return rc;
}

enum rc
pipe_key_clear(struct pipe *p, unsigned int service, unsigned int parity)
{
	struct group *g = group_of(p, service, parity);

	if (g == NULL)
		return RC_RANGE;
	if (p->dead != RC_OK)
		return p->dead;
	key_replace(g->key);
	g->key = NULL;
	return RC_OK;
}

bool
pipe_key_is_set(const struct pipe *p, unsigned int service, unsigned int parity)
{
	return service < p->services && parity < PARITIES &&
	       p->groups[service * PARITIES + parity].key != NULL;
}

enum rc
pipe_advance(struct pipe *p)
{
	const struct slot *front = &p->slots[p->head];
	enum rc rc = p->dead;

	if (p->held == 0)
		return rc;
	if (rc == RC_OK && front->state == SLOT_WAITING)
		rc = group_submit(p, &p->groups[front->group]);
	while (rc == RC_OK && front->state == SLOT_WORKED)
		rc = collect(p, true);
	return rc;
}

/* The ring is full: what its front waits for goes to work, and is waited for. */
static enum rc
make_room(struct pipe *p)
{
	enum rc rc = pipe_advance(p);

	return rc == RC_OK ? RC_SPACE : rc;
}

static enum rc
slot_new(struct pipe *p, const uint8_t *packet, size_t *index)
{
	size_t at = p->head + p->held;

	if (p->dead != RC_OK || p->held == p->options.ring)
		return make_room(p);
	if (at >= p->options.ring)
		at -= p->options.ring;
	memcpy(packet_at(p, at), packet, TS_SIZE);
	p->slots[at].state = SLOT_DONE;
	p->held++;
	p->stats.packets_in++;
	*index = at;
	return RC_OK;
}

enum rc
pipe_pass(struct pipe *p, const uint8_t *packet)
{
	size_t index;

	return slot_new(p, packet, &index);
}

/* The packet in the slot joins the batch of its key. */
static enum rc
slot_wait(struct pipe *p, size_t index, struct group *g, size_t offset, uint8_t control)
{
	struct group *filling = p->mixes ? &p->groups[0] : g;
	struct job *job = filling->job;
	size_t i;

	if (job == NULL) {
		job = filling->job = crew_job(p->crew, p->batch);
		if (job == NULL) {
			p->dead = RC_NO_MEMORY;
			return p->dead;
		}
	}
	i = job->count++;
	job->lanes[i] = (struct scr_lane) { packet_at(p, index) + offset, g->key->key,
					    (uint8_t)(TS_SIZE - offset) };
	job->slots[i] = (uint32_t)index;
	job->controls[i] = control;
	job->keys[i] = g->key;
	g->key->pending++;
	p->slots[index].state = SLOT_WAITING;
	p->slots[index].group = (uint16_t)(filling - p->groups);
	if (p->waiting++ == 0)
		p->oldest_at = p->tick;
	return job->count == p->batch ? group_submit(p, filling) : RC_OK;
}

enum rc
pipe_scramble(struct pipe *p, const uint8_t *packet, unsigned int service, unsigned int parity)
{
	struct group *g = group_of(p, service, parity);
	size_t index, offset = ts_payload_offset(packet);
	enum rc rc;

	if (g == NULL || p->options.direction != SCR_ENCRYPT)
		return RC_RANGE;
	if (offset == TS_SIZE || ts_get_scrambling(packet) != TS_CLEAR)
		return pipe_pass(p, packet);
	if (g->key == NULL)
		return RC_STATE;
	rc = slot_new(p, packet, &index);
	if (rc != RC_OK)
		return rc;
	return slot_wait(p, index, g, offset, parity == 0 ? TS_EVEN : TS_ODD);
}

enum rc
pipe_descramble(struct pipe *p, const uint8_t *packet, unsigned int service)
{
	uint8_t control = ts_get_scrambling(packet);
	struct group *g = group_of(p, service, control & 1U);
	size_t index, offset = ts_payload_offset(packet);
	enum rc rc;

	if (g == NULL || p->options.direction != SCR_DECRYPT)
		return RC_RANGE;
	rc = slot_new(p, packet, &index);
	if (rc != RC_OK || control < TS_EVEN)
		return rc;
	if (offset == TS_SIZE) {
		ts_set_scrambling(packet_at(p, index), TS_CLEAR);
		return RC_OK;
	}
	if (g->key == NULL) {
		p->stats.without_key++;
		if (p->options.drop_without_key)
			p->slots[index].state = SLOT_DROPPED;
		return RC_OK;
	}
	return slot_wait(p, index, g, offset, TS_CLEAR);
}

static enum rc
submit_all(struct pipe *p)
{
	size_t groups = p->mixes ? 1 : p->services * PARITIES;

	for (size_t i = 0; i < groups && p->waiting > 0 && p->dead == RC_OK; i++)
		(void)group_submit(p, &p->groups[i]);
	return p->dead;
}

enum rc
pipe_flush(struct pipe *p)
{
	enum rc rc = submit_all(p);
	struct job *job;

	while (rc == RC_OK && (job = crew_collect(p->crew, true)) != NULL) {
		take_back(p, job);
		rc = p->dead;
	}
	return rc;
}

enum rc
pipe_tick(struct pipe *p, uint64_t now_us)
{
	enum rc rc = p->dead;

	if (rc == RC_OK && p->waiting > 0 && now_us - p->oldest_at >= p->options.latency_us)
		rc = submit_all(p);
	if (rc == RC_OK)
		rc = collect(p, false);
	p->tick = now_us;
	return rc;
}

size_t
pipe_front(struct pipe *p, const uint8_t **packets)
{
	size_t most, n = 0;

	if (p->options.threads > 1 && p->dead == RC_OK)
		(void)collect(p, false);
	while (p->held > 0 && p->slots[p->head].state == SLOT_DROPPED)
		pipe_release(p, TS_SIZE);
	most = p->options.ring - p->head < p->held ? p->options.ring - p->head : p->held;
	while (n < most && p->slots[p->head + n].state == SLOT_DONE)
		n++;
	*packets = packet_at(p, p->head);
	return n * TS_SIZE;
}

void
pipe_release(struct pipe *p, size_t len)
{
	size_t n = len / TS_SIZE;

	if (p->slots[p->head].state == SLOT_DONE)
		p->stats.packets_out += n;
	p->head = (p->head + n) % p->options.ring;
	p->held -= n;
}

size_t
pipe_pop(struct pipe *p, uint8_t *out, size_t cap)
{
	const uint8_t *packets;
	size_t len = 0, n;

	cap -= cap % TS_SIZE;
	while (len < cap && (n = pipe_front(p, &packets)) > 0) {
		n = n < cap - len ? n : cap - len;
		memcpy(out + len, packets, n);
		pipe_release(p, n);
		len += n;
	}
	return len;
}

size_t
pipe_held(const struct pipe *p)
{
	return p->held;
}

bool
pipe_is_full(const struct pipe *p)
{
	return p->held == p->options.ring;
}

void
pipe_get_stats(const struct pipe *p, struct pipe_stats *stats)
{
	*stats = p->stats;
}
