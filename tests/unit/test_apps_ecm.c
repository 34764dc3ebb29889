// SPDX-License-Identifier: GPL-3.0-or-later
/* ECMs on a personalised card: rights, clock rules, offers, keys. */
#include "card_fixture.h"
#include "test.h"

#include "base/status_word.h"

#include <string.h>

#define DAY 86400U

static struct card_fixture f;

static void
no_right__is_refused_without_control_words(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	struct ca_answer a;

	fix_copy(&f);
	CHECK(fix_ecm_send(&f, &ecm, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_NOT_ENTITLED);
	CHECK(a.cw_size == 0);
}

static void
subscription__is_judged_by_start_and_end(void)
{
	static const struct {
		const char *name;
		uint32_t start, end, time;
		enum ca_outcome want;
	} rows[] = {
		{ "open", FIX_T0 - DAY, FIX_T0 + DAY, FIX_T0, OUTCOME_OPEN },
		{ "first second", FIX_T0, FIX_T0 + DAY, FIX_T0, OUTCOME_OPEN },
		{ "second before", FIX_T0 + 1, FIX_T0 + DAY, FIX_T0, OUTCOME_NOT_YET },
		{ "last second", FIX_T0 - DAY, FIX_T0 + 1, FIX_T0, OUTCOME_OPEN },
		{ "end", FIX_T0 - DAY, FIX_T0, FIX_T0, OUTCOME_EXPIRED },
		{ "long over", 1, 2, FIX_T0, OUTCOME_EXPIRED },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ecm ecm = fix_ecm(rows[i].time);
		struct ca_answer a;

		test_row(rows[i].name);
		fix_copy(&f);
		fix_grant(&f, FIX_PRODUCT, rows[i].start, rows[i].end);
		CHECK(fix_ecm_send(&f, &ecm, &a) == SW_OK);
		CHECK(a.outcome == rows[i].want);
		CHECK((a.cw_size != 0) == (rows[i].want == OUTCOME_OPEN));
	}
	test_row("");
}

static void
subscription__answers_with_the_control_words_and_the_right(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	struct ca_answer a;

	fix_copy(&f);
	fix_grant(&f, FIX_PRODUCT, FIX_T0 - DAY, FIX_T0 + DAY);
	ecm.cw_size = 16;
	for (uint8_t i = 0; i < 16; i++) {
		ecm.cw_even[i] = i;
		ecm.cw_odd[i] = (uint8_t)(0xF0 | i);
	}
	CHECK(fix_ecm_send(&f, &ecm, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OPEN);
	CHECK(a.cw_size == 16);
	CHECK_BYTES(a.cw_even, ecm.cw_even, 16);
	CHECK_BYTES(a.cw_odd, ecm.cw_odd, 16);
	CHECK(a.opened_by == OPENED_BY_SUBSCRIPTION);
	CHECK(a.opened_id == FIX_PRODUCT);
	CHECK(a.right_end == FIX_T0 + DAY);
	CHECK(a.may_record);
	ecm.criteria.recording = 2;
	CHECK(fix_ecm_send(&f, &ecm, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OPEN);
	CHECK(!a.may_record);
}

static void
subscription__any_listed_product_opens(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);

	fix_copy(&f);
	fix_grant(&f, 99, FIX_T0 - DAY, FIX_T0 + DAY);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_NOT_ENTITLED);
	ecm.criteria.product_count = 3;
	ecm.criteria.products[1] = 98;
	ecm.criteria.products[2] = 99;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OPEN);
	/* one is over, the other has not begun: the one to come counts */
	fix_grant(&f, 99, FIX_T0 + 1, FIX_T0 + DAY);
	fix_grant(&f, 98, FIX_T0 - DAY, FIX_T0 - 1);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_NOT_YET);
}

