// SPDX-License-Identifier: GPL-3.0-or-later
/* What clients may command. Each answer has "result" (an enum rc), and where the card decided, its
 * outcome in code and words. */
#include "control/card_json.h"
#include "control/desk_private.h"

#include "base/mem.h"
#include "ca/words.h"

#include <string.h>

#define HISTORY_MOST 300

static json_t *
answer(enum rc rc, const char *words)
{
	return json_pack("{s:o, s:s}", "result", control_result(rc), "words",
			 words ? words : rc_text(rc));
}

/* result ok with what was asked for under name; the reference is taken. */
static json_t *
answer_with(enum rc rc, const char *name, json_t *value)
{
	json_t *reply = answer(rc, NULL);

	if (rc == RC_OK)
		json_object_set_new(reply, name, value);
	return reply;
}

static struct waiting_offer *
find_offer(struct control_desk *desk, const json_t *arguments)
{
	json_int_t id = json_integer_value(json_object_get(arguments, "offer"));

	for (size_t i = 0; i < CONTROL_OFFERS; i++) {
		if (id > 0 && desk->offers[i].id == (unsigned int)id &&
		    (json_int_t)desk->offers[i].id == id)
			return &desk->offers[i];
	}
	return NULL;
}

static json_t *
pin_json(enum ca_pin_result pin, uint8_t tries_left)
{
	static const char *const names[] = { "ok", "wrong", "blocked", "unfit" };
	json_t *json = json_pack("{s:i, s:s, s:s}", "code", (int)pin, "name", names[pin], "words",
				 ca_pin_words(pin));

	if (json && pin == CA_PIN_WRONG)
		json_object_set_new(json, "tries_left", json_integer(tries_left));
	return json;
}

/* NULL unless it is a text that a PIN can be. */
static const char *
pin_of(const json_t *arguments, const char *name)
{
	const char *pin = json_string_value(json_object_get(arguments, name));

	return pin && ca_pin_is_possible(pin) ? pin : NULL;
}

static json_t *
bought(struct control_desk *desk, struct waiting_offer *w, const struct ca_purchase_result *result)
{
	bool is_open = result->answer.outcome == OUTCOME_OPEN;
	json_t *reply = answer(is_open ? RC_OK : RC_REFUSED,
			       is_open ? "bought" : ca_outcome_words(result->answer.outcome));
	json_t *event =
		json_pack("{s:s, s:i, s:i, s:I, s:o}", "event", "purchase", "offer", (int)w->id,
			  "service", w->offer.service_id, "event_id", (json_int_t)w->offer.event_id,
			  "outcome", control_outcome_json(result->answer.outcome));

	json_object_set_new(reply, "outcome", control_outcome_json(result->answer.outcome));
	if (is_open && result->answer.has_receipt) {
		json_object_set_new(reply, "receipt",
				    control_receipt_json(&result->answer.receipt));
		json_object_set_new(event, "receipt",
				    control_receipt_json(&result->answer.receipt));
	}
	control_hub_tell(desk->hub, event);
	desk->purchases += is_open;
	control_drop_offer(desk, w, is_open ? "bought" : "gone");
	control_tell_balance(desk);
	return reply;
}

static json_t *
buy(struct control_desk *desk, const json_t *arguments)
{
	struct waiting_offer *w = find_offer(desk, arguments);
	bool record = json_is_true(json_object_get(arguments, "record"));
	const char *pin = pin_of(arguments, "pin");
	struct ca_purchase_result result = { 0 };
	struct watch_offer offer;
	json_t *reply;
	enum rc rc;

	if (!w)
		return answer(RC_NOT_FOUND, "there is no such offer");
	if (!pin)
		return answer(RC_USAGE, "\"pin\" is 4 to 8 digits, as a text");
	offer = w->offer;
	rc = watch_buy(desk->watch, &offer, record, pin, &result);
	if (rc == RC_OK && result.pin != CA_PIN_OK) {
		reply = answer(RC_AUTH, ca_pin_words(result.pin));
		json_object_set_new(reply, "pin", pin_json(result.pin, result.tries_left));
	} else if (rc == RC_OK) {
		reply = bought(desk, w, &result);
	} else if (rc == RC_READER || rc == RC_TIMEOUT) {
		reply = answer(rc,
			       "the card went in between; whether it is bought shows when it is "
			       "back");
	} else if (rc == RC_USAGE) {
		reply = answer(rc, "the right to record is not for sale");
	} else {
		reply = answer(rc, NULL);
	}
	mem_wipe(&result, sizeof result);
	return reply;
}

static json_t *
refuse(struct control_desk *desk, const json_t *arguments)
{
	struct waiting_offer *w = find_offer(desk, arguments);

	if (!w)
		return answer(RC_NOT_FOUND, "there is no such offer");
	control_drop_offer(desk, w, "refused");
	return answer(RC_OK, NULL);
}

