// SPDX-License-Identifier: GPL-3.0-or-later
/* PURCHASE: the PIN first, then the offer as the viewer saw it against the last verified ECM, then
 * debit, record and right in one transaction (payment invariant 20). Every refusal comes before the
 * first staged byte. */
#include "apps/ca_clock.h"
#include "apps/ca_record.h"
#include "apps/ca_right.h"
#include "apps/ca_seen.h"
#include "apps/common.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "wire/personalise.h"

#define RECORDING_NEVER 2U

struct sale {
	const struct ca_purchase *wish;
	const struct ca_seen *seen;
	struct ca_journal journal;
	uint32_t now;
};

/* What the viewer saw is what the ECM says. */
static bool
is_as_seen(const struct ca_purchase *wish, const struct ecm_offer *offer)
{
	bool record = (wish->flags & PURCHASE_RECORD) != 0;

	if (record && !(offer->flags & OFFER_RECORDABLE))
		return false;
	return wish->event_id == offer->event_id && wish->slot == offer->slot &&
	       wish->price == (record ? offer->price_record : offer->price_view) &&
	       memcmp(wish->unit, offer->unit, UNIT_SIZE) == 0;
}

static bool
is_owned(const struct card_env *env, const struct sale *sale, enum rc *rc)
{
	struct ca_event_right right;

	*rc = ca_event_find(env, sale->wish->event_id, &right);
	if (*rc == RC_OK)
		return right.end > sale->now;
	if (*rc == RC_NOT_FOUND)
		*rc = RC_OK;
	return false;
}

/* The conditions in their order; OUTCOME_OPEN: for sale. */
static enum rc
check(const struct card_env *env, struct sale *sale, enum ca_outcome *outcome)
{
	struct ca_identity id;
	enum rc rc = ca_identity_load(env, &id);

	if (rc == RC_OK)
		rc = ca_clock_now(env, &sale->now);
	if (rc != RC_OK)
		return rc;
	sale->seen = ca_seen_find(env, sale->wish->service_id, sale->now);
	*outcome = OUTCOME_NO_OFFER;
	if (!sale->seen || sale->wish->operator_id != id.operator_id)
		return RC_OK;
	*outcome = OUTCOME_OFFER_CHANGED;
	if (!is_as_seen(sale->wish, &sale->seen->offer))
		return RC_OK;
	*outcome = OUTCOME_OWNED;
	if (is_owned(env, sale, &rc) || rc != RC_OK)
		return rc;
	*outcome = OUTCOME_WINDOW;
	if (!ca_offer_is_on(&sale->seen->offer, sale->now))
		return RC_OK;
	*outcome = OUTCOME_RECORDS_FULL;
	rc = ca_journal_load(env, &sale->journal);
	if (rc == RC_OK)
		rc = ca_journal_reserve(env, &sale->journal);
	if (rc == RC_OK)
		*outcome = OUTCOME_OPEN;
	return rc == RC_SPACE ? RC_OK : rc;
}

static void
fill_record(const struct sale *sale, struct record *r)
{
	const struct ecm_offer *offer = &sale->seen->offer;

	memset(r, 0, sizeof *r);
	r->sequence = sale->journal.head + 1;
	r->type = RECORD_EVENT;
	if (sale->wish->flags & PURCHASE_RECORD)
		r->flags |= RECORD_MAY_RECORD;
	if (offer->flags & OFFER_NO_CALLBACK)
		r->flags |= RECORD_NO_CALLBACK;
	r->operator_id = sale->wish->operator_id;
	r->event_id = offer->event_id;
	r->service_id = sale->wish->service_id;
	r->slot = offer->slot;
	memcpy(r->unit, offer->unit, UNIT_SIZE);
	r->price = sale->wish->price;
	r->time = sale->seen->time;
}

