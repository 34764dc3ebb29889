// SPDX-License-Identifier: GPL-3.0-or-later
/* What a card says of itself, as JSON: money in minor units, times in ISO 8601. */
#include "control/card_json.h"

#include "base/card_number.h"
#include "base/hex.h"
#include "base/time2000.h"
#include "ca/text.h"
#include "ca/words.h"

#include <stdlib.h>
#include <string.h>

#define DECIMALS_DEFAULT 2

json_t *
stb_json_time(uint32_t t)
{
	char text[TIME2000_TEXT_SIZE];

	if (t == TIME2000_UNKNOWN || t == TIME2000_NO_END)
		return json_null();
	time2000_format(t, text);
	return json_string(text);
}

void
stb_unit(const uint8_t unit[UNIT_SIZE], char text[UNIT_SIZE + 1])
{
	memcpy(text, unit, UNIT_SIZE);
	text[UNIT_SIZE] = '\0';
	stb_clean(text);
}

bool
control_slot_is_low(const struct ca_slot *s)
{
	return s->balance < (int64_t)s->limits.threshold;
}

json_t *
control_slot_json(const struct ca_slot *s)
{
	char unit[UNIT_SIZE + 1], label[sizeof s->label + 1];

	stb_unit(s->unit, unit);
	memcpy(label, s->label, s->label_len);
	label[s->label_len] = '\0';
	stb_clean(label);
	return json_pack("{s:i, s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}",
			 "slot", s->slot, "label", label, "unit", unit, "decimals", s->decimals,
			 "balance_minor", (json_int_t)s->balance, "credit_emm_minor",
			 (json_int_t)s->credit_emm, "credit_load_minor", (json_int_t)s->credit_load,
			 "credit_code_minor", (json_int_t)s->credit_code, "refund_minor",
			 (json_int_t)s->refund, "spent_minor", (json_int_t)s->spent,
			 "threshold_minor", (json_int_t)s->limits.threshold, "overdraft_minor",
			 (json_int_t)s->limits.overdraft, "ceiling_minor",
			 (json_int_t)s->limits.ceiling, "low", control_slot_is_low(s));
}

json_t *
control_rights_json(const struct ca_entitlement *e, size_t n, const struct ca_event_right *r,
		    size_t m)
{
	json_t *products = json_array(), *events = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(products,
				      json_pack("{s:i, s:o, s:o, s:b}", "product", e[i].product,
						"start", stb_json_time(e[i].start), "end",
						stb_json_time(e[i].end), "may_record",
						e[i].flags & ENTITLEMENT_MAY_RECORD));
	for (size_t i = 0; i < m; i++)
		json_array_append_new(events, json_pack("{s:I, s:o, s:b, s:I}", "event",
							(json_int_t)r[i].event_id, "end",
							stb_json_time(r[i].end), "may_record",
							r[i].flags & ENTITLEMENT_MAY_RECORD,
							"record", (json_int_t)r[i].record));
	return json_pack("{s:o, s:o}", "products", products, "events", events);
}

unsigned int
control_decimals_of(const struct ca_slot *slots, size_t count, uint8_t slot)
{
	for (size_t i = 0; i < count; i++) {
		if (slots[i].slot == slot)
			return slots[i].decimals;
	}
	return DECIMALS_DEFAULT;
}

/* What the record is about: an event of a service, the record that was paid back, or how money came
 * in. */
static void
add_subject(json_t *one, const struct record *r)
{
	static const char *const sources[] = { "?", "emm", "load", "code" };

	if (r->type == RECORD_REFUND) {
		json_object_set_new(one, "refunded", json_integer((json_int_t)r->event_id));
	} else if (r->type == RECORD_TOPUP) {
		json_object_set_new(one, "credit", json_integer((json_int_t)r->event_id));
		json_object_set_new(
			one, "source",
			json_string(sources[r->service_id <= CREDIT_CODE ? r->service_id : 0]));
	} else if (r->type != RECORD_PAYOUT) {
		json_object_set_new(one, "event", json_integer((json_int_t)r->event_id));
		json_object_set_new(one, "service", json_integer(r->service_id));
	}
	if (r->type == RECORD_SLICE)
		json_object_set_new(one, "slices", json_integer(r->count));
}

