// SPDX-License-Identifier: GPL-3.0-or-later
/* DVB-CSA2 on libdvbcsa, the reference: lanes of one key go through its bitslice code in full
 * batches, a handful through its scalar code, which is quicker for few (the batch costs the same
 * whatever its fill).
 */
#include "scramble/engine.h"

#include <dvbcsa/dvbcsa.h>
#include <stdlib.h>

#define CSA2_BLOCK 8U
#define CSA2_PAYLOAD_MAX 184U
#define SCALAR_BELOW 12U /* lanes; measured break-even with 128 lanes of SSE2 */

struct csa2_engine {
	struct scr_engine base;
	struct dvbcsa_bs_batch_s *slots; /* base.batch + 1 */
	bool *done;                      /* lanes of the caller already taken; grows */
	size_t done_cap;
};

struct csa2_key {
	struct scr_key base;
	struct dvbcsa_bs_key_s *wide;
	struct dvbcsa_key_s *narrow;
};

static void
engine_free(struct scr_engine *base)
{
	struct csa2_engine *e = (struct csa2_engine *)base;

	free(e->slots);
	free(e->done);
	free(e);
}

static enum rc
key_set(struct scr_engine *e, struct scr_key *base, const uint8_t *cw)
{
	struct csa2_key *k = (struct csa2_key *)base;

	(void)e;
	dvbcsa_bs_key_set(cw, k->wide);
	dvbcsa_key_set(cw, k->narrow);
	return RC_OK;
}

static void
key_free(struct scr_key *base)
{
	static const uint8_t zero[8];
	struct csa2_key *k = (struct csa2_key *)base;

	/* Both schedules are functions of the word alone: scheduling zeros overwrites all of them.
	 */
	if (k->wide != NULL && k->narrow != NULL)
		(void)key_set(NULL, base, zero);
	if (k->wide != NULL)
		dvbcsa_bs_key_free(k->wide);
	if (k->narrow != NULL)
		dvbcsa_key_free(k->narrow);
	free(k);
}

static struct scr_key *
key_new(struct scr_engine *e)
{
	struct csa2_key *k = calloc(1, sizeof *k);

	if (k == NULL)
		return NULL;
	k->base.ops = e->ops;
	k->wide = dvbcsa_bs_key_alloc();
	k->narrow = dvbcsa_key_alloc();
	if (k->wide == NULL || k->narrow == NULL) {
		key_free(&k->base);
		return NULL;
	}
	return &k->base;
}

static void
run(const struct csa2_engine *e, enum scr_direction dir, const struct csa2_key *k, size_t n)
{
	if (n < SCALAR_BELOW) {
		for (size_t i = 0; i < n; i++) {
			if (dir == SCR_ENCRYPT)
				dvbcsa_encrypt(k->narrow, e->slots[i].data, e->slots[i].len);
			else
				dvbcsa_decrypt(k->narrow, e->slots[i].data, e->slots[i].len);
		}
		return;
	}
	e->slots[n].data = NULL;
	e->slots[n].len = 0;
	if (dir == SCR_ENCRYPT)
		dvbcsa_bs_encrypt(k->wide, e->slots, CSA2_PAYLOAD_MAX);
	else
		dvbcsa_bs_decrypt(k->wide, e->slots, CSA2_PAYLOAD_MAX);
}

/* Works through all lanes from `first` on that have its key. */
static void
run_key(struct csa2_engine *e, enum scr_direction dir, const struct scr_lane *lanes, size_t n,
	size_t first)
{
	const struct scr_key *key = lanes[first].key;
	size_t filled = 0;

	for (size_t i = first; i < n; i++) {
		if (lanes[i].key != key)
			continue;
		e->done[i] = true;
		if (lanes[i].len < CSA2_BLOCK)
			continue;
		e->slots[filled].data = lanes[i].data;
		e->slots[filled].len = lanes[i].len;
		if (++filled == e->base.batch) {
			run(e, dir, (const struct csa2_key *)key, filled);
			filled = 0;
		}
	}
	if (filled > 0)
		run(e, dir, (const struct csa2_key *)key, filled);
}

static enum rc
batch(struct scr_engine *base, enum scr_direction dir, const struct scr_lane *lanes, size_t n)
{
	struct csa2_engine *e = (struct csa2_engine *)base;

	if (n > e->done_cap) {
		bool *done = realloc(e->done, n * sizeof *done);

		if (done == NULL)
			return RC_NO_MEMORY;
		e->done = done;
		e->done_cap = n;
	}
	for (size_t i = 0; i < n; i++) {
		if (lanes[i].len > CSA2_PAYLOAD_MAX)
			return RC_RANGE;
		e->done[i] = false;
	}
	for (size_t i = 0; i < n; i++) {
		if (!e->done[i])
			run_key(e, dir, lanes, n, i);
	}
	return RC_OK;
}

static const struct scr_ops ops = {
	engine_free, key_new, key_free, key_set, batch,
};

struct scr_engine *
csa2_reference_new(const char *name)
{
	struct csa2_engine *e = calloc(1, sizeof *e);

	if (e == NULL)
		return NULL;
	e->base.ops = &ops;
	e->base.name = name;
	e->base.batch = dvbcsa_bs_batch_size();
	e->slots = calloc(e->base.batch + 1, sizeof *e->slots);
	if (e->slots == NULL) {
		free(e);
		return NULL;
	}
	return &e->base;
}