static enum rc
debit(const struct card_env *env, struct record *r, enum ca_outcome *outcome)
{
	static const uint8_t aid[] = AID_CA;
	const struct purse_service *service;
	struct card_env *purse;
	enum purse_result result;
	enum rc rc = ca_purse(env, &service, &purse);

	if (rc != RC_OK)
		return rc;
	result = service->debit(purse, aid, sizeof aid, r, r->price);
	if (result == PURSE_OK)
		*outcome = OUTCOME_OPEN;
	else if (result == PURSE_BALANCE_LOW)
		*outcome = OUTCOME_BALANCE_LOW;
	else if (result == PURSE_LIMIT)
		*outcome = OUTCOME_LIMIT;
	else if (result == PURSE_NO_SLOT || result == PURSE_UNIT)
		*outcome = OUTCOME_NO_SLOT;
	else
		return result == PURSE_EXHAUSTED ? RC_SPACE : RC_FAIL;
	return RC_OK;
}

/* Debit, right, record, clock: staged for one commit. RC_SPACE: no room for the right, or the
 * purse's numbers are used up; the command
 * must then stage nothing. */
static enum rc
stage(const struct card_env *env, struct sale *sale, struct record *r, enum ca_outcome *outcome)
{
	struct ca_event_right right = { .event_id = sale->wish->event_id,
					.end = sale->seen->offer.event_end,
					.flags = sale->wish->flags & PURCHASE_RECORD
							 ? ENTITLEMENT_MAY_RECORD
							 : 0,
					.record = sale->journal.head + 1 };
	enum rc rc;

	fill_record(sale, r);
	rc = debit(env, r, outcome);
	if (rc != RC_OK || *outcome != OUTCOME_OPEN)
		return rc;
	rc = ca_event_put(env, &right, sale->now);
	if (rc == RC_OK)
		rc = ca_journal_append(env, &sale->journal, r);
	if (rc == RC_OK)
		rc = ca_clock_stage(env);
	return rc;
}

static void
fill_answer(const struct sale *sale, const struct record *r, struct ca_answer *a)
{
	const struct ca_seen *seen = sale->seen;

	a->cw_size = seen->cw_size;
	memcpy(a->cw_even, seen->cw_even, seen->cw_size);
	memcpy(a->cw_odd, seen->cw_odd, seen->cw_size);
	a->opened_by = OPENED_BY_EVENT;
	a->opened_id = r->event_id;
	a->right_end = seen->offer.event_end;
	a->may_record = (r->flags & RECORD_MAY_RECORD) && seen->recording != RECORDING_NEVER;
	a->has_receipt = true;
	a->receipt.record = r->sequence;
	a->receipt.price = r->price;
	a->receipt.balance_after = r->balance_after;
	memcpy(a->receipt.tac, r->tac, sizeof a->receipt.tac);
}

static enum rc
sell(const struct card_env *env, const struct ca_purchase *wish, struct ca_answer *a)
{
	struct sale sale = { .wish = wish };
	struct record r;
	enum rc rc = check(env, &sale, &a->outcome);

	if (rc == RC_OK && a->outcome == OUTCOME_OPEN)
		rc = stage(env, &sale, &r, &a->outcome);
	if (rc != RC_OK)
		return rc;
	if (a->outcome == OUTCOME_OPEN)
		fill_answer(&sale, &r, a);
	if (a->outcome == OUTCOME_OPEN || a->outcome == OUTCOME_BALANCE_LOW)
		ca_answer_balance(env, wish->slot, a);
	return RC_OK;
}

uint16_t
ca_purchase_command(struct card_env *env, struct card_call *call)
{
	const struct pin_place place = ca_pin_place();
	struct ca_answer a = { .outcome = OUTCOME_NO_OFFER };
	struct ca_purchase wish;
	uint16_t sw = SW_DATA;
	enum rc rc;

	if (ca_purchase_decode(call->cmd->data, call->cmd->lc, &wish) != RC_OK)
		return sw;
	sw = pin_verify(env, &place, wish.pin, wish.pin_len);
	if (sw == SW_OK) {
		rc = sell(env, &wish, &a);
		sw = rc == RC_OK ? ca_answer_send(call, &a) : app_status(rc);
	}
	mem_wipe(&wish, sizeof wish);
	mem_wipe(&a, sizeof a);
	return sw;
}
