// SPDX-License-Identifier: GPL-3.0-or-later
/* smartcard/core: dispatch, selection, one commit a command. */
#include "base/bytes.h"
#include "base/status_word.h"
#include "card_bench.h"
#include "core/kernel.h"
#include "test.h"
#include "wire/personalise.h"

#include <string.h>

static struct card_bench b;

static void
start(void)
{
	card_bench_start(&b, 64);
	CHECK(card_bench_hex(&b, "00A4040004" BENCH_AID) == SW_OK);
}

/* "00×n" text is too long to write down: builds a command with lc bytes of 5A. */
static uint16_t
send_case(uint8_t ins, uint16_t lc, const char *form)
{
	uint8_t cmd[5 + 1100 + 4] = { 0x80, ins };
	struct writer w = writer_over(cmd + 4, sizeof cmd - 4);

	if (strcmp(form, "3E") == 0 || strcmp(form, "4E") == 0) {
		write_u8(&w, 0);
		write_be16(&w, lc);
	} else {
		write_u8(&w, (uint8_t)lc);
	}
	for (uint16_t i = 0; i < lc; i++)
		write_u8(&w, 0x5A);
	if (strcmp(form, "4S") == 0)
		write_u8(&w, 0);
	if (strcmp(form, "4E") == 0)
		write_be16(&w, 0);
	return card_bench_send(&b, cmd, 4 + w.len);
}

static void
dispatch__all_seven_cases_reach_the_handler(void)
{
	static const struct {
		const char *name, *cmd;
		size_t answer;
	} rows[] = {
		{ "1", "80200000", 0 },
		{ "2S", "8020000000", 0 },
		{ "3S", "80200000015A", 1 },
		{ "4S", "80200000015A00", 1 },
		{ "2E", "80200000000000", 0 },
		{ "3E", "802000000000015A", 1 },
		{ "4E", "802000000000015A0000", 1 },
	};

	start();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].name);
		CHECK(card_bench_hex(&b, rows[i].cmd) == SW_OK);
		CHECK(b.answer_len == rows[i].answer);
	}
	test_row("long");
	CHECK(send_case(0x20, 255, "3S") == SW_OK && b.answer_len == 255);
	CHECK(send_case(0x20, 256, "3E") == SW_OK && b.answer_len == 256);
	CHECK(send_case(0x20, 1024, "3E") == SW_OK && b.answer_len == 1024);
	CHECK(send_case(0x20, 1024, "4E") == SW_OK && b.answer_len == 1024);
	CHECK(send_case(0x20, 1025, "3E") == SW_LENGTH);
	CHECK(b.answer_len == 0);
}

static void
dispatch__lengths_that_fit_no_case_or_no_rule_are_6700(void)
{
	static const char *const rows[] = {
		"",
		"80",
		"802000",
		"80200000025A",
		"80200000015A0000",
		"802000000000",
		"802000000000025A",
		"802000000000015A00",
		"802000000000015A000000",
		"8022000003010203",
		"8022000009010203040506070809",
		"80220000",
		"803800000101",
	};

	start();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i]);
		CHECK(card_bench_hex(&b, rows[i]) == SW_LENGTH);
		CHECK(b.answer_len == 0);
	}
	test_row("");
}

static void
dispatch__unknown_class_instruction_or_parameters_are_told_apart(void)
{
	static const struct {
		const char *name, *cmd;
		uint16_t sw;
	} rows[] = {
		{ "class of nobody", "90200000", SW_CLA },
		{ "class with other bits", "A0200000", SW_CLA },
		{ "ISO secure messaging", "0C400000", SW_CLA },
		{ "logical channel 1", "81200000", SW_CHANNEL },
		{ "logical channel in ISO class", "01A40400", SW_CHANNEL },
		{ "secure messaging outside the issuer domain", "84200000", SW_SECURE_MESSAGING },
		{ "unknown instruction", "80FE0000", SW_INS },
		{ "unknown instruction, ISO class", "00FE0000", SW_INS },
		{ "instruction of the other class", "00200000", SW_INS },
		{ "P1", "8022010004AABBCCDD", SW_P1P2 },
		{ "P2", "8022000104AABBCCDD", SW_P1P2 },
		{ "P1P2 before Lc", "8022010001AA", SW_P1P2 },
		{ "Lc before access", "8024000009010203040506070809", SW_LENGTH },
		{ "before SECURED", "80240000", SW_CONDITIONS },
		{ "personalisation allowed", "80260000", SW_OK },
		{ "no channel", "80280000", SW_SECURITY_STATUS },
		{ "all right", "8022000004AABBCCDD", SW_OK },
		{ "ISO class", "00400000", SW_OK },
	};

	start();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].name);
		CHECK(card_bench_hex(&b, rows[i].cmd) == rows[i].sw);
		CHECK(b.answer_len == 0);
	}
	test_row("class of another application");
	CHECK(card_bench_hex(&b, "00A4040004" BENCH_AID_TWO) == SW_OK);
	CHECK(card_bench_hex(&b, "80200000") == SW_CLA);
	test_row("");
}

