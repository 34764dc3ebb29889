// SPDX-License-Identifier: GPL-3.0-or-later
/* stb-host/reader: the reader's ends of T=0 and T=1 against the card's, over lines that lose and
 * garble bytes; negotiation; long commands on short lines. */
#include "link/t0.h"
#include "link/t1.h"
#include "reader/card_line.h"
#include "reader/t0_host.h"
#include "reader/t1_host.h"
#include "test.h"

#include <string.h>

/* The card behind the line: answers with as many bytes as P1 P2 say. */
struct bench {
	struct t1_card card1;
	struct t0_card card0;
	struct t1_host host;
	uint32_t noise; /* state of the fault generator; 0: a perfect line */
	unsigned int odds;
	unsigned int executed;
	unsigned int more_time; /* requests before each answer */
	uint8_t command[APDU_COMMAND_MAX];
	size_t command_len;
};

static bool
line_fails(struct bench *b)
{
	if (b->noise == 0)
		return false;
	b->noise = b->noise * 1664525U + 1013904223U;
	return (b->noise >> 16) % b->odds == 0;
}

static size_t
make_answer(struct bench *b, const uint8_t *command, size_t len, uint8_t *answer)
{
	const size_t n = (size_t)command[2] * 256 + command[3];

	memcpy(b->command, command, len);
	b->command_len = len;
	b->executed++;
	for (size_t i = 0; i < n; i++)
		answer[i] = (uint8_t)(i * 7 + 3);
	answer[n] = 0x90;
	answer[n + 1] = 0x00;
	return n + 2;
}

static enum t1_event
serve1(struct bench *b, enum t1_event e)
{
	uint8_t answer[APDU_RESPONSE_MAX];
	const uint8_t *command;
	size_t len;

	if (e != T1_COMMAND)
		return e;
	if (b->more_time > 0) {
		b->more_time--;
		return t1_card_more_time(&b->card1, 5);
	}
	command = t1_card_command(&b->card1, &len);
	len = make_answer(b, command, len, answer);
	return t1_card_answer(&b->card1, answer, len);
}

/* The host's block to the card; what the card says, in *len bytes (0: nothing). */
static void
cross(struct bench *b, uint8_t in[T1_BLOCK_MAX], size_t *len)
{
	enum t1_event e = T1_NONE;
	size_t n;
	const uint8_t *out = t1_host_output(&b->host, &n);
	const bool pending = b->card1.wtx_asked;

	for (size_t i = 0; i < n; i++) {
		if (line_fails(b))
			continue; /* lost */
		e = serve1(b,
			   t1_card_feed(&b->card1,
					line_fails(b) ? (uint8_t)(out[i] ^ 0x24) : out[i], true));
		if (e == T1_OUTPUT)
			break;
	}
	if (e == T1_NONE)
		e = t1_card_silence(&b->card1);
	if (e == T1_NONE && pending && !b->card1.wtx_asked)
		e = serve1(b, T1_COMMAND); /* the time that was asked for is granted */
	*len = 0;
	if (e == T1_NONE)
		return;
	out = t1_card_output(&b->card1, &n);
	for (size_t i = 0; i < n; i++) {
		if (!line_fails(b))
			in[(*len)++] = line_fails(b) ? (uint8_t)(out[i] ^ 0x81) : out[i];
	}
}

/* One APDU; RC_OK or how it ended. */
static enum rc
transmit1(struct bench *b, const uint8_t *cmd, size_t len, const uint8_t **answer,
	  size_t *answer_len)
{
	uint8_t in[T1_BLOCK_MAX];
	enum t1_host_event e = T1_HOST_OUTPUT;
	size_t n;

	CHECK_RC(t1_host_send(&b->host, cmd, len), RC_OK);
	for (unsigned int i = 0; i < 1000; i++) {
		cross(b, in, &n);
		e = T1_HOST_NONE;
		for (size_t k = 0; k < n && e == T1_HOST_NONE; k++)
			e = t1_host_feed(&b->host, in[k], true);
		if (e == T1_HOST_NONE)
			e = t1_host_silence(&b->host);
		if (e == T1_HOST_DONE)
			return t1_host_result(&b->host, answer, answer_len);
	}
	CU_FAIL("the machines never come to an end");
	return RC_FAIL;
}

