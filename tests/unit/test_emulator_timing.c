// SPDX-License-Identifier: GPL-3.0-or-later
/* smartcard/emulator: the timing model against sums made by hand from ISO 7816-3 and 14443, and the
 * promise that a purchase keeps. */
#include "emulator/timing.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PURCHASE_LIMIT_NS 800000000ULL
#define ETU_9600_NS (372.0 * 1e9 / 3571200.0)
#define BIT_106_NS (128.0 * 1e9 / 13560000.0)

static const struct timing_profile *
slowest(void)
{
	return timing_profile_at(TIMING_PROFILES - 1);
}

static enum rc
transaction(const struct timing_profile *profile, enum timing_protocol protocol, uint8_t fi_di,
	    uint16_t rate_kbit_s, struct timing_step steps[TIMING_STEPS])
{
	const struct timing_link link = { protocol, fi_di, rate_kbit_s };
	struct timing_model *m = NULL;
	enum rc rc = timing_model_new(profile, &link, &m);

	memset(steps, 0, TIMING_STEPS * sizeof steps[0]);
	if (rc == RC_OK)
		rc = timing_transaction(m, steps);
	timing_model_free(&m);
	return rc;
}

static void
check_near(uint64_t got_ns, double want_ns)
{
	const double difference = (double)got_ns - want_ns;

	CHECK(difference < 1000 && difference > -1000); /* a microsecond */
}

static void
timing__a_purchase_at_9600_bit_s_on_the_slowest_card_keeps_its_limit(void)
{
	static const enum timing_protocol protocols[] = { TIMING_T0, TIMING_T1 };

	for (size_t i = 0; i < 2; i++) {
		struct timing_step steps[TIMING_STEPS];
		uint64_t ns;

		CHECK_RC(transaction(slowest(), protocols[i], 0x11, 0, steps), RC_OK);
		ns = steps[TIMING_PURCHASE].line_ns + steps[TIMING_PURCHASE].card_ns;
		CHECK(ns > 0 && ns < PURCHASE_LIMIT_NS);
		printf("purchase on %s, T=%zu at 9600 bit/s: %.1f ms, %.1f ms under the limit\n",
		       slowest()->name, i, (double)ns / 1e6,
		       ((double)PURCHASE_LIMIT_NS - (double)ns) / 1e6);
	}
}

/* A key pair and two agreements; a first use is written down; what comes later multiplies nothing.
 */
static void
timing__the_handshake_is_paid_once_and_apart_from_the_purchase(void)
{
	struct timing_step s[TIMING_STEPS];

	CHECK_RC(transaction(slowest(), TIMING_T0, 0x11, 0, s), RC_OK);
	CHECK(s[TIMING_OPEN_CHANNEL].counts.multiplications == 3);
	CHECK(s[TIMING_OPEN_CHANNEL].counts.page_writes == 0);
	CHECK(s[TIMING_CONFIRM_CHANNEL].counts.page_writes > 0);
	CHECK(s[TIMING_OPEN_CHANNEL].card_ns > 3ULL * slowest()->multiply_us * 1000);
	for (unsigned int i = TIMING_CONFIRM_CHANNEL; i < TIMING_STEPS; i++)
		CHECK(s[i].counts.multiplications == 0);
	/* Wrapped: MAC of 16 bytes and whole blocks, both ways. */
	CHECK(s[TIMING_PURCHASE].counts.bytes_to_card >= 5 + 16 + 16);
	CHECK(s[TIMING_PURCHASE].counts.verifications == 0);
}

static void
timing__the_last_profile_is_the_slowest_to_buy_with(void)
{
	struct timing_step last[TIMING_STEPS], other[TIMING_STEPS];

	CHECK_RC(transaction(slowest(), TIMING_T0, 0x11, 0, last), RC_OK);
	for (unsigned int i = 0; i + 1 < TIMING_PROFILES; i++) {
		CHECK_RC(transaction(timing_profile_at(i), TIMING_T0, 0x11, 0, other), RC_OK);
		CHECK(other[TIMING_PURCHASE].card_ns < last[TIMING_PURCHASE].card_ns);
	}
}

