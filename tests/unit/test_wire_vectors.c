// SPDX-License-Identifier: GPL-3.0-or-later
/* Golden vectors of cas/wire: tests/vectors/wire.txt, made by tests/vectors/make_wire_vectors.py
 * from FORMATS.md. Each vector gives the fields and the bytes; we build the struct from the fields,
 * must make the same bytes, and must accept them. */
#include "base/hex.h"
#include "base/mem.h"
#include "crypto_test.h"
#include "derive/ladder.h"
#include "test.h"
#include "vector_file.h"
#include "wire/ca_apdu.h"
#include "wire/code.h"
#include "wire/record.h"

#include <stdio.h>
#include <stdlib.h>

#define PATH TESSERA_SOURCE_DIR "/tests/vectors/wire.txt"

static char file[VECTOR_FILE_MAX];

static struct ecm_offer
an_offer(const struct vector *v, const char *prefix)
{
	struct ecm_offer o = { 0 };
	char name[40];

#define OFFER_FIELD(member, text) \
	(snprintf(name, sizeof name, "%s." text, prefix), o.member = u32(v, name))
	OFFER_FIELD(event_id, "event");
	OFFER_FIELD(price_view, "price_view");
	OFFER_FIELD(price_record, "price_record");
	OFFER_FIELD(window_start, "window_start");
	OFFER_FIELD(window_end, "window_end");
	OFFER_FIELD(event_start, "event_start");
	OFFER_FIELD(event_end, "event_end");
#undef OFFER_FIELD
	snprintf(name, sizeof name, "%s.slot", prefix);
	o.slot = u8(v, name);
	snprintf(name, sizeof name, "%s.flags", prefix);
	o.flags = u8(v, name);
	snprintf(name, sizeof name, "%s.unit", prefix);
	CHECK(bytes(v, name, o.unit, UNIT_SIZE) == UNIT_SIZE);
	return o;
}

static void
read_pay_per_time(const struct vector *v, struct ecm_criteria *c)
{
	uint64_t n[5] = { 0 };

	c->has_slice = numbers(v, "slice", n, 5) == 5;
	if (c->has_slice)
		c->slice = (struct ecm_slice) { (uint32_t)n[0],    0,
						{ 'E', 'U', 'R' }, 1,
						(uint32_t)n[1],    (uint16_t)n[2],
						(uint32_t)n[3],    (uint32_t)n[4] };
	c->has_preview = numbers(v, "preview", n, 5) == 5;
	if (c->has_preview)
		c->preview = (struct ecm_preview) { (uint32_t)n[0], (uint16_t)n[1], (uint16_t)n[2],
						    (uint8_t)n[3], (uint8_t)n[4] };
}

static void
read_criteria(const struct vector *v, struct ecm_criteria *c)
{
	uint64_t list[ECM_NEGATIVE_MAX];

	c->product_count = numbers(v, "products", list, ECM_PRODUCTS_MAX);
	for (size_t i = 0; i < c->product_count; i++)
		c->products[i] = (uint16_t)list[i];
	c->negative_count = numbers(v, "negative", list, ECM_NEGATIVE_MAX);
	for (size_t i = 0; i < c->negative_count; i++)
		c->negative[i] = (uint32_t)list[i];
	c->free = has(v, "free");
	c->has_event = has(v, "event");
	c->event_id = c->has_event ? u32(v, "event") : 0;
	c->has_offer = has(v, "offer.event");
	if (c->has_offer)
		c->offer = an_offer(v, "offer");
	c->has_next_offer = has(v, "next_offer.event");
	if (c->has_next_offer)
		c->next_offer = an_offer(v, "next_offer");
	read_pay_per_time(v, c);
	c->rating = has(v, "rating") ? u8(v, "rating") : 0;
	c->recording = has(v, "recording") ? u8(v, "recording") : 0;
	c->title_len = (uint8_t)bytes(v, "title", c->title, ECM_TITLE_MAX);
	c->next_title_len = (uint8_t)bytes(v, "next_title", c->next_title, ECM_TITLE_MAX);
}

