// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/headend: the database, and that each change of catalogue and cards is one transaction. */
#include "headend/key_sets.h"
#include "headend_fixture.h"
#include "test.h"

#include "headend/text.h"
#include "wire/emm.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BEFORE 24

static void
store__a_new_database_is_private_and_opens_again(void)
{
	struct headend_fixture f;
	struct head *again = NULL;
	struct stat st;
	char why[STORE_WHY];

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	CHECK(f.on_server || (stat(f.path, &st) == 0 && (st.st_mode & 0777) == 0600));
	CHECK_RC(store_create(f.path, &f.head->store, why), RC_CONFLICT);
	CHECK_RC(head_open(f.path, &again, why), RC_OK);
	CHECK(again && again->op.id == FIXTURE_OPERATOR && strcmp(again->op.unit, "EUR") == 0);
	head_close(&again);
	headend_fixture_close(&f);
}

static void
store__version_1_is_migrated(void)
{
	struct headend_fixture f;
	struct head *again = NULL;

	struct head_box boxes[HEAD_BOXES_MAX];
	uint8_t hash[CRYPTO_HASH] = { 0x42 };
	char why[STORE_WHY];
	size_t n = 9;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	CHECK_RC(card_add(f.head, 5, PROFILE_PAIRED, 1, FIXTURE_NOW), RC_OK);
	CHECK_RC(store_run(f.head->store, "DROP TABLE box", ""), RC_OK);
	headend_fixture_drop_version_3(&f);
	CHECK_RC(store_set_version(f.head->store, STORE_APPLICATION, 1), RC_OK);
	CHECK_RC(head_open(f.path, &again, why), RC_OK);
	CU_ASSERT_FATAL(again != NULL);
	CHECK_RC(card_boxes(again, 5, 0, boxes, &n), RC_OK);
	CHECK(n == 0);
	CHECK_RC(card_pair(again, 5, hash, true, FIXTURE_NOW), RC_OK);
	CHECK_RC(card_boxes(again, 5, 0, boxes, &n), RC_OK);
	CHECK(n == 1 && boxes[0].paired);
	CHECK_BYTES(boxes[0].key_hash, hash, sizeof hash);
	head_close(&again);
	headend_fixture_close(&f);
}

static void
store__version_2_is_migrated(void)
{
	struct headend_fixture f;
	struct head *again = NULL;
	struct head_card card;
	char why[STORE_WHY];

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	CHECK_RC(card_add(f.head, 5, PROFILE_PAIRED, 1, FIXTURE_NOW), RC_OK);
	headend_fixture_drop_version_3(&f);
	CHECK_RC(store_set_version(f.head->store, STORE_APPLICATION, 2), RC_OK);
	CHECK_RC(head_open(f.path, &again, why), RC_OK);
	CU_ASSERT_FATAL(again != NULL);
	CHECK_RC(card_get(again, 5, &card), RC_OK);
	CHECK(card.ca_keys == 0 && card.purse_keys == 0);
	for (uint8_t version = 3; version <= 4; version++)
		CHECK_RC(key_set_note(again, 5, DOMAIN_PURSE, version, FIXTURE_NOW), RC_OK);
	CHECK_RC(card_get(again, 5, &card), RC_OK);
	CHECK(card.ca_keys == 0 && card.purse_keys == 4);
	head_close(&again);
	headend_fixture_close(&f);
}

static void
store__another_version_is_refused(void)
{
	struct headend_fixture f;
	struct head *again = NULL;
	char why[STORE_WHY];

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	CHECK_RC(store_set_version(f.head->store, STORE_APPLICATION, 99), RC_OK);
	CHECK_RC(head_open(f.path, &again, why), RC_VERSION);
	CHECK(strstr(why, "version 99") != NULL);
	CHECK_RC(store_set_version(f.head->store, STORE_APPLICATION, 3), RC_OK);
	CHECK_RC(store_set_version(f.head->store, 1, STORE_VERSION), RC_OK);
	CHECK_RC(head_open(f.path, &again, why), RC_FORMAT);
	headend_fixture_close(&f);
}

