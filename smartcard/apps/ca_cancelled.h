/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proofs of cancellation: rights that an EMM took off this card, the newest few. */
#ifndef TESSERA_APPS_CA_CANCELLED_H
#define TESSERA_APPS_CA_CANCELLED_H

#include "apps/ca_state.h"

/* The list while an EMM is applied: read with the first cancellation, staged once. */
struct ca_cancelled {
	bool loaded;
	uint32_t counter; /* of cancellations, ever */
	uint8_t entries[CA_CANCELLED_MAX * CA_CANCELLED_SIZE];
};

/* Notes what the card holds of a product, PRODUCT_ALL: of each, before it is cancelled. */
enum rc ca_cancelled_note(const struct card_env *env, struct ca_cancelled *list,
			  uint16_t product) RC_CHECKED;
enum rc ca_cancelled_stage(const struct card_env *env, const struct ca_cancelled *list) RC_CHECKED;
/* The index-th newest with its code. RC_NOT_FOUND. */
enum rc ca_cancelled_at(const struct card_env *env, unsigned int index,
			struct ca_confirmation *c) RC_CHECKED;

#endif