static void
free_service__opens_for_every_card_with_the_key(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	struct ca_answer a;

	fix_copy(&f);
	ecm.criteria.product_count = 0;
	ecm.criteria.free = true;
	CHECK(fix_ecm_send(&f, &ecm, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OPEN);
	CHECK(a.opened_by == OPENED_BY_FREE);
	CHECK(a.cw_size == 8);
}

static void
key__of_another_epoch_group_or_operator_is_missing(void)
{
	struct ecm ecm;

	fix_copy(&f);
	fix_grant(&f, FIX_PRODUCT, FIX_T0 - DAY, FIX_T0 + DAY);
	ecm = fix_ecm(FIX_T0);
	ecm.epoch = FIX_EPOCH + 2;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_NO_KEY);
	ecm = fix_ecm(FIX_T0);
	ecm.epoch = FIX_EPOCH + 1;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_NO_KEY);
	ecm = fix_ecm(FIX_T0);
	ecm.group = 1;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_NO_KEY);
	ecm = fix_ecm(FIX_T0);
	ecm.operator_id = FIX_OPERATOR + 1;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_NO_KEY);
}

static void
altered_ecm__never_opens(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	uint8_t section[ECM_MAX], rsp[256];
	unsigned int mac_refused = 0;
	size_t len;

	fix_copy(&f);
	fix_grant(&f, FIX_PRODUCT, FIX_T0 - DAY, FIX_T0 + DAY);
	len = fix_ecm_seal(&f, &ecm, section);
	for (size_t bit = 0; bit < len * 8; bit++) {
		size_t n = 0;
		uint16_t sw;

		section[bit / 8] ^= (uint8_t)(1U << (bit % 8));
		sw = fix_send(&f, CA_CLA, CA_INS_ECM, 0, 0, section, len, rsp, &n);
		mac_refused += sw == SW_SECURITY_STATUS;
		if (sw == SW_OK) {
			struct ca_answer a;

			CHECK_RC(ca_answer_decode(rsp, n, &a), RC_OK);
			CHECK(a.outcome == OUTCOME_NO_KEY);
			CHECK(a.cw_size == 0);
		}
		section[bit / 8] ^= (uint8_t)(1U << (bit % 8));
	}
	CHECK(mac_refused > len * 4);
	CHECK(fix_send(&f, CA_CLA, CA_INS_ECM, 0, 0, section, len, rsp, NULL) == SW_OK);
}

static void
negative_list__refuses_this_card_and_no_other(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);

	fix_copy(&f);
	fix_grant(&f, FIX_PRODUCT, FIX_T0 - DAY, FIX_T0 + DAY);
	ecm.criteria.negative_count = 2;
	ecm.criteria.negative[0] = FIX_LEAF + 1;
	ecm.criteria.negative[1] = FIX_LEAF + 2;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OPEN);
	ecm.criteria.negative[1] = FIX_LEAF;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_REVOKED);
}

static void
negative_list__takes_the_offer_seen_away(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	fix_copy(&f);
	fix_topup(&f, 1000, 1);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
	ecm.criteria.negative_count = 1;
	ecm.criteria.negative[0] = FIX_LEAF;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_REVOKED);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_NO_OFFER);
}

