/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets that carry more than their 188 bytes: 192 with a time stamp in front (BDAV, M2TS), 204
 * with Reed-Solomon parity or stuffing behind. The additional bytes are taken off. */
#ifndef TESSERA_STREAM_FRAME_H
#define TESSERA_STREAM_FRAME_H

#include "stream/ts.h"

struct ts_frame {
	size_t size;   /* 188, 192 or 204 */
	size_t at;     /* bytes since the sync byte */
	uint64_t lost; /* times it was not where it had to be */
};

/* Looks at the first bytes of a stream. */
void ts_frame_detect(struct ts_frame *f, const uint8_t *data, size_t len);
/* Copies what belongs to packets to out, which has room for len bytes (size 188: everything).
 * Packets may be cut anywhere between two calls. Returns bytes. */
size_t ts_frame_strip(struct ts_frame *f, const uint8_t *data, size_t len, uint8_t *out);

#endif
