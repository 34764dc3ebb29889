// SPDX-License-Identifier: GPL-3.0-or-later
/* Money that the CA application moves apart from purchases: top-ups, refunds, codes, pay-out;
 * report policy; proofs of cancellation. */
#include "apps/ca_record.h"
#include "card_fixture.h"
#include "test.h"

#include "base/status_word.h"
#include "derive/ladder.h"

#include <string.h>

static struct card_fixture f;

static uint16_t
emm(const struct emm_command *cmd)
{
	struct emm_header h = fix_emm_header(&f, EMM_SIGNED);

	return fix_emm_send(&f, &h, cmd, 1, NULL);
}

static uint16_t
refund(uint32_t record, uint64_t total, uint32_t sequence)
{
	const struct refund what = { 0, record, total, sequence };
	struct emm_command cmd = { .tag = EMM_TAG_REFUND };
	uint8_t key[CRYPTO_KEY];

	cmd.u.refund.record = record;
	cmd.u.refund.total = total;
	cmd.u.refund.sequence = sequence;
	fix_working_key(f.purse_key, LABEL_TOPUP, key);
	CHECK_RC(refund_cryptogram(crypto_test(), key, FIX_LEAF, &what, cmd.u.refund.cryptogram),
		 RC_OK);
	return emm(&cmd);
}

/* Buys the event after that many others. */
static enum ca_outcome
buy_event(uint32_t number, uint8_t flags)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0 + number * 10);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a = { .outcome = OUTCOME_NO_OFFER };

	ecm.criteria.offer.event_id = FIX_EVENT + number;
	ecm.criteria.offer.flags |= flags;
	p.event_id = FIX_EVENT + number;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	return a.outcome;
}

static void
check_tac(const struct record *r)
{
	uint8_t key[CRYPTO_KEY], tac[RECORD_TAC];

	fix_working_key(f.purse_key, LABEL_TAC, key);
	CHECK_RC(record_tac(crypto_test(), key, r, tac), RC_OK);
	CHECK_BYTES(r->tac, tac, RECORD_TAC);
}

static void
topup__by_emm_leaves_a_record_with_its_proof(void)
{
	struct emm_command cmd;
	struct record r;

	fix_copy(&f);
	cmd = fix_credit(&f, 1000, 7);
	CHECK(emm(&cmd) == SW_OK);
	CHECK(emm(&cmd) == SW_OK);
	CHECK(fix_status(&f).record_head == 1);
	r = fix_record(&f, 0);
	CHECK(r.type == RECORD_TOPUP && r.flags == RECORD_NO_CALLBACK && r.price == 1000);
	CHECK(r.event_id == 7 && r.service_id == CREDIT_EMM && r.balance_after == 1000);
	check_tac(&r);
}

static void
refund__is_paid_once_and_takes_the_right_back(void)
{
	struct record r;

	fix_copy(&f);
	fix_topup(&f, 2000, 1);
	CHECK(buy_event(0, 0) == OUTCOME_OPEN);
	CHECK(fix_info(&f).events == 1);
	CHECK(refund(1, FIX_PRICE, 1) == SW_OK);
	CHECK(fix_wallet(&f).balance == 2000 && fix_info(&f).events == 0);
	r = fix_record(&f, 0);
	CHECK(r.type == RECORD_REFUND && r.event_id == 1 && r.price == FIX_PRICE);
	check_tac(&r);
	/* the same record again, for more */
	CHECK(refund(1, 2 * FIX_PRICE, 2) == SW_OK);
	CHECK(fix_wallet(&f).balance == 2000 && fix_status(&f).record_head == 2);
	CHECK(refund(2, 2 * FIX_PRICE, 3) == SW_RECORD);  /* a refund is no purchase */
	CHECK(refund(99, 2 * FIX_PRICE, 4) == SW_RECORD); /* no such record */
}

static void
refund__parts_in_another_order_pay_the_same(void)
{
	fix_copy(&f);
	fix_topup(&f, 2000, 1);
	CHECK(buy_event(0, 0) == OUTCOME_OPEN && buy_event(1, 0) == OUTCOME_OPEN);
	CHECK(refund(2, 2 * FIX_PRICE, 2) == SW_OK);
	CHECK(refund(1, FIX_PRICE, 1) == SW_OK);
	CHECK(fix_wallet(&f).refund == 2 * FIX_PRICE && fix_wallet(&f).balance == 2000);
	CHECK(fix_info(&f).events == 0);
}

static uint16_t
type_code(uint32_t counter, uint32_t amount, uint8_t spoil)
{
	uint8_t key[CRYPTO_KEY], digits[TOPUP_CODE_DIGITS], rsp[256];
	size_t len = 0;
	uint16_t sw;

	fix_working_key(f.purse_key, LABEL_CODE, key);
	CHECK_RC(topup_code_make(crypto_test(), key, FIX_LEAF, counter, amount, digits), RC_OK);
	if (spoil) {
		digits[12] = (uint8_t)('0' + (digits[12] - '0' + spoil) % 10);
		digits[19] = code_check_digit(digits, 19);
	}
	sw = fix_send(&f, CA_CLA, CA_INS_TOPUP_CODE, 0, 0, digits, sizeof digits, rsp, &len);
	if (sw == SW_OK)
		CHECK(len == 12 && get_be32(rsp) == amount);
	return sw;
}

