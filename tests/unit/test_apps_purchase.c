// SPDX-License-Identifier: GPL-3.0-or-later
/* Purchases: offer as seen, debit, record, right, receipt. */
#include "card_fixture.h"
#include "test.h"

#include "base/bytes.h"
#include "base/status_word.h"
#include "derive/ladder.h"

#include <string.h>

static struct card_fixture f;

static void
purchase__debits_records_and_opens_in_one_answer(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0 + 5);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;
	struct record r;

	fix_see_offer(&f, &ecm);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OPEN);
	CHECK(a.cw_size == 8);
	CHECK_BYTES(a.cw_even, ecm.cw_even, 8);
	CHECK_BYTES(a.cw_odd, ecm.cw_odd, 8);
	CHECK(a.opened_by == OPENED_BY_EVENT && a.opened_id == FIX_EVENT);
	CHECK(a.right_end == FIX_T0 + 7200);
	CHECK(!a.may_record);
	CHECK(a.has_balance && a.balance == FIX_BALANCE - FIX_PRICE);
	CHECK(a.has_receipt && a.receipt.record == 1 && a.receipt.price == FIX_PRICE);
	CHECK(a.receipt.balance_after == FIX_BALANCE - FIX_PRICE);
	fix_power_cycle(&f);
	CHECK(fix_wallet(&f).balance == FIX_BALANCE - FIX_PRICE);
	CHECK(fix_wallet(&f).spent == FIX_PRICE);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OPEN);
	r = fix_record(&f, 0);
	CHECK(r.sequence == 1 && r.type == RECORD_EVENT && r.flags == 0);
	CHECK(r.operator_id == FIX_OPERATOR && r.event_id == FIX_EVENT);
	CHECK(r.service_id == FIX_SERVICE && r.slot == 0 && r.price == FIX_PRICE);
	CHECK(r.time == FIX_T0 + 5 && r.purse_sequence == 2);
	CHECK(r.balance_after == FIX_BALANCE - FIX_PRICE);
	CHECK_BYTES(r.tac, a.receipt.tac, RECORD_TAC);
}

/* The certificate as FORMATS.md writes it: CMAC over operator … balance of the record. */
static void
receipt__certificate_is_the_purse_keys_cmac(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_purchase p = fix_purchase();
	uint8_t message[34], key[CRYPTO_KEY], mac[CRYPTO_MAC];
	struct writer w = writer_over(message, sizeof message);
	struct ca_answer a;

	fix_see_offer(&f, &ecm);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	write_be16(&w, FIX_OPERATOR);
	write_be32(&w, FIX_EVENT);
	write_be16(&w, FIX_SERVICE);
	write_be16(&w, 0);
	write_bytes(&w, (const uint8_t *)"EUR", 3);
	write_u8(&w, 0);
	write_be32(&w, FIX_PRICE);
	write_be32(&w, FIX_T0);
	write_be32(&w, 2);
	write_be64(&w, FIX_BALANCE - FIX_PRICE);
	CHECK(w.len == sizeof message && !w.failed);
	fix_working_key(f.purse_key, LABEL_TAC, key);
	CHECK_RC(crypto_cmac(crypto_test(), key, message, sizeof message, mac), RC_OK);
	CHECK_BYTES(a.receipt.tac, mac, RECORD_TAC);
}

static void
purchase__view_and_record_costs_its_own_price(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	fix_see_offer(&f, &ecm);
	p.flags = PURCHASE_RECORD;
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OFFER_CHANGED);
	p.price = 2 * FIX_PRICE;
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OPEN && a.may_record);
	CHECK(fix_record(&f, 0).flags == RECORD_MAY_RECORD);
	CHECK(fix_wallet(&f).spent == 2 * FIX_PRICE);
}

