/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A transport stream goes in scrambled and comes out clear: a machine that is fed bytes, asks the
 * card and is drained. It follows PAT → PMT → CA_descriptor and CAT → CA_descriptor, hands each new
 * ECM to the card before the packets that follow it are descrambled, and EMMs that are for this
 * card.
 *
 * Order is kept; what is not scrambled passes byte for byte. A packet is opened only under a
 * control word that the card gave for that crypto period; without one it is dropped, or passed as
 * it is. */
#ifndef TESSERA_WATCH_WATCH_H
#define TESSERA_WATCH_WATCH_H

#include "ca/session.h"

#define WATCH_SERVICES_MAX 64
#define WATCH_OUTCOMES (CA_OUTCOME_LAST + 1)
#define WATCH_CA_SYSTEM_ID 0x5445 /* by default */

struct watch_options {
	uint16_t ca_system_id; /* 0 = WATCH_CA_SYSTEM_ID */
	bool hold_back; /* for input that is not live: a service that its first ECM leaves closed
			 * waits, for one crypto period at most, for an EMM or a purchase, and
			 * nothing of it is lost when one opens it */
	bool live;      /* input that must be kept up with: EMMs wait until the ECMs of what was fed
			 * have been answered, and one at most is handed over in a call */
	bool standby;   /* a box asleep: no ECM goes to the card, nothing is opened, EMMs do */
	bool card_may_go; /* a card or reader that fails is an event (WATCH_CARD), not the end:
			   * watch_card_return when it may be back */
	bool hardware;    /* filters and control words are told as events, for a demultiplexer and
			   * descrambler that are not ours */
	const struct crypto *crypto; /* for hashes; borrowed. NULL: keys come by unique EMMs only */
	bool keep_scrambled;  /* packets without a key pass scrambled instead of being dropped */
	const char *engine;   /* scr_engine_open has taken it; NULL = the best; lives on */
	uint32_t threads;     /* that descramble; 0 = 1 */
	uint32_t latency_ms;  /* watch_tick: a packet waits so long for a full batch */
	size_t service_count; /* 0 = every service of the stream that has an ECM for this card */
	uint16_t services[WATCH_SERVICES_MAX]; /* program numbers */
};

enum watch_sale {
	SALE_EVENT,  /* the programme as a whole */
	SALE_SLICES, /* by time: price_view is that of a slice */
	SALE_NEXT    /* the programme that follows: a booking */
};
#define SALE_COUNT 3

/* What the card would sell. Prices and balances in minor units of `unit`. */
struct watch_offer {
	uint16_t service_id; /* as the ECM names it */
	uint32_t event_id;
	uint8_t slot;
	char unit[UNIT_SIZE + 1];
	uint8_t decimals;
	uint32_t price_view;
	bool recordable;
	uint32_t price_record; /* when recordable */
	bool has_balance;
	int64_t balance;                             /* before; after = balance − price */
	uint32_t event_start, event_end, window_end; /* seconds since 2000 */
	char title[ECM_TITLE_MAX + 1];               /* UTF-8, may be empty */
	enum watch_sale sale;
	uint16_t slice_s;   /* SALE_SLICES */
	uint32_t ceiling;   /* SALE_SLICES: the most that may be agreed to, 0 no limit; in watch_buy
			     * what the viewer agrees to, with what is spent */
	uint32_t spent;     /* SALE_SLICES: in the session that runs */
	bool has_preview;   /* it is shown meanwhile, or was */
	uint16_t preview_s; /* left, PREVIEW_NO_LIMIT: not limited by time */
};

enum watch_event_kind {
	WATCH_OUTCOME, /* the card's decision about a service has changed */
	WATCH_OFFER,   /* once for each event and price: buy with watch_buy, or do nothing */
	WATCH_EMM,     /* an EMM has changed something on the card */
	WATCH_PICTURE, /* the packets of a service begin to be opened, or no longer are */
	WATCH_CARD,    /* the card has gone or is back */
	WATCH_FILTERS, /* hardware: others are wanted, see watch_get_filters */
	WATCH_COST,    /* a slice of pay-per-time has been paid: the running cost */
	WATCH_WORD     /* hardware: a control word of an elementary stream */
};
struct watch_event {
	enum watch_event_kind kind;
	uint16_t service_id;
	enum ca_outcome outcome;  /* WATCH_OUTCOME */
	uint32_t right_end;       /* WATCH_OUTCOME with OUTCOME_OPEN */
	uint32_t time;            /* WATCH_OUTCOME: of the ECM, seconds since 2000 */
	bool on;                  /* WATCH_PICTURE, WATCH_CARD */
	struct watch_offer offer; /* WATCH_OFFER */
	struct ca_running cost;   /* WATCH_COST; minor units of the service's last offer */
	/* WATCH_WORD: the caller wipes it. */
	uint16_t pid;
	uint8_t parity;  /* 0 even, 1 odd */
	uint8_t cw_size; /* 8 DVB-CSA2, 16 DVB-CISSA; 0: there is none any more */
	uint8_t cw[ECM_CW_MAX];
};

