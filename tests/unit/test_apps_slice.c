// SPDX-License-Identifier: GPL-3.0-or-later
/* Pay per time, and what is booked ahead: charged once, within what the viewer agreed to. */
#include "card_fixture.h"
#include "test.h"

#include "base/status_word.h"

#include <string.h>

static struct card_fixture f;

/* A card with money that has just seen the slices for sale at FIX_T0. */
static void
see_slices(uint64_t balance)
{
	const struct ecm ecm = fix_slice_ecm(FIX_T0);

	fix_copy(&f);
	if (balance > 0)
		fix_topup(&f, balance, 1);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
}

static struct ca_answer
agree(unsigned int slices)
{
	const struct ca_purchase p = fix_slice_purchase(slices * FIX_SLICE_PRICE);
	struct ca_answer a;

	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	return a;
}

static struct ca_answer
at(uint32_t seconds)
{
	const struct ecm ecm = fix_slice_ecm(FIX_T0 + seconds);
	struct ca_answer a;

	CHECK(fix_ecm_send(&f, &ecm, &a) == SW_OK);
	return a;
}

static void
slice__is_charged_once_however_often_its_ecms_come(void)
{
	struct ca_answer a;

	see_slices(1000);
	a = agree(10);
	CHECK(a.outcome == OUTCOME_OPEN && a.session.charged && a.cw_size > 0);
	CHECK(a.opened_by == OPENED_BY_SLICE && a.right_end == FIX_T0 + FIX_SLICE_S);
	for (uint32_t t = 0; t < FIX_SLICE_S; t += FIX_SLICE_S / 4) {
		a = at(t);
		CHECK(a.outcome == OUTCOME_OPEN && !a.session.charged);
	}
	CHECK(fix_wallet(&f).spent == FIX_SLICE_PRICE);
	a = at(FIX_SLICE_S);
	CHECK(a.outcome == OUTCOME_OPEN && a.session.charged);
	CHECK(a.session.slices == 2 && a.session.spent == 2 * FIX_SLICE_PRICE);
	CHECK(fix_wallet(&f).spent == 2 * FIX_SLICE_PRICE);
}

static void
slice__record_of_the_session_grows_instead_of_one_for_each(void)
{
	struct record r;

	see_slices(1000);
	(void)agree(10);
	(void)at(FIX_SLICE_S);
	(void)at(2 * FIX_SLICE_S);
	CHECK(fix_info(&f).records == 1);
	r = fix_record(&f, 0);
	CHECK(r.type == RECORD_SLICE && r.count == 3 && r.price == 3 * FIX_SLICE_PRICE);
	CHECK(r.balance_after == 1000 - 3 * FIX_SLICE_PRICE);
}

static void
slice__beyond_the_ceiling_waits_for_another_agreement(void)
{
	struct ca_answer a;

	see_slices(1000);
	(void)agree(2);
	CHECK(at(FIX_SLICE_S).outcome == OUTCOME_OPEN);
	a = at(2 * FIX_SLICE_S);
	CHECK(a.outcome == OUTCOME_CEILING && a.cw_size == 0);
	CHECK(a.has_session && a.session.ceiling == 2 * FIX_SLICE_PRICE);
	CHECK(fix_wallet(&f).spent == 2 * FIX_SLICE_PRICE);
	a = agree(3);
	CHECK(a.outcome == OUTCOME_OPEN && a.session.spent == 3 * FIX_SLICE_PRICE);
	CHECK(at(3 * FIX_SLICE_S).outcome == OUTCOME_CEILING);
}

static void
slice__above_the_operators_ceiling_or_at_another_price_is_not_agreed(void)
{
	struct ca_purchase p = fix_slice_purchase(3 * FIX_SLICE_PRICE);
	struct ecm ecm = fix_slice_ecm(FIX_T0);
	struct ca_answer a;

	fix_copy(&f);
	fix_topup(&f, 1000, 1);
	ecm.criteria.slice.ceiling = 2 * FIX_SLICE_PRICE;
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_LIMIT);
	p.ceiling = 2 * FIX_SLICE_PRICE;
	p.price++;
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OFFER_CHANGED);
	p.price--;
	p.seconds++;
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_OFFER_CHANGED);
	CHECK(fix_wallet(&f).spent == 0 && fix_info(&f).records == 0);
}

static void
slice__that_the_balance_does_not_cover_opens_nothing(void)
{
	struct ca_answer a;

	see_slices(FIX_SLICE_PRICE);
	CHECK(agree(10).outcome == OUTCOME_OPEN);
	a = at(FIX_SLICE_S);
	CHECK(a.outcome == OUTCOME_BALANCE_LOW && a.cw_size == 0);
	CHECK(a.has_balance && a.balance == 0);
	CHECK(at(0).outcome == OUTCOME_OPEN); /* what is paid is paid */
}

