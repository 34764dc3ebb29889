// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/headend/mux: stream time. */
#include "mux/clock.h"
#include "mux/mux.h"
#include "test.h"

#define MS (TS_CLOCK / 1000)

static void
feed(struct mux_clock *c, uint16_t pid, uint64_t pcr, bool discontinuity, size_t fillers)
{
	uint8_t packet[TS_SIZE];

	ts_pad(packet);
	ts_set_pid(packet, pid);
	ts_set_adaptation(packet, 183);
	tsaf_set_pcr(packet, pcr % TS_PCR_WRAP / 300);
	tsaf_set_pcrext(packet, (uint16_t)(pcr % 300));
	if (discontinuity)
		tsaf_set_discontinuity(packet);
	clock_packet(c, packet);
	ts_pad(packet);
	for (size_t i = 0; i < fillers; i++)
		clock_packet(c, packet);
}

static void
clock__goes_on_across_the_wrap_of_the_pcr(void)
{
	struct mux_clock c;

	clock_init(&c, TS_PID_NONE);
	for (unsigned int i = 0; i <= 100; i++)
		feed(&c, 0x100, TS_PCR_WRAP - 50 * 40 * MS + i * 40 * MS, false, 9);
	CHECK(clock_now(&c) >= 4000 * MS && clock_now(&c) < 4040 * MS);
}

static void
clock__a_jump_of_the_pcr_with_or_without_the_flag_moves_nothing(void)
{
	for (int flagged = 0; flagged <= 1; flagged++) {
		struct mux_clock c;

		clock_init(&c, TS_PID_NONE);
		for (unsigned int i = 0; i < 50; i++)
			feed(&c, 0x100, i * 40 * MS, false, 9);
		for (unsigned int i = 0; i < 50; i++)
			feed(&c, 0x100, (flagged ? 3000 : 9000000) * (uint64_t)MS + i * 40 * MS,
			     flagged && i == 0, 9);
		CHECK(clock_now(&c) > 3900 * MS && clock_now(&c) < 4100 * MS);
	}
}

static void
clock__a_burst_between_two_pcrs_is_no_more_than_one_step(void)
{
	struct mux_clock c;

	clock_init(&c, TS_PID_NONE);
	for (unsigned int i = 0; i < 50; i++)
		feed(&c, 0x100, i * 40 * MS, false, 20);
	feed(&c, 0x100, 50 * 40 * MS, false, 100);
	CHECK(clock_now(&c) <= 51 * 40 * MS);
	CHECK(clock_now(&c) > 50 * 40 * MS);
}

static void
clock__a_silent_pid_is_replaced_by_another_one(void)
{
	struct mux_clock c;

	clock_init(&c, 0x100);
	feed(&c, 0x200, 7777 * MS, false, 9);
	CHECK(c.pid == TS_PID_NONE);
	for (unsigned int i = 0; i < 50; i++) {
		feed(&c, 0x100, i * 40 * MS, false, 4);
		feed(&c, 0x200, (7777 + i * 40) * MS, false, 4);
	}
	CHECK(c.pid == 0x100);
	for (unsigned int i = 50; i < 150; i++)
		feed(&c, 0x200, (7777 + i * 40) * MS, false, 9);
	CHECK(c.pid == 0x200);
	CHECK(clock_now(&c) > 5800 * MS && clock_now(&c) < 6100 * MS);
}

static void
clock__without_any_pcr_packets_count_at_a_supposed_or_the_mean_rate(void)
{
	uint8_t packet[TS_SIZE];
	struct mux_clock c;

	ts_pad(packet);
	clock_init(&c, TS_PID_NONE);
	for (unsigned int i = 0; i < 1000; i++)
		clock_packet(&c, packet);
	CHECK(clock_now(&c) == 0);
	for (unsigned int i = 0; i < 53240;
	     i++) /* 20,000 are waited for, 10 s at 5 Mbit/s remain */
		clock_packet(&c, packet);
	CHECK(clock_now(&c) > 10200 * MS && clock_now(&c) < 10400 * MS);
	clock_init(&c, TS_PID_NONE);
	for (unsigned int i = 0; i <= 50; i++)
		feed(&c, 0x100, i * 40 * MS, false, 9);
	for (unsigned int i = 0; i < 1000; i++)
		clock_packet(&c, packet);
	CHECK(clock_now(&c) > 5900 * MS && clock_now(&c) < 6100 * MS);
}

static void
clock__does_not_believe_the_pcr_of_a_packet_with_transport_errors(void)
{
	struct mux_clock c;
	uint8_t packet[TS_SIZE];

	clock_init(&c, TS_PID_NONE);
	for (unsigned int i = 0; i < 50; i++)
		feed(&c, 0x100, i * 40 * MS, false, 9);
	ts_pad(packet);
	ts_set_pid(packet, 0x100);
	ts_set_adaptation(packet, 183);
	tsaf_set_pcr(packet, (uint64_t)4960 * MS / 300);
	ts_set_transporterror(packet);
	clock_packet(&c, packet);
	CHECK(clock_now(&c) <= 2000 * MS);
}

static void
options__each_range_is_kept(void)
{
	const struct mux_options good = {
		.period_ms = 10000, .ecm_interval_ms = 100, .service_count = 2, .services = { 1, 2 }
	};
	struct mux_options o = good;

	CHECK_RC(mux_options_check(&o), RC_OK);
	o.period_ms = 999;
	CHECK_RC(mux_options_check(&o), RC_RANGE);
	o = good;
	o.ecm_interval_ms = 19;
	CHECK_RC(mux_options_check(&o), RC_RANGE);
	o = good;
	o.emm_bitrate = 100000001;
	CHECK_RC(mux_options_check(&o), RC_RANGE);
	o = good;
	o.service_count = 0;
	CHECK_RC(mux_options_check(&o), RC_RANGE);
	o = good;
	o.services[1] = 1;
	CHECK_RC(mux_options_check(&o), RC_CONFLICT);
	o = good;
	o.ecm_pid_first = 0x1F;
	CHECK_RC(mux_options_check(&o), RC_RANGE);
	o.ecm_pid_first = 0x1FFE;
	CHECK_RC(mux_options_check(&o), RC_RANGE);
	o.ecm_pid_first = 0x1FFD;
	CHECK_RC(mux_options_check(&o), RC_OK);
	o.emm_pid = 0x1FFE;
	CHECK_RC(mux_options_check(&o), RC_CONFLICT);
	o.emm_pid = 0x1FFF;
	CHECK_RC(mux_options_check(&o), RC_RANGE);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(clock__goes_on_across_the_wrap_of_the_pcr),
		TEST(clock__a_jump_of_the_pcr_with_or_without_the_flag_moves_nothing),
		TEST(clock__a_burst_between_two_pcrs_is_no_more_than_one_step),
		TEST(clock__a_silent_pid_is_replaced_by_another_one),
		TEST(clock__without_any_pcr_packets_count_at_a_supposed_or_the_mean_rate),
		TEST(clock__does_not_believe_the_pcr_of_a_packet_with_transport_errors),
		TEST(options__each_range_is_kept),
	};

	return test_run("mux_clock", cases, sizeof cases / sizeof cases[0]);
}
