/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stream time from PCRs, with packets counted where there are none; private to this room. */
#ifndef TESSERA_MUX_CLOCK_H
#define TESSERA_MUX_CLOCK_H

#include "stream/ts.h"

/* One clock for all services, so that they change parity together. All ticks are of 27 MHz. */
struct mux_clock {
	uint16_t prefer;  /* PCR PID to begin with; TS_PID_NONE: any */
	uint16_t pid;     /* the one that counts at present */
	uint64_t elapsed; /* at the last PCR */
	uint64_t last_pcr;
	uint64_t packets; /* since the last PCR, or since the start */
	uint64_t step;    /* ticks and packets between the last two PCRs */
	uint64_t step_packets;
	uint64_t total; /* ticks and packets over all such steps */
	uint64_t total_packets;
};

void clock_init(struct mux_clock *c, uint16_t prefer);
/* Counts the next packet of the multiplex, whatever its PID. */
void clock_packet(struct mux_clock *c, const uint8_t *packet);
/* Ticks since the first PCR, estimated between PCRs; may step back by less than the distance of
 * two. */
uint64_t clock_now(const struct mux_clock *c);

#endif
