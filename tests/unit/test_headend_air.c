// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/headend: what goes on air. Criteria by the moment, EMM sets opened again with the card's
 * keys, the carousel. */
#include "headend_fixture.h"
#include "test.h"

#include "headend/air.h"
#include "headend/criteria.h"
#include "wire/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAF 5
#define COMMANDS_MAX 400

static const char acknowledged[] = "UPDATE card SET record_head = 3, ack_at = changed_at,"
				   " record_chain = x'00112233445566778899aabbccddeeff'";

/* A set opened by the keys that its card has. */
struct opened {
	uint32_t sequence;
	size_t parts, count;
	struct emm_command commands[COMMANDS_MAX];
	bool in_signed[COMMANDS_MAX];
	size_t in_part[COMMANDS_MAX];
};

static void
card_keys(struct headend_fixture *f, uint32_t leaf, struct emm_keys *out)
{
	uint8_t card[CRYPTO_KEY];

	CHECK_RC(keystore_card_key(f->keys.keystore, DOMAIN_CA, leaf, card), RC_OK);
	CHECK_RC(ladder_derive(f->keys.crypto, card, LABEL_EMM_ENC, NULL, 0, out->enc), RC_OK);
	CHECK_RC(ladder_derive(f->keys.crypto, card, LABEL_EMM_MAC, NULL, 0, out->mac), RC_OK);
}

static void
open_section(struct headend_fixture *f, const struct emm_section *s, uint32_t leaf, size_t part,
	     struct opened *o)
{
	uint8_t body[EMM_BODY_MAX], public_key[CRYPTO_PUBLIC], version;
	const uint8_t *p = body;
	struct emm_keys keys;
	struct emm_header h;
	size_t len = 0;
	enum rc rc;

	card_keys(f, leaf, &keys);
	CHECK(s->len <= EMM_PACKET_MAX);
	CHECK_RC(emm_parse(s->bytes, s->len, &h), RC_OK);
	CHECK(h.operator_id == FIXTURE_OPERATOR && h.address == leaf && h.part == part);
	CHECK(h.table_id == EMM_UNIQUE && h.key_version == 1);
	if (h.flags & EMM_SIGNED) {
		CHECK_RC(keystore_public(f->keys.keystore, KEYSTORE_SIGNING, &version, public_key),
			 RC_OK);
		CHECK(h.signing_version == version);
		CHECK_RC(emm_verify(f->keys.crypto, s->bytes, s->len, public_key), RC_OK);
	}
	CHECK_RC(emm_open(f->keys.crypto, s->bytes, s->len, &keys, body, &len), RC_OK);
	o->sequence = h.sequence;
	o->parts = h.parts;
	while ((rc = emm_command_decode(&p, &len, &o->commands[o->count])) == RC_OK) {
		bool is_signed = (h.flags & EMM_SIGNED) != 0;

		CHECK(is_signed || !emm_command_needs_signature(o->commands[o->count].tag));
		CHECK(is_signed == (o->commands[o->count].tag == EMM_TAG_ENTITLEMENT_CANCEL ||
				    emm_command_needs_signature(o->commands[o->count].tag)));
		o->in_part[o->count] = part;
		o->in_signed[o->count++] = is_signed;
	}
	CHECK_RC(rc, RC_NOT_FOUND);
}

/* The caller frees. */
static struct opened *
open_set(struct headend_fixture *f, uint32_t leaf)
{
	struct opened *o = calloc(1, sizeof *o);
	struct emm_set *set = NULL;

	CU_ASSERT_FATAL(o != NULL);
	CHECK_RC(emm_set_build(f->head, &f->keys, leaf, &set), RC_OK);
	CU_ASSERT_FATAL(set != NULL);
	for (size_t i = 0; i < set->count; i++)
		open_section(f, &set->sections[i], leaf, i + 1, o);
	CHECK(set->count == 0 || (o->parts == set->count && o->sequence == set->sequence));
	emm_set_free(&set);
	return o;
}

