/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A share as text that can be printed, kept in an envelope and typed in again: every line carries
 * its own check (FORMATS.md, "Key shares"). */
#ifndef TESSERA_STORE_SHARE_H
#define TESSERA_STORE_SHARE_H

#include "store/shamir.h"

#define SHARE_TEXT_MAX 1152 /* bytes with NUL */
#define SHARE_LINE 16       /* secret bytes in a line */

struct share {
	uint32_t set; /* random: which shares belong together */
	uint16_t operator_id;
	uint8_t threshold, count;
	uint16_t len; /* of the secret, bytes */
	uint8_t x;    /* 1…count */
	uint8_t value[SHAMIR_SECRET_MAX];
};

/* Returns the length without NUL. */
size_t share_encode(const struct share *s, char text[SHARE_TEXT_MAX]);
/* text need not end in NUL. RC_FORMAT, RC_VERSION, RC_TRUNCATED, RC_INTEGRITY: a wrong check;
 * *line is the culprit's number, from 1. *s is wiped on failure. */
enum rc share_decode(const char *text, size_t len, struct share *s, unsigned int *line) RC_CHECKED;

#endif