static void
store__a_foreign_file_is_refused_and_left_as_it_is(void)
{
	static const char text[] =
		"this file belongs to somebody else, who wants it back as it was";
	struct headend_fixture f;
	struct head *head = NULL;
	char path[80], back[sizeof text] = "", why[STORE_WHY];
	FILE *file;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	snprintf(path, sizeof path, "%s/foreign", f.dir);
	CHECK_RC(head_open(path, &head, why), RC_NOT_FOUND);
	CHECK_RC(head_open(f.dir, &head, why), RC_IO);
	file = fopen(path, "w");
	CU_ASSERT_FATAL(file != NULL);
	fputs(text, file);
	fclose(file);
	CHECK_RC(head_open(path, &head, why), RC_FORMAT);
	file = fopen(path, "r");
	CU_ASSERT_FATAL(file != NULL);
	CHECK(fread(back, 1, sizeof back, file) == sizeof text - 1);
	fclose(file);
	CHECK(strcmp(back, text) == 0);
	CHECK(truncate(path, 0) == 0);
	CHECK_RC(head_open(path, &head, why), RC_FORMAT);
	headend_fixture_close(&f);
}

/* The verbs, each run against a database whose last table of the transaction refuses rows. */
static enum rc
add_product(struct headend_fixture *f)
{
	struct head_product p = {
		.id = 2, .name = "More", .service_count = 1, .services = { 102 }
	};

	return product_add(f->head, &p);
}

static enum rc
add_service(struct headend_fixture *f)
{
	struct head_service s = { .id = 103, .name = "x", .product_count = 1, .products = { 1 } };

	return service_add(f->head, &s);
}

static enum rc
add_event(struct headend_fixture *f)
{
	struct head_event e = headend_fixture_event();

	e.id = 8;
	e.service_id = 101;
	return event_add(f->head, &e);
}

static enum rc
do_grant(struct headend_fixture *f)
{
	struct head_entitlement e = { .product = 1, .start = 1, .end = TIME2000_NO_END };

	return card_grant(f->head, 1, &e, FIXTURE_NOW);
}

static enum rc
do_cancel(struct headend_fixture *f)
{
	return card_cancel(f->head, 2, PRODUCT_ALL, FIXTURE_NOW);
}

static enum rc
do_topup(struct headend_fixture *f)
{
	uint64_t total;

	return card_topup(f->head, 1, 2000, "receipt", FIXTURE_NOW, &total);
}

static enum rc
do_revoke(struct headend_fixture *f)
{
	return card_revoke(f->head, 1, "lost", FIXTURE_NOW);
}

static enum rc
do_rotate(struct headend_fixture *f)
{
	struct epoch_rotation r;

	return epoch_rotate(f->head, &f->keys, 0, FIXTURE_NOW, FIXTURE_NOW + 30, &r);
}

static const struct {
	const char *name, *table;
	enum rc (*run)(struct headend_fixture *f);
} verbs[] = {
	{ "product add", "service_product", add_product },
	{ "service add", "service_product", add_service },
	{ "event add", "event_history", add_event },
	{ "grant", "outbox", do_grant },
	{ "cancel", "outbox", do_cancel },
	{ "topup", "outbox", do_topup },
	{ "revoke", "outbox", do_revoke },
	{ "rotate", "outbox", do_rotate },
};

static void
add_cards(struct headend_fixture *f)
{
	struct head_entitlement e = { .product = 1, .start = 1, .end = TIME2000_NO_END };

	CHECK_RC(card_add(f->head, 1, 1, 1, FIXTURE_NOW), RC_OK);
	CHECK_RC(card_add(f->head, 2, 1, 1, FIXTURE_NOW), RC_OK);
	CHECK_RC(card_grant(f->head, 2, &e, FIXTURE_NOW), RC_OK);
}