/* The nth command with a tag; one with tag 0 when there is none. */
static const struct emm_command *
find(const struct opened *o, uint8_t tag, size_t nth)
{
	static const struct emm_command none;

	for (size_t i = 0; i < o->count; i++) {
		if (o->commands[i].tag == tag && nth-- == 0)
			return &o->commands[i];
	}
	return &none;
}

static bool
has(const struct opened *o, uint8_t tag, size_t nth)
{
	return find(o, tag, nth)->tag == tag;
}

static void
add_card(struct headend_fixture *f, uint32_t leaf)
{
	CHECK_RC(card_add(f->head, leaf, 1, 1, FIXTURE_NOW), RC_OK);
}

static void
grant(struct headend_fixture *f, uint32_t leaf, uint16_t product, uint32_t now)
{
	struct head_entitlement e = { .product = product, .start = 100, .end = 200, .flags = 1 };

	CHECK_RC(card_grant(f->head, leaf, &e, now), RC_OK);
}

static void
emm_set__of_a_new_card_is_empty(void)
{
	struct headend_fixture f;
	struct opened *o;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	add_card(&f, LEAF);
	o = open_set(&f, LEAF);
	CHECK(o->count == 0);
	free(o);
	headend_fixture_close(&f);
}

static void
emm_set__restates_rights_keys_and_money_as_they_are_now(void)
{
	struct headend_fixture f;
	struct epoch_rotation r;
	const struct emm_command *c;
	uint8_t purse[CRYPTO_KEY], topup[CRYPTO_KEY], want[8];
	struct epoch_key key;
	struct opened *o;
	uint64_t total;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	add_card(&f, LEAF);
	grant(&f, LEAF, 1, FIXTURE_NOW);
	CHECK_RC(card_topup(f.head, LEAF, 2000, NULL, FIXTURE_NOW, &total), RC_OK);
	CHECK_RC(card_topup(f.head, LEAF, 500, NULL, FIXTURE_NOW, &total), RC_OK);
	CHECK_RC(epoch_rotate(f.head, &f.keys, 0, FIXTURE_NOW, FIXTURE_NOW + 30, &r), RC_OK);
	o = open_set(&f, LEAF);
	c = find(o, EMM_TAG_ENTITLEMENT, 0);
	CHECK(c->tag == EMM_TAG_ENTITLEMENT);
	CHECK(c->u.entitlement.product == 1 && c->u.entitlement.start == 100);
	CHECK(c->u.entitlement.end == 200 && c->u.entitlement.flags == 1);
	for (uint16_t epoch = 0; epoch < 2; epoch++) {
		c = find(o, EMM_TAG_EPOCH_KEY, epoch);
		CHECK(c->tag == EMM_TAG_EPOCH_KEY);
		CHECK_RC(epoch_at(f.head, &f.keys, 0, epoch ? FIXTURE_NOW + 30 : 1, &key), RC_OK);
		CHECK(c->u.epoch_key.epoch == epoch && c->u.epoch_key.group == 0);
		CHECK_BYTES(c->u.epoch_key.key, key.key, CRYPTO_KEY);
	}
	c = find(o, EMM_TAG_CREDIT, 0);
	CHECK(c->tag == EMM_TAG_CREDIT);
	CHECK(c->u.credit.total == 2500 && c->u.credit.source == CREDIT_EMM);
	CHECK_RC(keystore_card_key(f.keys.keystore, DOMAIN_PURSE, LEAF, purse), RC_OK);
	CHECK_RC(ladder_derive(f.keys.crypto, purse, LABEL_TOPUP, NULL, 0, topup), RC_OK);
	CHECK_RC(credit_cryptogram(f.keys.crypto, topup, LEAF, 0, CREDIT_EMM, 2500,
				   c->u.credit.sequence, want),
		 RC_OK);
	CHECK_BYTES(c->u.credit.cryptogram, want, sizeof want);
	CHECK(!has(o, EMM_TAG_RECORD_ACK, 0));
	free(o);
	headend_fixture_close(&f);
}

