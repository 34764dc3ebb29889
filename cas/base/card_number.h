/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is printed on a card: OOOOO-LLLLLLLL-C, operator and leaf in decimal and a Luhn check digit
 * (ISO/IEC 7812-1 annex B) over these 13 digits. */
#ifndef TESSERA_BASE_CARD_NUMBER_H
#define TESSERA_BASE_CARD_NUMBER_H

#include "base/rc.h"

#include <stdint.h>

#define CARD_NUMBER_SIZE 17 /* with NUL */
#define CARD_LEAF_MAX 0xFFFFFFU

/* leaf ≤ CARD_LEAF_MAX; higher bits are dropped. */
void card_number_format(uint16_t operator_id, uint32_t leaf, char text[CARD_NUMBER_SIZE]);
/* Reads a card number, with or without its hyphens, or a bare leaf of at most 8 digits. RC_FORMAT:
 * neither; RC_INTEGRITY: the check digit is wrong; RC_CONFLICT: a card of another operator. */
enum rc card_number_parse(const char *text, uint16_t operator_id, uint32_t *leaf) RC_CHECKED;

#endif
