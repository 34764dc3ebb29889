// SPDX-License-Identifier: GPL-3.0-or-later
/* smartcard/core: every command of the security domains malformed in every way: the seven cases of
 * ISO 7816-3 with lengths that are wrong, P1 and P2 that mean nothing, the wrong moment. Not a byte
 * of the memory may change. */
#include "base/bytes.h"
#include "base/status_word.h"
#include "core/kernel.h"
#include "crypto_test.h"
#include "domain_bench.h"
#include "test.h"

#include <string.h>

#define ISD "A000000151000000"

static struct card_bench b;
static struct domain_host issuer;
static const uint8_t serial[8] = { 1 };
static uint8_t before[sizeof b.ram.bytes];

/* A command of the domains: what it takes, and whether it wants a channel. */
struct command {
	const char *name;
	uint8_t cla, ins, p1, p2; /* P1 and P2 as they should be */
	uint16_t lc_min, lc_max;
	bool in_channel;
	uint8_t wrong_p1, wrong_p2; /* 00: any value of P1 or P2 means something */
};

static const struct command commands[] = {
	{ "INITIALIZE UPDATE", 0x80, 0x50, 0x00, 0x00, 8, 8, false, 0x00, 0x01 },
	{ "GET DATA", 0x80, 0xCA, 0x00, 0x66, 0, 16, false, 0x00, 0x00 },
	{ "GET DATA, ISO", 0x00, 0xCA, 0x00, 0x66, 0, 16, false, 0x00, 0x00 },
	{ "PUT KEY", 0x80, 0xD8, 0x00, 0x81, 1, 255, true, 0x00, 0x04 },
	{ "INSTALL", 0x80, 0xE6, 0x20, 0x00, 7, 255, true, 0x21, 0x01 },
	{ "STORE DATA", 0x80, 0xE2, 0x80, 0x00, 0, 1024, true, 0x00, 0x00 },
	{ "DELETE", 0x80, 0xE4, 0x00, 0x00, 3, 255, true, 0x01, 0x01 },
	{ "GET STATUS", 0x80, 0xF2, 0x80, 0x02, 2, 18, true, 0x81, 0x00 },
	{ "SET STATUS", 0x80, 0xF0, 0x80, 0x0F, 0, 16, true, 0x81, 0x00 },
};
#define COMMANDS (sizeof commands / sizeof commands[0])

/* The issuer domain open at level 00: plain commands reach what stands behind the channel. */
static void
start(bool open)
{
	card_bench_start_domains(&b, serial);
	issuer.keys = domain_test_keys();
	CHECK((open ? domain_open(&issuer, &b, ISD, 0, SCP03_S8, 0x00)
		    : card_bench_hex(&b, "00A4040000")) == SW_OK);
	memcpy(before, b.ram.bytes, sizeof before);
}

static bool
is_untouched(void)
{
	return memcmp(before, b.ram.bytes, sizeof before) == 0 && !nv_is_staged(&b.card.nv);
}

/* Case 1, 2S, 3S, 4S, 2E, 3E, 4E with lc data bytes of zeros; 0: that case has none, or cannot. */
static size_t
build(const struct command *c, unsigned int kind, size_t lc, uint8_t out[1040])
{
	struct writer w = writer_over(out, 1040);
	const bool extended = kind >= 4;
	const bool data = kind == 2 || kind == 3 || kind >= 5, le = kind % 2 == 1 || kind >= 4;

	if (data != (lc > 0) || (!extended && lc > 255))
		return 0;
	write_u8(&w, c->cla);
	write_u8(&w, c->ins);
	write_u8(&w, c->p1);
	write_u8(&w, c->p2);
	if (kind == 0)
		return 4;
	if (extended)
		write_u8(&w, 0);
	if (data && extended)
		write_be16(&w, (uint16_t)lc);
	else if (data)
		write_u8(&w, (uint8_t)lc);
	if (data)
		memset(write_room(&w, lc), 0, lc);
	if (le && kind != 5 && extended)
		write_be16(&w, 0);
	else if (le && !extended)
		write_u8(&w, 0);
	return w.len;
}

