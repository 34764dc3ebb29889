/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The card's end of T=1 (ISO 7816-3 clause 11): bytes in, blocks and command APDUs out. Time is the
 * adapter's: it says when the line fell silent inside a block, and asks for more time on the card's
 * behalf. */
#ifndef TESSERA_LINK_T1_H
#define TESSERA_LINK_T1_H

#include "wire/iso7816/t1_block.h"

#define T1_APDU_MAX 1033

enum t1_event {
	T1_NONE,   /* feed on */
	T1_OUTPUT, /* send the bytes of t1_card_output */
	T1_COMMAND /* t1_card_command holds a command APDU: answer it with t1_card_answer */
};

/* Caller-owned, no pointer into itself. */
struct t1_card {
	enum t1_edc edc;
	uint8_t ifsc;   /* what we take, from the ATR */
	uint8_t ifsd;   /* what the reader takes */
	bool ns, nr;    /* sequence of our next I-block; of the I-block we expect */
	bool busy;      /* a command APDU is with the card */
	bool answering; /* the answer's chain is not acknowledged to its end */
	bool wtx_asked;
	bool last_was_i; /* last[] is an I-block: a repeat request with its sequence sends it again
			  */
	bool parity_wrong; /* of a character of the block being received */
	bool overlong;     /* the chain in is longer than any command: answered 6700 when it ends */
	uint8_t nad;       /* of the last good block, answered with the nibbles swapped */
	uint16_t have;     /* bytes of the block being received */
	uint16_t last_len;
	uint16_t apdu_len; /* command: bytes so far; answer: its length */
	uint16_t sent;     /* answer bytes in the blocks before last[] */
	uint16_t sending;  /* answer bytes in last[] */
	uint8_t block[T1_BLOCK_MAX];
	uint8_t last[T1_BLOCK_MAX];
	uint8_t apdu[T1_APDU_MAX];
};

/* After a cold or warm reset and PPS. ifsc 1…254 as the ATR said. */
void t1_card_reset(struct t1_card *t, enum t1_edc edc, uint8_t ifsc);
/* One byte from the line; parity_ok false: the character's parity was wrong. */
enum t1_event t1_card_feed(struct t1_card *t, uint8_t byte, bool parity_ok);
/* The character waiting time has passed inside a block: the block is lost and asked for again. */
enum t1_event t1_card_silence(struct t1_card *t);
/* The block to send; stays valid until the next call. */
const uint8_t *t1_card_output(const struct t1_card *t, size_t *len);
const uint8_t *t1_card_command(const struct t1_card *t, size_t *len);
/* Gives the answer (data and SW, 2…1,026 bytes; copied) to the last command; the first block is
 * then the output. */
enum t1_event t1_card_answer(struct t1_card *t, const uint8_t *answer, size_t len);
/* While a command is with the card: asks for multiplier × BWT more (11.4.3). The output is the
 * request; the reader's consent comes in through t1_card_feed as T1_NONE. */
enum t1_event t1_card_more_time(struct t1_card *t, uint8_t multiplier);

#endif
