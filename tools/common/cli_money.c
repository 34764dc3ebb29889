// SPDX-License-Identifier: GPL-3.0-or-later
/* Amounts: integer minor units inside, major units with a point for people. */
#include "cli/cli.h"

#include <inttypes.h>
#include <stdio.h>

#define DECIMALS_MAX 9U

static uint64_t
power_of_ten(unsigned int n)
{
	uint64_t p = 1;

	while (n-- > 0)
		p *= 10;
	return p;
}

const char *
cli_money(int64_t minor, unsigned int decimals, const char *unit, char *text, size_t cap)
{
	unsigned int places = decimals > DECIMALS_MAX ? DECIMALS_MAX : decimals;
	uint64_t scale = power_of_ten(places);
	uint64_t amount = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
	const char *sign = minor < 0 ? "-" : "", *space = unit && unit[0] ? " " : "";

	if (places > 0)
		(void)snprintf(text, cap, "%s%" PRIu64 ".%0*" PRIu64 "%s%s", sign, amount / scale,
			       (int)places, amount % scale, space, unit ? unit : "");
	else
		(void)snprintf(text, cap, "%s%" PRIu64 "%s%s", sign, amount, space,
			       unit ? unit : "");
	return text;
}

/* Appends one decimal digit. */
static bool
push_digit(uint64_t *value, unsigned int digit)
{
	if (*value > (UINT64_MAX - digit) / 10)
		return false;
	*value = *value * 10 + digit;
	return true;
}

enum rc
cli_parse_money(const char *text, unsigned int decimals, uint64_t *minor)
{
	unsigned int whole = 0, fraction = 0;
	bool point = false;
	uint64_t value = 0;

	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '.' && !point && whole > 0) {
			point = true;
			continue;
		}
		if (*p < '0' || *p > '9')
			return RC_FORMAT;
		if (point)
			fraction++;
		else
			whole++;
		if (fraction > decimals)
			return RC_FORMAT;
		if (!push_digit(&value, (unsigned int)(*p - '0')))
			return RC_RANGE;
	}
	if (whole == 0 || (point && fraction == 0))
		return RC_FORMAT;
	for (; fraction < decimals; fraction++) {
		if (!push_digit(&value, 0))
			return RC_RANGE;
	}
	*minor = value;
	return RC_OK;
}