static void
read_ecm(const struct vector *v, struct ecm *e)
{
	memset(e, 0, sizeof *e);
	e->table_id = u8(v, "table_id");
	e->operator_id = u16(v, "operator");
	e->group = u8(v, "group");
	e->epoch = u16(v, "epoch");
	e->service_id = u16(v, "service");
	e->time = u32(v, "time");
	e->period = u32(v, "period");
	e->period_100ms = u16(v, "period_100ms");
	e->cw_size = (uint8_t)bytes(v, "cw_even", e->cw_even, ECM_CW_MAX);
	CHECK(bytes(v, "cw_odd", e->cw_odd, ECM_CW_MAX) == e->cw_size);
	read_criteria(v, &e->criteria);
}

static void
vectors__ecms_are_made_and_opened_as_the_page_says(void)
{
	const char *cursor = file;
	unsigned int count = 0;
	struct vector v;

	for (; next(&cursor, "ecm", &v); count++) {
		uint8_t want[ECM_MAX], section[ECM_MAX], epoch_key[16], want_key[16],
			service_key[16];
		size_t want_len = bytes(&v, "section", want, sizeof want), len = 0;
		struct ecm ecm, got;

		read_ecm(&v, &ecm);
		CHECK(bytes(&v, "epoch_key", epoch_key, 16) == 16);
		CHECK(bytes(&v, "service_key", want_key, 16) == 16);
		CHECK_RC(ladder_service_key(crypto_test(), epoch_key, ecm.operator_id,
					    ecm.service_id, service_key),
			 RC_OK);
		CHECK_BYTES(service_key, want_key, 16);
		CHECK_RC(ecm_seal(crypto_test(), service_key, &ecm, section, &len), RC_OK);
		CHECK(len == want_len);
		CHECK_BYTES(section, want, want_len);
		CHECK_RC(ecm_open(crypto_test(), service_key, want, want_len, &got), RC_OK);
		CHECK_BYTES(got.cw_even, ecm.cw_even, ECM_CW_MAX);
		CHECK_BYTES(got.cw_odd, ecm.cw_odd, ECM_CW_MAX);
		CHECK(got.time == ecm.time && got.period == ecm.period);
		CHECK(got.criteria.product_count == ecm.criteria.product_count &&
		      got.criteria.offer.price_view == ecm.criteria.offer.price_view);
	}
	CHECK(count == 4);
}

/* Signs by giving the vector's own signature for the vector's own digest. */
static enum rc
sign_as_the_vector(void *ctx, const uint8_t digest[CRYPTO_HASH],
		   uint8_t signature[CRYPTO_SIGNATURE])
{
	const struct vector *v = ctx;
	uint8_t want[CRYPTO_HASH], section[EMM_MAX];
	size_t len = bytes(v, "section", section, sizeof section);

	CHECK(bytes(v, "digest", want, sizeof want) == sizeof want);
	CHECK_BYTES(digest, want, CRYPTO_HASH);
	memcpy(signature, section + len - CRYPTO_SIGNATURE, CRYPTO_SIGNATURE);
	return RC_OK;
}

static void
read_emm_keys(const struct vector *v, struct emm_keys *keys)
{
	uint8_t card_key[CRYPTO_KEY], want[CRYPTO_KEY];
	const struct crypto *c = crypto_test();

	CHECK(bytes(v, "ca_card_key", card_key, CRYPTO_KEY) == CRYPTO_KEY);
	CHECK_RC(ladder_derive(c, card_key, LABEL_EMM_ENC, NULL, 0, keys->enc), RC_OK);
	CHECK_RC(ladder_derive(c, card_key, LABEL_EMM_MAC, NULL, 0, keys->mac), RC_OK);
	if (bytes(v, "k_enc", want, CRYPTO_KEY) == CRYPTO_KEY)
		CHECK_BYTES(keys->enc, want, CRYPTO_KEY);
	if (bytes(v, "k_mac", want, CRYPTO_KEY) == CRYPTO_KEY)
		CHECK_BYTES(keys->mac, want, CRYPTO_KEY);
}

