// SPDX-License-Identifier: GPL-3.0-or-later
/* Seconds since 2000 as text and back (ISO 8601, proleptic Gregorian calendar). */
#include "base/time2000.h"

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>

#define DAY_S 86400U

static bool
is_leap(uint32_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint32_t
days_in(uint32_t year, uint32_t month)
{
	static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year) ? 1U : 0U);
}

static char *
put_number(char *p, uint32_t v, int digits)
{
	for (int i = digits - 1; i >= 0; i--) {
		p[i] = (char)('0' + v % 10);
		v /= 10;
	}
	return p + digits;
}

void
time2000_format(uint32_t t, char text[TIME2000_TEXT_SIZE])
{
	uint32_t days = t / DAY_S, rest = t % DAY_S, year = 2000, month = 1;
	char *p = text;

	if (t == TIME2000_UNKNOWN || t == TIME2000_NO_END) {
		const char *word = t == TIME2000_NO_END ? "never" : "unknown";

		while ((*p++ = *word++) != '\0')
			continue;
		return;
	}
	while (days >= (is_leap(year) ? 366U : 365U))
		days -= is_leap(year++) ? 366U : 365U;
	while (days >= days_in(year, month))
		days -= days_in(year, month++);
	p = put_number(p, year, 4);
	*p++ = '-';
	p = put_number(p, month, 2);
	*p++ = '-';
	p = put_number(p, days + 1, 2);
	*p++ = 'T';
	p = put_number(p, rest / 3600, 2);
	*p++ = ':';
	p = put_number(p, rest / 60 % 60, 2);
	*p++ = ':';
	p = put_number(p, rest % 60, 2);
	*p++ = 'Z';
	*p = '\0';
}

static bool
take_number(const char **p, int digits, uint32_t *v)
{
	*v = 0;
	for (; digits > 0; digits--, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		*v = *v * 10 + (uint32_t)(**p - '0');
	}
	return true;
}

static bool
take_char(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static bool
take_clock(const char **p, uint32_t *seconds)
{
	uint32_t h, m, s = 0;

	if (!take_number(p, 2, &h) || !take_char(p, ':') || !take_number(p, 2, &m))
		return false;
	if (take_char(p, ':') && !take_number(p, 2, &s))
		return false;
	(void)take_char(p, 'Z');
	*seconds = h * 3600 + m * 60 + s;
	return h < 24 && m < 60 && s < 60 && **p == '\0';
}

enum rc
time2000_parse(const char *text, uint32_t *t)
{
	uint32_t year, month, day, clock = 0, days = 0;
	uint64_t total;

	if (memcmp(text, "never", 1) == 0) {
		const char *word = "never";

		while (*word != '\0' && *word == *text)
			word++, text++;
		if (*word != '\0' || *text != '\0')
			return RC_FORMAT;
		*t = TIME2000_NO_END;
		return RC_OK;
	}
	if (!take_number(&text, 4, &year) || !take_char(&text, '-') ||
	    !take_number(&text, 2, &month) || !take_char(&text, '-') ||
	    !take_number(&text, 2, &day))
		return RC_FORMAT;
	if (year < 2000 || year > 2136 || month < 1 || month > 12 || day < 1 ||
	    day > days_in(year, month))
		return RC_FORMAT;
	if (*text != '\0' &&
	    !((take_char(&text, 'T') || take_char(&text, ' ')) && take_clock(&text, &clock)))
		return RC_FORMAT;
	for (uint32_t y = 2000; y < year; y++)
		days += is_leap(y) ? 366U : 365U;
	for (uint32_t m = 1; m < month; m++)
		days += days_in(year, m);
	total = (uint64_t)(days + day - 1) * DAY_S + clock;
	if (total >= TIME2000_NO_END)
		return RC_FORMAT;
	*t = (uint32_t)total;
	return RC_OK;
}
