// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/stream/frame: packets of 192 and 204 bytes. */
#include "stream/frame.h"
#include "test.h"

#include <stdlib.h>

#define PACKETS 40U
#define LONGEST 204U

static uint8_t framed[PACKETS * LONGEST + 500], plain[PACKETS * TS_SIZE], out[sizeof framed];

/* The first `before` bytes are missing. Additional bytes look like sync bytes where that is
 * possible. */
static size_t
make(size_t size, size_t before)
{
	size_t len = 0, front = size == 192 ? 4 : 0;

	for (size_t n = 0; n < PACKETS; n++) {
		uint8_t *p = plain + n * TS_SIZE;

		p[0] = 0x47;
		for (size_t i = 1; i < TS_SIZE; i++)
			p[i] = (uint8_t)((n * 3 + i) % 0x40);
		for (size_t i = 0; i < front; i++)
			framed[len++] = (uint8_t)(n + 0x80);
		memcpy(framed + len, p, TS_SIZE);
		len += TS_SIZE;
		for (size_t i = front + TS_SIZE; i < size; i++)
			framed[len++] = before == 0 ? 0x47 : (uint8_t)(n + 0x80);
	}
	memmove(framed, framed + before, len - before);
	return len - before;
}

static void
frame__additional_bytes_come_off_however_the_stream_is_cut(void)
{
	static const size_t sizes[] = { 192, 204 }, pieces[] = { 1, 7, 188, 500, 100000 };

	for (size_t s = 0; s < 2; s++) {
		for (size_t p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
			size_t len = make(sizes[s], 0), used = 0;
			struct ts_frame f;

			ts_frame_detect(&f, framed, len);
			CHECK(f.size == sizes[s]);
			for (size_t at = 0; at < len; at += pieces[p])
				used += ts_frame_strip(&f, framed + at,
						       len - at < pieces[p] ? len - at : pieces[p],
						       out + used);
			CHECK(used == sizeof plain && memcmp(out, plain, sizeof plain) == 0);
			CHECK(f.lost == 0);
		}
	}
}

static void
frame__a_stream_that_begins_within_a_packet_starts_at_the_next(void)
{
	static const size_t sizes[] = { 192, 204 };

	for (size_t s = 0; s < 2; s++) {
		size_t len = make(sizes[s], 50), used;
		struct ts_frame f;

		ts_frame_detect(&f, framed, len);
		CHECK(f.size == sizes[s]);
		used = ts_frame_strip(&f, framed, len, out);
		CHECK(used >= sizeof plain - TS_SIZE);
		CHECK(memcmp(out + used - (sizeof plain - TS_SIZE), plain + TS_SIZE,
			     sizeof plain - TS_SIZE) == 0);
	}
}

static void
frame__a_gap_costs_its_packets_and_no_more(void)
{
	size_t len = make(192, 0), used;
	struct ts_frame f;

	ts_frame_detect(&f, framed, len);
	memmove(framed + 192 * 10, framed + 192 * 10 + 33, len - 192 * 10 - 33);
	used = ts_frame_strip(&f, framed, len - 33, out);
	CHECK(f.lost == 1);
	CHECK(memcmp(out, plain, 10 * TS_SIZE) == 0);
	CHECK(memcmp(out + used - 29 * TS_SIZE, plain + 11 * TS_SIZE, 29 * TS_SIZE) == 0);
}

static void
frame__packets_of_188_pass_as_they_are(void)
{
	size_t len = make(TS_SIZE, 0);
	struct ts_frame f;

	ts_frame_detect(&f, framed, len);
	CHECK(f.size == TS_SIZE);
	CHECK(ts_frame_strip(&f, framed, len, out) == len && memcmp(out, plain, len) == 0);
	ts_frame_detect(&f, NULL, 0);
	CHECK(f.size == TS_SIZE);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(frame__additional_bytes_come_off_however_the_stream_is_cut),
		TEST(frame__a_stream_that_begins_within_a_packet_starts_at_the_next),
		TEST(frame__a_gap_costs_its_packets_and_no_more),
		TEST(frame__packets_of_188_pass_as_they_are),
	};

	return test_run("stream_frame", cases, sizeof cases / sizeof cases[0]);
}