/* The commands of a body, read and written again. */
static void
check_commands(const uint8_t *body, size_t len)
{
	uint8_t again[EMM_BODY_MAX];
	size_t left = len, again_len = 0;
	const uint8_t *p = body;
	struct emm_command cmd;

	while (left > 0) {
		CHECK_RC(emm_command_decode(&p, &left, &cmd), RC_OK);
		CHECK_RC(emm_command_encode(&cmd, again, sizeof again, &again_len), RC_OK);
	}
	CHECK(again_len == len);
	CHECK_BYTES(again, body, len);
}

static void
check_emm(struct vector *v)
{
	struct emm_header h = { .table_id = u8(v, "table_id"),
				.operator_id = u16(v, "operator"),
				.address = u32(v, "address"),
				.flags = u8(v, "flags"),
				.key_version = u8(v, "key_version"),
				.signing_version = u8(v, "signing_version"),
				.sequence = u32(v, "sequence"),
				.part = u8(v, "part"),
				.parts = u8(v, "parts"),
				.valid_until = u32(v, "valid_until") };
	uint8_t want[EMM_MAX], section[EMM_MAX], body[EMM_BODY_MAX], opened[EMM_BODY_MAX];
	size_t want_len = bytes(v, "section", want, sizeof want), len = 0, opened_len = 0;
	size_t body_len = bytes(v, "body", body, sizeof body);
	uint8_t public_key[CRYPTO_PUBLIC];
	struct emm_keys keys;

	read_emm_keys(v, &keys);
	CHECK_RC(emm_seal(crypto_test(), &h, body, body_len, &keys, sign_as_the_vector, v, section,
			  &len),
		 RC_OK);
	CHECK(len == want_len);
	CHECK_BYTES(section, want, want_len);
	CHECK_RC(emm_open(crypto_test(), want, want_len, &keys, opened, &opened_len), RC_OK);
	CHECK(opened_len == body_len);
	CHECK_BYTES(opened, body, body_len);
	check_commands(opened, opened_len);
	if (bytes(v, "public", public_key, sizeof public_key) == sizeof public_key)
		CHECK_RC(emm_verify(crypto_test(), want, want_len, public_key), RC_OK);
}

static void
vectors__emms_are_made_opened_and_verified_as_the_page_says(void)
{
	const char *cursor = file;
	unsigned int count = 0;
	struct vector v;

	for (; next(&cursor, "emm", &v); count++)
		check_emm(&v);
	CHECK(count == 8);
}

static void
vectors__a_credit_carries_the_cryptogram_of_the_page(void)
{
	const char *cursor = file;
	uint8_t card_key[16], k_topup[16], want_key[16], want[64], body[64];
	struct emm_command cmd = { .tag = EMM_TAG_CREDIT };
	struct vector v;
	size_t len = 0;

	CHECK(next(&cursor, "credit", &v));
	CHECK(bytes(&v, "purse_card_key", card_key, 16) == 16);
	CHECK(bytes(&v, "k_topup", want_key, 16) == 16);
	CHECK_RC(ladder_derive(crypto_test(), card_key, LABEL_TOPUP, NULL, 0, k_topup), RC_OK);
	CHECK_BYTES(k_topup, want_key, 16);
	cmd.u.credit.slot = u8(&v, "slot");
	cmd.u.credit.source = u8(&v, "source");
	cmd.u.credit.total = (uint64_t)number(&v, "total");
	cmd.u.credit.sequence = u32(&v, "sequence");
	CHECK_RC(credit_cryptogram(crypto_test(), k_topup, u32(&v, "leaf"), cmd.u.credit.slot,
				   cmd.u.credit.source, cmd.u.credit.total, cmd.u.credit.sequence,
				   cmd.u.credit.cryptogram),
		 RC_OK);
	CHECK(bytes(&v, "cryptogram", want, sizeof want) == 8);
	CHECK_BYTES(cmd.u.credit.cryptogram, want, 8);
	CHECK_RC(emm_command_encode(&cmd, body, sizeof body, &len), RC_OK);
	CHECK(bytes(&v, "command", want, sizeof want) == len);
	CHECK_BYTES(body, want, len);
}

