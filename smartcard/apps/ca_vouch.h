/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Key delivery by the tree: sections of tables 84 and 86, short forms of 87. */
#ifndef TESSERA_APPS_CA_VOUCH_H
#define TESSERA_APPS_CA_VOUCH_H

#include "apps/ca_tree.h"

/* Counts one verification of a signature; false: enough for this crypto period. */
bool ca_may_verify(const struct card_env *env);
/* Stages; any status word but 9000: the caller discards what was staged. */
uint16_t ca_tree_command(const struct card_env *env, const struct ca_identity *id,
			 const uint8_t *section, size_t len, enum ca_emm_outcome *outcome);
/* Forgets what vouched under a signing key that is no longer the card's. */
void ca_tree_forget(const struct card_env *env);

#endif
