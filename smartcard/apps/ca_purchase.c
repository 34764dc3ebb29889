// SPDX-License-Identifier: GPL-3.0-or-later
/* PURCHASE: the PIN first, then the offer as the viewer saw it against the last verified ECM, then
 * the sale in one transaction (payment invariant 20). Every refusal comes before the first staged
 * byte. STOP: the end of a session or of a booking. */
#include "apps/ca_clock.h"
#include "apps/ca_collect.h"
#include "apps/ca_debit.h"
#include "apps/ca_right.h"
#include "apps/ca_sale.h"
#include "apps/ca_seen.h"
#include "apps/ca_ppt.h"
#include "apps/common.h"
#include "base/mem.h"
#include "base/status_word.h"

#define RECORDING_NEVER 2U

struct sale {
	const struct ca_purchase *wish;
	const struct ca_seen *seen;
	const struct ecm_offer *offer; /* that is wanted; NULL with slices */
	bool ahead;                    /* of the event that follows */
	uint32_t now;
};

/* The offer of this event in the last ECM; where none is, the current one. */
static void
choose(struct sale *sale)
{
	const struct ca_seen *seen = sale->seen;
	uint32_t event_id = sale->wish->event_id;

	if (seen->has_offer)
		sale->offer = &seen->offer;
	sale->ahead = seen->has_next_offer && seen->next_offer.event_id == event_id &&
		      !(seen->has_offer && seen->offer.event_id == event_id);
	if (sale->ahead)
		sale->offer = &seen->next_offer;
}

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
		return right.end > sale->now && (sale->ahead || !(right.flags & EVENT_BOOKED));
	if (*rc == RC_NOT_FOUND)
		*rc = RC_OK;
	return false;
}

static bool
is_slice_as_seen(const struct ca_purchase *wish, const struct ecm_slice *slice)
{
	return wish->event_id == slice->event_id && wish->slot == slice->slot &&
	       wish->price == slice->price && wish->seconds == slice->seconds &&
	       memcmp(wish->unit, slice->unit, UNIT_SIZE) == 0;
}

/* Finds what is wanted in what was seen. */
static enum ca_outcome
compare(struct sale *sale)
{
	const struct ca_purchase *wish = sale->wish;

	if (wish->flags == PURCHASE_SLICES) {
		if (!sale->seen->has_slice)
			return OUTCOME_NO_OFFER;
		return is_slice_as_seen(wish, &sale->seen->slice) ? OUTCOME_OPEN
								  : OUTCOME_OFFER_CHANGED;
	}
	choose(sale);
	if (!sale->offer)
		return OUTCOME_NO_OFFER;
	return is_as_seen(wish, sale->offer) ? OUTCOME_OPEN : OUTCOME_OFFER_CHANGED;
}

/* Whether the operator must collect records first; what needs no collecting is sold all the same.
 */
static enum rc
must_wait(const struct card_env *env, const struct sale *sale, bool *waits)
{
	uint8_t flags = sale->offer ? sale->offer->flags : sale->seen->slice.flags;

	return flags & OFFER_NO_CALLBACK ? RC_OK : ca_collection_suspends(env, waits);
}

/* The conditions in their order; OUTCOME_OPEN: for sale. */
static enum rc
check(const struct card_env *env, struct sale *sale, enum ca_outcome *outcome)
{
	struct ca_identity id;
	bool waits = false;
	enum rc rc = ca_identity_load(env, &id);

	if (rc == RC_OK)
		rc = ca_clock_now(env, &sale->now);
	if (rc != RC_OK)
		return rc;
	sale->seen = ca_seen_find(env, sale->wish->service_id, sale->now);
	*outcome = OUTCOME_NO_OFFER;
	if (!sale->seen || sale->wish->operator_id != id.operator_id)
		return RC_OK;
	*outcome = compare(sale);
	if (*outcome != OUTCOME_OPEN)
		return RC_OK;
	*outcome = OUTCOME_OWNED;
	if (is_owned(env, sale, &rc) || rc != RC_OK)
		return rc;
	*outcome = OUTCOME_COLLECT;
	rc = must_wait(env, sale, &waits);
	if (rc != RC_OK || waits)
		return rc;
	*outcome = OUTCOME_OPEN;
	if (!sale->offer)
		return RC_OK;
	*outcome = OUTCOME_WINDOW;
	if (!ca_offer_is_on(sale->offer, sale->now))
		return RC_OK;
	*outcome = OUTCOME_OPEN;
	return RC_OK;
}

static void
give_words(const struct ca_seen *seen, struct ca_answer *a)
{
	a->cw_size = seen->cw_size;
	memcpy(a->cw_even, seen->cw_even, seen->cw_size);
	memcpy(a->cw_odd, seen->cw_odd, seen->cw_size);
}

static void
fill_answer(const struct sale *sale, const struct record *r, struct ca_answer *a)
{
	ca_answer_receipt(a, r);
	give_words(sale->seen, a);
	a->opened_by = OPENED_BY_EVENT;
	a->opened_id = r->event_id;
	a->right_end = sale->offer->event_end;
	a->may_record = (r->flags & RECORD_MAY_RECORD) && sale->seen->recording != RECORDING_NEVER;
}