static void
vectors__records_carry_the_certificate_of_the_page(void)
{
	const char *cursor = file;
	unsigned int count = 0;
	struct vector v;

	for (; next(&cursor, "record", &v); count++) {
		struct record r = { .sequence = u32(&v, "sequence"),
				    .type = u8(&v, "type"),
				    .flags = u8(&v, "flags"),
				    .operator_id = u16(&v, "operator"),
				    .event_id = u32(&v, "event"),
				    .service_id = u16(&v, "service"),
				    .slot = u8(&v, "slot"),
				    .count = u8(&v, "count"),
				    .price = u32(&v, "price"),
				    .time = u32(&v, "time"),
				    .purse_sequence = u32(&v, "purse_sequence"),
				    .balance_after = number(&v, "balance_after") };
		uint8_t card_key[16], k_tac[16], want[RECORD_SIZE], out[RECORD_SIZE];
		struct record got;

		CHECK(bytes(&v, "unit", r.unit, UNIT_SIZE) == UNIT_SIZE);
		CHECK(bytes(&v, "purse_card_key", card_key, 16) == 16);
		CHECK_RC(ladder_derive(crypto_test(), card_key, LABEL_TAC, NULL, 0, k_tac), RC_OK);
		CHECK_RC(record_tac(crypto_test(), k_tac, &r, r.tac), RC_OK);
		record_encode(&r, out);
		CHECK(bytes(&v, "record", want, sizeof want) == RECORD_SIZE);
		CHECK_BYTES(out, want, RECORD_SIZE);
		CHECK_RC(record_decode(want, &got), RC_OK);
		CHECK(got.price == r.price && got.balance_after == r.balance_after);
	}
	CHECK(count == 3);
}

static void
vectors__the_chain_is_that_of_the_page(void)
{
	uint8_t card_key[16], k_chain[16], value[16], want[16], records[2 * RECORD_SIZE];
	const char *cursor = file;
	struct vector v;

	CHECK(next(&cursor, "chain", &v));
	CHECK(bytes(&v, "ca_card_key", card_key, 16) == 16);
	CHECK(bytes(&v, "before", value, 16) == 16);
	CHECK(bytes(&v, "after", want, 16) == 16);
	CHECK(bytes(&v, "records", records, sizeof records) == sizeof records);
	CHECK_RC(ladder_derive(crypto_test(), card_key, LABEL_CHAIN, NULL, 0, k_chain), RC_OK);
	CHECK_RC(record_chain(crypto_test(), k_chain, value, records, value), RC_OK);
	CHECK_RC(record_chain(crypto_test(), k_chain, value, records + RECORD_SIZE, value), RC_OK);
	CHECK_BYTES(value, want, 16);
}

static void
read_report(const struct vector *v, struct report *r)
{
	uint8_t records[REPORT_RECORDS_MAX * RECORD_SIZE];
	uint64_t totals[5] = { 0 };

	memset(r, 0, sizeof *r);
	r->operator_id = u16(v, "operator");
	r->leaf = u32(v, "leaf");
	r->key_version = u8(v, "key_version");
	r->flags = u8(v, "flags");
	r->first = u32(v, "first");
	r->clock = u32(v, "clock");
	r->head = u32(v, "head");
	CHECK(bytes(v, "chain_before", r->chain_before, CRYPTO_MAC) == CRYPTO_MAC);
	CHECK(bytes(v, "chain_head", r->chain_head, CRYPTO_MAC) == CRYPTO_MAC);
	CHECK(numbers(v, "totals", totals, 5) == 5);
	r->totals =
		(struct report_totals) { 0, totals[0], totals[1], totals[2], totals[3], totals[4] };
	r->record_count = (uint8_t)(bytes(v, "records", records, sizeof records) / RECORD_SIZE);
	for (size_t i = 0; i < r->record_count; i++)
		CHECK_RC(record_decode(records + i * RECORD_SIZE, &r->records[i]), RC_OK);
}

