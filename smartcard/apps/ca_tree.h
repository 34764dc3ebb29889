/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The card's labels in the key tree, and what vouches for the sections that they open. */
#ifndef TESSERA_APPS_CA_TREE_H
#define TESSERA_APPS_CA_TREE_H

#include "apps/ca_emm.h"
#include "base/bytes.h"
#include "wire/emm_tree.h"

/* Personalisation: labels from `first` on, all but the check wrapped under the issuer domain's
 * DEK; they count once the check over all of them was right. Return status words. */
uint16_t ca_tree_store_labels(const struct card_env *env, struct reader *r);
uint16_t ca_tree_store_check(const struct card_env *env, struct reader *r);
/* enum ca_tree_profile. */
enum rc ca_tree_profile(const struct card_env *env, uint8_t *profile) RC_CHECKED;

/* Key of the subset of an entry that is for this leaf and of the card's profile. */
enum rc ca_tree_subset_key(const struct card_env *env, uint32_t leaf,
			   const struct emm_tree_entry *e, uint8_t key[CRYPTO_KEY]) RC_CHECKED;

#endif
