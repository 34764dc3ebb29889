/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One run of tessera-stb watch: what was asked for, what happened. */
#ifndef TESSERA_STB_WATCH_RUN_H
#define TESSERA_STB_WATCH_RUN_H

#include "crypto_openssl/crypto_openssl.h"
#include "cmds.h"
#include "control/desk.h"
#include "io/io.h"
#include "io/server.h"
#include "stream/frame.h"
#include "upload.h"
#include "watch/watch.h"

enum buy_mode { BUY_ASK, BUY_NEVER, BUY_AUTO };

#define RECEIPTS_MAX 64

struct receipt {
	struct watch_offer offer;
	bool record;
	bool has_certificate; /* false: the answer was lost, the card says it is bought */
	struct ca_receipt card;
};

/* From the choice of a service to its picture. */
struct zap {
	bool waits;
	uint64_t start_ms, card_start_us;
	uint16_t service; /* the last that was measured, 0: none yet */
	uint64_t ms, card_ms;
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
	const char *control;      /* path of the socket, NULL: none */
	uint32_t offer_timeout_s; /* how long a file waits for a client's word */
	struct upload upload;     /* with --report-url */
	struct watch_options options;
	/* at work */
	struct box box;
	struct watch *watch;
	struct crypto_openssl *openssl; /* the watch hashes with it */
	struct io_source *source;
	struct io_sink *sink;
	uint8_t *buffer;
	struct ts_frame frame;     /* of the input */
	uint8_t *stripped;         /* packets of 188 out of longer ones */
	struct control_desk *desk; /* with --control */
	struct io_server *server;
	uint64_t card_tried_ms; /* when a card that went was looked for */
	struct zap zap;
	/* happened */
	struct receipt receipts[RECEIPTS_MAX];
	size_t receipt_count;
	uint64_t offers, declined, pins_wrong;
	unsigned int client_purchases;
	bool pin_is_bad; /* --buy auto: the PIN of the file was wrong, it is not tried again */
	bool interrupted;
	double seconds;
	bool is_rtp;
	struct io_rtp_counts rtp;
	struct watch_stats stats; /* filled by run_gather, with the services */
	struct watch_service services[WATCH_SERVICES_MAX];
	size_t service_count;
};

#define WATCH_BUFFER ((size_t)1394 * 188)

/* watch_signal.c: signals wait to be looked for, so that the output ends whole and the summary is
 * printed. */
void run_hold_signals(void);
bool run_is_interrupted(void);
uint64_t run_now_ms(void);
/* watch_control.c: user interfaces. Return 0, or the exit status of a failure that was told. */
int run_control_open(struct watch_run *run);
/* One turn of everybody; waits at most timeout_ms for something to happen. Sets interrupted when a
 * client says stop. */
int run_control_turn(struct watch_run *run, int timeout_ms);
/* A file waits for the clients' word about its offers, and for a card that went. */
int run_control_wait(struct watch_run *run);
void run_control_close(struct watch_run *run, int exit_status);
/* A card that went is looked for, once in a second. Returns as above. */
int run_card_return(struct watch_run *run);
/* The way to the picture. */
void run_zap_begin(struct watch_run *run);
void run_zap_end(struct watch_run *run, uint16_t service);
/* watch_offer.c: the dialogue about one offer, or the rule that replaces it. */
enum rc run_offer(struct watch_run *run, const struct watch_offer *offer) RC_CHECKED;
/* watch_report.c: hands the report over when the card asks for it; what fails is told, and tried
 * again after the next watch. */
void run_report(struct watch_run *run);
/* watch_summary.c: what the machine counted, for the two below. */
void run_gather(struct watch_run *run);
/* The exit status that the services' last outcomes make; tells the reason on
 * stderr. */
int run_verdict(const struct watch_run *run);
/* The closing summary: text on stderr, JSON on stdout (stderr when the stream goes there). Returns
 * the exit status of printing. */
int run_summary(const struct watch_run *run, int verdict);

#endif