static void
dispatch__life_cycle_rules_follow_the_card(void)
{
	struct issuer_data d;

	start();
	CHECK_RC(issuer_read(&b.card, &d), RC_OK);
	d.life = CARD_SECURED;
	CHECK_RC(issuer_stage(&b.card, &d), RC_OK);
	CHECK_RC(nv_commit(&b.card.nv), RC_OK);
	card_bench_reset(&b);
	CHECK(card_is_secured(&b.card));
	CHECK(card_bench_hex(&b, "00A4040004" BENCH_AID) == SW_OK);
	CHECK(card_bench_hex(&b, "80240000") == SW_OK);
	CHECK(card_bench_hex(&b, "80260000") == SW_CONDITIONS);
	d.life = CARD_LOCKED;
	CHECK_RC(issuer_stage(&b.card, &d), RC_OK);
	CHECK_RC(nv_commit(&b.card.nv), RC_OK);
	card_bench_reset(&b);
	CHECK(card_bench_hex(&b, "00A4040004" BENCH_AID) == SW_FUNCTION);
	CHECK(card_bench_hex(&b, "80CA0066") == SW_OK);
	d.life = CARD_TERMINATED;
	CHECK_RC(issuer_stage(&b.card, &d), RC_OK);
	CHECK_RC(nv_commit(&b.card.nv), RC_OK);
	card_bench_reset(&b);
	CHECK(card_bench_hex(&b, "00A4040000") == SW_CONDITIONS);
	CHECK(card_bench_hex(&b, "80500000080102030405060708") == SW_CONDITIONS);
	CHECK(card_bench_hex(&b, "80CA0066") == SW_OK);
}

static void
dispatch__only_success_commits_and_only_a_commit_answers(void)
{
	static const struct {
		const char *name, *cmd;
		uint16_t sw;
		uint8_t after;
		size_t answer;
	} rows[] = {
		{ "9000 commits", "803000000111", SW_OK, 0x11, 1 },
		{ "an error discards and wipes", "803200000122", SW_DATA, 0x11, 0 },
		{ "6310 commits", "803400000133", SW_MORE_DATA, 0x33, 1 },
		{ "63C1 discards and answers", "803600000144", 0x63C1, 0x33, 1 },
		{ "a log that overflows", "803A0000", SW_MEMORY, 0x33, 0 },
	};
	uint8_t byte;

	start();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].name);
		CHECK(card_bench_hex(&b, rows[i].cmd) == rows[i].sw);
		CHECK(b.answer_len == rows[i].answer);
		card_bench_data(&b, 0, &byte, 1);
		CHECK(byte == rows[i].after);
	}
	test_row("");
}

static void
dispatch__an_answer_that_does_not_fit_changes_nothing(void)
{
	static const uint8_t write[] = { 0x80, 0x30, 0, 0, 1, 0x77 };
	uint8_t cmd[] = { 0x80, 0x38, 0, 0, 0x10 }, answer[258], byte;

	start();
	CHECK(card_bench_send(&b, write, sizeof write) == SW_OK);
	/* Le 16, answer of 256: asked again with the right one. */
	CHECK(card_bench_send(&b, cmd, sizeof cmd) == 0x6C00);
	cmd[4] = 0;
	CHECK(card_bench_send(&b, cmd, sizeof cmd) == SW_OK && b.answer_len == 256);
	CHECK(card_transmit(&b.card, cmd, sizeof cmd, answer, sizeof answer) == 258);
	CHECK(send_case(0x20, 300, "3E") == SW_OK);
	/* Room for 258: 257 bytes of data and SW do not fit. */
	memset(answer, 0xEE, sizeof answer);
	{
		uint8_t echo[7 + 257] = { 0x80, 0x20, 0, 0, 0, 1, 1 };

		CHECK(card_transmit(&b.card, echo, sizeof echo, answer, sizeof answer) == 2);
		CHECK(get_be16(answer) == SW_LENGTH);
	}
	card_bench_data(&b, 0, &byte, 1);
	CHECK(byte == 0x77);
}