static void
store__a_failure_in_the_middle_of_a_change_leaves_nothing_of_it(void)
{
	struct headend_fixture f;
	int64_t before[BEFORE], after[BEFORE];

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	add_cards(&f);
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		test_row(verbs[i].name);
		headend_fixture_fault(&f, "INSERT", verbs[i].table, NULL, true);
		headend_fixture_snapshot(&f, before);
		CHECK(verbs[i].run(&f) != RC_OK);
		headend_fixture_snapshot(&f, after);
		CHECK_BYTES(after, before, sizeof after);
		headend_fixture_fault(&f, "INSERT", verbs[i].table, NULL, false);
		CHECK_RC(verbs[i].run(&f), RC_OK);
		headend_fixture_snapshot(&f, after);
		CHECK(memcmp(after, before, sizeof after) != 0);
		if (verbs[i].run == do_revoke)
			CHECK_RC(store_run(f.head->store, "UPDATE card SET state = 0", ""), RC_OK);
	}
	test_row("");
	headend_fixture_close(&f);
}

static void
store__a_full_disk_leaves_money_and_outbox_in_step(void)
{
	struct headend_fixture f;
	uint64_t total = 0;
	uint32_t paid = 0;
	enum rc rc = RC_OK;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	if (f.on_server) { /* its disk is not ours to fill */
		headend_fixture_close(&f);
		return;
	}
	CHECK_RC(card_add(f.head, 1, 1, 1, FIXTURE_NOW), RC_OK);
	CHECK_RC(store_limit_pages(f.head->store, store_pages(f.head->store) + 1), RC_OK);
	while (rc == RC_OK && paid < 5000) {
		char reference[40];

		snprintf(reference, sizeof reference, "a long reference of payment %u", paid);
		rc = card_topup(f.head, 1, 1, reference, FIXTURE_NOW, &total);
		paid += rc == RC_OK;
	}
	CHECK_RC(rc, RC_IO);
	CHECK(paid > 0);
	CHECK(headend_fixture_number(&f, "SELECT credit_total FROM card") == (int64_t)paid);
	CHECK(headend_fixture_number(&f, "SELECT count(*) FROM topup") == (int64_t)paid);
	CHECK(headend_fixture_number(&f, "SELECT count(*) FROM outbox") == (int64_t)paid);
	CHECK_RC(store_limit_pages(f.head->store, 1000000), RC_OK);
	CHECK_RC(card_topup(f.head, 1, 1, "room again", FIXTURE_NOW, &total), RC_OK);
	CHECK(total == paid + 1U);
	headend_fixture_close(&f);
}

static void
cards__the_same_reference_pays_once(void)
{
	struct headend_fixture f;
	struct head_card card;
	uint64_t total = 0;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	add_cards(&f);
	CHECK_RC(card_topup(f.head, 1, 2000, "r1", FIXTURE_NOW, &total), RC_OK);
	CHECK_RC(card_topup(f.head, 1, 2000, "r1", FIXTURE_NOW, &total), RC_CONFLICT);
	CHECK_RC(card_topup(f.head, 2, 500, "r1", FIXTURE_NOW, &total), RC_OK);
	CHECK_RC(card_topup(f.head, 1, 100, NULL, FIXTURE_NOW, &total), RC_OK);
	CHECK_RC(card_topup(f.head, 1, 100, NULL, FIXTURE_NOW, &total), RC_OK);
	CHECK_RC(card_topup(f.head, 1, 0, NULL, FIXTURE_NOW, &total), RC_RANGE);
	CHECK_RC(card_topup(f.head, 9, 1, NULL, FIXTURE_NOW, &total), RC_NOT_FOUND);
	CHECK_RC(card_get(f.head, 1, &card), RC_OK);
	CHECK(card.credit_total == 2200 && total == 2200);
	CHECK_RC(card_topup(f.head, 2, CARD_BALANCE_MAX - 499, "full", FIXTURE_NOW, &total),
		 RC_REFUSED);
	CHECK_RC(card_topup(f.head, 2, CARD_BALANCE_MAX - 500, "full", FIXTURE_NOW, &total), RC_OK);
	headend_fixture_close(&f);
}