static size_t
make_command(size_t data, size_t answer, uint8_t cmd[APDU_COMMAND_MAX])
{
	size_t n = 4;

	cmd[0] = 0x80;
	cmd[1] = 0x12;
	cmd[2] = (uint8_t)(answer / 256);
	cmd[3] = (uint8_t)answer;
	if (data > 255) {
		cmd[n++] = 0;
		cmd[n++] = (uint8_t)(data / 256);
	}
	if (data > 0)
		cmd[n++] = (uint8_t)data;
	for (size_t i = 0; i < data; i++)
		cmd[n++] = (uint8_t)(i * 3 + 1);
	return n;
}

static void
check_answer(const uint8_t *answer, size_t len, size_t want)
{
	CHECK(len == want + 2);
	for (size_t i = 0; i + 2 < len; i++) {
		if (answer[i] != (uint8_t)(i * 7 + 3)) {
			CU_FAIL("a byte of the answer is wrong");
			return;
		}
	}
	CHECK(len >= 2 && answer[len - 2] == 0x90);
}

static void
t1_host__commands_and_answers_of_all_lengths_cross_in_both_codes(void)
{
	static const size_t sizes[] = { 0, 1, 30, 31, 32, 33, 252, 254, 255, 300, 1000 };
	static const enum t1_edc codes[] = { T1_LRC, T1_CRC };

	for (size_t c = 0; c < 2; c++) {
		struct bench b = { 0 };

		t1_card_reset(&b.card1, codes[c], 32);
		t1_host_reset(&b.host, codes[c], 32, 254, false);
		for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
			for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
				uint8_t cmd[APDU_COMMAND_MAX];
				size_t n = make_command(sizes[i], sizes[k], cmd), len = 0;
				const uint8_t *answer = NULL;

				CHECK_RC(transmit1(&b, cmd, n, &answer, &len), RC_OK);
				check_answer(answer, len, sizes[k]);
				CHECK(b.command_len == n);
				CHECK_BYTES(b.command, cmd, n);
			}
		}
		CHECK(b.card1.ifsd == 254);
		CHECK(b.executed == 121);
	}
}

static void
t1_host__noise_never_yields_a_wrong_answer_nor_runs_a_command_twice(void)
{
	unsigned int ok = 0, lost = 0, mute = 0;

	for (uint32_t seed = 1; seed <= 600; seed++) {
		struct bench b = { .noise = seed * 2654435761U, .odds = 60 + seed };
		uint8_t cmd[APDU_COMMAND_MAX];
		size_t n = make_command(seed % 400, seed * 7 % 600, cmd), len = 0;
		const uint8_t *answer = NULL;
		enum rc rc;

		t1_card_reset(&b.card1, T1_CRC, 64);
		t1_host_reset(&b.host, T1_CRC, 64, 100, false);
		for (unsigned int i = 0; i < 4; i++) {
			b.executed = 0;
			rc = transmit1(&b, cmd, n, &answer, &len);
			CHECK(b.executed <= 1);
			ok += rc == RC_OK;
			lost += rc == RC_READER;
			mute += rc == RC_TIMEOUT;
			if (rc == RC_OK) {
				CHECK(b.executed == 1);
				CHECK_BYTES(b.command, cmd, n);
				check_answer(answer, len, seed * 7 % 600);
			} else if (rc != RC_READER) {
				CHECK_RC(rc, RC_TIMEOUT);
				break;
			}
		}
		/* A quiet line again: the two find together, without a reset unless it was mute. */
		b.noise = 0;
		if (rc == RC_TIMEOUT)
			continue;
		CHECK_RC(transmit1(&b, cmd, n, &answer, &len), RC_OK);
	}
	CHECK(ok > 1000);
	CHECK(lost > 0);
	CHECK(ok + lost + mute > 600);
}

