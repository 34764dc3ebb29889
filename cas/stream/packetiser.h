/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sections into packets of one PID (ISO/IEC 13818-1 2.4.4). */
#ifndef TESSERA_STREAM_PACKETISER_H
#define TESSERA_STREAM_PACKETISER_H

#include "base/rc.h"
#include "stream/ts.h"

struct ts_packetiser {
	uint16_t pid;
	uint8_t cc; /* of the next packet */
};

/* Packs len bytes of sections, one behind the other, into packets of their own; the last is
 * stuffed. Writes *packets of them at out. RC_SPACE: more than cap bytes; RC_FORMAT: the section
 * lengths do not add up to len. */
enum rc ts_packetise(struct ts_packetiser *p, const uint8_t *sections, size_t len, uint8_t *out,
		     size_t cap, size_t *packets) RC_CHECKED;

#endif
