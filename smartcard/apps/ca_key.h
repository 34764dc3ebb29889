/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Epoch keys of the key groups, an odd and an even slot each, and the service keys below them. */
#ifndef TESSERA_APPS_CA_KEY_H
#define TESSERA_APPS_CA_KEY_H

#include "apps/ca_state.h"

/* Stages a key in its group's slot of the epoch's parity, when the epoch is greater than the one
 * there. The same key again, or an older epoch, stages nothing. sequence: of the tree EMM that
 * brought it, 0 none; one greater than the slot's replaces the key of an epoch that is there, for a
 * head-end whose database was restored. RC_CONFLICT: another key of the epoch that is there;
 * RC_SPACE: no room for another group. */
enum rc ca_epoch_put(const struct card_env *env, uint8_t group, uint16_t epoch, uint32_t sequence,
		     const uint8_t key[CRYPTO_KEY]) RC_CHECKED;
/* What becomes of a tree EMM by its epoch and sequence: CA_EMM_OLD, CA_EMM_REPEATED, or
 * CA_EMM_APPLIED: it is due. */
enum rc ca_epoch_screen(const struct card_env *env, uint8_t group, uint16_t epoch,
			uint32_t sequence, enum ca_emm_outcome *outcome) RC_CHECKED;
/* Epochs on the card into s->keys and s->key_count. */
enum rc ca_epoch_list(const struct card_env *env, struct ca_status *s) RC_CHECKED;
/* The key that opens this ECM, from RAM or derived. RC_NOT_FOUND: exactly this epoch is missing. */
enum rc ca_service_key_get(const struct card_env *env, const struct ecm *ecm,
			   uint8_t key[CRYPTO_KEY]) RC_CHECKED;

#endif
