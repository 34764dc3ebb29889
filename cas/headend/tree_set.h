/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sections that bring one epoch key to every card but the excluded ones, by the key tree: data
 * and auth sections (profile S256) or batches (profile S4K), in buckets by leaf prefix. */
#ifndef TESSERA_HEADEND_TREE_SET_H
#define TESSERA_HEADEND_TREE_SET_H

#include "tree/tree.h"
#include "wire/emm_tree.h"

#include <stdbool.h>

enum key_profile {
	KEY_S256, /* sections of at most 255 bytes, truncated hashes and one signature for 11 */
	KEY_S4K   /* sections of at most 4,096 bytes, Merkle trees */
};

struct tree_delivery {
	enum key_profile profile;
	uint16_t operator_id;
	uint8_t group;
	uint16_t epoch;
	uint32_t sequence, valid_until;
	uint8_t signing_version;
	uint8_t key[CRYPTO_KEY]; /* the epoch key */
	uint8_t tree_master[CRYPTO_KEY];
	bool full, small;         /* which kinds of cards there are */
	const uint32_t *excluded; /* leaves, ascending, each once; borrowed */
	size_t excluded_count;
	const struct crypto *crypto;
	emm_sign_fn sign;
	void *sign_ctx;
};

struct tree_section {
	size_t at, len; /* in bytes of the set */
};

/* An auth section stands before the data sections that it vouches for. */
struct tree_set {
	uint8_t group;
	uint16_t epoch;
	uint32_t sequence;
	uint8_t bits;      /* of the buckets */
	size_t entries;    /* of all data sections; what lies above the buckets stands in several */
	size_t data, auth; /* sections */
	size_t count;
	struct tree_section *sections;
	uint8_t *bytes;
	size_t len, cap;
};

/* RC_NO_MEMORY; RC_RANGE: excluded leaves; RC_CRYPTO; what sign returns. */
enum rc tree_set_build(const struct tree_delivery *d, struct tree_set **out) RC_CHECKED;
void tree_set_free(struct tree_set **s); /* NULL-safe */

#endif
