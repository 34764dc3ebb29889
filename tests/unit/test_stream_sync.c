// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/stream: finding packets in damaged bytes. */
#include "stream/sync.h"
#include "test.h"

#include <stdlib.h>

#define PACKETS 12U

/* Packet number n; its payload holds no sync byte. */
static void
make(uint8_t *packet, unsigned int n)
{
	ts_init(packet);
	ts_set_pid(packet, 0x100);
	ts_set_payload(packet);
	ts_set_cc(packet, n & 15U);
	memset(packet + 4, 0x80 + (int)n, TS_SIZE - 4);
}

/* Feeds data in pieces; writes the numbers of the packets that come out. */
static size_t
collect(struct ts_sync *s, const uint8_t *data, size_t len, size_t piece, uint8_t *numbers)
{
	const uint8_t *packet;
	size_t n = 0;

	ts_sync_init(s);
	for (size_t at = 0; at < len; at += piece) {
		const uint8_t *p = data + at;
		size_t left = len - at < piece ? len - at : piece;

		while ((packet = ts_sync_next(s, &p, &left)) != NULL)
			numbers[n++] = (uint8_t)(packet[100] - 0x80);
		CHECK(left == 0);
	}
	while ((packet = ts_sync_finish(s)) != NULL)
		numbers[n++] = (uint8_t)(packet[100] - 0x80);
	return n;
}

static void
sync__finds_every_whole_packet_around_garbage_in_pieces_of_any_size(void)
{
	/* before: garbage in front; at: packet number after which `between` bytes stand;
	 * cut: bytes missing from that packet; tail: bytes of one more packet. */
	static const struct {
		const char *name;
		size_t before, at, between, cut, tail;
		size_t want, skipped, resyncs;
	} rows[] = {
		{ "clean", 0, 0, 0, 0, 0, 12, 0, 0 },
		{ "garbage before", 77, 0, 0, 0, 0, 12, 77, 0 },
		{ "garbage between", 0, 5, 300, 0, 0, 12, 300, 1 },
		{ "one byte between", 0, 5, 1, 0, 0, 12, 1, 1 },
		{ "packet cut short", 0, 5, 0, 60, 0, 11, 128, 1 },
		{ "tail cut short", 0, 0, 0, 0, 100, 12, 100, 0 },
		{ "all of it", 500, 4, 40, 0, 187, 12, 727, 1 },
	};
	static const size_t pieces[] = { 1, 3, 100, 187, 188, 189, 376, 100000 };

	for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
		uint8_t data[PACKETS * TS_SIZE + 2000], numbers[PACKETS * 2];
		size_t len = rows[r].before;
		struct ts_sync s;

		test_row(rows[r].name);
		memset(data, 0x47 ^ 0x11, sizeof data);
		data[0] = rows[r].before > 0 ? 0x47 : 0;
		for (unsigned int n = 0; n < PACKETS; n++) {
			make(data + len, n);
			len += TS_SIZE;
			if (n == rows[r].at && n > 0) {
				len -= rows[r].cut;
				memset(data + len, 0x55, rows[r].between);
				len += rows[r].between;
			}
		}
		make(data + len, PACKETS);
		len += rows[r].tail;
		for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
			size_t got = collect(&s, data, len, pieces[i], numbers);

			/* Bytes that trickle in give no look-ahead: a packet cut short is then
			 * taken whole. */
			if (rows[r].cut > 0 && pieces[i] < 400)
				continue;
			CHECK(got == rows[r].want);
			CHECK(s.skipped == rows[r].skipped);
			CHECK(s.resyncs == rows[r].resyncs);
			CHECK(s.packets == got);
			for (size_t k = 1; k < got; k++)
				CHECK(numbers[k] > numbers[k - 1]);
		}
	}
}

static void
sync__a_single_packet_is_a_stream(void)
{
	uint8_t packet[TS_SIZE], number[4];
	struct ts_sync s;

	make(packet, 3);
	CHECK(collect(&s, packet, sizeof packet, 50, number) == 1 && number[0] == 3);
	CHECK(collect(&s, packet, sizeof packet - 1, 50, number) == 0);
	CHECK(s.skipped == TS_SIZE - 1);
}

static void
sync__bytes_without_packets_yield_nothing(void)
{
	uint8_t data[5000];
	struct ts_sync s;
	uint8_t numbers[64];

	memset(data, 0, sizeof data);
	CHECK(collect(&s, data, sizeof data, 777, numbers) == 0);
	CHECK(s.skipped == sizeof data);
}

static void
ts__impossible_adaptation_lengths_leave_no_payload_and_no_pcr(void)
{
	uint8_t packet[TS_SIZE];
	uint64_t pcr = 7;

	make(packet, 0);
	CHECK(ts_payload_offset(packet) == 4);
	for (unsigned int length = 0; length < 256; length++) {
		packet[3] = 0x30;
		packet[4] = (uint8_t)length;
		packet[5] = 0x90;
		CHECK(ts_payload_offset(packet) == (length < 183 ? 5U + length : TS_SIZE));
		CHECK(ts_pcr(packet, &pcr) == (length >= 7 && length <= 183));
		CHECK(ts_discontinuity(packet) == (length >= 1 && length <= 183));
	}
	packet[3] = 0x20;
	CHECK(ts_payload_offset(packet) == TS_SIZE);
	CHECK(ts_pcr_delta(TS_PCR_WRAP - 5, 10) == 15);
}

static void
sync__packets_of_192_and_204_bytes_are_known_for_what_they_are(void)
{
	static const struct {
		size_t size, lead, cut, want;
	} rows[] = {
		{ 188, 0, 0, 0 },         { 188, 77, 0, 0 },      { 192, 4, 0, 192 },
		{ 204, 0, 0, 204 },       { 204, 150, 0, 204 },   { 204, 0, 204 * 5, 0 },
		{ 192, 4, 192 * 4, 192 }, { 192, 4, 192 * 5, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t data[256 + (size_t)PACKETS * 204] = { 0 };
		size_t len = rows[i].lead + PACKETS * rows[i].size - rows[i].cut;

		for (unsigned int n = 0; n < PACKETS; n++)
			make(data + rows[i].lead + n * rows[i].size, n);
		CHECK(ts_sync_other_size(data, len) == rows[i].want);
	}
	CHECK(ts_sync_other_size(NULL, 0) == 0);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(sync__finds_every_whole_packet_around_garbage_in_pieces_of_any_size),
		TEST(sync__a_single_packet_is_a_stream),
		TEST(sync__bytes_without_packets_yield_nothing),
		TEST(sync__packets_of_192_and_204_bytes_are_known_for_what_they_are),
		TEST(ts__impossible_adaptation_lengths_leave_no_payload_and_no_pcr),
	};

	return test_run("stream_sync", cases, sizeof cases / sizeof cases[0]);
}
