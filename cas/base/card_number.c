// SPDX-License-Identifier: GPL-3.0-or-later
/* Printed card numbers. */
#include "base/card_number.h"

#include <stddef.h>

#define OPERATOR_DIGITS 5
#define LEAF_DIGITS 8
#define PAYLOAD (OPERATOR_DIGITS + LEAF_DIGITS)
#define DIGITS (PAYLOAD + 1)

/* Every second digit from the right, beginning with the last of the payload, counts double. */
static char
luhn(const char digits[PAYLOAD])
{
	unsigned int sum = 0;

	for (size_t i = 0; i < PAYLOAD; i++) {
		unsigned int d = (unsigned int)(digits[PAYLOAD - 1 - i] - '0');

		if (i % 2 == 0)
			d = d * 2 > 9 ? d * 2 - 9 : d * 2;
		sum += d;
	}
	return (char)('0' + (10 - sum % 10) % 10);
}

static void
write_number(char *digits, size_t n, uint32_t v)
{
	while (n-- > 0) {
		digits[n] = (char)('0' + v % 10);
		v /= 10;
	}
}

static uint32_t
read_number(const char *digits, size_t n)
{
	uint32_t v = 0;

	while (n-- > 0)
		v = v * 10 + (uint32_t)(*digits++ - '0');
	return v;
}

void
card_number_format(uint16_t operator_id, uint32_t leaf, char text[CARD_NUMBER_SIZE])
{
	char digits[PAYLOAD];
	size_t n = 0;

	write_number(digits, OPERATOR_DIGITS, operator_id);
	write_number(digits + OPERATOR_DIGITS, LEAF_DIGITS, leaf & CARD_LEAF_MAX);
	for (size_t i = 0; i < PAYLOAD; i++) {
		if (i == OPERATOR_DIGITS)
			text[n++] = '-';
		text[n++] = digits[i];
	}
	text[n++] = '-';
	text[n++] = luhn(digits);
	text[n] = '\0';
}

enum rc
card_number_parse(const char *text, uint16_t operator_id, uint32_t *leaf)
{
	char digits[DIGITS];
	size_t n = 0;
	uint32_t v;

	for (; *text != '\0'; text++) {
		if (*text == '-')
			continue;
		if (*text < '0' || *text > '9' || n == DIGITS)
			return RC_FORMAT;
		digits[n++] = *text;
	}
	if (n == 0 || (n > LEAF_DIGITS && n != DIGITS))
		return RC_FORMAT;
	if (n == DIGITS && digits[PAYLOAD] != luhn(digits))
		return RC_INTEGRITY;
	if (n == DIGITS && read_number(digits, OPERATOR_DIGITS) != operator_id)
		return RC_CONFLICT;
	v = n == DIGITS ? read_number(digits + OPERATOR_DIGITS, LEAF_DIGITS)
			: read_number(digits, n);
	if (v > CARD_LEAF_MAX)
		return RC_FORMAT;
	*leaf = v;
	return RC_OK;
}
