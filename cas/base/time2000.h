/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time on the wire and on the card: u32 seconds since 2000-01-01T00:00:00Z, no leap seconds,
 * good until 2136. 0 means "not known"; 0xFFFFFFFF means "no end". */
#ifndef TESSERA_BASE_TIME2000_H
#define TESSERA_BASE_TIME2000_H

#include "base/rc.h"

#include <stdint.h>

#define TIME2000_UNIX 946684800U /* 2000-01-01T00:00:00Z in Unix seconds */
#define TIME2000_UNKNOWN 0U
#define TIME2000_NO_END 0xFFFFFFFFU
#define TIME2000_TEXT_SIZE 21 /* "2026-11-22T20:15:00Z" and NUL */

/* ISO 8601 in UTC; "never" for TIME2000_NO_END, "unknown" for TIME2000_UNKNOWN. */
void time2000_format(uint32_t t, char text[TIME2000_TEXT_SIZE]);
/* Accepts 2026-11-22T20:15:00Z, 2026-11-22T20:15Z, 2026-11-22 20:15[:00], 2026-11-22 and "never".
 * RC_FORMAT otherwise, or before 2000 or after 2136. */
enum rc time2000_parse(const char *text, uint32_t *t) RC_CHECKED;

#endif
