// SPDX-License-Identifier: GPL-3.0-or-later
/* smartcard/emulator: the VSCARD machine, fed as QEMU 7.2 was seen to feed it. */
#include "base/bytes.h"
#include "emulator/vscard.h"
#include "test.h"

#include <string.h>

#define OUT_MAX 4096

struct fake {
	unsigned int resets, commands;
	bool mute;
	size_t cmd_len, answer_len;
	uint8_t cmd[APDU_COMMAND_MAX];
};

static struct fake fake;
static struct vscard card;
static uint8_t out[OUT_MAX];

/* T=0 and T=1, "TESSERA". */
static const uint8_t card_atr[] = { 0x3B, 0x87, 0x80, 0x11, 0xFE, 'T', 'E',
				    'S',  'S',  'E',  'R',  'A',  0xAF };
/* As the reader must see it: T=0 alone, and so without TCK. */
static const uint8_t reader_atr[] = { 0, 0,    0,    5,   0,   0,   0,   0,   0,   0,  0,
				      9, 0x3B, 0x07, 'T', 'E', 'S', 'S', 'E', 'R', 'A' };
static const uint8_t init[] = { 0,   0,   0,   1,   0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 12,
				'V', 'S', 'C', 'D', 0,    0,    0,    2,    0, 0, 0, 0 };

static enum rc
fake_atr(void *ctx, uint8_t atr[ATR_MAX], size_t *len)
{
	(void)ctx;
	memcpy(atr, card_atr, sizeof card_atr);
	*len = sizeof card_atr;
	return RC_OK;
}

static enum rc
fake_reset(void *ctx)
{
	((struct fake *)ctx)->resets++;
	return RC_OK;
}

static enum rc
fake_transmit(void *ctx, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t cap,
	      size_t *rsp_len)
{
	struct fake *f = ctx;

	if (f->mute)
		return RC_READER;
	CHECK(f->answer_len + 2 <= cap && cmd_len <= sizeof f->cmd);
	f->commands++;
	f->cmd_len = cmd_len;
	memcpy(f->cmd, cmd, cmd_len);
	memset(rsp, 0xA5, f->answer_len);
	memcpy(rsp + f->answer_len, "\x90\x00", 2);
	*rsp_len = f->answer_len + 2;
	return RC_OK;
}

/* INS A4 carries data, others ask for some. */
static bool
has_data(const void *ctx, const uint8_t header[4])
{
	(void)ctx;
	return header[1] == 0xA4;
}

static void
start(void)
{
	static const struct apdu_link link = {
		.ctx = &fake, .atr = fake_atr, .reset = fake_reset, .transmit = fake_transmit
	};

	memset(&fake, 0, sizeof fake);
	vscard_init(&card, link, has_data, NULL);
}

/* Feeds all of it in pieces; returns what came back, in out. *last: the last whole message. */
static size_t
run(const uint8_t *data, size_t len, size_t piece, enum vscard_event *last)
{
	uint8_t answer[VSCARD_ANSWER_MAX];
	size_t out_len = 0;

	*last = VSCARD_EVENT_NONE;
	for (size_t at = 0; at < len;) {
		size_t n = len - at < piece ? len - at : piece, taken = 0;

		while (taken < n) {
			enum vscard_event event;
			size_t answer_len;

			taken += vscard_feed(&card, data + at + taken, n - taken, &event);
			CHECK(event != VSCARD_EVENT_NONE || taken == n);
			answer_len = vscard_react(&card, event, answer);
			CHECK(out_len + answer_len <= sizeof out);
			memcpy(out + out_len, answer, answer_len);
			out_len += answer_len;
			if (event != VSCARD_EVENT_NONE)
				*last = event;
		}
		at += n;
	}
	return out_len;
}

static size_t
run_whole(const uint8_t *data, size_t len, enum vscard_event *last)
{
	return run(data, len, len, last);
}

/* One APDU message of reader 0. */
static size_t
send_tpdu(const uint8_t *tpdu, size_t len)
{
	uint8_t message[VSCARD_HEADER + 300] = { 0, 0, 0, 7 };
	enum vscard_event last;

	CHECK(len <= 300);
	put_be32(message + 8, (uint32_t)len);
	memcpy(message + VSCARD_HEADER, tpdu, len);
	return run_whole(message, VSCARD_HEADER + len, &last);
}

static void
insert(void)
{
	enum vscard_event last;

	CHECK(run_whole(init, sizeof init, &last) == sizeof reader_atr);
}

