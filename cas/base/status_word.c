// SPDX-License-Identifier: GPL-3.0-or-later
/* Status word to result and text. */
#include "base/status_word.h"

#include <stddef.h>

#define ENTRY(name, word, rc, text) { word, rc, text },
static const struct {
	uint16_t word;
	enum rc rc;
	const char *text;
} table[] = { STATUS_WORD_TABLE(ENTRY) };

enum rc
status_word_rc(uint16_t sw)
{
	if ((sw & 0xFFF0U) == 0x63C0U)
		return RC_AUTH;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (table[i].word == sw)
			return table[i].rc;
	}
	return RC_FAIL;
}

const char *
status_word_text(uint16_t sw)
{
	if ((sw & 0xFFF0U) == 0x63C0U)
		return "wrong PIN";
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (table[i].word == sw)
			return table[i].text;
	}
	return "unknown status word";
}
