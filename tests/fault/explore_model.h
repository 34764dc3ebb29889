/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A model of debit, commit and report in plain integers: the viewer, the card, the line between
 * them and the head-end. It knows nothing of the card's code; explore.c visits every interleaving
 * of its actions and lets the real card do the same. */
#ifndef TESSERA_EXPLORE_MODEL_H
#define TESSERA_EXPLORE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_EVENTS_MAX 4
#define MODEL_EMMS_MAX 8
#define MODEL_LOG_MAX 8 /* events + top-ups */
#define MODEL_TRIES 3
#define MODEL_PRICE 300U /* of each event */
#define MODEL_TOPUP 400U /* of each top-up */

struct model_bound {
	uint8_t events, topups, emms; /* how many there are at most */
};

/* Bytes only, so that equal states are equal bytes. Events and EMMs count from 1. */
struct model_card {
	uint8_t tries;   /* of the PIN */
	uint8_t seen;    /* event whose offer was seen since power-up, 0 none */
	uint8_t applied; /* sequence of the newest EMM */
	uint8_t credit;  /* top-ups in the total */
	uint8_t base;    /* records acknowledged */
	uint8_t log_count;
	uint8_t log[MODEL_LOG_MAX]; /* the event that was paid, or MODEL_CREDIT | top-ups */
};
#define MODEL_CREDIT 0x80U

struct model_emm {
	uint8_t topups; /* total that it states */
	uint8_t ack;    /* records that it acknowledges, 0: does not */
};

struct model {
	struct model_card card;
	/* Viewer and line: bit (event − 1). */
	uint8_t known; /* bought, and the answer came */
	uint8_t sent;  /* a PURCHASE was on the line, where somebody recorded it */
	/* Head-end. Each EMM restates everything pending. */
	uint8_t emm_count, topups;
	struct model_emm emm[MODEL_EMMS_MAX]; /* by sequence − 1 */
	uint8_t heard_count, acked;
	uint8_t heard[MODEL_EVENTS_MAX]; /* events of the records that were reported */
};

enum model_act {
	ACT_SEE,      /* an ECM offers the event */
	ACT_BUY,      /* PURCHASE with the right PIN, answered */
	ACT_BUY_LOST, /* the answer is lost */
	ACT_REPLAY,   /* the recorded PURCHASE again */
	ACT_BUY_CUT,  /* power cut at some write of PURCHASE */
	ACT_OFF,      /* power off and on */
	ACT_TOPUP,    /* the head-end sells a top-up */
	ACT_REPORT,   /* the report reaches the head-end */
	ACT_ACK,      /* the head-end acknowledges all that it heard */
	ACT_EMM,      /* the carousel brings an EMM, any of them, any time */
	ACT_EMM_CUT,  /* power cut at some write of it */
	ACT_COUNT
};
struct model_action {
	enum model_act act;
	uint8_t which; /* event or EMM */
};

/* What the card answers. */
enum model_answer {
	ANSWER_NONE, /* cut, or not asked */
	ANSWER_OFFER,
	ANSWER_OPEN,
	ANSWER_NO_OFFER,
	ANSWER_CHANGED,
	ANSWER_OWNED,
	ANSWER_BALANCE_LOW,
	ANSWER_BLOCKED,
	ANSWER_APPLIED,
	ANSWER_REPEATED,
	ANSWER_OLD
};

#define MODEL_NEXT_MAX 4
struct model_next {
	unsigned int count; /* 0: the action is not possible here */
	struct model to[MODEL_NEXT_MAX];
	enum model_answer answer;
};

void model_init(struct model *m);
void model_next(const struct model *m, const struct model_bound *bound, struct model_action a,
		struct model_next *next);
/* NULL, or the name of an invariant that does not hold. */
const char *model_broken(const struct model *m);
bool model_owns(const struct model_card *c, uint8_t event);
unsigned int model_records(const struct model_card *c);
/* Whether the card takes part in the action. */
bool model_needs_card(enum model_act act);

#endif
