// SPDX-License-Identifier: GPL-3.0-or-later
/* Sections into packets: pointer_field wherever a section starts (ISO/IEC 13818-1 2.4.4.1). */
#include "stream/packetiser.h"

#include "base/bytes.h"
#include "stream/section.h"

#define PAYLOAD (TS_SIZE - TS_HEADER_SIZE)

static size_t
section_size(const uint8_t *p, size_t left)
{
	size_t size;

	if (left < SECTION_HEADER)
		return 0;
	size = SECTION_HEADER + (get_be16(p + 1) & 0x0FFFU);
	return size <= left ? size : 0;
}

static bool
adds_up(const uint8_t *sections, size_t len)
{
	size_t size;

	for (size_t at = 0; at < len; at += size) {
		size = section_size(sections + at, len - at);
		if (size == 0)
			return false;
	}
	return true;
}

/* Writes one packet from byte `at` on; next is where the next section starts, ≥ at. Returns the
 * bytes of sections that went in. */
static size_t
write_packet(struct ts_packetiser *p, uint8_t *packet, const uint8_t *from, size_t left,
	     size_t next_start)
{
	size_t head = TS_HEADER_SIZE, room;
	bool starts = next_start < PAYLOAD - 1;

	ts_init(packet);
	ts_set_pid(packet, p->pid);
	ts_set_cc(packet, p->cc);
	ts_set_payload(packet);
	p->cc = (p->cc + 1U) & 0x0FU;
	if (starts) {
		ts_set_unitstart(packet);
		packet[head++] = (uint8_t)next_start;
	} else if (next_start == PAYLOAD - 1) {
		/* The section would start in the last byte, where no pointer_field can say so. */
		ts_set_adaptation(packet, 0);
		head++;
	}
	room = TS_SIZE - head;
	if (left < room) {
		memset(packet + head + left, 0xFF, room - left);
		room = left;
	}
	memcpy(packet + head, from, room);
	return room;
}

enum rc
ts_packetise(struct ts_packetiser *p, const uint8_t *sections, size_t len, uint8_t *out, size_t cap,
	     size_t *packets)
{
	size_t at = 0, start = 0, n = 0;

	if (!adds_up(sections, len))
		return RC_FORMAT;
	if (len > 0 && cap / TS_SIZE < len / (PAYLOAD - 1) + 1)
		return RC_SPACE;
	while (at < len) {
		while (start < at)
			start += section_size(sections + start, len - start);
		at += write_packet(p, out + n * TS_SIZE, sections + at, len - at,
				   start < len ? start - at : SIZE_MAX);
		n++;
	}
	*packets = n;
	return RC_OK;
}