/* One ECM moves the clock to `first`, then one at `second` is judged. */
static void
clock__judges_by_age_and_lead(void)
{
	static const struct {
		const char *name;
		uint32_t first, second;
		bool offer;
		enum ca_outcome want;
		uint32_t clock; /* afterwards */
	} rows[] = {
		{ "newer moves", FIX_T0, FIX_T0 + 10, false, OUTCOME_OPEN, FIX_T0 + 10 },
		{ "two periods old is fresh", FIX_T0 + 100, FIX_T0 + 80, true, OUTCOME_OFFER,
		  FIX_T0 + 100 },
		{ "older sells nothing", FIX_T0 + 100, FIX_T0 + 79, true, OUTCOME_OLD,
		  FIX_T0 + 100 },
		{ "older opens by a right", FIX_T0 + 1000, FIX_T0 + 10, false, OUTCOME_OPEN,
		  FIX_T0 + 1000 },
		{ "what has expired stays expired", FIX_T0 + 2 * DAY, FIX_T0 + 10, false,
		  OUTCOME_EXPIRED, FIX_T0 + 2 * DAY },
		{ "seven days ahead of signed time", FIX_T0, FIX_T0 + 7 * DAY, true, OUTCOME_WINDOW,
		  FIX_T0 + 7 * DAY },
		{ "a second more", FIX_T0, FIX_T0 + 7 * DAY + 1, true, OUTCOME_CLOCK, FIX_T0 },
		{ "a second more with a right", FIX_T0, FIX_T0 + 7 * DAY + 1, false, OUTCOME_CLOCK,
		  FIX_T0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ecm ecm = fix_ecm(rows[i].first);

		test_row(rows[i].name);
		fix_copy(&f);
		fix_grant(&f, FIX_PRODUCT, FIX_T0 - DAY, FIX_T0 + DAY);
		(void)fix_ecm_outcome(&f, &ecm);
		ecm = rows[i].offer ? fix_offer_ecm(rows[i].second) : fix_ecm(rows[i].second);
		CHECK(fix_ecm_outcome(&f, &ecm) == rows[i].want);
		CHECK(fix_status(&f).clock == rows[i].clock);
		CHECK(fix_status(&f).signed_time == FIX_T0);
	}
	test_row("");
}

static void
clock__two_services_in_any_order_of_their_times_open(void)
{
	struct ecm first = fix_ecm(FIX_T0 + 20), second = fix_ecm(FIX_T0 + 10);

	fix_copy(&f);
	fix_grant(&f, FIX_PRODUCT, FIX_T0 - DAY, FIX_T0 + DAY);
	second.service_id = FIX_SERVICE + 1;
	for (uint32_t i = 0; i < 5; i++) {
		first.time += 10;
		second.time += 10;
		CHECK(fix_ecm_outcome(&f, &first) == OUTCOME_OPEN);
		CHECK(fix_ecm_outcome(&f, &second) == OUTCOME_OPEN);
	}
}

static void
clock__is_stored_once_in_six_hours(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);

	fix_copy(&f);
	fix_grant(&f, FIX_PRODUCT, FIX_T0 - DAY, FIX_T0 + DAY);
	nv_ram_power_up(&f.nv);
	for (ecm.time = FIX_T0; ecm.time < FIX_T0 + 6 * 3600; ecm.time += 600)
		CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OPEN);
	CHECK(f.nv.page_writes == 0);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OPEN);
	CHECK(f.nv.page_writes > 0);
	fix_power_cycle(&f);
	CHECK(fix_status(&f).clock == FIX_T0 + 6 * 3600);
	nv_ram_power_up(&f.nv);
	for (uint32_t i = 0; i < 35; i++) {
		ecm.time += 600;
		CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OPEN);
	}
	CHECK(f.nv.page_writes == 0);
}

static void
clock__lost_since_the_last_mark_does_not_reopen_what_a_signed_time_closed(void)
{
	struct emm_header h;
	struct emm_command cmd = fix_time(FIX_T0 + 2 * DAY);
	struct ecm ecm = fix_ecm(FIX_T0 + 10);

	fix_copy(&f);
	fix_grant(&f, FIX_PRODUCT, FIX_T0 - DAY, FIX_T0 + DAY);
	h = fix_emm_global(&f);
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_OK);
	fix_power_cycle(&f);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_EXPIRED);
}

