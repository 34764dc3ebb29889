// SPDX-License-Identifier: GPL-3.0-or-later
/* RTP in the wrong order, twice, late and never. */
#include "base/bytes.h"
#include "io/rtp.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define SENDER 0x11223344U

static void
feed(struct rtp_order *o, uint16_t sequence, uint32_t source)
{
	uint8_t datagram[14] = { 0x80, 33 };

	put_be16(datagram + 2, sequence);
	put_be32(datagram + 8, source);
	put_be16(datagram + 12, sequence);
	rtp_feed(o, datagram, sizeof datagram);
}

/* Takes what is in order; each payload is its own number. */
static size_t
take(struct rtp_order *o, uint16_t *numbers, size_t cap)
{
	uint8_t out[RTP_DATAGRAM_MAX];
	size_t n = 0;

	while (n < cap && rtp_next(o, out) == 2)
		numbers[n++] = get_be16(out);
	return n;
}

static void
rtp__what_comes_out_of_order_leaves_in_order_across_the_wrap(void)
{
	static const uint16_t sent[] = { 65533, 65535, 65534, 2, 0, 1, 3 };
	struct rtp_order *o = calloc(1, sizeof *o);
	uint16_t got[16];
	size_t n = 0;

	CHECK(o != NULL);
	if (!o)
		return;
	for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++) {
		feed(o, sent[i], SENDER);
		n += take(o, got + n, 16 - n);
	}
	CHECK(n == 7);
	for (size_t i = 0; i < n; i++)
		CHECK(got[i] == (uint16_t)(65533 + i));
	CHECK(o->stats.lost == 0 && o->stats.received == 7 && o->stats.reordered >= 2);
	free(o);
}

static void
rtp__losses_repeats_and_late_ones_are_counted_and_stop_nothing(void)
{
	struct rtp_order *o = calloc(1, sizeof *o);
	uint16_t got[128];
	size_t n = 0;

	CHECK(o != NULL);
	if (!o)
		return;
	for (uint16_t i = 0; i < 100; i++) {
		if (i == 40 || i == 41)
			continue;
		feed(o, i, SENDER);
		if (i == 60)
			feed(o, 50, SENDER); /* held already, or gone by */
		n += take(o, got + n, 128 - n);
	}
	feed(o, 40, SENDER);
	CHECK(n == 98 && o->stats.lost == 2 && o->stats.repeated == 1 && o->stats.too_late == 1);
	for (size_t i = 0; i < n; i++)
		CHECK(got[i] == i + (i >= 40 ? 2U : 0U));
	/* A gap at the end is given up when nothing comes. */
	feed(o, 102, SENDER);
	CHECK(take(o, got, 1) == 0);
	rtp_give_up(o);
	CHECK(take(o, got, 1) == 1 && got[0] == 102 && o->stats.lost == 4);
	rtp_give_up(o);
	free(o);
}

static void
rtp__another_sender_begins_anew_and_what_is_no_rtp_is_counted(void)
{
	static const uint8_t wrong[][16] = {
		{ 0 },                     /* version 0 */
		{ 0x8F },                  /* fifteen sources, none there */
		{ 0x90, 33 },              /* an extension that is longer than all */
		{ 0xA0, 33, [15] = 0xFF }, /* nothing but padding */
	};
	struct rtp_order *o = calloc(1, sizeof *o);
	uint16_t got[4];

	CHECK(o != NULL);
	if (!o)
		return;
	for (size_t i = 0; i < 4; i++) {
		uint8_t datagram[16];

		memcpy(datagram, wrong[i], sizeof datagram);
		if (i == 2)
			put_be16(datagram + 14, 500);
		rtp_feed(o, datagram, sizeof datagram);
	}
	rtp_feed(o, wrong[1], 3);
	CHECK(o->stats.malformed == 5 && o->stats.received == 0);
	feed(o, 7, SENDER);
	CHECK(take(o, got, 4) == 1);
	feed(o, 9000, SENDER);
	CHECK(take(o, got, 4) == 1 && got[0] == 9000);
	feed(o, 3, SENDER + 1);
	CHECK(take(o, got, 4) == 1 && got[0] == 3);
	CHECK(o->stats.restarts == 2 && o->stats.lost == 0);
	free(o);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(rtp__what_comes_out_of_order_leaves_in_order_across_the_wrap),
		TEST(rtp__losses_repeats_and_late_ones_are_counted_and_stop_nothing),
		TEST(rtp__another_sender_begins_anew_and_what_is_no_rtp_is_counted),
	};

	return test_run("io_rtp", cases, sizeof cases / sizeof cases[0]);
}
