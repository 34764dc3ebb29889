// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/wire card commands: answers, purchase and the items of GET DATA. */
#include "base/bytes.h"
#include "base/mem.h"
#include "test.h"
#include "wire/ca_apdu.h"
#include "wire/record.h"

#include <stdlib.h>

#define WORD8 "1011121314151617"
#define WORD16 "101112131415161718191A1B1C1D1E1F"
#define OPENED "040A 02 00000007 00001000 01"
#define BALANCE "050D 00 455552 02 FFFFFFFFFFFFFF9C"
#define RECEIPT "0618 00000005 0000015E 000000000000028A 0102030405060708"
#define SESSION "070F 00000003 0000001E 000001F4 0002 01"
#define PREVIEW "0805 0078 FFFF 01"

static const struct answer_row {
	const char *name, *hex;
	enum rc want;
	const char *canonical; /* what encoding again gives; NULL: the same */
} answer_rows[] = {
	{ "outcome only", "0101 01", RC_OK, NULL },
	{ "last outcome", "0101 1A", RC_OK, NULL },
	{ "outcome of the future", "0101 1B", RC_FORMAT, NULL },
	{ "words of 8 bytes", "0101 00 0208" WORD8 "0308" WORD8, RC_OK, NULL },
	{ "words of 16 bytes", "0101 00 0210" WORD16 "0310" WORD16, RC_OK, NULL },
	{ "words of two sizes", "0101 00 0210" WORD16 "0308" WORD8, RC_FORMAT, NULL },
	{ "one word only", "0101 00 0208" WORD8, RC_TRUNCATED, NULL },
	{ "odd word only", "0101 00 0308" WORD8, RC_FORMAT, NULL },
	{ "one word, then another tag", "0101 00 0208" WORD8 OPENED, RC_FORMAT, NULL },
	{ "word of 7 bytes", "0101 00 0207 10111213141516 0307 10111213141516", RC_FORMAT, NULL },
	{ "opened by a subscription", "0101 00" OPENED, RC_OK, NULL },
	{ "opened by nothing", "0101 00 040A 00 00000007 00001000 01", RC_FORMAT, NULL },
	{ "opened by a slice", "0101 00 040A 04 00000007 00001000 00", RC_OK, NULL },
	{ "opened by something new", "0101 00 040A 06 00000007 00001000 01", RC_FORMAT, NULL },
	{ "may record: 2", "0101 00 040A 01 00000007 00001000 02", RC_FORMAT, NULL },
	{ "balance below zero", "0101 04" BALANCE, RC_OK, NULL },
	{ "balance of slot 16", "0101 04 050D 10 455552 02 0000000000000001", RC_FORMAT, NULL },
	{ "receipt", "0101 00" RECEIPT, RC_OK, NULL },
	{ "session", "0101 00" SESSION, RC_OK, NULL },
	{ "session that charged twice", "0101 00 070F 00000003 0000001E 000001F4 0002 02",
	  RC_FORMAT, NULL },
	{ "preview left", "0101 00" PREVIEW, RC_OK, NULL },
	{ "preview left, a byte more", "0101 00 0806 0078 FFFF 01 00", RC_FORMAT, NULL },
	{ "everything", "0101 00 0210" WORD16 "0310" WORD16 OPENED BALANCE RECEIPT SESSION PREVIEW,
	  RC_OK, NULL },
	{ "unknown optional tag, skipped", "0101 01 1002 AABB", RC_OK, "0101 01" },
	{ "unknown critical tag", "0101 01 9000", RC_REFUSED, NULL },
	{ "no outcome", BALANCE, RC_FORMAT, NULL },
	{ "outcome twice", "0101 01 0101 01", RC_FORMAT, NULL },
	{ "order reversed", "0101 00" BALANCE OPENED, RC_FORMAT, NULL },
	{ "collection asked for", "0101 00 0E01 01", RC_OK, NULL },
	{ "collection: purchases suspended", "0101 1A 0E01 02", RC_OK, NULL },
	{ "collection not asked for", "0101 00 0E01 00", RC_FORMAT, NULL },
	{ "collection of a new kind", "0101 00 0E01 03", RC_FORMAT, NULL },
	{ "nothing", "", RC_TRUNCATED, NULL },
	{ "tag without length", "0101 01 05", RC_TRUNCATED, NULL },
	{ "receipt too short", "0101 01 0601 00", RC_FORMAT, NULL },
};

