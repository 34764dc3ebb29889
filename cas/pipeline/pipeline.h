/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A ring of packets that are scrambled or descrambled in place, many keys at a time, and come out
 * in the order in which they went in. A packet's scrambling bits change only after its batch
 * succeeded. */
#ifndef TESSERA_PIPELINE_PIPELINE_H
#define TESSERA_PIPELINE_PIPELINE_H

#include "scramble/scramble.h"

#define PIPE_SERVICES_MAX 256U
#define PIPE_RING 8192U       /* packets; the usual ring */
#define PIPE_RING_MIXED 2048U /* … of an engine whose batches mix keys, for each of two threads */

struct pipe_options {
	enum scr_cipher cipher;
	enum scr_direction direction;
	size_t ring;           /* packets held at most; 0 = what suits the engine */
	bool drop_without_key; /* descrambling: packets with no key for their parity are dropped;
				* else they pass scrambled as they are */
	const char *engine;   /* by name; NULL, or an engine of the other cipher: the best that runs
			       * here. Read by pipe_new only */
	unsigned int threads; /* that work, the caller's included; 0 = 1, at most 64 */
	uint32_t latency_us;  /* pipe_tick: how long a packet may wait for a full batch */
};

struct pipe_stats {
	uint64_t packets_in, packets_out;
	uint64_t worked;      /* packets scrambled or descrambled */
	uint64_t without_key; /* … whose parity had no key; dropped or passed */
	uint64_t batches;     /* calls of the engine */
};

struct pipe; /* used by one thread, whatever its own threads do */

/* NULL: out of memory, no threads, or the engine does not run here (scr_engine_open tells). */
struct pipe *pipe_new(const struct pipe_options *options);
void pipe_free(struct pipe **p); /* wipes the keys */

/* A handle for one set of control words (even and odd), 0…PIPE_SERVICES_MAX − 1. RC_SPACE: no more.
 */
enum rc pipe_service_new(struct pipe *p, unsigned int *service) RC_CHECKED;
/* The control word (scr_cw_size bytes, as it is) of parity 0 even or 1 odd. Packets pushed before
 * keep the word they were pushed under. RC_RANGE, RC_CRYPTO, RC_NO_MEMORY. */
enum rc pipe_key_set(struct pipe *p, unsigned int service, unsigned int parity,
		     const uint8_t *cw) RC_CHECKED;
/* From now on there is no key of that parity. */
enum rc pipe_key_clear(struct pipe *p, unsigned int service, unsigned int parity) RC_CHECKED;
bool pipe_key_is_set(const struct pipe *p, unsigned int service, unsigned int parity);

/* Each copies a packet (188 bytes) into the ring. RC_SPACE: the ring is full of finished packets,
 * take some with pipe_pop and push again; RC_CRYPTO or RC_NO_MEMORY: a batch failed and the pipe is
 * dead: its packets never come out. */
enum rc pipe_pass(struct pipe *p, const uint8_t *packet) RC_CHECKED;
/* Scrambles under the service's key of that parity. A packet without payload, or scrambled already,
 * passes. Payloads shorter than the cipher's block stay as they are but are marked as scrambled
 * (what hardware and TSDuck do). RC_STATE: no key is set. */
enum rc pipe_scramble(struct pipe *p, const uint8_t *packet, unsigned int service,
		      unsigned int parity) RC_CHECKED;
/* Descrambles under the service's key of the parity that the packet names; clear packets pass. */
enum rc pipe_descramble(struct pipe *p, const uint8_t *packet, unsigned int service) RC_CHECKED;

/* Completes what the oldest packet waits for. */
enum rc pipe_advance(struct pipe *p) RC_CHECKED;
/* Completes all that is pending, full batch or not. */
enum rc pipe_flush(struct pipe *p) RC_CHECKED;
/* Live streams: tells the time (microseconds of any clock that never goes back), at least every few
 * milliseconds. What has waited for options.latency_us goes to work; a packet's age is counted from
 * the call before it came. */
enum rc pipe_tick(struct pipe *p, uint64_t now_us) RC_CHECKED;
/* Finished packets at the front, in place; returns bytes, a multiple of 188, up to the ring's end.
 * Good until the next call of any other function. */
size_t pipe_front(struct pipe *p, const uint8_t **packets);
/* Lets go of that many bytes of them. */
void pipe_release(struct pipe *p, size_t len);
/* Copies finished packets from the front, at most cap bytes; returns bytes, a multiple of 188. */
size_t pipe_pop(struct pipe *p, uint8_t *out, size_t cap);
/* Packets inside, finished or not. */
size_t pipe_held(const struct pipe *p);
bool pipe_is_full(const struct pipe *p);
void pipe_get_stats(const struct pipe *p, struct pipe_stats *stats);

#endif
