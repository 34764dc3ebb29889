/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RTP datagrams put in order again, and what happened to them on the way counted (RFC 3550 5.1,
 * RFC 2250). Bytes in, bytes out; no socket, no clock. */
#ifndef TESSERA_IO_RTP_H
#define TESSERA_IO_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_WINDOW 32U         /* datagrams that a late one may come behind */
#define RTP_DATAGRAM_MAX 2048U /* with header */
#define RTP_RESTART 1000       /* a greater step of the sequence is another sender */

struct rtp_stats {
	uint64_t received;  /* datagrams that are RTP */
	uint64_t lost;      /* never came, or too late */
	uint64_t reordered; /* came behind a later one */
	uint64_t repeated, too_late, malformed, restarts;
};

struct rtp_slot {
	bool used;
	size_t len;
	uint8_t payload[RTP_DATAGRAM_MAX];
};

/* Zeroed = new. */
struct rtp_order {
	bool running;
	uint32_t source;   /* SSRC */
	uint16_t expected; /* sequence number that is next in order */
	unsigned int held;
	struct rtp_slot slots[RTP_WINDOW]; /* by sequence number */
	struct rtp_stats stats;
};

/* Takes one datagram of at most RTP_DATAGRAM_MAX bytes; take out what is in order before the next.
 */
void rtp_feed(struct rtp_order *o, const uint8_t *datagram, size_t len);
/* Copies the next payload that is in order to out, which has RTP_DATAGRAM_MAX bytes of room, and
 * returns its length; 0: none. */
size_t rtp_next(struct rtp_order *o, uint8_t *out);
/* Nothing came for a while: what is missing counts as lost, up to what is there. */
void rtp_give_up(struct rtp_order *o);

#endif
