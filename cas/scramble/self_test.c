// SPDX-License-Identifier: GPL-3.0-or-later
/* What every engine of CSA2 does before it works: a full batch and a bit more, of mixed keys and
 * lengths, both ways, against libdvbcsa's code for single packets. */
#include "scramble/csa2_key.h"

#include <dvbcsa/dvbcsa.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 3U
#define PAYLOADS 61U /* different ones; repeated, they meet every lane with another neighbour */
#define MORE 3U      /* lanes behind a full batch */

struct sample {
	uint8_t plain[PAYLOADS][CSA2_PAYLOAD_MAX], wanted[PAYLOADS][CSA2_PAYLOAD_MAX];
	uint8_t len[PAYLOADS];
	struct scr_key *keys[KEYS];
	struct scr_lane *lanes;
	uint8_t *data;
	size_t count;
};

static uint8_t
noise(uint32_t *state)
{
	*state = *state * 1664525U + 1013904223U;
	return (uint8_t)(*state >> 24);
}

static enum rc
make_payloads(struct scr_engine *e, struct sample *s, enum scr_direction dir)
{
	struct dvbcsa_key_s *single = dvbcsa_key_alloc();
	uint32_t state = 2026;
	enum rc rc = single == NULL ? RC_NO_MEMORY : RC_OK;

	for (size_t k = 0; k < KEYS && rc == RC_OK; k++) {
		uint8_t cw[CSA2_BLOCK];

		for (size_t i = 0; i < sizeof cw; i++)
			cw[i] = noise(&state);
		rc = scr_key_set(e, s->keys[k], cw);
		dvbcsa_key_set(cw, single);
		for (size_t p = k; p < PAYLOADS; p += KEYS) {
			s->len[p] = (uint8_t)(p % 4 == 0 ? CSA2_PAYLOAD_MAX
							 : noise(&state) % (CSA2_PAYLOAD_MAX + 1));
			for (size_t i = 0; i < CSA2_PAYLOAD_MAX; i++)
				s->plain[p][i] = s->wanted[p][i] = noise(&state);
			if (s->len[p] < CSA2_BLOCK)
				continue;
			if (dir == SCR_ENCRYPT)
				dvbcsa_encrypt(single, s->wanted[p], s->len[p]);
			else
				dvbcsa_decrypt(single, s->wanted[p], s->len[p]);
		}
	}
	if (single != NULL)
		dvbcsa_key_free(single);
	return rc;
}

static enum rc
run_one_way(struct scr_engine *e, struct sample *s, enum scr_direction dir)
{
	enum rc rc = make_payloads(e, s, dir);

	for (size_t i = 0; i < s->count; i++) {
		uint8_t *data = s->data + i * CSA2_PAYLOAD_MAX;

		memcpy(data, s->plain[i % PAYLOADS], CSA2_PAYLOAD_MAX);
		s->lanes[i] = (struct scr_lane) { data, s->keys[i % PAYLOADS % KEYS],
						  s->len[i % PAYLOADS] };
	}
	if (rc == RC_OK)
		rc = scr_batch(e, dir, s->lanes, s->count);
	for (size_t i = 0; i < s->count && rc == RC_OK; i++) {
		if (memcmp(s->data + i * CSA2_PAYLOAD_MAX, s->wanted[i % PAYLOADS],
			   CSA2_PAYLOAD_MAX) != 0)
			rc = RC_INTEGRITY;
	}
	return rc;
}

enum rc
csa2_self_test(struct scr_engine *e)
{
	struct sample *s = calloc(1, sizeof *s);
	enum rc rc = RC_NO_MEMORY;

	if (s == NULL)
		return rc;
	s->count = e->batch + MORE;
	s->lanes = calloc(s->count, sizeof *s->lanes);
	s->data = malloc(s->count * CSA2_PAYLOAD_MAX);
	for (size_t k = 0; k < KEYS; k++)
		s->keys[k] = scr_key_new(e);
	if (s->lanes != NULL && s->data != NULL && s->keys[0] != NULL && s->keys[1] != NULL &&
	    s->keys[2] != NULL)
		rc = run_one_way(e, s, SCR_ENCRYPT);
	if (rc == RC_OK)
		rc = run_one_way(e, s, SCR_DECRYPT);
	for (size_t k = 0; k < KEYS; k++)
		scr_key_free(&s->keys[k]);
	free(s->lanes);
	free(s->data);
	free(s);
	return rc;
}
