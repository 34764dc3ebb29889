// SPDX-License-Identifier: GPL-3.0-or-later
/* The session against a card that plays a table. */
#include "base/bytes.h"
#include "base/hex.h"
#include "base/status_word.h"
#include "ca/session.h"
#include "ca/words.h"
#include "scripted_card.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define SELECT_CA "00A4040009F0544553534552410100"
#define INFO "80CA010000"
/* version 1, operator 1234, leaf 00000ABC, laboratory, secured, keys 01 01, 300, 300, 64, 4, tries
 * 3, in use 1, 2, 0 */
#define INFO_ANSWER \
	"01"        \
	"1234"      \
	"00000ABC"  \
	"01"        \
	"01"        \
	"01"        \
	"01"        \
	"012C"      \
	"012C"      \
	"0040"      \
	"04"        \
	"03"        \
	"0001"      \
	"0002"      \
	"0000"

static struct ca_session *
open_session(struct scripted_card *card, const struct scripted_line *lines, size_t count,
	     enum rc want)
{
	struct apdu_link link = scripted_card_link(card);
	struct ca_session *s = NULL;
	char why[CA_WHY];

	scripted_card_init(card, lines, count);
	CHECK_RC(ca_session_open(&link, &s, why), want);
	CHECK((s != NULL) == (want == RC_OK));
	CHECK((why[0] != '\0') == (want != RC_OK));
	return s;
}

#define LINES(lines) (lines), sizeof(lines) / sizeof(lines)[0]
#define OPENING                                 \
	{ SELECT_CA, "9000", false },           \
	{                                       \
		INFO, INFO_ANSWER "9000", false \
	}

static void
ca_session__opening_selects_and_reads_info(void)
{
	static const struct scripted_line lines[] = { OPENING };
	struct scripted_card card;
	struct ca_session *s = open_session(&card, LINES(lines), RC_OK);

	if (!s)
		return;
	CHECK(card.resets == 1);
	CHECK(ca_session_info(s)->operator_id == 0x1234);
	CHECK(ca_session_info(s)->leaf == 0xABC);
	CHECK(ca_session_info(s)->max_records == 300);
	ca_session_close(&s);
	CHECK(s == NULL);
}

static void
ca_session__a_card_that_cannot_serve_is_told_apart(void)
{
	static const struct scripted_line absent[] = { { "00A404", "6A82", false } };
	static const struct scripted_line blank[] = { { "00A404", "9000", false },
						      { INFO,
							"01"
							"0000"
							"00000000"
							"01"
							"00"
							"00"
							"00"
							"012C"
							"012C"
							"0040"
							"04"
							"03"
							"0000"
							"0000"
							"0000"
							"9000",
							false } };
	static const struct scripted_line dead[] = { { "00A404", NULL, false } };
	static const struct scripted_line other[] = { { "00A404", "9000", false },
						      { INFO, "FFFF9000", false } };
	static const struct scripted_line cut[] = { { "00A404", "9000", false },
						    { INFO, "01129000", false } };
	struct scripted_card card;

	(void)open_session(&card, LINES(absent), RC_NOT_FOUND);
	(void)open_session(&card, LINES(blank), RC_STATE);
	(void)open_session(&card, LINES(dead), RC_READER);
	(void)open_session(&card, LINES(other), RC_VERSION);
	(void)open_session(&card, LINES(cut), RC_TRUNCATED);
}

/* Hex of an answer and 9000. */
static void
answer_hex(const struct ca_answer *a, char *text)
{
	uint8_t bytes[CA_ANSWER_MAX + 2];
	size_t len = 0;

	CHECK_RC(ca_answer_encode(a, bytes, CA_ANSWER_MAX, &len), RC_OK);
	put_be16(bytes + len, SW_OK);
	hex_encode(bytes, len + 2, text);
}

static struct ca_answer
open_answer(void)
{
	struct ca_answer a = { .outcome = OUTCOME_OPEN,
			       .cw_size = 8,
			       .opened_by = OPENED_BY_SUBSCRIPTION };

	memset(a.cw_even, 0x11, 8);
	memset(a.cw_odd, 0x22, 8);
	a.opened_id = 7;
	a.right_end = 99;
	return a;
}

static void
ca_ecm__answer_carries_the_control_words(void)
{
	char answer[2 * CA_ANSWER_MAX + 8];
	struct scripted_line lines[] = { OPENING, { "8010000003800011", answer, false } };
	const uint8_t section[] = { 0x80, 0x00, 0x11 };
	struct ca_answer want = open_answer(), got = { 0 };
	struct scripted_card card;
	struct ca_session *s;

	answer_hex(&want, answer);
	s = open_session(&card, LINES(lines), RC_OK);
	if (!s)
		return;
	CHECK_RC(ca_ecm(s, section, sizeof section, &got), RC_OK);
	CHECK(got.outcome == OUTCOME_OPEN && got.cw_size == 8 && got.opened_id == 7);
	CHECK_BYTES(got.cw_even, want.cw_even, 8);
	CHECK_BYTES(got.cw_odd, want.cw_odd, 8);
	ca_session_close(&s);
}