json_t *
control_record_json(const struct record *r, unsigned int decimals, uint32_t acked)
{
	char unit[UNIT_SIZE + 1], tac[2 * RECORD_TAC + 1];
	json_t *one;

	stb_unit(r->unit, unit);
	hex_encode(r->tac, RECORD_TAC, tac);
	one = json_pack("{s:I, s:s, s:o, s:i, s:s, s:i, s:I, s:I, s:b, s:b, s:s}", "record",
			(json_int_t)r->sequence, "type", record_type_text(r->type), "time",
			stb_json_time(r->time), "slot", r->slot, "unit", unit, "decimals",
			(int)decimals, "price_minor", (json_int_t)r->price, "balance_after_minor",
			(json_int_t)r->balance_after, "may_record", r->flags & RECORD_MAY_RECORD,
			"settled", r->sequence <= acked, "certificate", tac);
	if (one)
		add_subject(one, r);
	return one;
}

json_t *
control_outcome_json(enum ca_outcome outcome)
{
	return json_pack("{s:i, s:s, s:s}", "code", (int)outcome, "name", ca_outcome_text(outcome),
			 "words", ca_outcome_words(outcome));
}

json_t *
control_receipt_json(const struct ca_receipt *r)
{
	char tac[2 * sizeof r->tac + 1];

	hex_encode(r->tac, sizeof r->tac, tac);
	return json_pack("{s:I, s:I, s:I, s:s}", "record", (json_int_t)r->record, "price_minor",
			 (json_int_t)r->price, "balance_after_minor", (json_int_t)r->balance_after,
			 "certificate", tac);
}

json_t *
control_card_json(const struct ca_info *info)
{
	char number[CARD_NUMBER_SIZE];

	card_number_format(info->operator_id, info->leaf, number);
	return json_pack("{s:s, s:i, s:s, s:i}", "number", number, "operator_id", info->operator_id,
			 "profile", ca_profile_words(info->profile), "pin_tries_left",
			 info->pin_tries);
}

enum rc
control_wallet_json(struct ca_session *session, json_t **list)
{
	struct ca_slot *slots = NULL;
	size_t count = 0;
	enum rc rc = ca_wallet(session, &slots, &count);

	if (rc == RC_OK) {
		*list = json_array();
		for (size_t i = 0; i < count; i++)
			json_array_append_new(*list, control_slot_json(&slots[i]));
	}
	free(slots);
	return rc;
}

enum rc
control_history_json(struct ca_session *session, size_t most, json_t **list)
{
	struct record *records = NULL;
	struct ca_slot *slots = NULL;
	struct ca_status status = { 0 };
	size_t count = 0, slot_count = 0;
	enum rc rc = ca_records(session, &records, &count);

	if (rc == RC_OK)
		rc = ca_wallet(session, &slots, &slot_count);
	if (rc == RC_OK)
		rc = ca_read_status(session, &status);
	if (rc == RC_OK) {
		*list = json_array();
		for (size_t i = 0; i < count && i < most; i++)
			json_array_append_new(
				*list, control_record_json(&records[i],
							   control_decimals_of(slots, slot_count,
									       records[i].slot),
							   status.record_acked));
	}
	free(records);
	free(slots);
	return rc;
}

enum rc
control_entitlements_json(struct ca_session *session, json_t **rights)
{
	struct ca_entitlement *products = NULL;
	struct ca_event_right *events = NULL;
	size_t n = 0, m = 0;
	enum rc rc = ca_entitlements(session, &products, &n);

	if (rc == RC_OK)
		rc = ca_events(session, &events, &m);
	if (rc == RC_OK)
		*rights = control_rights_json(products, n, events, m);
	free(products);
	free(events);
	return rc;
}