static void
dispatch__a_commit_that_fails_is_6581_and_all_or_nothing(void)
{
	static const uint8_t write[] = { 0x80, 0x30, 0, 0, 3, 0x77, 0x77, 0x77 };
	unsigned int old = 0, new = 0;

	for (int tear = 0; tear < TEAR_COUNT; tear++) {
		uint16_t sw = 0;

		for (int64_t n = 0; sw != SW_OK; n++) {
			uint8_t bytes[3];

			start();
			nv_ram_plan_cut(&b.ram, n, (enum tear)tear);
			sw = card_bench_send(&b, write, sizeof write);
			CHECK(sw == SW_OK || (sw == SW_MEMORY && b.answer_len == 0));
			/* No answer from a memory that has gone. */
			if (sw != SW_OK)
				CHECK(card_bench_hex(&b, "8038000000") == SW_MEMORY);
			card_bench_reset(&b);
			card_bench_data(&b, 0, bytes, sizeof bytes);
			CHECK(bytes[0] == bytes[1] && bytes[1] == bytes[2]);
			CHECK(bytes[0] == 0x77 || (bytes[0] == 0 && sw != SW_OK));
			(bytes[0] == 0 ? &old : &new)[0]++;
		}
	}
	CHECK(old > 4 && new > 4);
}

static void
dispatch__working_copies_are_wiped_after_each_command(void)
{
	uint8_t any = 0;

	start();
	CHECK(send_case(0x20, 1000, "3E") == SW_OK);
	for (size_t i = 0; i < sizeof b.card.command; i++)
		any |= b.card.command[i];
	for (size_t i = 0; i < sizeof b.card.response; i++)
		any |= b.card.response[i];
	CHECK(any == 0);
}

static void
select__full_partial_next_empty_and_unknown_names(void)
{
	static const struct {
		const char *name, *cmd;
		uint16_t sw;
		const char *answer;
	} rows[] = {
		{ "issuer domain", "00A4040008A00000015100000000", SW_OK,
		  "6F108408A000000151000000A5049F6501FF" },
		{ "empty", "00A4040000", SW_OK, "6F108408A000000151000000A5049F6501FF" },
		{ "empty, case 1", "00A40400", SW_OK, "6F108408A000000151000000A5049F6501FF" },
		{ "old tools' issuer", "00A4040008A000000003000000", SW_OK,
		  "6F108408A000000151000000A5049F6501FF" },
		{ "issuer by its RID", "00A4040005A000000151", SW_OK,
		  "6F108408A000000151000000A5049F6501FF" },
		{ "full", "00A4040004" BENCH_AID, SW_OK,
		  "6F138404F0424501A50B500962656E6368206F6E65" },
		{ "partial: first", "00A4040003F04245", SW_OK,
		  "6F138404F0424501A50B500962656E6368206F6E65" },
		{ "next", "00A4040203F04245", SW_OK, "6F138404F0424502A50B500962656E63682074776F" },
		{ "no next", "00A4040203F04245", SW_FILE, "" },
		{ "first again", "00A4040003F04245", SW_OK,
		  "6F138404F0424501A50B500962656E6368206F6E65" },
		{ "without FCI", "00A4040C04" BENCH_AID, SW_OK, "" },
		{ "longer than any", "00A4040005F042450100", SW_FILE, "" },
		{ "unknown", "00A4040003112233", SW_FILE, "" },
		{ "by file identifier", "00A4000C023F00", SW_P1P2, "" },
		{ "wrong P2", "00A40401023F00", SW_P1P2, "" },
		{ "too long", "00A4040011F042450101010101010101010101010101", SW_LENGTH, "" },
	};

	card_bench_start(&b, 64);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t want[64];
		size_t len;

		test_row(rows[i].name);
		CHECK(card_bench_hex(&b, rows[i].cmd) == rows[i].sw);
		len = test_hex(rows[i].answer, want, sizeof want);
		CHECK(b.answer_len == len);
		if (b.answer_len == len)
			CHECK_BYTES(b.answer, want, len);
	}
	test_row("the failed ones left the selection alone");
	CHECK(b.card.selected == 1);
	test_row("");
}

static void
card__ram_is_zero_after_reset_and_memory_stays(void)
{
	start();
	CHECK(card_bench_hex(&b, "803C0000") == SW_OK);
	CHECK(card_bench_hex(&b, "803C0000") == SW_OK && b.answer[3] == 2);
	CHECK(card_bench_hex(&b, "803000000199") == SW_OK);
	card_bench_reset(&b);
	CHECK(card_bench_hex(&b, "80CA0066") == SW_OK); /* issuer domain is selected */
	CHECK(card_bench_hex(&b, "00A4040004" BENCH_AID) == SW_OK);
	CHECK(card_bench_hex(&b, "803C0000") == SW_OK && b.answer[3] == 1);
	CHECK(card_bench_hex(&b, "8038000000") == SW_OK && b.answer[0] == 0x99);
	CHECK_BYTES(b.answer + 128, "first contents of an applicationfirst", 37);
}

