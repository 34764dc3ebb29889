/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader's end of T=0 (ISO 7816-3 clause 10): one TPDU at a time, bytes in, bytes out. Time
 * belongs to the adapter. 61xx and 6Cxx are answers like any other. */
#ifndef TESSERA_READER_T0_HOST_H
#define TESSERA_READER_T0_HOST_H

#include "base/rc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define T0_TPDU_MAX 260   /* header and 255 data bytes */
#define T0_ANSWER_MAX 258 /* 256 data bytes and SW */

enum t0_host_event {
	T0_HOST_NONE,   /* feed on; each byte restarts the waiting time */
	T0_HOST_OUTPUT, /* send the bytes of t0_host_output, then feed on */
	T0_HOST_DONE,   /* t0_host_answer */
	T0_HOST_FAILED  /* a procedure byte that means nothing: reset the card */
};

enum t0_host_state { T0_HOST_PROCEDURE, T0_HOST_DATA, T0_HOST_SW2, T0_HOST_IDLE };

/* Caller-owned, no pointer into itself. */
struct t0_host {
	enum t0_host_state state;
	bool one_by_one; /* the last procedure byte asked for one byte only */
	uint16_t tpdu_len;
	uint16_t sent;     /* of the TPDU */
	uint16_t out_at;   /* of the output */
	uint16_t expected; /* data bytes still to come from the card */
	uint16_t answer_len;
	uint8_t tpdu[T0_TPDU_MAX];
	uint8_t answer[T0_ANSWER_MAX];
};

/* Takes a TPDU: four bytes (no data either way), five (P3 bytes come, 0 = 256), or five and P3 data
 * bytes; the first output is its header. RC_RANGE: none of these. */
enum rc t0_host_send(struct t0_host *t, const uint8_t *tpdu, size_t len) RC_CHECKED;
enum t0_host_event t0_host_feed(struct t0_host *t, uint8_t byte);
const uint8_t *t0_host_output(const struct t0_host *t, size_t *len);
/* Data and SW. */
const uint8_t *t0_host_answer(const struct t0_host *t, size_t *len);
void t0_host_wipe(struct t0_host *t);

#endif
