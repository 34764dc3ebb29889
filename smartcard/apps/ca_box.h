/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The boxes that a paired card belongs to. */
#ifndef TESSERA_APPS_CA_BOX_H
#define TESSERA_APPS_CA_BOX_H

#include "apps/ca_state.h"

/* RC_NOT_FOUND: not one of this card's boxes. */
enum rc ca_box_is_paired(const struct card_env *env, const uint8_t hash[CRYPTO_HASH]) RC_CHECKED;
enum rc ca_box_standing(const struct card_env *env, const uint8_t hash[CRYPTO_HASH],
			enum ca_standing *standing) RC_CHECKED;
/* Stages the box on a free place; stages nothing when it is there. RC_SPACE: all are taken. */
enum rc ca_box_put(const struct card_env *env, const uint8_t hash[CRYPTO_HASH]) RC_CHECKED;
/* Stages that the box is gone, and that no box is taken on first use any more: it would come back.
 * Stages only what changes. */
enum rc ca_box_remove(const struct card_env *env, const uint8_t hash[CRYPTO_HASH]) RC_CHECKED;
enum rc ca_box_list(const struct card_env *env, struct ca_boxes *boxes) RC_CHECKED;

#endif
