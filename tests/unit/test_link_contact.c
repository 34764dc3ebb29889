// SPDX-License-Identifier: GPL-3.0-or-later
/* smartcard/link/contact: what a reader may do after an ATR, with both protocols and several
 * speeds; the ATRs are written out by ISO 7816-3 clause 8. */
#include "link/contact.h"
#include "test.h"

#include <string.h>

struct bench {
	struct contact_card c;
	uint8_t atr[ATR_SIZE_MAX];
	size_t atr_len;
};

static bool
has_data(const void *ctx, const uint8_t header[4])
{
	(void)ctx;
	return header[1] == 0xA4;
}

static void
reset(struct bench *b, const char *atr)
{
	b->atr_len = test_hex(atr, b->atr, sizeof b->atr);
	CHECK_RC(contact_reset(&b->c, b->atr, b->atr_len, has_data, NULL), RC_OK);
	CHECK(b->c.fi_di == FI_DI_DEFAULT || b->c.atr.specific);
}

/* Event of the last byte. */
static enum contact_event
give(struct bench *b, const char *hex)
{
	uint8_t bytes[80];
	const size_t n = test_hex(hex, bytes, sizeof bytes);
	enum contact_event e = CONTACT_NONE;

	for (size_t i = 0; i < n; i++) {
		e = contact_feed(&b->c, bytes[i], true);
		CHECK(i + 1 == n || e == CONTACT_NONE);
	}
	return e;
}

static bool
says(const struct bench *b, const char *hex)
{
	uint8_t want[80];
	const size_t n = test_hex(hex, want, sizeof want);
	size_t len;
	const uint8_t *out = contact_output(&b->c, &len);

	return len == n && memcmp(out, want, n) == 0;
}

/* GET DATA over the protocol in use reaches the card and its answer the reader. */
static void
works(struct bench *b, unsigned int protocol)
{
	static const uint8_t answer[] = { 0xAB, 0x90, 0x00 };
	static const uint8_t want[] = { 0x80, 0xCA, 0x01, 0x00, 0x01 };
	const uint8_t *command;
	size_t len;

	CHECK(give(b, protocol == 1 ? "00 00 05 80CA010001 4F" : "80CA010001") == CONTACT_COMMAND);
	CHECK(b->c.state == (protocol == 1 ? CONTACT_T1 : CONTACT_T0));
	command = contact_command(&b->c, &len);
	CHECK(len == sizeof want && memcmp(command, want, sizeof want) == 0);
	CHECK(contact_more_time(&b->c) == CONTACT_OUTPUT);
	CHECK(says(b, protocol == 1 ? "00 C3 01 01 C3" : "60"));
	CHECK(give(b, protocol == 1 ? "00 E3 01 01 E3" : "") == CONTACT_NONE);
	CHECK(contact_answer(&b->c, answer, sizeof answer) == CONTACT_OUTPUT);
	CHECK(says(b, protocol == 1 ? "00 00 03 AB 90 00 38" : "CA AB 90 00"));
}

/* Negotiable: TD1 offers T=0 and T=1; TA1 as named. */
#define BOTH "3B 90 95 80 01 84"