/* SELECT with 9 bytes of AID is answered with 19 bytes of FCI. */
static void
timing__select_takes_what_the_standards_add_up_to(void)
{
	struct timing_step s[TIMING_STEPS];

	/* 00 A4 04 00 09, A4, 9 bytes, 61 13, 00 C0 00 00 13, C0, 19 bytes, 90 00: 44 characters
	 * of 12 etu, 5 turns of 16 instead of 12. */
	CHECK_RC(transaction(slowest(), TIMING_T0, 0x11, 0, s), RC_OK);
	CHECK(s[TIMING_SELECT].counts.bytes_to_card == 19);
	CHECK(s[TIMING_SELECT].counts.bytes_from_card == 25);
	check_near(s[TIMING_SELECT].line_ns, (44 * 12 + 5 * 4) * ETU_9600_NS);
	/* Two blocks with prologue and LRC around 15 and 21 bytes, one turn of 22 etu. */
	CHECK_RC(transaction(slowest(), TIMING_T1, 0x11, 0, s), RC_OK);
	check_near(s[TIMING_SELECT].line_ns, (44 * 12 + 10) * ETU_9600_NS);
	/* Two frames with PCB and CRC around 15 and 21 bytes, start and end, 1,236/fc between. */
	CHECK_RC(transaction(slowest(), TIMING_14443, 0, 106, s), RC_OK);
	check_near(s[TIMING_SELECT].line_ns,
		   ((18 + 24) * 9 + 4) * BIT_106_NS + 1236 * 1e9 / 13560000.0);
}

static void
timing__activation_is_reset_and_atr_and_at_other_speeds_pps(void)
{
	struct timing_step s[TIMING_STEPS];
	const double reset_ns = 40000 * 1e9 / 3571200.0;
	uint32_t plain;

	/* 3B 87 80 11 FE, seven bytes, TCK; without T=1 it would be shorter. */
	CHECK_RC(transaction(slowest(), TIMING_T0, 0x11, 0, s), RC_OK);
	check_near(s[TIMING_ACTIVATION].line_ns,
		   reset_ns + s[TIMING_ACTIVATION].counts.bytes_from_card * 12.0 * ETU_9600_NS);
	CHECK(s[TIMING_ACTIVATION].counts.bytes_to_card == 0);
	/* TA1 more in the ATR, FF 10 18 F7 there and back. */
	plain = s[TIMING_ACTIVATION].counts.bytes_from_card;
	CHECK_RC(transaction(slowest(), TIMING_T0, 0x18, 0, s), RC_OK);
	CHECK(s[TIMING_ACTIVATION].counts.bytes_to_card == 4);
	CHECK(s[TIMING_ACTIVATION].counts.bytes_from_card == plain + 1 + 4);
}

static void
timing__twelve_times_the_speed_is_a_twelfth_of_the_time_on_the_line(void)
{
	struct timing_step slow[TIMING_STEPS], fast[TIMING_STEPS];

	CHECK_RC(transaction(slowest(), TIMING_T1, 0x11, 0, slow), RC_OK);
	CHECK_RC(transaction(slowest(), TIMING_T1, 0x18, 0, fast), RC_OK);
	for (unsigned int i = TIMING_SELECT; i < TIMING_STEPS; i++) {
		check_near(fast[i].line_ns, (double)slow[i].line_ns / 12);
		CHECK(fast[i].card_ns == slow[i].card_ns);
	}
}

