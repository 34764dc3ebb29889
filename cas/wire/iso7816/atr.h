/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answer to reset (ISO 7816-3 clause 8) and protocol and parameters selection (clause 9), shared by
 * card and reader. */
#ifndef TESSERA_WIRE_ISO7816_ATR_H
#define TESSERA_WIRE_ISO7816_ATR_H

#include "wire/iso7816/t1_block.h"

#define ATR_SIZE_MAX 33 /* 8.2.1: TS and 32 characters */
#define ATR_HISTORICAL_MAX 15
#define FI_DI_DEFAULT 0x11 /* 372/1 */

struct atr {
	bool inverse; /* TS = 3F */
	bool has_ta1;
	uint8_t fi_di;          /* TA1, else FI_DI_DEFAULT */
	uint8_t extra_guard;    /* TC1, N; 0 when absent */
	bool specific;          /* TA2: specific mode, nothing is negotiated */
	bool implicit;          /* TA2 bit 5: parameters are not those of TA1 */
	uint8_t first_protocol; /* offered first; in specific mode the one in use */
	uint16_t protocols;     /* bit T set when T is offered */
	uint8_t wi;             /* TC2: waiting integer of T=0, 10 when absent */
	uint8_t ifsc;           /* T=1: TA, 32 when absent */
	uint8_t bwi, cwi;       /* T=1: TB, 4 and 13 when absent */
	enum t1_edc edc;        /* T=1: TC bit 1 */
	uint8_t historical_len;
	uint8_t historical[ATR_HISTORICAL_MAX];
};

/* RC_TRUNCATED; RC_FORMAT: TS, reserved values (IFSC 0 or FF, CWI/BWI), or bytes left over;
 * RC_INTEGRITY: TCK. */
enum rc atr_parse(const uint8_t *in, size_t len, struct atr *a) RC_CHECKED;
/* Builds an ATR offering the protocols of the bit mask, T=0 before T=1. RC_RANGE: a protocol other
 * than 0 and 1, none, or a field without encoding; RC_SPACE. */
enum rc atr_build(const struct atr *a, uint8_t *out, size_t cap, size_t *len) RC_CHECKED;

/* Clock-rate conversion F and baud-rate adjustment D of a TA1 or PPS1 byte (tables 7 and 8).
 * RC_FORMAT: reserved. */
enum rc fi_di_values(uint8_t fi_di, uint16_t *f, uint16_t *d) RC_CHECKED;

#define PPS_MAX 6

struct pps {
	uint8_t protocol;
	bool has_pps1;
	uint8_t pps1; /* Fi and Di */
};

/* Whole exchange as it lies on the line, PCK included. PPS2 and PPS3 are accepted and dropped.
 * RC_TRUNCATED, RC_FORMAT, RC_INTEGRITY (PCK). */
enum rc pps_parse(const uint8_t *in, size_t len, struct pps *p) RC_CHECKED;
size_t pps_build(const struct pps *p, uint8_t out[PPS_MAX]);
/* Bytes that an exchange beginning with these has in all, 0 when more are needed to tell. */
size_t pps_length(const uint8_t *in, size_t len);
/* The card's answer (9.3): the protocol when it is offered, else RC_REFUSED (the card stays
 * silent); PPS1 only when it is what TA1 offers or slower on the same clock, else left out. */
enum rc pps_answer(const struct atr *a, const struct pps *request, struct pps *answer) RC_CHECKED;

#endif
