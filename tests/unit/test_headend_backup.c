// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/headend: a copy of the database, and what is made from it. */
#include "headend/backup.h"
#include "headend_fixture.h"
#include "test.h"

#include "headend/store/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COPY_MAX 400000

struct memory {
	uint8_t *bytes;
	size_t len, at;
};

static enum rc
put(void *ctx, const uint8_t *data, size_t len)
{
	struct memory *m = ctx;

	if (m->len + len > COPY_MAX)
		return RC_IO;
	memcpy(m->bytes + m->len, data, len);
	m->len += len;
	return RC_OK;
}

static enum rc
get(void *ctx, uint8_t *data, size_t len)
{
	struct memory *m = ctx;

	if (m->at + len > m->len)
		return RC_TRUNCATED;
	memcpy(data, m->bytes + m->at, len);
	m->at += len;
	return RC_OK;
}

static const struct backup_stream *
over(struct memory *m, struct backup_stream *stream)
{
	m->at = 0;
	*stream = (struct backup_stream) { put, get, m };
	return stream;
}

/* Something of each kind: numbers, texts, blobs, nulls. */
static void
fill(struct headend_fixture *f)
{
	struct head_entitlement e = { .product = 1, .start = 1, .end = TIME2000_NO_END };
	struct epoch_rotation r;
	uint64_t total;

	for (uint32_t leaf = 1; leaf <= 3; leaf++)
		CHECK_RC(card_add(f->head, leaf, 1, 1, FIXTURE_NOW), RC_OK);
	CHECK_RC(card_grant(f->head, 1, &e, FIXTURE_NOW), RC_OK);
	CHECK_RC(card_topup(f->head, 1, 2000, "receipt 'A' \xC3\xA9", FIXTURE_NOW, &total), RC_OK);
	CHECK_RC(card_topup(f->head, 1, 1, NULL, FIXTURE_NOW, &total), RC_OK);
	CHECK_RC(card_revoke(f->head, 2, "lost", FIXTURE_NOW), RC_OK);
	CHECK_RC(epoch_rotate(f->head, &f->keys, 0, FIXTURE_NOW, FIXTURE_NOW + 30, &r), RC_OK);
}

static void
start(struct headend_fixture *f, struct memory *m)
{
	*m = (struct memory) { .bytes = malloc(COPY_MAX) };
	CU_ASSERT_FATAL(m->bytes != NULL && headend_fixture_open(f) == 0);
	fill(f);
}

static void
finish(struct headend_fixture *f, struct memory *m)
{
	headend_fixture_close(f);
	free(m->bytes);
}

/* A new database from the copy; NULL: refused. */
static struct head *
restored(struct headend_fixture *f, struct memory *m, struct backup_summary *s)
{
	struct backup_stream stream;
	struct head *h = NULL;
	char path[80], why[STORE_WHY] = "";

	snprintf(path, sizeof path, "%s/again.sqlite", f->dir);
	CHECK_RC(backup_restore(path, f->keys.crypto, over(m, &stream), s, why), RC_OK);
	CHECK_RC(head_open(path, &h, why), RC_OK);
	return h;
}

