// SPDX-License-Identifier: GPL-3.0-or-later
/* What a purchase of an event leaves on the card. */
#include "apps/ca_sale.h"

#include "apps/ca_clock.h"
#include "apps/ca_debit.h"
#include "apps/ca_record.h"
#include "apps/ca_right.h"
#include "base/mem.h"

static void
fill_record(const struct ca_sale *sale, enum record_type type, const struct ca_journal *j,
	    struct record *r)
{
	*r = (struct record) { .sequence = j->head + 1,
			       .type = (uint8_t)type,
			       .operator_id = sale->operator_id,
			       .event_id = sale->offer->event_id,
			       .service_id = sale->service_id,
			       .slot = sale->offer->slot,
			       .price = sale->price,
			       .time = sale->time };
	memcpy(r->unit, sale->offer->unit, UNIT_SIZE);
	if (sale->record)
		r->flags |= RECORD_MAY_RECORD;
	if (sale->offer->flags & OFFER_NO_CALLBACK)
		r->flags |= RECORD_NO_CALLBACK;
}

static struct ca_event_right
right_of(const struct ca_sale *sale)
{
	return (struct ca_event_right) { .event_id = sale->offer->event_id,
					 .end = sale->offer->event_end,
					 .flags = sale->record ? ENTITLEMENT_MAY_RECORD : 0 };
}

/* Record, right and clock of one debit, of amount. */
static enum rc
stage(const struct card_env *env, const struct ca_sale *sale, struct ca_journal *j,
      const struct ca_event_right *right, const struct record *r)
{
	enum rc rc = ca_event_put(env, right, sale->now);

	if (rc == RC_OK)
		rc = ca_journal_append(env, j, r);
	if (rc == RC_OK)
		rc = ca_clock_stage(env);
	return rc;
}

static enum rc
reserve(const struct card_env *env, struct ca_journal *j, enum ca_outcome *outcome)
{
	enum rc rc = ca_journal_load(env, j);

	*outcome = OUTCOME_RECORDS_FULL;
	if (rc == RC_OK)
		rc = ca_journal_reserve(env, j);
	if (rc == RC_OK)
		*outcome = OUTCOME_OPEN;
	return rc == RC_SPACE ? RC_OK : rc;
}

enum rc
ca_sale_make(const struct card_env *env, const struct ca_sale *sale, struct record *r,
	     enum ca_outcome *outcome)
{
	struct ca_event_right right = right_of(sale);
	struct ca_journal j;
	enum rc rc = reserve(env, &j, outcome);

	if (rc != RC_OK || *outcome != OUTCOME_OPEN)
		return rc;
	fill_record(sale, RECORD_EVENT, &j, r);
	rc = ca_debit(env, r, r->price, outcome);
	if (rc != RC_OK || *outcome != OUTCOME_OPEN)
		return rc;
	right.record = r->sequence;
	return stage(env, sale, &j, &right, r);
}

/* Whether the slot holds less than all that is booked and not over. */
static enum rc
is_short(const struct card_env *env, const struct ca_sale *sale, bool *yes)
{
	struct ca_answer a = { 0 };
	struct ca_event_right right;
	uint64_t booked = 0;
	enum rc rc = RC_OK;

	for (unsigned int i = 0; (rc = ca_event_at(env, i, &right)) == RC_OK; i++) {
		if ((right.flags & EVENT_BOOKED) && right.end > sale->now)
			booked += right.record;
	}
	ca_answer_balance(env, sale->offer->slot, &a);
	*yes = a.balance < 0 || (uint64_t)a.balance < booked;
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

enum rc
ca_sale_book(const struct card_env *env, const struct ca_sale *sale, struct record *r,
	     enum ca_outcome *outcome)
{
	struct ca_event_right right = right_of(sale);
	struct ca_journal j;
	bool yes = false;
	enum rc rc = reserve(env, &j, outcome);

	if (rc != RC_OK || *outcome != OUTCOME_OPEN)
		return rc;
	fill_record(sale, RECORD_BOOKING, &j, r);
	rc = ca_debit(env, r, 0, outcome);
	if (rc != RC_OK || *outcome != OUTCOME_OPEN)
		return rc;
	right.flags |= EVENT_BOOKED;
	right.start = sale->offer->event_start;
	right.record = sale->price;
	rc = stage(env, sale, &j, &right, r);
	if (rc == RC_OK)
		rc = is_short(env, sale, &yes);
	*outcome = yes ? OUTCOME_BOOKED_SHORT : OUTCOME_BOOKED;
	return rc;
}
