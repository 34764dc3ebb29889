/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the timing model say to each other. */
#ifndef TESSERA_EMULATOR_TIMING_PRIVATE_H
#define TESSERA_EMULATOR_TIMING_PRIVATE_H

#include "apps/profile.h"
#include "channel/pairing.h"
#include "core/card.h"
#include "crypto_openssl/crypto_openssl.h"
#include "emulator/timing.h"
#include "link/picc.h"
#include "link/t0.h"
#include "link/t1.h"
#include "wire/iso7816/atr.h"

/* Picoseconds of the line in use. */
struct timing_meter {
	uint64_t to_card_ps,
		from_card_ps; /* one character, guard time included; contactless: byte */
	uint64_t frame_ps;    /* what each frame costs besides its bytes */
	uint64_t turn_ps;     /* what each change of direction costs besides */
	uint64_t patience_ns; /* the reader's; a card that takes longer asks for more */
	uint64_t line_ps;     /* so far */
	bool from_card;       /* who spoke last */
};

struct timing_model {
	struct timing_profile profile;
	struct timing_link link;
	struct timing_counts counts;
	struct timing_meter meter;
	uint64_t card_ns;
	struct crypto_openssl *openssl;
	const struct crypto *inner;
	struct crypto crypto; /* counts; ctx is the model */
	struct nv_port nv;    /* counts; ctx is the model */
	struct card_port port;
	struct profile_ram ram;
	struct card card;
	bool reader_sequence; /* T=1: N(S) of the reader's next block; 14443: block number */
	bool card_sequence;   /* T=1: N(S) expected of the card */
	uint16_t frame_max;   /* information bytes of one block to the card */
	union {
		struct t0_card t0;
		struct t1_card t1;
		struct picc picc;
	} end; /* the card's end of the link */
	uint8_t ca_key[CRYPTO_KEY], purse_key[CRYPTO_KEY], epoch_key[CRYPTO_KEY];
	struct crypto_signer *signer;
	uint8_t signing_public[CRYPTO_PUBLIC];
	uint8_t card_public[CRYPTO_PUBLIC]; /* certified, for the box */
	uint8_t memory[CARD_NV_SIZE];
};

/* Fills m->crypto and m->nv. */
void timing_count_init(struct timing_model *m);
/* What the profile says of these counts, without the line. */
uint64_t timing_card_ns(const struct timing_profile *p, const struct timing_counts *c);

/* n characters, or one frame of n bytes, over the line. */
void timing_send(struct timing_model *m, bool from_card, size_t n);
/* Runs the command on the card; its time is added. Returns the length of the answer, and how often
 * the card had to ask for more time. */
size_t timing_run(struct timing_model *m, const uint8_t *cmd, size_t len,
		  uint8_t rsp[APDU_RESPONSE_MAX], unsigned int *extensions);

/* By protocol; the answer is complete, 61xx and 6Cxx resolved. */
enum rc timing_contact_activate(struct timing_model *m) RC_CHECKED;
enum rc timing_t0_exchange(struct timing_model *m, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp,
			   size_t *rsp_len) RC_CHECKED;
enum rc timing_t1_exchange(struct timing_model *m, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp,
			   size_t *rsp_len) RC_CHECKED;
enum rc timing_air_activate(struct timing_model *m) RC_CHECKED;
enum rc timing_air_exchange(struct timing_model *m, const uint8_t *cmd, size_t cmd_len,
			    uint8_t *rsp, size_t *rsp_len) RC_CHECKED;

/* Formats and personalises the card in memory. */
enum rc timing_personalise(struct timing_model *m) RC_CHECKED;

#endif