static void
slice__is_still_paid_after_a_power_cut(void)
{
	struct ca_answer a;

	see_slices(1000);
	(void)agree(10);
	fix_power_cycle(&f);
	a = at(FIX_SLICE_S / 2);
	CHECK(a.outcome == OUTCOME_OPEN && !a.session.charged);
	CHECK(fix_wallet(&f).spent == FIX_SLICE_PRICE);
	a = at(FIX_SLICE_S);
	CHECK(a.session.charged && a.session.ceiling == 10 * FIX_SLICE_PRICE);
}

static void
slice__stop_charges_nothing_more_and_what_was_paid_opens(void)
{
	struct ca_answer a;

	see_slices(1000);
	(void)agree(10);
	CHECK(fix_stop(&f, FIX_EVENT, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_STOPPED && a.session.spent == FIX_SLICE_PRICE);
	CHECK(at(FIX_SLICE_S).outcome == OUTCOME_OFFER);
	CHECK(at(0).outcome == OUTCOME_OPEN);
	CHECK(fix_wallet(&f).spent == FIX_SLICE_PRICE);
}

static void
slice__of_a_past_time_is_not_charged(void)
{
	struct ca_answer a;

	see_slices(1000);
	(void)agree(10);
	(void)at(3 * FIX_SLICE_S);
	a = at(FIX_SLICE_S); /* a recording, or a clock put back */
	CHECK(a.outcome == OUTCOME_OLD && a.cw_size == 0);
	CHECK(fix_wallet(&f).spent == 2 * FIX_SLICE_PRICE);
}

/* A card with money that has booked the event of 100 s after FIX_T0. */
static enum ca_outcome
book(uint64_t balance)
{
	const struct ca_purchase p = fix_purchase();
	const struct ecm ecm = fix_next_ecm(FIX_T0);
	struct ca_answer a;

	fix_copy(&f);
	fix_topup(&f, balance, 1);
	CHECK(fix_ecm_outcome(&f, &ecm) != OUTCOME_OPEN);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.cw_size == 0);
	return a.outcome;
}

static void
booking__is_paid_when_the_event_begins_and_not_before(void)
{
	const struct ecm begun = fix_offer_ecm(FIX_T0 + 100);
	const uint32_t price = fix_purchase().price;

	CHECK(book(10000) == OUTCOME_BOOKED);
	CHECK(fix_wallet(&f).spent == 0 && fix_info(&f).events == 1);
	fix_power_cycle(&f);
	CHECK(fix_ecm_outcome(&f, &begun) == OUTCOME_OPEN);
	CHECK(fix_wallet(&f).spent == price);
	CHECK(fix_ecm_outcome(&f, &begun) == OUTCOME_OPEN);
	CHECK(fix_wallet(&f).spent == price);
}

static void
booking__that_the_balance_will_not_cover_warns_and_opens_nothing(void)
{
	const struct ecm begun = fix_offer_ecm(FIX_T0 + 100);

	CHECK(book(1) == OUTCOME_BOOKED_SHORT);
	CHECK(fix_ecm_outcome(&f, &begun) == OUTCOME_BALANCE_LOW);
	CHECK(fix_wallet(&f).spent == 0);
	fix_topup(&f, 10000, 2);
	CHECK(fix_ecm_outcome(&f, &begun) == OUTCOME_OPEN);
}

static void
booking__stopped_before_it_begins_costs_nothing(void)
{
	const struct ecm begun = fix_offer_ecm(FIX_T0 + 100);
	struct ca_answer a;

	CHECK(book(10000) == OUTCOME_BOOKED);
	CHECK(fix_stop(&f, FIX_EVENT, &a) == SW_OK);
	CHECK(fix_ecm_outcome(&f, &begun) == OUTCOME_OFFER);
	CHECK(fix_wallet(&f).spent == 0 && fix_info(&f).events == 0);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(slice__is_charged_once_however_often_its_ecms_come),
		TEST(slice__record_of_the_session_grows_instead_of_one_for_each),
		TEST(slice__beyond_the_ceiling_waits_for_another_agreement),
		TEST(slice__above_the_operators_ceiling_or_at_another_price_is_not_agreed),
		TEST(slice__that_the_balance_does_not_cover_opens_nothing),
		TEST(slice__is_still_paid_after_a_power_cut),
		TEST(slice__stop_charges_nothing_more_and_what_was_paid_opens),
		TEST(slice__of_a_past_time_is_not_charged),
		TEST(booking__is_paid_when_the_event_begins_and_not_before),
		TEST(booking__that_the_balance_will_not_cover_warns_and_opens_nothing),
		TEST(booking__stopped_before_it_begins_costs_nothing),
	};

	return test_run("apps: slices and bookings", cases, sizeof cases / sizeof cases[0]);
}
