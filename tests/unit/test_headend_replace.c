// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/headend: a card in another's place. */
#include "headend/accounts.h"
#include "headend_fixture.h"
#include "test.h"

#include <string.h>

/* Card 1 with a right of each kind and money, card 2 empty. */
static void
start(struct headend_fixture *f)
{
	struct head_product second = { .id = 2, .name = "Second" },
			    third = { .id = 3, .name = "Third" };
	struct head_entitlement e = { .product = 1, .start = 1, .end = TIME2000_NO_END };
	uint64_t total;

	CU_ASSERT_FATAL(headend_fixture_open(f) == 0);
	CHECK_RC(product_add(f->head, &second), RC_OK);
	CHECK_RC(product_add(f->head, &third), RC_OK);
	CHECK_RC(card_add(f->head, 1, 1, 1, FIXTURE_NOW), RC_OK);
	CHECK_RC(card_add(f->head, 2, 1, 1, FIXTURE_NOW), RC_OK);
	CHECK_RC(card_grant(f->head, 1, &e, FIXTURE_NOW), RC_OK);
	e.product = 2; /* cancelled */
	CHECK_RC(card_grant(f->head, 1, &e, FIXTURE_NOW), RC_OK);
	CHECK_RC(card_cancel(f->head, 1, 2, FIXTURE_NOW), RC_OK);
	e.product = 3; /* runs out before the exchange */
	e.end = FIXTURE_NOW + 50;
	CHECK_RC(card_grant(f->head, 1, &e, FIXTURE_NOW), RC_OK);
	CHECK_RC(card_topup(f->head, 1, 2000, "r", FIXTURE_NOW, &total), RC_OK);
	CHECK_RC(store_run(f->head->store, "UPDATE card SET spent = 450 WHERE leaf = 1", ""),
		 RC_OK);
}

static void
replace__rights_and_proven_balance_go_over_and_the_old_card_is_dead(void)
{
	struct headend_fixture f;
	struct head_account a = { .refund_total = 30, .code_total = 100 };
	struct head_replacement r;
	struct head_entitlement e;
	struct head_card old, new;
	uint32_t now = FIXTURE_NOW + 100;
	uint64_t total;

	start(&f);
	CHECK_RC(store_begin(f.head->store), RC_OK);
	CHECK_RC(account_put(f.head, 1, &a), RC_OK);
	CHECK_RC(store_commit(f.head->store), RC_OK);
	CHECK_RC(card_replace(f.head, 1, 2, now, &r), RC_OK);
	CHECK(r.rights == 1 && r.balance == 2000 + 30 + 100 - 450);
	CHECK_RC(card_get(f.head, 1, &old), RC_OK);
	CHECK_RC(card_get(f.head, 2, &new), RC_OK);
	CHECK(old.state == CARD_REVOKED && strstr(old.reason, "replaced by 00007-") != NULL);
	CHECK(new.state == CARD_ACTIVE &&new.credit_total == r.balance);
	CHECK(new.emm_sequence >= now &&old.emm_sequence >= now);
	CHECK_RC(card_entitlement_next(f.head, 2, 0, &e), RC_OK);
	CHECK(e.product == 1 && e.end == TIME2000_NO_END && !e.cancelled && e.changed_at == now);
	CHECK_RC(card_entitlement_next(f.head, 2, 1, &e), RC_NOT_FOUND);
	CHECK(headend_fixture_number(&f, "SELECT count(*) FROM card WHERE leaf = 1"
					 " AND revoked_change IS NOT NULL") == 1);
	CHECK_RC(card_topup(f.head, 1, 1, NULL, now, &total), RC_STATE);
	CHECK_RC(card_replace(f.head, 1, 2, now, &r), RC_STATE);
	CHECK_RC(card_replace(f.head, 2, 1, now, &r), RC_STATE);
	headend_fixture_close(&f);
}

static void
replace__what_would_be_mixed_or_lost_is_refused(void)
{
	struct headend_fixture f;
	struct head_replacement r;
	uint64_t total;

	start(&f);
	CHECK_RC(card_replace(f.head, 1, 1, FIXTURE_NOW, &r), RC_CONFLICT);
	CHECK_RC(card_replace(f.head, 1, 9, FIXTURE_NOW, &r), RC_NOT_FOUND);
	CHECK_RC(card_replace(f.head, 9, 2, FIXTURE_NOW, &r), RC_NOT_FOUND);
	CHECK_RC(card_topup(f.head, 2, 1, NULL, FIXTURE_NOW, &total), RC_OK);
	CHECK_RC(card_replace(f.head, 1, 2, FIXTURE_NOW, &r), RC_CONFLICT);
	headend_fixture_close(&f);
}

static void
replace__a_fault_anywhere_leaves_both_cards_as_they_were(void)
{
	static const struct {
		const char *verb, *table, *condition;
	} faults[] = { { "INSERT", "entitlement", NULL },
		       { "INSERT", "topup", NULL },
		       { "UPDATE", "card", "state = 1" },
		       { "INSERT", "outbox", "leaf = 1" },
		       { "INSERT", "outbox", "leaf = 2" } };
	struct headend_fixture f;
	struct head_replacement r;
	int64_t before[24], after[24];

	start(&f);
	headend_fixture_snapshot(&f, before);
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		test_row(faults[i].table);
		headend_fixture_fault(&f, faults[i].verb, faults[i].table, faults[i].condition,
				      true);
		CHECK(card_replace(f.head, 1, 2, FIXTURE_NOW + 100, &r) != RC_OK);
		headend_fixture_snapshot(&f, after);
		CHECK_BYTES(after, before, sizeof after);
		headend_fixture_fault(&f, faults[i].verb, faults[i].table, NULL, false);
	}
	test_row("");
	CHECK_RC(card_replace(f.head, 1, 2, FIXTURE_NOW + 100, &r), RC_OK);
	headend_fixture_close(&f);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(replace__rights_and_proven_balance_go_over_and_the_old_card_is_dead),
		TEST(replace__what_would_be_mixed_or_lost_is_refused),
		TEST(replace__a_fault_anywhere_leaves_both_cards_as_they_were),
	};

	return test_run("headend_replace", cases, sizeof cases / sizeof cases[0]);
}
