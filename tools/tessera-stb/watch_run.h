/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One run of tessera-stb watch: what was asked for, what happened. */
#ifndef TESSERA_STB_WATCH_RUN_H
#define TESSERA_STB_WATCH_RUN_H

#include "cmds.h"
#include "io/io.h"
#include "watch/watch.h"

enum buy_mode { BUY_ASK, BUY_NEVER, BUY_AUTO };

#define RECEIPTS_MAX 64

struct receipt {
	struct watch_offer offer;
	bool record;
	bool has_certificate; /* false: the answer was lost, the card says it is bought */
	struct ca_receipt card;
};

#define MAX_PRICE_DECIMALS 9U /* as many as any unit has */

struct watch_run {
	/* asked for */
	const char *in, *out; /* out NULL: nothing is written */
	const char *pin_file;
	const char *max_price;   /* major units; NULL: none */
	uint64_t max_price_fine; /* the same with MAX_PRICE_DECIMALS */
	enum buy_mode buy;
	bool record_right, json;
	struct watch_options options;
	/* at work */
	struct box box;
	struct watch *watch;
	struct io_source *source;
	struct io_sink *sink;
	uint8_t *buffer;
	/* happened */
	struct receipt receipts[RECEIPTS_MAX];
	size_t receipt_count;
	uint64_t offers, declined, pins_wrong;
	bool pin_is_bad; /* --buy auto: the PIN of the file was wrong, it is not tried again */
	bool interrupted;
	size_t packet_size; /* of the first bytes, when they are no packets of 188; else 0 */
	double seconds;
	struct watch_stats stats; /* filled by run_gather, with the services */
	struct watch_service services[WATCH_SERVICES_MAX];
	size_t service_count;
};

#define WATCH_BUFFER ((size_t)1394 * 188)

/* watch_offer.c: the dialogue about one offer, or the rule that replaces it. */
enum rc run_offer(struct watch_run *run, const struct watch_offer *offer) RC_CHECKED;
/* watch_summary.c: what the machine counted, for the two below. */
void run_gather(struct watch_run *run);
/* The exit status that the services' last outcomes make; tells the reason on
 * stderr. */
int run_verdict(const struct watch_run *run);
/* The closing summary: text on stderr, JSON on stdout (stderr when the stream goes there). Returns
 * the exit status of printing. */
int run_summary(const struct watch_run *run, int verdict);

#endif
