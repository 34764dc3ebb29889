// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-stb wallet, entitlements, history. */
#include "cmds.h"

#include "base/time2000.h"
#include "control/card_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MONEY_TEXT 48

static void
slot_text(const struct ca_slot *s)
{
	char unit[UNIT_SIZE + 1], label[sizeof s->label + 1];
	char balance[MONEY_TEXT], credit[MONEY_TEXT], spent[MONEY_TEXT];

	stb_unit(s->unit, unit);
	memcpy(label, s->label, s->label_len);
	label[s->label_len] = '\0';
	stb_clean(label);
	printf("%4u  %-16s  %16s  %16s  %16s%s\n", s->slot, label,
	       cli_money(s->balance, s->decimals, unit, balance, sizeof balance),
	       cli_money((int64_t)(s->credit_emm + s->credit_load + s->credit_code + s->refund),
			 s->decimals, unit, credit, sizeof credit),
	       cli_money((int64_t)s->spent, s->decimals, unit, spent, sizeof spent),
	       control_slot_is_low(s) ? "  low" : "");
	if (s->limits.threshold > 0)
		printf("      warns below %s\n",
		       cli_money(s->limits.threshold, s->decimals, unit, credit, sizeof credit));
	if (s->limits.overdraft > 0)
		printf("      may go %s below zero\n",
		       cli_money(s->limits.overdraft, s->decimals, unit, spent, sizeof spent));
}

int
cmd_wallet(int argc, char **argv)
{
	struct ca_slot *slots = NULL;
	size_t count = 0;
	struct box box;
	bool json = false;
	int status = 0;
	enum rc rc;

	if (box_parse(argc, argv, &box, &json, &status) < 0)
		return status;
	rc = ca_wallet(box.session, &slots, &count);
	if (rc != RC_OK) {
		status = box_fail(&box, rc, box.spec);
	} else if (json) {
		json_t *list = json_array();

		for (size_t i = 0; i < count; i++)
			json_array_append_new(list, control_slot_json(&slots[i]));
		status = stb_print_json(list, stdout);
	} else {
		printf("slot  %-16s  %16s  %16s  %16s\n", "name", "balance", "paid in", "spent");
		for (size_t i = 0; i < count; i++)
			slot_text(&slots[i]);
	}
	free(slots);
	box_close(&box);
	return status;
}

static void
rights_text(const struct ca_entitlement *e, size_t n, const struct ca_event_right *r, size_t m)
{
	char start[TIME2000_TEXT_SIZE], end[TIME2000_TEXT_SIZE];

	for (size_t i = 0; i < n; i++) {
		time2000_format(e[i].start, start);
		time2000_format(e[i].end, end);
		printf("product %5u   from %-20s  until %-20s%s\n", e[i].product, start, end,
		       e[i].flags & ENTITLEMENT_MAY_RECORD ? "  may record" : "");
	}
	for (size_t i = 0; i < m; i++) {
		time2000_format(r[i].end, end);
		printf("event %7lu   %-25s  until %-20s%s\n", (unsigned long)r[i].event_id,
		       r[i].record ? "bought" : "granted", end,
		       r[i].flags & ENTITLEMENT_MAY_RECORD ? "  may record" : "");
	}
	if (n + m == 0)
		printf("this card has no right\n");
}

static void
confirmations_text(const struct ca_confirmation *c, size_t n)
{
	char code[CONFIRMATION_DIGITS + CONFIRMATION_DIGITS / 4 + 1];

	for (size_t i = 0; i < n; i++) {
		code_to_text(c[i].digits, CONFIRMATION_DIGITS, code);
		printf("product %5u   cancelled, proof %s\n", c[i].product, code);
	}
}

static json_t *
with_confirmations(json_t *rights, const struct ca_confirmation *c, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{s:i, s:s#}", "product", c[i].product,
						      "code", (const char *)c[i].digits,
						      (int)CONFIRMATION_DIGITS));
	json_object_set_new(rights, "cancelled", list);
	return rights;
}