/* How many commands of another kind stand in a part with one of this kind. */
static size_t
strangers(const struct opened *o, uint8_t tag)
{
	size_t n = 0;

	for (size_t i = 0; i < o->count; i++) {
		for (size_t j = 0; o->commands[i].tag == tag && j < o->count; j++)
			n += o->in_part[i] == o->in_part[j] && o->commands[j].tag != tag;
	}
	return n;
}

static void
emm_set__what_a_card_may_refuse_shares_no_part_with_anything_else(void)
{
	static const uint8_t tags[] = { EMM_TAG_EPOCH_KEY, EMM_TAG_CREDIT, EMM_TAG_RECORD_ACK };
	struct headend_fixture f;
	struct opened *o;
	uint64_t total;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	add_card(&f, LEAF);
	CHECK_RC(card_topup(f.head, LEAF, 2000, NULL, FIXTURE_NOW, &total), RC_OK);
	CHECK_RC(store_run(f.head->store, acknowledged, ""), RC_OK);
	o = open_set(&f, LEAF);
	CHECK(o->count == 3 && o->parts == 3);
	for (size_t i = 0; i < sizeof tags; i++) {
		CHECK(has(o, tags[i], 0));
		CHECK(strangers(o, tags[i]) == 0);
	}
	free(o);
	headend_fixture_close(&f);
}

static void
emm_set__a_cancelled_right_is_stated_as_cancelled(void)
{
	struct headend_fixture f;
	struct opened *o;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	add_card(&f, LEAF);
	grant(&f, LEAF, 1, FIXTURE_NOW);
	CHECK_RC(card_cancel(f.head, LEAF, 1, FIXTURE_NOW + 5), RC_OK);
	CHECK_RC(card_cancel(f.head, LEAF, 1, FIXTURE_NOW + 5), RC_NOT_FOUND);
	o = open_set(&f, LEAF);
	CHECK(!has(o, EMM_TAG_ENTITLEMENT, 0));
	CHECK(has(o, EMM_TAG_ENTITLEMENT_CANCEL, 0));
	free(o);
	grant(&f, LEAF, 1, FIXTURE_NOW + 6);
	o = open_set(&f, LEAF);
	CHECK(has(o, EMM_TAG_ENTITLEMENT, 0));
	CHECK(!has(o, EMM_TAG_ENTITLEMENT_CANCEL, 0));
	free(o);
	headend_fixture_close(&f);
}

static void
emm_set__what_is_thirty_days_old_is_no_longer_restated(void)
{
	struct headend_fixture f;
	struct head_product p = { .id = 2, .name = "More" };
	struct opened *o;
	uint64_t total;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	add_card(&f, LEAF);
	CHECK_RC(product_add(f.head, &p), RC_OK);
	grant(&f, LEAF, 1, FIXTURE_NOW);
	CHECK_RC(card_topup(f.head, LEAF, 2000, NULL, FIXTURE_NOW, &total), RC_OK);
	grant(&f, LEAF, 2, FIXTURE_NOW + HEAD_PENDING_S);
	o = open_set(&f, LEAF);
	CHECK(find(o, EMM_TAG_ENTITLEMENT, 0)->u.entitlement.product == 2);
	CHECK(!has(o, EMM_TAG_ENTITLEMENT, 1));
	CHECK(!has(o, EMM_TAG_CREDIT, 0));
	CHECK(has(o, EMM_TAG_EPOCH_KEY, 0));
	free(o);
	headend_fixture_close(&f);
}

