// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/headend: money by voucher, code and refund, and the proofs that cards bring. */
#include "headend_fixture.h"
#include "test.h"

#include "headend/accounts.h"
#include "headend/emm_set.h"
#include "headend/policy.h"
#include "headend/settlement.h"
#include "headend/vouchers.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

#define LEAF 5
#define OTHER 6

struct codes {
	char text[4][VOUCHER_TEXT];
	size_t count, fail_at; /* 0: never */
};

static enum rc
keep(void *ctx, const char *text)
{
	struct codes *c = ctx;

	snprintf(c->text[c->count++], VOUCHER_TEXT, "%s", text);
	return c->count == c->fail_at ? RC_IO : RC_OK;
}

static void
start(struct headend_fixture *f)
{
	CU_ASSERT_FATAL(headend_fixture_open(f) == 0);
	CHECK_RC(card_add(f->head, LEAF, 1, 1, FIXTURE_NOW), RC_OK);
	CHECK_RC(card_add(f->head, OTHER, 1, 1, FIXTURE_NOW), RC_OK);
}

static void
make(struct headend_fixture *f, struct codes *c, uint32_t count)
{
	const struct voucher_batch b = { count, 500, FIXTURE_NOW + 1000 };
	int64_t number = 0;

	CHECK_RC(voucher_generate(f->head, f->keys.crypto, &b, FIXTURE_NOW, keep, c, &number),
		 RC_OK);
	CHECK(number > 0 && c->count == count);
}

static enum rc
redeem(struct headend_fixture *f, const char *text, uint32_t leaf, uint32_t now)
{
	uint8_t digits[VOUCHER_DIGITS];
	struct voucher_redeemed r;

	CHECK_RC(code_from_text(text, digits, sizeof digits), RC_OK);
	return voucher_redeem(f->head, f->keys.crypto, leaf, digits, now, &r);
}

static void
voucher__pays_one_card_once(void)
{
	struct headend_fixture f;
	struct codes c = { .count = 0 };
	struct head_card card;

	start(&f);
	make(&f, &c, 2);
	CHECK(strcmp(c.text[0], c.text[1]) != 0);
	CHECK_RC(redeem(&f, c.text[0], LEAF, FIXTURE_NOW), RC_OK);
	CHECK_RC(redeem(&f, c.text[0], LEAF, FIXTURE_NOW), RC_CONFLICT);
	CHECK_RC(redeem(&f, c.text[0], OTHER, FIXTURE_NOW), RC_CONFLICT);
	CHECK_RC(redeem(&f, c.text[1], LEAF, FIXTURE_NOW + 1000), RC_REFUSED);
	CHECK_RC(redeem(&f, c.text[1], 99, FIXTURE_NOW), RC_NOT_FOUND);
	CHECK_RC(card_get(f.head, LEAF, &card), RC_OK);
	CHECK(card.credit_total == 500);
	CHECK_RC(card_get(f.head, OTHER, &card), RC_OK);
	CHECK(card.credit_total == 0);
	headend_fixture_close(&f);
}

static void
voucher__a_batch_that_cannot_be_written_down_is_not_made(void)
{
	const struct voucher_batch b = { 3, 500, FIXTURE_NOW + 1000 };
	struct headend_fixture f;
	struct codes c = { .fail_at = 3 };
	int64_t number = 0;

	start(&f);
	CHECK_RC(voucher_generate(f.head, f.keys.crypto, &b, FIXTURE_NOW, keep, &c, &number),
		 RC_IO);
	CHECK(headend_fixture_number(&f, "SELECT count(*) FROM voucher") == 0);
	headend_fixture_close(&f);
}

static void
voucher__guesses_are_counted_for_each_card_and_a_slip_is_none(void)
{
	static const char guess[] = "0000-0000-0000-0000-0000", slip[] = "0000-0000-0000-0000-0001";
	struct headend_fixture f;
	struct codes c = { .count = 0 };

	start(&f);
	make(&f, &c, 2);
	for (unsigned int i = 0; i < 2 * VOUCHER_TRIES; i++)
		CHECK_RC(redeem(&f, slip, LEAF, FIXTURE_NOW), RC_INTEGRITY);
	for (unsigned int i = 0; i < VOUCHER_TRIES; i++)
		CHECK_RC(redeem(&f, guess, LEAF, FIXTURE_NOW + i), RC_NOT_FOUND);
	CHECK_RC(redeem(&f, c.text[0], LEAF, FIXTURE_NOW + 10), RC_REFUSED);
	CHECK_RC(redeem(&f, c.text[0], OTHER, FIXTURE_NOW + 10), RC_OK);
	CHECK_RC(redeem(&f, c.text[1], LEAF, FIXTURE_NOW + VOUCHER_TRIES_S),
		 RC_REFUSED); /* run out */
	headend_fixture_close(&f);
}

