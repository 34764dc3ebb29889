/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader's end of T=1 (ISO 7816-3 clause 11): command APDUs and blocks in, blocks and answers
 * out. Time belongs to the adapter: it says when a block did not come, or not to its end. */
#ifndef TESSERA_READER_T1_HOST_H
#define TESSERA_READER_T1_HOST_H

#include "base/apdu_link.h"
#include "wire/iso7816/t1_block.h"

enum t1_host_event {
	T1_HOST_NONE,   /* feed on */
	T1_HOST_OUTPUT, /* send the block of t1_host_output, then wait for one (t1_host_wait) */
	T1_HOST_DONE    /* t1_host_result tells how it ended */
};

enum t1_host_state {
	T1_HOST_IDLE,
	T1_HOST_SENDING,   /* our chain, or the wait for the answer's first block */
	T1_HOST_RECEIVING, /* the card's chain */
	T1_HOST_TELLING,   /* S(IFS) before the first command */
	T1_HOST_ABORTING,  /* our S(ABORT): the answer is longer than anybody can take */
	T1_HOST_ABORTED,   /* the card's S(ABORT) has been answered */
	T1_HOST_RESYNCHING
};

/* Caller-owned, no pointer into itself. */
struct t1_host {
	enum t1_edc edc;
	enum t1_host_state state;
	enum rc result;
	uint8_t ifsc, ifsd;
	bool ifsd_told; /* the card knows ifsd */
	bool ns, nr;    /* sequence of our next I-block; of the I-block we expect */
	bool parity_wrong;
	uint8_t wait; /* multiplier of the block waiting time for the next block, 0 = 1 */
	uint8_t errors, resynchs;
	uint16_t have; /* bytes of the block being received */
	uint16_t out_len;
	uint16_t command_len, sent, sending;
	uint16_t answer_len;
	uint8_t block[T1_BLOCK_MAX];
	uint8_t out[T1_BLOCK_MAX];
	uint8_t command[APDU_COMMAND_MAX];
	uint8_t answer[APDU_RESPONSE_MAX];
};

/* After a reset and PPS: ifsc and edc as the ATR said; ifsd 1…254 is what we take, and ifsd_told
 * whether somebody (the reader) has told the card already. */
void t1_host_reset(struct t1_host *t, enum t1_edc edc, uint8_t ifsc, uint8_t ifsd, bool ifsd_told);
/* Begins the exchange of one command APDU (copied). RC_RANGE: empty or too long. */
enum rc t1_host_send(struct t1_host *t, const uint8_t *command, size_t len) RC_CHECKED;
/* One byte from the line. */
enum t1_host_event t1_host_feed(struct t1_host *t, uint8_t byte, bool parity_ok);
/* One whole block, or what the reader took for one. */
enum t1_host_event t1_host_block(struct t1_host *t, const uint8_t *block, size_t len);
/* The block or character waiting time has passed. */
enum t1_host_event t1_host_silence(struct t1_host *t);
const uint8_t *t1_host_output(const struct t1_host *t, size_t *len);
/* How many block waiting times the card may take for the next block; ≥ 1. */
uint8_t t1_host_wait(const struct t1_host *t);
/* RC_OK: *answer; RC_SPACE: longer than APDU_RESPONSE_MAX; RC_READER: the exchange is lost (what
 * the card has done is not known), the line is in order; RC_TIMEOUT: the card is mute: reset it. */
enum rc t1_host_result(const struct t1_host *t, const uint8_t **answer, size_t *len) RC_CHECKED;
/* Forgets command and answer, keeps the line's state. */
void t1_host_wipe(struct t1_host *t);

#endif
