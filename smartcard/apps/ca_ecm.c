// SPDX-License-Identifier: GPL-3.0-or-later
/* ECM: checks it, places it in time, compares its criteria with the rights of this card, and gives
 * the control words only when a right opens. */
#include "apps/ca_channel.h"
#include "apps/ca_clock.h"
#include "apps/ca_collect.h"
#include "apps/ca_debit.h"
#include "apps/ca_key.h"
#include "apps/ca_preview.h"
#include "apps/ca_right.h"
#include "apps/ca_sale.h"
#include "apps/ca_seen.h"
#include "apps/ca_ppt.h"
#include "apps/common.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "base/time2000.h"

#define RECORDING_NEVER 2U

/* What the card knows when it decides. */
struct judgement {
	const struct ecm *ecm;
	enum ca_freshness freshness;
	uint32_t moment; /* at which rights are judged */
};

static void
give_words(struct ca_answer *a, const struct ecm *ecm)
{
	a->outcome = OUTCOME_OPEN;
	a->cw_size = ecm->cw_size;
	memcpy(a->cw_even, ecm->cw_even, ecm->cw_size);
	memcpy(a->cw_odd, ecm->cw_odd, ecm->cw_size);
}

static void
open_by(struct ca_answer *a, const struct ecm *ecm, enum ca_opened_by by, uint32_t id, uint32_t end,
	bool may_record)
{
	give_words(a, ecm);
	a->opened_by = (uint8_t)by;
	a->opened_id = id;
	a->right_end = end;
	a->may_record = may_record && ecm->criteria.recording != RECORDING_NEVER;
}

static bool
is_refused(const struct ecm_criteria *criteria, uint32_t leaf)
{
	for (unsigned int i = 0; i < criteria->negative_count; i++) {
		if (criteria->negative[i] == leaf)
			return true;
	}
	return false;
}

/* The right to one event. */
static enum rc
try_event(const struct card_env *env, const struct judgement *j, uint32_t event_id,
	  enum ca_right_state *state, struct ca_answer *a)
{
	struct ca_event_right right;
	enum rc rc = ca_event_find(env, event_id, &right);

	if (rc == RC_NOT_FOUND)
		return RC_OK;
	if (rc != RC_OK)
		return rc;
	if (j->moment >= right.end) {
		if (*state == CA_RIGHT_NONE)
			*state = CA_RIGHT_EXPIRED;
		return RC_OK;
	}
	if (right.flags & EVENT_BOOKED)
		return RC_OK; /* not paid yet */
	*state = CA_RIGHT_OPEN;
	open_by(a, j->ecm, OPENED_BY_EVENT, event_id, right.end,
		(right.flags & ENTITLEMENT_MAY_RECORD) != 0);
	return RC_OK;
}

/* Subscription, then the event that the ECM names, then the event that it offers. */
static enum rc
try_rights(const struct card_env *env, const struct judgement *j, enum ca_right_state *state,
	   struct ca_answer *a)
{
	const struct ecm_criteria *criteria = &j->ecm->criteria;
	struct ca_entitlement e;
	enum rc rc = ca_entitlement_match(env, criteria->products, criteria->product_count,
					  j->moment, state, &e);

	if (rc == RC_OK && *state == CA_RIGHT_OPEN) {
		open_by(a, j->ecm, OPENED_BY_SUBSCRIPTION, e.product, e.end,
			(e.flags & ENTITLEMENT_MAY_RECORD) != 0);
		return RC_OK;
	}
	if (rc == RC_OK && criteria->has_event)
		rc = try_event(env, j, criteria->event_id, state, a);
	if (rc == RC_OK && *state != CA_RIGHT_OPEN && criteria->has_offer)
		rc = try_event(env, j, criteria->offer.event_id, state, a);
	return rc;
}

static enum ca_outcome
refusal(const struct judgement *j, enum ca_right_state state)
{
	const struct ecm_criteria *criteria = &j->ecm->criteria;

	if ((criteria->has_offer || criteria->has_slice) && j->freshness == CA_OLD)
		return OUTCOME_OLD;
	if ((criteria->has_offer && ca_offer_is_on(&criteria->offer, j->moment)) ||
	    (criteria->has_slice && ca_slice_is_on(&criteria->slice, j->moment)))
		return OUTCOME_OFFER;
	if (criteria->has_offer || criteria->has_slice)
		return OUTCOME_WINDOW;
	if (state == CA_RIGHT_EXPIRED)
		return OUTCOME_EXPIRED;
	return state == CA_RIGHT_NOT_YET ? OUTCOME_NOT_YET : OUTCOME_NOT_ENTITLED;
}