static void
timing__every_speed_of_the_standard_works_and_no_other(void)
{
	static const uint16_t rates[] = { 106, 212, 424, 848 };
	struct timing_step s[TIMING_STEPS];
	uint64_t before_ns = UINT64_MAX;
	unsigned int works = 0;

	for (unsigned int fi_di = 0; fi_di < 256; fi_di++) {
		const struct timing_link link = { TIMING_T1, (uint8_t)fi_di, 0 };
		struct timing_model *m = NULL;
		struct timing_step step;
		enum rc rc;

		if ((fi_di & 15) > 3 && (fi_di >> 4) > 1 && (fi_di >> 4) != 9)
			continue; /* some are enough */
		CHECK_RC(timing_model_new(slowest(), &link, &m), RC_OK);
		rc = timing_activate(m, &step);
		CHECK(rc == RC_OK || rc == RC_RANGE);
		works += rc == RC_OK;
		timing_model_free(&m);
	}
	CHECK(works > 20);
	CHECK_RC(transaction(slowest(), TIMING_T0, 0x70, 0, s), RC_RANGE); /* Fi reserved */
	CHECK_RC(transaction(slowest(), TIMING_T0, 0x10, 0, s), RC_RANGE); /* Di reserved */
	for (size_t i = 0; i < 4; i++) {
		CHECK_RC(transaction(slowest(), TIMING_14443, 0, rates[i], s), RC_OK);
		CHECK(s[TIMING_PURCHASE].line_ns < before_ns);
		before_ns = s[TIMING_PURCHASE].line_ns;
	}
	CHECK_RC(transaction(slowest(), TIMING_14443, 0, 107, s), RC_RANGE);
}

static void
timing__the_card_does_the_same_work_whatever_the_link(void)
{
	struct timing_step t0[TIMING_STEPS], t1[TIMING_STEPS], air[TIMING_STEPS];

	CHECK_RC(transaction(slowest(), TIMING_T0, 0x11, 0, t0), RC_OK);
	CHECK_RC(transaction(slowest(), TIMING_T1, 0x95, 0, t1), RC_OK);
	CHECK_RC(transaction(slowest(), TIMING_14443, 0, 848, air), RC_OK);
	for (unsigned int i = 0; i < TIMING_STEPS; i++) {
		CHECK(t0[i].card_ns == t1[i].card_ns && t0[i].card_ns == air[i].card_ns);
		CHECK(t0[i].counts.page_writes == air[i].counts.page_writes);
	}
}

static void
timing__work_is_counted_where_it_is_done(void)
{
	const struct timing_profile *p = slowest();
	struct timing_step s[TIMING_STEPS];

	CHECK_RC(transaction(p, TIMING_T0, 0x11, 0, s), RC_OK);
	CHECK(s[TIMING_EMM_TOPUP].counts.verifications == 1);
	CHECK(s[TIMING_EMM_GRANT].counts.verifications == 0);
	CHECK(s[TIMING_PURCHASE].counts.page_writes > 0);
	CHECK(s[TIMING_ECM_OPEN].counts.page_writes == 0); /* an ECM that costs nothing */
	CHECK(s[TIMING_ECM_OPEN].counts.aes_calls > 0);
	for (unsigned int i = TIMING_SELECT; i < TIMING_STEPS; i++) {
		const struct timing_counts *c = &s[i].counts;
		const uint64_t us =
			(uint64_t)c->commands * p->dispatch_us + c->aes_calls * p->aes_call_us +
			c->aes_blocks * p->aes_block_us + c->hash_calls * p->hash_call_us +
			c->hash_blocks * p->hash_block_us + c->verifications * p->verify_us +
			c->randoms * p->random_us + c->multiplications * p->multiply_us +
			c->page_writes * p->page_write_us;

		CHECK(c->commands == 1 && s[i].card_ns == us * 1000);
	}
}

/* Nobody waits for ever: NULL bytes in T=0, S(WTX) in T=1 and 14443. */
static void
timing__a_card_that_takes_too_long_asks_for_more_time(void)
{
	struct timing_profile lame = *slowest();
	struct timing_step s[TIMING_STEPS], quick[TIMING_STEPS];

	lame.verify_us = 3500000;
	CHECK_RC(transaction(slowest(), TIMING_T0, 0x11, 0, quick), RC_OK);
	CHECK_RC(transaction(&lame, TIMING_T0, 0x11, 0, s), RC_OK); /* WT is 1 s */
	CHECK(s[TIMING_EMM_TOPUP].counts.bytes_from_card ==
	      quick[TIMING_EMM_TOPUP].counts.bytes_from_card + 3);
	CHECK_RC(transaction(slowest(), TIMING_T1, 0x11, 0, quick), RC_OK);
	CHECK_RC(transaction(&lame, TIMING_T1, 0x11, 0, s), RC_OK); /* one S(WTX) each way */
	CHECK(s[TIMING_EMM_TOPUP].counts.bytes_from_card ==
	      quick[TIMING_EMM_TOPUP].counts.bytes_from_card + 5);
	CHECK(s[TIMING_EMM_TOPUP].counts.turns == 3);
	lame = *timing_profile_at(0);
	lame.verify_us = 10000; /* within 77 ms altogether */
	CHECK_RC(transaction(&lame, TIMING_14443, 0, 106, quick), RC_OK);
	lame.verify_us = 6000000; /* 59 frame waiting times are 4.5 s: two requests */
	CHECK_RC(transaction(&lame, TIMING_14443, 0, 106, s), RC_OK);
	CHECK(s[TIMING_EMM_TOPUP].counts.bytes_from_card ==
	      quick[TIMING_EMM_TOPUP].counts.bytes_from_card + 4);
}

