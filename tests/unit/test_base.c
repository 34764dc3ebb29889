// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/base: bytes, hex, time, CRC, tables. */
#include "base/bytes.h"
#include "base/card_number.h"
#include "base/crc32.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/status_word.h"
#include "base/time2000.h"
#include "test.h"

#include <string.h>

static void
bytes__reading_past_the_end_is_sticky_and_yields_zero(void)
{
	const uint8_t data[3] = { 1, 2, 3 };
	struct reader r = reader_over(data, sizeof data);

	CHECK(read_be16(&r) == 0x0102);
	CHECK(read_be16(&r) == 0);
	CHECK(r.failed);
	CHECK(read_u8(&r) == 0);
	CHECK(!reader_at_end(&r));
}

static void
bytes__a_length_near_the_largest_size_does_not_wrap(void)
{
	const uint8_t data[3] = { 1, 2, 3 };
	uint8_t room[3];
	struct reader r = reader_over(data, sizeof data);
	struct writer w = writer_over(room, sizeof room);

	(void)read_u8(&r);
	CHECK(read_slice(&r, SIZE_MAX) == NULL);
	write_u8(&w, 1);
	CHECK(write_room(&w, SIZE_MAX) == NULL);
	CHECK(w.failed);
}

static void
bytes__what_is_written_is_read_back(void)
{
	uint8_t room[18];
	struct writer w = writer_over(room, sizeof room);
	struct reader r;

	write_u8(&w, 0xA5);
	write_be16(&w, 0x1234);
	write_be24(&w, 0x56789A);
	write_be32(&w, 0xDEADBEEF);
	write_be64(&w, 0x0123456789ABCDEF);
	CHECK(!w.failed && w.len == sizeof room);
	r = reader_over(room, w.len);
	CHECK(read_u8(&r) == 0xA5);
	CHECK(read_be16(&r) == 0x1234);
	CHECK(read_be24(&r) == 0x56789A);
	CHECK(read_be32(&r) == 0xDEADBEEF);
	CHECK(read_be64(&r) == 0x0123456789ABCDEF);
	CHECK(reader_at_end(&r));
}

static void
hex__refuses_half_bytes_other_characters_and_too_much(void)
{
	uint8_t out[2];
	size_t len;

	CHECK_RC(hex_decode("01", out, sizeof out, &len), RC_OK);
	CHECK_RC(hex_decode("0", out, sizeof out, &len), RC_FORMAT);
	CHECK_RC(hex_decode("0G", out, sizeof out, &len), RC_FORMAT);
	CHECK_RC(hex_decode("010203", out, sizeof out, &len), RC_SPACE);
	CHECK_RC(hex_decode("01:0a", out, sizeof out, &len), RC_OK);
	CHECK(len == 2 && out[1] == 10);
}

static void
time__text_and_seconds_agree_over_leap_years(void)
{
	static const struct {
		const char *text;
		uint32_t t;
	} rows[] = {
		{ "2000-01-01T00:00:01Z", 1 },
		{ "2000-03-01T00:00:00Z", 60 * 86400 },
		{ "2026-11-22T20:15:00Z", 1795378500U - TIME2000_UNIX },
		{ "2100-03-01T00:00:00Z", 4107542400U - TIME2000_UNIX },
	};
	char text[TIME2000_TEXT_SIZE];
	uint32_t t;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].text);
		CHECK_RC(time2000_parse(rows[i].text, &t), RC_OK);
		CHECK(t == rows[i].t);
		time2000_format(rows[i].t, text);
		CHECK(strcmp(text, rows[i].text) == 0);
	}
	CHECK_RC(time2000_parse("never", &t), RC_OK);
	CHECK(t == TIME2000_NO_END);
	CHECK_RC(time2000_parse("2026-02-29", &t), RC_FORMAT);
	CHECK_RC(time2000_parse("2026-11-22T24:00Z", &t), RC_FORMAT);
	CHECK_RC(time2000_parse("nevermore", &t), RC_FORMAT);
	CHECK_RC(time2000_parse("", &t), RC_FORMAT);
}

