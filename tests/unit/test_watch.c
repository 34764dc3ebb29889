// SPDX-License-Identifier: GPL-3.0-or-later
/* The box on synthetic streams: what is opened, what is not, and in which order. */
#include "test.h"
#include "watch_bench.h"

static void
watch__an_entitled_card_opens_every_packet_in_order(void)
{
	static const uint8_t sizes[] = { 8, 16 };

	for (size_t k = 0; k < 2; k++) {
		struct watch_stats stats;
		struct watch_service service;
		struct bench b;

		bench_start(&b, NULL);
		b.fake.entitled = true;
		bench_tables(&b);
		for (uint32_t period = 10; period < 14; period++)
			bench_period_of(&b, period, sizes[k]);
		stb_packets(&b.stream, 0x1F00, 3, 0, NULL, 0);
		bench_feed(&b);
		bench_finish(&b);
		bench_check_all_clear(&b);
		watch_get_stats(b.watch, &stats);
		CHECK(stats.packets_in == b.stream.packets &&
		      stats.packets_out == b.stream.packets);
		CHECK(stats.descrambled == 4 * PACKETS && stats.without_key == 0);
		CHECK(stats.ecms == 4 && stats.ecms_repeated == 4 && b.fake.ecms == 4);
		CHECK(watch_get_services(b.watch, &service, 1) == 1);
		CHECK(service.number == 1 && service.access == WATCH_DECIDED);
		CHECK(service.outcome == OUTCOME_OPEN && service.was_open);
		CHECK(b.outcome_count == 1 && b.outcomes[0] == OUTCOME_OPEN);
		bench_stop(&b);
	}
}

static void
watch__packets_with_transport_errors_are_opened_like_the_others(void)
{
	struct bench b;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	bench_tables(&b);
	bench_period_of(&b, 10, 8);
	for (size_t i = b.stream.packets - 3; i < b.stream.packets; i++) {
		ts_set_transporterror(b.stream.bytes + i * TS_SIZE);
		ts_set_transporterror(b.stream.clear + i * TS_SIZE);
	}
	bench_feed(&b);
	bench_finish(&b);
	bench_check_all_clear(&b);
	bench_stop(&b);
}

static void
watch__pieces_of_any_size_give_the_same_output(void)
{
	static const size_t steps[] = { 1, 7, 187, 188, 189, 1000 };

	for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
		struct bench b;

		bench_start(&b, NULL);
		b.fake.entitled = true;
		bench_tables(&b);
		bench_period_of(&b, 10, 8);
		bench_period_of(&b, 11, 8);
		CHECK_RC(bench_feed_bytes(&b, b.stream.bytes, b.stream.packets * TS_SIZE, steps[k]),
			 RC_OK);
		bench_finish(&b);
		bench_check_all_clear(&b);
		bench_stop(&b);
	}
}

static void
watch__a_refused_card_writes_nothing_clear(void)
{
	struct watch_service service;
	struct watch_stats stats;
	struct bench b;

	bench_start(&b, NULL);
	bench_tables(&b);
	bench_period_of(&b, 10, 8);
	bench_period_of(&b, 11, 8);
	bench_feed(&b);
	bench_finish(&b);
	bench_check_none_of(&b, VIDEO);
	bench_check_none_of(&b, AUDIO);
	CHECK(b.out_len == (b.stream.packets - 2 * PACKETS) * TS_SIZE);
	watch_get_stats(b.watch, &stats);
	CHECK(stats.descrambled == 0 && stats.without_key == 2 * PACKETS);
	CHECK(watch_get_services(b.watch, &service, 1) == 1);
	CHECK(service.outcome == OUTCOME_NOT_ENTITLED && !service.was_open);
	bench_stop(&b);
}

static void
watch__kept_packets_pass_scrambled_byte_for_byte(void)
{
	struct watch_options options = { .keep_scrambled = true };
	struct bench b;

	bench_start(&b, &options);
	bench_tables(&b);
	bench_period_of(&b, 10, 8);
	bench_feed(&b);
	bench_finish(&b);
	CHECK(b.out_len == b.stream.packets * TS_SIZE);
	CHECK_BYTES(b.out, b.stream.bytes, b.out_len);
	bench_stop(&b);
}

static void
watch__packets_before_their_ecm_are_dropped_not_guessed(void)
{
	struct bench b;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	bench_tables(&b);
	bench_packets_of(&b, 1, 10, 8, VIDEO, 7);
	bench_period_of(&b, 10, 8);
	bench_feed(&b);
	bench_finish(&b);
	CHECK(b.out_len == (b.stream.packets - 7) * TS_SIZE);
	CHECK(bench_count_pid(&b, VIDEO) + bench_count_pid(&b, AUDIO) == PACKETS);
	bench_stop(&b);
}