static void
purchase__other_than_what_was_seen_is_offer_changed(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_purchase rows[5] = { fix_purchase(), fix_purchase(), fix_purchase(),
				       fix_purchase(), fix_purchase() };
	struct ca_answer a;

	rows[0].event_id++;
	rows[1].price--;
	rows[2].slot = 1;
	rows[3].unit[0] = 'U';
	ecm.criteria.offer.flags = 0;
	ecm.criteria.offer.price_record = 0;
	rows[4].flags = PURCHASE_RECORD;
	rows[4].price = 0;
	fix_see_offer(&f, &ecm);
	for (unsigned int i = 0; i < 5; i++) {
		CHECK(fix_purchase_send(&f, &rows[i], &a) == SW_OK);
		CHECK(a.outcome == OUTCOME_OFFER_CHANGED);
		CHECK(a.cw_size == 0 && !a.has_receipt);
	}
	CHECK(fix_nothing_happened(&f));
}

static void
purchase__when_the_offer_changes_in_between_is_refused(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	fix_see_offer(&f, &ecm);
	ecm.time += 10;
	ecm.criteria.offer.price_view++;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OFFER_CHANGED);
	CHECK(fix_nothing_happened(&f));
}

static void
purchase__without_a_fresh_offer_is_refused(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0), later = fix_ecm(FIX_T0 + 21);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	fix_copy(&f);
	fix_topup(&f, FIX_BALANCE, 1);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_NO_OFFER);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
	p.service_id++;
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_NO_OFFER);
	p = fix_purchase();
	p.operator_id++;
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_NO_OFFER);
	/* another service's ECM moves the clock past two crypto periods */
	p = fix_purchase();
	later.service_id++;
	CHECK(fix_ecm_outcome(&f, &later) == OUTCOME_NOT_ENTITLED);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_NO_OFFER);
	/* and a reset forgets what was seen */
	ecm.time = FIX_T0 + 30;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
	fix_power_cycle(&f);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_NO_OFFER);
	CHECK(fix_nothing_happened(&f));
}

static void
purchase__old_recording_sells_nothing(void)
{
	struct ecm now = fix_ecm(FIX_T0 + 1000), old = fix_offer_ecm(FIX_T0 + 10);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	fix_copy(&f);
	fix_topup(&f, FIX_BALANCE, 1);
	CHECK(fix_ecm_outcome(&f, &now) == OUTCOME_NOT_ENTITLED);
	CHECK(fix_ecm_outcome(&f, &old) == OUTCOME_OLD);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_NO_OFFER);
	CHECK(fix_nothing_happened(&f));
}

static void
purchase__outside_its_window_is_refused(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	fix_copy(&f);
	fix_topup(&f, FIX_BALANCE, 1);
	ecm.criteria.offer.flags |= OFFER_NOT_NOW;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_WINDOW);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_WINDOW);
	CHECK(fix_nothing_happened(&f));
}

static void
purchase__of_eight_services_seen_all_are_remembered(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	fix_copy(&f);
	fix_topup(&f, 10000, 1);
	for (uint16_t i = 0; i < CA_SEEN_MAX; i++) {
		ecm.service_id = (uint16_t)(FIX_SERVICE + i);
		ecm.criteria.offer.event_id = FIX_EVENT + i;
		ecm.cw_even[0] = (uint8_t)i;
		CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
	}
	for (uint16_t i = 0; i < CA_SEEN_MAX; i++) {
		p.service_id = (uint16_t)(FIX_SERVICE + i);
		p.event_id = FIX_EVENT + i;
		CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
		CHECK(a.outcome == OUTCOME_OPEN);
		CHECK(a.cw_even[0] == i);
		CHECK(a.receipt.record == i + 1U);
	}
	CHECK(fix_wallet(&f).balance == 10000 - 8 * (int64_t)FIX_PRICE);
}

static void
purchase__above_balance_or_limit_is_refused(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	ecm.criteria.offer.price_view = FIX_BALANCE + 1;
	p.price = FIX_BALANCE + 1;
	fix_see_offer(&f, &ecm);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_BALANCE_LOW);
	CHECK(a.has_balance && a.balance == FIX_BALANCE && a.cw_size == 0);
	CHECK(fix_nothing_happened(&f));
	ecm.criteria.offer.price_view = FIX_BALANCE;
	p.price = FIX_BALANCE;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OPEN && a.balance == 0);
	ecm.criteria.offer.event_id++;
	ecm.criteria.offer.price_view = FIX_LIMIT + 1;
	p.event_id++;
	p.price = FIX_LIMIT + 1;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_LIMIT);
}

