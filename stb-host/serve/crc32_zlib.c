// SPDX-License-Identifier: GPL-3.0-or-later
/* CRC-32 of ISO 3309, a bit at a time: packets are small. */
#include "serve/crc32_zlib.h"

#define POLYNOMIAL 0xEDB88320U /* 04C11DB7 reflected */

uint32_t
crc32_zlib(uint32_t crc, const uint8_t *data, size_t len)
{
	crc = ~crc;
	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (unsigned int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1U ? POLYNOMIAL : 0);
	}
	return ~crc;
}
