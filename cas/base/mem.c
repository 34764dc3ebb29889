// SPDX-License-Identifier: GPL-3.0-or-later
/* Wiping and comparing of secrets. */
#include "base/mem.h"

#include <stdint.h>

void
mem_wipe(void *p, size_t n)
{
	volatile uint8_t *bytes = p;

	while (n-- > 0)
		*bytes++ = 0;
}

int
mem_equal_ct(const void *a, const void *b, size_t n)
{
	const volatile uint8_t *x = a;
	const volatile uint8_t *y = b;
	unsigned int diff = 0;

	while (n-- > 0)
		diff |= (unsigned int)(*x++ ^ *y++);
	return (int)(((diff - 1U) >> 8) & 1U);
}
