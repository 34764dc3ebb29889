/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CRC-32 as zlib has it (ISO 3309): reflected, inverted at both ends. */
#ifndef TESSERA_SERVE_CRC32_ZLIB_H
#define TESSERA_SERVE_CRC32_ZLIB_H

#include <stddef.h>
#include <stdint.h>

/* Continues from crc, 0 at first. */
uint32_t crc32_zlib(uint32_t crc, const uint8_t *data, size_t len);

#endif
