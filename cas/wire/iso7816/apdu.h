/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command APDUs: the seven cases of ISO 7816-3 12.1.3 / 7816-4 5.2 (1, 2S, 3S, 4S, 2E, 3E, 4E). */
#ifndef TESSERA_WIRE_ISO7816_APDU_H
#define TESSERA_WIRE_ISO7816_APDU_H

#include "base/rc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct apdu {
	uint8_t cla, ins, p1, p2;
	const uint8_t *data; /* borrowed; NULL when lc is 0 */
	uint16_t lc;         /* 0…65535 */
	uint32_t le;         /* 0 = none asked, else 1…65536 (short 00 = 256) */
	bool extended;
};

/* RC_TRUNCATED: fewer than 4 bytes; RC_FORMAT: lengths that fit no case. */
enum rc apdu_parse(const uint8_t *cmd, size_t len, struct apdu *a) RC_CHECKED;
/* Builds the shortest case that carries lc and le; a->extended is not looked at. RC_SPACE;
 * RC_RANGE: le above 65,536, or lc without data. */
enum rc apdu_build(const struct apdu *a, uint8_t *out, size_t cap, size_t *len) RC_CHECKED;

#endif
