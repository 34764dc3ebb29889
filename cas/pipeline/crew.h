/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Batches and who works on them: the caller's thread, and helpers with engines of their own.
 * Private to this room. */
#ifndef TESSERA_PIPELINE_CREW_H
#define TESSERA_PIPELINE_CREW_H

#include "scramble/scramble.h"

#define CREW_HELPERS_MAX 63U

/* A batch. Whoever has it may change it: the caller while it fills and after it came back, in
 * between the one that works on it. */
struct job {
	struct job *next;
	size_t count, cap;
	enum rc rc;
	struct scr_lane *lanes;
	uint32_t *slots;   /* of the ring, one for each lane; the caller's business */
	uint8_t *controls; /* scrambling bits that the packets get when the batch has succeeded */
	struct pipe_key **keys; /* the caller's business */
};

struct crew;

/* NULL: out of memory, or an engine that does not run here. engine: as of scr_engine_open; the
 * other cipher's leave the choice free. threads counts the caller's. */
struct crew *crew_new(enum scr_cipher cipher, enum scr_direction direction, const char *engine,
		      unsigned int threads);
/* Helpers finish what they are at. Jobs that have not been taken back are freed. */
void crew_free(struct crew **c);
/* The caller's engine; keys of it are good for all. */
struct scr_engine *crew_engine(const struct crew *c);
/* An empty job for cap lanes; NULL: out of memory. */
struct job *crew_job(struct crew *c, size_t cap);
/* Hands a job over; without helpers it has been done when this returns. */
void crew_submit(struct crew *c, struct job *job);
/* A job that is done; wait: works or waits until one is. NULL: none (wait: none is out). */
struct job *crew_collect(struct crew *c, bool wait);
/* Back to where crew_job takes them from. */
void crew_recycle(struct crew *c, struct job *job);

#endif