static void
ca_ecm__a_reader_that_fails_once_is_asked_again_after_a_reset(void)
{
	char answer[2 * CA_ANSWER_MAX + 8];
	struct scripted_line lines[] = { OPENING,
					 { "8010", NULL, true },
					 { "8010", answer, false } };
	const uint8_t section[] = { 0x80, 0x00, 0x11 };
	struct ca_answer want = open_answer(), got = { 0 };
	struct scripted_card card;
	struct ca_session *s;

	answer_hex(&want, answer);
	s = open_session(&card, LINES(lines), RC_OK);
	if (!s)
		return;
	CHECK_RC(ca_ecm(s, section, sizeof section, &got), RC_OK);
	CHECK(card.resets == 2);
	CHECK(card.hits[0] == 2);
	ca_session_close(&s);
}

struct sw_row {
	const char *answer;
	enum rc ecm, emm;
};

static const struct sw_row sw_rows[] = {
	{ "6982", RC_AUTH, RC_AUTH },          { "6A80", RC_FORMAT, RC_FORMAT },
	{ "6985", RC_STATE, RC_STATE },        { "6581", RC_IO, RC_IO },
	{ "6F00", RC_FAIL, RC_FAIL },          { "6A84", RC_SPACE, RC_SPACE },
	{ "FF9000", RC_TRUNCATED, RC_FORMAT }, { "9000", RC_TRUNCATED, RC_FORMAT },
	{ NULL, RC_READER, RC_READER },        { "90", RC_READER, RC_READER },
};

static void
ca_session__status_words_and_strange_answers_become_results(void)
{
	for (size_t i = 0; i < sizeof sw_rows / sizeof sw_rows[0]; i++) {
		struct scripted_line lines[] = { OPENING,
						 { "8010", sw_rows[i].answer, false },
						 { "8012", sw_rows[i].answer, false } };
		const uint8_t section[] = { 0x80, 0x00, 0x11 };
		struct ca_answer got = { .outcome = OUTCOME_REGION };
		enum ca_emm_outcome outcome = CA_EMM_OLD;
		struct scripted_card card;
		struct ca_session *s = open_session(&card, LINES(lines), RC_OK);

		test_row(sw_rows[i].answer ? sw_rows[i].answer : "no answer");
		if (!s)
			return;
		CHECK_RC(ca_ecm(s, section, sizeof section, &got), sw_rows[i].ecm);
		CHECK(got.outcome == OUTCOME_REGION);
		CHECK_RC(ca_emm(s, section, sizeof section, &outcome), sw_rows[i].emm);
		CHECK(outcome == CA_EMM_OLD);
		ca_session_close(&s);
	}
	test_row("");
}

static const struct ca_purchase purchase = {
	.operator_id = 0x1234,
	.service_id = 5,
	.event_id = 77,
	.slot = 0,
	.unit = { 'E', 'U', 'R' },
	.price = 250,
	.pin_len = 4,
	.pin = { '1', '2', '0', '4' },
};

static void
ca_buy__wrong_pin_tells_the_tries_left_and_then_blocks(void)
{
	static const struct scripted_line lines[] = { OPENING,
						      { "8016", "63C2", true },
						      { "8016", "63C1", true },
						      { "8016", "63C0", true },
						      { "8016", "6983", false } };
	static const struct {
		enum ca_pin_result pin;
		uint8_t tries;
	} want[] = { { CA_PIN_WRONG, 2 },
		     { CA_PIN_WRONG, 1 },
		     { CA_PIN_BLOCKED, 0 },
		     { CA_PIN_BLOCKED, 0 } };
	struct scripted_card card;
	struct ca_session *s = open_session(&card, LINES(lines), RC_OK);

	if (!s)
		return;
	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
		struct ca_purchase_result result = { 0 };

		CHECK_RC(ca_buy(s, &purchase, &result), RC_OK);
		CHECK(result.pin == want[i].pin && result.tries_left == want[i].tries);
		CHECK(result.answer.cw_size == 0);
	}
	ca_session_close(&s);
}

