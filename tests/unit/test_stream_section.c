// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/stream: sections to packets and back. */
#include "stream/packetiser.h"
#include "stream/section.h"
#include "test.h"

#include <stdlib.h>

#define SECTIONS_ROOM 20000U

struct sink {
	uint8_t bytes[SECTIONS_ROOM];
	size_t len, count;
};

static void
store(void *ctx, const uint8_t *section, size_t len)
{
	struct sink *sink = ctx;

	memcpy(sink->bytes + sink->len, section, len);
	sink->len += len;
	sink->count++;
}

static size_t
make_section(uint8_t *p, size_t size, unsigned int seed)
{
	p[0] = 0x80;
	p[1] = (uint8_t)(0x70U | (size - 3) >> 8);
	p[2] = (uint8_t)(size - 3);
	for (size_t i = 3; i < size; i++)
		p[i] = (uint8_t)(i * 7 + seed);
	return size;
}

static void
section__sections_of_every_size_come_back_from_packets(void)
{
	static struct sink sink;
	static struct section_assembler a;
	static uint8_t sections[SECTIONS_ROOM], packets[SECTIONS_ROOM * 2];

	for (size_t size = 3; size <= SECTION_MAX; size += size < 600 ? 1 : 97) {
		struct ts_packetiser p = { 0x123, 14 };
		size_t len = 0, n = 0;

		for (unsigned int k = 0; k < 4; k++)
			len += make_section(sections + len, size, k);
		CHECK_RC(ts_packetise(&p, sections, len, packets, sizeof packets, &n), RC_OK);
		memset(&sink, 0, sizeof sink);
		section_init(&a);
		for (size_t i = 0; i < n; i++) {
			CHECK(ts_pid(packets + i * TS_SIZE) == 0x123);
			CHECK(ts_get_cc(packets + i * TS_SIZE) == ((14 + i) & 15U));
			section_feed(&a, packets + i * TS_SIZE, store, &sink);
		}
		CHECK(sink.count == 4 && sink.len == len);
		CHECK(memcmp(sink.bytes, sections, len) == 0);
		CHECK(p.cc == ((14 + n) & 15U));
	}
}

static void
section__sizes_that_meet_the_last_payload_byte_keep_the_pointer_rule(void)
{
	static struct sink sink;
	static struct section_assembler a;
	uint8_t sections[1000], packets[8 * TS_SIZE];

	/* The second section would start in the last byte of a packet. */
	for (size_t first = 181; first <= 190; first++) {
		struct ts_packetiser p = { 0x40, 0 };
		size_t n, len = make_section(sections, 3, 1);

		len += make_section(sections + len, first - 3, 1);
		len += make_section(sections + len, 100, 2);
		len += make_section(sections + len, 250, 3);
		CHECK_RC(ts_packetise(&p, sections, len, packets, sizeof packets, &n), RC_OK);
		section_init(&a);
		memset(&sink, 0, sizeof sink);
		for (size_t i = 0; i < n; i++)
			section_feed(&a, packets + i * TS_SIZE, store, &sink);
		CHECK(sink.count == 4 && sink.len == len);
		CHECK(memcmp(sink.bytes, sections, len) == 0);
	}
}

static size_t
feed_all_but(const uint8_t *packets, size_t n, size_t without, size_t twice, struct sink *sink)
{
	static struct section_assembler a;

	section_init(&a);
	memset(sink, 0, sizeof *sink);
	for (size_t i = 0; i < n; i++) {
		if (i != without)
			section_feed(&a, packets + i * TS_SIZE, store, sink);
		if (i == twice)
			section_feed(&a, packets + i * TS_SIZE, store, sink);
	}
	return sink->count;
}

static void
section__a_lost_packet_loses_its_sections_and_a_repeated_one_nothing(void)
{
	static struct sink sink;
	uint8_t sections[4000], packets[30 * TS_SIZE];
	struct ts_packetiser p = { 0x40, 3 };
	size_t len = 0, n;

	for (unsigned int k = 0; k < 4; k++)
		len += make_section(sections + len, 700, k);
	CHECK_RC(ts_packetise(&p, sections, len, packets, sizeof packets, &n), RC_OK);
	for (size_t i = 0; i < n; i++) {
		size_t left = feed_all_but(packets, n, i, n, &sink);

		CHECK(left == 2 || left == 3);
		for (size_t at = 0; at < sink.len; at += 700)
			CHECK(memcmp(sink.bytes + at,
				     sections + 700 * (sink.bytes[at + 3] == 21
							       ? 0
							       : (size_t)(sink.bytes[at + 3] - 21)),
				     700) == 0);
		CHECK(feed_all_but(packets, n, n, i, &sink) == 4);
	}
}

static void
section__lengths_and_pointers_that_lie_yield_nothing_and_do_no_harm(void)
{
	static struct sink sink;
	static struct section_assembler a;
	uint8_t packet[TS_SIZE];

	for (unsigned int pointer = 0; pointer < 256; pointer++) {
		ts_init(packet);
		ts_set_pid(packet, 0x40);
		ts_set_payload(packet);
		ts_set_unitstart(packet);
		memset(packet + 4, 0xFF, TS_SIZE - 4);
		packet[4] = (uint8_t)pointer;
		packet[186] = 0x02;
		packet[187] = 0xBF;
		section_init(&a);
		memset(&sink, 0, sizeof sink);
		section_feed(&a, packet, store, &sink);
		CHECK(sink.count == 0);
	}
	/* section_length 4,095 is more than a section may have. */
	packet[4] = 0;
	packet[5] = 0x80;
	packet[6] = 0x7F;
	packet[7] = 0xFF;
	section_init(&a);
	section_feed(&a, packet, store, &sink);
	CHECK(sink.count == 0 && a.losses == 1);
	CHECK_RC(ts_packetise(&(struct ts_packetiser) { 1, 0 }, packet + 5, 100, sink.bytes,
			      sizeof sink.bytes, &sink.len),
		 RC_FORMAT);
	packet[6] = 0x70;
	packet[7] = 97;
	CHECK_RC(ts_packetise(&(struct ts_packetiser) { 1, 0 }, packet + 5, 100, sink.bytes, 187,
			      &sink.len),
		 RC_SPACE);
}

static void
section__scrambled_and_damaged_packets_are_passed_over(void)
{
	static struct sink sink;
	static struct section_assembler a;
	uint8_t sections[200], packet[2 * TS_SIZE];
	struct ts_packetiser p = { 0x40, 0 };
	size_t n;

	(void)make_section(sections, 100, 0);
	CHECK_RC(ts_packetise(&p, sections, 100, packet, sizeof packet, &n), RC_OK);
	section_init(&a);
	memset(&sink, 0, sizeof sink);
	ts_set_scrambling(packet, TS_ODD);
	section_feed(&a, packet, store, &sink);
	ts_set_scrambling(packet, TS_CLEAR);
	ts_set_transporterror(packet);
	section_feed(&a, packet, store, &sink);
	CHECK(sink.count == 0);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(section__sections_of_every_size_come_back_from_packets),
		TEST(section__sizes_that_meet_the_last_payload_byte_keep_the_pointer_rule),
		TEST(section__a_lost_packet_loses_its_sections_and_a_repeated_one_nothing),
		TEST(section__lengths_and_pointers_that_lie_yield_nothing_and_do_no_harm),
		TEST(section__scrambled_and_damaged_packets_are_passed_over),
	};

	return test_run("stream_section", cases, sizeof cases / sizeof cases[0]);
}