static void
watch__a_word_of_two_periods_ago_opens_nothing(void)
{
	struct bench b;
	size_t before;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	bench_tables(&b);
	bench_period_of(&b, 10, 8);
	bench_packets_of(&b, 1, 11, 8, VIDEO, PACKETS); /* its word came with the ECM of 10 */
	before = b.stream.packets;
	bench_packets_of(&b, 1, 12, 8, VIDEO, PACKETS); /* the ECM of 11 never came */
	bench_feed(&b);
	bench_finish(&b);
	CHECK(b.out_len == before * TS_SIZE);
	CHECK_BYTES(b.out, b.stream.clear, before * TS_SIZE);
	bench_period_of(&b, 12, 8);
	bench_feed(&b);
	bench_finish(&b);
	CHECK(b.out_len == (b.stream.packets - PACKETS) * TS_SIZE);
	CHECK_BYTES(b.out + before * TS_SIZE, b.stream.clear + (before + PACKETS) * TS_SIZE,
		    b.out_len - before * TS_SIZE);
	bench_stop(&b);
}

static void
watch__a_right_that_ends_closes_the_service_at_the_ecm(void)
{
	struct bench b;
	size_t before;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	bench_tables(&b);
	bench_period_of(&b, 10, 8);
	before = b.stream.packets;
	bench_feed(&b);
	b.fake.entitled = false;
	bench_period_of(&b, 11, 8); /* its word is already there, from the ECM of 10 */
	bench_feed(&b);
	bench_finish(&b);
	CHECK(b.out_len == (b.stream.packets - PACKETS) * TS_SIZE);
	CHECK_BYTES(b.out, b.stream.clear, before * TS_SIZE);
	CHECK(b.outcome_count == 2 && b.outcomes[1] == OUTCOME_NOT_ENTITLED);
	bench_stop(&b);
}

static void
watch__a_stream_that_begins_again_is_followed(void)
{
	struct bench b;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	bench_tables(&b);
	for (unsigned int i = 0; i < 2; i++) {
		bench_period_of(&b, 10, 8);
		bench_period_of(&b, 11, 8);
	}
	bench_feed(&b);
	bench_finish(&b);
	bench_check_all_clear(&b);
	bench_stop(&b);
}

/* --- tables that change, streams that are damaged --- */

static void
watch__a_new_pmt_moves_the_streams_and_the_ecm_pid(void)
{
	static const struct stb_es moved[] = { { VIDEO + 0x10, 0 } };
	struct bench b;
	struct ecm ecm;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	bench_tables(&b);
	bench_period_of(&b, 10, 8);
	stb_pmt(&b.stream, 1, PMT_PID, 1, ECM_PID + 1, STB_OPERATOR, moved, 1);
	ecm = stb_ecm_of(1, 11, 8);
	stb_ecm(&b.stream, ECM_PID + 1, &ecm);
	bench_packets_of(&b, 1, 11, 8, VIDEO + 0x10, PACKETS);
	bench_feed(&b);
	bench_finish(&b);
	bench_check_all_clear(&b);
	bench_stop(&b);
}

static void
watch__two_services_share_one_card(void)
{
	static const uint16_t programs[][2] = { { 1, PMT_PID }, { 2, PMT_PID } };
	static const struct stb_es second[] = { { VIDEO + 0x20, 0 },
						{ AUDIO + 0x20, ECM_PID + 6 } };
	struct watch_service services[4];
	struct bench b;
	struct ecm ecm;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	stb_pat(&b.stream, 0, programs, 2);
	stb_pmt(&b.stream, 1, PMT_PID, 0, ECM_PID, STB_OPERATOR, bench_streams, 2);
	stb_pmt(&b.stream, 2, PMT_PID, 0, ECM_PID + 5, STB_OPERATOR, second, 2);
	for (uint32_t period = 10; period < 13; period++) {
		uint32_t other = period + 991; /* the other service counts on its own */

		ecm = stb_ecm_of(2, other, 8);
		stb_ecm(&b.stream, ECM_PID + 5, &ecm);
		ecm = stb_ecm_of(3, other, 8);
		stb_ecm(&b.stream, ECM_PID + 6, &ecm);
		bench_period_of(&b, period, 8);
		bench_packets_of(&b, 2, other, 8, VIDEO + 0x20, PACKETS);
		bench_packets_of(&b, 3, other, 8, AUDIO + 0x20, PACKETS);
	}
	bench_feed(&b);
	bench_finish(&b);
	bench_check_all_clear(&b);
	CHECK(watch_get_services(b.watch, services, 4) == 2);
	CHECK(services[1].number == 2 && services[1].outcome == OUTCOME_OPEN);
	bench_stop(&b);
}