static void
contact__pps_is_answered_with_the_speed_that_the_card_offers_or_a_slower_one(void)
{
	static const struct {
		const char *name, *atr, *request, *answer;
		uint8_t fi_di;
		unsigned int protocol;
	} rows[] = {
		{ "TA1 11, T=0", "3B 90 11 80 01 00", "FF 10 11 FE", "FF 10 11 FE", 0x11, 0 },
		{ "TA1 13, T=0", "3B 90 13 80 01 02", "FF 10 13 FC", "FF 10 13 FC", 0x13, 0 },
		{ "TA1 13, T=1", "3B 90 13 80 01 02", "FF 11 13 FD", "FF 11 13 FD", 0x13, 1 },
		{ "TA1 18, T=0", "3B 90 18 80 01 09", "FF 10 18 F7", "FF 10 18 F7", 0x18, 0 },
		{ "TA1 18, T=1", "3B 90 18 80 01 09", "FF 11 18 F6", "FF 11 18 F6", 0x18, 1 },
		{ "TA1 95, T=0", BOTH, "FF 10 95 7A", "FF 10 95 7A", 0x95, 0 },
		{ "TA1 95, T=1", BOTH, "FF 11 95 7B", "FF 11 95 7B", 0x95, 1 },
		{ "TA1 96, T=0", "3B 90 96 80 01 87", "FF 10 96 79", "FF 10 96 79", 0x96, 0 },
		{ "TA1 96, T=1", "3B 90 96 80 01 87", "FF 11 96 78", "FF 11 96 78", 0x96, 1 },
		{ "a slower one", BOTH, "FF 11 94 7A", "FF 11 94 7A", 0x94, 1 },
		{ "back to the default", BOTH, "FF 11 11 FF", "FF 11 11 FF", 0x11, 1 },
		{ "faster: PPS1 left out", BOTH, "FF 11 96 78", "FF 01 FE", 0x11, 1 },
		{ "another clock: left out", BOTH, "FF 10 18 F7", "FF 00 FF", 0x11, 0 },
		{ "protocol alone", BOTH, "FF 01 FE", "FF 01 FE", 0x11, 1 },
		{ "no TA1", "3B 80 80 01 01", "FF 11 11 FF", "FF 11 11 FF", 0x11, 1 },
		{ "PPS2 is left out", BOTH, "FF 31 95 00 5B", "FF 11 95 7B", 0x95, 1 },
	};
	struct bench b;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].name);
		/* Cold, then warm: a reset in the middle of a command brings everything back. */
		for (unsigned int warm = 0; warm < 2; warm++) {
			reset(&b, rows[i].atr);
			CHECK(b.c.state == CONTACT_NEGOTIABLE);
			CHECK(give(&b, rows[i].request) == CONTACT_OUTPUT);
			CHECK(says(&b, rows[i].answer));
			CHECK(b.c.fi_di == rows[i].fi_di);
			works(&b, rows[i].protocol);
			CHECK(give(&b, rows[i].protocol == 1 ? "00 40 05 80CA" : "80CA01") ==
			      CONTACT_NONE);
		}
	}
}

static void
contact__without_pps_the_first_protocol_runs_at_the_default_speed(void)
{
	static const struct {
		const char *name, *atr;
		unsigned int protocol;
	} rows[] = {
		{ "T=0 first", BOTH, 0 },
		{ "T=0 alone, TA1 95", "3B 10 95", 0 },
		{ "T=1 alone, TA1 95", "3B 90 95 81 71 FE 75 00 7E", 1 },
	};
	struct bench b;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].name);
		reset(&b, rows[i].atr);
		works(&b, rows[i].protocol);
		CHECK(b.c.fi_di == FI_DI_DEFAULT);
	}
}

static void
contact__a_second_pps_is_none(void)
{
	struct bench b;

	reset(&b, BOTH);
	CHECK(give(&b, "FF 10 95 7A") == CONTACT_OUTPUT);
	works(&b, 0);
	CHECK(give(&b, "FF 10 11 FE 00") == CONTACT_COMMAND); /* five bytes are a T=0 header now */
	CHECK(b.c.fi_di == 0x95);
}

