// SPDX-License-Identifier: GPL-3.0-or-later
/* Hexadecimal text. */
#include "base/hex.h"

void
hex_encode(const uint8_t *data, size_t len, char *text)
{
	static const char digit[] = "0123456789ABCDEF";

	for (size_t i = 0; i < len; i++) {
		*text++ = digit[data[i] >> 4];
		*text++ = digit[data[i] & 15];
	}
	*text = '\0';
}

static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum rc
hex_decode(const char *text, uint8_t *out, size_t cap, size_t *len)
{
	size_t n = 0;

	while (*text != '\0') {
		int hi, lo;

		if (*text == ' ' || *text == ':') {
			text++;
			continue;
		}
		hi = digit_value(text[0]);
		lo = hi < 0 ? -1 : digit_value(text[1]);
		if (lo < 0)
			return RC_FORMAT;
		if (n == cap)
			return RC_SPACE;
		out[n++] = (uint8_t)(hi * 16 + lo);
		text += 2;
	}
	*len = n;
	return RC_OK;
}
