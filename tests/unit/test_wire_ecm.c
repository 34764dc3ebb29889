// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/wire ECM: criteria, budget, sealing, and everything that must be refused. */
#include "base/bytes.h"
#include "base/mem.h"
#include "crypto_fault.h"
#include "crypto_test.h"
#include "test.h"
#include "wire/ecm.h"

#include <stdlib.h>

static const uint8_t service_key[CRYPTO_KEY] = { 0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE,
						 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF };

static struct ecm_offer
an_offer(uint32_t event_id)
{
	return (struct ecm_offer) { .event_id = event_id,
				    .slot = 0,
				    .unit = { 'E', 'U', 'R' },
				    .flags = OFFER_RECORDABLE,
				    .price_view = 350,
				    .price_record = 500,
				    .window_start = 1000,
				    .window_end = 9000,
				    .event_start = 2000,
				    .event_end = 9000 };
}

static struct ecm
an_ecm(uint8_t cw_size)
{
	struct ecm e;

	memset(&e, 0, sizeof e);
	e.table_id = 0x81;
	e.operator_id = 0x1234;
	e.cw_size = cw_size;
	e.group = 3;
	e.epoch = 0x0102;
	e.service_id = 0x0405;
	e.time = 0x11223344;
	e.period = 0x55667788;
	e.period_100ms = 100;
	for (uint8_t i = 0; i < cw_size; i++) {
		e.cw_even[i] = (uint8_t)(0xA0 + i);
		e.cw_odd[i] = (uint8_t)(0xC0 + i);
	}
	return e;
}

/* Everything that fits beside control words of 8 bytes. */
static struct ecm_criteria
rich_criteria(void)
{
	struct ecm_criteria c = { .product_count = 2,
				  .products = { 7, 0xFFFE },
				  .free = true,
				  .has_event = true,
				  .event_id = 77,
				  .has_offer = true,
				  .rating = 16,
				  .recording = 2,
				  .negative_count = 2,
				  .negative = { 0, 0xFFFFFF },
				  .title_len = 4,
				  .title = "Film",
				  .next_title_len = 6,
				  .next_title = "Drama!" };

	c.offer = an_offer(77);
	return c;
}

static void
check_same(const struct ecm *a, const struct ecm *b)
{
	uint8_t x[ECM_MAX], y[ECM_MAX];
	size_t x_len = 0, y_len = 0;

	CHECK_RC(ecm_seal(crypto_test(), service_key, a, x, &x_len), RC_OK);
	CHECK_RC(ecm_seal(crypto_test(), service_key, b, y, &y_len), RC_OK);
	CHECK(x_len == y_len);
	CHECK_BYTES(x, y, x_len);
	CHECK(a->operator_id == b->operator_id && a->service_id == b->service_id &&
	      a->time == b->time && a->period == b->period && a->cw_size == b->cw_size);
	CHECK_BYTES(a->cw_even, b->cw_even, ECM_CW_MAX);
	CHECK_BYTES(a->cw_odd, b->cw_odd, ECM_CW_MAX);
}

/* In a block of exactly len bytes, so that a sanitizer sees a read past the end. */
static enum rc
open_exact(const uint8_t *section, size_t len, struct ecm *ecm)
{
	uint8_t *copy = malloc(len ? len : 1);
	enum rc rc;

	memcpy(copy, section, len);
	rc = ecm_open(crypto_test(), service_key, copy, len, ecm);
	free(copy);
	return rc;
}

static enum rc
parse_exact(const uint8_t *section, size_t len, struct ecm *ecm)
{
	uint8_t *copy = malloc(len ? len : 1);
	enum rc rc;

	memcpy(copy, section, len);
	rc = ecm_parse(copy, len, ecm);
	free(copy);
	return rc;
}

