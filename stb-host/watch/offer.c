// SPDX-License-Identifier: GPL-3.0-or-later
/* What an ECM offers, as events: the programme as a whole, by time, and the one that follows. */
#include "watch/watch_private.h"

#include "base/mem.h"

static void
fill_common(const struct channel *ch, enum watch_sale sale, struct watch_offer *offer)
{
	memset(offer, 0, sizeof *offer);
	offer->sale = sale;
	offer->service_id = ch->ecm.service_id;
	offer->has_balance = ch->answer.has_balance;
	offer->decimals = ch->answer.has_balance ? ch->answer.decimals : 2;
	offer->balance = ch->answer.balance;
	offer->has_preview = ch->answer.has_preview;
	offer->preview_s = ch->answer.preview.seconds;
}

static void
fill_event(const struct ecm_offer *o, struct watch_offer *offer)
{
	offer->event_id = o->event_id;
	offer->slot = o->slot;
	memcpy(offer->unit, o->unit, UNIT_SIZE);
	offer->price_view = o->price_view;
	offer->recordable = (o->flags & OFFER_RECORDABLE) != 0;
	offer->price_record = offer->recordable ? o->price_record : 0;
	offer->event_start = o->event_start;
	offer->event_end = o->event_end;
	offer->window_end = o->window_end;
}

static void
fill_slices(const struct channel *ch, struct watch_offer *offer)
{
	const struct ecm_slice *s = &ch->ecm.criteria.slice;

	offer->event_id = s->event_id;
	offer->slot = s->slot;
	memcpy(offer->unit, s->unit, UNIT_SIZE);
	offer->price_view = s->price;
	offer->slice_s = s->seconds;
	offer->ceiling = s->ceiling;
	offer->event_end = offer->window_end = s->event_end;
	offer->spent = ch->answer.has_session ? ch->answer.session.spent : 0;
}

static void
raise_sale(struct watch *w, struct channel *ch, enum watch_sale sale)
{
	const struct ecm_criteria *c = &ch->ecm.criteria;
	struct watch_event event = { .kind = WATCH_OFFER,
				     .service_id = ch->ecm.service_id,
				     .outcome = ch->outcome };
	struct offered *before = &ch->offers[sale];
	bool is_short;

	fill_common(ch, sale, &event.offer);
	switch (sale) {
	case SALE_EVENT:
		fill_event(&c->offer, &event.offer);
		memcpy(event.offer.title, c->title, c->title_len);
		break;
	case SALE_SLICES:
		fill_slices(ch, &event.offer);
		memcpy(event.offer.title, c->title, c->title_len);
		break;
	case SALE_NEXT:
		fill_event(&c->next_offer, &event.offer);
		memcpy(event.offer.title, c->next_title, c->next_title_len);
		break;
	}
	is_short = event.offer.has_balance && event.offer.balance < (int64_t)event.offer.price_view;
	if (before->made && before->event == event.offer.event_id &&
	    before->price == event.offer.price_view && before->spent == event.offer.spent &&
	    (is_short || !before->was_short))
		return;
	*before = (struct offered) { true, is_short, event.offer.event_id, event.offer.price_view,
				     event.offer.spent };
	watch_raise(w, &event);
}

void
watch_raise_offers(struct watch *w, struct channel *ch)
{
	const struct ecm_criteria *c = &ch->ecm.criteria;
	bool preview = ch->answer.opened_by == OPENED_BY_PREVIEW;
	bool open = ch->outcome == OUTCOME_OFFER || preview;
	bool slices = c->has_slice && !(c->slice.flags & OFFER_NOT_NOW);

	if (w->event_count + SALE_COUNT > EVENTS_MAX)
		return;
	if (open && c->has_offer && !(c->offer.flags & OFFER_NOT_NOW))
		raise_sale(w, ch, SALE_EVENT);
	if ((open || ch->outcome == OUTCOME_CEILING) && slices)
		raise_sale(w, ch, SALE_SLICES);
	if (c->has_next_offer && !(c->next_offer.flags & OFFER_NOT_NOW))
		raise_sale(w, ch, SALE_NEXT);
}