static void
watch__ciphers_may_be_mixed_and_order_is_kept(void)
{
	static const uint16_t programs[][2] = { { 1, PMT_PID }, { 2, PMT_PID + 1 } };
	static const struct stb_es second[] = { { VIDEO + 0x20, 0 } };
	struct bench b;
	struct ecm ecm;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	stb_pat(&b.stream, 0, programs, 2);
	stb_pmt(&b.stream, 1, PMT_PID, 0, ECM_PID, STB_OPERATOR, bench_streams, 2);
	stb_pmt(&b.stream, 2, PMT_PID + 1, 0, ECM_PID + 5, STB_OPERATOR, second, 1);
	ecm = stb_ecm_of(2, 10, 16);
	stb_ecm(&b.stream, ECM_PID + 5, &ecm);
	for (unsigned int i = 0; i < 5; i++) {
		bench_period_of(&b, 10 + i, 8);
		bench_packets_of(&b, 2, 10, 16, VIDEO + 0x20, 3);
	}
	bench_feed(&b);
	bench_finish(&b);
	bench_check_all_clear(&b);
	bench_stop(&b);
}

static void
watch__a_service_that_was_not_asked_for_stays_closed(void)
{
	struct watch_options options = { .service_count = 2, .services = { 7, 9 } };
	struct watch_service services[4];
	struct bench b;

	bench_start(&b, &options);
	b.fake.entitled = true;
	bench_tables(&b);
	bench_period_of(&b, 10, 8);
	bench_feed(&b);
	bench_finish(&b);
	bench_check_none_of(&b, VIDEO);
	CHECK(b.fake.ecms == 0);
	CHECK(watch_get_services(b.watch, services, 4) == 2);
	CHECK(services[0].number == 7 && services[0].access == WATCH_ABSENT);
	bench_stop(&b);
}

static void
watch__another_operators_service_is_foreign(void)
{
	static const uint16_t programs[][2] = { { 1, PMT_PID } };
	struct watch_options options = { .service_count = 1, .services = { 1 } };
	struct watch_service service;
	struct bench b;

	bench_start(&b, &options);
	b.fake.entitled = true;
	stb_pat(&b.stream, 0, programs, 1);
	stb_pmt(&b.stream, 1, PMT_PID, 0, ECM_PID, STB_OPERATOR + 1, bench_streams, 2);
	bench_period_of(&b, 10, 8);
	bench_feed(&b);
	bench_finish(&b);
	bench_check_none_of(&b, VIDEO);
	CHECK(b.fake.ecms == 0);
	CHECK(watch_get_services(b.watch, &service, 1) == 1 && service.access == WATCH_FOREIGN);
	bench_stop(&b);
}

static void
watch__psi_with_a_wrong_crc_changes_nothing_and_is_counted(void)
{
	struct watch_stats stats;
	struct bench b;
	size_t at;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	bench_tables(&b);
	bench_period_of(&b, 10, 8);
	at = b.stream.packets;
	stb_pmt(&b.stream, 1, PMT_PID, 1, ECM_PID + 1, STB_OPERATOR, bench_streams, 2);
	b.stream.bytes[at * TS_SIZE + 20] ^= 0x01;
	b.stream.clear[at * TS_SIZE + 20] ^= 0x01;
	bench_period_of(&b, 11, 8);
	bench_feed(&b);
	bench_finish(&b);
	bench_check_all_clear(&b);
	watch_get_stats(b.watch, &stats);
	CHECK(stats.sections_wrong == 1);
	bench_stop(&b);
}

static void
watch__a_damaged_ecm_does_not_replace_the_good_one(void)
{
	struct ecm ecm = stb_ecm_of(1, 10, 8);
	struct watch_stats stats;
	struct bench b;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	bench_tables(&b);
	bench_period_of(&b, 10, 8);
	for (unsigned int i = 0; i < 5; i++) {
		size_t at = b.stream.packets;

		stb_ecm(&b.stream, ECM_PID, &ecm);
		b.stream.bytes[at * TS_SIZE + 40 + i] ^= 0x10;
		b.stream.clear[at * TS_SIZE + 40 + i] ^= 0x10;
		bench_packets_of(&b, 1, 10, 8, VIDEO, 5);
	}
	bench_feed(&b);
	bench_finish(&b);
	bench_check_all_clear(&b);
	watch_get_stats(b.watch, &stats);
	CHECK(stats.ecms == 1);
	bench_stop(&b);
}