static void
t1_host__more_time_is_granted_and_lengthens_one_wait(void)
{
	struct bench b = { .more_time = 3 };
	uint8_t cmd[APDU_COMMAND_MAX], in[T1_BLOCK_MAX];
	size_t n = make_command(4, 4, cmd), len = 0;
	const uint8_t *answer = NULL;

	t1_card_reset(&b.card1, T1_LRC, 254);
	t1_host_reset(&b.host, T1_LRC, 254, 254, true);
	CHECK_RC(t1_host_send(&b.host, cmd, n), RC_OK);
	CHECK(t1_host_wait(&b.host) == 1);
	cross(&b, in, &n);
	CHECK(t1_host_block(&b.host, in, n) == T1_HOST_OUTPUT);
	CHECK(t1_host_wait(&b.host) == 5);
	n = make_command(4, 4, cmd);
	b.more_time = 2;
	t1_card_reset(&b.card1, T1_LRC, 254);
	t1_host_reset(&b.host, T1_LRC, 254, 254, true);
	CHECK_RC(transmit1(&b, cmd, n, &answer, &len), RC_OK);
	check_answer(answer, len, 4);
}

/* Blocks of a hostile or rare card, by hand: the host's block, then what the card says to it. */
struct turn {
	const char *want; /* block that goes out */
	const char *says; /* NULL: silence */
};

static enum rc
play(struct t1_host *h, const struct turn *turns, size_t count)
{
	enum t1_host_event e = T1_HOST_OUTPUT;
	uint8_t want[T1_BLOCK_MAX], says[T1_BLOCK_MAX];
	const uint8_t *answer;
	size_t len;

	for (size_t i = 0; i < count; i++) {
		size_t n = test_hex(turns[i].want, want, sizeof want);
		const uint8_t *out = t1_host_output(h, &len);

		CHECK(e == T1_HOST_OUTPUT);
		CHECK(len == n + 1);
		CHECK_BYTES(out, want, n);
		if (turns[i].says) {
			uint8_t lrc = 0;

			n = test_hex(turns[i].says, says, sizeof says - 1);
			for (size_t k = 0; k < n; k++)
				lrc ^= says[k];
			says[n++] = lrc;
			e = t1_host_block(h, says, n);
		} else {
			e = t1_host_silence(h);
		}
	}
	CHECK(e == T1_HOST_DONE);
	return t1_host_result(h, &answer, &len);
}

static void
t1_host__rare_blocks_are_answered_by_the_rules(void)
{
	static const struct turn ifs[] = { { "00000580120000AA", "00C10110" },
					   { "00E10110", "0000029000" } };
	static const struct turn abort_in[] = { { "00000580120000AA", "00C200" },
						{ "00E200", "009000" } };
	static const struct turn resynch[] = { { "00000580120000AA", NULL },
					       { "008200", NULL },
					       { "008200", NULL },
					       { "00C000", NULL },
					       { "00C000", "00E000" } };
	static const struct turn mute[] = { { "00000580120000AA", NULL }, { "008200", NULL },
					    { "008200", NULL },           { "00C000", NULL },
					    { "00C000", NULL },           { "00C000", NULL },
					    { "00C000", NULL },           { "00C000", NULL },
					    { "00C000", NULL },           { "00C000", NULL },
					    { "00C000", NULL },           { "00C000", NULL } };
	static const struct turn twice[] = { { "00000580120000AA", "008000" },
					     { "00000580120000AA", "0000029000" } };
	static const struct turn chain[] = { { "00000580120000AA", "00200101" },
					     { "009000", "00200101" },
					     { "009000", "0040029000" } };
	static const struct {
		const char *name;
		const struct turn *turns;
		size_t count;
		enum rc want;
	} rows[] = {
		{ "the card changes IFSC", ifs, 2, RC_OK },
		{ "the card aborts", abort_in, 2, RC_READER },
		{ "silence, then RESYNCH", resynch, 5, RC_READER },
		{ "silence for ever", mute, 12, RC_TIMEOUT },
		{ "the card asks for the block again", twice, 2, RC_OK },
		{ "a block of the chain comes twice", chain, 3, RC_OK },
	};
	uint8_t cmd[8];
	size_t n = test_hex("80120000AA", cmd, sizeof cmd);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct t1_host h;

		test_row(rows[i].name);
		t1_host_reset(&h, T1_LRC, 32, 254, true);
		CHECK_RC(t1_host_send(&h, cmd, n), RC_OK);
		CHECK_RC(play(&h, rows[i].turns, rows[i].count), rows[i].want);
	}
}

