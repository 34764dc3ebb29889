// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-stb info: identity, profile, capacities and clock of the card. */
#include "cmds.h"

#include "base/card_number.h"
#include "base/hex.h"
#include "base/time2000.h"
#include "ca/words.h"

#include <stdio.h>

struct card_facts {
	char number[CARD_NUMBER_SIZE];
	char atr[2 * ATR_MAX + 1];
	struct ca_info info;
	struct ca_status status;
	struct ca_boxes boxes; /* of a paired card */
};

static enum rc
gather(const struct box *box, struct card_facts *f)
{
	uint8_t atr[ATR_MAX];
	size_t len = 0;
	enum rc rc = box->link.atr(box->link.ctx, atr, &len);

	if (rc == RC_OK)
		rc = ca_read_status(box->session, &f->status);
	if (rc != RC_OK)
		return rc;
	f->info = *ca_session_info(box->session);
	if (f->info.profile == PROFILE_PAIRED)
		rc = ca_read_boxes(box->session, &f->boxes);
	if (rc != RC_OK)
		return rc;
	hex_encode(atr, len, f->atr);
	card_number_format(f->info.operator_id, f->info.leaf, f->number);
	return RC_OK;
}

static json_t *
boxes_json(const struct card_facts *f)
{
	json_t *names = json_array();

	if (f->info.profile != PROFILE_PAIRED) {
		json_decref(names);
		return json_null();
	}
	for (size_t i = 0; i < f->boxes.count; i++) {
		char name[2 * CA_BOX_NAME + 1];

		hex_encode(f->boxes.names[i], CA_BOX_NAME, name);
		json_array_append_new(names, json_string(name));
	}
	return json_pack("{s:i, s:i, s:b, s:o}", "places", f->boxes.max, "first_use",
			 f->boxes.first_use, "operator_only", f->boxes.operator_only, "paired",
			 names);
}

static void
print_boxes(const struct ca_boxes *b)
{
	printf("boxes:          %u of %u, %u taken on first use%s\n", b->count, b->max,
	       b->first_use, b->operator_only ? ", now by the operator only" : "");
	for (size_t i = 0; i < b->count; i++) {
		char name[2 * CA_BOX_NAME + 1];

		hex_encode(b->names[i], CA_BOX_NAME, name);
		printf("box:            %s…\n", name);
	}
}

static int
print_json(const struct box *box, const struct card_facts *f)
{
	const struct ca_info *i = &f->info;
	const struct ca_status *s = &f->status;
	json_t *keys = json_array();

	for (size_t k = 0; k < s->key_count; k++)
		json_array_append_new(keys, json_pack("{s:i, s:i}", "group", s->keys[k].group,
						      "epoch", s->keys[k].epoch));
	return stb_print_json(
		json_pack("{s:s, s:s, s:i, s:i, s:s, s:s, s:i, s:i, s:i, s:{s:i, s:i, s:i, s:i}, "
			  "s:{s:i, s:i, s:i}, s:o, s:o, s:I, s:I, s:I, s:o, s:o}",
			  "card", box->spec, "card_number", f->number, "operator_id",
			  i->operator_id, "leaf", (int)i->leaf, "profile",
			  ca_profile_words(i->profile), "atr", f->atr, "key_version",
			  i->key_version, "signing_version", i->signing_version, "pin_tries_left",
			  i->pin_tries, "capacity", "entitlements", i->max_entitlements, "records",
			  i->max_records, "events", i->max_events, "slots", i->max_slots, "in_use",
			  "entitlements", i->entitlements, "records", i->records, "events",
			  i->events, "clock", stb_json_time(s->clock), "signed_time",
			  stb_json_time(s->signed_time), "emm_sequence",
			  (json_int_t)s->emm_sequence, "record_newest", (json_int_t)s->record_head,
			  "record_settled", (json_int_t)s->record_acked, "epoch_keys", keys,
			  "boxes", boxes_json(f)),
		stdout);
}

static void
print_text(const struct card_facts *f)
{
	const struct ca_info *i = &f->info;
	char time[TIME2000_TEXT_SIZE];

	printf("card number:    %s (operator %u, leaf %u)\n", f->number, i->operator_id, i->leaf);
	if (i->profile == PROFILE_LABORATORY)
		printf("profile:        LABORATORY: control words leave this card in clear\n");
	else
		printf("profile:        %s\n", ca_profile_words(i->profile));
	if (i->profile == PROFILE_PAIRED)
		print_boxes(&f->boxes);
	printf("ATR:            %s\n", f->atr);
	printf("key versions:   card %u, signing %u\n", i->key_version, i->signing_version);
	printf("PIN tries left: %u\n", i->pin_tries);
	printf("entitlements:   %u of %u\n", i->entitlements, i->max_entitlements);
	printf("event rights:   %u of %u\n", i->events, i->max_events);
	printf("records:        %u of %u, newest %u, settled up to %u\n", i->records,
	       i->max_records, f->status.record_head, f->status.record_acked);
	time2000_format(f->status.clock, time);
	printf("clock:          %s\n", time);
	for (size_t k = 0; k < f->status.key_count; k++)
		printf("epoch key:      group %u, epoch %u\n", f->status.keys[k].group,
		       f->status.keys[k].epoch);
}

int
cmd_info(int argc, char **argv)
{
	struct card_facts facts = { 0 };
	struct box box;
	bool json = false;
	int status = 0;
	enum rc rc;

	if (box_parse(argc, argv, &box, &json, &status) < 0)
		return status;
	rc = gather(&box, &facts);
	if (rc != RC_OK)
		status = box_fail(&box, rc, box.spec);
	else if (json)
		status = print_json(&box, &facts);
	else
		print_text(&facts);
	box_close(&box);
	return status;
}
