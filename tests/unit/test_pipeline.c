// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/pipeline: order, keys, scrambling bits. */
#include "pipeline/pipeline.h"
#include "stream/ts.h"
#include "test.h"

#include <stdlib.h>

#define PACKETS 3000U
#define SERVICES 3U

static uint8_t input[PACKETS * TS_SIZE], middle[PACKETS * TS_SIZE], output[PACKETS * TS_SIZE];

/* Packets of three services and of nobody, with adaptation fields of every length. */
static void
make_input(void)
{
	for (unsigned int n = 0; n < PACKETS; n++) {
		uint8_t *packet = input + n * TS_SIZE;

		ts_init(packet);
		for (size_t i = 4; i < TS_SIZE; i++)
			packet[i] = (uint8_t)(n * 31 + i * 7);
		ts_set_pid(packet, (uint16_t)(0x100 + n % (SERVICES + 1)));
		ts_set_cc(packet, n & 15U);
		if (n % 50 != 7)
			ts_set_payload(packet);
		if (n % 3 == 0)
			ts_set_adaptation(packet, (uint8_t)(n / 3 % 184));
	}
}

static void
cw_of(unsigned int service, unsigned int parity, unsigned int generation, uint8_t cw[16])
{
	for (unsigned int i = 0; i < 16; i++)
		cw[i] = (uint8_t)(service * 50 + parity * 20 + generation * 3 + i);
}

/* Runs input through a pipe; the words of one parity change every 500 packets. */
static size_t
run(enum scr_cipher cipher, unsigned int threads, enum scr_direction dir, const uint8_t *in,
    uint8_t *out)
{
	struct pipe_options o = {
		.cipher = cipher, .direction = dir, .ring = 700, .threads = threads
	};
	struct pipe *p = pipe_new(&o);
	size_t len = 0;

	for (unsigned int s = 0; s < SERVICES; s++) {
		unsigned int service;

		CHECK_RC(pipe_service_new(p, &service), RC_OK);
	}
	for (unsigned int n = 0; n < PACKETS; n++) {
		const uint8_t *packet = in + n * TS_SIZE;
		unsigned int s = n % (SERVICES + 1), parity = n / 500 & 1U;
		enum rc rc;

		for (unsigned int k = 0; n % 500 == 0 && k < SERVICES; k++) {
			uint8_t cw[16];

			cw_of(k, parity, n / 500, cw);
			CHECK_RC(pipe_key_set(p, k, parity, cw), RC_OK);
		}
		do {
			if (s == SERVICES)
				rc = pipe_pass(p, packet);
			else if (dir == SCR_ENCRYPT)
				rc = pipe_scramble(p, packet, s, parity);
			else
				rc = pipe_descramble(p, packet, s);
			if (rc == RC_SPACE)
				len += pipe_pop(p, out + len, PACKETS * TS_SIZE - len);
		} while (rc == RC_SPACE);
		CHECK_RC(rc, RC_OK);
	}
	CHECK_RC(pipe_flush(p), RC_OK);
	len += pipe_pop(p, out + len, PACKETS * TS_SIZE - len);
	CHECK(pipe_held(p) == 0);
	pipe_free(&p);
	return len;
}

static void
check_there_and_back(enum scr_cipher cipher, unsigned int threads)
{
	size_t changed = 0;

	CHECK(run(cipher, threads, SCR_ENCRYPT, input, middle) == sizeof input);
	for (unsigned int n = 0; n < PACKETS; n++) {
		const uint8_t *was = input + n * TS_SIZE, *is = middle + n * TS_SIZE;
		bool ours = n % (SERVICES + 1) < SERVICES && ts_payload_offset(was) < TS_SIZE;
		size_t offset = ts_payload_offset(was);

		CHECK(ts_get_scrambling(is) == (ours ? TS_EVEN + (n / 500 & 1U) : TS_CLEAR));
		CHECK(memcmp(was, is, 3) == 0 && (was[3] & 0x3F) == (is[3] & 0x3F));
		CHECK(memcmp(was + 4, is + 4, offset - 4) == 0);
		changed += memcmp(was + offset, is + offset, TS_SIZE - offset) != 0;
		if (ours && TS_SIZE - offset >= 16)
			CHECK(memcmp(was + offset, is + offset, TS_SIZE - offset) != 0);
	}
	CHECK(changed > PACKETS / 2);
	CHECK(run(cipher, threads, SCR_DECRYPT, middle, output) == sizeof input);
	CHECK(memcmp(input, output, sizeof input) == 0);
}

static void
pipeline__what_was_scrambled_comes_back_in_order_with_both_ciphers(void)
{
	make_input();
	check_there_and_back(SCR_CSA2, 1);
	check_there_and_back(SCR_CISSA, 1);
}

static void
pipeline__threads_change_neither_bytes_nor_order(void)
{
	static uint8_t alone[PACKETS * TS_SIZE];

	make_input();
	for (int cipher = SCR_CSA2; cipher <= SCR_CISSA; cipher++) {
		check_there_and_back((enum scr_cipher)cipher, 1);
		memcpy(alone, middle, sizeof alone);
		for (unsigned int threads = 2; threads <= 5; threads++) {
			check_there_and_back((enum scr_cipher)cipher, threads);
			CHECK(memcmp(alone, middle, sizeof alone) == 0);
		}
	}
}

