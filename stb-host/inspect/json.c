// SPDX-License-Identifier: GPL-3.0-or-later
/* Tables and messages as JSON:
 * {"pat":[…],"pmt":[…],"cat":[…],"ecm":[…],"emm":[…],"damaged":[…],"pids":[…]}. */
#include "inspect/json.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/card_number.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/time2000.h"
#include "inspect/words.h"
#include "stream/ts.h"

struct inspect_json {
	json_t *root;
	bool failed; /* out of memory on the way */
};

/* Takes the value; a NULL value is remembered as a failure. */
static void
set(struct inspect_json *j, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		j->failed = true;
}

static void
set_number(struct inspect_json *j, json_t *object, const char *key, uint64_t value)
{
	set(j, object, key, json_integer((json_int_t)value));
}

static void
set_time(struct inspect_json *j, json_t *object, const char *key, uint32_t t)
{
	char text[TIME2000_TEXT_SIZE];

	time2000_format(t, text);
	set(j, object, key, json_string(text));
}

static void
set_hex(struct inspect_json *j, json_t *object, const char *key, const uint8_t *bytes, size_t len)
{
	char text[2 * CRYPTO_KEY + 1];

	hex_encode(bytes, len, text);
	set(j, object, key, json_string(text));
	mem_wipe(text, sizeof text);
}

static void
append(struct inspect_json *j, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		j->failed = true;
}

/* A new array inside an object. */
static json_t *
array_in(struct inspect_json *j, json_t *object, const char *key)
{
	json_t *array = json_array();

	set(j, object, key, array);
	return array;
}

/* A new object at the end of one of the root's lists. */
static json_t *
entry(struct inspect_json *j, const char *list)
{
	json_t *object = json_object();

	append(j, json_object_get(j->root, list), object);
	return object;
}

static void
add_ca(struct inspect_json *j, json_t *object, struct psi_loop descriptors)
{
	json_t *list = array_in(j, object, "ca_descriptors");
	struct psi_descriptor d;
	struct psi_ca ca;
	uint16_t operator_id;

	while (psi_descriptor_next(&descriptors, &d)) {
		json_t *o;

		if (!psi_ca_parse(&d, &ca))
			continue;
		o = json_object();
		append(j, list, o);
		set_number(j, o, "ca_system_id", ca.system_id);
		set_number(j, o, "pid", ca.pid);
		if (inspect_ca_operator(&ca, &operator_id))
			set_number(j, o, "operator", operator_id);
	}
}

static void
json_pat(void *ctx, const struct psi_pat *pat)
{
	struct inspect_json *j = ctx;
	json_t *o = entry(j, "pat"), *list;
	struct psi_loop loop = pat->programs;
	struct psi_program p;

	set_number(j, o, "version", pat->h.version);
	set_number(j, o, "transport_stream", pat->h.extension);
	list = array_in(j, o, "programs");
	while (psi_program_next(&loop, &p)) {
		json_t *one = json_object();

		append(j, list, one);
		set_number(j, one, "service", p.number);
		set_number(j, one, "pid", p.pid);
	}
}

static void
json_pmt(void *ctx, uint16_t pid, const struct psi_pmt *pmt)
{
	struct inspect_json *j = ctx;
	json_t *o = entry(j, "pmt"), *list;
	struct psi_loop loop = pmt->streams;
	struct psi_stream s;

	set_number(j, o, "pid", pid);
	set_number(j, o, "version", pmt->h.version);
	set_number(j, o, "service", pmt->h.extension);
	set_number(j, o, "pcr_pid", pmt->pcr_pid);
	add_ca(j, o, pmt->descriptors);
	list = array_in(j, o, "streams");
	while (psi_stream_next(&loop, &s)) {
		json_t *one = json_object();

		append(j, list, one);
		set_number(j, one, "type", s.type);
		set_number(j, one, "pid", s.pid);
		add_ca(j, one, s.descriptors);
	}
}

static void
json_cat(void *ctx, const struct psi_cat *cat)
{
	struct inspect_json *j = ctx;
	json_t *o = entry(j, "cat");

	set_number(j, o, "version", cat->h.version);
	add_ca(j, o, cat->descriptors);
}

