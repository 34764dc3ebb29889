/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A PIN with a durable try counter: the counter is written down before the comparison, so that a
 * power cut never gives back a try (payment invariant 9). */
#ifndef TESSERA_CORE_PIN_H
#define TESSERA_CORE_PIN_H

#include "core/app.h"

#define PIN_TRIES 3
#define PIN_STORED 12 /* bytes in the partition: length u8, digits 8, number of the PIN u24 */

/* Where a PIN lives in its application's partition. */
struct pin_place {
	uint32_t offset; /* of PIN_STORED bytes, zeros before the first PIN */
	uint32_t cells;  /* offset of the cell area */
	unsigned int n_cells;
	unsigned int cell; /* index of the try counter: number of the PIN u24, tries left u8 */
};

/* 9000, 63Cx (x tries left) or 6983; 6A80: not 4…8 digits (no try is spent). Writes at once,
 * outside the transaction, and stages nothing. */
uint16_t pin_verify(struct card_env *env, const struct pin_place *place, const uint8_t *pin,
		    uint8_t len);
/* Stages a new PIN, which has PIN_TRIES with the commit. 6A80: not 4…8 digits, or trivial (all
 * digits the same, or a run up or down); 6985: after 2^24 − 1 changes. */
uint16_t pin_set(const struct card_env *env, const struct pin_place *place, const uint8_t *pin,
		 uint8_t len);
uint8_t pin_tries_left(struct card_env *env, const struct pin_place *place);

#endif