static void
contact__a_refused_or_damaged_pps_silences_the_card_until_a_reset(void)
{
	static const struct {
		const char *name, *request;
	} rows[] = {
		{ "T=14", "FF 1E 95 74" },
		{ "T=2", "FF 12 95 78" },
		{ "wrong PCK", "FF 11 95 7C" },
		{ "reserved bit", "FF 91 95 FB" },
	};
	struct bench b;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t len;

		test_row(rows[i].name);
		reset(&b, BOTH);
		CHECK(give(&b, rows[i].request) == CONTACT_NONE);
		CHECK(b.c.state == CONTACT_MUTE && b.c.fi_di == FI_DI_DEFAULT);
		CHECK(give(&b, "80CA010001 FF 10 95 7A 00 00 00") == CONTACT_NONE);
		(void)contact_output(&b.c, &len);
		CHECK(len == 0 && contact_silence(&b.c) == CONTACT_NONE);
		reset(&b, BOTH); /* warm */
		works(&b, 0);
	}
	reset(&b, BOTH);
	CHECK(give(&b, "FF 10") == CONTACT_NONE);
	CHECK(contact_silence(&b.c) == CONTACT_NONE && b.c.state == CONTACT_MUTE);
	reset(&b, BOTH);
	CHECK(give(&b, "FF 10 95") == CONTACT_NONE);
	CHECK(contact_feed(&b.c, 0x7A, false) == CONTACT_NONE && b.c.state == CONTACT_MUTE);
	CHECK(give(&b, "80CA010001") == CONTACT_NONE);
}

static void
contact__in_specific_mode_the_atr_decides_and_pps_is_no_pps(void)
{
	static const struct {
		const char *name, *atr;
		uint8_t fi_di;
		unsigned int protocol;
	} rows[] = {
		{ "T=0 at TA1 13", "3B 90 13 10 00", 0x13, 0 },
		{ "T=0 at TA1 18", "3B 90 18 10 00", 0x18, 0 },
		{ "T=0 at TA1 95", "3B 90 95 10 00", 0x95, 0 },
		{ "T=0 at TA1 96", "3B 90 96 10 00", 0x96, 0 },
		{ "T=1 at TA1 11", "3B 90 11 91 01 71 FE 75 00 EB", 0x11, 1 },
		{ "T=1 at TA1 95", "3B 90 95 91 01 71 FE 75 00 6F", 0x95, 1 },
		{ "T=1 at TA1 96", "3B 90 96 91 01 71 FE 75 00 6C", 0x96, 1 },
		{ "implicit: not TA1's", "3B 90 95 10 10", 0x11, 0 },
	};
	struct bench b;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].name);
		reset(&b, rows[i].atr);
		CHECK(b.c.atr.specific && b.c.fi_di == rows[i].fi_di);
		CHECK(b.c.state == (rows[i].protocol == 1 ? CONTACT_T1 : CONTACT_T0));
		works(&b, rows[i].protocol);
		CHECK(b.c.fi_di == rows[i].fi_di);
		reset(&b, rows[i].atr);
		/* FF is the class byte of a command, or no block. */
		CHECK(give(&b, rows[i].protocol == 0 ? "FF 10 95 7A 00" : "FF 10 95 7A") ==
		      (rows[i].protocol == 0 ? CONTACT_COMMAND : CONTACT_NONE));
		CHECK(b.c.fi_di == rows[i].fi_di);
	}
}

static void
contact__no_atr_no_card(void)
{
	static const uint8_t fourteen[] = { 0x3B, 0x80, 0x0E, 0x8E };
	struct bench b;

	CHECK_RC(contact_reset(&b.c, fourteen, 0, has_data, NULL), RC_TRUNCATED);
	CHECK(b.c.state == CONTACT_MUTE && give(&b, "80CA010001") == CONTACT_NONE);
	CHECK_RC(contact_reset(&b.c, fourteen, sizeof fourteen, has_data, NULL), RC_RANGE);
	CHECK(b.c.state == CONTACT_MUTE && give(&b, "FF 10 95 7A") == CONTACT_NONE);
	reset(&b, BOTH);
	works(&b, 0);
	contact_wipe(&b.c);
	CHECK(give(&b, "80CA010001") == CONTACT_NONE);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(contact__pps_is_answered_with_the_speed_that_the_card_offers_or_a_slower_one),
		TEST(contact__without_pps_the_first_protocol_runs_at_the_default_speed),
		TEST(contact__a_second_pps_is_none),
		TEST(contact__a_refused_or_damaged_pps_silences_the_card_until_a_reset),
		TEST(contact__in_specific_mode_the_atr_decides_and_pps_is_no_pps),
		TEST(contact__no_atr_no_card),
	};

	return test_run("link_contact", cases, sizeof cases / sizeof cases[0]);
}