#ifdef CARD_PROFILE_SMALL
/* Only token slots have a ceiling, and a small card has none of these. */
static enum rc
slot_ceiling(const struct card_env *env, uint8_t slot, uint32_t *most)
{
	(void)env;
	(void)slot;
	*most = 0;
	return RC_OK;
}
#else
/* What the operator lets one session take from a slot; 0: all. A missing slot shows when it pays.
 */
static enum rc
slot_ceiling(const struct card_env *env, uint8_t slot, uint32_t *most)
{
	const struct purse_service *service;
	struct card_env *purse;
	struct ca_slot s;
	enum purse_result result;
	enum rc rc = ca_purse(env, &service, &purse);

	if (rc != RC_OK)
		return rc;
	result = service->slot(purse, slot, &s);
	if (result == PURSE_OK)
		*most = s.limits.ceiling;
	return result == PURSE_FAULT ? RC_FAIL : RC_OK;
}
#endif

/* Pay per time: the ceiling has room for a slice, and is not above the operator's. */
static enum rc
sell_slices(const struct card_env *env, const struct sale *sale, struct ca_answer *a)
{
	const struct ecm_slice *slice = &sale->seen->slice;
	const struct ca_slice_view view = { .slice = slice,
					    .service_id = sale->seen->service_id,
					    .time = sale->seen->time,
					    .now = sale->now,
					    .fresh = true };
	uint32_t ceiling = sale->wish->ceiling, most = 0;
	enum rc rc;

	a->outcome = OUTCOME_LIMIT;
	if (slice->ceiling > 0 && ceiling > slice->ceiling)
		return RC_OK;
	rc = slot_ceiling(env, slice->slot, &most);
	if (rc != RC_OK || (most > 0 && ceiling > most))
		return rc;
	rc = ca_ppt_agree(env, &view, ceiling, a, &a->outcome);
	if (rc == RC_OK && a->outcome == OUTCOME_OPEN) {
		give_words(sale->seen, a);
		ca_answer_balance(env, slice->slot, a);
	}
	return rc;
}

/* An event, or the booking of the next: that opens nothing yet. */
static enum rc
sell_event(const struct card_env *env, const struct sale *sale, struct ca_answer *a)
{
	const struct ca_sale terms = { .offer = sale->offer,
				       .operator_id = sale->wish->operator_id,
				       .service_id = sale->wish->service_id,
				       .price = sale->wish->price,
				       .record = (sale->wish->flags & PURCHASE_RECORD) != 0,
				       .time = sale->seen->time,
				       .now = sale->now };
	struct record r;
	enum rc rc = sale->ahead ? ca_sale_book(env, &terms, &r, &a->outcome)
				 : ca_sale_make(env, &terms, &r, &a->outcome);

	if (rc != RC_OK)
		return rc;
	if (a->outcome == OUTCOME_OPEN)
		fill_answer(sale, &r, a);
	if (a->outcome == OUTCOME_BOOKED || a->outcome == OUTCOME_BOOKED_SHORT)
		ca_answer_receipt(a, &r);
	if (a->has_receipt || a->outcome == OUTCOME_BALANCE_LOW)
		ca_answer_balance(env, sale->wish->slot, a);
	return RC_OK;
}

static enum rc
sell(const struct card_env *env, const struct ca_purchase *wish, struct ca_answer *a)
{
	struct sale sale = { .wish = wish };
	enum rc rc = check(env, &sale, &a->outcome);

	if (rc == RC_OK && a->outcome != OUTCOME_OPEN)
		ca_answer_collection(env, a);
	if (rc != RC_OK || a->outcome != OUTCOME_OPEN)
		return rc;
	return sale.offer ? sell_event(env, &sale, a) : sell_slices(env, &sale, a);
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

/* Takes a booking back that is not paid yet. */
static enum rc
cancel_booking(const struct card_env *env, uint32_t event_id)
{
	struct ca_event_right right;
	enum rc rc = ca_event_find(env, event_id, &right);

	if (rc == RC_OK && (right.flags & EVENT_BOOKED))
		rc = ca_event_cancel(env, event_id);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* Without a PIN: it can only save money. */
uint16_t
ca_stop_command(struct card_env *env, struct card_call *call)
{
	struct ca_answer a = { .outcome = OUTCOME_NO_OFFER };
	struct ca_identity id;
	struct ca_stop stop;
	enum rc rc = ca_identity_load(env, &id);

	ca_stop_decode(call->cmd->data, &stop);
	if (rc == RC_OK && stop.operator_id == id.operator_id) {
		a.outcome = OUTCOME_STOPPED;
		rc = ca_ppt_stop(env, stop.event_id, &a);
		if (rc == RC_OK)
			rc = cancel_booking(env, stop.event_id);
	}
	return rc == RC_OK ? ca_answer_send(call, &a) : app_status(rc);
}
