// SPDX-License-Identifier: GPL-3.0-or-later
/* The box at a live stream: ECMs before EMMs, cards that come and go, another service, sleep. */
#include "test.h"
#include "watch_bench.h"

static void
ecm(struct bench *b, uint32_t period)
{
	struct ecm e = stb_ecm_of(1, period, 8);

	stb_ecm(&b->stream, ECM_PID, &e);
}

static size_t
position(const struct bench *b, uint8_t ins, unsigned int nth)
{
	for (size_t i = 0; i < b->card.transmits && i < SCRIPTED_LOG_MAX; i++) {
		if (b->card.log[i] == ins && nth-- == 0)
			return i;
	}
	return SIZE_MAX;
}

static void
watch__an_ecm_of_a_live_stream_waits_for_no_emm_that_came_before_it(void)
{
	const struct watch_options options = { .live = true };
	struct watch_stats stats;
	struct bench b;

	bench_start(&b, &options);
	bench_tables(&b);
	bench_feed(&b);
	for (uint8_t i = 0; i < 5; i++)
		bench_emm(&b, EMM_GLOBAL, STB_OPERATOR, 0, i + 1U);
	ecm(&b, 10);
	CHECK_RC(bench_feed_bytes(&b, b.stream.bytes + b.fed * TS_SIZE,
				  (b.stream.packets - b.fed) * TS_SIZE, SIZE_MAX),
		 RC_OK);
	b.fed = b.stream.packets;
	CHECK(b.fake.ecms >= 1);
	CHECK(position(&b, CA_INS_ECM, 0) < position(&b, CA_INS_EMM, 0));
	/* While the first EMM was handled, an ECM came: it is next. */
	b.fake.emms = 0;
	for (uint8_t i = 5; i < 9; i++)
		bench_emm(&b, EMM_GLOBAL, STB_OPERATOR, 0, i + 1U);
	bench_feed(&b);
	ecm(&b, 11);
	bench_feed(&b);
	while (b.fake.emms < 4) {
		unsigned int before = b.fake.emms;

		CHECK_RC(watch_flush(b.watch), RC_OK);
		bench_take_events(&b);
		CHECK(b.fake.emms <= before + 1);
		if (b.fake.emms == before)
			break;
	}
	bench_finish(&b);
	watch_get_stats(b.watch, &stats);
	CHECK(stats.emms_applied == 9 && stats.emms_dropped == 0);
	bench_stop(&b);
}

static void
watch__more_emms_than_can_wait_are_dropped_and_counted(void)
{
	const struct watch_options options = { .live = true };
	struct watch_stats stats;
	struct bench b;
	bool done = false;

	bench_start(&b, &options);
	bench_tables(&b);
	bench_feed(&b);
	for (uint8_t i = 0; i < 40; i++)
		bench_emm(&b, EMM_GLOBAL, STB_OPERATOR, 0, i + 1U);
	bench_feed(&b);
	while (!done) {
		CHECK_RC(watch_finish(b.watch, &done), RC_OK);
		bench_take_events(&b);
	}
	watch_get_stats(b.watch, &stats);
	CHECK(stats.emms_dropped > 0);
	CHECK(stats.emms_applied + stats.emms_dropped == 40);
	bench_stop(&b);
}

static void
watch__a_card_that_goes_is_an_event_and_opens_again_when_it_is_back(void)
{
	const struct watch_options options = { .card_may_go = true };
	struct bench b;
	char why[CA_WHY];

	bench_start(&b, &options);
	b.fake.entitled = true;
	bench_tables(&b);
	bench_period_of(&b, 10, 8);
	bench_feed(&b);
	b.card.gone = true;
	bench_period_of(&b, 11, 8); /* its word came with the ECM before */
	bench_feed(&b);
	CHECK(watch_card_is_gone(b.watch));
	CHECK_RC(watch_card_return(b.watch, why), RC_READER);
	CHECK(why[0] != '\0' && watch_card_is_gone(b.watch));
	bench_period_of(&b, 12, 8);
	bench_feed(&b);
	b.card.gone = false;
	CHECK_RC(watch_card_return(b.watch, why), RC_OK);
	CHECK(!watch_card_is_gone(b.watch));
	bench_period_of(&b, 13, 8);
	bench_feed(&b);
	bench_finish(&b);
	/* Periods 10 and 11 by the ECM before, 13 by the one after; nobody asked about 12. */
	CHECK(bench_count_pid(&b, VIDEO) == (size_t)3 * 15);
	CHECK(b.card_events == 2);
	bench_stop(&b);
}