/* Of a service that was asked for, or, when none was, of every one that is for this card. */
enum watch_access {
	WATCH_ABSENT,  /* not in the stream (so far) */
	WATCH_CLEAR,   /* no CA_descriptor */
	WATCH_FOREIGN, /* scrambled for other cards only */
	WATCH_NO_ECM,  /* for this card; no ECM yet */
	WATCH_DECIDED  /* outcome is the card's last word */
};
struct watch_service {
	uint16_t number; /* program number */
	enum watch_access access;
	enum ca_outcome outcome;
	bool was_open;                     /* at any time */
	bool picture;                      /* its packets are being opened */
	uint64_t descrambled, without_key; /* packets */
	uint64_t ecms;                     /* handed to the card */
	char title[ECM_TITLE_MAX + 1];
	bool has_session; /* pay per time: what it came to */
	struct ca_running session;
	uint32_t session_event;
	struct ca_receipt session_receipt; /* of the slice paid last; record 0: none */
	char session_unit[UNIT_SIZE + 1];
	uint8_t session_decimals;
};

struct watch_stats {
	uint64_t packets_in, packets_out, descrambled;
	uint64_t without_key; /* dropped, or passed when keep_scrambled */
	uint64_t resyncs, bytes_skipped;
	uint64_t sections_wrong; /* PSI with a wrong CRC or a field that cannot be */
	uint64_t ecms, ecms_repeated,
		ecms_refused; /* handed over; seen before; card could not read them */
	uint64_t emms_applied, emms_repeated, emms_refused,
		emms_old;      /* refused: MAC, signature, format */
	uint64_t emms_dropped; /* live: more waited than there was room for; the carousel repeats */
	uint64_t purchases;
	uint64_t decisions[WATCH_OUTCOMES]; /* of the card, by enum ca_outcome */
};

struct watch;

/* options are copied, the session is borrowed. NULL: out of memory. */
struct watch *watch_new(const struct watch_options *options, struct ca_session *session);
void watch_free(struct watch **w); /* NULL-safe; wipes control words */

/* Takes bytes, packets need not be aligned, and stops early (*taken < len) when an event waits or
 * the output must be drained first. RC_READER, RC_TIMEOUT: the card is gone; RC_CRYPTO,
 * RC_NO_MEMORY. */
enum rc watch_feed(struct watch *w, const uint8_t *data, size_t len, size_t *taken) RC_CHECKED;
/* Instead of packets: one whole section of a PID, as a demultiplexer in hardware cuts them out.
 * Results as watch_feed; RC_RANGE: no PID, or no section. */
enum rc watch_feed_section(struct watch *w, uint16_t pid, const uint8_t *section,
			   size_t len) RC_CHECKED;
/* A whole ca_pmt APDU (EN 50221 8.4.3.4), from its tag 9F8032: from the first one on, services are
 * those that it names, and PAT and PMTs of the stream count no more. RC_FORMAT; RC_SPACE: too many
 * services. */
enum rc watch_ca_pmt(struct watch *w, const uint8_t *apdu, size_t len) RC_CHECKED;
#define WATCH_FILTER_MAX 8
struct watch_filter {
	uint16_t pid;
	uint8_t len; /* of value and mask: table_id, then section bytes 3 and on */
	uint8_t value[WATCH_FILTER_MAX], mask[WATCH_FILTER_MAX];
};
/* The sections that are wanted now. How many there are; fills at most cap. */
size_t watch_get_filters(const struct watch *w, struct watch_filter *filters, size_t cap);
/* The next event; false: none. */
bool watch_next_event(struct watch *w, struct watch_event *event);
/* Live inputs, at least every few milliseconds: descrambles what has waited for latency_ms. now_us:
 * microseconds of any clock that never goes back. */
enum rc watch_tick(struct watch *w, uint64_t now_us) RC_CHECKED;
/* Descrambles what waits for a full batch: when the oldest packet has waited long enough, or
 * nothing comes. live: hands a waiting EMM over. */
enum rc watch_flush(struct watch *w) RC_CHECKED;
/* The input has ended: the last packets are processed. Call until *done; drain in between. */
enum rc watch_finish(struct watch *w, bool *done) RC_CHECKED;
/* Finished packets, a multiple of 188 bytes ≤ cap; 0 = none. */
size_t watch_drain(struct watch *w, uint8_t *out, size_t cap);

/* Buys what the viewer saw; pin: 4…8 ASCII digits. With CA_PIN_OK result->answer.outcome is the
 * card's word; control words are already installed and wiped from *result. When the reader failed
 * in between, the card is asked whether the purchase was made. RC_NOT_FOUND: the service is gone;
 * RC_USAGE: PIN. */
enum rc watch_buy(struct watch *w, const struct watch_offer *offer, bool record, const char *pin,
		  struct ca_purchase_result *result) RC_CHECKED;

/* Ends every session of slices that was seen to run; the card charges nothing more for it. A reader
 * that fails is not told: what was agreed is the limit. */
void watch_stop(struct watch *w);

/* Other services from now on (count 0: every one); those that stay are not interrupted. RC_RANGE:
 * more than WATCH_SERVICES_MAX. */
enum rc watch_select(struct watch *w, const uint16_t *services, size_t count) RC_CHECKED;
/* The card of card_may_go is away. */
bool watch_card_is_gone(const struct watch *w);
/* Looks whether it is back, or another one of its kind is there; then asks it about every service.
 * Takes as long as the reader does. why: one clause, set on failure: what ca_session_open returns,
 * the card is still gone. */
enum rc watch_card_return(struct watch *w, char why[CA_WHY]) RC_CHECKED;

void watch_get_stats(const struct watch *w, struct watch_stats *stats);
/* How many services there are to report; fills at most cap of them. */
size_t watch_get_services(const struct watch *w, struct watch_service *services, size_t cap);

#endif
