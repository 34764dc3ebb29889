// SPDX-License-Identifier: GPL-3.0-or-later
/* Complete subtree (Naor, Naor, Lotspiech 2001, section 3.1): covers and keys. */
#include "tree/tree.h"

#include "base/bytes.h"
#include "derive/ladder.h"

#include <stdbool.h>

struct cover {
	unsigned int height;
	struct subset *out;
	size_t cap, len;
	bool full;
};

size_t
tree_cover_complete_max(unsigned int height, size_t revoked)
{
	return revoked == 0 ? 1 : revoked * height;
}

static void
put_node(struct cover *c, unsigned int depth, uint32_t path)
{
	if (c->len == c->cap) {
		c->full = true;
		return;
	}
	c->out[c->len++] =
		(struct subset) { .depth_i = (uint8_t)depth, .path = path << (c->height - depth) };
}

/* The siblings that the way to one revoked leaf leaves behind between two depths, when the leaf
 * before it shares the way down to `shared` and the one behind it down to `shared_next`. Left
 * siblings are whole when no earlier leaf lies in them, right ones when no later one does. */
static void
put_siblings(struct cover *c, uint32_t leaf, unsigned int from_left, unsigned int from_right)
{
	for (unsigned int depth = 1; depth <= c->height; depth++) {
		const uint32_t path = leaf >> (c->height - depth);
		const unsigned int from = (path & 1U) != 0 ? from_left : from_right;

		if (depth > from)
			put_node(c, depth, path ^ 1U);
	}
}

/* Depth below which the ways to two leaves are apart. */
static unsigned int
parting(unsigned int height, uint32_t a, uint32_t b)
{
	unsigned int depth = height;

	for (uint32_t diff = a ^ b; diff != 0; diff >>= 1)
		depth--;
	return depth;
}

enum rc
tree_cover_complete(unsigned int height, const uint32_t *revoked, size_t count, struct subset *out,
		    size_t cap, size_t *len)
{
	struct cover c = { .height = height, .out = out, .cap = cap };

	if (height == 0 || height > TREE_HEIGHT_MAX)
		return RC_RANGE;
	for (size_t i = 0; i < count; i++) {
		if (revoked[i] >> height != 0 || (i > 0 && revoked[i] <= revoked[i - 1]))
			return RC_RANGE;
	}
	if (count == 0)
		put_node(&c, 0, 0);
	for (size_t i = 0; i < count; i++) {
		/* At the parting itself the sibling holds the other leaf. */
		const unsigned int left =
			i == 0 ? 0 : parting(height, revoked[i - 1], revoked[i]) + 1;
		const unsigned int right =
			i + 1 == count ? 0 : parting(height, revoked[i], revoked[i + 1]) + 1;

		put_siblings(&c, revoked[i], left, right);
	}
	if (c.full)
		return RC_SPACE;
	*len = c.len;
	return RC_OK;
}

static enum rc
node_key(const struct crypto *c, const uint8_t master[CRYPTO_KEY], uint32_t number,
	 uint8_t key[CRYPTO_KEY])
{
	uint8_t context[4];

	put_be32(context, number);
	return ladder_derive(c, master, LABEL_SUBTREE, context, sizeof context, key);
}

enum rc
tree_node_key(const struct crypto *c, const uint8_t master[CRYPTO_KEY], unsigned int height,
	      const struct subset *node, uint8_t key[CRYPTO_KEY])
{
	const unsigned int depth = node->depth_i;

	if (height == 0 || height > TREE_HEIGHT_MAX || depth > height || node->path >> height != 0)
		return RC_RANGE;
	return node_key(c, master, 1U << depth | node->path >> (height - depth), key);
}

enum rc
tree_card_keys(const struct crypto *c, const uint8_t master[CRYPTO_KEY], unsigned int height,
	       uint32_t leaf, uint8_t keys[][CRYPTO_KEY])
{
	enum rc rc = RC_OK;

	if (height == 0 || height > TREE_HEIGHT_MAX || leaf >> height != 0)
		return RC_RANGE;
	for (unsigned int depth = 0; depth <= height && rc == RC_OK; depth++)
		rc = node_key(c, master, 1U << depth | leaf >> (height - depth), keys[depth]);
	return rc;
}
