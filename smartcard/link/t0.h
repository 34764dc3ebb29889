/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The card's end of T=0 (ISO 7816-3 clause 10, mapping of APDUs 12.2): bytes in, bytes and command
 * APDUs out. GET RESPONSE, 61xx, 6Cxx and ENVELOPE live here; applications see none of them. */
#ifndef TESSERA_LINK_T0_H
#define TESSERA_LINK_T0_H

#include "base/rc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define T0_APDU_MAX 1033
#define T0_OUT_MAX 259 /* procedure byte, 256 data bytes, SW */

enum t0_event {
	T0_NONE,   /* feed on */
	T0_OUTPUT, /* send the bytes of t0_card_output */
	T0_COMMAND /* t0_card_command holds a command APDU: answer it with t0_card_answer */
};

/* Whether the command with this header carries data towards the card (cases 3 and 4): P3 is then
 * Lc, else Le. */
typedef bool (*t0_has_data_fn)(const void *ctx, const uint8_t header[4]);

enum t0_state { T0_HEADER, T0_DATA, T0_BUSY };

/* Caller-owned, no pointer into itself but has_data's context. */
struct t0_card {
	t0_has_data_fn has_data;
	const void *ctx;
	enum t0_state state;
	uint8_t header[5];
	uint8_t have_header;
	bool case_two;            /* the pending command asked for P3 bytes */
	bool enveloping;          /* apdu[] collects pieces of ENVELOPE */
	uint8_t answer_header[4]; /* of the case 2 command whose answer waits for the right Le */
	bool answer_is_whole; /* the answer waits for that command again, not for GET RESPONSE */
	uint16_t apdu_len;
	uint16_t answer_len; /* bytes with SW that wait, 0 none */
	uint16_t answer_at;  /* sent so far */
	uint16_t out_len;
	uint8_t apdu[T0_APDU_MAX]; /* the command as it comes in, then its answer */
	uint8_t out[T0_OUT_MAX];
};

/* After a reset. has_data and ctx are borrowed. */
void t0_card_reset(struct t0_card *t, t0_has_data_fn has_data, const void *ctx);
enum t0_event t0_card_feed(struct t0_card *t, uint8_t byte);
/* The line fell silent inside a command: it is forgotten. */
void t0_card_silence(struct t0_card *t);
const uint8_t *t0_card_output(const struct t0_card *t, size_t *len);
const uint8_t *t0_card_command(const struct t0_card *t, size_t *len);
/* Gives the answer (data and SW, 2…1,026 bytes; copied). */
enum t0_event t0_card_answer(struct t0_card *t, const uint8_t *answer, size_t len);
/* While a command is with the card: the NULL procedure byte 60 restarts the reader's waiting time.
 */
enum t0_event t0_card_more_time(struct t0_card *t);

#endif