/* A booking falls due: it is paid, if the offer is still what was agreed. *done: nothing else is to
 * be tried. */
static enum rc
try_booking(const struct card_env *env, const struct judgement *j, struct ca_answer *a, bool *done)
{
	const struct ecm_offer *offer = &j->ecm->criteria.offer;
	struct ca_sale sale = { .offer = offer,
				.operator_id = j->ecm->operator_id,
				.service_id = j->ecm->service_id,
				.time = j->ecm->time,
				.now = j->moment };
	struct ca_event_right right;
	struct record r;
	enum rc rc = ca_event_find(env, offer->event_id, &right);

	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RC_OK : rc;
	sale.record = (right.flags & ENTITLEMENT_MAY_RECORD) != 0;
	sale.price = sale.record ? offer->price_record : offer->price_view;
	if (!(right.flags & EVENT_BOOKED) || j->freshness != CA_FRESH || j->moment < right.start ||
	    j->moment >= right.end || right.record != sale.price ||
	    (sale.record && !(offer->flags & OFFER_RECORDABLE)))
		return RC_OK;
	*done = true;
	rc = ca_sale_make(env, &sale, &r, &a->outcome);
	if (rc == RC_OK && a->outcome == OUTCOME_OPEN) {
		open_by(a, j->ecm, OPENED_BY_EVENT, r.event_id, offer->event_end, sale.record);
		ca_answer_receipt(a, &r);
	}
	if (rc == RC_OK)
		ca_answer_balance(env, offer->slot, a);
	return rc;
}

/* A slice that is paid, or is paid for now. *done: nothing else is to be tried. */
static enum rc
try_slice(const struct card_env *env, const struct judgement *j, struct ca_answer *a, bool *done)
{
	struct ca_slice_view view = { .slice = &j->ecm->criteria.slice,
				      .service_id = j->ecm->service_id,
				      .time = j->ecm->time,
				      .now = j->moment,
				      .fresh = j->freshness == CA_FRESH };
	enum ca_outcome outcome;
	enum rc rc = ca_ppt_open(env, &view, a, &outcome);

	if (rc != RC_OK)
		return rc;
	*done = outcome != OUTCOME_OFFER && outcome != OUTCOME_OLD;
	if (outcome == OUTCOME_OPEN)
		give_words(a, j->ecm);
	else if (*done)
		a->outcome = outcome;
	return RC_OK;
}

static enum rc
try_preview(const struct card_env *env, const struct judgement *j, struct ca_answer *a, bool *over)
{
	bool open;
	enum rc rc = ca_preview_open(env, j->ecm, a, &open, over);

	if (rc == RC_OK && open)
		give_words(a, j->ecm);
	return rc;
}

/* What is for sale, and what is left to pay for it. */
static void
tell_balance(const struct card_env *env, const struct ecm_criteria *criteria, struct ca_answer *a)
{
	if (a->has_balance)
		return;
	if (criteria->has_offer)
		ca_answer_balance(env, criteria->offer.slot, a);
	else if (criteria->has_slice)
		ca_answer_balance(env, criteria->slice.slot, a);
}

/* No right opens: a booking that falls due, a slice, a preview, else it is refused. */
static enum rc
decide_unowned(const struct card_env *env, const struct judgement *j, enum ca_right_state state,
	       struct ca_answer *a)
{
	const struct ecm_criteria *criteria = &j->ecm->criteria;
	bool done = false, over = false;
	enum rc rc = RC_OK;

