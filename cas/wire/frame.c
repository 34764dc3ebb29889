// SPDX-License-Identifier: GPL-3.0-or-later
/* Section frame and padding. */
#include "wire/frame.h"

#include "base/bytes.h"
#include "base/mem.h"

#define SECTION_FLAGS 0x7000U /* syntax indicator 0, private indicator 1, reserved 11 */
#define SECTION_FLAGS_MASK 0xF000U
#define SECTION_LENGTH_MASK 0x0FFFU

void
wire_section_put_length(uint8_t *section, size_t total)
{
	size_t length = (total - WIRE_SECTION_HEADER) & SECTION_LENGTH_MASK;

	put_be16(section + 1, (uint16_t)(SECTION_FLAGS | length));
}

enum rc
wire_section_check(const uint8_t *section, size_t len, size_t min, size_t max)
{
	unsigned int field;
	size_t total;

	if (len < WIRE_SECTION_HEADER)
		return RC_TRUNCATED;
	field = get_be16(section + 1);
	total = (field & SECTION_LENGTH_MASK) + WIRE_SECTION_HEADER;
	if ((field & SECTION_FLAGS_MASK) != SECTION_FLAGS || total < min || total > max)
		return RC_FORMAT;
	if (len < total)
		return RC_TRUNCATED;
	return len == total ? RC_OK : RC_FORMAT;
}

void
wire_pad(uint8_t *p, size_t len)
{
	p[len] = 0x80;
	memset(p + len + 1, 0, WIRE_PADDED(len) - len - 1);
}

enum rc
wire_unpad(const uint8_t *p, size_t padded, size_t *len)
{
	size_t n = padded;

	if (padded == 0 || padded % 16 != 0)
		return RC_FORMAT;
	while (n > padded - 16 && p[n - 1] == 0)
		n--;
	if (n == padded - 16 || p[n - 1] != 0x80)
		return RC_FORMAT;
	*len = n - 1;
	return RC_OK;
}
