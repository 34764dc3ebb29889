// SPDX-License-Identifier: GPL-3.0-or-later
/* The viewer's yes. */
#include "watch/watch_private.h"

#include "base/mem.h"

static struct channel *
find_channel(struct watch *w, uint16_t service_id)
{
	for (size_t i = 0; i < CHANNELS_MAX; i++) {
		struct channel *ch = &w->channels[i];

		if (ch->used && ch->decided && ch->ecm.service_id == service_id)
			return ch;
	}
	return NULL;
}

static void
fill_purchase(uint16_t operator_id, const struct watch_offer *offer, bool record, const char *pin,
	      struct ca_purchase *p)
{
	memset(p, 0, sizeof *p);
	p->operator_id = operator_id;
	p->service_id = offer->service_id;
	p->event_id = offer->event_id;
	p->slot = offer->slot;
	memcpy(p->unit, offer->unit, UNIT_SIZE);
	p->price = record ? offer->price_record : offer->price_view;
	p->flags = record ? PURCHASE_RECORD : 0;
	if (offer->sale == SALE_SLICES) {
		p->flags = PURCHASE_SLICES;
		p->seconds = offer->slice_s;
		p->ceiling = offer->ceiling;
	}
	p->pin_len = (uint8_t)strlen(pin);
	memcpy(p->pin, pin, p->pin_len);
}

/* The answer was lost: the card knows whether the purchase was made. */
static enum rc
ask_what_happened(struct watch *w, struct channel *ch, struct ca_purchase_result *result)
{
	enum rc rc = watch_ask_again(w, ch);

	if (rc != RC_OK || !ch->last_read)
		return RC_READER;
	result->pin = CA_PIN_OK;
	result->answer = ch->answer;
	return RC_OK;
}

static enum rc
take_result(struct watch *w, struct channel *ch, struct ca_purchase_result *result)
{
	enum ca_outcome outcome = result->answer.outcome;
	struct ca_answer receipt;
	enum rc rc;

	if (outcome == OUTCOME_OPEN) {
		if (result->answer.has_receipt)
			w->stats.purchases++;
		return watch_take_answer(w, ch, &result->answer);
	}
	mem_wipe(result->answer.cw_even, sizeof result->answer.cw_even);
	mem_wipe(result->answer.cw_odd, sizeof result->answer.cw_odd);
	receipt = result->answer;
	w->stats.decisions[outcome]++;
	/* The card sold nothing; its view of the newest ECM may bring another offer. */
	if (outcome == OUTCOME_OFFER_CHANGED)
		memset(ch->offers, 0, sizeof ch->offers);
	rc = watch_ask_again(w, ch);
	result->answer = receipt;
	return rc;
}

enum rc
watch_buy(struct watch *w, const struct watch_offer *offer, bool record, const char *pin,
	  struct ca_purchase_result *result)
{
	struct channel *ch = find_channel(w, offer->service_id);
	struct ca_purchase purchase;
	enum rc rc;

	if (!ca_pin_is_possible(pin) || (record && !offer->recordable))
		return RC_USAGE;
	if (!ch)
		return RC_NOT_FOUND;
	fill_purchase(ch->ecm.operator_id, offer, record, pin, &purchase);
	rc = ca_buy(w->session, &purchase, result);
	mem_wipe(&purchase, sizeof purchase);
	if (rc == RC_READER || rc == RC_TIMEOUT)
		return ask_what_happened(w, ch, result);
	if (rc == RC_OK && result->pin == CA_PIN_OK)
		rc = take_result(w, ch, result);
	return rc;
}

void
watch_stop(struct watch *w)
{
	for (size_t i = 0; i < CHANNELS_MAX; i++) {
		struct channel *ch = &w->channels[i];
		struct ca_answer answer = { 0 };

		if (!ch->used || !ch->has_session || w->card_is_gone)
			continue;
		if (ca_stop(w->session, w->operator_id, ch->session_event, &answer) == RC_OK &&
		    answer.has_session)
			ch->session = answer.session;
	}
}
