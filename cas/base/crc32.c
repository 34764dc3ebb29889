// SPDX-License-Identifier: GPL-3.0-or-later
/* CRC-32/MPEG-2 by nibble: 64 bytes of table, small enough for the card (ISO/IEC 13818-1 annex A).
 */
#include "base/crc32.h"

static const uint32_t nibble[16] = {
	0x00000000, 0x04C11DB7, 0x09823B6E, 0x0D4326D9, 0x130476DC, 0x17C56B6B,
	0x1A864DB2, 0x1E475005, 0x2608EDB8, 0x22C9F00F, 0x2F8AD6D6, 0x2B4BCB61,
	0x350C9B64, 0x31CD86D3, 0x3C8EA00A, 0x384FBDBD,
};

uint32_t
crc32_mpeg(uint32_t crc, const uint8_t *data, size_t len)
{
	while (len-- > 0) {
		uint8_t byte = *data++;

		crc = crc << 4 ^ nibble[(crc >> 28 ^ byte >> 4) & 15U];
		crc = crc << 4 ^ nibble[(crc >> 28 ^ byte) & 15U];
	}
	return crc;
}