static void
backup__what_is_restored_is_what_was_copied(void)
{
	struct headend_fixture f;
	struct memory m, n = { .bytes = malloc(COPY_MAX) };
	struct backup_stream stream;
	struct backup_summary s, back, again;
	struct epoch_key key;
	struct head_card card;
	struct head *h;

	start(&f, &m);
	CHECK_RC(backup_write(f.head, f.keys.crypto, over(&m, &stream), &s), RC_OK);
	CHECK(s.rows > 20 && s.tables > 20);
	h = restored(&f, &m, &back);
	CU_ASSERT_FATAL(h != NULL && n.bytes != NULL);
	CHECK(back.rows == s.rows && back.tables == s.tables);
	CHECK_BYTES(back.check, s.check, CRYPTO_HASH);
	CHECK_BYTES(back.content, s.content, CRYPTO_HASH);
	CHECK_RC(backup_write(h, f.keys.crypto, over(&n, &stream), &again), RC_OK);
	CHECK(again.rows == s.rows);
	CHECK_BYTES(again.content, s.content, CRYPTO_HASH);
	CHECK(h->op.id == FIXTURE_OPERATOR && strcmp(h->op.unit, "EUR") == 0);
	CHECK_RC(card_get(h, 1, &card), RC_OK);
	CHECK(card.credit_total == 2001);
	CHECK_RC(card_get(h, 2, &card), RC_OK);
	CHECK(card.state == CARD_REVOKED && strcmp(card.reason, "lost") == 0);
	CHECK_RC(epoch_at(h, &f.keys, 0, FIXTURE_NOW + 30, &key), RC_OK);
	CHECK(key.epoch == 1);
	head_close(&h);
	free(n.bytes);
	finish(&f, &m);
}

static void
backup__a_changed_row_changes_the_value_of_the_content(void)
{
	struct headend_fixture f;
	struct memory m;
	struct backup_stream stream;
	struct backup_summary before, after;
	uint64_t total;

	start(&f, &m);
	CHECK_RC(backup_write(f.head, f.keys.crypto, over(&m, &stream), &before), RC_OK);
	CHECK_RC(card_topup(f.head, 3, 1, NULL, FIXTURE_NOW, &total), RC_OK);
	m.len = 0;
	CHECK_RC(backup_write(f.head, f.keys.crypto, over(&m, &stream), &after), RC_OK);
	CHECK(memcmp(before.content, after.content, CRYPTO_HASH) != 0);
	CHECK(memcmp(before.check, after.check, CRYPTO_HASH) != 0);
	finish(&f, &m);
}

static void
backup__a_copy_that_was_altered_or_cut_is_refused_and_leaves_nothing(void)
{
	struct headend_fixture f;
	struct memory m;
	struct backup_stream stream;
	struct backup_summary s;
	char path[80], why[STORE_WHY];
	size_t len;

	start(&f, &m);
	CHECK_RC(backup_write(f.head, f.keys.crypto, over(&m, &stream), &s), RC_OK);
	len = m.len;
	CHECK_RC(backup_check(f.keys.crypto, over(&m, &stream), &s, why), RC_OK);
	for (size_t i = 0; i<len; i += i> 600 ? 13 : 1) {
		m.bytes[i] ^= (uint8_t)(1U << (i % 8));
		CHECK(backup_check(f.keys.crypto, over(&m, &stream), &s, why) != RC_OK);
		m.bytes[i] ^= (uint8_t)(1U << (i % 8));
		m.len = i;
		CHECK_RC(backup_check(f.keys.crypto, over(&m, &stream), &s, why), RC_TRUNCATED);
		m.len = len;
	}
	m.bytes[m.len++] = 0;
	CHECK_RC(backup_check(f.keys.crypto, over(&m, &stream), &s, why), RC_FORMAT);
	m.len = len;
	m.bytes[len - 1] ^= 1;
	snprintf(path, sizeof path, "%s/again.sqlite", f.dir);
	CHECK_RC(backup_restore(path, f.keys.crypto, over(&m, &stream), &s, why), RC_INTEGRITY);
	CHECK(strstr(why, "check value") != NULL);
	CHECK(access(path, F_OK) != 0);
	m.bytes[len - 1] ^= 1;
	CHECK_RC(backup_restore(path, f.keys.crypto, over(&m, &stream), &s, why), RC_OK);
	CHECK_RC(backup_restore(path, f.keys.crypto, over(&m, &stream), &s, why), RC_CONFLICT);
	finish(&f, &m);
}

