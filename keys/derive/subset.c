// SPDX-License-Identifier: GPL-3.0-or-later
/* Subset difference, the card's side. */
#include "derive/subset.h"

#include "base/mem.h"

#include <stdbool.h>

static bool
is_possible(unsigned int height, const struct subset *s)
{
	if (height == 0 || height > TREE_HEIGHT_MAX || s->path >> height != 0)
		return false;
	if (s->depth_j == 0)
		return s->depth_i == 0 && s->path == 0;
	return s->depth_j > s->depth_i && s->depth_j <= height &&
	       (s->path & ((1U << (height - s->depth_j)) - 1U)) == 0;
}

/* The depth at which two leaves' paths part, or height when they are the same leaf. */
static unsigned int
common_depth(unsigned int height, uint32_t a, uint32_t b)
{
	unsigned int depth = 0;

	while (depth < height && (a >> (height - depth - 1)) == (b >> (height - depth - 1)))
		depth++;
	return depth;
}

enum rc
subset_contains(unsigned int height, const struct subset *s, uint32_t leaf, int *contains)
{
	unsigned int shared;

	if (!is_possible(height, s) || leaf >> height != 0)
		return RC_RANGE;
	shared = common_depth(height, leaf, s->path);
	*contains = s->depth_j == 0 || (shared >= s->depth_i && shared < s->depth_j);
	return RC_OK;
}

enum rc
subset_label_index(unsigned int height, const struct subset *s, uint32_t leaf, unsigned int *index,
		   unsigned int *depth)
{
	unsigned int shared;
	int contains;
	enum rc rc = subset_contains(height, s, leaf, &contains);

	if (rc != RC_OK)
		return rc;
	if (!contains)
		return RC_NOT_FOUND;
	if (s->depth_j == 0) {
		*index = TREE_LABELS(height) - 1;
		*depth = 0;
		return RC_OK;
	}
	shared = common_depth(height, leaf, s->path);
	/* Ancestors in order of depth; below each, the hanging nodes in order of depth. */
	*index = s->depth_i * height - s->depth_i * (s->depth_i - 1U) / 2U + (shared - s->depth_i);
	*depth = shared + 1;
	return RC_OK;
}

enum rc
subset_step(const struct crypto *c, const uint8_t label[CRYPTO_KEY], unsigned int which,
	    uint8_t out[CRYPTO_KEY])
{
	uint8_t block[CRYPTO_BLOCK] = { 0 };

	block[CRYPTO_BLOCK - 1] = (uint8_t)(which + 1);
	return c->block(c->ctx, label, CRYPTO_KEY, CRYPTO_ENCRYPT, block, out);
}

enum rc
subset_walk(const struct crypto *c, unsigned int height, const struct subset *s,
	    const uint8_t label[CRYPTO_KEY], unsigned int depth, uint8_t key[CRYPTO_KEY])
{
	uint8_t at[CRYPTO_KEY];
	enum rc rc = RC_OK;

	if (!is_possible(height, s) || depth > s->depth_j)
		return RC_RANGE;
	memcpy(at, label, sizeof at);
	for (; depth < s->depth_j && rc == RC_OK; depth++)
		rc = subset_step(c, at, s->path >> (height - depth - 1) & 1U, at);
	if (rc == RC_OK)
		rc = subset_step(c, at, 2, key);
	mem_wipe(at, sizeof at);
	return rc;
}
