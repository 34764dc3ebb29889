// SPDX-License-Identifier: GPL-3.0-or-later
/* smartcard/link: ISO 14443-4, against a reader that follows 7.5.4 from its side. */
#include "link/picc.h"
#include "test.h"

#include <string.h>

static const struct picc_options options = {
	.fsci = 8,
	.ta1 = 0x77,
	.fwi = 8,
	.sfgi = 1,
	.cid = true,
	.historical_len = 7,
	.historical = "TESSERA",
};

struct field {
	struct picc card;
	bool number; /* rule A: 0 */
	uint32_t noise;
	unsigned int executed;
	size_t answer_len, fsc;
	size_t command_len;
	uint8_t command[PICC_APDU_MAX];
};

static enum picc_event
give(struct field *f, const char *hex)
{
	uint8_t frame[64];
	size_t len = test_hex(hex, frame, sizeof frame);

	return picc_frame(&f->card, frame, len);
}

static void
check_output(const struct field *f, const char *hex)
{
	uint8_t want[64];
	size_t n, want_len = test_hex(hex, want, sizeof want);
	const uint8_t *out = picc_output(&f->card, &n);

	CHECK(n == want_len);
	CHECK_BYTES(out, want, want_len < n ? want_len : n);
}

static void
field_init(struct field *f, const char *rats, size_t fsc)
{
	memset(f, 0, sizeof *f);
	f->fsc = fsc;
	picc_reset(&f->card, &options);
	CHECK(give(f, rats) == PICC_OUTPUT);
}

static bool
frame_is_lost(struct field *f)
{
	if (f->noise == 0)
		return false;
	f->noise = f->noise * 1664525U + 1013904223U;
	return (f->noise >> 24) % 4 == 0;
}

/* Sends a frame; returns the answer's length, 0 when either was lost. */
static size_t
exchange(struct field *f, const uint8_t *frame, size_t len, uint8_t *in)
{
	uint8_t answer[1026];
	enum picc_event e;
	const uint8_t *out;
	size_t n;

	if (frame_is_lost(f))
		return 0;
	e = picc_frame(&f->card, frame, len);
	if (e == PICC_COMMAND) {
		out = picc_command(&f->card, &f->command_len);
		memcpy(f->command, out, f->command_len);
		f->executed++;
		for (size_t i = 0; i < f->answer_len; i++)
			answer[i] = (uint8_t)(i * 5);
		e = picc_answer(&f->card, answer, f->answer_len);
	}
	if (e != PICC_OUTPUT || frame_is_lost(f))
		return 0;
	out = picc_output(&f->card, &n);
	memcpy(in, out, n);
	return n;
}

/* Rules 1–8 of the reader, without CID. Returns the answer's length. */
static size_t
transmit(struct field *f, const uint8_t *cmd, size_t len, uint8_t *answer)
{
	uint8_t out[256], in[256];
	size_t at = 0, got = 0, n, piece, out_len;
	bool receiving = false;

	for (unsigned int tries = 0; tries < 2000; tries++) {
		piece = len - at < f->fsc - 3 ? len - at : f->fsc - 3;
		if (receiving) {
			out[0] = (uint8_t)(0xA2 | (f->number ? 1 : 0));
			out_len = 1;
		} else {
			out[0] = (uint8_t)(0x02 | (at + piece < len ? 0x10 : 0) |
					   (f->number ? 1 : 0));
			memcpy(out + 1, cmd + at, piece);
			out_len = piece + 1;
		}
		n = exchange(f, out, out_len, in);
		while (n == 0 && tries++ < 2000) { /* rules 4 and 5 */
			const uint8_t again =
				(uint8_t)((receiving ? 0xA2 : 0xB2) | (f->number ? 1 : 0));

			n = exchange(f, &again, 1, in);
		}
		if (n == 0)
			return 0;
		if ((in[0] & 0xE2) == 0xA2) { /* R(ACK) */
			if (((in[0] & 1) != 0) != f->number)
				continue; /* rule 6: our I-block was lost */
			f->number = !f->number;
			at += piece;
			continue;
		}
		if (((in[0] & 1) != 0) != f->number)
			return 0;
		f->number = !f->number; /* rule B */
		memcpy(answer + got, in + 1, n - 1);
		got += n - 1;
		receiving = true;
		if ((in[0] & 0x10) == 0)
			return got;
	}
	return 0;
}