static void
code__is_counted_and_known_to_the_books(void)
{
	struct headend_fixture f;
	struct head_account a;
	uint8_t one[TOPUP_CODE_DIGITS], two[TOPUP_CODE_DIGITS];
	uint32_t counter = 0;

	start(&f);
	CHECK_RC(topup_code_issue(f.head, &f.keys, LEAF, 250, "call", FIXTURE_NOW, one, &counter),
		 RC_OK);
	CHECK(counter == 1);
	CHECK_RC(topup_code_issue(f.head, &f.keys, LEAF, 250, "call", FIXTURE_NOW, two, &counter),
		 RC_CONFLICT);
	CHECK_RC(topup_code_issue(f.head, &f.keys, LEAF, 250, NULL, FIXTURE_NOW, two, &counter),
		 RC_OK);
	CHECK(counter == 2 && memcmp(one, two, sizeof one) != 0);
	CHECK_RC(topup_code_issue(f.head, &f.keys, LEAF, 0, NULL, FIXTURE_NOW, two, &counter),
		 RC_RANGE);
	CHECK_RC(account_get(f.head, LEAF, &a), RC_OK);
	CHECK(a.code_counter == 2 && a.code_total == 500);
	headend_fixture_close(&f);
}

static void
put_record(struct headend_fixture *f, int64_t sequence, int64_t type, int64_t price)
{
	static const uint8_t bytes[RECORD_SIZE], chain[CRYPTO_MAC];

	CHECK_RC(store_run(f->head->store,
			   "INSERT INTO record(shard, leaf, sequence, bytes, chain, event, service,"
			   " slot, price, at, imported_at, type)"
			   " VALUES(0, ?, ?, ?, ?, 7, 102, 0, ?, 1, 1, ?)",
			   "iibbii", (int64_t)LEAF, sequence, bytes, sizeof bytes, chain,
			   sizeof chain, price, type),
		 RC_OK);
}

static void
refund__is_tied_to_one_settled_record_once(void)
{
	struct headend_fixture f;
	struct head_account a;
	struct head_refund r = { .record = 0 };
	struct emm_set *set = NULL;

	start(&f);
	put_record(&f, 1, RECORD_EVENT, 450);
	put_record(&f, 2, RECORD_TOPUP, 100);
	put_record(&f, 3, RECORD_SLICE, 60);
	CHECK_RC(refund_make(f.head, LEAF, 1, "complaint", FIXTURE_NOW, &r), RC_OK);
	CHECK(r.amount == 450 && r.total == 450);
	CHECK_RC(refund_make(f.head, LEAF, 1, NULL, FIXTURE_NOW, &r), RC_CONFLICT);
	CHECK_RC(refund_make(f.head, LEAF, 2, NULL, FIXTURE_NOW, &r), RC_REFUSED);
	CHECK_RC(refund_make(f.head, LEAF, 9, NULL, FIXTURE_NOW, &r), RC_NOT_FOUND);
	CHECK_RC(refund_make(f.head, OTHER, 1, NULL, FIXTURE_NOW, &r), RC_NOT_FOUND);
	CHECK_RC(refund_make(f.head, LEAF, 3, NULL, FIXTURE_NOW, &r), RC_OK);
	CHECK(r.amount == 60 && r.total == 510);
	CHECK_RC(account_get(f.head, LEAF, &a), RC_OK);
	CHECK(a.refund_total == 510 && a.refund_sequence == r.sequence);
	CHECK_RC(emm_set_build(f.head, &f.keys, LEAF, &set), RC_OK);
	CHECK(set && set->count == 2); /* keys, and both refunds in one part */
	emm_set_free(&set);
	headend_fixture_close(&f);
}

static void
policy__stands_beside_the_signed_time_once_it_is_set(void)
{
	const struct head_policy p = { true, 3, 86400, 5000 };
	struct headend_fixture f;
	struct head_policy got = { .count = 0 };
	struct emm_section before, after;

	start(&f);
	CHECK_RC(policy_get(f.head, &got), RC_OK);
	CHECK(!got.is_set);
	CHECK_RC(emm_time_build(f.head, &f.keys, FIXTURE_NOW, &before), RC_OK);
	CHECK_RC(policy_set(f.head, &p), RC_OK);
	CHECK_RC(policy_set(f.head, &p), RC_OK);
	CHECK_RC(policy_get(f.head, &got), RC_OK);
	CHECK(got.is_set && got.count == 3 && got.age_s == 86400 && got.amount_minor == 5000);
	CHECK_RC(emm_time_build(f.head, &f.keys, FIXTURE_NOW, &after), RC_OK);
	CHECK(after.len == before.len + 12);
	headend_fixture_close(&f);
}

static void
prove(struct headend_fixture *f, struct payout_proof *p)
{
	uint8_t purse[CRYPTO_KEY], key[CRYPTO_KEY];

	*p = (struct payout_proof) { .leaf = LEAF,
				     .record = { .sequence = 4,
						 .type = RECORD_PAYOUT,
						 .operator_id = FIXTURE_OPERATOR,
						 .unit = { 'E', 'U', 'R' },
						 .price = 700,
						 .time = FIXTURE_NOW,
						 .purse_sequence = 9 } };
	CHECK_RC(keystore_card_key(f->keys.keystore, DOMAIN_PURSE, LEAF, purse), RC_OK);
	CHECK_RC(ladder_derive(f->keys.crypto, purse, LABEL_TAC, NULL, 0, key), RC_OK);
	CHECK_RC(record_tac(f->keys.crypto, key, &p->record, p->record.tac), RC_OK);
}