static void
add_offer(struct inspect_json *j, json_t *object, const char *key, const struct ecm_offer *offer)
{
	json_t *o = json_object();
	char unit[WORDS_UNIT_SIZE];

	set(j, object, key, o);
	words_unit(offer->unit, unit);
	set_number(j, o, "event", offer->event_id);
	set_number(j, o, "slot", offer->slot);
	set(j, o, "unit", json_string(unit));
	set_number(j, o, "price_view_minor", offer->price_view);
	if (offer->flags & OFFER_RECORDABLE)
		set_number(j, o, "price_record_minor", offer->price_record);
	set(j, o, "for_sale", json_boolean((offer->flags & OFFER_NOT_NOW) == 0));
	set(j, o, "collected", json_boolean((offer->flags & OFFER_NO_CALLBACK) == 0));
	set_time(j, o, "window_start", offer->window_start);
	set_time(j, o, "window_end", offer->window_end);
	set_time(j, o, "event_start", offer->event_start);
	set_time(j, o, "event_end", offer->event_end);
}

static void
add_slice(struct inspect_json *j, json_t *object, const struct ecm_slice *s)
{
	json_t *o = json_object();
	char unit[WORDS_UNIT_SIZE];

	set(j, object, "slice", o);
	words_unit(s->unit, unit);
	set_number(j, o, "event", s->event_id);
	set_number(j, o, "slot", s->slot);
	set(j, o, "unit", json_string(unit));
	set_number(j, o, "price_minor", s->price);
	set_number(j, o, "slice_s", s->seconds);
	set_number(j, o, "ceiling_minor", s->ceiling);
	set(j, o, "for_sale", json_boolean((s->flags & OFFER_NOT_NOW) == 0));
	set(j, o, "collected", json_boolean((s->flags & OFFER_NO_CALLBACK) == 0));
	set_time(j, o, "event_end", s->event_end);
}

static void
add_preview(struct inspect_json *j, json_t *object, const struct ecm_preview *p)
{
	json_t *o = json_object();

	set(j, object, "preview", o);
	set_number(j, o, "id", p->id);
	set_number(j, o, "seconds", p->seconds);
	set_number(j, o, "periods", p->periods);
	set_number(j, o, "starts", p->starts);
	set_number(j, o, "unit_s", p->unit_s);
}

static void
add_title(struct inspect_json *j, json_t *o, const char *key, const char *title, size_t len)
{
	char text[WORDS_TITLE_SIZE];

	if (len == 0)
		return;
	words_title(title, len, text);
	set(j, o, key, json_string(text));
}

static void
add_criteria(struct inspect_json *j, json_t *object, const struct ecm_criteria *c)
{
	json_t *o = json_object(), *list;

	set(j, object, "criteria", o);
	list = array_in(j, o, "products");
	for (size_t i = 0; i < c->product_count; i++)
		append(j, list, json_integer(c->products[i]));
	set(j, o, "free", json_boolean(c->free));
	if (c->has_event)
		set_number(j, o, "event", c->event_id);
	if (c->has_offer)
		add_offer(j, o, "offer", &c->offer);
	if (c->has_next_offer)
		add_offer(j, o, "next_offer", &c->next_offer);
	if (c->has_slice)
		add_slice(j, o, &c->slice);
	if (c->has_preview)
		add_preview(j, o, &c->preview);
	set_number(j, o, "rating", c->rating);
	list = array_in(j, o, "refused_leaves");
	for (size_t i = 0; i < c->negative_count; i++)
		append(j, list, json_integer(c->negative[i]));
	set(j, o, "recording", json_string(words_recording(c->recording)));
	add_title(j, o, "title", c->title, c->title_len);
	add_title(j, o, "next_title", c->next_title, c->next_title_len);
}