/* In a block of exactly len bytes, so that a sanitizer sees a read past the end. */
static enum rc
decode_exact(const uint8_t *in, size_t len, struct ca_answer *a)
{
	uint8_t *copy = malloc(len ? len : 1);
	enum rc rc;

	memcpy(copy, in, len);
	rc = ca_answer_decode(copy, len, a);
	free(copy);
	return rc;
}

static void
ca_answer__each_part_is_read_by_its_rules_and_written_back_the_same(void)
{
	uint8_t in[160], want[160], again[CA_ANSWER_MAX];
	struct ca_answer a;

	for (size_t i = 0; i < sizeof answer_rows / sizeof answer_rows[0]; i++) {
		const struct answer_row *row = &answer_rows[i];
		size_t len = test_hex(row->hex, in, sizeof in), again_len = 0, want_len;

		test_row(row->name);
		CHECK_RC(decode_exact(in, len, &a), row->want);
		if (row->want != RC_OK)
			continue;
		want_len = test_hex(row->canonical ? row->canonical : row->hex, want, sizeof want);
		CHECK_RC(ca_answer_encode(&a, again, sizeof again, &again_len), RC_OK);
		CHECK(again_len == want_len);
		CHECK_BYTES(again, want, want_len);
		for (size_t cap = 0; cap < want_len; cap++)
			CHECK_RC(ca_answer_encode(&a, again, cap, &again_len), RC_SPACE);
	}
}

static void
ca_answer__fields_come_back_as_they_were(void)
{
	uint8_t in[160];
	size_t len =
		test_hex("0101 00 0210" WORD16 "0310" WORD16 OPENED BALANCE RECEIPT SESSION PREVIEW,
			 in, sizeof in);
	struct ca_answer a;

	CHECK(len <= CA_ANSWER_MAX);
	CHECK_RC(ca_answer_decode(in, len, &a), RC_OK);
	CHECK(a.outcome == OUTCOME_OPEN && a.cw_size == 16 && a.cw_odd[15] == 0x1F);
	CHECK(a.opened_by == OPENED_BY_SUBSCRIPTION && a.opened_id == 7 && a.right_end == 0x1000 &&
	      a.may_record);
	CHECK(a.has_balance && a.decimals == 2 && a.balance == -100);
	CHECK(a.has_receipt && a.receipt.record == 5 && a.receipt.price == 350 &&
	      a.receipt.balance_after == 650 && a.receipt.tac[7] == 8);
	CHECK(a.has_session && a.session.record == 3 && a.session.spent == 30 &&
	      a.session.ceiling == 500 && a.session.slices == 2 && a.session.charged);
	CHECK(a.has_preview && a.preview.seconds == 120 && a.preview.periods == PREVIEW_NO_LIMIT &&
	      a.preview.starts == 1);
}

static void
ca_answer__every_truncation_is_refused_or_a_shorter_answer(void)
{
	uint8_t in[160];
	size_t len =
		test_hex("0101 00 0208" WORD8 "0308" WORD8 OPENED BALANCE RECEIPT, in, sizeof in);
	static const size_t whole[] = { 3, 23, 35, 50 };
	const struct ca_answer zero = { 0 };
	struct ca_answer a;

	for (size_t n = 0; n < len; n++) {
		bool complete = false;

		for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
			complete = complete || n == whole[i];
		CHECK_RC(decode_exact(in, n, &a), complete ? RC_OK : RC_TRUNCATED);
		if (!complete)
			CHECK(memcmp(&a, &zero, sizeof a) == 0);
	}
}

static void
ca_answer__what_no_answer_can_carry_is_not_written(void)
{
	struct ca_answer size = { .cw_size = 9 }, opened = { .opened_by = 6 },
			 slot = { .slot = 16 };
	struct ca_answer outcome = { .outcome = (enum ca_outcome)27 };
	uint8_t out[CA_ANSWER_MAX];
	size_t len;

	CHECK_RC(ca_answer_encode(&size, out, sizeof out, &len), RC_RANGE);
	CHECK_RC(ca_answer_encode(&opened, out, sizeof out, &len), RC_RANGE);
	CHECK_RC(ca_answer_encode(&slot, out, sizeof out, &len), RC_RANGE);
	CHECK_RC(ca_answer_encode(&outcome, out, sizeof out, &len), RC_RANGE);
}

