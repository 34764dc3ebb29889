/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The card's contacts from reset on (ISO 7816-3 clauses 6.3 and 9): the ATR has been sent, PPS may
 * come, then T=0 or T=1 runs. Bytes in, bytes and command APDUs out. In negotiable mode a first
 * byte FF begins a PPS, which is answered once; anything else starts the protocol that the ATR
 * offers first, at 372/1. In specific mode (TA2) protocol and speed are the ATR's. */
#ifndef TESSERA_LINK_CONTACT_H
#define TESSERA_LINK_CONTACT_H

#include "link/t0.h"
#include "link/t1.h"
#include "wire/iso7816/atr.h"

enum contact_event {
	CONTACT_NONE,   /* feed on */
	CONTACT_OUTPUT, /* send the bytes of contact_output, then go on at contact.fi_di */
	CONTACT_COMMAND /* contact_command holds a command APDU: answer it with contact_answer */
};

/* CONTACT_MUTE: a PPS was refused or damaged; the card is silent until the next reset. */
enum contact_state { CONTACT_MUTE, CONTACT_NEGOTIABLE, CONTACT_PPS, CONTACT_T0, CONTACT_T1 };

/* Caller-owned, no pointer into itself but has_data's context; all zero: off. */
struct contact_card {
	struct atr atr; /* as it was sent at this reset */
	t0_has_data_fn has_data;
	const void *ctx;
	enum contact_state state;
	uint8_t fi_di; /* speed of the line: Fi and Di as in TA1 */
	uint8_t have;
	uint8_t pps_len; /* of the answer in pps[], which is the output; 0: the protocol's is */
	uint8_t pps[PPS_MAX]; /* as it comes in, then the answer */
	union {
		struct t0_card t0;
		struct t1_card t1;
	} link;
};

/* After a cold or warm reset: everything is forgotten, and the ATR was sent. has_data and ctx are
 * borrowed. Results of atr_parse; RC_RANGE: neither T=0 nor T=1 first; the contacts are then mute.
 */
enum rc contact_reset(struct contact_card *c, const uint8_t *atr, size_t len,
		      t0_has_data_fn has_data, const void *ctx) RC_CHECKED;
/* No PPS will come: in negotiable mode the first protocol starts, at the default speed. */
void contact_begin(struct contact_card *c);
/* One character; parity_ok false: its parity was wrong (T=0 has it repeated below this). */
enum contact_event contact_feed(struct contact_card *c, uint8_t byte, bool parity_ok);
/* The line fell silent inside a PPS, a command or a block. */
enum contact_event contact_silence(struct contact_card *c);
const uint8_t *contact_output(const struct contact_card *c, size_t *len);
const uint8_t *contact_command(const struct contact_card *c, size_t *len);
/* Data and SW, 2…1,026 bytes; copied. */
enum contact_event contact_answer(struct contact_card *c, const uint8_t *answer, size_t len);
/* While a command is with the card: NULL byte, or S(WTX) of one more waiting time. */
enum contact_event contact_more_time(struct contact_card *c);
void contact_wipe(struct contact_card *c);

#endif
