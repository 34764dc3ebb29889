/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The head-end's scrambler and multiplexer: a machine that is fed transport packets and yields
 * transport packets, with PMT and CAT rewritten, ECMs and EMMs inserted and chosen services
 * scrambled. It knows no database: what to put into ECMs and EMMs it asks of its source. */
#ifndef TESSERA_MUX_MUX_H
#define TESSERA_MUX_MUX_H

#include "base/rc.h"
#include "scramble/scramble.h"
#include "wire/ecm.h"
#include "wire/emm_tree.h"

#define MUX_SERVICES_MAX 64
#define MUX_EMM_START                                                                            \
	64 /* packets: the EMMs of one second go ahead of the first scrambled packet, at most so \
	      many */

/* Implemented by whoever knows products, keys and cards. All calls are made from mux_* functions.
 */
struct mux_source {
	void *ctx;
	/* Seals the ECM of one crypto period of a service: criteria of that moment, both words.
	 * ecm->table_id, cw_size, service_id, time, period, period_100ms, cw_even and cw_odd are
	 * set by the multiplexer; the source fills the rest and seals. */
	enum rc (*ecm)(void *ctx, struct ecm *ecm, uint8_t section[ECM_MAX], size_t *len);
	/* The next EMM section of the carousel at this stream time; *len = 0: nothing to send now.
	 */
	enum rc (*emm)(void *ctx, uint32_t now, uint8_t section[EMM_SECTION_MAX], size_t *len);
	/* Random bytes for control words. */
	enum rc (*random)(void *ctx, uint8_t *out, size_t len);
	/* Laboratory log of a new control word; may be NULL. parity 0 even, 1 odd. */
	void (*cw)(void *ctx, uint16_t service_id, uint32_t period, unsigned int parity,
		   const uint8_t *cw, size_t len);
};

struct mux_options {
	uint16_t ca_system_id; /* 0x5445 by default */
	uint16_t operator_id;  /* goes into the CA_descriptors' private bytes */
	enum scr_cipher cipher;
	const char *engine;       /* scr_engine_open has taken it; NULL = the best; lives on */
	uint32_t threads;         /* that scramble; 0 = 1 */
	uint32_t latency_ms;      /* mux_tick: a packet waits so long for a full batch */
	bool full_entropy;        /* CSA2: do not reduce control words to the checksum form */
	uint32_t start_time;      /* stream time of the first PCR, seconds since 2000 */
	uint32_t period_ms;       /* crypto period, 1,000…3,600,000; 10,000 by default */
	uint32_t ecm_interval_ms; /* 100 by default */
	uint32_t emm_bitrate;     /* bit/s of TS packets on the EMM PID; 0 = no EMMs */
	uint16_t ecm_pid_first;   /* 0 = choose free PIDs */
	uint16_t emm_pid;         /* 0 = choose */
	size_t service_count;
	uint16_t services[MUX_SERVICES_MAX]; /* program numbers to scramble */
};

struct mux_service_stats {
	uint16_t service_id;
	uint64_t packets_scrambled;
	uint64_t ecms;
	uint32_t periods;
};
struct mux_stats {
	uint64_t packets_in, packets_out, packets_scrambled, ecm_packets, emm_packets;
	uint64_t nulls_replaced, packets_added; /* inserted without a null packet to replace */
	uint64_t packets_scrambled_before; /* of the services to scramble: passed as they came */
	uint64_t packets_left_clear;       /* of those: a service that stays clear has them too */
	uint64_t resyncs;
	uint32_t stream_time; /* now, seconds since 2000 */
	size_t service_count;
	struct mux_service_stats services[MUX_SERVICES_MAX];
};

/* RC_RANGE: a value outside its range; RC_CONFLICT: a service named twice, or PIDs that collide. */
enum rc mux_options_check(const struct mux_options *options) RC_CHECKED;

struct mux;
/* options (already checked) and source are copied. NULL: out of memory. */
struct mux *mux_new(const struct mux_options *options, const struct mux_source *source);
void mux_free(struct mux **m);
/* Feeds any number of bytes; packets need not be aligned. The multiplexer holds what it cannot
 * place yet: everything until PAT and PMTs are there, at most 8 MiB. RC_NOT_FOUND: the PAT does not
 * list a service (mux_missing_service); RC_CONFLICT: a PID asked for is in use, or a service is
 * scrambled already; RC_SPACE: a PMT or CAT has no room for the CA_descriptor; RC_CRYPTO,
 * RC_NO_MEMORY, or what the source returned. After an error nothing more is fed; mux_error says
 * what happened. */
enum rc mux_feed(struct mux *m, const uint8_t *data, size_t len) RC_CHECKED;
/* Takes finished packets: *len is a multiple of 188, ≤ cap; 0 = none ready. */
enum rc mux_drain(struct mux *m, uint8_t *out, size_t cap, size_t *len) RC_CHECKED;
/* Live inputs, at least every few milliseconds: what has waited for latency_ms becomes drainable.
 * now_us: microseconds of any clock that never goes back. */
enum rc mux_tick(struct mux *m, uint64_t now_us) RC_CHECKED;
/* Completes batches that are not full, so that all that was placed can be drained. */
enum rc mux_flush(struct mux *m) RC_CHECKED;
/* The input has ended: everything held becomes drainable. RC_NOT_FOUND: a service to scramble never
 * appeared (mux_missing_service tells which); what was still held then stays inside. */
enum rc mux_finish(struct mux *m) RC_CHECKED;
bool mux_missing_service(const struct mux *m, uint16_t *service_id);
/* One clause on the last failure, without a full stop; "" when there was none. */
const char *mux_error(const struct mux *m);
void mux_get_stats(const struct mux *m, struct mux_stats *stats);

#endif
