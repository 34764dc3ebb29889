/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long a real card would take: commands run on the card in memory, through the real link
 * machines; every character or frame, every cryptographic call and every page written is counted
 * and priced. */
#ifndef TESSERA_EMULATOR_TIMING_H
#define TESSERA_EMULATOR_TIMING_H

#include "emulator/emulator.h"

/* What a card's hardware takes, microseconds. */
struct timing_profile {
	const char *name;
	const char *card;       /* the card that was measured */
	uint32_t dispatch_us;   /* each command, besides what follows */
	uint32_t aes_call_us;   /* each call of AES, CBC or CMAC: keys set up */
	uint32_t aes_block_us;  /* and each block of 16 bytes */
	uint32_t hash_call_us;  /* each SHA-256 */
	uint32_t hash_block_us; /* and each block of 64 bytes */
	uint32_t verify_us;     /* each ECDSA P-256 verification */
	uint32_t multiply_us;   /* each P-256 scalar multiplication of a key pair or ECDH */
	uint32_t random_us;     /* each draw of random bytes */
	uint32_t page_write_us; /* each page of memory written, log included */
};

#define TIMING_PROFILES 3
/* Fastest first; index < TIMING_PROFILES. */
const struct timing_profile *timing_profile_at(unsigned int index);
const struct timing_profile *timing_profile_find(const char *name); /* NULL: none */

enum timing_protocol { TIMING_T0, TIMING_T1, TIMING_14443 };
struct timing_link {
	enum timing_protocol protocol;
	uint8_t fi_di;        /* T=0, T=1: as in TA1 and PPS1; 11 = 9600 bit/s */
	uint16_t rate_kbit_s; /* 14443: 106, 212, 424, 848 in both directions */
};
#define TIMING_CLOCK_HZ 3571200U /* of the contacts: 372/1 is then 9600 bit/s */

struct timing_counts {
	uint32_t commands; /* APDUs */
	uint32_t aes_calls, aes_blocks;
	uint32_t hash_calls, hash_blocks;
	uint32_t verifications;
	uint32_t multiplications;
	uint32_t randoms;
	uint32_t page_writes;
	uint32_t bytes_to_card, bytes_from_card; /* on the line, everything included */
	uint32_t turns;                          /* of the line's direction */
};

struct timing_step {
	const char *name;
	struct timing_counts counts;
	uint64_t line_ns; /* characters, frames and turns of direction */
	uint64_t card_ns; /* what the card does between them */
};

struct timing_model;

/* A television card in memory, personalised with keys drawn for it (profile paired), behind this
 * link. profile and *link are copied. RC_RANGE: no such Fi/Di or rate; RC_CRYPTO,
 * RC_NO_MEMORY; otherwise what the card refused. */
enum rc timing_model_new(const struct timing_profile *profile, const struct timing_link *link,
			 struct timing_model **out) RC_CHECKED;
/* The same with a copy in memory of the card at path, which stays as it is. Also the results of
 * emulator_open; why: one clause on failure. */
enum rc timing_model_open(const struct timing_profile *profile, const struct timing_link *link,
			  const char *path, struct timing_model **out,
			  char why[EMULATOR_WHY]) RC_CHECKED;
void timing_model_free(struct timing_model **m); /* NULL-safe; wipes */

/* Reset, ATR or ATS, choice of parameters; must be the first step. RC_REFUSED: the card does not
 * take the link's parameters. */
enum rc timing_activate(struct timing_model *m, struct timing_step *step) RC_CHECKED;
/* One short command APDU and all that the link makes of it; rsp has APDU_RESPONSE_MAX bytes. name
 * is borrowed. RC_FORMAT: not a short command; RC_READER: the line broke down. */
enum rc timing_command(struct timing_model *m, const char *name, const uint8_t *cmd, size_t cmd_len,
		       uint8_t *rsp, size_t *rsp_len, struct timing_step *step) RC_CHECKED;

#define TIMING_STEPS 10
enum timing_step_index {
	TIMING_ACTIVATION,
	TIMING_SELECT,
	TIMING_OPEN_CHANNEL,    /* handshake with the box: */
	TIMING_CONFIRM_CHANNEL, /* once for each insertion */
	TIMING_EMM_TOPUP,       /* signed */
	TIMING_EMM_GRANT,       /* under the card's own key */
	TIMING_ECM_OFFER,
	TIMING_PURCHASE, /* with PIN, wrapped; answered with the control words */
	TIMING_ECM_OPEN,
	TIMING_REPORT
};
/* The whole transaction on a card of timing_model_new, once. RC_FAIL: an answer was not the one
 * that it must be. */
enum rc timing_transaction(struct timing_model *m,
			   struct timing_step steps[TIMING_STEPS]) RC_CHECKED;

#endif