static void
watch__picture_begins_and_ends_are_told_once(void)
{
	struct watch_options none = { 0 };
	struct bench b;

	bench_start(&b, &none);
	b.fake.entitled = true;
	bench_tables(&b);
	bench_period_of(&b, 10, 8);
	bench_period_of(&b, 11, 8);
	bench_feed(&b);
	CHECK(b.picture_events == 1 && b.picture_on);
	b.fake.entitled = false;
	for (uint32_t period = 12; period < 20; period++)
		bench_period_of(&b, period, 8);
	bench_feed(&b);
	CHECK(b.picture_events == 2 && !b.picture_on);
	bench_finish(&b);
	bench_stop(&b);
}

static void
watch__another_service_is_followed_and_the_first_one_left(void)
{
	const struct watch_options first = { .service_count = 1, .services = { 1 } };
	const uint16_t other = 2, back = 1;
	struct watch_service services[4];
	struct bench b;

	bench_start(&b, &first);
	b.fake.entitled = true;
	bench_tables(&b);
	bench_period_of(&b, 10, 8);
	bench_feed(&b);
	CHECK_RC(watch_select(b.watch, &other, 1), RC_OK);
	CHECK(watch_get_services(b.watch, services, 4) == 1 && services[0].number == 2 &&
	      services[0].access == WATCH_ABSENT);
	b.fake.ecms = 0;
	bench_period_of(&b, 11, 8);
	bench_feed(&b);
	CHECK(b.fake.ecms == 0);
	CHECK_RC(watch_select(b.watch, &back, 1), RC_OK);
	bench_tables(&b);
	bench_period_of(&b, 12, 8);
	bench_feed(&b);
	bench_finish(&b);
	CHECK(b.fake.ecms > 0);
	CHECK(watch_get_services(b.watch, services, 4) == 1 &&
	      services[0].access == WATCH_DECIDED && services[0].outcome == OUTCOME_OPEN);
	CHECK_RC(watch_select(b.watch, &back, WATCH_SERVICES_MAX + 1), RC_RANGE);
	bench_stop(&b);
}

static void
watch__a_box_asleep_takes_emms_and_asks_about_no_service(void)
{
	const struct watch_options options = { .standby = true };
	struct bench b;

	bench_start(&b, &options);
	b.fake.entitled = true;
	bench_tables(&b);
	bench_period_of(&b, 10, 8);
	bench_emm(&b, EMM_GLOBAL, STB_OPERATOR, 0, 1 + 1U);
	bench_period_of(&b, 11, 8);
	bench_feed(&b);
	bench_finish(&b);
	CHECK(b.fake.ecms == 0 && b.fake.emms == 1);
	CHECK(bench_count_pid(&b, VIDEO) == 0);
	bench_stop(&b);
}

static void
watch__each_slice_that_is_paid_tells_the_running_cost(void)
{
	struct bench b;

	bench_start(&b, NULL);
	b.fake.entitled = true;
	b.fake.slice_cost = 10;
	b.fake.running.record = 3;
	b.fake.running.ceiling = 500;
	bench_tables(&b);
	for (uint32_t period = 10; period < 13; period++)
		bench_period_of(&b, period, 8);
	bench_feed(&b);
	bench_finish(&b);
	CHECK(b.cost_events == 3 && b.cost.spent == 30 && b.cost.slices == 3);
	CHECK(b.cost.record == 3 && b.cost.ceiling == 500);
	bench_stop(&b);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(watch__an_ecm_of_a_live_stream_waits_for_no_emm_that_came_before_it),
		TEST(watch__more_emms_than_can_wait_are_dropped_and_counted),
		TEST(watch__a_card_that_goes_is_an_event_and_opens_again_when_it_is_back),
		TEST(watch__picture_begins_and_ends_are_told_once),
		TEST(watch__another_service_is_followed_and_the_first_one_left),
		TEST(watch__each_slice_that_is_paid_tells_the_running_cost),
		TEST(watch__a_box_asleep_takes_emms_and_asks_about_no_service),
	};

	return test_run("watch_live", cases, sizeof cases / sizeof cases[0]);
}