static void
cards__every_change_takes_a_greater_sequence_than_any_before_and_than_the_clock(void)
{
	struct headend_fixture f;
	struct head_card card;
	uint32_t last = 0;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	add_cards(&f);
	for (uint32_t i = 0; i < 3; i++) {
		CHECK_RC(do_grant(&f), RC_OK);
		CHECK_RC(card_get(f.head, 1, &card), RC_OK);
		CHECK(card.emm_sequence > last && card.emm_sequence >= FIXTURE_NOW);
		last = card.emm_sequence;
	}
	CHECK_RC(do_rotate(&f), RC_OK);
	CHECK_RC(card_get(f.head, 1, &card), RC_OK);
	CHECK(card.emm_sequence > last);
	headend_fixture_close(&f);
}

static void
cards__new_cards_take_the_leaves_in_order_until_there_are_none(void)
{
	struct headend_fixture f;
	uint32_t leaf = 0;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	for (uint32_t want = 1; want <= 3; want++) {
		CHECK_RC(card_new(f.head, 1, 1, FIXTURE_NOW, &leaf), RC_OK);
		CHECK(leaf == want);
	}
	CHECK_RC(card_add(f.head, 3, 1, 1, FIXTURE_NOW), RC_CONFLICT);
	CHECK_RC(card_add(f.head, 0, 1, 1, FIXTURE_NOW), RC_RANGE);
	CHECK_RC(card_forget(f.head, 3), RC_OK);
	CHECK_RC(card_new(f.head, 1, 1, FIXTURE_NOW, &leaf), RC_OK);
	CHECK(leaf == 3);
	CHECK_RC(card_add(f.head, 5000, 1, 1, FIXTURE_NOW), RC_OK);
	CHECK_RC(card_new(f.head, 1, 1, FIXTURE_NOW, &leaf), RC_OK);
	CHECK(leaf == 5001);
	CHECK_RC(card_add(f.head, CARD_LEAF_MAX, 1, 1, FIXTURE_NOW), RC_OK);
	CHECK_RC(card_new(f.head, 1, 1, FIXTURE_NOW, &leaf), RC_SPACE);
	CHECK(leaf == 5001);
	headend_fixture_close(&f);
}

static void
cards__a_revoked_card_takes_no_change_and_no_rotation(void)
{
	struct headend_fixture f;
	struct head_card card;
	uint32_t last;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	add_cards(&f);
	CHECK_RC(do_revoke(&f), RC_OK);
	CHECK_RC(do_revoke(&f), RC_STATE);
	CHECK_RC(do_grant(&f), RC_STATE);
	CHECK_RC(do_topup(&f), RC_STATE);
	CHECK_RC(card_get(f.head, 1, &card), RC_OK);
	last = card.emm_sequence;
	CHECK(card.state == CARD_REVOKED && card.revoked_at == FIXTURE_NOW);
	CHECK(strcmp(card.reason, "lost") == 0);
	CHECK_RC(do_rotate(&f), RC_OK);
	CHECK_RC(card_get(f.head, 1, &card), RC_OK);
	CHECK(card.emm_sequence == last);
	headend_fixture_close(&f);
}

static void
epochs__a_second_rotation_waits_until_the_first_has_begun(void)
{
	struct headend_fixture f;
	struct epoch_rotation r;
	struct epoch_key key;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	CHECK_RC(do_rotate(&f), RC_OK);
	CHECK_RC(do_rotate(&f), RC_STATE);
	CHECK_RC(epoch_rotate(f.head, &f.keys, 0, FIXTURE_NOW + 31, FIXTURE_NOW + 30, &r),
		 RC_STATE);
	CHECK_RC(epoch_rotate(f.head, &f.keys, 0, FIXTURE_NOW + 31, FIXTURE_NOW + 60, &r), RC_OK);
	CHECK(r.epoch == 2 && r.starts_at == FIXTURE_NOW + 60);
	CHECK_RC(epoch_at(f.head, &f.keys, 0, 5, &key), RC_OK);
	CHECK(key.epoch == 0);
	CHECK_RC(epoch_at(f.head, &f.keys, 0, FIXTURE_NOW + 59, &key), RC_OK);
	CHECK(key.epoch == 1);
	CHECK_RC(epoch_at(f.head, &f.keys, 0, FIXTURE_NOW + 60, &key), RC_OK);
	CHECK(key.epoch == 2);
	CHECK_RC(epoch_at(f.head, &f.keys, 3, 5, &key), RC_NOT_FOUND);
	CHECK_RC(epoch_rotate(f.head, &f.keys, EPOCH_GROUPS_MAX, 1, 2, &r), RC_RANGE);
	headend_fixture_close(&f);
}

