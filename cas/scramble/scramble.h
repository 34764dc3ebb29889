/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scrambling engines behind one interface: a batch of lanes, each a payload with its own key.
 * DVB-CSA2 (libdvbcsa) and DVB-CISSA v1 (ETSI TS 103 127). */
#ifndef TESSERA_SCRAMBLE_SCRAMBLE_H
#define TESSERA_SCRAMBLE_SCRAMBLE_H

#include "base/rc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scr_cipher { SCR_CSA2, SCR_CISSA };
enum scr_direction { SCR_ENCRYPT, SCR_DECRYPT };

struct scr_engine; /* one per thread */
struct scr_key;    /* one control word, scheduled */

/* One payload of one packet (0…184 bytes), worked on in place. */
struct scr_lane {
	uint8_t *data;
	const struct scr_key *key;
	uint8_t len;
};

/* An engine that is known, whether it runs on this machine or not. */
struct scr_engine_info {
	const char *name;
	enum scr_cipher cipher;
	const char *needs; /* of the processor; "" = nothing */
	bool runs;         /* here */
};
/* By index from 0, the best of each cipher first; false: no more. */
bool scr_engine_describe(size_t index, struct scr_engine_info *info);

/* The named engine, or the best that runs here when name is NULL. Engines of CSA2 are compared with
 * libdvbcsa before they are handed out. RC_NOT_FOUND: no such name; RC_USAGE: an engine of the
 * other cipher; RC_REFUSED: this processor cannot run it; RC_INTEGRITY: its results are wrong;
 * RC_NO_MEMORY. */
enum rc scr_engine_open(enum scr_cipher cipher, const char *name, struct scr_engine **e) RC_CHECKED;
/* The best one; NULL: out of memory. */
struct scr_engine *scr_engine_new(enum scr_cipher cipher);
void scr_engine_free(struct scr_engine **e); /* wipes */
const char *scr_engine_name(const struct scr_engine *e);
size_t scr_engine_batch(const struct scr_engine *e); /* lanes that make a full batch */
/* True: a full batch may mix keys; else each key wants batches of its own. */
bool scr_engine_takes_many_keys(const struct scr_engine *e);
size_t scr_cw_size(enum scr_cipher cipher); /* 8 or 16 bytes */

struct scr_key *scr_key_new(struct scr_engine *e);
void scr_key_free(struct scr_key **k); /* wipes */
/* Schedules a control word of scr_cw_size bytes, as it is (no checksum is made or repaired). */
enum rc scr_key_set(struct scr_engine *e, struct scr_key *k, const uint8_t *cw) RC_CHECKED;
/* Any number of lanes, any mixture of keys and lengths. Payloads shorter than the cipher's block
 * (CSA2 8, CISSA 16) stay as they are. */
enum rc scr_batch(struct scr_engine *e, enum scr_direction dir, const struct scr_lane *lanes,
		  size_t n) RC_CHECKED;
/* Bytes 3 and 7 become the sums that DVB's 48-bit form wants. */
void scr_cw_reduce(uint8_t cw[8]);

#endif