static void
t1_host__an_endless_answer_is_aborted(void)
{
	struct t1_host h;
	uint8_t block[T1_BLOCK_MAX], inf[254] = { 0 }, cmd[4] = { 0 };
	const uint8_t *answer;
	size_t len;
	enum t1_host_event e = T1_HOST_OUTPUT;

	t1_host_reset(&h, T1_LRC, 32, 254, true);
	CHECK_RC(t1_host_send(&h, cmd, sizeof cmd), RC_OK);
	for (unsigned int i = 0; i < 5 && e == T1_HOST_OUTPUT; i++) {
		const struct t1_block b = { .pcb = (uint8_t)(T1_I_MORE |
							     ((i & 1) != 0 ? T1_I_SEQUENCE : 0)),
					    .len = 254,
					    .inf = inf };
		len = t1_block_build(T1_LRC, &b, block);
		e = t1_host_block(&h, block, len);
	}
	CHECK(e == T1_HOST_OUTPUT);
	CHECK(t1_host_output(&h, &len)[1] == (T1_PCB_S | T1_S_ABORT));
	len = test_hex("00E200E2", block, sizeof block);
	CHECK(t1_host_block(&h, block, len) == T1_HOST_DONE);
	CHECK_RC(t1_host_result(&h, &answer, &len), RC_SPACE);
}

static bool
has_data(const void *ctx, const uint8_t header[4])
{
	(void)ctx;
	return header[0] == 0x80;
}

/* One TPDU to the card's machine, its NULLs before the answer. */
static enum rc
transmit0(void *ctx, const uint8_t *cmd, size_t len, uint8_t *rsp, size_t cap, size_t *rsp_len)
{
	struct bench *b = ctx;
	struct t0_host h;
	enum t0_host_event e = T0_HOST_OUTPUT;
	enum t0_event c = T0_NONE;
	uint8_t answer[APDU_RESPONSE_MAX];
	const uint8_t *out;
	size_t n;

	if (t0_host_send(&h, cmd, len) != RC_OK)
		return RC_RANGE;
	while (e == T0_HOST_OUTPUT || e == T0_HOST_NONE) {
		if (e == T0_HOST_OUTPUT) {
			out = t0_host_output(&h, &n);
			for (size_t i = 0; i < n; i++)
				c = t0_card_feed(&b->card0, out[i]);
		}
		if (c == T0_COMMAND) {
			out = t0_card_command(&b->card0, &n);
			if (b->more_time > 0 && t0_card_more_time(&b->card0) == T0_OUTPUT)
				CHECK(t0_host_feed(&h, 0x60) == T0_HOST_NONE);
			n = make_answer(b, out, n, answer);
			c = t0_card_answer(&b->card0, answer, n);
		}
		if (c != T0_OUTPUT) {
			CU_FAIL("the card is silent");
			return RC_TIMEOUT;
		}
		out = t0_card_output(&b->card0, &n);
		c = T0_NONE;
		for (size_t i = 0; i < n; i++)
			e = t0_host_feed(&h, out[i]);
	}
	if (e == T0_HOST_FAILED)
		return RC_READER;
	out = t0_host_answer(&h, rsp_len);
	if (*rsp_len > cap)
		return RC_SPACE;
	memcpy(rsp, out, *rsp_len);
	return RC_OK;
}

