/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A card for the fuzz targets of readers: answers 4 × P2 bytes and 9000; INS EE: the reader fails.
 */
#ifndef TESSERA_FAKE_CARD_H
#define TESSERA_FAKE_CARD_H

#include "base/apdu_link.h"

#include <stdbool.h>

struct apdu_link fake_card(void);
/* Commands with an even INS carry data, the others ask for some. */
bool fake_card_has_data(const void *ctx, const uint8_t header[4]);

#endif