static void
ecm_without_cost__writes_nothing(void)
{
	struct ecm rows[4] = { fix_ecm(FIX_T0), fix_offer_ecm(FIX_T0 + 1), fix_ecm(FIX_T0 + 2),
			       fix_ecm(FIX_T0 + 3) };

	fix_copy(&f);
	rows[2].epoch++;
	rows[3].criteria.negative_count = 1;
	rows[3].criteria.negative[0] = FIX_LEAF;
	nv_ram_power_up(&f.nv);
	for (unsigned int i = 0; i < 4; i++)
		(void)fix_ecm_outcome(&f, &rows[i]);
	CHECK(f.nv.page_writes == 0);
}

static void
offer__shows_the_balance_of_its_slot(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_answer a;

	fix_copy(&f);
	fix_topup(&f, 1234, 1);
	CHECK(fix_ecm_send(&f, &ecm, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OFFER);
	CHECK(a.has_balance);
	CHECK(a.balance == 1234);
	CHECK(a.decimals == 2);
	CHECK_BYTES(a.unit, "EUR", 3);
	CHECK(a.cw_size == 0);
	CHECK(!a.has_receipt);
}

static void
offer__depends_on_its_window(void)
{
	static const struct {
		const char *name;
		uint8_t flags;
		uint32_t start, end, event_end;
		enum ca_outcome want;
	} rows[] = {
		{ "open", 0, FIX_T0, FIX_T0 + 1, FIX_T0 + 1, OUTCOME_OFFER },
		{ "not open yet", 0, FIX_T0 + 1, FIX_T0 + 9, FIX_T0 + 9, OUTCOME_WINDOW },
		{ "closed", 0, FIX_T0 - 9, FIX_T0, FIX_T0 + 9, OUTCOME_WINDOW },
		{ "event over", 0, FIX_T0 - 9, FIX_T0 + 9, FIX_T0, OUTCOME_WINDOW },
		{ "not now", OFFER_NOT_NOW, FIX_T0, FIX_T0 + 9, FIX_T0 + 9, OUTCOME_WINDOW },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ecm ecm = fix_offer_ecm(FIX_T0);

		test_row(rows[i].name);
		fix_copy(&f);
		ecm.criteria.offer.flags |= rows[i].flags;
		ecm.criteria.offer.window_start = rows[i].start;
		ecm.criteria.offer.window_end = rows[i].end;
		ecm.criteria.offer.event_start = FIX_T0 - 9;
		ecm.criteria.offer.event_end = rows[i].event_end;
		CHECK(fix_ecm_outcome(&f, &ecm) == rows[i].want);
	}
	test_row("");
}

static void
offer__yields_to_a_subscription_that_opens_and_outranks_one_that_is_over(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);

	fix_copy(&f);
	ecm.criteria.product_count = 1;
	fix_grant(&f, FIX_PRODUCT, FIX_T0 - DAY, FIX_T0 + 100);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OPEN);
	ecm.time = FIX_T0 + 200;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
}

static void
event_right__opens_until_its_end(void)
{
	struct emm_command cmd = { .tag = EMM_TAG_EVENT_RIGHT,
				   .u.event_right = { FIX_EVENT, FIX_T0 + 100, 0 } };
	struct emm_header h;
	struct ecm ecm = fix_ecm(FIX_T0 + 99);
	struct ca_answer a;

	fix_copy(&f);
	h = fix_emm_header(&f, 0);
	ecm.criteria.product_count = 0;
	ecm.criteria.has_event = true;
	ecm.criteria.event_id = FIX_EVENT;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_NOT_ENTITLED);
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_OK);
	CHECK(fix_ecm_send(&f, &ecm, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OPEN);
	CHECK(a.opened_by == OPENED_BY_EVENT && a.opened_id == FIX_EVENT);
	CHECK(!a.may_record);
	ecm.time = FIX_T0 + 100;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_EXPIRED);
}

static void
unsecured_card__processes_no_message(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	struct emm_command cmd = fix_entitlement(FIX_PRODUCT, 1, 2);
	struct ca_purchase p = fix_purchase();
	struct emm_header h;
	struct ca_answer a;

	fix_init_unsecured(&f);
	h = fix_emm_header(&f, 0);
	CHECK(fix_ecm_send(&f, &ecm, &a) == SW_CONDITIONS);
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_CONDITIONS);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_CONDITIONS);
	CHECK(!fix_info(&f).secured);
}

