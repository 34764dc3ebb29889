/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the sealed messages share: the frame of a private section (ISO/IEC 13818-1 2.4.4.10, short
 * form: no syntax section, no CRC) and the padding 80 00… (ISO/IEC 9797-1, method 2). */
#ifndef TESSERA_WIRE_FRAME_H
#define TESSERA_WIRE_FRAME_H

#include "base/rc.h"

#include <stddef.h>
#include <stdint.h>

#define WIRE_SECTION_HEADER 3 /* table_id, flags and section_length */
#define WIRE_PADDED(len) (((len) / 16 + 1) * 16)

/* Writes bytes 1–2 of a section of total bytes, 3…4,098. */
void wire_section_put_length(uint8_t *section, size_t total);
/* RC_TRUNCATED: fewer than 3 bytes, or fewer than the section's own length says; RC_FORMAT: more
 * than it says, other flag bits, or a length outside min…max. */
enum rc wire_section_check(const uint8_t *section, size_t len, size_t min, size_t max) RC_CHECKED;

/* Appends 80 00… behind len bytes; p has room for WIRE_PADDED(len). */
void wire_pad(uint8_t *p, size_t len);
/* RC_FORMAT: padded is no multiple of 16, or does not end in 80 00…, or *len + 1…16 ≠ padded. */
enum rc wire_unpad(const uint8_t *p, size_t padded, size_t *len) RC_CHECKED;

#endif