static void
vectors__reports_are_made_and_opened_as_the_page_says(void)
{
	const char *cursor = file;
	unsigned int count = 0;
	struct vector v;

	for (; next(&cursor, "report", &v); count++) {
		uint8_t want[REPORT_MAX], out[REPORT_MAX], card_key[16];
		size_t want_len = bytes(&v, "batch", want, sizeof want), len = 0;
		struct report_keys keys;
		struct report r, got;

		read_report(&v, &r);
		CHECK(bytes(&v, "ca_card_key", card_key, 16) == 16);
		CHECK_RC(
			ladder_derive(crypto_test(), card_key, LABEL_REPORT_ENC, NULL, 0, keys.enc),
			RC_OK);
		CHECK_RC(
			ladder_derive(crypto_test(), card_key, LABEL_REPORT_MAC, NULL, 0, keys.mac),
			RC_OK);
		CHECK_RC(report_seal(crypto_test(), &keys, &r, out, sizeof out, &len), RC_OK);
		CHECK(len == want_len);
		CHECK_BYTES(out, want, want_len);
		CHECK_RC(report_open(crypto_test(), &keys, want, want_len, &got), RC_OK);
		CHECK(got.head == r.head && got.totals.spent == r.totals.spent &&
		      got.record_count == r.record_count);
	}
	CHECK(count == 2);
}

static void
read_answer(const struct vector *v, struct ca_answer *a)
{
	memset(a, 0, sizeof *a);
	a->outcome = (enum ca_outcome)number(v, "outcome");
	a->cw_size = (uint8_t)bytes(v, "cw_even", a->cw_even, ECM_CW_MAX);
	(void)bytes(v, "cw_odd", a->cw_odd, ECM_CW_MAX);
	if (has(v, "opened_by")) {
		a->opened_by = u8(v, "opened_by");
		a->opened_id = u32(v, "opened_id");
		a->right_end = u32(v, "right_end");
		a->may_record = number(v, "may_record") == 1;
	}
	a->has_balance = has(v, "balance");
	if (a->has_balance) {
		a->slot = u8(v, "slot");
		CHECK(bytes(v, "unit", a->unit, UNIT_SIZE) == UNIT_SIZE);
		a->decimals = u8(v, "decimals");
		a->balance = number(v, "balance");
	}
	a->has_receipt = has(v, "record");
	if (a->has_receipt) {
		a->receipt.record = u32(v, "record");
		a->receipt.price = u32(v, "price");
		a->receipt.balance_after = number(v, "balance_after");
		CHECK(bytes(v, "tac", a->receipt.tac, 8) == 8);
	}
	a->has_session = has(v, "session_record");
	if (a->has_session)
		a->session = (struct ca_running) { u32(v, "session_record"), u32(v, "spent"),
						   u32(v, "ceiling"), u16(v, "slices"),
						   number(v, "charged") == 1 };
	a->has_preview = has(v, "seconds_left");
	if (a->has_preview)
		a->preview =
			(struct ca_preview_left) { u16(v, "seconds_left"), u16(v, "periods_left"),
						   u8(v, "starts_left") };
}

