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

#endif