int
cmd_entitlements(int argc, char **argv)
{
	struct ca_entitlement *products = NULL;
	struct ca_event_right *events = NULL;
	struct ca_confirmation *proofs = NULL;
	size_t n = 0, m = 0, k = 0;
	struct box box;
	bool json = false;
	int status = 0;
	enum rc rc;

	if (box_parse(argc, argv, &box, &json, &status) < 0)
		return status;
	rc = ca_entitlements(box.session, &products, &n);
	if (rc == RC_OK)
		rc = ca_events(box.session, &events, &m);
	if (rc == RC_OK)
		rc = ca_confirmations(box.session, &proofs, &k);
	if (rc != RC_OK) {
		status = box_fail(&box, rc, box.spec);
	} else if (json) {
		json_t *rights = control_rights_json(products, n, events, m);

		status = stb_print_json(with_confirmations(rights, proofs, k), stdout);
	} else {
		rights_text(products, n, events, m);
		confirmations_text(proofs, k);
	}
	free(products);
	free(events);
	free(proofs);
	box_close(&box);
	return status;
}

/* "event 601, service 1" for what is watched, "record 3" for a refund. */
static void
subject_text(const struct record *r, char *text, size_t cap)
{
	text[0] = '\0';
	if (r->type == RECORD_REFUND)
		snprintf(text, cap, "record %lu", (unsigned long)r->event_id);
	else if (r->type != RECORD_TOPUP && r->type != RECORD_PAYOUT)
		snprintf(text, cap, "event %lu, service %u", (unsigned long)r->event_id,
			 r->service_id);
}

static void
record_text(const struct record *r, unsigned int decimals, uint32_t acked)
{
	char unit[UNIT_SIZE + 1], time[TIME2000_TEXT_SIZE], price[MONEY_TEXT], after[MONEY_TEXT];
	char subject[48];

	stb_unit(r->unit, unit);
	time2000_format(r->time, time);
	subject_text(r, subject, sizeof subject);
	printf("%6lu  %-20s  %-8s  %-32s  %14s  %14s  %s\n", (unsigned long)r->sequence, time,
	       record_type_text(r->type), subject,
	       cli_money(r->price, decimals, unit, price, sizeof price),
	       cli_money(r->balance_after, decimals, unit, after, sizeof after),
	       r->sequence <= acked ? "settled" : "open");
}

static int
print_history(const struct record *records, size_t count, const struct ca_slot *slots,
	      size_t slot_count, uint32_t acked, bool json)
{
	json_t *list = json ? json_array() : NULL;

	if (!json && count == 0)
		printf("no purchase or payment is kept on this card\n");
	for (size_t i = 0; i < count; i++) {
		unsigned int decimals = control_decimals_of(slots, slot_count, records[i].slot);

		if (json)
			json_array_append_new(list,
					      control_record_json(&records[i], decimals, acked));
		else
			record_text(&records[i], decimals, acked);
	}
	return json ? stb_print_json(list, stdout) : 0;
}

int
cmd_history(int argc, char **argv)
{
	struct record *records = NULL;
	struct ca_slot *slots = NULL;
	struct ca_status card = { 0 };
	size_t count = 0, slot_count = 0;
	struct box box;
	bool json = false;
	int status = 0;
	enum rc rc;

	if (box_parse(argc, argv, &box, &json, &status) < 0)
		return status;
	rc = ca_records(box.session, &records, &count);
	if (rc == RC_OK)
		rc = ca_wallet(box.session, &slots, &slot_count);
	if (rc == RC_OK)
		rc = ca_read_status(box.session, &card);
	if (rc != RC_OK)
		status = box_fail(&box, rc, box.spec);
	else
		status = print_history(records, count, slots, slot_count, card.record_acked, json);
	free(records);
	free(slots);
	box_close(&box);
	return status;
}