static void
vectors__answers_are_written_and_read_as_the_page_says(void)
{
	const char *cursor = file;
	uint8_t want[CA_ANSWER_MAX], out[CA_ANSWER_MAX];
	unsigned int count = 0;
	struct ca_answer a, got;
	struct vector v;
	size_t len = 0;

	for (; next(&cursor, "answer", &v); count++) {
		read_answer(&v, &a);
		CHECK_RC(ca_answer_encode(&a, out, sizeof out, &len), RC_OK);
		CHECK(bytes(&v, "answer", want, sizeof want) == len);
		CHECK_BYTES(out, want, len);
		CHECK_RC(ca_answer_decode(want, len, &got), RC_OK);
		CHECK(got.outcome == a.outcome && got.balance == a.balance &&
		      got.session.spent == a.session.spent);
	}
	CHECK(count == 3);
}

static void
check_purchase(const struct vector *v)
{
	uint8_t want[CA_PURCHASE_MAX], out[CA_PURCHASE_MAX];
	struct ca_purchase p = { 0 }, p_got;
	size_t len = 0;

	p.operator_id = u16(v, "operator");
	p.service_id = u16(v, "service");
	p.event_id = u32(v, "event");
	p.slot = u8(v, "slot");
	CHECK(bytes(v, "unit", p.unit, UNIT_SIZE) == UNIT_SIZE);
	p.price = u32(v, "price");
	p.flags = u8(v, "flags");
	p.seconds = has(v, "seconds") ? u16(v, "seconds") : 0;
	p.ceiling = has(v, "ceiling") ? u32(v, "ceiling") : 0;
	p.pin_len = (uint8_t)bytes(v, "pin", p.pin, PIN_MAX);
	CHECK_RC(ca_purchase_encode(&p, out, sizeof out, &len), RC_OK);
	CHECK(bytes(v, "purchase", want, sizeof want) == len);
	CHECK_BYTES(out, want, len);
	CHECK_RC(ca_purchase_decode(want, len, &p_got), RC_OK);
	CHECK(p_got.price == p.price && p_got.pin_len == 6);
	CHECK(p_got.seconds == p.seconds && p_got.ceiling == p.ceiling);
}

static void
vectors__purchases_are_written_and_read_as_the_page_says(void)
{
	const char *cursor = file;
	unsigned int count = 0;
	struct vector v;

	for (; next(&cursor, "purchase", &v); count++)
		check_purchase(&v);
	CHECK(count == 2);
}

static void
vectors__codes_have_the_digits_of_the_page(void)
{
	const char *cursor = file;
	unsigned int count = 0;
	struct vector v;

	for (; next(&cursor, "topup_code", &v); count++) {
		uint8_t card_key[16], key[16], want[TOPUP_CODE_DIGITS], digits[TOPUP_CODE_DIGITS];
		uint8_t counter = 0;
		uint32_t amount = 0;

		CHECK(bytes(&v, "purse_card_key", card_key, 16) == 16);
		CHECK(bytes(&v, "digits", want, sizeof want) == sizeof want);
		CHECK_RC(ladder_derive(crypto_test(), card_key, LABEL_CODE, NULL, 0, key), RC_OK);
		CHECK_RC(topup_code_make(crypto_test(), key, u32(&v, "leaf"), u32(&v, "counter"),
					 u32(&v, "amount"), digits),
			 RC_OK);
		CHECK_BYTES(digits, want, sizeof want);
		CHECK_RC(topup_code_read(want, &counter, &amount), RC_OK);
		CHECK(counter == u32(&v, "counter") % 100 && amount == u32(&v, "amount"));
	}
	CHECK(count == 3);
	for (cursor = file; next(&cursor, "confirmation", &v); count++) {
		uint8_t card_key[16], key[16], want[CONFIRMATION_DIGITS],
			digits[CONFIRMATION_DIGITS];
		const struct confirmation what = { u16(&v, "product"), u32(&v, "start"),
						   u32(&v, "end"), u32(&v, "counter") };
		uint16_t counter = 0;

		CHECK(bytes(&v, "ca_card_key", card_key, 16) == 16);
		CHECK(bytes(&v, "digits", want, sizeof want) == sizeof want);
		CHECK_RC(ladder_derive(crypto_test(), card_key, LABEL_CONFIRM, NULL, 0, key),
			 RC_OK);
		CHECK_RC(confirmation_make(crypto_test(), key, &what, digits), RC_OK);
		CHECK_BYTES(digits, want, sizeof want);
		CHECK_RC(confirmation_read(want, &counter), RC_OK);
		CHECK(counter == what.counter % 1000);
	}
	CHECK(count == 6);
}