	if (criteria->has_offer)
		rc = try_booking(env, j, a, &done);
	if (rc == RC_OK && !done && criteria->has_slice)
		rc = try_slice(env, j, a, &done);
	if (rc == RC_OK && !done && criteria->has_preview && j->freshness == CA_FRESH) {
		rc = try_preview(env, j, a, &over);
		done = a->outcome == OUTCOME_OPEN;
	}
	if (rc != RC_OK)
		return rc;
	if (!done)
		a->outcome = refusal(j, state);
	if (over && a->outcome == OUTCOME_NOT_ENTITLED)
		a->outcome = OUTCOME_PREVIEW_OVER;
	if (a->outcome == OUTCOME_OFFER || a->outcome == OUTCOME_CEILING ||
	    a->opened_by == OPENED_BY_PREVIEW)
		tell_balance(env, criteria, a);
	return RC_OK;
}

/* Decides about a verified ECM in its moment. */
static enum rc
decide(const struct card_env *env, const struct judgement *j, struct ca_answer *a)
{
	enum ca_right_state state = CA_RIGHT_NONE;
	enum rc rc;

	if (j->ecm->criteria.free) {
		open_by(a, j->ecm, OPENED_BY_FREE, 0, TIME2000_NO_END, true);
		return RC_OK;
	}
	rc = try_rights(env, j, &state, a);
	if (rc != RC_OK || state == CA_RIGHT_OPEN)
		return rc;
	return decide_unowned(env, j, state, a);
}

/* A verified ECM: negative list, clock, decision. */
static enum rc
judge(const struct card_env *env, const struct ca_identity *id, const struct ecm *ecm,
      struct ca_answer *a)
{
	struct judgement j = { .ecm = ecm };
	enum rc rc;

	if (is_refused(&ecm->criteria, id->leaf)) {
		ca_seen_forget(env, ecm->service_id);
		a->outcome = OUTCOME_REVOKED;
		return RC_OK;
	}
	rc = ca_clock_judge(env, ecm, &j.freshness, &j.moment);
	if (rc != RC_OK)
		return rc;
	if (j.freshness == CA_AHEAD) {
		a->outcome = OUTCOME_CLOCK;
		return RC_OK;
	}
	if (j.freshness == CA_FRESH)
		ca_seen_remember(env, ecm);
	return decide(env, &j, a);
}

/* Reads, opens and judges a section; *a stays as it is when no key for it is here. */
static enum rc
hear_ecm(const struct card_env *env, const struct ca_identity *id, const struct apdu *cmd,
	 struct ecm *ecm, struct ca_answer *a)
{
	uint8_t key[CRYPTO_KEY];
	enum rc rc = ecm_parse(cmd->data, cmd->lc, ecm);

	if (rc == RC_OK && ecm->operator_id != id->operator_id)
		return RC_OK;
	if (rc == RC_OK)
		rc = ca_service_key_get(env, ecm, key);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RC_OK : rc;
	rc = ecm_open(env->crypto, key, cmd->data, cmd->lc, ecm);
	mem_wipe(key, sizeof key);
	return rc == RC_OK ? judge(env, id, ecm, a) : rc;
}

/* The answer as it is, control words and all. */
static uint16_t
answer_ecm(const struct card_env *env, const struct ca_identity *id, struct card_call *call)
{
	struct ca_answer a = { .outcome = OUTCOME_NO_KEY };
	struct ecm *ecm = &ca_ram(env)->scratch.ecm;
	enum rc rc = hear_ecm(env, id, call->cmd, ecm, &a);

	mem_wipe(ecm, sizeof *ecm);
	if (rc == RC_OK)
		ca_answer_collection(env, &a);
	if (rc == RC_OK)
		return ca_answer_send(call, &a);
	mem_wipe(&a, sizeof a);
	return app_status(rc);
}

uint16_t
ca_ecm_command(struct card_env *env, struct card_call *call)
{
	struct ca_answer nothing = { .outcome = OUTCOME_CHANNEL };
	struct ca_identity id;
	enum rc rc = ca_identity_load(env, &id);
	uint16_t sw;

	if (rc == RC_OK && id.profile == PROFILE_PAIRED) {
		rc = ca_channel_begin(env);
		if (rc == RC_STATE)
			return ca_answer_send(call, &nothing);
	}
	if (rc != RC_OK)
		return app_status(rc);
	sw = answer_ecm(env, &id, call);
	if (sw == SW_OK && id.profile == PROFILE_PAIRED)
		sw = ca_channel_protect(env, call);
	return sw;
}
