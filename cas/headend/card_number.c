// SPDX-License-Identifier: GPL-3.0-or-later
/* Printed card numbers. */
#include "headend/card_number.h"

#include <stddef.h>
#include <stdio.h>

#define DIGITS 14

/* Every second digit from the right, beginning with the last of the payload, counts double. */
static unsigned int
luhn(const char digits[DIGITS - 1])
{
	unsigned int sum = 0;

	for (size_t i = 0; i < DIGITS - 1; i++) {
		unsigned int d = (unsigned int)(digits[DIGITS - 2 - i] - '0');

		if (i % 2 == 0)
			d = d * 2 > 9 ? d * 2 - 9 : d * 2;
		sum += d;
	}
	return (10 - sum % 10) % 10;
}

void
card_number_format(uint16_t operator_id, uint32_t leaf, char text[CARD_NUMBER_SIZE])
{
	char digits[DIGITS];

	leaf &= CARD_LEAF_MAX;
	snprintf(digits, sizeof digits, "%05u%08u", operator_id, leaf);
	snprintf(text, CARD_NUMBER_SIZE, "%05u-%08u-%u", operator_id, leaf, luhn(digits) % 10U);
}

static uint32_t
number(const char *digits, size_t n)
{
	uint32_t v = 0;

	while (n-- > 0)
		v = v * 10 + (uint32_t)(*digits++ - '0');
	return v;
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
	if (n == 0 || (n > 8 && n != DIGITS))
		return RC_FORMAT;
	if (n == DIGITS && (unsigned int)(digits[DIGITS - 1] - '0') != luhn(digits))
		return RC_INTEGRITY;
	if (n == DIGITS && number(digits, 5) != operator_id)
		return RC_CONFLICT;
	v = n == DIGITS ? number(digits + 5, 8) : number(digits, n);
	if (v > CARD_LEAF_MAX)
		return RC_FORMAT;
	*leaf = v;
	return RC_OK;
}
