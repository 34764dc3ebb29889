/* SPDX-License-Identifier: GPL-3.0-or-later */
/* New purchase PINs on their way to cards: the last one of each, wrapped under the keystore. */
#ifndef TESSERA_HEADEND_PIN_RESETS_H
#define TESSERA_HEADEND_PIN_RESETS_H

#include "headend/cards.h"

struct head_pin_reset {
	uint32_t number; /* grows from reset to reset */
	uint32_t changed_at;
	uint8_t len;
	uint8_t digits[PIN_MAX]; /* ASCII; the caller wipes */
};

/* Sends a card a new purchase PIN. RC_RANGE: one that no card takes; RC_NOT_FOUND; RC_STATE:
 * revoked; RC_CRYPTO. */
enum rc card_pin_reset(struct head *h, const struct head_keys *keys, uint32_t leaf,
		       const uint8_t *pin, size_t len, uint32_t now) RC_CHECKED;
/* The last one. RC_NOT_FOUND: there was none; RC_AUTH: wrapped under another keystore. */
enum rc card_pin_reset_get(struct head *h, const struct head_keys *keys, uint32_t leaf,
			   struct head_pin_reset *out) RC_CHECKED;

#endif
