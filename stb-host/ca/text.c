// SPDX-License-Identifier: GPL-3.0-or-later
/* Text from streams and cards, made fit to print. */
#include "ca/text.h"

#include <stdbool.h>
#include <stddef.h>

/* Length of the well-formed UTF-8 sequence at p (RFC 3629 4), 0: none. */
static size_t
utf8_length(const unsigned char *p)
{
	size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xC2 || p[0] > 0xF4)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xC0U) != 0x80)
			return 0;
	}
	if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
	    (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
		return 0;
	return n;
}

void
stb_clean(char *text)
{
	unsigned char *p = (unsigned char *)text;

	while (*p) {
		size_t n = utf8_length(p);
		bool is_control = *p < 0x20 || *p == 0x7F || (*p == 0xC2 && n == 2 && p[1] < 0xA0);

		if (n == 0 || is_control) {
			for (size_t i = 0; i < (n ? n : 1); i++)
				p[i] = '?';
		}
		p += n ? n : 1;
	}
}
