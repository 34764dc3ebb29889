// SPDX-License-Identifier: GPL-3.0-or-later
/* The order of RTP datagrams: each waits in the place of its number until those before it have
 * come, or cannot any more. */
#include "io/rtp.h"

#include "base/bytes.h"

#include <string.h>

#define HEADER 12U

/* Payload of a datagram (RFC 3550 5.1, 5.3.1); 0: none. */
static size_t
payload_of(const uint8_t *p, size_t len, size_t *offset)
{
	size_t head = HEADER;

	if (len < head || p[0] >> 6 != 2)
		return 0;
	head += (size_t)(p[0] & 15U) * 4;
	if ((p[0] & 0x10U) != 0) {
		if (len < head + 4)
			return 0;
		head += 4 + (size_t)get_be16(p + head + 2) * 4;
	}
	if (len <= head)
		return 0;
	*offset = head;
	len -= head;
	if ((p[0] & 0x20U) != 0)
		len -= p[head + len - 1] <= len ? p[head + len - 1] : len;
	return len;
}

static struct rtp_slot *
slot_of(struct rtp_order *o, uint16_t sequence)
{
	return &o->slots[sequence % RTP_WINDOW];
}

static void
restart(struct rtp_order *o, uint32_t source, uint16_t sequence)
{
	o->stats.restarts += o->running;
	for (unsigned int i = 0; i < RTP_WINDOW; i++)
		o->slots[i].used = false;
	o->held = 0;
	o->running = true;
	o->source = source;
	o->expected = sequence;
}

/* The place is taken by what is missing: steps over it. */
static void
skip_missing(struct rtp_order *o)
{
	o->stats.lost++;
	o->expected++;
}

/* ahead: how far the datagram is before the one that is expected. */
static bool
is_welcome(struct rtp_order *o, int ahead)
{
	if (ahead < 0) {
		o->stats.too_late++;
		return false;
	}
	if (slot_of(o, (uint16_t)(o->expected + ahead))->used && ahead < (int)RTP_WINDOW) {
		o->stats.repeated++;
		return false;
	}
	return true;
}

void
rtp_feed(struct rtp_order *o, const uint8_t *datagram, size_t len)
{
	struct rtp_slot *slot;
	size_t offset = 0, size = len <= RTP_DATAGRAM_MAX ? payload_of(datagram, len, &offset) : 0;
	uint16_t sequence;
	uint32_t source;
	int ahead;

	if (size == 0) {
		o->stats.malformed++;
		return;
	}
	o->stats.received++;
	sequence = get_be16(datagram + 2);
	source = get_be32(datagram + 8);
	ahead = (int16_t)(uint16_t)(sequence - o->expected);
	if (!o->running || source != o->source || ahead > RTP_RESTART || ahead < -RTP_RESTART) {
		restart(o, source, sequence);
		ahead = 0;
	}
	if (!is_welcome(o, ahead))
		return;
	if (ahead < (int)RTP_WINDOW && o->held > 0)
		o->stats.reordered += ahead == 0;
	/* Out of the window: what is missing before it will not be waited for. Those that are there
	 * must have been taken out up to the first gap. */
	for (; ahead >= (int)RTP_WINDOW; ahead--) {
		struct rtp_slot *first = slot_of(o, o->expected);

		if (first->used) { /* its taker was slow: it gives way */
			first->used = false;
			o->held--;
		}
		skip_missing(o);
	}
	slot = slot_of(o, sequence);
	slot->used = true;
	slot->len = size;
	memcpy(slot->payload, datagram + offset, size);
	o->held++;
}

size_t
rtp_next(struct rtp_order *o, uint8_t *out)
{
	struct rtp_slot *slot = slot_of(o, o->expected);

	if (!slot->used)
		return 0;
	memcpy(out, slot->payload, slot->len);
	slot->used = false;
	o->held--;
	o->expected++;
	return slot->len;
}

void
rtp_give_up(struct rtp_order *o)
{
	while (o->held > 0 && !slot_of(o, o->expected)->used)
		skip_missing(o);
}
