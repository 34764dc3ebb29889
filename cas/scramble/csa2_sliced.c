// SPDX-License-Identifier: GPL-3.0-or-later
/* The engines with kernels of our own: keys, and calls cut into batches. Payloads are sorted by
 * length, longest first, because a batch costs what its longest payload costs. */
#include "scramble/csa2_sliced.h"

#include "base/mem.h"

#include <stdlib.h>

#define SIZES (CSA2_PAYLOAD_MAX / CSA2_BLOCK + 1)

struct sliced_engine {
	struct scr_engine base;
	const struct csa2_kernel *kernel;
	struct csa2_permutation permutation;
	void *work;
	struct csa2_lane *lanes; /* sorted */
	size_t cap;
};

struct sliced_key {
	struct scr_key base;
	struct csa2_rows rows;
};

static void
engine_free(struct scr_engine *base)
{
	struct sliced_engine *e = (struct sliced_engine *)base;

	if (e->work != NULL)
		mem_wipe(e->work, e->kernel->work_size);
	free(e->work);
	free(e->lanes);
	free(e);
}

static struct scr_key *
key_new(struct scr_engine *e)
{
	struct sliced_key *k = aligned_alloc(64, (sizeof *k + 63) / 64 * 64);

	if (k == NULL)
		return NULL;
	memset(k, 0, sizeof *k);
	k->base.ops = e->ops;
	return &k->base;
}

static void
key_free(struct scr_key *k)
{
	mem_wipe(k, sizeof(struct sliced_key));
	free(k);
}

static enum rc
key_set(struct scr_engine *e, struct scr_key *k, const uint8_t *cw)
{
	csa2_rows_make(&((struct sliced_engine *)e)->permutation, cw,
		       &((struct sliced_key *)k)->rows);
	return RC_OK;
}

/* Room for n lanes, sorted by whole blocks and residue: where each size begins. */
static enum rc
sort(struct sliced_engine *e, const struct scr_lane *lanes, size_t n, size_t *worth)
{
	size_t count[SIZES] = { 0 }, start[SIZES], at = 0;

	if (n > e->cap) {
		struct csa2_lane *more = realloc(e->lanes, n * sizeof *more);

		if (more == NULL)
			return RC_NO_MEMORY;
		e->lanes = more;
		e->cap = n;
	}
	for (size_t i = 0; i < n; i++) {
		if (lanes[i].len > CSA2_PAYLOAD_MAX)
			return RC_RANGE;
		if (lanes[i].len >= CSA2_BLOCK)
			count[(lanes[i].len + CSA2_BLOCK - 1) / CSA2_BLOCK]++;
	}
	for (size_t s = SIZES; s-- > 0; at += count[s])
		start[s] = at;
	for (size_t i = 0; i < n; i++) {
		size_t s = (lanes[i].len + CSA2_BLOCK - 1) / CSA2_BLOCK;

		if (lanes[i].len < CSA2_BLOCK)
			continue;
		e->lanes[start[s]++] =
			(struct csa2_lane) { lanes[i].data,
					     &((const struct sliced_key *)lanes[i].key)->rows,
					     lanes[i].len };
	}
	*worth = at;
	return RC_OK;
}

static enum rc
batch(struct scr_engine *base, enum scr_direction dir, const struct scr_lane *lanes, size_t n)
{
	struct sliced_engine *e = (struct sliced_engine *)base;
	size_t worth = 0;
	enum rc rc = sort(e, lanes, n, &worth);

	for (size_t at = 0; rc == RC_OK && at < worth; at += e->kernel->lanes) {
		size_t some = worth - at < e->kernel->lanes ? worth - at : e->kernel->lanes;

		e->kernel->run(e->work, dir, e->lanes + at, some);
	}
	return rc;
}

static const struct scr_ops ops = { engine_free, key_new, key_free, key_set, batch };

struct scr_engine *
csa2_sliced_new(const char *name, const struct csa2_kernel *kernel)
{
	struct sliced_engine *e = calloc(1, sizeof *e);

	if (e == NULL)
		return NULL;
	e->base.ops = &ops;
	e->base.name = name;
	e->base.batch = kernel->lanes;
	e->base.many_keys = true;
	e->kernel = kernel;
	csa2_permutation_make(&e->permutation);
	e->work = aligned_alloc(64, (kernel->work_size + 63) / 64 * 64);
	if (e->work == NULL) {
		free(e);
		return NULL;
	}
	memset(e->work, 0, kernel->work_size);
	kernel->init(e->work);
	return &e->base;
}