static void
card__format_refuses_what_does_not_fit_and_power_up_what_was_not_finished(void)
{
	static const uint8_t serial[8] = { 0 };
	struct card_port other;
	bool cut = true;

	card_bench_start(&b, 64);
	other = b.port;
	other.app_count = 1;
	CHECK_RC(card_reset(&b.card, &other), RC_VERSION);
	CHECK(card_bench_hex(&b, "80CA0066") == SW_FAULT);
	other.app_count = CARD_APPS_MAX + 1;
	CHECK_RC(card_format(&b.card, &other, serial), RC_RANGE);
	b.ram.port.size = 4096;
	CHECK_RC(card_format(&b.card, &b.port, serial), RC_SPACE);
	b.ram.port.size = 8192;
	for (int64_t n = 0; cut; n += 7) {
		nv_ram_power_up(&b.ram);
		nv_ram_plan_cut(&b.ram, n, TEAR_FF);
		cut = card_format(&b.card, &b.port, serial) != RC_OK;
		nv_ram_power_up(&b.ram);
		CHECK((card_reset(&b.card, &b.port) == RC_OK) == b.card.powered);
		CHECK(cut || b.card.powered);
	}
}

static void
card__annexes_stand_at_the_end_of_a_memory_that_had_none(void)
{
	struct card_app one, two;
	const struct card_app *apps[2] = { &one, &two };
	struct card_port port;
	uint8_t byte = 0xFF;
	uint32_t end;

	card_bench_start(&b, 64);
	one = *b.port.apps[0];
	two = *b.port.apps[1];
	port = b.port;
	port.apps = apps;
	one.annex_size = 100;
	two.annex_size = 64;
	CHECK_RC(card_reset(&b.card, &port), RC_OK);
	end = 8192 - domain_area_size(&b.port);
	CHECK(b.card.env[1].annex.base == end - 128 && b.card.env[1].annex.size == 128);
	CHECK(b.card.env[2].annex.base == end - 192 && b.card.env[2].annex.size == 64);
	CHECK_RC(nv_part_read(&b.card.env[1].annex, 127, &byte, 1), RC_OK);
	CHECK(byte == 0);
	CHECK_RC(nv_part_read(&b.card.env[1].annex, 128, &byte, 1), RC_RANGE);
	CHECK(b.card.env[0].annex.size == 0);
	two.annex_size = 8192;
	CHECK_RC(card_reset(&b.card, &port), RC_VERSION);
}

static void
card__a_service_is_found_by_its_whole_name(void)
{
	static const uint8_t aid[] = { 0xF0, 0x42, 0x45, 0x02 };
	struct card_env *env = NULL;
	const void *service = NULL;

	card_bench_start(&b, 64);
	CHECK_RC(card_service(&b.card, aid, 4, &service, &env), RC_OK);
	CHECK(service && *(const int *)service == 7 && env);
	CHECK(env != &b.card.env[2] && env->part.size == 0 && !env->ram);
	CHECK_RC(card_service(&b.card, aid, 3, &service, &env), RC_NOT_FOUND);
}

static void
card__atr_offers_both_protocols_and_checks(void)
{
	uint8_t atr[33], x = 0;
	size_t len;

	card_bench_start(&b, 64);
	len = card_atr(&b.card, atr);
	CHECK(len == 13);
	for (size_t i = 1; i < len; i++)
		x ^= atr[i];
	CHECK(x == 0);
	CHECK_BYTES(atr + 5, "TESSERA", 7);
	CHECK_BYTES(atr, "\x3B\x87\x80\x11\xFE", 5);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(dispatch__all_seven_cases_reach_the_handler),
		TEST(dispatch__lengths_that_fit_no_case_or_no_rule_are_6700),
		TEST(dispatch__unknown_class_instruction_or_parameters_are_told_apart),
		TEST(dispatch__life_cycle_rules_follow_the_card),
		TEST(dispatch__only_success_commits_and_only_a_commit_answers),
		TEST(dispatch__an_answer_that_does_not_fit_changes_nothing),
		TEST(dispatch__a_commit_that_fails_is_6581_and_all_or_nothing),
		TEST(dispatch__working_copies_are_wiped_after_each_command),
		TEST(select__full_partial_next_empty_and_unknown_names),
		TEST(card__ram_is_zero_after_reset_and_memory_stays),
		TEST(card__format_refuses_what_does_not_fit_and_power_up_what_was_not_finished),
		TEST(card__annexes_stand_at_the_end_of_a_memory_that_had_none),
		TEST(card__a_service_is_found_by_its_whole_name),
		TEST(card__atr_offers_both_protocols_and_checks),
	};

	return test_run("core_dispatch", cases, sizeof cases / sizeof cases[0]);
}