static void
epochs__a_key_moved_to_another_row_does_not_open(void)
{
	struct headend_fixture f;
	struct epoch_key key;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	CHECK_RC(do_rotate(&f), RC_OK);
	CHECK_RC(store_run(f.head->store,
			   "UPDATE epoch SET wrapped = (SELECT wrapped FROM epoch WHERE epoch = 0)"
			   " WHERE epoch = 1",
			   ""),
		 RC_OK);
	CHECK_RC(epoch_at(f.head, &f.keys, 0, FIXTURE_NOW, &key), RC_OK);
	CHECK_RC(epoch_at(f.head, &f.keys, 0, FIXTURE_NOW + 30, &key), RC_AUTH);
	headend_fixture_close(&f);
}

static void
catalogue__what_no_viewer_could_use_is_refused(void)
{
	struct headend_fixture f;
	struct head_event good = headend_fixture_event(), e;
	struct head_service s = { .id = 104, .name = "x", .group = 3 };

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	good.id = 8;
	good.start += 7200;
	good.end += 7200;
	e = good;
	e.start -= 1;
	CHECK_RC(event_add(f.head, &e), RC_CONFLICT);
	e = good;
	e.end = e.start;
	CHECK_RC(event_add(f.head, &e), RC_RANGE);
	e = good;
	e.window_end = e.window_start;
	CHECK_RC(event_add(f.head, &e), RC_RANGE);
	e = good;
	e.window_end = e.end + 1;
	CHECK_RC(event_add(f.head, &e), RC_RANGE);
	e = good;
	e.slot = 1;
	CHECK_RC(event_add(f.head, &e), RC_NOT_FOUND);
	e = good;
	e.service_id = 999;
	CHECK_RC(event_add(f.head, &e), RC_NOT_FOUND);
	CHECK_RC(event_add(f.head, &good), RC_OK);
	CHECK_RC(event_add(f.head, &good), RC_CONFLICT);
	CHECK_RC(service_add(f.head, &s), RC_NOT_FOUND);
	headend_fixture_close(&f);
}

static void
catalogue__a_seventeenth_product_on_a_service_does_not_fit(void)
{
	struct headend_fixture f;
	enum rc rc = RC_OK;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	for (uint16_t id = 2; id <= 16; id++) {
		struct head_product p = {
			.id = id, .name = "p", .service_count = 1, .services = { 101 }
		};

		CHECK_RC(product_add(f.head, &p), RC_OK);
	}
	{
		struct head_product p = {
			.id = 17, .name = "p", .service_count = 1, .services = { 101 }
		};

		rc = product_add(f.head, &p);
		CHECK_RC(rc, RC_SPACE);
		CHECK_RC(product_get(f.head, 17, &p), RC_NOT_FOUND);
	}
	headend_fixture_close(&f);
}

static void
catalogue__a_removed_event_keeps_its_price_in_the_history(void)
{
	struct headend_fixture f;
	struct head_event e;

	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	CHECK_RC(event_remove(f.head, FIXTURE_EVENT), RC_OK);
	CHECK_RC(event_remove(f.head, FIXTURE_EVENT), RC_NOT_FOUND);
	CHECK_RC(event_get(f.head, FIXTURE_EVENT, &e), RC_NOT_FOUND);
	CHECK(headend_fixture_number(&f, "SELECT price FROM event_history WHERE event = 7") ==
	      FIXTURE_PRICE);
	headend_fixture_close(&f);
}