static void
emm_set__equal_sequences_mean_equal_parts_whenever_they_are_built(void)
{
	struct headend_fixture f;
	struct emm_set *a = NULL, *b = NULL;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	add_card(&f, LEAF);
	add_card(&f, LEAF + 1);
	grant(&f, LEAF, 1, FIXTURE_NOW);
	CHECK_RC(emm_set_build(f.head, &f.keys, LEAF, &a), RC_OK);
	grant(&f, LEAF + 1, 1, FIXTURE_NOW + 100);
	CHECK_RC(emm_set_build(f.head, &f.keys, LEAF, &b), RC_OK);
	CU_ASSERT_FATAL(a && b);
	CHECK(a->sequence == b->sequence && a->count == b->count);
	/* All but the signature, which is randomised. */
	for (size_t i = 0; i < a->count; i++)
		CHECK_BYTES(a->sections[i].bytes, b->sections[i].bytes,
			    a->sections[i].len - (i > 0 ? CRYPTO_SIGNATURE : 0U));
	emm_set_free(&a);
	emm_set_free(&b);
	headend_fixture_close(&f);
}

static void
emm_set__the_most_that_is_accepted_fits_thirty_two_parts(void)
{
	struct headend_fixture f;
	struct head_entitlement e = { .start = 1, .end = 2 };
	struct epoch_rotation r;
	struct opened *o;
	uint64_t total;
	uint16_t granted = 0;
	enum rc rc = RC_OK;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	add_card(&f, LEAF);
	for (uint8_t group = 1; group < EPOCH_GROUPS_MAX; group++)
		CHECK_RC(epoch_rotate(f.head, &f.keys, group, 1, 2, &r), RC_OK);
	for (uint8_t group = 0; group < EPOCH_GROUPS_MAX; group++)
		CHECK_RC(epoch_rotate(f.head, &f.keys, group, FIXTURE_NOW, FIXTURE_NOW * 2, &r),
			 RC_OK);
	for (uint16_t id = 2; id < 300 && rc == RC_OK; id++) {
		struct head_product p = { .id = id, .name = "p" };

		CHECK_RC(product_add(f.head, &p), RC_OK);
		e.product = id;
		rc = card_grant(f.head, LEAF, &e, FIXTURE_NOW);
		granted = (uint16_t)(granted + (rc == RC_OK));
	}
	CHECK_RC(rc, RC_SPACE);
	CHECK_RC(card_topup(f.head, LEAF, 1, NULL, FIXTURE_NOW, &total), RC_OK);
	CHECK_RC(store_run(f.head->store, acknowledged, ""), RC_OK);
	o = open_set(&f, LEAF);
	CHECK(o->parts == EMM_PARTS_MAX);
	CHECK(has(o, EMM_TAG_RECORD_ACK, 0));
	CHECK(has(o, EMM_TAG_ENTITLEMENT, granted - 1U));
	CHECK(!has(o, EMM_TAG_ENTITLEMENT, granted));
	CHECK(has(o, EMM_TAG_EPOCH_KEY, 15));
	CHECK(has(o, EMM_TAG_CREDIT, 0));
	free(o);
	headend_fixture_close(&f);
}

/* Leaf of the next section; 0 for the global one with the time. */
static uint32_t
next_leaf(struct carousel *c, uint32_t now)
{
	uint8_t section[EMM_SECTION_MAX];
	struct emm_header h = { .address = 0 };
	size_t len = 0;

	CHECK_RC(carousel_next(c, now, section, &len), RC_OK);
	if (len == 0)
		return UINT32_MAX;
	CHECK_RC(emm_parse(section, len, &h), RC_OK);
	return h.table_id == EMM_GLOBAL ? 0 : h.address;
}

