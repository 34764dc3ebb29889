// SPDX-License-Identifier: GPL-3.0-or-later
/* smartcard/emulator: the vpcd machine, fed in pieces. */
#include "emulator/vpcd.h"
#include "test.h"

#include <string.h>

struct fake {
	unsigned int resets, commands;
	size_t cmd_len;
	uint8_t cmd[APDU_COMMAND_MAX];
};

static struct fake fake;

static enum rc
fake_atr(void *ctx, uint8_t atr[ATR_MAX], size_t *len)
{
	(void)ctx;
	memcpy(atr, "\x3B\x00", 2);
	*len = 2;
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

	CHECK(cap == APDU_RESPONSE_MAX && cmd_len <= sizeof f->cmd);
	f->commands++;
	f->cmd_len = cmd_len;
	memcpy(f->cmd, cmd, cmd_len);
	memcpy(rsp, "\xAA\x90\x00", 3);
	*rsp_len = 3;
	return RC_OK;
}

static const struct apdu_link link = {
	.ctx = &fake, .atr = fake_atr, .reset = fake_reset, .transmit = fake_transmit
};

/* Feeds all of it in pieces of the given size; collects what is sent back. */
static size_t
run(struct vpcd_card *v, const uint8_t *data, size_t len, size_t piece, uint8_t *out)
{
	uint8_t answer[VPCD_ANSWER_MAX];
	size_t at = 0, out_len = 0;

	while (at < len) {
		size_t n = len - at < piece ? len - at : piece, taken = 0;

		while (taken < n) {
			enum vpcd_event event;
			size_t answer_len;

			taken += vpcd_feed(v, data + at + taken, n - taken, &event);
			CHECK(event != VPCD_EVENT_NONE || taken == n);
			answer_len = vpcd_react(v, event, &link, answer);
			memcpy(out + out_len, answer, answer_len);
			out_len += answer_len;
		}
		at += n;
	}
	return out_len;
}

static void
vpcd__a_session_cut_in_pieces_of_any_size_is_the_same(void)
{
	/* As pcscd begins: ATR, ATR, on, ATR, a command, warm reset, ATR, off. */
	static const uint8_t session[] = { 0, 1, 4, 0, 1, 4, 0, 1, 1, 0, 1, 4, 0, 5, 0x80, 1,
					   2, 3, 0, 0, 1, 2, 0, 1, 4, 0, 1, 0, 0, 1, 4 };
	static const uint8_t want[] = { 0, 2,    0x3B, 0, 0, 2, 0x3B, 0, 0, 2, 0x3B, 0, 0,
					3, 0xAA, 0x90, 0, 0, 2, 0x3B, 0, 0, 2, 0x3B, 0 };
	uint8_t out[256];

	for (size_t piece = 1; piece <= sizeof session; piece++) {
		struct vpcd_card v = { 0 };

		memset(&fake, 0, sizeof fake);
		CHECK(run(&v, session, sizeof session, piece, out) == sizeof want);
		CHECK_BYTES(out, want, sizeof want);
		CHECK(fake.resets == 3 && fake.commands == 1 && fake.cmd_len == 5);
		CHECK_BYTES(fake.cmd, "\x80\1\2\3\0", 5);
	}
}

static void
vpcd__a_card_without_power_runs_no_command(void)
{
	static const uint8_t session[] = { 0, 4, 0x80, 0x20, 0, 0 };
	struct vpcd_card v = { 0 };
	uint8_t out[64];

	memset(&fake, 0, sizeof fake);
	CHECK(run(&v, session, sizeof session, 6, out) == 4);
	CHECK_BYTES(out, "\0\2\x6F\0", 4);
	CHECK(fake.commands == 0);
}

static void
vpcd__commands_that_are_too_long_are_dropped_and_refused(void)
{
	static const struct {
		const char *name;
		size_t len;
		bool taken;
	} rows[] = {
		{ "longest command", APDU_COMMAND_MAX, true },
		{ "one byte more", APDU_COMMAND_MAX + 1, false },
		{ "longest frame", 65535, false },
	};
	static uint8_t frame[2 + 65535 + 3];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct vpcd_card v = { .powered = true };
		uint8_t out[64];

		test_row(rows[i].name);
		memset(&fake, 0, sizeof fake);
		memset(frame, 0x55, sizeof frame);
		frame[0] = (uint8_t)(rows[i].len >> 8);
		frame[1] = (uint8_t)rows[i].len;
		memcpy(frame + 2 + rows[i].len, "\0\1\4", 3);
		/* What comes behind it is understood again. */
		CHECK(run(&v, frame, 2 + rows[i].len + 3, 1000, out) == (rows[i].taken ? 9U : 8U));
		CHECK_BYTES(out, rows[i].taken ? "\0\3\xAA\x90\0\0\2\x3B" : "\0\2\x67\0\0\2\x3B",
			    7);
		CHECK(fake.commands == rows[i].taken);
	}
	test_row("");
}

static void
vpcd__empty_frames_and_unknown_codes_are_ignored(void)
{
	static const uint8_t session[] = { 0, 0, 0, 1, 3, 0, 1, 0xFF, 0, 1, 4 };
	struct vpcd_card v = { 0 };
	uint8_t out[64];

	memset(&fake, 0, sizeof fake);
	CHECK(run(&v, session, sizeof session, 3, out) == 4);
	CHECK(fake.resets == 0);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(vpcd__a_session_cut_in_pieces_of_any_size_is_the_same),
		TEST(vpcd__a_card_without_power_runs_no_command),
		TEST(vpcd__commands_that_are_too_long_are_dropped_and_refused),
		TEST(vpcd__empty_frames_and_unknown_codes_are_ignored),
	};

	return test_run("emulator_vpcd", cases, sizeof cases / sizeof cases[0]);
}