static void
watch__an_ecm_that_the_card_cannot_read_is_counted_and_a_good_one_follows(void)
{
	struct watch_stats stats;
	struct bench b;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	b.fake.ecm_sw = SW_SECURITY_STATUS;
	bench_tables(&b);
	bench_period_of(&b, 10, 8);
	bench_feed(&b);
	bench_check_none_of(&b, VIDEO);
	b.fake.ecm_sw = 0;
	bench_period_of(&b, 11, 8);
	bench_feed(&b);
	bench_finish(&b);
	CHECK(bench_count_pid(&b, VIDEO) + bench_count_pid(&b, AUDIO) == PACKETS);
	watch_get_stats(b.watch, &stats);
	CHECK(stats.ecms_refused == 1 && stats.ecms == 2);
	bench_stop(&b);
}

static void
watch__garbage_between_packets_costs_only_what_it_hits(void)
{
	uint8_t garbage[300];
	struct watch_stats stats;
	struct bench b;
	size_t half;

	memset(garbage, 0x55, sizeof garbage);
	bench_start(&b, NULL);
	b.fake.entitled = true;
	bench_tables(&b);
	bench_period_of(&b, 10, 8);
	half = b.stream.packets / 2 * TS_SIZE;
	CHECK_RC(bench_feed_bytes(&b, garbage, sizeof garbage, 50), RC_OK);
	CHECK_RC(bench_feed_bytes(&b, b.stream.bytes, half, 1000), RC_OK);
	CHECK_RC(bench_feed_bytes(&b, garbage, sizeof garbage, 50), RC_OK);
	CHECK_RC(bench_feed_bytes(&b, b.stream.bytes + half,
				  b.stream.packets * TS_SIZE - half - 100, 1000),
		 RC_OK);
	bench_finish(&b);
	watch_get_stats(b.watch, &stats);
	CHECK(stats.bytes_skipped >= 2 * sizeof garbage && stats.resyncs >= 1);
	CHECK(b.out_len == (b.stream.packets - 1) * TS_SIZE);
	if (b.out_len == (b.stream.packets - 1) * TS_SIZE)
		CHECK_BYTES(b.out, b.stream.clear, b.out_len);
	bench_stop(&b);
}

static void
watch__a_reader_that_is_gone_ends_the_feeding(void)
{
	static const struct scripted_line dead[] = { { "", NULL, false } };
	struct bench b;
	size_t taken = 0;

	bench_start(&b, NULL);
	bench_tables(&b);
	bench_period_of(&b, 10, 8);
	b.card.answer = NULL;
	b.card.lines = dead;
	b.card.line_count = 1;
	for (unsigned int i = 0; i < 2; i++)
		CHECK_RC(watch_feed(b.watch, b.stream.bytes, b.stream.packets * TS_SIZE, &taken),
			 RC_READER);
	bench_stop(&b);
}

int
main(void)
{
	const struct test_case cases[] = {
		TEST(watch__an_entitled_card_opens_every_packet_in_order),
		TEST(watch__packets_with_transport_errors_are_opened_like_the_others),
		TEST(watch__pieces_of_any_size_give_the_same_output),
		TEST(watch__a_refused_card_writes_nothing_clear),
		TEST(watch__kept_packets_pass_scrambled_byte_for_byte),
		TEST(watch__packets_before_their_ecm_are_dropped_not_guessed),
		TEST(watch__a_word_of_two_periods_ago_opens_nothing),
		TEST(watch__a_right_that_ends_closes_the_service_at_the_ecm),
		TEST(watch__a_stream_that_begins_again_is_followed),
		TEST(watch__a_new_pmt_moves_the_streams_and_the_ecm_pid),
		TEST(watch__two_services_share_one_card),
		TEST(watch__ciphers_may_be_mixed_and_order_is_kept),
		TEST(watch__a_service_that_was_not_asked_for_stays_closed),
		TEST(watch__another_operators_service_is_foreign),
		TEST(watch__psi_with_a_wrong_crc_changes_nothing_and_is_counted),
		TEST(watch__a_damaged_ecm_does_not_replace_the_good_one),
		TEST(watch__an_ecm_that_the_card_cannot_read_is_counted_and_a_good_one_follows),
		TEST(watch__garbage_between_packets_costs_only_what_it_hits),
		TEST(watch__a_reader_that_is_gone_ends_the_feeding),
	};

	return test_run("watch", cases, sizeof cases / sizeof cases[0]);
}