static void
ecm__what_is_sealed_is_opened_with_words_of_either_size(void)
{
	static const uint8_t sizes[] = { 8, 16 };

	for (size_t i = 0; i < sizeof sizes; i++) {
		struct ecm ecm = an_ecm(sizes[i]), got;
		uint8_t section[ECM_MAX];
		size_t len = 0;

		ecm.criteria = rich_criteria();
		CHECK_RC(ecm_seal(crypto_test(), service_key, &ecm, section, &len), RC_OK);
		CHECK(len ==
		      ECM_HEADER + 2U * sizes[i] + ecm_criteria_size(&ecm.criteria) + ECM_MAC);
		CHECK(memcmp(section + ECM_HEADER, ecm.cw_even, sizes[i]) != 0);
		CHECK_RC(open_exact(section, len, &got), RC_OK);
		check_same(&ecm, &got);
		CHECK(got.criteria.free && got.criteria.rating == 16 &&
		      got.criteria.recording == 2);
		CHECK(got.criteria.products[1] == 0xFFFE && got.criteria.negative[1] == 0xFFFFFF);
		CHECK(got.criteria.offer.price_record == 500 && got.criteria.event_id == 77);
		CHECK_BYTES(got.criteria.next_title, "Drama!", 6);
	}
}

static void
ecm__parsing_without_a_key_shows_all_but_the_control_words(void)
{
	static const uint8_t zeros[ECM_CW_MAX];
	struct ecm ecm = an_ecm(16), got;
	uint8_t section[ECM_MAX];
	size_t len = 0;

	ecm.criteria = rich_criteria();
	CHECK_RC(ecm_seal(crypto_test(), service_key, &ecm, section, &len), RC_OK);
	CHECK_RC(ecm_parse(section, len, &got), RC_OK);
	CHECK_BYTES(got.cw_even, zeros, ECM_CW_MAX);
	CHECK_BYTES(got.cw_odd, zeros, ECM_CW_MAX);
	memcpy(got.cw_even, ecm.cw_even, ECM_CW_MAX);
	memcpy(got.cw_odd, ecm.cw_odd, ECM_CW_MAX);
	check_same(&ecm, &got);
}

static void
ecm__an_ecm_without_criteria_is_the_shortest_there_is(void)
{
	struct ecm ecm = an_ecm(8), got;
	uint8_t section[ECM_MAX];
	size_t len = 0;

	CHECK_RC(ecm_seal(crypto_test(), service_key, &ecm, section, &len), RC_OK);
	CHECK(len == 46);
	CHECK_RC(open_exact(section, len, &got), RC_OK);
	check_same(&ecm, &got);
}