static void
payout__is_paid_once_even_under_another_number(void)
{
	struct headend_fixture f;
	struct payout_proof p, forged;
	struct head_replacement moved = { 0 };
	uint8_t bytes[PAYOUT_PROOF_SIZE];
	uint64_t total = 0;

	start(&f);
	prove(&f, &p);
	forged = p;
	forged.record.price++;
	CHECK_RC(payout_enter(f.head, &f.keys, &forged, FIXTURE_NOW), RC_AUTH);
	forged = p;
	forged.leaf = OTHER;
	CHECK_RC(payout_enter(f.head, &f.keys, &forged, FIXTURE_NOW), RC_AUTH);
	payout_proof_encode(&p, bytes);
	for (size_t n = 0; n < sizeof bytes; n++)
		CHECK_RC(payout_proof_decode(bytes, n, &forged), RC_TRUNCATED);
	CHECK_RC(payout_proof_decode(bytes, sizeof bytes, &forged), RC_OK);
	CHECK_RC(payout_enter(f.head, &f.keys, &forged, FIXTURE_NOW), RC_OK);
	CHECK_RC(payout_enter(f.head, &f.keys, &p, FIXTURE_NOW), RC_CONFLICT);
	p.record.sequence++; /* which the TAC does not cover */
	CHECK_RC(payout_enter(f.head, &f.keys, &p, FIXTURE_NOW), RC_CONFLICT);
	CHECK(headend_fixture_number(&f, "SELECT sum(amount) FROM payout") == 700);
	CHECK_RC(card_topup(f.head, LEAF, 1000, NULL, FIXTURE_NOW, &total), RC_OK);
	CHECK_RC(card_replace(f.head, LEAF, OTHER, FIXTURE_NOW, &moved), RC_OK);
	CHECK(moved.balance == 300); /* what was paid out in cash does not go over as well */
	headend_fixture_close(&f);
}

static void
confirmation__proves_a_cancellation_of_any_right_that_was_granted(void)
{
	struct headend_fixture f;
	struct head_confirmed got = { .product = 0 };
	struct head_entitlement e = { .product = 1, .start = 100, .end = 200 };
	uint8_t ca[CRYPTO_KEY], key[CRYPTO_KEY], digits[CONFIRMATION_DIGITS];
	const struct confirmation what = { 1, 100, 200, 1 }, never = { 1, 100, 201, 2 };

	start(&f);
	CHECK_RC(card_grant(f.head, LEAF, &e, FIXTURE_NOW), RC_OK);
	e.end = 300; /* a newer grant that the card never got */
	CHECK_RC(card_grant(f.head, LEAF, &e, FIXTURE_NOW + 1), RC_OK);
	CHECK_RC(card_cancel(f.head, LEAF, 1, FIXTURE_NOW + 2), RC_OK);
	CHECK_RC(keystore_card_key(f.keys.keystore, DOMAIN_CA, LEAF, ca), RC_OK);
	CHECK_RC(ladder_derive(f.keys.crypto, ca, LABEL_CONFIRM, NULL, 0, key), RC_OK);
	CHECK_RC(confirmation_make(f.keys.crypto, key, &never, digits), RC_OK);
	CHECK_RC(confirmation_enter(f.head, &f.keys, LEAF, digits, FIXTURE_NOW + 3, &got), RC_AUTH);
	CHECK_RC(confirmation_make(f.keys.crypto, key, &what, digits), RC_OK);
	CHECK_RC(confirmation_enter(f.head, &f.keys, OTHER, digits, FIXTURE_NOW + 3, &got),
		 RC_AUTH);
	CHECK_RC(confirmation_enter(f.head, &f.keys, LEAF, digits, FIXTURE_NOW + 3, &got), RC_OK);
	CHECK(got.product == 1 && got.start == 100 && got.end == 200 && got.counter == 1);
	CHECK_RC(confirmation_enter(f.head, &f.keys, LEAF, digits, FIXTURE_NOW + 3, &got),
		 RC_CONFLICT);
	headend_fixture_close(&f);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(voucher__pays_one_card_once),
		TEST(voucher__a_batch_that_cannot_be_written_down_is_not_made),
		TEST(voucher__guesses_are_counted_for_each_card_and_a_slip_is_none),
		TEST(code__is_counted_and_known_to_the_books),
		TEST(refund__is_tied_to_one_settled_record_once),
		TEST(policy__stands_beside_the_signed_time_once_it_is_set),
		TEST(payout__is_paid_once_even_under_another_number),
		TEST(confirmation__proves_a_cancellation_of_any_right_that_was_granted),
	};

	return test_run("headend_money", cases, sizeof cases / sizeof cases[0]);
}
