// SPDX-License-Identifier: GPL-3.0-or-later
/* What happens, as events: each a JSON object on one line. */
#include "control/card_json.h"
#include "control/desk_private.h"

#include "ca/text.h"
#include "ca/words.h"

#include <stdlib.h>
#include <string.h>

#define SOON_S (3U * 24 * 3600) /* a right that ends so soon is worth a warning */

json_t *
control_offer_json(const struct waiting_offer *w)
{
	const struct watch_offer *o = &w->offer;
	char title[sizeof o->title], unit[sizeof o->unit];
	json_t *json;

	memcpy(title, o->title, sizeof title);
	memcpy(unit, o->unit, sizeof unit);
	stb_clean(title);
	stb_clean(unit);
	json = json_pack("{s:i, s:i, s:I, s:s, s:i, s:s, s:i, s:I, s:o, s:o, s:o, s:o}", "offer",
			 (int)w->id, "service", o->service_id, "event_id", (json_int_t)o->event_id,
			 "title", title, "slot", o->slot, "unit", unit, "decimals", o->decimals,
			 "price_minor", (json_int_t)o->price_view, "price_record_minor",
			 o->recordable ? json_integer((json_int_t)o->price_record) : json_null(),
			 "event_start", stb_json_time(o->event_start), "event_end",
			 stb_json_time(o->event_end), "window_end", stb_json_time(o->window_end));
	if (json && o->has_balance) {
		json_object_set_new(json, "balance_minor", json_integer((json_int_t)o->balance));
		json_object_set_new(json, "affordable",
				    json_boolean(o->balance >= (int64_t)o->price_view));
	}
	return json;
}

static const char *
access_name(enum watch_access access)
{
	switch (access) {
	case WATCH_ABSENT:
		return "absent";
	case WATCH_CLEAR:
		return "clear";
	case WATCH_FOREIGN:
		return "foreign";
	case WATCH_NO_ECM:
		return "no ECM";
	case WATCH_DECIDED:
		return "decided";
	}
	return "unknown";
}

static json_t *
service_json(const struct watch_service *s)
{
	char title[sizeof s->title];

	memcpy(title, s->title, sizeof title);
	stb_clean(title);
	return json_pack("{s:i, s:s, s:b, s:s, s:o, s:I, s:I}", "service", s->number, "access",
			 access_name(s->access), "picture", s->picture, "title", title, "outcome",
			 s->access == WATCH_DECIDED ? control_outcome_json(s->outcome)
						    : json_null(),
			 "packets_descrambled", (json_int_t)s->descrambled, "packets_without_key",
			 (json_int_t)s->without_key);
}

static json_t *
services_json(const struct watch *watch)
{
	struct watch_service *services = calloc(WATCH_SERVICES_MAX, sizeof *services);
	json_t *list = json_array();
	size_t count = services ? watch_get_services(watch, services, WATCH_SERVICES_MAX) : 0;

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, service_json(&services[i]));
	free(services);
	return list;
}

json_t *
control_state_json(const struct control_desk *desk)
{
	json_t *list = services_json(desk->watch), *offers = json_array();
	bool gone = watch_card_is_gone(desk->watch);

	for (size_t i = 0; i < CONTROL_OFFERS; i++) {
		if (desk->offers[i].id != 0)
			json_array_append_new(offers, control_offer_json(&desk->offers[i]));
	}
	return json_pack("{s:i, s:b, s:o, s:o, s:o, s:O?}", "version", CONTROL_VERSION,
			 "card_present", !gone, "card",
			 gone ? json_null() : control_card_json(ca_session_info(desk->session)),
			 "services", list, "offers", offers, "balance", desk->balance);
}

static void
tell(struct control_desk *desk, const char *name, json_t *event)
{
	if (event)
		json_object_set_new(event, "event", json_string(name));
	control_hub_tell(desk->hub, event);
}

void
control_tell_balance(struct control_desk *desk)
{
	json_t *list = NULL;

	if (watch_card_is_gone(desk->watch) || control_wallet_json(desk->session, &list) != RC_OK)
		return;
	if (!json_equal(list, desk->balance)) {
		json_decref(desk->balance);
		desk->balance = json_incref(list);
		tell(desk, "balance", json_pack("{s:O}", "slots", list));
	}
	json_decref(list);
}

