// SPDX-License-Identifier: GPL-3.0-or-later
/* Stream time (ISO/IEC 13818-1 2.4.2.2, 2.7.2). Between PCRs time goes on with the packets, but
 * never further than one usual step, because a burst of packets need not be time. A PCR that jumps
 * is a new time base and moves nothing; one that falls silent is replaced by another PID's, or by
 * the mean rate. */
#include "mux/clock.h"

#define JUMP ((uint64_t)5 * TS_CLOCK)        /* a longer step is a new time base */
#define SILENCE (TS_CLOCK / 2)               /* PCRs must come every 0.1 s */
#define SILENT_PACKETS 20000U                /* … when no rate is known yet */
#define TICKS_UNKNOWN_RATE (TS_CLOCK / 3324) /* a packet's time at 5 Mbit/s */

void
clock_init(struct mux_clock *c, uint16_t prefer)
{
	memset(c, 0, sizeof *c);
	c->prefer = prefer;
	c->pid = TS_PID_NONE;
}

/* Ticks since the last PCR by the mean rate. */
static uint64_t
by_mean_rate(const struct mux_clock *c)
{
	if (c->total_packets == 0)
		return c->packets > SILENT_PACKETS
			       ? (c->packets - SILENT_PACKETS) * TICKS_UNKNOWN_RATE
			       : 0;
	return (uint64_t)((double)c->packets * (double)c->total / (double)c->total_packets);
}

static bool
is_silent(const struct mux_clock *c)
{
	uint64_t mean = by_mean_rate(c);

	return mean > SILENCE && mean > 4 * c->step;
}

uint64_t
clock_now(const struct mux_clock *c)
{
	uint64_t since;

	if (c->step_packets == 0 || is_silent(c))
		return c->elapsed + by_mean_rate(c);
	since = c->packets * c->step / c->step_packets;
	return c->elapsed + (since < c->step ? since : c->step);
}

static void
rebase(struct mux_clock *c, uint16_t pid, uint64_t pcr)
{
	c->elapsed = clock_now(c);
	c->pid = pid;
	c->last_pcr = pcr;
	c->packets = 0;
}

void
clock_packet(struct mux_clock *c, const uint8_t *packet)
{
	uint16_t pid = ts_pid(packet);
	uint64_t pcr, step;

	c->packets++;
	if (pid == TS_PID_NULL || ts_get_transporterror(packet) || !ts_pcr(packet, &pcr))
		return;
	if (pid != c->pid) {
		bool wanted = c->prefer == TS_PID_NONE || pid == c->prefer;

		if (c->pid == TS_PID_NONE ? wanted || c->packets > SILENT_PACKETS : is_silent(c))
			rebase(c, pid, pcr);
		return;
	}
	step = ts_pcr_delta(c->last_pcr, pcr);
	if (step == 0)
		return;
	if (step > JUMP || ts_discontinuity(packet)) {
		rebase(c, pid, pcr);
		return;
	}
	c->elapsed += step;
	c->last_pcr = pcr;
	c->step = step;
	c->step_packets = c->packets;
	c->total += step;
	c->total_packets += c->packets;
	c->packets = 0;
}
