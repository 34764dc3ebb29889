/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cards with labels of a key tree whose master the test knows, and sections that deliver epoch
 * keys by it. */
#ifndef TESSERA_TREE_BENCH_H
#define TESSERA_TREE_BENCH_H

#include "card_fixture.h"
#include "tree/tree.h"
#include "wire/emm_tree.h"

extern const uint8_t tree_bench_master[CRYPTO_KEY];

/* For fix_init_more: 301 labels, or 25 keys, of FIX_LEAF. */
void tree_bench_full(struct card_fixture *f, struct scp03_session *s, uint8_t *block);
void tree_bench_small(struct card_fixture *f, struct scp03_session *s, uint8_t *block);
/* One DGI_CA_LABELS with up to 11 labels from `first` on. */
uint16_t tree_bench_labels(struct card_fixture *f, struct scp03_session *s, uint8_t block,
			   uint8_t profile, unsigned int first);
/* DGI_CA_LABELS_CHECK; with a wrong check when spoilt. */
uint16_t tree_bench_check(struct card_fixture *f, struct scp03_session *s, uint8_t block,
			  uint8_t profile, bool spoilt);

/* A rotation of FIX_GROUP on air. */
struct tree_air {
	uint16_t epoch;
	uint32_t sequence;
	uint8_t key[CRYPTO_KEY];
	struct emm_bucket bucket;
	uint32_t valid_until;
};
struct tree_air tree_bench_air(uint16_t epoch, uint32_t sequence, uint8_t fill);
/* The entry of a subset, or of all leaves below a node. */
struct emm_tree_entry tree_bench_entry(const struct tree_air *a, const struct subset *s,
				       bool complete);
/* A section of table 84, and the auth section for it. */
size_t tree_bench_section(const struct tree_air *a, const struct emm_tree_entry *entries,
			  size_t count, uint8_t section[EMM_MAX]);
size_t tree_bench_auth(const struct tree_air *a, const uint8_t *section, size_t len,
		       uint8_t auth[EMM_MAX]);
/* A section of table 87. */
size_t tree_bench_batch(const struct tree_air *a, const struct emm_tree_entry *entries,
			size_t count, uint8_t section[EMM_SECTION_MAX]);
/* Every card but FIX_LEAF ^ 1, which is in one subset of the full, and one node of the small
 * profile: the entry that FIX_LEAF needs comes last of three. */
size_t tree_bench_entries(const struct tree_air *a, bool complete, struct emm_tree_entry out[3]);

#endif
