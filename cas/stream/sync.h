/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packet boundaries in any bytes: garbage before, between and behind packets, packets cut short. */
#ifndef TESSERA_STREAM_SYNC_H
#define TESSERA_STREAM_SYNC_H

#include "stream/ts.h"

#define TS_SYNC_CARRY ((size_t)3 * TS_SIZE)

struct ts_sync {
	uint8_t carry[TS_SYNC_CARRY]; /* bytes that wait for more */
	uint8_t packet[TS_SIZE];      /* the last packet that was put together from two pieces */
	size_t have;
	bool locked;
	uint64_t packets;
	uint64_t resyncs; /* times the boundary was lost */
	uint64_t skipped; /* bytes that belong to no packet, with the tail */
};

void ts_sync_init(struct ts_sync *s);
/* The next packet of *data, which moves on; NULL when more bytes are needed (all have been taken).
 * The packet lies in the data or in the struct and is good until the next call. */
const uint8_t *ts_sync_next(struct ts_sync *s, const uint8_t **data, size_t *len);
/* After the last byte: packets that waited for confirmation, then NULL; a truncated tail is
 * skipped. */
const uint8_t *ts_sync_finish(struct ts_sync *s);
/* The size of packets that carry bytes beside their 188, by sync bytes that far apart from the
 * start of data on: 192 (time stamps of BDAV) or 204 (Reed-Solomon parity); 0: no such thing. */
size_t ts_sync_other_size(const uint8_t *data, size_t len);

#endif
