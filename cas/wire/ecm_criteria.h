/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Access criteria of an ECM as tag, length, value; for ecm.c (FORMATS.md, "Access criteria"). */
#ifndef TESSERA_WIRE_ECM_CRITERIA_H
#define TESSERA_WIRE_ECM_CRITERIA_H

#include "base/bytes.h"
#include "wire/ecm.h"

/* Appends the criteria. RC_RANGE: a value that no ECM can carry; lack of room shows in w->failed.
 */
enum rc ecm_criteria_encode(const struct ecm_criteria *criteria, struct writer *w) RC_CHECKED;
/* Reads to the end of r. RC_REFUSED: an unknown critical tag; RC_TRUNCATED: a value longer than
 * what is left; RC_FORMAT: order, repetition or value. criteria must be zeroed before. */
enum rc ecm_criteria_decode(struct reader *r, struct ecm_criteria *criteria) RC_CHECKED;

#endif