static void
purchase__from_a_slot_or_in_a_unit_that_is_not_there_is_refused(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	ecm.criteria.offer.slot = 1;
	p.slot = 1;
	fix_see_offer(&f, &ecm);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_NO_SLOT);
	ecm.criteria.offer.slot = 0;
	p.slot = 0;
	memcpy(ecm.criteria.offer.unit, "USD", 3);
	memcpy(p.unit, "USD", 3);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_NO_SLOT);
	CHECK(fix_nothing_happened(&f));
}

static void
purchase__twice_pays_once(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	fix_see_offer(&f, &ecm);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OWNED);
	CHECK(a.cw_size == 0 && !a.has_receipt);
	CHECK(fix_wallet(&f).spent == FIX_PRICE);
	CHECK(fix_status(&f).record_head == 1);
}

static void
failing_cryptography__neither_debits_nor_opens(void)
{
	unsigned int k;

	for (k = 1; k < 100; k++) {
		struct ecm ecm = fix_offer_ecm(FIX_T0);
		struct ca_purchase p = fix_purchase();
		uint8_t data[CA_PURCHASE_MAX], rsp[256];
		size_t len = 0;
		uint16_t sw;

		fix_see_offer(&f, &ecm);
		CHECK_RC(ca_purchase_encode(&p, data, sizeof data, &len), RC_OK);
		crypto_fault_init(&f.crypto, crypto_test(), k);
		sw = fix_send(&f, CA_CLA, CA_INS_PURCHASE, 0, 0, data, len, rsp, &len);
		if (!crypto_fault_fired(&f.crypto)) {
			CHECK(sw == SW_OK);
			break;
		}
		CHECK(sw == SW_FAULT);
		CHECK(len == 0);
		crypto_fault_init(&f.crypto, crypto_test(), 0);
		CHECK(fix_nothing_happened(&f));
		fix_power_cycle(&f);
		CHECK(fix_nothing_happened(&f));
	}
	CHECK(k > 3);
}

static void
malformed_purchase__is_refused_and_spends_no_try(void)
{
	static const uint8_t data[CA_PURCHASE_MAX] = { 0 };

	fix_copy(&f);
	CHECK(fix_send(&f, CA_CLA, CA_INS_PURCHASE, 0, 0, data, 10, NULL, NULL) == SW_DATA);
	CHECK(fix_send(&f, CA_CLA, CA_INS_PURCHASE, 0, 0, data, sizeof data, NULL, NULL) ==
	      SW_DATA);
	CHECK(fix_info(&f).pin_tries == 3);
}

static void
purchase__compares_with_the_newest_offer_seen(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0 + 20), late = fix_offer_ecm(FIX_T0 + 10);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	late.criteria.offer.price_view++;
	fix_see_offer(&f, &ecm);
	CHECK(fix_ecm_outcome(&f, &late) == OUTCOME_OFFER);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OPEN);
}

static void
purchase__offer_seen_is_not_pushed_out_by_recordings(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0 + 1000), old = fix_offer_ecm(FIX_T0);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	fix_see_offer(&f, &ecm);
	for (uint16_t i = 0; i <= CA_SEEN_MAX; i++) {
		old.service_id = (uint16_t)(FIX_SERVICE + 1 + i);
		CHECK(fix_ecm_outcome(&f, &old) == OUTCOME_OLD);
	}
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OPEN);
}

static void
purchase__stores_the_clock_with_it(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0 + 60);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	fix_see_offer(&f, &ecm);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	fix_power_cycle(&f);
	CHECK(fix_status(&f).clock == FIX_T0 + 60);
}