static void
ca_buy__a_purchase_is_never_sent_twice(void)
{
	static const struct scripted_line lines[] = { OPENING, { "8016", NULL, false } };
	struct scripted_card card;
	struct ca_session *s = open_session(&card, LINES(lines), RC_OK);
	struct ca_purchase_result result = { 0 };

	if (!s)
		return;
	CHECK_RC(ca_buy(s, &purchase, &result), RC_READER);
	CHECK(scripted_card_count(&card, CA_INS_PURCHASE) == 1);
	CHECK(card.resets == 1);
	ca_session_close(&s);
}

static void
ca_buy__names_what_the_viewer_saw(void)
{
	char answer[2 * CA_ANSWER_MAX + 8];
	struct scripted_line lines[] = { OPENING, { "8016", answer, false } };
	struct ca_answer want = open_answer();
	struct ca_purchase_result result = { 0 };
	struct ca_purchase sent;
	struct scripted_card card;
	struct ca_session *s;

	want.opened_by = OPENED_BY_EVENT;
	want.has_balance = want.has_receipt = true;
	memcpy(want.unit, "EUR", 3);
	want.balance = want.receipt.balance_after = 750;
	want.receipt.record = 3;
	want.receipt.price = 250;
	answer_hex(&want, answer);
	s = open_session(&card, LINES(lines), RC_OK);
	if (!s)
		return;
	CHECK_RC(ca_buy(s, &purchase, &result), RC_OK);
	CHECK(result.pin == CA_PIN_OK && result.answer.has_receipt);
	CHECK(result.answer.receipt.record == 3 && result.answer.receipt.balance_after == 750);
	CHECK_RC(ca_purchase_decode(card.last + 5, card.last[4], &sent), RC_OK);
	CHECK(sent.event_id == 77 && sent.price == 250 && sent.service_id == 5 &&
	      sent.pin_len == 4);
	ca_session_close(&s);
}

static void
ca_pin__is_checked_before_it_goes_to_the_card(void)
{
	static const struct scripted_line lines[] = { OPENING,
						      { "00200081041234", "9000", false },
						      { "0020008104", "63C1", false },
						      { "002400810904"
							"31323334"
							"35373931",
							"9000", false },
						      { "0024", "6A80", false } };
	struct scripted_card card;
	struct ca_session *s = open_session(&card, LINES(lines), RC_OK);
	enum ca_pin_result result = CA_PIN_OK;
	uint8_t tries = 9;

	if (!s)
		return;
	CHECK(!ca_pin_is_possible("123") && !ca_pin_is_possible("123456789") &&
	      !ca_pin_is_possible("12a4"));
	CHECK_RC(ca_pin_verify(s, "12", &result, &tries), RC_USAGE);
	CHECK_RC(ca_pin_change(s, "1234", "x", &result, &tries), RC_USAGE);
	CHECK(card.transmits == 2);
	CHECK_RC(ca_pin_verify(s, "1234", &result, &tries), RC_OK);
	CHECK(result == CA_PIN_WRONG && tries == 1);
	CHECK_RC(ca_pin_change(s, "1234", "5791", &result, &tries), RC_OK);
	CHECK(result == CA_PIN_OK);
	CHECK_RC(ca_pin_change(s, "1234", "1111", &result, &tries), RC_OK);
	CHECK(result == CA_PIN_UNFIT);
	ca_session_close(&s);
}

/* Answers GET DATA of entitlements: n items over pages. */
struct many {
	unsigned int n;
};

static bool
many_answer(void *ctx, const uint8_t *cmd, size_t len, uint8_t *rsp, size_t *rsp_len)
{
	const struct many *m = ctx;
	size_t at = 0;

	if (len < 5 || cmd[1] != CA_INS_GET_DATA || cmd[2] != CA_DATA_ENTITLEMENTS)
		return false;
	for (unsigned int i = 0; i < CA_ITEMS_PER_PAGE; i++) {
		struct ca_entitlement e = { .product =
						    (uint16_t)(cmd[3] * CA_ITEMS_PER_PAGE + i + 1),
					    .end = 5 };

		if (e.product <= m->n)
			CHECK_RC(ca_entitlement_encode(&e, rsp, 256, &at), RC_OK);
	}
	put_be16(rsp + at, SW_OK);
	*rsp_len = at + 2;
	return true;
}

static void
ca_lists__pages_are_joined_whatever_their_number(void)
{
	static const unsigned int counts[] = { 0, 1, 3, 4, 5, 8, 300 };
	static const struct scripted_line lines[] = { OPENING };

	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		struct many m = { counts[i] };
		struct scripted_card card;
		struct ca_session *s = open_session(&card, LINES(lines), RC_OK);
		struct ca_entitlement *items = NULL;
		size_t count = 99;

		if (!s)
			return;
		card.answer = many_answer;
		card.answer_ctx = &m;
		CHECK_RC(ca_entitlements(s, &items, &count), RC_OK);
		CHECK(count == counts[i]);
		CHECK((items != NULL) == (count > 0));
		for (size_t k = 0; k < count; k++)
			CHECK(items[k].product == k + 1);
		free(items);
		ca_session_close(&s);
	}
}