static void
timing__an_image_is_asked_in_memory_and_stays_as_it_is(void)
{
	static const uint8_t get_data[] = { 0x80, 0xCA, 0x00, 0xC1, 0x00 };
	static const uint8_t extended[] = { 0x80, 0xCA, 0x00, 0xC1, 0x00, 0x01, 0x00 };
	const struct timing_link link = { TIMING_T0, 0x11, 0 };
	char folder[] = "/tmp/tessera-timing.XXXXXX", path[64], counter[80], why[EMULATOR_WHY];
	uint8_t rsp[APDU_RESPONSE_MAX];
	struct timing_model *m = NULL;
	struct timing_step step;
	size_t len = 0;

	CHECK(mkdtemp(folder) != NULL);
	snprintf(path, sizeof path, "%s/card.img", folder);
	snprintf(counter, sizeof counter, "%s.generation", path);
	CHECK_RC(timing_model_open(slowest(), &link, path, &m, why), RC_NOT_FOUND);
	CHECK_RC(emulator_create(path, why), RC_OK);
	CHECK_RC(timing_model_open(slowest(), &link, path, &m, why), RC_OK);
	CHECK(unlink(path) == 0); /* nothing reaches for the file any more */
	CHECK_RC(timing_activate(m, &step), RC_OK);
	CHECK_RC(timing_command(m, "counter", get_data, sizeof get_data, rsp, &len, &step), RC_OK);
	CHECK(len == 7 && rsp[0] == 0xC1 && rsp[5] == 0x90);
	/* Le was 00: 6C 05, then the command again. */
	CHECK(step.counts.commands == 1 && step.counts.bytes_to_card == 10);
	CHECK_RC(timing_command(m, "long", extended, sizeof extended, rsp, &len, &step), RC_FORMAT);
	timing_model_free(&m);
	CHECK(unlink(counter) == 0 && rmdir(folder) == 0);
}

static void
timing__profiles_have_names(void)
{
	for (unsigned int i = 0; i < TIMING_PROFILES; i++)
		CHECK(timing_profile_find(timing_profile_at(i)->name) == timing_profile_at(i));
	CHECK(timing_profile_find("z80") == NULL);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(timing__a_purchase_at_9600_bit_s_on_the_slowest_card_keeps_its_limit),
		TEST(timing__the_handshake_is_paid_once_and_apart_from_the_purchase),
		TEST(timing__the_last_profile_is_the_slowest_to_buy_with),
		TEST(timing__select_takes_what_the_standards_add_up_to),
		TEST(timing__activation_is_reset_and_atr_and_at_other_speeds_pps),
		TEST(timing__twelve_times_the_speed_is_a_twelfth_of_the_time_on_the_line),
		TEST(timing__every_speed_of_the_standard_works_and_no_other),
		TEST(timing__the_card_does_the_same_work_whatever_the_link),
		TEST(timing__work_is_counted_where_it_is_done),
		TEST(timing__a_card_that_takes_too_long_asks_for_more_time),
		TEST(timing__an_image_is_asked_in_memory_and_stays_as_it_is),
		TEST(timing__profiles_have_names),
	};

	return test_run("emulator_timing", cases, sizeof cases / sizeof cases[0]);
}