static void
t0_host__short_and_long_commands_reach_the_card_whole(void)
{
	static const size_t data[] = { 0, 1, 255, 256, 300, 1000 };
	struct bench b = { .more_time = 1 };
	const struct short_line line = { &b, true, transmit0 };
	uint8_t cmd[APDU_COMMAND_MAX], rsp[APDU_RESPONSE_MAX];
	size_t n, len;

	t0_card_reset(&b.card0, has_data, NULL);
	for (size_t i = 0; i < sizeof data / sizeof data[0]; i++) {
		n = make_command(data[i], 0, cmd);
		CHECK_RC(short_line_transmit(&line, cmd, n, rsp, sizeof rsp, &len), RC_OK);
		CHECK(len == 2 && rsp[0] == 0x90);
		CHECK(b.command_len == n);
		CHECK_BYTES(b.command, cmd, n);
		n = make_command(data[i], 40, cmd);
		CHECK_RC(short_line_transmit(&line, cmd, n, rsp, sizeof rsp, &len), RC_OK);
		CHECK(len == 2 && rsp[0] == 0x61 && rsp[1] == 40);
	}
	n = test_hex("00120028000400", cmd, sizeof cmd); /* case 2E, Le 1,024 */
	CHECK_RC(short_line_transmit(&line, cmd, n, rsp, sizeof rsp, &len), RC_OK);
	check_answer(rsp, len, 40);
}

static void
t0_host__procedure_bytes_steer_the_transfer(void)
{
	struct t0_host h;
	uint8_t tpdu[8];
	size_t n = test_hex("8010000002A1A2", tpdu, sizeof tpdu), len;

	CHECK_RC(t0_host_send(&h, tpdu, n), RC_OK);
	(void)t0_host_output(&h, &len);
	CHECK(len == 5);
	CHECK(t0_host_feed(&h, 0x60) == T0_HOST_NONE);
	CHECK(t0_host_feed(&h, 0xEF) == T0_HOST_OUTPUT);
	CHECK(t0_host_output(&h, &len)[0] == 0xA1 && len == 1);
	CHECK(t0_host_feed(&h, 0x10) == T0_HOST_OUTPUT);
	CHECK(t0_host_output(&h, &len)[0] == 0xA2 && len == 1);
	CHECK(t0_host_feed(&h, 0x10) == T0_HOST_FAILED);
	CHECK(t0_host_feed(&h, 0x90) == T0_HOST_FAILED);

	n = test_hex("8010000002", tpdu, sizeof tpdu);
	CHECK_RC(t0_host_send(&h, tpdu, n), RC_OK);
	CHECK(t0_host_feed(&h, 0xEF) == T0_HOST_NONE);
	CHECK(t0_host_feed(&h, 0x60) == T0_HOST_NONE); /* data, not a NULL */
	CHECK(t0_host_feed(&h, 0x10) == T0_HOST_NONE);
	CHECK(t0_host_feed(&h, 0x90) == T0_HOST_NONE);
	CHECK(t0_host_feed(&h, 0x90) == T0_HOST_NONE);
	CHECK(t0_host_feed(&h, 0x00) == T0_HOST_DONE);
	CHECK_BYTES(t0_host_answer(&h, &len), "\x60\x90\x90\x00", 4);
	CHECK(len == 4);
	CHECK_RC(t0_host_send(&h, tpdu, 3), RC_RANGE);
	CHECK_RC(t0_host_send(&h, tpdu, 5), RC_OK);
	CHECK(t0_host_feed(&h, 0x3B) == T0_HOST_FAILED);
}