static void
ca_outcome__each_has_words_of_its_own(void)
{
	for (int i = OUTCOME_OPEN; i <= CA_OUTCOME_LAST; i++) {
		CHECK(ca_outcome_text((enum ca_outcome)i)[0] != '\0');
		for (int j = OUTCOME_OPEN; j < i; j++)
			CHECK(strcmp(ca_outcome_text((enum ca_outcome)i),
				     ca_outcome_text((enum ca_outcome)j)) != 0);
	}
	CHECK(strcmp(ca_outcome_text((enum ca_outcome)99), "unknown outcome") == 0);
}

static const struct {
	const char *name, *hex;
	enum rc want;
} purchase_rows[] = {
	{ "PIN of 4", "0001 0002 00000003 00 455552 0000015E 01 04 31323334", RC_OK },
	{ "PIN of 8", "0001 0002 00000003 0F 455552 0000015E 00 08 3132333435363738", RC_OK },
	{ "PIN of 3", "0001 0002 00000003 00 455552 0000015E 00 03 313233", RC_FORMAT },
	{ "PIN of 9", "0001 0002 00000003 00 455552 0000015E 00 09 313233343536373839", RC_FORMAT },
	{ "PIN of 255", "0001 0002 00000003 00 455552 0000015E 00 FF 31323334", RC_FORMAT },
	{ "a letter", "0001 0002 00000003 00 455552 0000015E 00 04 31323341", RC_FORMAT },
	{ "a byte more", "0001 0002 00000003 00 455552 0000015E 00 04 31323334 00", RC_FORMAT },
	{ "slot 16", "0001 0002 00000003 10 455552 0000015E 00 04 31323334", RC_FORMAT },
	{ "pay per time", "0001 0002 00000003 00 455552 0000015E 02 012C 000001F4 04 31323334",
	  RC_OK },
	{ "pay per time without terms", "0001 0002 00000003 00 455552 0000015E 02 04 31323334",
	  RC_TRUNCATED },
	{ "slices to record", "0001 0002 00000003 00 455552 0000015E 03 04 31323334", RC_FORMAT },
	{ "unknown flag", "0001 0002 00000003 00 455552 0000015E 04 04 31323334", RC_FORMAT },
};

static void
ca_purchase__is_read_by_its_rules_and_written_back_the_same(void)
{
	uint8_t in[64], again[CA_PURCHASE_MAX];
	struct ca_purchase p;

	for (size_t i = 0; i < sizeof purchase_rows / sizeof purchase_rows[0]; i++) {
		size_t len = test_hex(purchase_rows[i].hex, in, sizeof in), n = 0;

		test_row(purchase_rows[i].name);
		CHECK_RC(ca_purchase_decode(in, len, &p), purchase_rows[i].want);
		if (purchase_rows[i].want != RC_OK)
			continue;
		CHECK(p.operator_id == 1 && p.service_id == 2 && p.event_id == 3 && p.price == 350);
		CHECK_RC(ca_purchase_encode(&p, again, sizeof again, &n), RC_OK);
		CHECK(n == len);
		CHECK_BYTES(again, in, len);
		CHECK_RC(ca_purchase_encode(&p, again, len - 1, &n), RC_SPACE);
		for (size_t cut = 0; cut < len; cut++)
			CHECK_RC(ca_purchase_decode(in, cut, &p), RC_TRUNCATED);
		CHECK_RC(ca_purchase_decode(in, len, &p), RC_OK);
		p.pin[0] = 'x';
		CHECK_RC(ca_purchase_encode(&p, again, sizeof again, &n), RC_RANGE);
		p.pin_len = 3;
		CHECK_RC(ca_purchase_encode(&p, again, sizeof again, &n), RC_RANGE);
	}
}