static void
vscard__an_init_is_answered_with_an_atr_of_t0_alone_and_never_with_an_init(void)
{
	enum vscard_event last;

	start();
	CHECK(run_whole(init, sizeof init, &last) == sizeof reader_atr);
	CHECK_BYTES(out, reader_atr, sizeof reader_atr);
	CHECK(last == VSCARD_EVENT_INIT);
	CHECK(fake.resets == 1);
}

static void
vscard__an_init_in_the_middle_is_a_card_put_in_again(void)
{
	start();
	insert();
	insert();
	CHECK(fake.resets == 2);
}

static void
vscard__a_tpdu_with_an_answer_is_announced_and_fetched(void)
{
	static const uint8_t select[] = { 0x00, 0xA4, 0x04, 0x00, 2, 0xF0, 0x54 };
	static const uint8_t get_response[] = { 0x00, 0xC0, 0x00, 0x00, 3 };
	static const uint8_t announced[] = { 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 2, 0x61, 0x03 };
	static const uint8_t fetched[] = { 0, 0, 0, 7,    0,    0,    0,    0,   0,
					   0, 0, 5, 0xA5, 0xA5, 0xA5, 0x90, 0x00 };

	start();
	insert();
	fake.answer_len = 3;
	CHECK(send_tpdu(select, sizeof select) == sizeof announced);
	CHECK_BYTES(out, announced, sizeof announced);
	CHECK(fake.cmd_len == sizeof select);
	CHECK(send_tpdu(get_response, sizeof get_response) == sizeof fetched);
	CHECK_BYTES(out, fetched, sizeof fetched);
	CHECK(fake.commands == 1);
}

static void
vscard__a_wrong_le_is_corrected_and_the_command_runs_once(void)
{
	static const uint8_t get_data[] = { 0x80, 0xCA, 0x01, 0x00, 0x01 };
	static const uint8_t again[] = { 0x80, 0xCA, 0x01, 0x00, 0x04 };

	start();
	insert();
	fake.answer_len = 4;
	CHECK(send_tpdu(get_data, sizeof get_data) == VSCARD_HEADER + 2);
	CHECK(get_be16(out + VSCARD_HEADER) == 0x6C04);
	CHECK(send_tpdu(again, sizeof again) == VSCARD_HEADER + 6);
	CHECK(get_be16(out + VSCARD_HEADER + 4) == 0x9000);
	CHECK(fake.commands == 1);
}

static void
vscard__a_command_without_a_card_or_to_a_mute_one_is_an_error(void)
{
	static const uint8_t get_data[] = { 0x80, 0xCA, 0x01, 0x00, 0x04 };
	static const uint8_t error[] = { 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1 };

	start();
	CHECK(send_tpdu(get_data, sizeof get_data) == sizeof error);
	CHECK_BYTES(out, error, sizeof error);
	insert();
	fake.mute = true;
	CHECK(send_tpdu(get_data, sizeof get_data) == sizeof error);
	CHECK_BYTES(out, error, sizeof error);
	CHECK(fake.commands == 0);
}

static void
vscard__messages_cut_in_pieces_of_any_size_are_the_same(void)
{
	static const uint8_t tpdu[] = { 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 5, 0x80, 0xCA, 1, 0, 2 };
	uint8_t session[2 * sizeof tpdu + sizeof init], whole[OUT_MAX];
	enum vscard_event last;
	size_t len;

	memcpy(session, init, sizeof init);
	memcpy(session + sizeof init, tpdu, sizeof tpdu);
	memcpy(session + sizeof init + sizeof tpdu, tpdu, sizeof tpdu);
	start();
	fake.answer_len = 2;
	len = run_whole(session, sizeof session, &last);
	memcpy(whole, out, len);
	CHECK(len == sizeof reader_atr + 2 * (VSCARD_HEADER + 4));
	for (size_t piece = 1; piece < sizeof session; piece++) {
		start();
		fake.answer_len = 2;
		CHECK(run(session, sizeof session, piece, &last) == len);
		CHECK_BYTES(out, whole, len);
	}
}

static void
vscard__a_message_that_is_cut_short_does_nothing(void)
{
	enum vscard_event last;

	for (size_t n = 0; n < sizeof init; n++) {
		start();
		CHECK(run(init, n, sizeof init, &last) == 0);
		CHECK(last == VSCARD_EVENT_NONE);
		CHECK(fake.resets == 0);
	}
}

