/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Subset difference (Naor, Naor, Lotspiech: "Revocation and Tracing Schemes for Stateless
 * Receivers", 2001, section 3.2): what a card keeps and how it finds the key of a subset it belongs
 * to. A subset S(i, j) is every leaf below node i that is not below node j. Labels: LABEL_i comes
 * from the tree's master; G(x) = AES_x(1), AES_x(2), AES_x(3) gives the label of the left child,
 * the label of the right child, and the key. */
#ifndef TESSERA_DERIVE_SUBSET_H
#define TESSERA_DERIVE_SUBSET_H

#include "crypto/crypto.h"

#define TREE_HEIGHT_MAX 24
/* Labels of a card in a tree of height h: one for each ancestor i and each node that hangs off the
 * path from i to the leaf, and one for the set of all cards. 24: 301. */
#define TREE_LABELS(h) ((h) * ((h) + 1) / 2 + 1)
#define TREE_LABELS_MAX TREE_LABELS(TREE_HEIGHT_MAX)

/* S(i, j), or all cards when depth_j is 0 (there is no j). */
struct subset {
	uint8_t depth_i;
	uint8_t depth_j; /* > depth_i, or 0 */
	uint32_t path; /* of j (of i = root: 0), its depth_j bits at the top of a field of `height`
			  bits */
};

/* Whether the leaf belongs to the subset. RC_RANGE: the subset is impossible in this tree. */
enum rc subset_contains(unsigned int height, const struct subset *s, uint32_t leaf,
			int *contains) RC_CHECKED;
/* Where the label for this subset stands among the leaf's labels, 0 … TREE_LABELS(height) − 1.
 * RC_NOT_FOUND: the leaf is not in the subset; RC_RANGE. *depth: of the node that it belongs to. */
enum rc subset_label_index(unsigned int height, const struct subset *s, uint32_t leaf,
			   unsigned int *index, unsigned int *depth) RC_CHECKED;
/* Walks from the label of the node at `depth` on the path to j down to j and yields the subset's
 * key. For the set of all cards the label is the key's own (depth 0). At most height + 1 AES calls.
 */
enum rc subset_walk(const struct crypto *c, unsigned int height, const struct subset *s,
		    const uint8_t label[CRYPTO_KEY], unsigned int depth,
		    uint8_t key[CRYPTO_KEY]) RC_CHECKED;
/* One step of G: 0 left, 1 right, 2 the key. */
enum rc subset_step(const struct crypto *c, const uint8_t label[CRYPTO_KEY], unsigned int which,
		    uint8_t out[CRYPTO_KEY]) RC_CHECKED;

#endif