static void
json_ecm(void *ctx, const struct inspect_ecm *e)
{
	struct inspect_json *j = ctx;
	json_t *o = entry(j, "ecm");

	set_number(j, o, "pid", e->pid);
	set_number(j, o, "table_id", e->ecm.table_id);
	set_number(j, o, "bytes", e->len);
	set_number(j, o, "operator", e->ecm.operator_id);
	set_number(j, o, "service", e->ecm.service_id);
	set_number(j, o, "group", e->ecm.group);
	set_number(j, o, "epoch", e->ecm.epoch);
	set_number(j, o, "period", e->ecm.period);
	set_number(j, o, "period_ms", e->ecm.period_100ms * UINT64_C(100));
	set_time(j, o, "time", e->ecm.time);
	add_criteria(j, o, &e->ecm.criteria);
	set(j, o, "control_words", json_string(words_opened(e->opened)));
	if (e->opened == INSPECT_OPENED) {
		set_hex(j, o, "cw_even", e->ecm.cw_even, e->ecm.cw_size);
		set_hex(j, o, "cw_odd", e->ecm.cw_odd, e->ecm.cw_size);
	}
	if (e->logged[0])
		set_hex(j, o, "cw_even_log", e->logged[0], e->logged_len);
	if (e->logged[1])
		set_hex(j, o, "cw_odd_log", e->logged[1], e->logged_len);
}

static void
add_command(struct inspect_json *j, json_t *o, const struct emm_command *c)
{
	switch (c->tag) {
	case EMM_TAG_ENTITLEMENT:
		set_number(j, o, "product", c->u.entitlement.product);
		set_time(j, o, "start", c->u.entitlement.start);
		set_time(j, o, "end", c->u.entitlement.end);
		set_number(j, o, "flags", c->u.entitlement.flags);
		break;
	case EMM_TAG_ENTITLEMENT_CANCEL:
		set_number(j, o, "product", c->u.entitlement_cancel.product);
		break;
	case EMM_TAG_EVENT_RIGHT:
		set_number(j, o, "event", c->u.event_right.event_id);
		set_time(j, o, "end", c->u.event_right.end);
		set_number(j, o, "flags", c->u.event_right.flags);
		break;
	case EMM_TAG_EVENT_CANCEL:
		set_number(j, o, "event", c->u.event_cancel.event_id);
		break;
	case EMM_TAG_EPOCH_KEY:
		set_number(j, o, "group", c->u.epoch_key.group);
		set_number(j, o, "epoch", c->u.epoch_key.epoch);
		set_hex(j, o, "key", c->u.epoch_key.key, CRYPTO_KEY);
		break;
	case EMM_TAG_SIGNING_KEY:
		set_number(j, o, "version", c->u.signing_key.version);
		set_number(j, o, "floor", c->u.signing_key.floor);
		set_hex(j, o, "public_key", c->u.signing_key.public_key, CRYPTO_PUBLIC);
		break;
	case EMM_TAG_CREDIT:
		set_number(j, o, "slot", c->u.credit.slot);
		set_number(j, o, "source", c->u.credit.source);
		set_number(j, o, "total_minor", c->u.credit.total);
		set_number(j, o, "sequence", c->u.credit.sequence);
		break;
	case EMM_TAG_RECORD_ACK:
		set_number(j, o, "record", c->u.record_ack.record);
		set_hex(j, o, "chain", c->u.record_ack.chain, CRYPTO_MAC);
		break;
	case EMM_TAG_PAIR:
	case EMM_TAG_UNPAIR:
		set_hex(j, o, "box_key_hash", c->u.box.key_hash, CRYPTO_HASH);
		break;
	default:
		set_time(j, o, "now", c->u.time.now);
		break;
	}
}

static void
add_commands(struct inspect_json *j, json_t *object, const uint8_t *body, size_t len)
{
	json_t *list = array_in(j, object, "commands");
	struct emm_command c;
	enum rc rc;

	while ((rc = emm_command_decode(&body, &len, &c)) == RC_OK) {
		json_t *o = json_object();

		append(j, list, o);
		set(j, o, "command", json_string(words_command(c.tag)));
		add_command(j, o, &c);
	}
	if (rc != RC_NOT_FOUND)
		set(j, object, "unreadable", json_string(rc_text(rc)));
	mem_wipe(&c, sizeof c);
}

