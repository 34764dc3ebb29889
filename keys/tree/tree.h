/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Subset difference, the head-end's side: which subsets cover every card that is not revoked, their
 * keys, and the labels that a new card is given. */
#ifndef TESSERA_TREE_TREE_H
#define TESSERA_TREE_TREE_H

#include "derive/subset.h"

#include <stddef.h>

/* Most subsets that r revoked leaves need: 2r − 1, and 1 when there are none. */
size_t tree_cover_max(size_t revoked);
/* The cover of all leaves of a tree of this height but the revoked ones (ascending, each once).
 * RC_RANGE: height, order or leaf; RC_SPACE: more than cap. With every leaf
 * revoked the cover is empty. */
enum rc tree_cover(unsigned int height, const uint32_t *revoked, size_t count, struct subset *out,
		   size_t cap, size_t *len) RC_CHECKED;
/* Key of a subset from the tree's master (label of node i: ladder LABEL_TREE). */
enum rc tree_subset_key(const struct crypto *c, const uint8_t master[CRYPTO_KEY],
			unsigned int height, const struct subset *s,
			uint8_t key[CRYPTO_KEY]) RC_CHECKED;
/* The TREE_LABELS(height) labels of a leaf, in the order of subset_label_index. */
enum rc tree_card_labels(const struct crypto *c, const uint8_t master[CRYPTO_KEY],
			 unsigned int height, uint32_t leaf,
			 uint8_t labels[][CRYPTO_KEY]) RC_CHECKED;

/* Complete subtree, the profile of small cards: a card holds the key of every node on the way from
 * the root to its leaf, and a node (depth_i and path of a struct subset) is all leaves below it. */

/* The nodes that cover all leaves but the revoked ones (ascending, each once): r log2(N / r) of
 * them. As tree_cover. */
enum rc tree_cover_complete(unsigned int height, const uint32_t *revoked, size_t count,
			    struct subset *out, size_t cap, size_t *len) RC_CHECKED;
/* Most nodes that r revoked leaves need: r · height, and 1 when there are none. */
size_t tree_cover_complete_max(unsigned int height, size_t revoked);
/* Key of a node from the tree's master (ladder LABEL_SUBTREE). RC_RANGE. */
enum rc tree_node_key(const struct crypto *c, const uint8_t master[CRYPTO_KEY], unsigned int height,
		      const struct subset *node, uint8_t key[CRYPTO_KEY]) RC_CHECKED;
/* The height + 1 keys of a leaf, from the root's on. */
enum rc tree_card_keys(const struct crypto *c, const uint8_t master[CRYPTO_KEY],
		       unsigned int height, uint32_t leaf, uint8_t keys[][CRYPTO_KEY]) RC_CHECKED;

#endif
