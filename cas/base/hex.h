/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes as hexadecimal text and back. */
#ifndef TESSERA_BASE_HEX_H
#define TESSERA_BASE_HEX_H

#include "base/rc.h"

#include <stddef.h>
#include <stdint.h>

/* Writes 2·len upper-case digits and a NUL; text has room for 2·len + 1. */
void hex_encode(const uint8_t *data, size_t len, char *text);
/* Reads pairs of digits, either case; spaces and colons between pairs are skipped.
 * RC_FORMAT: another character or half a byte; RC_SPACE: more than cap bytes. */
enum rc hex_decode(const char *text, uint8_t *out, size_t cap, size_t *len) RC_CHECKED;

#endif