static void
malformed__a_length_out_of_the_commands_range_is_6700_in_all_seven_cases(void)
{
	static const uint16_t lengths[] = {
		0, 1, 2, 3, 6, 7, 8, 9, 16, 17, 18, 19, 255, 256, 1024
	};
	static uint8_t cmd[1040];
	unsigned int refused = 0;

	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *c = &commands[i];

		for (size_t n = 0; n < sizeof lengths / sizeof lengths[0] * 7; n++) {
			const uint16_t lc = lengths[n / 7];
			size_t len = build(c, (unsigned int)(n % 7), lc, cmd);

			if (len == 0 || (lc >= c->lc_min && lc <= c->lc_max))
				continue;
			test_row(c->name);
			start(c->in_channel);
			CHECK(card_bench_send(&b, cmd, len) == SW_LENGTH);
			CHECK(b.answer_len == 0 && is_untouched());
			refused++;
		}
	}
	CHECK(refused > 150);
	test_row("");
}

static void
malformed__an_apdu_that_is_cut_or_too_long_is_6700(void)
{
	static uint8_t cmd[1040];

	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *c = &commands[i];
		const size_t lc = c->lc_min > 0 ? c->lc_min : 1, len = build(c, 2, lc, cmd);

		test_row(c->name);
		start(c->in_channel);
		for (size_t cut = 0; cut < len; cut++) {
			/* Without data, and with one byte that is an Le, it is another case. */
			if (cut == 4 || cut == 5)
				continue;
			CHECK(card_bench_send(&b, cmd, cut) == SW_LENGTH);
		}
		cmd[len] = cmd[len + 1] = 0;
		CHECK(card_bench_send(&b, cmd, len + 2) == SW_LENGTH);
		CHECK(is_untouched());
	}
	test_row("");
}

static void
malformed__parameters_that_mean_nothing_are_6a86(void)
{
	static uint8_t cmd[1040];

	for (size_t i = 0; i < 2 * COMMANDS; i++) {
		struct command c = commands[i / 2];
		const uint8_t wrong = i % 2 == 0 ? c.wrong_p1 : c.wrong_p2;
		size_t len;

		if (wrong == 0)
			continue;
		(i % 2 == 0 ? &c.p1 : &c.p2)[0] = wrong;
		len = build(&c, 2, c.lc_min > 0 ? c.lc_min : 1, cmd);
		if (c.ins == 0xF2)
			memcpy(cmd + 5, "\x4F\x00", 2);
		test_row(c.name);
		start(c.in_channel);
		CHECK(card_bench_send(&b, cmd, len) == SW_P1P2);
		CHECK(b.answer_len == 0 && is_untouched());
	}
	test_row("");
}

static void
malformed__without_a_channel_nothing_of_the_issuers_answers(void)
{
	static uint8_t cmd[1040];

	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *c = &commands[i];
		size_t len;

		if (!c->in_channel)
			continue;
		len = build(c, 2, c->lc_min > 0 ? c->lc_min : 1, cmd);
		test_row(c->name);
		start(false);
		CHECK(card_bench_send(&b, cmd, len) == SW_SECURITY_STATUS);
		cmd[0] |= 0x04;
		CHECK(card_bench_send(&b, cmd, len) == SW_SECURITY_STATUS);
		CHECK(b.answer_len == 0 && is_untouched());
		/* Nor does an application have them. */
		cmd[0] = c->cla;
		CHECK(card_bench_hex(&b, "00A4040004" BENCH_AID "00") == SW_OK);
		CHECK(card_bench_send(&b, cmd, len) == SW_INS);
		cmd[0] |= 0x04;
		CHECK(card_bench_send(&b, cmd, len) == SW_SECURE_MESSAGING);
		CHECK(is_untouched());
	}
	test_row("");
}