static void
carousel__sends_time_each_second_and_changed_cards_before_the_others(void)
{
	struct headend_fixture f;
	struct carousel *c = NULL;
	uint32_t now = FIXTURE_NOW + 1;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	for (uint32_t leaf = 1; leaf <= 4; leaf++) {
		add_card(&f, leaf);
		grant(&f, leaf, 1, FIXTURE_NOW);
	}
	CHECK_RC(carousel_new(f.head, &f.keys, KEY_S256, &c), RC_OK);
	CU_ASSERT_FATAL(c != NULL);
	CHECK(next_leaf(c, now) == 0);
	CHECK(next_leaf(c, now) == 1 && next_leaf(c, now) == 1);
	CHECK(next_leaf(c, now) == 2);
	CHECK(next_leaf(c, now + 1) == 0);
	CHECK(next_leaf(c, now + 1) == 2);
	grant(&f, 4, 1, FIXTURE_NOW + 2);
	CHECK_RC(card_revoke(f.head, 3, NULL, FIXTURE_NOW + 2), RC_OK);
	CHECK(next_leaf(c, now + 1) == 4);
	CHECK_RC(carousel_poll(c), RC_OK);
	CHECK(next_leaf(c, now + 1) == 4 && next_leaf(c, now + 1) == 4);
	CHECK(next_leaf(c, now + 1) == 1);
	CHECK(carousel_cards(c, now) == 3);
	CHECK(carousel_cards(c, FIXTURE_NOW + HEAD_PENDING_S) == 1);
	CHECK(next_leaf(c, FIXTURE_NOW + HEAD_PENDING_S * 2) == 0);
	carousel_free(&c);
	CHECK(c == NULL);
	headend_fixture_close(&f);
}

static const struct {
	const char *name;
	uint32_t at; /* after FIXTURE_NOW */
	bool offer, next;
	uint8_t products, flags;
} moments[] = {
	{ "a day before the window", 0U - 86400, false, false, 1, 0 },
	{ "window open, event to come", 0, false, true, 1, 0 },
	{ "last second before", 3599, false, true, 1, 0 },
	{ "event begins", 3600, true, false, 1, OFFER_RECORDABLE },
	{ "event on, window closed", 9000, true, false, 1, OFFER_RECORDABLE | OFFER_NOT_NOW },
	{ "event over", 10800, false, false, 1, 0 },
};

static void
criteria__follow_the_catalogue_of_the_moment(void)
{
	struct headend_fixture f;
	struct head_service s;
	struct head_event e = headend_fixture_event();

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	CHECK_RC(event_remove(f.head, FIXTURE_EVENT), RC_OK);
	e.service_id = 101;
	e.window_end = FIXTURE_NOW + 9000;
	CHECK_RC(event_add(f.head, &e), RC_OK);
	CHECK_RC(service_get(f.head, 101, &s), RC_OK);
	for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
		struct ecm_criteria c;

		test_row(moments[i].name);
		CHECK_RC(criteria_build(f.head, &s, FIXTURE_NOW + moments[i].at, &c), RC_OK);
		CHECK(c.has_offer == moments[i].offer && c.has_next_offer == moments[i].next);
		CHECK(c.product_count == moments[i].products && !c.free && !c.has_event);
		if (c.has_offer) {
			CHECK(c.offer.flags == moments[i].flags &&
			      c.offer.price_view == FIXTURE_PRICE);
			CHECK(c.offer.event_id == FIXTURE_EVENT &&
			      c.offer.window_start == FIXTURE_NOW);
			CHECK(c.title_len == 13 && memcmp(c.title, "The Long Film", 13) == 0);
		}
	}
	test_row("");
	headend_fixture_close(&f);
}