static void
picc__activation_answers_rats_and_chooses_rates(void)
{
	struct field f;

	field_init(&f, "E080", 256);
	check_output(&f, "0C 78 77 81 02 54455353455241");
	CHECK(give(&f, "D0 11 0A") == PICC_OUTPUT);
	check_output(&f, "D0");
	CHECK(f.card.dsi == 2 && f.card.dri == 2);
	field_init(&f, "E051", 256);
	CHECK(f.card.fsd == 64 && f.card.cid == 1);
	CHECK(give(&f, "D0 11 00") == PICC_NONE); /* another CID */
	CHECK(give(&f, "D1 11 0F") == PICC_OUTPUT);
	CHECK(give(&f, "D1 11 00") == PICC_NONE); /* PPS only once */
	picc_reset(&f.card, &options);
	CHECK(give(&f, "02 00A4") == PICC_NONE);
	CHECK(give(&f, "E08F") == PICC_NONE); /* CID 15 is reserved */
}

static void
picc__apdus_of_every_length_cross_in_chains(void)
{
	static const size_t lengths[] = { 4, 13, 14, 61, 62, 253, 254, 600, 1033 };
	static const char *const rats[] = { "E000", "E050", "E080" };
	static const size_t sizes[] = { 16, 64, 256 };
	uint8_t cmd[1033], answer[1100];
	struct field f;

	memset(cmd, 0xC3, sizeof cmd);
	for (unsigned int s = 0; s < 3; s++) {
		field_init(&f, rats[s], sizes[s]);
		for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
			f.answer_len = lengths[8 - i] > 1026 ? 1026 : lengths[8 - i];
			CHECK(transmit(&f, cmd, lengths[i], answer) == f.answer_len);
			CHECK(f.command_len == lengths[i]);
			for (size_t k = 0; k < f.answer_len; k++)
				CHECK(answer[k] == (uint8_t)(k * 5));
		}
		CHECK(f.executed == sizeof lengths / sizeof lengths[0]);
	}
}

static void
picc__lost_frames_never_run_a_command_twice(void)
{
	uint8_t cmd[300], answer[1100];
	struct field f;

	for (uint32_t seed = 1; seed < 300; seed++) {
		field_init(&f, "E050", 64);
		f.noise = seed * 2654435761U;
		for (unsigned int i = 0; i < 4; i++) {
			const size_t len = 4 + (seed * 31 + i * 97) % 290;

			f.answer_len = 2 + (seed * 57 + i * 191) % 300;
			memset(cmd, (int)(seed + i), sizeof cmd);
			CHECK(transmit(&f, cmd, len, answer) == f.answer_len);
			CHECK(f.executed == i + 1);
			CHECK(f.command_len == len);
			CHECK_BYTES(f.command, cmd, len);
		}
	}
}

static void
picc__time_is_asked_for_and_deselect_ends_it(void)
{
	struct field f;

	field_init(&f, "E080", 256);
	CHECK(give(&f, "02 00A4000000") == PICC_COMMAND);
	CHECK(picc_more_time(&f.card, 60) == PICC_NONE);
	CHECK(picc_more_time(&f.card, 3) == PICC_OUTPUT);
	check_output(&f, "F2 03");
	CHECK(give(&f, "F2 03") == PICC_NONE);
	CHECK(picc_answer(&f.card, (const uint8_t *)"\x90\x00", 2) == PICC_OUTPUT);
	check_output(&f, "02 9000");
	CHECK(give(&f, "C2") == PICC_DESELECT);
	check_output(&f, "C2");
	CHECK(give(&f, "03 00A4000000") == PICC_NONE);
	CHECK(give(&f, "E080") == PICC_OUTPUT);
}

static void
picc__frames_for_others_are_not_answered(void)
{
	struct field f;

	field_init(&f, "E081", 256); /* CID 1 */
	CHECK(give(&f, "02 00A4000000") == PICC_NONE);
	CHECK(give(&f, "0A 02 00A4000000") == PICC_NONE);
	CHECK(give(&f, "0A 01 00A4000000") == PICC_COMMAND);
	CHECK(picc_answer(&f.card, (const uint8_t *)"\x90\x00", 2) == PICC_OUTPUT);
	check_output(&f, "0A 01 9000");
	CHECK(give(&f, "0E 01 00 00A4") == PICC_NONE); /* NAD */
	CHECK(give(&f, "FF") == PICC_NONE);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(picc__activation_answers_rats_and_chooses_rates),
		TEST(picc__apdus_of_every_length_cross_in_chains),
		TEST(picc__lost_frames_never_run_a_command_twice),
		TEST(picc__time_is_asked_for_and_deselect_ends_it),
		TEST(picc__frames_for_others_are_not_answered),
	};

	return test_run("link_picc", cases, sizeof cases / sizeof cases[0]);
}
