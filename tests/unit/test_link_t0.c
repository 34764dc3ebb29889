// SPDX-License-Identifier: GPL-3.0-or-later
/* smartcard/link: T=0. */
#include "link/t0.h"
#include "test.h"

#include <string.h>

struct line {
	struct t0_card card;
	unsigned int executed;
	size_t answer_len;
	size_t command_len;
	uint8_t command[T0_APDU_MAX];
	uint8_t got[1100]; /* everything the card sent */
	size_t got_len;
};

/* Instructions with an odd number carry data, in this test. */
static bool
odd_has_data(const void *ctx, const uint8_t header[4])
{
	(void)ctx;
	return (header[1] & 1) != 0;
}

static void
line_init(struct line *l)
{
	memset(l, 0, sizeof *l);
	l->answer_len = 2;
	t0_card_reset(&l->card, odd_has_data, NULL);
}

static void
take_output(struct line *l)
{
	size_t n;
	const uint8_t *out = t0_card_output(&l->card, &n);

	memcpy(l->got + l->got_len, out, n);
	l->got_len += n;
}

/* Sends bytes; what comes back since is in got. */
static void
say(struct line *l, const char *hex)
{
	uint8_t bytes[300], answer[1026];
	size_t n = test_hex(hex, bytes, sizeof bytes);

	l->got_len = 0;
	for (size_t i = 0; i < n; i++) {
		enum t0_event e = t0_card_feed(&l->card, bytes[i]);

		if (e == T0_COMMAND) {
			const uint8_t *command = t0_card_command(&l->card, &l->command_len);

			memcpy(l->command, command, l->command_len);
			l->executed++;
			for (size_t k = 0; k < l->answer_len; k++)
				answer[k] = (uint8_t)k;
			memcpy(answer + l->answer_len - 2, "\x90\x00", 2);
			e = t0_card_answer(&l->card, answer, l->answer_len);
		}
		if (e == T0_OUTPUT)
			take_output(l);
	}
}

static void
check_got(const struct line *l, const char *hex)
{
	uint8_t want[300];
	size_t n = test_hex(hex, want, sizeof want);

	CHECK(l->got_len == n);
	if (l->got_len == n)
		CHECK_BYTES(l->got, want, n);
}

static void
t0__a_command_with_data_is_acknowledged_then_answered(void)
{
	struct line l;

	line_init(&l);
	say(&l, "80 11 00 00 03");
	check_got(&l, "11");
	say(&l, "AABBCC");
	check_got(&l, "9000");
	CHECK(l.command_len == 8);
	CHECK_BYTES(l.command, "\x80\x11\x00\x00\x03\xAA\xBB\xCC", 8);
}

static void
t0__data_after_a_command_with_data_is_fetched_with_get_response(void)
{
	struct line l;

	line_init(&l);
	l.answer_len = 6;
	say(&l, "80 11 00 00 01");
	say(&l, "AA");
	check_got(&l, "6104");
	say(&l, "00 C0 00 00 00");
	check_got(&l, "6C04");
	say(&l, "00 C0 00 00 02");
	check_got(&l, "C0 0001 6102");
	say(&l, "00 C0 00 00 02");
	check_got(&l, "C0 0203 9000");
	say(&l, "00 C0 00 00 02");
	check_got(&l, "6985");
	CHECK(l.executed == 1);
}

static void
t0__a_wrong_le_is_corrected_without_running_the_command_twice(void)
{
	struct line l;

	line_init(&l);
	l.answer_len = 5;
	say(&l, "80 10 00 00 08");
	check_got(&l, "6C03");
	say(&l, "80 10 00 00 03");
	check_got(&l, "10 000102 9000");
	CHECK(l.executed == 1);
	say(&l, "80 10 00 00 03");
	CHECK(l.executed == 2);
	say(&l, "80 10 00 00 08");
	say(&l, "80 10 00 01 03"); /* another command: the kept answer is gone */
	CHECK(l.executed == 4);
	CHECK(l.got_len == 6);
}

static void
t0__long_answers_come_in_pieces_of_256(void)
{
	struct line l;

	line_init(&l);
	l.answer_len = 702;
	say(&l, "80 10 00 00 00");
	CHECK(l.got_len == 259);
	CHECK(l.got[0] == 0x10 && l.got[257] == 0x61 && l.got[258] == 0x00);
	say(&l, "00 C0 00 00 00");
	CHECK(l.got_len == 259);
	CHECK(l.got[257] == 0x61 && l.got[258] == 188);
	say(&l, "00 C0 00 00 BC");
	CHECK(l.got_len == 191);
	CHECK(l.got[189] == 0x90);
}

static void
t0__an_extended_command_comes_in_envelopes(void)
{
	struct line l;

	line_init(&l);
	say(&l, "00 C2 00 00 08");
	check_got(&l, "C2");
	say(&l, "80 11 00 00 00 00 04 AA");
	check_got(&l, "9000");
	CHECK(l.executed == 0);
	say(&l, "00 C2 00 00 03");
	say(&l, "BB CC DD");
	check_got(&l, "9000");
	CHECK(l.executed == 1);
	CHECK(l.command_len == 11);
	CHECK_BYTES(l.command, "\x80\x11\x00\x00\x00\x00\x04\xAA\xBB\xCC\xDD", 11);
}

static void
t0__silence_forgets_half_a_command_and_time_is_asked_for_with_60(void)
{
	struct line l;
	size_t n;

	line_init(&l);
	say(&l, "80 11 00 00 03 AA");
	t0_card_silence(&l.card);
	say(&l, "80 13 00 00 01");
	check_got(&l, "13");
	say(&l, "77");
	CHECK(l.command[1] == 0x13);
	CHECK(t0_card_more_time(&l.card) == T0_NONE);
	for (size_t i = 0; i < 5; i++)
		(void)t0_card_feed(&l.card, (const uint8_t[]) { 0x80, 0x10, 0, 0, 0 }[i]);
	CHECK(t0_card_more_time(&l.card) == T0_OUTPUT);
	CHECK(t0_card_output(&l.card, &n)[0] == 0x60);
	CHECK(n == 1);
}

static void
t0__an_ins_that_cannot_be_acknowledged_is_refused(void)
{
	struct line l;

	line_init(&l);
	say(&l, "00 60 00 00 00");
	check_got(&l, "6D00");
	say(&l, "00 91 00 00 01");
	check_got(&l, "6D00");
	CHECK(l.executed == 0);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(t0__a_command_with_data_is_acknowledged_then_answered),
		TEST(t0__data_after_a_command_with_data_is_fetched_with_get_response),
		TEST(t0__a_wrong_le_is_corrected_without_running_the_command_twice),
		TEST(t0__long_answers_come_in_pieces_of_256),
		TEST(t0__an_extended_command_comes_in_envelopes),
		TEST(t0__silence_forgets_half_a_command_and_time_is_asked_for_with_60),
		TEST(t0__an_ins_that_cannot_be_acknowledged_is_refused),
	};

	return test_run("link_t0", cases, sizeof cases / sizeof cases[0]);
}