static void
json_emm(void *ctx, const struct inspect_emm *e)
{
	const struct emm_header *h = &e->header;
	struct inspect_json *j = ctx;
	json_t *o = entry(j, "emm");
	char number[CARD_NUMBER_SIZE];

	set_number(j, o, "pid", e->pid);
	set_number(j, o, "table_id", h->table_id);
	set(j, o, "class", json_string(words_emm_class(h->table_id)));
	set_number(j, o, "bytes", e->len);
	set_number(j, o, "operator", h->operator_id);
	set_number(j, o, "address", h->address);
	if (h->table_id == EMM_UNIQUE) {
		card_number_format(h->operator_id, h->address, number);
		set(j, o, "card", json_string(number));
	}
	set_number(j, o, "sequence", h->sequence);
	set_number(j, o, "part", h->part);
	set_number(j, o, "parts", h->parts);
	set_time(j, o, "valid_until", h->valid_until);
	set(j, o, "signed", json_boolean((h->flags & (EMM_SIGNED | EMM_ROOT)) != 0));
	set(j, o, "root", json_boolean((h->flags & EMM_ROOT) != 0));
	set_number(j, o, "signing_version", h->signing_version);
	set_number(j, o, "key_version", h->key_version);
	set(j, o, "body", json_string(words_opened(e->opened)));
	if (e->entries > 0)
		set_number(j, o, h->table_id == EMM_AUTH ? "sections" : "subsets", e->entries);
	if (e->entries > 0 && h->table_id != EMM_AUTH) {
		set_number(j, o, "group", e->tree.group);
		set_number(j, o, "epoch", e->tree.epoch);
	}
	if (e->body)
		add_commands(j, o, e->body, e->body_len);
}

static void
json_damaged(void *ctx, uint16_t pid, uint8_t table_id, enum rc rc)
{
	struct inspect_json *j = ctx;
	json_t *o = entry(j, "damaged");

	set_number(j, o, "pid", pid);
	set_number(j, o, "table_id", table_id);
	set(j, o, "why", json_string(rc == RC_INTEGRITY ? "wrong CRC" : rc_text(rc)));
}

struct inspect_json *
inspect_json_new(void)
{
	static const char *const lists[] = { "pat", "pmt", "cat", "ecm", "emm", "damaged", "pids" };
	struct inspect_json *j = calloc(1, sizeof *j);

	if (!j)
		return NULL;
	j->root = json_object();
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		(void)array_in(j, j->root, lists[i]);
	return j;
}

void
inspect_json_free(struct inspect_json **j)
{
	if (!j || !*j)
		return;
	json_decref((*j)->root);
	free(*j);
	*j = NULL;
}

struct inspect_events
inspect_json_events(struct inspect_json *j)
{
	struct inspect_events events = { .ctx = j,
					 .pat = json_pat,
					 .pmt = json_pmt,
					 .cat = json_cat,
					 .ecm = json_ecm,
					 .emm = json_emm,
					 .damaged = json_damaged };

	return events;
}

static void
add_pids(struct inspect_json *j, const struct inspect *i)
{
	struct inspect_pid p;

	for (uint16_t pid = 0; pid < TS_PIDS; pid++) {
		json_t *o;

		if (!inspect_pid_at(i, pid, &p))
			continue;
		o = entry(j, "pids");
		set_number(j, o, "pid", pid);
		set(j, o, "kind", json_string(words_kind(p.kind)));
		set_number(j, o, "service", p.service_id);
		set_number(j, o, "packets", p.packets);
		set_number(j, o, "scrambled_even", p.even);
		set_number(j, o, "scrambled_odd", p.odd);
		set_number(j, o, "sections", p.sections);
		set_number(j, o, "distinct", p.distinct);
		set_number(j, o, "damaged", p.damaged);
		set_number(j, o, "lost", p.losses);
	}
}

enum rc
inspect_json_write(struct inspect_json *j, const struct inspect *i, FILE *out)
{
	uint64_t packets, skipped, resyncs;

	inspect_sync(i, &packets, &skipped, &resyncs);
	add_pids(j, i);
	set_number(j, j->root, "packets", packets);
	set_number(j, j->root, "bytes_skipped", skipped);
	set_number(j, j->root, "resynchronisations", resyncs);
	if (j->failed)
		return RC_NO_MEMORY;
	if (json_dumpf(j->root, out, JSON_INDENT(2)) != 0 || fputc('\n', out) == EOF)
		return RC_IO;
	return RC_OK;
}
