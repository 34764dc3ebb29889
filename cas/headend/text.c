// SPDX-License-Identifier: GPL-3.0-or-later
/* Well-formed UTF-8, RFC 3629 section 4. */
#include "headend/text.h"

#include <stdint.h>
#include <string.h>

/* Length of the sequence that begins with this byte; 0: no sequence does. */
static size_t
sequence_length(uint8_t first)
{
	if (first < 0x80)
		return first >= 0x20 && first != 0x7F;
	if (first >= 0xC2 && first <= 0xDF)
		return 2;
	if ((first & 0xF0) == 0xE0)
		return 3;
	return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
}

/* Overlong forms, surrogates, C1 controls and what lies past U+10FFFF show in the second byte. */
static bool
second_is_possible(uint8_t first, uint8_t second)
{
	switch (first) {
	case 0xC2:
		return second >= 0xA0;
	case 0xE0:
		return second >= 0xA0;
	case 0xED:
		return second < 0xA0;
	case 0xF0:
		return second >= 0x90;
	case 0xF4:
		return second < 0x90;
	default:
		return true;
	}
}

bool
text_is_plain(const char *text, size_t max)
{
	size_t len = strlen(text);

	if (len == 0 || len > max)
		return false;
	for (size_t i = 0; i < len;) {
		uint8_t first = (uint8_t)text[i];
		size_t n = sequence_length(first);

		if (n == 0 || n > len - i)
			return false;
		for (size_t k = 1; k < n; k++) {
			if (((uint8_t)text[i + k] & 0xC0) != 0x80)
				return false;
		}
		if (n > 1 && !second_is_possible(first, (uint8_t)text[i + 1]))
			return false;
		i += n;
	}
	return true;
}