static void
ca_lists__a_page_that_ends_inside_an_item_is_refused(void)
{
	static const struct scripted_line lines[] = { OPENING, { "80CA0200", "00019000", false } };
	struct scripted_card card;
	struct ca_session *s = open_session(&card, LINES(lines), RC_OK);
	struct ca_entitlement *items = NULL;
	size_t count = 0;

	if (!s)
		return;
	CHECK_RC(ca_entitlements(s, &items, &count), RC_TRUNCATED);
	CHECK(items == NULL);
	ca_session_close(&s);
}

static enum rc
count_batch(void *ctx, const uint8_t *batch, size_t len)
{
	unsigned int *n = ctx;

	CHECK(len >= REPORT_HEADER && batch[0] == 'T');
	(*n)++;
	return RC_OK;
}

#define BATCH(flags, count, first) \
	"545201" flags "1234"      \
	"00000ABC"                 \
	"01" count first "00000000000000000000000000000000"
#define BODY0                                                                                      \
	"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B" \
	"2C2D2E2F303132333435363738393A3B3C3D3E3F404142434445464748494A4B4C4D4E4F5051525354555657" \
	"58595A5B5C5D5E5F"
#define BODY48                                                                                     \
	"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B" \
	"2C2D2E2F"

static void
ca_report__batches_are_fetched_until_the_last(void)
{
	static const struct scripted_line lines[] = {
		OPENING,
		{ "801A00000400000000", BATCH("00", "02", "00000005") BODY0 BODY48 BODY48 "9000",
		  false },
		{ "801A00000400000007", BATCH("01", "01", "00000007") BODY0 BODY48 "9000", false }
	};
	struct scripted_card card;
	struct ca_session *s = open_session(&card, LINES(lines), RC_OK);
	unsigned int batches = 0;
	size_t records = 0;

	if (!s)
		return;
	CHECK_RC(ca_report(s, count_batch, &batches, &records), RC_OK);
	CHECK(batches == 2 && records == 3);
	ca_session_close(&s);
}

static void
ca_report__a_card_that_goes_in_circles_is_stopped(void)
{
	static const struct scripted_line lines[] = {
		OPENING, { "801A", BATCH("00", "02", "00000005") BODY0 BODY48 BODY48 "9000", false }
	};
	struct scripted_card card;
	struct ca_session *s = open_session(&card, LINES(lines), RC_OK);
	unsigned int batches = 0;
	size_t records = 77;

	if (!s)
		return;
	CHECK_RC(ca_report(s, count_batch, &batches, &records), RC_FORMAT);
	CHECK(records == 77 && batches == 1);
	ca_session_close(&s);
}

static void
ca_words__every_outcome_has_its_own(void)
{
#define OUTCOME_VALUE(name, value, text) name,
	static const enum ca_outcome all[] = { CA_OUTCOME_TABLE(OUTCOME_VALUE) };
	size_t n = sizeof all / sizeof all[0];

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			CHECK(strcmp(ca_outcome_words(all[i]), ca_outcome_words(all[k])) != 0);
	}
	CHECK(strcmp(ca_profile_words(PROFILE_LABORATORY), "laboratory") == 0);
}

int
main(void)
{
	const struct test_case cases[] = {
		TEST(ca_session__opening_selects_and_reads_info),
		TEST(ca_session__a_card_that_cannot_serve_is_told_apart),
		TEST(ca_ecm__answer_carries_the_control_words),
		TEST(ca_ecm__a_reader_that_fails_once_is_asked_again_after_a_reset),
		TEST(ca_session__status_words_and_strange_answers_become_results),
		TEST(ca_buy__wrong_pin_tells_the_tries_left_and_then_blocks),
		TEST(ca_buy__a_purchase_is_never_sent_twice),
		TEST(ca_buy__names_what_the_viewer_saw),
		TEST(ca_pin__is_checked_before_it_goes_to_the_card),
		TEST(ca_lists__pages_are_joined_whatever_their_number),
		TEST(ca_lists__a_page_that_ends_inside_an_item_is_refused),
		TEST(ca_report__batches_are_fetched_until_the_last),
		TEST(ca_report__a_card_that_goes_in_circles_is_stopped),
		TEST(ca_words__every_outcome_has_its_own),
	};

	return test_run("ca_session", cases, sizeof cases / sizeof cases[0]);
}