void
control_drop_offer(struct control_desk *desk, struct waiting_offer *w, const char *why)
{
	tell(desk, "offer gone", json_pack("{s:i, s:s}", "offer", (int)w->id, "why", why));
	memset(w, 0, sizeof *w);
}

static void
offer(struct control_desk *desk, const struct watch_offer *o)
{
	struct waiting_offer *place = NULL;

	for (size_t i = 0; i < CONTROL_OFFERS; i++) {
		struct waiting_offer *w = &desk->offers[i];

		if (w->id != 0 && w->offer.service_id == o->service_id)
			control_drop_offer(desk, w, "replaced");
		if (w->id == 0 && !place)
			place = w;
	}
	if (!place)
		return;
	place->id = ++desk->last_id;
	place->offer = *o;
	tell(desk, "offer", control_offer_json(place));
}

static void
outcome(struct control_desk *desk, const struct watch_event *e)
{
	bool is_open = e->outcome == OUTCOME_OPEN;

	tell(desk, "service",
	     json_pack("{s:i, s:o, s:o}", "service", e->service_id, "outcome",
		       control_outcome_json(e->outcome), "right_end",
		       is_open ? stb_json_time(e->right_end) : json_null()));
	for (size_t i = 0; is_open && i < CONTROL_OFFERS; i++) {
		if (desk->offers[i].id != 0 && desk->offers[i].offer.service_id == e->service_id)
			control_drop_offer(desk, &desk->offers[i], "bought");
	}
	if (is_open && e->right_end > e->time && e->right_end - e->time < SOON_S)
		tell(desk, "warning",
		     json_pack("{s:s, s:s, s:i, s:o}", "name", "ends soon", "words",
			       "the right to watch ends soon", "service", e->service_id,
			       "right_end", stb_json_time(e->right_end)));
	if (e->outcome == OUTCOME_BALANCE_LOW)
		tell(desk, "warning",
		     json_pack("{s:s, s:s, s:i}", "name", "balance low", "words",
			       ca_outcome_words(OUTCOME_BALANCE_LOW), "service", e->service_id));
}

static void
card(struct control_desk *desk, bool present)
{
	tell(desk, "card",
	     json_pack("{s:b, s:o}", "present", present, "card",
		       present ? control_card_json(ca_session_info(desk->session)) : json_null()));
	if (present)
		control_tell_balance(desk);
}

void
control_desk_event(struct control_desk *desk, const struct watch_event *e)
{
	switch (e->kind) {
	case WATCH_OUTCOME:
		outcome(desk, e);
		break;
	case WATCH_OFFER:
		offer(desk, &e->offer);
		break;
	case WATCH_EMM:
		tell(desk, "rights", json_object());
		control_tell_balance(desk);
		break;
	case WATCH_PICTURE:
		tell(desk, "picture",
		     json_pack("{s:i, s:b}", "service", e->service_id, "on", e->on));
		break;
	case WATCH_CARD:
		card(desk, e->on);
		break;
	case WATCH_COST:
		tell(desk, "cost",
		     json_pack("{s:i, s:I, s:I, s:i, s:I, s:o}", "service", e->service_id,
			       "spent_minor", (json_int_t)e->cost.spent, "ceiling_minor",
			       (json_int_t)e->cost.ceiling, "slices", e->cost.slices, "record",
			       (json_int_t)e->cost.record, "paid_until",
			       stb_json_time(e->right_end)));
		control_tell_balance(desk);
		break;
	case WATCH_FILTERS:
	case WATCH_WORD:
		break; /* for hardware, never for user interfaces */
	}
}

void
control_desk_zap(struct control_desk *desk, uint16_t service, uint64_t milliseconds,
		 uint64_t card_milliseconds)
{
	tell(desk, "zap",
	     json_pack("{s:i, s:I, s:I}", "service", service, "milliseconds",
		       (json_int_t)milliseconds, "card_milliseconds",
		       (json_int_t)card_milliseconds));
}

void
control_desk_end(struct control_desk *desk, int exit_status)
{
	tell(desk, "end", json_pack("{s:i}", "exit_status", exit_status));
}