static void
vscard__what_each_message_means(void)
{
	static const struct {
		const char *name;
		uint8_t message[VSCARD_HEADER + 12];
		size_t len;
		enum vscard_event event;
	} rows[] = {
		{ "flush", { 0, 0, 0, 8 }, 12, VSCARD_EVENT_FLUSH },
		{ "no error", { 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 4 }, 16, VSCARD_EVENT_IGNORED },
		{ "error",
		  { 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1 },
		  16,
		  VSCARD_EVENT_REFUSED },
		{ "empty error", { 0, 0, 0, 2 }, 12, VSCARD_EVENT_IGNORED },
		{ "empty command", { 0, 0, 0, 7 }, 12, VSCARD_EVENT_IGNORED },
		{ "reader added",
		  { 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1, 'x' },
		  13,
		  VSCARD_EVENT_IGNORED },
		{ "unknown type", { 0, 0, 1, 3 }, 12, VSCARD_EVENT_IGNORED },
		{ "short init",
		  { 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 4, 'V', 'S', 'C', 'D' },
		  16,
		  VSCARD_EVENT_BROKEN },
		{ "other magic",
		  { 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 8, 'V', 'S', 'C', 'd', 0, 0, 0, 2 },
		  20,
		  VSCARD_EVENT_BROKEN },
		{ "other version",
		  { 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 8, 'V', 'S', 'C', 'D', 0, 1, 0, 0 },
		  20,
		  VSCARD_EVENT_BROKEN },
		{ "endless payload",
		  { 0, 0, 0, 7, 0, 0, 0, 0, 0, 1, 0, 1 },
		  12,
		  VSCARD_EVENT_BROKEN },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum vscard_event last;

		test_row(rows[i].name);
		start();
		(void)run_whole(rows[i].message, rows[i].len, &last);
		CHECK(last == rows[i].event);
	}
}

static void
vscard__a_refused_card_answers_no_more_until_the_next_init(void)
{
	static const uint8_t refused[] = { 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1 };
	static const uint8_t get_data[] = { 0x80, 0xCA, 0x01, 0x00, 0x00 };
	enum vscard_event last;

	start();
	insert();
	CHECK(run_whole(refused, sizeof refused, &last) == 0);
	(void)send_tpdu(get_data, sizeof get_data);
	CHECK(fake.commands == 0);
	insert();
	(void)send_tpdu(get_data, sizeof get_data);
	CHECK(fake.commands == 1);
}

static void
vscard__a_command_longer_than_any_is_6700_and_the_next_is_understood(void)
{
	static uint8_t message[VSCARD_HEADER + VSCARD_PAYLOAD_MAX] = { 0, 0, 0, 7, 0, 0,
								       0, 3, 0, 1, 0, 0 };
	static const uint8_t get_data[] = { 0x80, 0xCA, 0x01, 0x00, 0x00 };
	enum vscard_event last;

	start();
	insert();
	CHECK(run(message, sizeof message, 512, &last) == VSCARD_HEADER + 2);
	CHECK(last == VSCARD_EVENT_TOO_LONG);
	CHECK(get_be32(out + 4) == 3); /* the reader that asked */
	CHECK(get_be16(out + VSCARD_HEADER) == 0x6700);
	(void)send_tpdu(get_data, sizeof get_data);
	CHECK(fake.commands == 1);
}

static void
vscard__wiping_leaves_nothing_of_what_crossed_the_line(void)
{
	static const uint8_t get_data[] = { 0x80, 0xCA, 0x01, 0x00, 0x00 };
	static const struct vscard zeros;

	start();
	insert();
	(void)send_tpdu(get_data, sizeof get_data);
	vscard_wipe(&card);
	CHECK_BYTES(&card, &zeros, sizeof card);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(vscard__an_init_is_answered_with_an_atr_of_t0_alone_and_never_with_an_init),
		TEST(vscard__an_init_in_the_middle_is_a_card_put_in_again),
		TEST(vscard__a_tpdu_with_an_answer_is_announced_and_fetched),
		TEST(vscard__a_wrong_le_is_corrected_and_the_command_runs_once),
		TEST(vscard__a_command_without_a_card_or_to_a_mute_one_is_an_error),
		TEST(vscard__messages_cut_in_pieces_of_any_size_are_the_same),
		TEST(vscard__a_message_that_is_cut_short_does_nothing),
		TEST(vscard__what_each_message_means),
		TEST(vscard__a_refused_card_answers_no_more_until_the_next_init),
		TEST(vscard__a_command_longer_than_any_is_6700_and_the_next_is_understood),
		TEST(vscard__wiping_leaves_nothing_of_what_crossed_the_line),
	};

	return test_run("emulator_vscard", cases, sizeof cases / sizeof cases[0]);
}