static void
criteria__carry_slices_and_previews_of_the_event_that_is_on(void)
{
	struct headend_fixture f;
	struct head_service s;
	struct head_event e = headend_fixture_event();
	struct ecm_criteria c;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	CHECK_RC(service_get(f.head, 101, &s), RC_OK);
	e.id = 8;
	e.service_id = 101;
	e.for_sale = false;
	e.no_callback = true;
	e.slice = (struct event_slice) { 15, 300, 600 };
	e.preview = (struct event_preview) { 77, 180, 18, 2, 60 };
	CHECK_RC(event_add(f.head, &e), RC_OK);
	CHECK_RC(criteria_build(f.head, &s, e.start, &c), RC_OK);
	CHECK(!c.has_offer && c.has_event && c.has_slice && c.has_preview);
	CHECK(c.slice.event_id == 8 && c.slice.price == 15 && c.slice.seconds == 300 &&
	      c.slice.ceiling == 600 && c.slice.flags == OFFER_NO_CALLBACK &&
	      c.slice.event_end == e.end && memcmp(c.slice.unit, "EUR", 3) == 0);
	CHECK(c.preview.id == 77 && c.preview.seconds == 180 && c.preview.periods == 18 &&
	      c.preview.starts == 2 && c.preview.unit_s == 60);
	CHECK_RC(criteria_build(f.head, &s, e.end, &c), RC_OK);
	CHECK(!c.has_slice && !c.has_preview);
	CHECK_RC(event_remove(f.head, 8), RC_OK);
	e.preview.id = 0;
	e.slice.price = 0;
	CHECK_RC(event_add(f.head, &e), RC_OK);
	CHECK_RC(criteria_build(f.head, &s, e.start, &c), RC_OK);
	CHECK(!c.has_slice && c.preview.id == 8);
	e.id = 9;
	e.slice = (struct event_slice) { 15, 300, 14 };
	CHECK_RC(event_add(f.head, &e), RC_RANGE);
	e.slice.ceiling = e.slice.seconds = 0;
	CHECK_RC(event_add(f.head, &e), RC_RANGE);
	e.slice.price = e.preview.seconds = e.preview.periods = 0;
	CHECK_RC(event_add(f.head, &e), RC_RANGE);
	headend_fixture_close(&f);
}

static void
criteria__an_exclusive_event_shuts_the_products_out(void)
{
	struct headend_fixture f;
	struct head_service s;
	struct head_event e = headend_fixture_event();
	struct ecm_criteria c;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	CHECK_RC(service_get(f.head, 101, &s), RC_OK);
	e.id = 8;
	e.service_id = 101;
	e.exclusive = true;
	e.for_sale = false;
	snprintf(e.title, sizeof e.title, "%s",
		 "Ein sehr langer Titel mit vielen \xC3\xA4\xC3\xB6\xC3\xBC");
	CHECK_RC(event_add(f.head, &e), RC_OK);
	CHECK_RC(criteria_build(f.head, &s, e.start, &c), RC_OK);
	CHECK(c.product_count == 0 && c.has_event && c.event_id == 8 && !c.has_offer);
	CHECK(c.title_len == 32);
	CHECK_RC(event_remove(f.head, 8), RC_OK);
	snprintf(e.title, sizeof e.title, "%s",
		 "Ein sehr langer Titel mit viel \xC3\xA4\xC3\xB6\xC3\xBC");
	CHECK_RC(event_add(f.head, &e), RC_OK);
	CHECK_RC(criteria_build(f.head, &s, e.start, &c), RC_OK);
	CHECK(c.title_len == 31);
	headend_fixture_close(&f);
}