static void
backup__a_table_of_many_pages_comes_back_whole(void)
{
	struct headend_fixture f;
	struct memory m;
	struct backup_stream stream;
	struct backup_summary s, back;
	struct head *h;
	int64_t cards = 0, sum = 0;

	start(&f, &m);
	CHECK_RC(store_begin(f.head->store), RC_OK);
	for (int64_t i = 0; i < 3001; i++)
		CHECK_RC(store_queue(f.head->store,
				     "INSERT INTO outbox(shard, change, leaf, kind, at)"
				     " VALUES(?, ?, ?, 'grant', 1)",
				     "iii", i % 7, 1000 + i / 7, i),
			 RC_OK);
	CHECK_RC(store_commit(f.head->store), RC_OK);
	CHECK_RC(backup_write(f.head, f.keys.crypto, over(&m, &stream), &s), RC_OK);
	CHECK(s.rows > 3001);
	h = restored(&f, &m, &back);
	CU_ASSERT_FATAL(h != NULL);
	CHECK_RC(store_number(h->store, &cards, "SELECT count(*) FROM outbox WHERE at = 1", ""),
		 RC_OK);
	CHECK_RC(store_number(h->store, &sum, "SELECT sum(leaf) FROM outbox WHERE at = 1", ""),
		 RC_OK);
	CHECK(cards == 3001 && sum == 3000 * 3001 / 2);
	head_close(&h);
	finish(&f, &m);
}

static void
backup__a_restored_database_uses_no_sequence_of_an_emm_again(void)
{
	struct headend_fixture f;
	struct memory m;
	struct backup_stream stream;
	struct backup_summary s;
	struct head_card card;
	uint64_t total;
	uint32_t newest;
	struct head *h;

	start(&f, &m);
	CHECK_RC(backup_write(f.head, f.keys.crypto, over(&m, &stream), &s), RC_OK);
	for (uint32_t i = 0; i < 5; i++) /* what the copy knows nothing of */
		CHECK_RC(card_topup(f.head, 1, 1, NULL, FIXTURE_NOW + 10 * i, &total), RC_OK);
	CHECK_RC(card_get(f.head, 1, &card), RC_OK);
	newest = card.emm_sequence;
	h = restored(&f, &m, &s);
	CU_ASSERT_FATAL(h != NULL);
	CHECK_RC(card_get(h, 1, &card), RC_OK);
	CHECK(card.emm_sequence < newest);
	CHECK_RC(card_topup(h, 1, 1, NULL, FIXTURE_NOW + 60, &total), RC_OK);
	CHECK_RC(card_get(h, 1, &card), RC_OK);
	CHECK(card.emm_sequence > newest);
	head_close(&h);
	finish(&f, &m);
}

static void
store__the_tables_are_read_from_their_definitions(void)
{
	static struct store_table tables[STORE_TABLES_MAX];
	size_t count = 0;
	bool card = false, voucher = false;

	CHECK_RC(store_tables(tables, &count), RC_OK);
	for (size_t i = 0; i < count; i++) {
		const struct store_table *t = &tables[i];

		if (strcmp(t->name, "card") == 0) {
			card = t->key_count == 2 && t->keys[0] == 0 && t->keys[1] == 1 &&
			       strcmp(t->columns[t->column_count - 1].name, "tree") == 0 &&
			       t->columns[t->column_count - 1].type == 'i';
		} else if (strcmp(t->name, "voucher") == 0) {
			voucher = t->key_count == 1 && t->columns[t->keys[0]].type == 'b';
		}
	}
	CHECK(card && voucher);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(store__the_tables_are_read_from_their_definitions),
		TEST(backup__what_is_restored_is_what_was_copied),
		TEST(backup__a_changed_row_changes_the_value_of_the_content),
		TEST(backup__a_copy_that_was_altered_or_cut_is_refused_and_leaves_nothing),
		TEST(backup__a_table_of_many_pages_comes_back_whole),
		TEST(backup__a_restored_database_uses_no_sequence_of_an_emm_again),
	};

	return test_run("headend_backup", cases, sizeof cases / sizeof cases[0]);
}