static void
vectors__a_refund_carries_the_cryptogram_of_the_page(void)
{
	const char *cursor = file;
	unsigned int count = 0;
	struct vector v;

	for (; next(&cursor, "refund", &v); count++) {
		uint8_t card_key[16], key[16], want[8], got[8];
		const struct refund r = { u8(&v, "slot"), u32(&v, "record"), u32(&v, "total"),
					  u32(&v, "sequence") };

		CHECK(bytes(&v, "purse_card_key", card_key, 16) == 16);
		CHECK(bytes(&v, "cryptogram", want, 8) == 8);
		CHECK_RC(ladder_derive(crypto_test(), card_key, LABEL_TOPUP, NULL, 0, key), RC_OK);
		CHECK_RC(refund_cryptogram(crypto_test(), key, u32(&v, "leaf"), &r, got), RC_OK);
		CHECK_BYTES(got, want, 8);
	}
	CHECK(count == 1);
}

static void
vectors__a_fold_has_the_sums_and_the_chain_of_the_page(void)
{
	const char *cursor = file;
	struct vector v;
	struct record_fold fold = { .slot = 0 };
	uint8_t card_key[16], key[16], records[4 * RECORD_SIZE], want[CRYPTO_MAC];
	uint64_t sums[4];

	CU_ASSERT_FATAL(next(&cursor, "fold", &v));
	CHECK(bytes(&v, "ca_card_key", card_key, 16) == 16);
	CHECK(bytes(&v, "before", fold.value, CRYPTO_MAC) == CRYPTO_MAC);
	CHECK(bytes(&v, "value", want, CRYPTO_MAC) == CRYPTO_MAC);
	CHECK(bytes(&v, "records", records, sizeof records) == sizeof records);
	CHECK(numbers(&v, "sums", sums, 4) == 4);
	CHECK_RC(ladder_derive(crypto_test(), card_key, LABEL_CHAIN, NULL, 0, key), RC_OK);
	for (size_t i = 0; i < 4; i++)
		CHECK_RC(record_fold_add(crypto_test(), key, records + i * RECORD_SIZE, &fold),
			 RC_OK);
	CHECK(fold.count == sums[0] && fold.debited == sums[1] && fold.credited == sums[2] &&
	      fold.refunded == sums[3]);
	CHECK_BYTES(fold.value, want, CRYPTO_MAC);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(vectors__ecms_are_made_and_opened_as_the_page_says),
		TEST(vectors__emms_are_made_opened_and_verified_as_the_page_says),
		TEST(vectors__a_credit_carries_the_cryptogram_of_the_page),
		TEST(vectors__records_carry_the_certificate_of_the_page),
		TEST(vectors__the_chain_is_that_of_the_page),
		TEST(vectors__reports_are_made_and_opened_as_the_page_says),
		TEST(vectors__answers_are_written_and_read_as_the_page_says),
		TEST(vectors__codes_have_the_digits_of_the_page),
		TEST(vectors__a_refund_carries_the_cryptogram_of_the_page),
		TEST(vectors__a_fold_has_the_sums_and_the_chain_of_the_page),
		TEST(vectors__purchases_are_written_and_read_as_the_page_says),
	};

	if (!load(PATH, file)) {
		fprintf(stderr, "cannot read %s\n", PATH);
		return EXIT_FAILURE;
	}
	return test_run("wire vectors", cases, sizeof cases / sizeof cases[0]);
}
