/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A CCID reader of any exchange level in memory, with a card in each slot that answers as many
 * bytes as P1 P2 say, and the misbehaviour of real readers on demand. */
#ifndef TESSERA_CCID_FAKE_H
#define TESSERA_CCID_FAKE_H

#include "link/t0.h"
#include "link/t1.h"
#include "reader/ccid.h"

#define CCID_FAKE_QUEUE 16

enum ccid_fake_mood { /* of the next XfrBlock, then CCID_FAKE_FINE again */
		      CCID_FAKE_FINE,
		      CCID_FAKE_SILENT,      /* no answer, ever */
		      CCID_FAKE_LATE,        /* its answer comes with the next one, before it */
		      CCID_FAKE_STALE_FIRST, /* answers of other numbers and slots come before, and
						garbage */
		      CCID_FAKE_SLOW,        /* three time extensions */
		      CCID_FAKE_PULLED,      /* the card goes: a notice and no answer */
		      CCID_FAKE_SWAPPED,     /* another card is in: a notice and an answer */
		      CCID_FAKE_POWERLESS, /* inactive, no data, no error: QEMU when the card is off
					    */
		      CCID_FAKE_ERROR,     /* fails with the error of fake->error */
		      CCID_FAKE_UNPLUGGED
};

struct ccid_fake_frame {
	size_t len;
	uint8_t bytes[CCID_FRAME_MAX];
};

struct ccid_fake_card {
	bool present, powered, t1_in_use;
	struct t0_card t0;
	struct t1_card t1;
	unsigned int executed;
	size_t apdu_len, answer_len, answer_at;
	uint8_t apdu[APDU_COMMAND_MAX];
	uint8_t answer[APDU_RESPONSE_MAX];
};

struct ccid_fake {
	struct ccid_class class;
	uint8_t atr[ATR_MAX];
	size_t atr_len;
	uint8_t voltage_needed; /* 0: any */
	bool emv_mode, no_abort, chain_is_garbage, parameters_without_length;
	enum ccid_fake_mood mood;
	uint8_t error;
	bool gone;
	uint8_t fi_di; /* of SetParameters */
	unsigned int powers, aborts, recovers, pps, escapes, set_parameters;
	uint8_t voltages[16]; /* of each power-on */
	unsigned int xfrs;
	size_t longest; /* command data of one message */
	unsigned int queued, noticed;
	struct ccid_fake_frame late, queue[CCID_FAKE_QUEUE];
	struct ccid_fake_frame notices[4];
	struct ccid_fake_card cards[CCID_SLOTS_MAX];
};

/* Card in slot 0; class and ATR as given, the ATR in hex. */
void ccid_fake_init(struct ccid_fake *f, const struct ccid_class *class, const char *atr);
struct ccid_port ccid_fake_port(struct ccid_fake *f, bool with_notices);
/* NotifySlotChange: bits as on the wire. */
void ccid_fake_notice(struct ccid_fake *f, uint8_t bits);

#endif
