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

/* NULL: out of memory. */
struct scr_engine *scr_engine_new(enum scr_cipher cipher);
void scr_engine_free(struct scr_engine **e);
const char *scr_engine_name(const struct scr_engine *e);
size_t scr_engine_batch(const struct scr_engine *e); /* lanes that make a full batch */
size_t scr_cw_size(enum scr_cipher cipher);          /* 8 or 16 bytes */

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