static void
code__tops_up_once_in_any_order(void)
{
	struct record r;

	fix_copy(&f);
	CHECK(type_code(1, 500, 0) == SW_OK);
	CHECK(type_code(1, 500, 0) == SW_CONDITIONS);
	CHECK(type_code(3, 700, 0) == SW_OK);
	CHECK(type_code(2, 600, 0) == SW_OK);
	CHECK(type_code(2, 600, 0) == SW_CONDITIONS);
	CHECK(type_code(40, 100, 0) == SW_OK);
	CHECK(type_code(4, 100, 0) != SW_OK); /* older than what still counts */
	CHECK(fix_wallet(&f).credit_code == 1900 && fix_wallet(&f).balance == 1900);
	r = fix_record(&f, 0);
	CHECK(r.type == RECORD_TOPUP && r.service_id == CREDIT_CODE && r.event_id == 40);
	check_tac(&r);
}

static void
code__of_another_card_costs_a_try_until_the_operator_tops_up(void)
{
	uint8_t slip[TOPUP_CODE_DIGITS];
	struct emm_command cmd;

	fix_copy(&f);
	memset(slip, '2', sizeof slip);
	slip[19] = '3';
	CHECK(fix_send(&f, CA_CLA, CA_INS_TOPUP_CODE, 0, 0, slip, sizeof slip, NULL, NULL) ==
	      SW_DATA);
	for (uint8_t i = 1; i < TOPUP_CODE_TRIES; i++)
		CHECK(type_code(1, 500, i) == SW_PIN_WRONG(TOPUP_CODE_TRIES - i));
	CHECK(type_code(1, 500, 9) == SW_BLOCKED);
	CHECK(type_code(1, 500, 0) == SW_BLOCKED);
	fix_power_cycle(&f);
	CHECK(type_code(1, 500, 0) == SW_BLOCKED);
	cmd = fix_credit(&f, 100, 1);
	CHECK(emm(&cmd) == SW_OK);
	CHECK(type_code(1, 500, 0) == SW_OK);
}

static uint16_t
pay_out(const char *pin, uint8_t *rsp)
{
	uint8_t data[9] = { 0 };
	size_t len;

	memcpy(data + 1, pin, 4);
	return fix_send(&f, CA_CLA, CA_INS_PAYOUT, 0, 0, data, 5, rsp, &len);
}

static void
payout__takes_the_whole_balance_and_proves_it(void)
{
	uint8_t rsp[256];
	struct record r;

	fix_copy(&f);
	CHECK(pay_out(FIX_PIN, rsp) == SW_CONDITIONS);
	fix_topup(&f, FIX_LIMIT + 1, 1);
	CHECK(pay_out("1357", rsp) == SW_PIN_WRONG(2));
	CHECK(pay_out(FIX_PIN, rsp) == SW_OK);
	CHECK_RC(record_decode(rsp, &r), RC_OK);
	CHECK(r.type == RECORD_PAYOUT && r.price == FIX_LIMIT + 1 && r.balance_after == 0);
	CHECK(fix_wallet(&f).balance == 0 && fix_status(&f).record_head == r.sequence);
	check_tac(&r);
}

static uint16_t
policy(uint16_t count, uint32_t age_s, uint32_t amount)
{
	struct emm_command cmd = { .tag = EMM_TAG_REPORT_POLICY,
				   .u.report_policy = { count, age_s, amount } };

	return emm(&cmd);
}

static uint8_t
asked(uint32_t number)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0 + number * 10);
	struct ca_answer a;

	ecm.criteria.offer.event_id = FIX_EVENT + number;
	CHECK(fix_ecm_send(&f, &ecm, &a) == SW_OK);
	return a.collection;
}

static void
acknowledge(void)
{
	struct emm_command cmd = { .tag = EMM_TAG_RECORD_ACK };
	struct ca_journal j;

	CHECK_RC(ca_journal_load(&f.card.env[1], &j), RC_OK);
	cmd.u.record_ack.record = j.head;
	memcpy(cmd.u.record_ack.chain, j.chain_head, CRYPTO_MAC);
	CHECK(emm(&cmd) == SW_OK);
}

