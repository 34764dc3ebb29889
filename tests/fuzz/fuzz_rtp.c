// SPDX-License-Identifier: GPL-3.0-or-later
/* Any datagrams: what comes out is never more than went in, nothing is held for ever. Input: pieces
 * of {length u8, bytes}; an empty one gives up what is missing. */
#include "io/rtp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtp_order *o = calloc(1, sizeof *o);
	uint8_t out[RTP_DATAGRAM_MAX];
	uint64_t left = 0;

	if (!o)
		abort();
	while (size > 0) {
		size_t n = data[0] < size - 1 ? data[0] : size - 1;

		if (n == 0)
			rtp_give_up(o);
		else
			rtp_feed(o, data + 1, n);
		while (rtp_next(o, out) > 0)
			left++;
		data += 1 + n;
		size -= 1 + n;
	}
	rtp_give_up(o);
	while (rtp_next(o, out) > 0)
		left++;
	rtp_give_up(o);
	if (o->held > RTP_WINDOW || left > o->stats.received)
		abort();
	free(o);
	return 0;
}
