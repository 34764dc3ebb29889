// SPDX-License-Identifier: GPL-3.0-or-later
/* The engines' common front. */
#include "scramble/engine.h"

void
scr_engine_free(struct scr_engine **e)
{
	if (*e != NULL)
		(*e)->ops->free(*e);
	*e = NULL;
}

const char *
scr_engine_name(const struct scr_engine *e)
{
	return e->name;
}

size_t
scr_engine_batch(const struct scr_engine *e)
{
	return e->batch;
}

bool
scr_engine_takes_many_keys(const struct scr_engine *e)
{
	return e->many_keys;
}

size_t
scr_cw_size(enum scr_cipher cipher)
{
	return cipher == SCR_CISSA ? 16 : 8;
}

struct scr_key *
scr_key_new(struct scr_engine *e)
{
	return e->ops->key_new(e);
}

void
scr_key_free(struct scr_key **k)
{
	if (*k != NULL)
		(*k)->ops->key_free(*k);
	*k = NULL;
}

enum rc
scr_key_set(struct scr_engine *e, struct scr_key *k, const uint8_t *cw)
{
	return e->ops->key_set(e, k, cw);
}

enum rc
scr_batch(struct scr_engine *e, enum scr_direction dir, const struct scr_lane *lanes, size_t n)
{
	return e->ops->batch(e, dir, lanes, n);
}

void
scr_cw_reduce(uint8_t cw[8])
{
	cw[3] = (uint8_t)(cw[0] + cw[1] + cw[2]);
	cw[7] = (uint8_t)(cw[4] + cw[5] + cw[6]);
}