static void
policy__by_count_asks_then_suspends_then_resumes(void)
{
	fix_copy(&f);
	fix_topup(&f, 20000, 1);
	CHECK(policy(4, 0, 0) == SW_OK);
	CHECK(asked(0) == COLLECTION_NONE);
	CHECK(buy_event(0, 0) == OUTCOME_OPEN && asked(1) == COLLECTION_NONE);
	CHECK(buy_event(1, 0) == OUTCOME_OPEN && asked(2) == COLLECTION_ASKED);
	CHECK(buy_event(2, 0) == OUTCOME_OPEN && buy_event(3, 0) == OUTCOME_OPEN);
	CHECK(asked(4) == COLLECTION_SUSPENDED);
	CHECK(buy_event(4, 0) == OUTCOME_COLLECT);
	CHECK(buy_event(5, OFFER_NO_CALLBACK) == OUTCOME_OPEN);
	acknowledge();
	CHECK(asked(6) == COLLECTION_NONE && buy_event(6, 0) == OUTCOME_OPEN);
}

static void
policy__by_amount_and_by_age_suspends_too(void)
{
	fix_copy(&f);
	fix_topup(&f, 20000, 1);
	CHECK(policy(0, 0, 2 * FIX_PRICE) == SW_OK);
	CHECK(buy_event(0, 0) == OUTCOME_OPEN && asked(1) == COLLECTION_ASKED);
	CHECK(buy_event(1, 0) == OUTCOME_OPEN && buy_event(2, 0) == OUTCOME_COLLECT);
	CHECK(policy(0, 1000, 0) == SW_OK);
	CHECK(asked(3) == COLLECTION_NONE);
	CHECK(asked(50) == COLLECTION_ASKED);
	CHECK(buy_event(101, 0) == OUTCOME_COLLECT);
	CHECK(policy(0, 0, 0) == SW_OK);
	CHECK(buy_event(102, 0) == OUTCOME_OPEN);
}

static void
confirmation__of_a_cancellation_is_the_heads_own(void)
{
	const struct confirmation what = { FIX_PRODUCT, FIX_T0, FIX_T0 + 1000, 1 };
	struct emm_command cmd = fix_cancel(FIX_PRODUCT);
	struct ca_confirmation c = { 0 };
	uint8_t key[CRYPTO_KEY], want[CONFIRMATION_DIGITS], rsp[256];
	const uint8_t *in = rsp;
	size_t len = 0;

	fix_copy(&f);
	CHECK(emm(&cmd) == SW_OK); /* nothing there: nothing proved */
	CHECK(fix_send(&f, CA_CLA, CA_INS_GET_DATA, CA_DATA_CONFIRMATIONS, 0, NULL, 0, rsp, &len) ==
	      SW_OK);
	CHECK(len == 0);
	fix_grant(&f, FIX_PRODUCT, FIX_T0, FIX_T0 + 1000);
	CHECK(emm(&cmd) == SW_OK);
	CHECK(fix_send(&f, CA_CLA, CA_INS_GET_DATA, CA_DATA_CONFIRMATIONS, 0, NULL, 0, rsp, &len) ==
	      SW_OK);
	CHECK_RC(ca_confirmation_decode(&in, &len, &c), RC_OK);
	CHECK(c.product == FIX_PRODUCT && len == 0);
	fix_working_key(f.ca_key, LABEL_CONFIRM, key);
	CHECK_RC(confirmation_make(crypto_test(), key, &what, want), RC_OK);
	CHECK_BYTES(c.digits, want, CONFIRMATION_DIGITS);
}

static void
confirmation__keeps_the_newest_eight(void)
{
	struct emm_command cmd = fix_cancel(PRODUCT_ALL);
	uint8_t rsp[256];
	size_t len = 0;

	fix_copy(&f);
	for (uint16_t i = 0; i < 10; i++)
		fix_grant(&f, (uint16_t)(100 + i), FIX_T0, FIX_T0 + 1000);
	CHECK(emm(&cmd) == SW_OK);
	CHECK(fix_send(&f, CA_CLA, CA_INS_GET_DATA, CA_DATA_CONFIRMATIONS, 1, NULL, 0, rsp, &len) ==
	      SW_OK);
	CHECK(len == 4 * (2 + CONFIRMATION_DIGITS));
	CHECK(fix_send(&f, CA_CLA, CA_INS_GET_DATA, CA_DATA_CONFIRMATIONS, 2, NULL, 0, rsp, &len) ==
	      SW_OK);
	CHECK(len == 0);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(topup__by_emm_leaves_a_record_with_its_proof),
		TEST(refund__is_paid_once_and_takes_the_right_back),
		TEST(refund__parts_in_another_order_pay_the_same),
		TEST(code__tops_up_once_in_any_order),
		TEST(code__of_another_card_costs_a_try_until_the_operator_tops_up),
		TEST(payout__takes_the_whole_balance_and_proves_it),
		TEST(policy__by_count_asks_then_suspends_then_resumes),
		TEST(policy__by_amount_and_by_age_suspends_too),
		TEST(confirmation__of_a_cancellation_is_the_heads_own),
		TEST(confirmation__keeps_the_newest_eight),
	};

	fix_init(&f);
	return test_run("apps: money", cases, sizeof cases / sizeof cases[0]);
}
