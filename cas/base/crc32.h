/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CRC-32 of ISO/IEC 13818-1 annex A: polynomial 04C11DB7, start FFFFFFFF, not reflected,
 * no final inversion. A section with its own CRC appended yields 0. */
#ifndef TESSERA_BASE_CRC32_H
#define TESSERA_BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

#define CRC32_START 0xFFFFFFFFU

/* Continues from crc (CRC32_START at first) over len bytes. */
uint32_t crc32_mpeg(uint32_t crc, const uint8_t *data, size_t len);

#endif