static void
ca_info__comes_back_as_it_was(void)
{
	static const char *hex = "01 1234 00ABCDEF 01 01 02 03 012C 012C 0040 04 03 0001 0002 0005";
	uint8_t in[64], again[64];
	size_t len = test_hex(hex, in, sizeof in), n = 0;
	struct ca_info i, bad;

	CHECK(len == 25);
	CHECK_RC(ca_info_decode(in, len, &i), RC_OK);
	CHECK(i.operator_id == 0x1234 && i.leaf == 0xABCDEF && i.profile == PROFILE_LABORATORY &&
	      i.secured && i.key_version == 2 && i.signing_version == 3);
	CHECK(i.max_entitlements == 300 && i.max_records == 300 && i.max_events == 64 &&
	      i.max_slots == 4 && i.pin_tries == 3 && i.entitlements == 1 && i.records == 2 &&
	      i.events == 5);
	CHECK_RC(ca_info_encode(&i, again, sizeof again, &n), RC_OK);
	CHECK(n == len);
	CHECK_BYTES(again, in, len);
	CHECK_RC(ca_info_encode(&i, again, len - 1, &n), RC_SPACE);
	for (size_t cut = 0; cut < len; cut++)
		CHECK_RC(ca_info_decode(in, cut, &bad), RC_TRUNCATED);
	CHECK_RC(ca_info_decode(in, len + 1, &bad), RC_FORMAT);
	in[8] = 2; /* secured */
	CHECK_RC(ca_info_decode(in, len, &bad), RC_FORMAT);
	in[0] = 2;
	CHECK_RC(ca_info_decode(in, len, &bad), RC_VERSION);
	i.leaf = 0x1000000;
	CHECK_RC(ca_info_encode(&i, again, sizeof again, &n), RC_RANGE);
}

static void
ca_status__comes_back_as_it_was(void)
{
	static const char *hex = "00000001 00000002 00000003 00000004 00000005 02 00 0001 07 0002";
	uint8_t in[64], again[64];
	size_t len = test_hex(hex, in, sizeof in), n = 0;
	struct ca_status s, bad;

	CHECK_RC(ca_status_decode(in, len, &s), RC_OK);
	CHECK(s.clock == 1 && s.signed_time == 2 && s.emm_sequence == 3 && s.record_head == 4 &&
	      s.record_acked == 5 && s.key_count == 2);
	CHECK(s.keys[1].group == 7 && s.keys[1].epoch == 2);
	CHECK_RC(ca_status_encode(&s, again, sizeof again, &n), RC_OK);
	CHECK(n == len);
	CHECK_BYTES(again, in, len);
	CHECK_RC(ca_status_encode(&s, again, len - 1, &n), RC_SPACE);
	for (size_t cut = 0; cut < len; cut++)
		CHECK_RC(ca_status_decode(in, cut, &bad), RC_TRUNCATED);
	CHECK_RC(ca_status_decode(in, len + 1, &bad), RC_FORMAT);
	in[20] = CA_STATUS_KEYS_MAX + 1;
	CHECK_RC(ca_status_decode(in, sizeof in, &bad), RC_FORMAT);
	s.key_count = CA_STATUS_KEYS_MAX + 1;
	CHECK_RC(ca_status_encode(&s, again, sizeof again, &n), RC_RANGE);
}

static void
ca_lists__items_are_read_one_after_the_other(void)
{
	struct ca_entitlement e1 = { 1, 2, 3, 0 }, e2 = { 0xFFFE, 4, 0xFFFFFFFF, 1 }, e;
	struct ca_event_right r1 = { 1, 2, 1, 0, 0 }, r2 = { 0xFFFFFFFF, 4, 0, 9, 0 }, r;
	uint8_t out[64];
	const uint8_t *p = out;
	size_t len = 0;

	CHECK_RC(ca_entitlement_encode(&e1, out, sizeof out, &len), RC_OK);
	CHECK_RC(ca_entitlement_encode(&e2, out, 21, &len), RC_SPACE);
	CHECK(len == 11);
	CHECK_RC(ca_entitlement_encode(&e2, out, 22, &len), RC_OK);
	CHECK(len == 22);
	CHECK_RC(ca_entitlement_decode(&p, &len, &e), RC_OK);
	CHECK(e.product == 1 && e.start == 2 && e.end == 3 && e.flags == 0);
	CHECK_RC(ca_entitlement_decode(&p, &len, &e), RC_OK);
	CHECK(e.product == 0xFFFE && e.end == 0xFFFFFFFF && e.flags == 1);
	CHECK_RC(ca_entitlement_decode(&p, &len, &e), RC_NOT_FOUND);
	for (len = 1, p = out; len < 11; len++)
		CHECK_RC(ca_entitlement_decode(&p, &len, &e), RC_TRUNCATED);

	len = 0;
	p = out;
	CHECK_RC(ca_event_right_encode(&r1, out, sizeof out, &len), RC_OK);
	CHECK_RC(ca_event_right_encode(&r2, out, 25, &len), RC_SPACE);
	CHECK_RC(ca_event_right_encode(&r2, out, 26, &len), RC_OK);
	CHECK_RC(ca_event_right_decode(&p, &len, &r), RC_OK);
	CHECK(r.event_id == 1 && r.end == 2 && r.flags == 1 && r.record == 0);
	CHECK_RC(ca_event_right_decode(&p, &len, &r), RC_OK);
	CHECK(r.event_id == 0xFFFFFFFF && r.record == 9);
	CHECK_RC(ca_event_right_decode(&p, &len, &r), RC_NOT_FOUND);
	for (len = 1, p = out; len < 13; len++)
		CHECK_RC(ca_event_right_decode(&p, &len, &r), RC_TRUNCATED);
}