static void
criteria__every_revoked_card_is_named_within_a_few_periods_until_the_next_epoch(void)
{
	struct headend_fixture f;
	struct epoch_key epoch;
	struct epoch_rotation r;
	struct ecm_criteria c;
	struct head_service s;
	bool seen[101] = { false };

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	for (uint32_t leaf = 1; leaf <= 100; leaf++) {
		add_card(&f, leaf);
		CHECK_RC(card_revoke(f.head, leaf, NULL, FIXTURE_NOW), RC_OK);
	}
	CHECK_RC(service_get(f.head, 102, &s), RC_OK);
	CHECK_RC(epoch_at(f.head, &f.keys, 0, FIXTURE_NOW, &epoch), RC_OK);
	for (uint32_t period = 0; period < 6; period++) {
		CHECK_RC(criteria_build(f.head, &s, FIXTURE_NOW + 3600, &c), RC_OK);
		CHECK_RC(criteria_add_revoked(f.head, epoch.change, period, 16, &c), RC_OK);
		CHECK_RC(ecm_criteria_fit(&c, 16), RC_OK);
		CHECK(c.negative_count > 0);
		for (size_t i = 0; i < c.negative_count; i++)
			seen[c.negative[i]] = true;
	}
	for (uint32_t leaf = 1; leaf <= 100; leaf++)
		CHECK(seen[leaf]);
	CHECK_RC(epoch_rotate(f.head, &f.keys, 0, FIXTURE_NOW, FIXTURE_NOW + 30, &r), RC_OK);
	CHECK(r.cards == 0);
	CHECK_RC(epoch_at(f.head, &f.keys, 0, FIXTURE_NOW + 30, &epoch), RC_OK);
	CHECK_RC(criteria_add_revoked(f.head, epoch.change, 1, 16, &c), RC_OK);
	CHECK(c.negative_count == 0);
	headend_fixture_close(&f);
}

static void
air__an_ecm_opens_under_the_key_of_its_time(void)
{
	struct headend_fixture f;
	struct epoch_rotation r;
	struct air air;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	CHECK_RC(epoch_rotate(f.head, &f.keys, 0, FIXTURE_NOW, FIXTURE_NOW + 30, &r), RC_OK);
	CHECK_RC(air_open(&air, f.head, &f.keys, KEY_S256), RC_OK);
	for (uint16_t epoch = 0; epoch < 2; epoch++) {
		struct ecm in = { .table_id = 0x80,
				  .cw_size = 8,
				  .service_id = 102,
				  .period = 4,
				  .period_100ms = 100,
				  .time = FIXTURE_NOW + (epoch ? 30U : 29U),
				  .cw_even = { 1, 2, 3 },
				  .cw_odd = { 9, 8 } },
			   out;
		uint8_t section[ECM_MAX], service_key[CRYPTO_KEY];
		struct epoch_key key;
		size_t len = 0;

		CHECK_RC(air_ecm(&air, &in, section, &len), RC_OK);
		CHECK_RC(epoch_at(f.head, &f.keys, 0, in.time, &key), RC_OK);
		CHECK_RC(ladder_service_key(f.keys.crypto, key.key, FIXTURE_OPERATOR, 102,
					    service_key),
			 RC_OK);
		CHECK_RC(ecm_open(f.keys.crypto, service_key, section, len, &out), RC_OK);
		CHECK(out.epoch == epoch && out.operator_id == FIXTURE_OPERATOR);
		CHECK(out.criteria.rating == 16 && out.criteria.has_next_offer);
		CHECK_BYTES(out.cw_even, in.cw_even, 8);
	}
	air_close(&air);
	headend_fixture_close(&f);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(emm_set__of_a_new_card_is_empty),
		TEST(emm_set__restates_rights_keys_and_money_as_they_are_now),
		TEST(emm_set__what_a_card_may_refuse_shares_no_part_with_anything_else),
		TEST(emm_set__a_cancelled_right_is_stated_as_cancelled),
		TEST(emm_set__what_is_thirty_days_old_is_no_longer_restated),
		TEST(emm_set__equal_sequences_mean_equal_parts_whenever_they_are_built),
		TEST(emm_set__the_most_that_is_accepted_fits_thirty_two_parts),
		TEST(carousel__sends_time_each_second_and_changed_cards_before_the_others),
		TEST(criteria__follow_the_catalogue_of_the_moment),
		TEST(criteria__carry_slices_and_previews_of_the_event_that_is_on),
		TEST(criteria__an_exclusive_event_shuts_the_products_out),
		TEST(criteria__every_revoked_card_is_named_within_a_few_periods_until_the_next_epoch),
		TEST(air__an_ecm_opens_under_the_key_of_its_time),
	};

	return test_run("headend_air", cases, sizeof cases / sizeof cases[0]);
}
