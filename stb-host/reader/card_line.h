/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What reader and card agree upon before the first command (ISO 7816-3 clause 9), and APDUs on
 * lines that carry short ones only (12.2). */
#ifndef TESSERA_READER_CARD_LINE_H
#define TESSERA_READER_CARD_LINE_H

#include "base/apdu_link.h"
#include "wire/iso7816/atr.h"

#include <stdbool.h>

/* What a reader can do. */
struct line_limits {
	uint16_t protocols;    /* bit T */
	uint32_t clock_hz;     /* what the card is clocked with */
	uint32_t max_bit_rate; /* 0: every one */
};

/* The protocol and the speed to ask for; *needed: they are not what the card starts with, and it
 * can be asked. A card in specific mode gets what it insists on. RC_READER: no protocol in common,
 * or a specific mode that the reader cannot follow. */
enum rc line_propose(const struct atr *a, const struct line_limits *limits, struct pps *p,
		     bool *needed) RC_CHECKED;
/* The card's PPS answer (9.3): in_use is what holds from now on. RC_READER: it is none to what was
 * asked: reset the card. */
enum rc line_agree(const struct pps *asked, const uint8_t *answer, size_t len,
		   struct pps *in_use) RC_CHECKED;

/* A line for short commands. */
struct short_line {
	void *ctx;
	bool is_t0; /* TPDUs: Le of case 4 and of case 1 is not sent, 6Cxx of long answers is
		     * followed
		     */
	/* One exchange as it is. */
	enum rc (*transmit)(void *ctx, const uint8_t *cmd, size_t len, uint8_t *rsp, size_t cap,
			    size_t *rsp_len);
};

/* Any command APDU: extended ones become short, or ENVELOPEs when their data does not fit.
 * RC_RANGE: no APDU; else what transmit returns. */
enum rc short_line_transmit(const struct short_line *line, const uint8_t *cmd, size_t len,
			    uint8_t *rsp, size_t cap, size_t *rsp_len) RC_CHECKED;

#endif