static void
ca_slot__the_balance_is_worked_out_from_the_totals(void)
{
	struct ca_slot s = { .slot = 15,
			     .unit = { 'E', 'U', 'R' },
			     .decimals = 2,
			     .credit_emm = 1000,
			     .credit_load = 200,
			     .credit_code = 30,
			     .refund = 4,
			     .spent = 1300,
			     .label_len = 16,
			     .label = "Viewer's purse !" };
	uint8_t out[256];
	const uint8_t *p = out;
	struct ca_slot got;
	size_t len = 0, one;

	CHECK_RC(ca_slot_encode(&s, out, sizeof out, &len), RC_OK);
	one = len;
	CHECK(one == 62);
	CHECK_RC(ca_slot_decode(&p, &len, &got), RC_OK);
	CHECK(got.slot == 15 && got.credit_emm == 1000 && got.credit_load == 200 &&
	      got.credit_code == 30 && got.refund == 4 && got.spent == 1300);
	CHECK(got.balance == -66 && got.label_len == 16);
	CHECK_BYTES(got.label, s.label, 16);
	CHECK_RC(ca_slot_decode(&p, &len, &got), RC_NOT_FOUND);
	for (len = 1, p = out; len < one; len++)
		CHECK_RC(ca_slot_decode(&p, &len, &got), RC_TRUNCATED);
	out[45] = 17;
	CHECK_RC(ca_slot_decode(&p, &len, &got), RC_FORMAT);
	out[45] = 16;
	out[0] = 16;
	CHECK_RC(ca_slot_decode(&p, &len, &got), RC_FORMAT);
	len = 0;
	s.label_len = 17;
	CHECK_RC(ca_slot_encode(&s, out, sizeof out, &len), RC_RANGE);
}

static void
ca_lists__a_full_page_of_the_largest_items_is_a_short_answer(void)
{
	struct ca_slot slot = { .label_len = 16 };
	struct ca_event_right right = { 0 };
	uint8_t page[256];
	size_t slots = 0, rights = 0;

	for (int i = 0; i < CA_ITEMS_PER_PAGE; i++) {
		CHECK_RC(ca_slot_encode(&slot, page, sizeof page, &slots), RC_OK);
		CHECK_RC(ca_event_right_encode(&right, page, sizeof page, &rights), RC_OK);
	}
	CHECK(CA_ITEMS_PER_PAGE * RECORD_SIZE <= sizeof page);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(ca_answer__each_part_is_read_by_its_rules_and_written_back_the_same),
		TEST(ca_answer__fields_come_back_as_they_were),
		TEST(ca_answer__every_truncation_is_refused_or_a_shorter_answer),
		TEST(ca_answer__what_no_answer_can_carry_is_not_written),
		TEST(ca_outcome__each_has_words_of_its_own),
		TEST(ca_purchase__is_read_by_its_rules_and_written_back_the_same),
		TEST(ca_info__comes_back_as_it_was),
		TEST(ca_status__comes_back_as_it_was),
		TEST(ca_lists__items_are_read_one_after_the_other),
		TEST(ca_slot__the_balance_is_worked_out_from_the_totals),
		TEST(ca_lists__a_full_page_of_the_largest_items_is_a_short_answer),
	};

	return test_run("wire answer", cases, sizeof cases / sizeof cases[0]);
}
