// SPDX-License-Identifier: GPL-3.0-or-later
/* The head of a stream: nothing is lost of one that begins in the middle, and nothing waits for
 * ever. */
#include "test.h"
#include "watch_bench.h"

static void
head__a_stream_that_begins_before_its_tables_comes_back_whole(void)
{
	static const size_t steps[] = { 188, 1000, 1 << 20 };

	for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
		struct watch_stats stats;
		struct bench b;

		bench_start(&b, NULL);
		b.fake.entitled = true;
		bench_period_of(&b, 10,
				8); /* ECM and packets, of PIDs that nothing has named yet */
		bench_period_of(&b, 11, 8);
		bench_tables(&b);
		bench_period_of(&b, 12, 8);
		CHECK_RC(bench_feed_bytes(&b, b.stream.bytes, b.stream.packets * TS_SIZE, steps[k]),
			 RC_OK);
		bench_finish(&b);
		bench_check_all_clear(&b);
		watch_get_stats(b.watch, &stats);
		CHECK(stats.packets_in == b.stream.packets);
		CHECK(stats.descrambled == 3 * PACKETS && stats.without_key == 0);
		bench_stop(&b);
	}
}

static void
head__a_service_without_pmt_delays_the_others_by_a_bounded_number_of_packets(void)
{
	struct bench b;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	for (size_t i = 0; i < 20; i++) /* no tables at all */
		stb_packets(&b.stream, 0x1F00, 1000, 0, NULL, 0);
	bench_feed(&b);
	CHECK(b.out_len > 0);
	bench_finish(&b);
	bench_check_all_clear(&b);
	bench_stop(&b);
}

static void
head__a_short_stream_without_tables_passes_at_its_end(void)
{
	struct bench b;

	bench_start(&b, NULL);
	stb_packets(&b.stream, 0x1F00, 5, 0, NULL, 0);
	bench_feed(&b);
	CHECK(b.out_len == 0);
	bench_finish(&b);
	bench_check_all_clear(&b);
	bench_stop(&b);
}

int
main(void)
{
	const struct test_case cases[] = {
		TEST(head__a_stream_that_begins_before_its_tables_comes_back_whole),
		TEST(head__a_service_without_pmt_delays_the_others_by_a_bounded_number_of_packets),
		TEST(head__a_short_stream_without_tables_passes_at_its_end),
	};

	return test_run("watch_head", cases, sizeof cases / sizeof cases[0]);
}
