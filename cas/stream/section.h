/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sections of one PID, put together from packets (ISO/IEC 13818-1 2.4.4). */
#ifndef TESSERA_STREAM_SECTION_H
#define TESSERA_STREAM_SECTION_H

#include "stream/ts.h"

#define SECTION_MAX 4096U /* private sections: header 3 + section_length 4,093 */
#define SECTION_HEADER 3U

struct section_assembler {
	uint8_t bytes[SECTION_MAX];
	uint16_t have; /* bytes of the section that is being put together */
	uint8_t cc;    /* continuity counter of the last packet */
	bool has_cc;
	bool open;         /* inside a section, or at the place where the next begins */
	uint32_t sections; /* completed */
	uint32_t losses;   /* sections given up: packets lost, lengths that lie */
};

/* A complete section of len bytes (3…4,096), borrowed for the call; no CRC has been checked. */
typedef void (*section_fn)(void *ctx, const uint8_t *section, size_t len);

void section_init(struct section_assembler *a);
/* Feeds the next packet of the PID and calls fn for each section that it completes, in order.
 * Repeated packets, packets without payload, scrambled ones and those marked as damaged are passed
 * over. */
void section_feed(struct section_assembler *a, const uint8_t *packet, section_fn fn, void *ctx);

#endif
