// SPDX-License-Identifier: GPL-3.0-or-later
/* Every engine against libdvbcsa's code for single packets: the input makes the lanes (length and
 * key each), their bytes, and the words. */
#include "scramble/scramble.h"

#include <dvbcsa/dvbcsa.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 4U
#define PAYLOAD 184U
#define LANES_MAX 600U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct job {
	uint8_t bytes[LANES_MAX][PAYLOAD], want[LANES_MAX][PAYLOAD];
	struct scr_lane lanes[LANES_MAX];
	size_t count;
};

/* Two bytes of input a lane; what is in the payloads follows from all of the input. */
static void
make_lanes(struct job *j, struct scr_key *const keys[KEYS], struct dvbcsa_key_s *const single[KEYS],
	   enum scr_direction dir, const uint8_t *data, size_t size)
{
	uint32_t state = 1;

	j->count = 0;
	for (size_t at = 0; at + 1 < size && j->count < LANES_MAX; at += 2) {
		size_t k = data[at + 1] % KEYS, repeat = 1U + (data[at + 1] & 0x40U);
		uint8_t len = (uint8_t)(data[at] % (PAYLOAD + 1));

		for (; repeat > 0 && j->count < LANES_MAX; repeat--, j->count++) {
			uint8_t *p = j->bytes[j->count], *w = j->want[j->count];

			for (size_t i = 0; i < PAYLOAD; i++) {
				state = state * 1664525U + 1013904223U + data[i % size];
				p[i] = w[i] = (uint8_t)(state >> 24);
			}
			j->lanes[j->count] = (struct scr_lane) { p, keys[k], len };
			if (len >= 8 && dir == SCR_ENCRYPT)
				dvbcsa_encrypt(single[k], w, len);
			else if (len >= 8)
				dvbcsa_decrypt(single[k], w, len);
		}
	}
}

static void
run_engine(struct scr_engine *e, struct job *j, const uint8_t *data, size_t size)
{
	struct scr_key *keys[KEYS];
	struct dvbcsa_key_s *single[KEYS];

	for (size_t k = 0; k < KEYS; k++) {
		uint8_t cw[8] = { (uint8_t)k };

		memcpy(cw + 1, data, size < 7 ? size : 7);
		keys[k] = scr_key_new(e);
		single[k] = dvbcsa_key_alloc();
		if (keys[k] == NULL || single[k] == NULL || scr_key_set(e, keys[k], cw) != RC_OK)
			abort();
		dvbcsa_key_set(cw, single[k]);
	}
	for (int dir = SCR_ENCRYPT; dir <= SCR_DECRYPT; dir++) {
		make_lanes(j, keys, single, (enum scr_direction)dir, data, size);
		if (scr_batch(e, (enum scr_direction)dir, j->lanes, j->count) != RC_OK ||
		    memcmp(j->bytes, j->want, j->count * PAYLOAD) != 0)
			abort();
	}
	for (size_t k = 0; k < KEYS; k++) {
		scr_key_free(&keys[k]);
		dvbcsa_key_free(single[k]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scr_engine_info info;
	struct job *j = calloc(1, sizeof *j);

	if (j == NULL)
		abort();
	for (size_t i = 0; size > 0 && scr_engine_describe(i, &info); i++) {
		struct scr_engine *e = NULL;

		if (info.cipher != SCR_CSA2 || !info.runs)
			continue;
		if (scr_engine_open(SCR_CSA2, info.name, &e) != RC_OK)
			abort();
		run_engine(e, j, data, size);
		scr_engine_free(&e);
	}
	free(j);
	return 0;
}
