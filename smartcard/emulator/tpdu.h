/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a reader of TPDU level hands to a card in T=0: header and data at once, without procedure
 * bytes, which stay between reader and card. */
#ifndef TESSERA_EMULATOR_TPDU_H
#define TESSERA_EMULATOR_TPDU_H

#include "base/apdu_link.h"
#include "link/t0.h"

/* Plays the reader's part of one exchange (ISO 7816-3 10.3.3); four bytes are a header with P3 = 0.
 * out holds data and SW. Returns their length, 0: the card is mute. */
size_t tpdu_t0(struct t0_card *t0, const struct apdu_link *link, const uint8_t *in, size_t len,
	       uint8_t out[T0_OUT_MAX]);

#endif
