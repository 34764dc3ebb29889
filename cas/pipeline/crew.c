// SPDX-License-Identifier: GPL-3.0-or-later
/* Jobs wait in one list, done ones in another, both under one lock. The caller lends a hand as soon
 * as more jobs wait than there are helpers to take them: then two threads are twice as fast as one.
 */
#include "pipeline/crew.h"

#include "stream/ts.h"

#include <pthread.h>
#include <stdlib.h>

struct helper {
	pthread_t thread;
	bool runs;
	struct scr_engine *engine;
	struct crew *crew;
};

struct crew {
	struct scr_engine *engine;
	enum scr_direction direction;
	struct job *spare;
	size_t out; /* jobs submitted and not collected */
	/* helpers only */
	struct helper *helpers;
	size_t count;
	pthread_mutex_t lock;
	pthread_cond_t work, news; /* a job waits; a job is done */
	struct job *waiting, **waiting_end, *done;
	size_t waiting_count;
	bool stop;
};

static void
job_run(const struct crew *c, struct scr_engine *engine, struct job *job)
{
	job->rc = scr_batch(engine, c->direction, job->lanes, job->count);
	if (job->rc != RC_OK)
		return;
	for (size_t i = 0; i < job->count; i++)
		ts_set_scrambling(job->lanes[i].data + job->lanes[i].len - TS_SIZE,
				  job->controls[i]);
}

/* With the lock held. */
static struct job *
take_waiting(struct crew *c)
{
	struct job *job = c->waiting;

	if (job == NULL)
		return NULL;
	c->waiting = job->next;
	if (c->waiting == NULL)
		c->waiting_end = &c->waiting;
	c->waiting_count--;
	return job;
}

static void
put_done(struct crew *c, struct job *job)
{
	job->next = c->done;
	c->done = job;
}

static void *
help(void *argument)
{
	struct helper *h = argument;
	struct crew *c = h->crew;

	(void)pthread_mutex_lock(&c->lock);
	while (!c->stop) {
		struct job *job = take_waiting(c);

		if (job == NULL) {
			(void)pthread_cond_wait(&c->work, &c->lock);
			continue;
		}
		(void)pthread_mutex_unlock(&c->lock);
		job_run(c, h->engine, job);
		(void)pthread_mutex_lock(&c->lock);
		put_done(c, job);
		(void)pthread_cond_signal(&c->news);
	}
	(void)pthread_mutex_unlock(&c->lock);
	return NULL;
}

static struct scr_engine *
open_engine(enum scr_cipher cipher, const char *name)
{
	struct scr_engine *e = NULL;
	enum rc rc = scr_engine_open(cipher, name, &e);

	if (rc == RC_USAGE)
		rc = scr_engine_open(cipher, NULL, &e);
	return rc == RC_OK ? e : NULL;
}

static bool
start_helpers(struct crew *c, enum scr_cipher cipher, size_t count)
{
	const char *name = scr_engine_name(c->engine);

	c->helpers = calloc(count, sizeof *c->helpers);
	if (c->helpers == NULL)
		return false;
	c->count = count;
	for (size_t i = 0; i < count; i++) {
		struct helper *h = &c->helpers[i];

		h->crew = c;
		h->engine = open_engine(cipher, name);
		h->runs = h->engine != NULL && pthread_create(&h->thread, NULL, help, h) == 0;
		if (!h->runs)
			return false;
	}
	return true;
}

struct crew *
crew_new(enum scr_cipher cipher, enum scr_direction direction, const char *engine,
	 unsigned int threads)
{
	struct crew *c = calloc(1, sizeof *c);
	size_t helpers = threads > 1 ? threads - 1 : 0;

	if (c == NULL)
		return NULL;
	c->direction = direction;
	c->waiting_end = &c->waiting;
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->work, NULL);
	(void)pthread_cond_init(&c->news, NULL);
	c->engine = open_engine(cipher, engine);
	if (c->engine == NULL || helpers > CREW_HELPERS_MAX ||
	    (helpers > 0 && !start_helpers(c, cipher, helpers)))
		crew_free(&c);
	return c;
}