static void
pipeline__a_packet_waits_no_longer_than_its_latency(void)
{
	struct pipe_options o = { .direction = SCR_ENCRYPT, .latency_us = 10000 };
	struct pipe *p = pipe_new(&o);
	uint8_t cw[8] = { 1 };
	unsigned int service;

	make_input();
	CHECK_RC(pipe_service_new(p, &service), RC_OK);
	CHECK_RC(pipe_key_set(p, service, 0, cw), RC_OK);
	CHECK_RC(pipe_tick(p, 1000000), RC_OK);
	CHECK_RC(pipe_scramble(p, input + TS_SIZE, service, 0), RC_OK);
	CHECK_RC(pipe_tick(p, 1009999), RC_OK);
	CHECK(pipe_pop(p, output, sizeof output) == 0);
	CHECK_RC(pipe_scramble(p, input + 2 * TS_SIZE, service, 0), RC_OK);
	CHECK_RC(pipe_tick(p, 1010000), RC_OK);
	CHECK(pipe_pop(p, output, sizeof output) == 2 * TS_SIZE);
	CHECK_RC(pipe_scramble(p, input + TS_SIZE, service, 0), RC_OK);
	CHECK_RC(pipe_tick(p, 1019999), RC_OK);
	CHECK(pipe_pop(p, output, sizeof output) == 0);
	CHECK_RC(pipe_tick(p, 1020000), RC_OK);
	CHECK(pipe_pop(p, output, sizeof output) == TS_SIZE);
	pipe_free(&p);
}

static void
pipeline__the_oldest_packet_can_be_had_at_once_and_in_place(void)
{
	struct pipe_options o = { .direction = SCR_ENCRYPT, .threads = 2 };
	struct pipe *p = pipe_new(&o);
	const uint8_t *front = NULL;
	uint8_t cw[8] = { 1 };
	unsigned int service;

	make_input();
	CHECK_RC(pipe_advance(p), RC_OK);
	CHECK_RC(pipe_service_new(p, &service), RC_OK);
	CHECK_RC(pipe_key_set(p, service, 0, cw), RC_OK);
	CHECK_RC(pipe_scramble(p, input + TS_SIZE, service, 0), RC_OK);
	CHECK_RC(pipe_key_clear(p, service, 0), RC_OK);
	CHECK(pipe_front(p, &front) == 0);
	CHECK_RC(pipe_advance(p), RC_OK);
	CHECK(pipe_front(p, &front) == TS_SIZE && ts_get_scrambling(front) == TS_EVEN);
	pipe_release(p, TS_SIZE);
	CHECK(pipe_held(p) == 0 && !pipe_is_full(p));
	CHECK_RC(pipe_scramble(p, input + TS_SIZE, service, 0), RC_STATE);
	pipe_free(&p);
}

static void
pipeline__without_a_key_packets_pass_or_go_by_option_and_are_counted(void)
{
	make_input();
	for (int drop = 0; drop <= 1; drop++) {
		struct pipe_options o = { .direction = SCR_DECRYPT, .drop_without_key = drop == 1 };
		struct pipe *p = pipe_new(&o);
		struct pipe_stats stats;
		uint8_t packet[TS_SIZE], cw[8] = { 1 };
		unsigned int service;

		CHECK_RC(pipe_service_new(p, &service), RC_OK);
		CHECK_RC(pipe_key_set(p, service, 0, cw), RC_OK);
		memcpy(packet, input + TS_SIZE, TS_SIZE);
		ts_set_scrambling(packet, TS_ODD);
		CHECK_RC(pipe_descramble(p, packet, service), RC_OK);
		CHECK_RC(pipe_pass(p, input), RC_OK);
		CHECK(pipe_pop(p, output, sizeof output) == (drop ? TS_SIZE : 2 * TS_SIZE));
		CHECK(memcmp(output, drop ? input : packet, TS_SIZE) == 0);
		pipe_get_stats(p, &stats);
		CHECK(stats.without_key == 1 && stats.worked == 0 && stats.packets_in == 2);
		CHECK_RC(pipe_key_clear(p, service, 0), RC_OK);
		CHECK(!pipe_key_is_set(p, service, 0));
		CHECK_RC(pipe_descramble(p, packet, 9), RC_RANGE);
		pipe_free(&p);
	}
}

static void
pipeline__nothing_leaves_clear_before_its_batch_or_without_a_key(void)
{
	struct pipe_options o = { .direction = SCR_ENCRYPT };
	struct pipe *p = pipe_new(&o);
	uint8_t cw[8] = { 1 };
	unsigned int service;

	make_input();
	CHECK_RC(pipe_service_new(p, &service), RC_OK);
	CHECK_RC(pipe_scramble(p, input + TS_SIZE, service, 1), RC_STATE);
	CHECK_RC(pipe_key_set(p, service, 1, cw), RC_OK);
	CHECK_RC(pipe_scramble(p, input + TS_SIZE, service, 1), RC_OK);
	CHECK_RC(pipe_pass(p, input), RC_OK);
	CHECK(pipe_pop(p, output, sizeof output) == 0);
	CHECK_RC(pipe_flush(p), RC_OK);
	CHECK(pipe_pop(p, output, TS_SIZE + 100) == TS_SIZE);
	CHECK(ts_get_scrambling(output) == TS_ODD);
	CHECK(pipe_pop(p, output, sizeof output) == TS_SIZE);
	pipe_free(&p);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(pipeline__what_was_scrambled_comes_back_in_order_with_both_ciphers),
		TEST(pipeline__threads_change_neither_bytes_nor_order),
		TEST(pipeline__a_packet_waits_no_longer_than_its_latency),
		TEST(pipeline__the_oldest_packet_can_be_had_at_once_and_in_place),
		TEST(pipeline__without_a_key_packets_pass_or_go_by_option_and_are_counted),
		TEST(pipeline__nothing_leaves_clear_before_its_batch_or_without_a_key),
	};

	return test_run("pipeline", cases, sizeof cases / sizeof cases[0]);
}