static void
ecm__every_altered_bit_is_refused(void)
{
	struct ecm ecm = an_ecm(8), got;
	const struct ecm zero = { 0 };
	uint8_t section[ECM_MAX];
	size_t len = 0;

	ecm.criteria = rich_criteria();
	CHECK_RC(ecm_seal(crypto_test(), service_key, &ecm, section, &len), RC_OK);
	for (size_t bit = 0; bit < len * 8; bit++) {
		enum rc rc;

		section[bit / 8] ^= (uint8_t)(1U << bit % 8);
		rc = open_exact(section, len, &got);
		CHECK(bit / 8 == 1 || bit / 8 == 2 ? rc != RC_OK : rc == RC_AUTH);
		CHECK(memcmp(&got, &zero, sizeof got) == 0);
		section[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static void
ecm__another_service_key_opens_nothing(void)
{
	struct ecm ecm = an_ecm(8), got;
	uint8_t section[ECM_MAX], other[CRYPTO_KEY];
	size_t len = 0;

	memcpy(other, service_key, sizeof other);
	other[15] ^= 1;
	CHECK_RC(ecm_seal(crypto_test(), service_key, &ecm, section, &len), RC_OK);
	CHECK_RC(ecm_open(crypto_test(), other, section, len, &got), RC_AUTH);
}

static void
ecm__every_truncation_is_refused(void)
{
	struct ecm ecm = an_ecm(8), got;
	uint8_t section[ECM_MAX];
	size_t len = 0;

	ecm.criteria = rich_criteria();
	CHECK_RC(ecm_seal(crypto_test(), service_key, &ecm, section, &len), RC_OK);
	for (size_t n = 0; n < len; n++) {
		CHECK_RC(open_exact(section, n, &got), RC_TRUNCATED);
		CHECK_RC(parse_exact(section, n, &got), RC_TRUNCATED);
	}
	/* and when the section's length agrees with the cut */
	for (size_t n = 3; n < len; n++) {
		section[1] = 0x70;
		section[2] = (uint8_t)(n - 3);
		CHECK_RC(open_exact(section, n, &got), n < 46 ? RC_FORMAT : RC_AUTH);
		if (n < 46)
			CHECK_RC(parse_exact(section, n, &got), RC_FORMAT);
	}
}

static void
ecm__a_crypto_failure_at_any_call_is_reported_and_leaves_no_word(void)
{
	static const uint8_t zeros[sizeof(struct ecm)];
	struct ecm ecm = an_ecm(16), got;
	uint8_t section[ECM_MAX], sealed[ECM_MAX];
	size_t len = 0, sealed_len = 0;
	struct crypto_fault fault;
	unsigned int k;
	enum rc rc;

	CHECK_RC(ecm_seal(crypto_test(), service_key, &ecm, sealed, &sealed_len), RC_OK);
	for (k = 1;; k++) {
		crypto_fault_init(&fault, crypto_test(), k);
		rc = ecm_seal(&fault.table, service_key, &ecm, section, &len);
		if (!crypto_fault_fired(&fault))
			break;
		CHECK_RC(rc, RC_CRYPTO);
		CHECK_BYTES(section, zeros, ECM_MAX);
	}
	CHECK(k > 4);
	for (k = 1;; k++) {
		crypto_fault_init(&fault, crypto_test(), k);
		rc = ecm_open(&fault.table, service_key, sealed, sealed_len, &got);
		if (!crypto_fault_fired(&fault))
			break;
		CHECK_RC(rc, RC_CRYPTO);
		CHECK_BYTES(&got, zeros, sizeof got);
	}
	CHECK(k > 4);
}

/* Parses an ECM with these criteria bytes; the MAC is of no interest to ecm_parse. */
static enum rc
parse_criteria(const uint8_t *tlv, size_t len, struct ecm *ecm)
{
	static const uint8_t header[ECM_HEADER] = { 0x80, 0x70, 0, 0x12, 0x34, 1 };
	uint8_t section[ECM_MAX] = { 0 };
	size_t total = 46 + len;

	memcpy(section, header, sizeof header);
	section[2] = (uint8_t)(total - 3);
	memcpy(section + 38, tlv, len);
	return parse_exact(section, total, ecm);
}

#define OFFER_TAIL "00455552 02 0000015E 000001F4 00000001 00000002 00000003 00000004"
static const struct criteria_row {
	const char *name, *hex;
	enum rc want;
	const char *canonical; /* what encoding again gives; NULL: the same */
} criteria_rows[] = {
	{ "none", "", RC_OK, NULL },
	{ "one product", "8102 0007", RC_OK, NULL },
	{ "no product", "8100", RC_FORMAT, NULL },
	{ "half a product", "8103 000700", RC_FORMAT, NULL },
	{ "sixteen products",
	  "8120 0001000200030004000500060007000800090010001100120013001400150016", RC_OK, NULL },
	{ "seventeen products",
	  "8122 00010002000300040005000600070008000900100011001200130014001500160017", RC_FORMAT,
	  NULL },
	{ "free", "8200", RC_OK, NULL },
	{ "free with a value", "8201 00", RC_FORMAT, NULL },
	{ "event", "8304 00000001", RC_OK, NULL },
	{ "event too short", "8303 000001", RC_FORMAT, NULL },
	{ "event too long", "8305 0000000100", RC_FORMAT, NULL },
	{ "offer", "8421 00000009" OFFER_TAIL, RC_OK, NULL },
	{ "offer of 32 bytes",
	  "8420 00000009 00455552 00 0000015E 00000000 00000001 00000002 00000003 000000",
	  RC_FORMAT, NULL },
	{ "offer from slot 16",
	  "8421 00000009 10455552 00 0000015E 00000000 00000001 00000002 00000003 00000004",
	  RC_FORMAT, NULL },
	{ "offer with an unknown flag",
	  "8421 00000009 00455552 08 0000015E 00000000 00000001 00000002 00000003 00000004",
	  RC_FORMAT, NULL },
	{ "offer with a recording price that is not for sale",
	  "8421 00000009 00455552 00 0000015E 000001F4 00000001 00000002 00000003 00000004",
	  RC_FORMAT, NULL },
	{ "next offer", "0521 00000009" OFFER_TAIL, RC_OK, NULL },
	{ "rating", "8801 12", RC_OK, NULL },
	{ "rating of no age", "8801 00", RC_FORMAT, NULL },
	{ "one refused card", "8B03 000001", RC_OK, NULL },
	{ "no refused card", "8B00", RC_FORMAT, NULL },
	{ "refused card of two bytes", "8B02 0001", RC_FORMAT, NULL },
	{ "thirty-three refused cards",
	  "8B63 000001000002000003000004000005000006000007000008000009000010000011"
	  "000012000013000014000015000016000017000018000019000020000021000022"
	  "000023000024000025000026000027000028000029000030000031000032000033",
	  RC_FORMAT, NULL },
	{ "copy once", "0C01 01", RC_OK, NULL },
	{ "copy control 3", "0C01 03", RC_FORMAT, NULL },
	{ "title", "0D04 46696C6D", RC_OK, NULL },
	{ "empty title", "0D00", RC_FORMAT, NULL },
	{ "title of 33 bytes",
	  "0D21 414141414141414141414141414141414141414141414141414141414141414141", RC_FORMAT,
	  NULL },
	{ "next title", "0E01 41", RC_OK, NULL },
	{ "pay per time", "8617 00000001 0F 455552 05 0000000F 012C 000001F4 30000000", RC_OK,
	  NULL },
	{ "slice for nothing", "8617 00000001 00 455552 00 00000000 012C 00000000 30000000",
	  RC_FORMAT, NULL },
	{ "slice of no length", "8617 00000001 00 455552 00 0000000F 0000 00000000 30000000",
	  RC_FORMAT, NULL },
	{ "slice to record", "8617 00000001 00 455552 02 0000000F 012C 00000000 30000000",
	  RC_FORMAT, NULL },
	{ "slice, a byte less", "8616 00000001 00 455552 00 0000000F 012C 00000000 300000",
	  RC_FORMAT, NULL },
	{ "preview", "870A 00000001 00B4 0012 02 3C", RC_OK, NULL },
	{ "preview without a limit", "870A 00000001 0000 0000 02 3C", RC_FORMAT, NULL },
	{ "preview without a unit", "870A 00000001 00B4 0000 00 00", RC_FORMAT, NULL },
	{ "regions: numbered, not known yet", "8902 0001", RC_REFUSED, NULL },
	{ "blackout: numbered, not known yet", "8A02 0001", RC_REFUSED, NULL },
	{ "floor: numbered, not known yet", "9004 00000001", RC_REFUSED, NULL },
	{ "unknown critical tag", "FF00", RC_REFUSED, NULL },
	{ "known tag behind an unknown critical one", "9100 0E01 41", RC_REFUSED, NULL },
	{ "fingerprint: optional, skipped", "0E01 41 0F02 AABB", RC_OK, "0E01 41" },
	{ "unknown optional tag, skipped", "8200 7F03 010203", RC_OK, "8200" },
	{ "rating in its optional number is unknown", "0801 12", RC_OK, "" },
	{ "order reversed", "8200 8102 0007", RC_FORMAT, NULL },
	{ "the same tag twice", "8102 0007 8102 0008", RC_FORMAT, NULL },
	{ "the same number, critical and optional", "0D01 41 8D00", RC_FORMAT, NULL },
	{ "number 0", "8000", RC_FORMAT, NULL },
	{ "tag without length", "81", RC_TRUNCATED, NULL },
	{ "value longer than the rest", "8103 0007", RC_TRUNCATED, NULL },
	{ "optional value longer than the rest", "7FFF 0007", RC_TRUNCATED, NULL },
};

static void
ecm__criteria_are_read_by_their_rules(void)
{
	uint8_t tlv[160], again[ECM_MAX], want[160];
	struct ecm ecm;

	for (size_t i = 0; i < sizeof criteria_rows / sizeof criteria_rows[0]; i++) {
		const struct criteria_row *row = &criteria_rows[i];
		size_t len = test_hex(row->hex, tlv, sizeof tlv), want_len, again_len = 0;

		test_row(row->name);
		CHECK_RC(parse_criteria(tlv, len, &ecm), row->want);
		if (row->want != RC_OK)
			continue;
		want_len = test_hex(row->canonical ? row->canonical : row->hex, want, sizeof want);
		CHECK(ecm_criteria_size(&ecm.criteria) == want_len);
		CHECK_RC(ecm_seal(crypto_test(), service_key, &ecm, again, &again_len), RC_OK);
		CHECK(again_len == 46 + want_len);
		CHECK_BYTES(again + 38, want, want_len);
	}
}

static void
ecm__header_fields_of_another_kind_are_refused(void)
{
	static const struct {
		const char *name;
		size_t offset;
		uint8_t value;
		enum rc want;
	} rows[] = {
		{ "table of an EMM", 0, 0x82, RC_FORMAT },
		{ "section syntax indicator", 1, 0xF0, RC_FORMAT },
		{ "private bit clear", 1, 0x30, RC_FORMAT },
		{ "length one too small", 2, 42, RC_FORMAT },
		{ "length one too large", 2, 44, RC_TRUNCATED },
		{ "length above a packet", 2, 181, RC_FORMAT },
		{ "version 0", 5, 0, RC_VERSION },
		{ "version 2", 5, 2, RC_VERSION },
		{ "unknown flag", 6, 2, RC_FORMAT },
		{ "long words in a short section", 6, 1, RC_FORMAT },
	};
	struct ecm ecm = an_ecm(8), got;
	uint8_t section[ECM_MAX];
	size_t len = 0;

	CHECK_RC(ecm_seal(crypto_test(), service_key, &ecm, section, &len), RC_OK);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t kept = section[rows[i].offset];

		test_row(rows[i].name);
		section[rows[i].offset] = rows[i].value;
		CHECK_RC(parse_exact(section, len, &got), rows[i].want);
		section[rows[i].offset] = kept;
	}
}

static void
ecm__what_no_ecm_can_carry_is_not_sealed(void)
{
	struct ecm good = an_ecm(8), e;
	uint8_t section[ECM_MAX];
	size_t len = 77;

	good.criteria.has_offer = good.criteria.has_next_offer = true;
	good.criteria.has_slice = good.criteria.has_preview = true;
	good.criteria.slice = (struct ecm_slice) { .price = 1, .seconds = 1 };
	good.criteria.preview = (struct ecm_preview) { .seconds = 1, .unit_s = 1 };
#define REFUSED(change)                                                                      \
	do {                                                                                 \
		e = good;                                                                    \
		e.change;                                                                    \
		CHECK_RC(ecm_seal(crypto_test(), service_key, &e, section, &len), RC_RANGE); \
		CHECK(len == 77);                                                            \
	} while (0)
	REFUSED(table_id = 0x82);
	REFUSED(cw_size = 0);
	REFUSED(cw_size = 12);
	REFUSED(criteria.product_count = 17);
	REFUSED(criteria.negative_count = 33);
	REFUSED(criteria.title_len = 33);
	REFUSED(criteria.next_title_len = 33);
	REFUSED(criteria.recording = 3);
	REFUSED(criteria.offer.slot = 16);
	REFUSED(criteria.offer.flags = 0x08);
	REFUSED(criteria.offer.price_record = 1);
	REFUSED(criteria.next_offer.slot = 16);
	REFUSED(criteria.slice.price = 0);
	REFUSED(criteria.preview.unit_s = 0);
#undef REFUSED
	e = good;
	e.criteria.negative_count = 1;
	e.criteria.negative[0] = 0x1000000;
	CHECK_RC(ecm_seal(crypto_test(), service_key, &e, section, &len), RC_RANGE);
}

/* Products 34, event 6, offer 35, rating 3, copy control 3; next offer 35, titles 34 each, negative
 * list 98. */
static struct ecm_criteria
too_much(void)
{
	struct ecm_criteria c = { .product_count = 16,
				  .has_event = true,
				  .has_offer = true,
				  .has_next_offer = true,
				  .rating = 18,
				  .recording = 1,
				  .negative_count = 32,
				  .title_len = 32,
				  .next_title_len = 32 };

	return c;
}

static void
ecm__criteria_that_do_not_fit_are_not_sealed(void)
{
	struct ecm ecm = an_ecm(8);
	uint8_t section[ECM_MAX];
	size_t len = 77;

	ecm.criteria = too_much();
	CHECK_RC(ecm_seal(crypto_test(), service_key, &ecm, section, &len), RC_SPACE);
	CHECK(len == 77);
}

static void
ecm__next_title_title_next_offer_and_negative_list_give_way_in_this_order(void)
{
	static const struct {
		const char *name;
		uint8_t cw_size, products, negative; /* what is asked for */
		bool next_title, title, next_offer;  /* what is left */
		uint8_t negative_left;
	} rows[] = {
		{ "all fits", 8, 0, 0, true, true, true, 0 },
		{ "next title goes", 8, 4, 0, false, true, true, 0 },
		{ "title goes as well", 8, 16, 0, false, false, true, 0 },
		{ "next offer goes as well", 8, 16, 10, false, false, false, 10 },
		{ "negative list goes from its end", 8, 16, 32, false, false, false, 19 },
		{ "long words: next title goes", 16, 0, 0, false, true, true, 0 },
		{ "long words: title goes", 16, 9, 0, false, false, true, 0 },
		{ "long words: next offer goes", 16, 16, 12, false, false, false, 12 },
		{ "long words: negative list", 16, 16, 32, false, false, false, 13 },
	};

	CHECK(ecm_criteria_room(8) == 137 && ecm_criteria_room(16) == 121);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ecm_criteria c = { .has_offer = true,
					  .has_next_offer = true,
					  .title_len = 32,
					  .next_title_len = 31 };

		test_row(rows[i].name);
		c.product_count = rows[i].products;
		c.negative_count = rows[i].negative;
		c.rating = rows[i].products == 16 ? 18 : 0;
		c.has_event = rows[i].products == 16;
		CHECK_RC(ecm_criteria_fit(&c, rows[i].cw_size), RC_OK);
		CHECK(c.product_count == rows[i].products && c.has_offer);
		CHECK((c.next_title_len > 0) == rows[i].next_title);
		CHECK((c.title_len > 0) == rows[i].title);
		CHECK(c.has_next_offer == rows[i].next_offer);
		CHECK(c.negative_count == rows[i].negative_left);
		CHECK(ecm_criteria_size(&c) <= ecm_criteria_room(rows[i].cw_size));
	}
}

static void
ecm__criteria_that_fit_fill_the_section_to_the_last_byte(void)
{
	struct ecm ecm = an_ecm(8), got;
	uint8_t section[ECM_MAX];
	size_t len = 0;

	ecm.criteria = (struct ecm_criteria) { .has_offer = true,
					       .has_next_offer = true,
					       .product_count = 15,
					       .title_len = 32,
					       .rating = 0 };
	ecm.criteria.title_len = 32;
	CHECK(ecm_criteria_size(&ecm.criteria) == 136);
	ecm.criteria.product_count = 14;
	ecm.criteria.rating = 12;
	CHECK(ecm_criteria_size(&ecm.criteria) == 137);
	memset(ecm.criteria.title, 'x', 32);
	CHECK_RC(ecm_criteria_fit(&ecm.criteria, 8), RC_OK);
	CHECK_RC(ecm_seal(crypto_test(), service_key, &ecm, section, &len), RC_OK);
	CHECK(len == ECM_MAX);
	CHECK_RC(open_exact(section, len, &got), RC_OK);
	check_same(&ecm, &got);
}

static void
ecm__more_products_than_an_ecm_carries_do_not_fit_and_stay_as_they_were(void)
{
	struct ecm_criteria c = too_much();

	c.product_count = 17;
	CHECK_RC(ecm_criteria_fit(&c, 8), RC_SPACE);
	CHECK(c.product_count == 17 && c.title_len == 32 && c.has_next_offer);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(ecm__what_is_sealed_is_opened_with_words_of_either_size),
		TEST(ecm__parsing_without_a_key_shows_all_but_the_control_words),
		TEST(ecm__an_ecm_without_criteria_is_the_shortest_there_is),
		TEST(ecm__every_altered_bit_is_refused),
		TEST(ecm__another_service_key_opens_nothing),
		TEST(ecm__every_truncation_is_refused),
		TEST(ecm__a_crypto_failure_at_any_call_is_reported_and_leaves_no_word),
		TEST(ecm__criteria_are_read_by_their_rules),
		TEST(ecm__header_fields_of_another_kind_are_refused),
		TEST(ecm__what_no_ecm_can_carry_is_not_sealed),
		TEST(ecm__criteria_that_do_not_fit_are_not_sealed),
		TEST(ecm__next_title_title_next_offer_and_negative_list_give_way_in_this_order),
		TEST(ecm__criteria_that_fit_fill_the_section_to_the_last_byte),
		TEST(ecm__more_products_than_an_ecm_carries_do_not_fit_and_stay_as_they_were),
	};

	return test_run("wire ecm", cases, sizeof cases / sizeof cases[0]);
}