static void
free_jobs(struct job *job)
{
	while (job != NULL) {
		struct job *next = job->next;

		free(job->lanes);
		free(job->slots);
		free(job->controls);
		free(job->keys);
		free(job);
		job = next;
	}
}

void
crew_free(struct crew **crew)
{
	struct crew *c = *crew;

	if (c == NULL)
		return;
	(void)pthread_mutex_lock(&c->lock);
	c->stop = true;
	(void)pthread_cond_broadcast(&c->work);
	(void)pthread_mutex_unlock(&c->lock);
	for (size_t i = 0; i < c->count; i++) {
		if (c->helpers[i].runs)
			(void)pthread_join(c->helpers[i].thread, NULL);
		scr_engine_free(&c->helpers[i].engine);
	}
	free_jobs(c->waiting);
	free_jobs(c->done);
	free_jobs(c->spare);
	scr_engine_free(&c->engine);
	(void)pthread_cond_destroy(&c->news);
	(void)pthread_cond_destroy(&c->work);
	(void)pthread_mutex_destroy(&c->lock);
	free(c->helpers);
	free(c);
	*crew = NULL;
}

struct scr_engine *
crew_engine(const struct crew *c)
{
	return c->engine;
}

struct job *
crew_job(struct crew *c, size_t cap)
{
	struct job *job = c->spare;

	if (job != NULL && job->cap == cap) {
		c->spare = job->next;
		job->next = NULL;
		return job;
	}
	job = calloc(1, sizeof *job);
	if (job == NULL)
		return NULL;
	job->cap = cap;
	job->lanes = calloc(cap, sizeof *job->lanes);
	job->slots = calloc(cap, sizeof *job->slots);
	job->controls = calloc(cap, sizeof *job->controls);
	job->keys = calloc(cap, sizeof(void *));
	if (job->lanes == NULL || job->slots == NULL || job->controls == NULL ||
	    job->keys == NULL) {
		free_jobs(job);
		return NULL;
	}
	return job;
}

void
crew_recycle(struct crew *c, struct job *job)
{
	job->count = 0;
	job->next = c->spare;
	c->spare = job;
}

/* The caller works on a job that waits. */
static bool
lend_a_hand(struct crew *c, size_t more_than)
{
	struct job *job = NULL;

	(void)pthread_mutex_lock(&c->lock);
	if (c->waiting_count > more_than)
		job = take_waiting(c);
	(void)pthread_mutex_unlock(&c->lock);
	if (job == NULL)
		return false;
	job_run(c, c->engine, job);
	(void)pthread_mutex_lock(&c->lock);
	put_done(c, job);
	(void)pthread_mutex_unlock(&c->lock);
	return true;
}

void
crew_submit(struct crew *c, struct job *job)
{
	c->out++;
	job->next = NULL;
	if (c->count == 0) {
		job_run(c, c->engine, job);
		put_done(c, job);
		return;
	}
	(void)pthread_mutex_lock(&c->lock);
	*c->waiting_end = job;
	c->waiting_end = &job->next;
	c->waiting_count++;
	(void)pthread_cond_signal(&c->work);
	(void)pthread_mutex_unlock(&c->lock);
	(void)lend_a_hand(c, c->count);
}

struct job *
crew_collect(struct crew *c, bool wait)
{
	struct job *job;

	if (c->out == 0)
		return NULL;
	(void)pthread_mutex_lock(&c->lock);
	while (c->done == NULL && wait) {
		(void)pthread_mutex_unlock(&c->lock);
		if (!lend_a_hand(c, 0)) {
			(void)pthread_mutex_lock(&c->lock);
			if (c->done == NULL && c->waiting == NULL)
				(void)pthread_cond_wait(&c->news, &c->lock);
		} else {
			(void)pthread_mutex_lock(&c->lock);
		}
	}
	job = c->done;
	if (job != NULL) {
		c->done = job->next;
		job->next = NULL;
		c->out--;
	}
	(void)pthread_mutex_unlock(&c->lock);
	return job;
}
