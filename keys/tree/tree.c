// SPDX-License-Identifier: GPL-3.0-or-later
/* Covers and labels of the subset-difference tree. Nodes are numbered as in a heap: the root is 1,
 * the children of n are 2n and 2n + 1. */
#include "tree/tree.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "derive/ladder.h"

struct cover {
	unsigned int height;
	const uint32_t *revoked;
	struct subset *out;
	size_t cap, len;
	enum rc rc;
};

struct node {
	unsigned int depth;
	uint32_t path; /* depth bits */
};

size_t
tree_cover_max(size_t revoked)
{
	return revoked == 0 ? 1 : 2 * revoked - 1;
}

static void
put_subset(struct cover *c, struct node i, struct node j)
{
	if (i.depth == j.depth)
		return;
	if (c->len == c->cap) {
		c->rc = RC_SPACE;
		return;
	}
	c->out[c->len++] = (struct subset) { .depth_i = (uint8_t)i.depth,
					     .depth_j = (uint8_t)j.depth,
					     .path = j.path << (c->height - j.depth) };
}

static unsigned int
common_depth(unsigned int height, uint32_t a, uint32_t b)
{
	unsigned int depth = height;

	for (uint32_t diff = a ^ b; diff != 0; diff >>= 1)
		depth--;
	return depth;
}

/* First leaf of revoked[a…b) whose bit at this depth is set. */
static size_t
split(const struct cover *c, size_t a, size_t b, unsigned int depth)
{
	const unsigned int shift = c->height - depth - 1;

	while (a < b) {
		const size_t mid = a + (b - a) / 2;

		if ((c->revoked[mid] >> shift & 1U) != 0)
			b = mid;
		else
			a = mid + 1;
	}
	return a;
}

/* Covers what is below the lowest node that holds all of revoked[a…b), but for the node it returns,
 * below which nothing is left to cover. At most `height` deep. */
static struct node
cover_below(struct cover *c, size_t a, size_t b)
{
	const unsigned int depth = common_depth(c->height, c->revoked[a], c->revoked[b - 1]);
	const struct node top = { depth, c->revoked[a] >> (c->height - depth) };
	size_t mid;

	if (b - a == 1)
		return top;
	mid = split(c, a, b, depth);
	put_subset(c, (struct node) { depth + 1, top.path << 1 }, cover_below(c, a, mid));
	put_subset(c, (struct node) { depth + 1, top.path << 1 | 1U }, cover_below(c, mid, b));
	return top;
}

enum rc
tree_cover(unsigned int height, const uint32_t *revoked, size_t count, struct subset *out,
	   size_t cap, size_t *len)
{
	struct cover c = { .height = height, .revoked = revoked, .out = out, .cap = cap };

	if (height == 0 || height > TREE_HEIGHT_MAX)
		return RC_RANGE;
	for (size_t i = 0; i < count; i++) {
		if (revoked[i] >> height != 0 || (i > 0 && revoked[i] <= revoked[i - 1]))
			return RC_RANGE;
	}
	if (count == 0 && cap == 0)
		return RC_SPACE;
	if (count == 0)
		out[c.len++] = (struct subset) { 0, 0, 0 };
	else
		put_subset(&c, (struct node) { 0, 0 }, cover_below(&c, 0, count));
	if (c.rc == RC_OK)
		*len = c.len;
	return c.rc;
}

/* LABEL_i of the node at this depth on the way to the leaf; number 0 is the set of all cards. */
static enum rc
node_label(const struct crypto *c, const uint8_t master[CRYPTO_KEY], uint32_t number,
	   uint8_t label[CRYPTO_KEY])
{
	uint8_t context[4];

	put_be32(context, number);
	return ladder_derive(c, master, LABEL_TREE, context, sizeof context, label);
}

static uint32_t
node_number(unsigned int height, uint32_t path, unsigned int depth)
{
	return 1U << depth | path >> (height - depth);
}

enum rc
tree_subset_key(const struct crypto *c, const uint8_t master[CRYPTO_KEY], unsigned int height,
		const struct subset *s, uint8_t key[CRYPTO_KEY])
{
	uint8_t label[CRYPTO_KEY];
	enum rc rc;

	if (height == 0 || height > TREE_HEIGHT_MAX)
		return RC_RANGE;
	rc = node_label(c, master, s->depth_j == 0 ? 0 : node_number(height, s->path, s->depth_i),
			label);
	if (rc == RC_OK)
		rc = subset_walk(c, height, s, label, s->depth_i, key);
	mem_wipe(label, sizeof label);
	return rc;
}

/* The labels that hang off the path from the ancestor at depth_i down to the leaf. */
static enum rc
labels_below(const struct crypto *c, unsigned int height, uint32_t leaf, unsigned int depth_i,
	     uint8_t at[CRYPTO_KEY], uint8_t (*labels)[CRYPTO_KEY])
{
	enum rc rc = RC_OK;

	for (unsigned int depth = depth_i; depth < height && rc == RC_OK; depth++) {
		const unsigned int bit = leaf >> (height - depth - 1) & 1U;

		rc = subset_step(c, at, bit ^ 1U, *labels++);
		if (rc == RC_OK)
			rc = subset_step(c, at, bit, at);
	}
	return rc;
}

enum rc
tree_card_labels(const struct crypto *c, const uint8_t master[CRYPTO_KEY], unsigned int height,
		 uint32_t leaf, uint8_t labels[][CRYPTO_KEY])
{
	uint8_t at[CRYPTO_KEY];
	size_t n = 0;
	enum rc rc = RC_OK;

	if (height == 0 || height > TREE_HEIGHT_MAX || leaf >> height != 0)
		return RC_RANGE;
	for (unsigned int depth = 0; depth < height && rc == RC_OK; depth++) {
		rc = node_label(c, master, node_number(height, leaf, depth), at);
		if (rc == RC_OK)
			rc = labels_below(c, height, leaf, depth, at, labels + n);
		n += height - depth;
	}
	if (rc == RC_OK)
		rc = node_label(c, master, 0, labels[n]);
	mem_wipe(at, sizeof at);
	return rc;
}