static void
malformed__unknown_classes_and_instructions_are_told_apart(void)
{
	unsigned int known = 0;

	start(true);
	for (unsigned int ins = 0; ins < 256; ins++) {
		const uint8_t cmd[] = { 0x80, (uint8_t)ins, 0xFF, 0xFF };
		const uint16_t sw = card_bench_send(&b, cmd, sizeof cmd);

		if (sw != SW_INS)
			known++;
		CHECK(sw != SW_OK && sw != SW_CLA && sw != SW_FAULT);
		CHECK(b.answer_len == 0);
		if (!b.card.session.open)
			start(true);
	}
	CHECK(known == 8); /* EXTERNAL AUTHENTICATE has a class of its own */
	for (unsigned int cla = 0; cla < 256; cla++) {
		const uint8_t cmd[] = { (uint8_t)cla, 0xCA, 0x00, 0x66, 0x00 };
		uint16_t want = SW_CLA;

		start(true);
		if (cla == 0x00 || cla == 0x80)
			want = SW_OK;
		else if ((cla & 0x78) == 0 && (cla & 0x03) != 0)
			want = SW_CHANNEL;
		else if (cla == 0x04 || cla == 0x84)
			want = SW_SECURITY_STATUS;
		CHECK(card_bench_send(&b, cmd, sizeof cmd) == want);
		CHECK(is_untouched());
	}
}

/* Wrong bytes under a right MAC: refused, nothing changed, and the channel goes on. */
static void
malformed__wrong_data_inside_the_channel_changes_nothing_and_keeps_it_open(void)
{
	static const struct {
		const char *name, *header, *data;
		uint16_t sw;
	} rows[] = {
		{ "PUT KEY, version only", "80D80081", "01", SW_DATA },
		{ "PUT KEY, other type", "80D80001", "018010", SW_DATA },
		{ "PUT KEY, length that lies", "80D80001", "018811", SW_DATA },
		{ "PUT KEY, index 0", "80D80000", "018810", SW_P1P2 },
		{ "PUT KEY, index 4", "80D80084", "018810", SW_P1P2 },
		{ "INSTALL, empty AID", "80E62000", "00000000000000", SW_DATA },
		{ "INSTALL, AID past the end", "80E62000", "0000FFF0424501000000", SW_DATA },
		{ "INSTALL, unknown", "80E62000", "000004F0424599000000", SW_REFERENCE },
		{ "extradition, empty", "80E61000", "00000000000000", SW_DATA },
		{ "STORE DATA, too early", "80E28000", "12340155", SW_CONDITIONS },
		{ "STORE DATA, parameters", "80E24000", "12340155", SW_CONDITIONS },
		{ "DELETE, no tag", "80E40000", "000000", SW_DATA },
		{ "DELETE, key and more", "80E40000", "D20101D20101", SW_DATA },
		{ "DELETE, key version 0", "80E40000", "D20100", SW_DATA },
		{ "DELETE, two names", "80E40000", "4F02F0424F02F042", SW_DATA },
		{ "GET STATUS, criterion", "80F24002", "5C00", SW_DATA },
		{ "GET STATUS, length", "80F24002", "4F05F0", SW_DATA },
		{ "GET STATUS, next of nothing", "80F24003", "4F00", SW_REFERENCE },
		{ "SET STATUS, backwards", "80F08000", ISD, SW_CONDITIONS },
		{ "SET STATUS, unknown", "80F04080", "F0424599", SW_REFERENCE },
		{ "SET STATUS, issuer as application", "80F04080", ISD, SW_REFERENCE },
		{ "GET DATA", "80CAFFFF", "", SW_REFERENCE },
		{ "unknown instruction", "80000000", "", SW_INS },
	};
	const struct scp03_key_set test = domain_test_keys();

	card_bench_start_domains(&b, serial);
	domain_open_issuer(&issuer, &b, &test);
	memcpy(before, b.ram.bytes, sizeof before);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].name);
		CHECK(card_host_hex(&issuer.host, &b, rows[i].header, rows[i].data) == rows[i].sw);
		CHECK(b.answer_len == 0 && is_untouched());
		CHECK(b.card.session.open);
	}
	test_row("");
	CHECK(card_host_hex(&issuer.host, &b, "80F28002", "4F00") == SW_OK);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(malformed__a_length_out_of_the_commands_range_is_6700_in_all_seven_cases),
		TEST(malformed__an_apdu_that_is_cut_or_too_long_is_6700),
		TEST(malformed__parameters_that_mean_nothing_are_6a86),
		TEST(malformed__without_a_channel_nothing_of_the_issuers_answers),
		TEST(malformed__unknown_classes_and_instructions_are_told_apart),
		TEST(malformed__wrong_data_inside_the_channel_changes_nothing_and_keeps_it_open),
	};

	return test_run("core_malformed", cases, sizeof cases / sizeof cases[0]);
}