static void
purchase__of_an_event_whose_earlier_right_is_over_is_possible(void)
{
	struct emm_command cmd = { .tag = EMM_TAG_EVENT_RIGHT,
				   .u.event_right = { FIX_EVENT, FIX_T0 + 10, 0 } };
	struct ecm ecm = fix_offer_ecm(FIX_T0 + 20);
	struct ca_purchase p = fix_purchase();
	struct emm_header h;
	struct ca_answer a;

	fix_copy(&f);
	fix_topup(&f, FIX_BALANCE, 1);
	h = fix_emm_header(&f, 0);
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_OK);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OPEN);
	CHECK(fix_info(&f).events == 1);
}

static void
purchase__at_exactly_the_limit_is_possible(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	fix_copy(&f);
	fix_topup(&f, FIX_LIMIT, 1);
	ecm.criteria.offer.price_view = FIX_LIMIT;
	p.price = FIX_LIMIT;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OPEN && a.balance == 0);
}

static void
right_restated_by_emm__keeps_the_record_of_its_purchase(void)
{
	struct emm_command cmd = { .tag = EMM_TAG_EVENT_RIGHT,
				   .u.event_right = { FIX_EVENT, FIX_T0 + 9000, 0 } };
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_purchase p = fix_purchase();
	struct ca_event_right right;
	struct emm_header h;
	struct ca_answer a;
	uint8_t rsp[256];
	const uint8_t *at = rsp;
	size_t len;

	fix_see_offer(&f, &ecm);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	h = fix_emm_header(&f, 0);
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_OK);
	CHECK(fix_send(&f, CA_CLA, CA_INS_GET_DATA, CA_DATA_EVENTS, 0, NULL, 0, rsp, &len) ==
	      SW_OK);
	CHECK_RC(ca_event_right_decode(&at, &len, &right), RC_OK);
	CHECK(right.end == FIX_T0 + 9000 && right.record == 1);
}

static void
purchase__after_the_service_stopped_offering_is_refused(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0), next = fix_ecm(FIX_T0 + 10);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	fix_see_offer(&f, &ecm);
	CHECK(fix_ecm_outcome(&f, &next) == OUTCOME_NOT_ENTITLED);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_NO_OFFER);
	CHECK(fix_nothing_happened(&f));
}

static void
purchase__of_a_ninth_service_takes_the_place_of_the_first(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	fix_copy(&f);
	fix_topup(&f, FIX_BALANCE, 1);
	for (uint16_t i = 0; i <= CA_SEEN_MAX; i++) {
		ecm.service_id = (uint16_t)(FIX_SERVICE + i);
		CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
	}
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_NO_OFFER);
	p.service_id = FIX_SERVICE + CA_SEEN_MAX;
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OPEN);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(purchase__debits_records_and_opens_in_one_answer),
		TEST(receipt__certificate_is_the_purse_keys_cmac),
		TEST(purchase__view_and_record_costs_its_own_price),
		TEST(purchase__other_than_what_was_seen_is_offer_changed),
		TEST(purchase__when_the_offer_changes_in_between_is_refused),
		TEST(purchase__without_a_fresh_offer_is_refused),
		TEST(purchase__old_recording_sells_nothing),
		TEST(purchase__outside_its_window_is_refused),
		TEST(purchase__of_eight_services_seen_all_are_remembered),
		TEST(purchase__above_balance_or_limit_is_refused),
		TEST(purchase__from_a_slot_or_in_a_unit_that_is_not_there_is_refused),
		TEST(purchase__twice_pays_once),
		TEST(failing_cryptography__neither_debits_nor_opens),
		TEST(malformed_purchase__is_refused_and_spends_no_try),
		TEST(purchase__compares_with_the_newest_offer_seen),
		TEST(purchase__offer_seen_is_not_pushed_out_by_recordings),
		TEST(purchase__stores_the_clock_with_it),
		TEST(purchase__of_an_event_whose_earlier_right_is_over_is_possible),
		TEST(purchase__at_exactly_the_limit_is_possible),
		TEST(right_restated_by_emm__keeps_the_record_of_its_purchase),
		TEST(purchase__after_the_service_stopped_offering_is_refused),
		TEST(purchase__of_a_ninth_service_takes_the_place_of_the_first),
	};

	return test_run("apps: purchase", cases, sizeof cases / sizeof cases[0]);
}