static void
crc32__matches_the_published_check_value(void)
{
	/* CRC-32/MPEG-2 check value of "123456789", catalogue of parametrised CRC algorithms. */
	CHECK(crc32_mpeg(CRC32_START, (const uint8_t *)"123456789", 9) == 0x0376E6E7);
}

static void
mem__equality_in_constant_time_is_equality(void)
{
	uint8_t a[3] = { 1, 2, 3 }, b[3] = { 1, 2, 3 };

	CHECK(mem_equal_ct(a, b, sizeof a) == 1);
	b[2] = 0x83;
	CHECK(mem_equal_ct(a, b, sizeof a) == 0);
	mem_wipe(a, sizeof a);
	CHECK(a[0] == 0 && a[1] == 0 && a[2] == 0);
}

static void
tables__every_result_and_status_word_has_text(void)
{
	CHECK(rc_exit_status(RC_TIMEOUT) == 8);
	CHECK(rc_exit_status(RC_AUTH) == 7);
	CHECK(strcmp(rc_name(RC_NOT_FOUND), "RC_NOT_FOUND") == 0);
	CHECK(strlen(rc_text((enum rc)999)) > 0);
	CHECK(status_word_rc(SW_OK) == RC_OK);
	CHECK(status_word_rc(0x63C2) == RC_AUTH);
	CHECK(status_word_rc(0x1234) == RC_FAIL);
	CHECK(strcmp(status_word_text(SW_INS), "instruction not known") == 0);
}

static void
card_number__text_and_leaf_agree_and_the_check_digit_is_checked(void)
{
	static const struct {
		uint16_t operator_id;
		uint32_t leaf;
		const char *text;
	} rows[] = {
		{ 1, 1, "00001-00000001-6" },
		{ 0x1234, 0xABCDEF, "04660-11259375-8" },
		{ 65535, 0xFFFFFF, "65535-16777215-8" },
	};
	char text[CARD_NUMBER_SIZE];
	uint32_t leaf = 0;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		card_number_format(rows[i].operator_id, rows[i].leaf, text);
		CHECK(strcmp(text, rows[i].text) == 0);
		CHECK_RC(card_number_parse(text, rows[i].operator_id, &leaf), RC_OK);
		CHECK(leaf == rows[i].leaf);
		CHECK_RC(card_number_parse(text, 7, &leaf), RC_CONFLICT);
		text[15] = text[15] == '0' ? '1' : '0';
		CHECK_RC(card_number_parse(text, rows[i].operator_id, &leaf), RC_INTEGRITY);
	}
	CHECK_RC(card_number_parse("00001000000016", 1, &leaf), RC_OK);
	CHECK_RC(card_number_parse("12", 1, &leaf), RC_OK);
	CHECK(leaf == 12);
	CHECK_RC(card_number_parse("16777216", 1, &leaf), RC_FORMAT);
	CHECK_RC(card_number_parse("123456789", 1, &leaf), RC_FORMAT);
	CHECK_RC(card_number_parse("000010000000161", 1, &leaf), RC_FORMAT);
	CHECK_RC(card_number_parse("1x", 1, &leaf), RC_FORMAT);
	CHECK_RC(card_number_parse("", 1, &leaf), RC_FORMAT);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(bytes__reading_past_the_end_is_sticky_and_yields_zero),
		TEST(bytes__a_length_near_the_largest_size_does_not_wrap),
		TEST(bytes__what_is_written_is_read_back),
		TEST(hex__refuses_half_bytes_other_characters_and_too_much),
		TEST(time__text_and_seconds_agree_over_leap_years),
		TEST(crc32__matches_the_published_check_value),
		TEST(mem__equality_in_constant_time_is_equality),
		TEST(card_number__text_and_leaf_agree_and_the_check_digit_is_checked),
		TEST(tables__every_result_and_status_word_has_text),
	};

	return test_run("base", cases, sizeof cases / sizeof cases[0]);
}
