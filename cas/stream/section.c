// SPDX-License-Identifier: GPL-3.0-or-later
/* Section reassembly (ISO/IEC 13818-1 2.4.4.1 pointer_field, 2.4.3.3 continuity_counter). A section
 * may begin in the middle of a packet only behind another one or at the pointer; without
 * payload_unit_start_indicator what follows the section's end is stuffing. */
#include "stream/section.h"

#include "base/bytes.h"

#define TABLE_ID_STUFFING 0xFFU

static void
give_up(struct section_assembler *a)
{
	if (a->have > 0)
		a->losses++;
	a->have = 0;
	a->open = false;
}

/* Takes bytes for the present section; returns how many, all of n when it is not yet complete. */
static size_t
fill(struct section_assembler *a, const uint8_t *p, size_t n, section_fn fn, void *ctx)
{
	size_t used = 0, want = SECTION_HEADER;

	if (a->have < SECTION_HEADER) {
		used = SECTION_HEADER - a->have;
		used = used < n ? used : n;
		memcpy(a->bytes + a->have, p, used);
		a->have = (uint16_t)(a->have + used);
		if (a->have < SECTION_HEADER)
			return used;
	}
	want += get_be16(a->bytes + 1) & 0x0FFFU;
	if (want > SECTION_MAX) {
		give_up(a);
		return n;
	}
	if (want - a->have < n - used)
		n = used + (want - a->have);
	memcpy(a->bytes + a->have, p + used, n - used);
	a->have = (uint16_t)(a->have + (n - used));
	if (a->have == want) {
		a->sections++;
		a->have = 0;
		fn(ctx, a->bytes, want);
	}
	return n;
}

/* True: the packet continues the last one. False: nothing to take from it. */
static bool
follow(struct section_assembler *a, const uint8_t *packet)
{
	uint8_t cc = ts_get_cc(packet);

	if (a->has_cc && !ts_discontinuity(packet)) {
		if (cc == a->cc)
			return false;
		if (cc != ((a->cc + 1U) & 0x0FU))
			give_up(a);
	}
	a->cc = cc;
	a->has_cc = true;
	return true;
}

static void
start_units(struct section_assembler *a, const uint8_t *p, size_t n, section_fn fn, void *ctx)
{
	size_t pointer = p[0];

	p++;
	n--;
	if (pointer > n) {
		give_up(a);
		return;
	}
	if (a->open && a->have > 0)
		(void)fill(a, p, pointer, fn, ctx);
	give_up(a);
	a->open = true;
	p += pointer;
	n -= pointer;
	while (n > 0 && a->open && (a->have > 0 || p[0] != TABLE_ID_STUFFING)) {
		size_t used = fill(a, p, n, fn, ctx);

		p += used;
		n -= used;
	}
}

void
section_feed(struct section_assembler *a, const uint8_t *packet, section_fn fn, void *ctx)
{
	size_t offset = ts_payload_offset(packet);

	if (ts_get_transporterror(packet) || ts_get_scrambling(packet) != TS_CLEAR ||
	    offset >= TS_SIZE || !follow(a, packet))
		return;
	if (ts_get_unitstart(packet))
		start_units(a, packet + offset, TS_SIZE - offset, fn, ctx);
	else if (a->open && a->have > 0)
		(void)fill(a, packet + offset, TS_SIZE - offset, fn, ctx);
}

void
section_init(struct section_assembler *a)
{
	memset(a, 0, sizeof *a);
}
