// SPDX-License-Identifier: GPL-3.0-or-later
/* Backup: reading a copy, to check it or to make a new database from it. */
#include "headend/backup_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct load {
	struct copy *copy;
	struct store *store; /* NULL: only checked */
	const struct store_table *table;
	char *why;
};

static enum rc
refuse(struct load *l, enum rc rc, const char *why)
{
	snprintf(l->why, STORE_WHY, "%s", why);
	return rc;
}

static enum rc
read_exactly(struct load *l, uint8_t *data, size_t len)
{
	const struct backup_stream *from = l->copy->stream;
	enum rc rc = from->get(from->ctx, data, len);

	return rc == RC_TRUNCATED ? refuse(l, rc, "the backup ends too early") : rc;
}

static enum rc
read_head(struct load *l)
{
	uint8_t head[COPY_HEAD];
	enum rc rc = read_exactly(l, head, sizeof head);

	if (rc != RC_OK)
		return rc;
	if (memcmp(head, COPY_MAGIC, 8) != 0)
		return refuse(l, RC_FORMAT, "not a backup of tessera-headend");
	if (get_be16(head + 8) != COPY_FORMAT || get_be16(head + 10) != STORE_VERSION)
		return refuse(l, RC_VERSION, "a backup of another version");
	return copy_digest(l->copy, head, sizeof head);
}

static void
insert_sql(struct load *l)
{
	const struct store_table *t = l->table;
	struct text_list list = text_list_begin(l->copy->sql, COPY_SQL, "INSERT INTO ");

	text_list_more(&list, t->name);
	text_list_more(&list, "(");
	for (size_t i = 0; i < t->column_count; i++)
		text_list_add(&list, t->columns[i].name);
	text_list_more(&list, ") VALUES(");
	for (size_t i = 0; i < t->column_count; i++)
		text_list_add(&list, "?");
	text_list_more(&list, ")");
}

/* Tables come in our order, each exactly as we would describe it. */
static enum rc
take_table(struct load *l, const uint8_t *record, size_t len)
{
	struct writer w = writer_over(l->copy->table, sizeof l->copy->table);
	struct backup_summary *s = l->copy->summary;

	if (s->tables >= l->copy->table_count)
		return refuse(l, RC_FORMAT, "a table that is not known");
	l->table = &l->copy->tables[s->tables++];
	copy_describe_table(&w, l->table);
	if (w.failed || w.len != len || memcmp(w.base, record, len) != 0)
		return refuse(l, RC_FORMAT, "a table that is not known");
	insert_sql(l);
	return RC_OK;
}

/* A text ends in the record's buffer where the next value's type stood, so that one is read first.
 */
static enum rc
take_values(struct load *l, struct reader *r, struct store_argument values[STORE_COLUMNS_MAX])
{
	uint8_t *text_ends[STORE_COLUMNS_MAX] = { 0 };

	for (size_t i = 0; i < l->table->column_count; i++) {
		uint8_t type = read_u8(r);

		values[i] = (struct store_argument) { .type = (char)type };
		if (type == 'n')
			continue;
		if (type != (uint8_t)l->table->columns[i].type)
			return refuse(l, RC_FORMAT, "a value of another type");
		if (type == 'i') {
			values[i].number = (int64_t)read_be64(r);
			continue;
		}
		values[i].len = read_be32(r);
		values[i].data = read_slice(r, values[i].len);
		if (type == 't' && !r->failed)
			text_ends[i] = l->copy->record + (r->p - l->copy->record);
	}
	if (!reader_at_end(r))
		return refuse(l, RC_FORMAT, "a row of another length");
	for (size_t i = 0; i < l->table->column_count; i++) {
		if (text_ends[i])
			*text_ends[i] = 0;
	}
	return RC_OK;
}

static enum rc
take_row(struct load *l, size_t len)
{
	struct store_argument values[STORE_COLUMNS_MAX];
	struct reader r = reader_over(l->copy->record + 1, len - 1);
	enum rc rc;

	if (!l->table)
		return refuse(l, RC_FORMAT, "a row of no table");
	rc = copy_count_row(l->copy, l->table, l->copy->record, len);
	if (rc == RC_OK)
		rc = take_values(l, &r, values);
	if (rc != RC_OK || !l->store)
		return rc;
	rc = store_queue_arguments(l->store, l->copy->sql, values, l->table->column_count);
	return rc == RC_OK ? rc : refuse(l, rc, store_why(l->store));
}

static enum rc
take_end(struct load *l, const uint8_t *record, size_t len)
{
	uint8_t more;

	if (len != 1 + CRYPTO_HASH || l->copy->summary->tables != l->copy->table_count)
		return refuse(l, RC_FORMAT, "the backup is not whole");
	if (memcmp(record + 1, l->copy->summary->check, CRYPTO_HASH) != 0)
		return refuse(l, RC_INTEGRITY, "the check value is wrong: the backup was altered");
	if (l->copy->stream->get(l->copy->stream->ctx, &more, 1) != RC_TRUNCATED)
		return refuse(l, RC_FORMAT, "something follows the end of the backup");
	return RC_OK;
}

/* One record; *end is set after the last. The buffer has room for a NUL behind it. */
static enum rc
take_record(struct load *l, bool *end)
{
	uint8_t head[4], *record = l->copy->record;
	size_t len;
	enum rc rc = read_exactly(l, head, sizeof head);

	if (rc != RC_OK)
		return rc;
	len = get_be32(head);
	if (len == 0 || len >= COPY_RECORD_MAX)
		return refuse(l, RC_FORMAT, "a record of an impossible length");
	rc = read_exactly(l, record, len);
	if (rc != RC_OK)
		return rc;
	*end = record[0] == 'E';
	if (*end)
		return take_end(l, record, len);
	rc = copy_digest(l->copy, record, len);
	if (rc != RC_OK)
		return rc;
	if (record[0] == 'T')
		return take_table(l, record, len);
	return record[0] == 'R' ? take_row(l, len) : refuse(l, RC_FORMAT, "an unknown record");
}

static enum rc
load(const struct crypto *c, const struct backup_stream *from, struct backup_summary *s,
     struct store *store, char why[STORE_WHY])
{
	struct load l = { .store = store, .why = why };
	bool end = false;
	enum rc rc;

	l.copy = copy_new(c, from, s);
	if (!l.copy)
		return refuse(&l, RC_NO_MEMORY, rc_text(RC_NO_MEMORY));
	snprintf(why, STORE_WHY, "%s", "cannot be read");
	rc = read_head(&l);
	while (rc == RC_OK && !end)
		rc = take_record(&l, &end);
	free(l.copy);
	return rc;
}

enum rc
backup_check(const struct crypto *c, const struct backup_stream *from, struct backup_summary *s,
	     char why[STORE_WHY])
{
	return load(c, from, s, NULL, why);
}

struct source {
	const struct crypto *crypto;
	const struct backup_stream *from;
	struct backup_summary *summary;
};

static enum rc
fill(struct head *h, void *ctx)
{
	const struct source *source = ctx;
	enum rc rc = store_begin(h->store);

	if (rc != RC_OK)
		return head_store(h, rc);
	rc = head_store(h, store_run(h->store, "DELETE FROM meta WHERE name = 'change'", ""));
	if (rc == RC_OK)
		rc = load(source->crypto, source->from, source->summary, h->store, h->why);
	return head_end(h, rc);
}

enum rc
backup_restore(const char *path, const struct crypto *c, const struct backup_stream *from,
	       struct backup_summary *s, char why[STORE_WHY])
{
	struct source source = { c, from, s };

	return head_make(path, fill, &source, why);
}