static void
failing_cryptography__never_yields_a_control_word(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	unsigned int k;

	for (k = 1; k < 100; k++) {
		struct ca_answer a;
		uint8_t section[ECM_MAX], rsp[256];
		size_t len, n;
		uint16_t sw;

		fix_copy(&f);
		fix_grant(&f, FIX_PRODUCT, FIX_T0 - DAY, FIX_T0 + DAY);
		len = fix_ecm_seal(&f, &ecm, section);
		crypto_fault_init(&f.crypto, crypto_test(), k);
		sw = fix_send(&f, CA_CLA, CA_INS_ECM, 0, 0, section, len, rsp, &n);
		if (!crypto_fault_fired(&f.crypto)) {
			CHECK_RC(ca_answer_decode(rsp, n, &a), RC_OK);
			CHECK(a.outcome == OUTCOME_OPEN);
			break;
		}
		CHECK(sw == SW_FAULT);
		CHECK(n == 0);
	}
	CHECK(k > 3);
}

static void
clock__judges_a_fresh_message_at_its_own_time(void)
{
	struct ecm ahead = fix_ecm(FIX_T0 + 100), ecm = fix_ecm(FIX_T0 + 90);

	fix_copy(&f);
	fix_grant(&f, FIX_PRODUCT, FIX_T0, FIX_T0 + 95);
	ahead.service_id++;
	CHECK(fix_ecm_outcome(&f, &ahead) == OUTCOME_EXPIRED);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OPEN);
}

static void
subscription__that_lasts_longest_is_the_one_named(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	struct ca_answer a;

	fix_copy(&f);
	ecm.criteria.product_count = 3;
	for (uint16_t i = 0; i < 3; i++) {
		static const uint32_t ends[] = { FIX_T0 + DAY, FIX_T0 + 3 * DAY, FIX_T0 + 2 * DAY };

		ecm.criteria.products[i] = (uint16_t)(20 + i);
		fix_grant(&f, (uint16_t)(20 + i), FIX_T0, ends[i]);
	}
	CHECK(fix_ecm_send(&f, &ecm, &a) == SW_OK);
	CHECK(a.opened_id == 21 && a.right_end == FIX_T0 + 3 * DAY);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(no_right__is_refused_without_control_words),
		TEST(subscription__is_judged_by_start_and_end),
		TEST(subscription__answers_with_the_control_words_and_the_right),
		TEST(subscription__any_listed_product_opens),
		TEST(free_service__opens_for_every_card_with_the_key),
		TEST(key__of_another_epoch_group_or_operator_is_missing),
		TEST(altered_ecm__never_opens),
		TEST(negative_list__refuses_this_card_and_no_other),
		TEST(negative_list__takes_the_offer_seen_away),
		TEST(clock__judges_by_age_and_lead),
		TEST(clock__two_services_in_any_order_of_their_times_open),
		TEST(clock__is_stored_once_in_six_hours),
		TEST(clock__lost_since_the_last_mark_does_not_reopen_what_a_signed_time_closed),
		TEST(ecm_without_cost__writes_nothing),
		TEST(offer__shows_the_balance_of_its_slot),
		TEST(offer__depends_on_its_window),
		TEST(offer__yields_to_a_subscription_that_opens_and_outranks_one_that_is_over),
		TEST(event_right__opens_until_its_end),
		TEST(unsecured_card__processes_no_message),
		TEST(failing_cryptography__never_yields_a_control_word),
		TEST(clock__judges_a_fresh_message_at_its_own_time),
		TEST(subscription__that_lasts_longest_is_the_one_named),
	};

	return test_run("apps: ECM", cases, sizeof cases / sizeof cases[0]);
}