static void
card_number__reads_numbers_and_leaves_and_nothing_else(void)
{
	static const struct {
		const char *text;
		enum rc rc;
		uint32_t leaf;
	} rows[] = {
		{ "1", RC_OK, 1 },
		{ "16777215", RC_OK, 0xFFFFFF },
		{ "16777216", RC_FORMAT, 0 },
		{ "00007-00000001-3", RC_OK, 1 },
		{ "00007000000013", RC_OK, 1 },
		{ "00007-00000001-4", RC_INTEGRITY, 0 },
		{ "00008-00000001-1", RC_CONFLICT, 0 },
		{ "", RC_FORMAT, 0 },
		{ "x1", RC_FORMAT, 0 },
		{ "123456789", RC_FORMAT, 0 },
		{ "00007-00000001-33", RC_FORMAT, 0 },
	};
	char text[CARD_NUMBER_SIZE];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint32_t leaf = 0;

		test_row(rows[i].text);
		CHECK_RC(card_number_parse(rows[i].text, 7, &leaf), rows[i].rc);
		CHECK(leaf == rows[i].leaf);
	}
	test_row("");
	/* Check digits by another implementation of ISO/IEC 7812-1 annex B. */
	card_number_format(799, 2739871, text);
	CHECK(strcmp(text, "00799-02739871-5") == 0);
	card_number_format(65535, 16777215, text);
	CHECK(strcmp(text, "65535-16777215-8") == 0);
}

static void
text__takes_plain_utf8_only(void)
{
	static const struct {
		const char *name, *text;
		bool plain;
	} rows[] = {
		{ "letters", "News", true },
		{ "nothing", "", false },
		{ "eight bytes", "12345678", true },
		{ "nine bytes", "123456789", false },
		{ "two bytes", "\xC3\x91", true },
		{ "three bytes", "\xE2\x82\xAC", true },
		{ "four bytes", "\xF0\x9F\x8E\xAC", true },
		{ "line feed", "a\nb", false },
		{ "delete", "a\x7F", false },
		{ "escape", "\x1B[2J", false },
		{ "C1 control", "\xC2\x9B", false },
		{ "continuation alone", "\x80", false },
		{ "cut short", "a\xE2\x82", false },
		{ "no continuation", "\xC3x", false },
		{ "overlong two", "\xC1\x81", false },
		{ "overlong three", "\xE0\x9F\xBF", false },
		{ "overlong four", "\xF0\x8F\xBF\xBF", false },
		{ "surrogate", "\xED\xA0\x80", false },
		{ "past the last plane", "\xF4\x90\x80\x80", false },
		{ "no such byte", "\xF8\x88\x80\x80", false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].name);
		CHECK(text_is_plain(rows[i].text, 8) == rows[i].plain);
	}
	test_row("");
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(store__a_new_database_is_private_and_opens_again),
		TEST(store__version_1_is_migrated),
		TEST(store__version_2_is_migrated),
		TEST(store__another_version_is_refused),
		TEST(store__a_foreign_file_is_refused_and_left_as_it_is),
		TEST(store__a_failure_in_the_middle_of_a_change_leaves_nothing_of_it),
		TEST(store__a_full_disk_leaves_money_and_outbox_in_step),
		TEST(cards__the_same_reference_pays_once),
		TEST(cards__every_change_takes_a_greater_sequence_than_any_before_and_than_the_clock),
		TEST(cards__new_cards_take_the_leaves_in_order_until_there_are_none),
		TEST(cards__a_revoked_card_takes_no_change_and_no_rotation),
		TEST(epochs__a_second_rotation_waits_until_the_first_has_begun),
		TEST(epochs__a_key_moved_to_another_row_does_not_open),
		TEST(catalogue__what_no_viewer_could_use_is_refused),
		TEST(catalogue__a_seventeenth_product_on_a_service_does_not_fit),
		TEST(catalogue__a_removed_event_keeps_its_price_in_the_history),
		TEST(text__takes_plain_utf8_only),
		TEST(card_number__reads_numbers_and_leaves_and_nothing_else),
	};

	return test_run("headend_store", cases, sizeof cases / sizeof cases[0]);
}
