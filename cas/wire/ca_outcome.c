// SPDX-License-Identifier: GPL-3.0-or-later
/* Outcomes as text. */
#include "wire/ca_apdu.h"

#define OUTCOME_TEXT(name, value, text) [value] = text,
static const char *const outcome_text[] = { CA_OUTCOME_TABLE(OUTCOME_TEXT) };

const char *
ca_outcome_text(enum ca_outcome outcome)
{
	size_t i = (size_t)outcome;

	return i < sizeof outcome_text / sizeof outcome_text[0] ? outcome_text[i]
								: "unknown outcome";
}