static json_t *
pin_answer(enum rc rc, enum ca_pin_result result, uint8_t tries_left)
{
	json_t *reply;

	if (rc != RC_OK)
		return answer(rc, NULL);
	reply = answer(result == CA_PIN_OK ? RC_OK : RC_AUTH, ca_pin_words(result));
	json_object_set_new(reply, "pin", pin_json(result, tries_left));
	return reply;
}

static json_t *
pin_verify(struct control_desk *desk, const json_t *arguments)
{
	const char *pin = pin_of(arguments, "pin");
	enum ca_pin_result result = CA_PIN_OK;
	uint8_t tries_left = 0;

	if (!pin)
		return answer(RC_USAGE, "\"pin\" is 4 to 8 digits, as a text");
	return pin_answer(ca_pin_verify(desk->session, pin, &result, &tries_left), result,
			  tries_left);
}

static json_t *
pin_change(struct control_desk *desk, const json_t *arguments)
{
	const char *pin = pin_of(arguments, "pin"), *new_pin = pin_of(arguments, "new_pin");
	enum ca_pin_result result = CA_PIN_OK;
	uint8_t tries_left = 0;

	if (!pin || !new_pin)
		return answer(RC_USAGE, "\"pin\" and \"new_pin\" are 4 to 8 digits, as texts");
	return pin_answer(ca_pin_change(desk->session, pin, new_pin, &result, &tries_left), result,
			  tries_left);
}

static json_t *
select_services(struct control_desk *desk, const json_t *arguments)
{
	const json_t *list = json_object_get(arguments, "services");
	uint16_t services[WATCH_SERVICES_MAX];
	size_t count = json_array_size(list);
	enum rc rc;

	if (!json_is_array(list) || count > WATCH_SERVICES_MAX)
		return answer(RC_USAGE, "\"services\" is a list of program numbers");
	for (size_t i = 0; i < count; i++) {
		json_int_t number = json_integer_value(json_array_get(list, i));

		if (number < 1 || number > UINT16_MAX)
			return answer(RC_USAGE, "a program number is 1 to 65535");
		services[i] = (uint16_t)number;
	}
	rc = watch_select(desk->watch, services, count);
	for (size_t i = 0; rc == RC_OK && i < CONTROL_OFFERS; i++) {
		if (desk->offers[i].id != 0)
			control_drop_offer(desk, &desk->offers[i], "gone");
	}
	desk->took_select = desk->took_select || rc == RC_OK;
	return answer(rc, NULL);
}

static json_t *
state(struct control_desk *desk, const json_t *arguments)
{
	(void)arguments;
	return answer_with(RC_OK, "state", control_state_json(desk));
}

static json_t *
wallet(struct control_desk *desk, const json_t *arguments)
{
	json_t *list = NULL;
	enum rc rc = control_wallet_json(desk->session, &list);

	(void)arguments;
	return answer_with(rc, "slots", list);
}

static json_t *
entitlements(struct control_desk *desk, const json_t *arguments)
{
	json_t *rights = NULL;
	enum rc rc = control_entitlements_json(desk->session, &rights);

	(void)arguments;
	return answer_with(rc, "rights", rights);
}

static json_t *
history(struct control_desk *desk, const json_t *arguments)
{
	json_int_t most = json_integer_value(json_object_get(arguments, "most"));
	json_t *list = NULL;
	enum rc rc = control_history_json(
		desk->session, most > 0 && most < HISTORY_MOST ? (size_t)most : HISTORY_MOST,
		&list);

	return answer_with(rc, "records", list);
}

static json_t *
stop(struct control_desk *desk, const json_t *arguments)
{
	(void)arguments;
	desk->wants_end = true;
	return answer(RC_OK, NULL);
}

json_t *
control_command(void *ctx, const char *name, const json_t *arguments)
{
	static const struct {
		const char *name;
		json_t *(*run)(struct control_desk *desk, const json_t *arguments);
		bool needs_card;
	} rows[] = {
		{ "state", state, false },
		{ "select", select_services, false },
		{ "buy", buy, true },
		{ "refuse", refuse, false },
		{ "pin_verify", pin_verify, true },
		{ "pin_change", pin_change, true },
		{ "wallet", wallet, true },
		{ "entitlements", entitlements, true },
		{ "history", history, true },
		{ "stop", stop, false },
	};
	struct control_desk *desk = ctx;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		if (rows[i].needs_card && watch_card_is_gone(desk->watch))
			return answer(RC_READER, "there is no card");
		return rows[i].run(desk, arguments);
	}
	return answer(RC_NOT_FOUND, "there is no such command");
}
