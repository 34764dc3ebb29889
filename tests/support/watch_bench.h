/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stream, card and box of one test: a card of a few lines that opens ECMs and sells, behind a real
 * session. */
#ifndef TESSERA_WATCH_BENCH_H
#define TESSERA_WATCH_BENCH_H

#include "base/mem.h"
#include "base/status_word.h"
#include "scripted_card.h"
#include "stb_stream.h"
#include "watch/watch.h"

#define PMT_PID 0x100
#define ECM_PID 0x200
#define EMM_PID 0x300
#define VIDEO 0x101
#define AUDIO 0x102
#define LEAF 0xABC
#define PACKETS 20 /* of a crypto period */

/* What the card holds. */
struct fake {
	struct stb_stream *stream; /* for its service key */
	bool entitled;
	uint32_t owned_event;
	int64_t balance;
	uint8_t tries;
	uint32_t slice_cost; /* an ECM of an open service pays so much, unless 0 */
	struct ca_running running;
	bool emm_grants;    /* the next EMM entitles */
	bool offers_anyway; /* offers also what the balance is too low for */
	bool lose_purchase; /* the answer to PURCHASE is lost, after the fact */
	struct ecm last;
	unsigned int ecms, emms, purchases;
	uint16_t ecm_sw; /* answered instead, unless 0 */
};

/* Stream, card and box of one test. */
struct bench {
	struct stb_stream stream;
	struct fake fake;
	struct scripted_card card;
	struct ca_session *session;
	struct watch *watch;
	uint8_t *out;
	size_t out_len;
	size_t fed; /* packets of the stream */
	struct watch_event offers[8];
	size_t offer_count;
	enum ca_outcome outcomes[16];
	size_t outcome_count, emm_events, picture_events, card_events, cost_events;
	struct ca_running cost; /* as last told */
	bool picture_on;
};

extern const struct stb_es bench_streams[2];

/* options NULL: every service, nothing else. */
void bench_start(struct bench *b, const struct watch_options *options);
void bench_stop(struct bench *b);
void bench_take_events(struct bench *b);
/* Feeds bytes in pieces of step, takes events and output. */
enum rc bench_feed_bytes(struct bench *b, const uint8_t *data, size_t len, size_t step);
/* Feeds what was added to the stream since the last call. */
void bench_feed(struct bench *b);
void bench_finish(struct bench *b);
/* The output is the stream with every packet opened. */
void bench_check_all_clear(const struct bench *b);
/* No packet of that PID came out. */
void bench_check_none_of(const struct bench *b, uint16_t pid);
size_t bench_count_pid(const struct bench *b, uint16_t pid);
/* PAT, CAT and PMT of service 1. */
void bench_tables(struct bench *b);
/* Packets of one crypto period, under the word of the service. */
void bench_packets_of(struct bench *b, uint16_t service, uint32_t period, uint8_t size,
		      uint16_t pid, size_t n);
/* ECM and PACKETS packets of service 1. */
void bench_period_of(struct bench *b, uint32_t period, uint8_t size);
/* A signed EMM with the time. */
void bench_emm(struct bench *b, uint8_t table_id, uint16_t operator_id, uint32_t address,
	       uint32_t sequence);

#endif