static void
card_line__negotiation_follows_the_atr_and_the_reader(void)
{
	static const struct {
		const char *name, *atr;
		uint16_t protocols;
		uint32_t clock_hz, max_bit_rate;
		enum rc want;
		bool needed;
		uint8_t protocol, pps1;
	} rows[] = {
		{ "T=0 as it starts", "3B00", 3, 4000000, 0, RC_OK, false, 0, 0x11 },
		{ "T=1 to a reader of both", "3B800181", 3, 4000000, 0, RC_OK, false, 1, 0x11 },
		{ "T=1 to a reader of T=0", "3B800181", 1, 4000000, 0, RC_READER, false, 1, 0x11 },
		{ "both to a reader of T=1", "3B808001 01", 2, 4000000, 0, RC_OK, true, 1, 0x11 },
		{ "faster", "3B1095", 3, 4000000, 344086, RC_OK, true, 0, 0x95 },
		{ "too fast", "3B1095", 3, 4000000, 115200, RC_OK, false, 0, 0x11 },
		{ "specific", "3B90951000", 3, 4000000, 0, RC_OK, false, 0, 0x95 },
		{ "specific and too fast", "3B90951000", 3, 4000000, 9600, RC_READER, false, 0, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct line_limits limits = { rows[i].protocols, rows[i].clock_hz,
						    rows[i].max_bit_rate };
		uint8_t atr[ATR_SIZE_MAX], digits[ATR_SIZE_MAX * 2] = { 0 };
		struct atr a = { 0 };
		struct pps p = { 0 };
		bool needed = false;
		size_t n = 0;

		test_row(rows[i].name);
		for (const char *c = rows[i].atr; *c; c++) {
			if (*c != ' ')
				digits[n++] = (uint8_t)*c;
		}
		n = test_hex((const char *)digits, atr, sizeof atr);
		CHECK_RC(atr_parse(atr, n, &a), RC_OK);
		CHECK_RC(line_propose(&a, &limits, &p, &needed), rows[i].want);
		if (rows[i].want != RC_OK)
			continue;
		CHECK(needed == rows[i].needed);
		CHECK(p.protocol == rows[i].protocol);
		CHECK(p.pps1 == rows[i].pps1);
	}
}

static void
card_line__only_an_answer_to_the_question_is_agreement(void)
{
	static const struct {
		const char *name, *answer;
		enum rc want;
		uint8_t pps1;
	} rows[] = {
		{ "the same", "FF109578 ", RC_OK, 0x95 },
		{ "slower: none", "FF00FF", RC_OK, 0x11 },
		{ "other speed", "FF10117E", RC_READER, 0 },
		{ "other protocol", "FF01FE", RC_READER, 0 },
		{ "PCK", "FF109500", RC_READER, 0 },
		{ "cut", "FF10", RC_READER, 0 },
	};
	const struct pps asked = { .protocol = 0, .has_pps1 = true, .pps1 = 0x95 };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t answer[PPS_MAX];
		char hex[16] = { 0 };
		struct pps in_use = { 0 };
		size_t n = strcspn(rows[i].answer, " ");

		test_row(rows[i].name);
		memcpy(hex, rows[i].answer, n);
		n = test_hex(hex, answer, sizeof answer);
		if (i == 0)
			answer[3] = 0xFF ^ 0x10 ^ 0x95;
		CHECK_RC(line_agree(&asked, answer, n, &in_use), rows[i].want);
		if (rows[i].want == RC_OK)
			CHECK(in_use.pps1 == rows[i].pps1);
	}
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(t1_host__commands_and_answers_of_all_lengths_cross_in_both_codes),
		TEST(t1_host__noise_never_yields_a_wrong_answer_nor_runs_a_command_twice),
		TEST(t1_host__more_time_is_granted_and_lengthens_one_wait),
		TEST(t1_host__rare_blocks_are_answered_by_the_rules),
		TEST(t1_host__an_endless_answer_is_aborted),
		TEST(t0_host__short_and_long_commands_reach_the_card_whole),
		TEST(t0_host__procedure_bytes_steer_the_transfer),
		TEST(card_line__negotiation_follows_the_atr_and_the_reader),
		TEST(card_line__only_an_answer_to_the_question_is_agreement),
	};

	return test_run("t_host", cases, sizeof cases / sizeof cases[0]);
}
