// SPDX-License-Identifier: GPL-3.0-or-later
/* Backup: every table, row by row in the order of its key, as records of a length and its bytes. */
#include "headend/backup.h"

#include "headend/backup_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE "1000" /* rows a statement */

static enum rc
put_record(struct copy *y, const struct writer *w)
{
	uint8_t head[4];
	enum rc rc;

	if (w->failed)
		return RC_SPACE;
	put_be32(head, (uint32_t)w->len);
	rc = copy_digest(y, w->base, w->len);
	if (rc == RC_OK)
		rc = y->stream->put(y->stream->ctx, head, sizeof head);
	return rc == RC_OK ? y->stream->put(y->stream->ctx, w->base, w->len) : rc;
}

static void
write_value(struct writer *w, const struct store_rows *rows, int column, char type)
{
	size_t len = 0;

	if (store_is_null(rows, column)) {
		write_u8(w, 'n');
	} else if (type == 'i') {
		write_u8(w, 'i');
		write_be64(w, (uint64_t)store_int(rows, column));
	} else {
		const uint8_t *data;

		if (type == 't') {
			data = (const uint8_t *)store_text(rows, column);
			len = strlen((const char *)data);
		} else {
			data = store_blob(rows, column, &len);
		}
		write_u8(w, (uint8_t)type);
		write_be32(w, (uint32_t)len);
		write_bytes(w, data, len);
	}
}

/* SELECT of a page after the key in the arguments; the first page has none. */
static void
page_sql(const struct store_table *t, bool first, char sql[COPY_SQL])
{
	struct text_list l = text_list_begin(sql, COPY_SQL, "SELECT ");

	for (size_t i = 0; i < t->column_count; i++)
		text_list_add(&l, t->columns[i].name);
	text_list_more(&l, " FROM ");
	text_list_add(&l, t->name);
	if (!first) {
		text_list_more(&l, " WHERE (");
		for (size_t i = 0; i < t->key_count; i++)
			text_list_add(&l, t->columns[t->keys[i]].name);
		text_list_more(&l, ") > (");
		for (size_t i = 0; i < t->key_count; i++)
			text_list_add(&l, "?");
		text_list_more(&l, ")");
	}
	text_list_more(&l, " ORDER BY ");
	for (size_t i = 0; i < t->key_count; i++)
		text_list_add(&l, t->columns[t->keys[i]].name);
	text_list_more(&l, " LIMIT " PAGE);
}

/* The key of a row, for the next page; the bytes of texts and blobs go to room. */
static bool
keep_key(const struct store_table *t, const struct store_rows *rows, struct writer *room,
	 struct store_argument key[STORE_KEYS_MAX])
{
	room->len = 0;
	for (size_t i = 0; i < t->key_count; i++) {
		int column = t->keys[i];
		const uint8_t *data;
		size_t len;

		key[i] = (struct store_argument) { .type = t->columns[column].type };
		if (key[i].type == 'i') {
			key[i].number = store_int(rows, column);
			continue;
		}
		if (key[i].type == 't') {
			data = (const uint8_t *)store_text(rows, column);
			len = strlen((const char *)data) + 1;
		} else {
			data = store_blob(rows, column, &len);
		}
		key[i].data = room->base + room->len;
		key[i].len = len;
		write_bytes(room, data, len);
	}
	return !room->failed;
}

/* What the engine keeps for itself is not of the head-end's. */
static bool
is_engines_own(const struct store_table *t, const struct store_rows *rows)
{
	return strcmp(t->name, "meta") == 0 && (strcmp(store_text(rows, 0), "application") == 0 ||
						strcmp(store_text(rows, 0), "version") == 0);
}

static enum rc
write_row(struct copy *y, const struct store_table *t, const struct store_rows *rows)
{
	struct writer w = writer_over(y->record, COPY_RECORD_MAX);
	enum rc rc;

	write_u8(&w, 'R');
	for (size_t i = 0; i < t->column_count; i++)
		write_value(&w, rows, (int)i, t->columns[i].type);
	rc = put_record(y, &w);
	return rc == RC_OK ? copy_count_row(y, t, w.base, w.len) : rc;
}

static enum rc
write_page(struct copy *y, struct store *s, const struct store_table *t, struct writer *room,
	   struct store_argument key[STORE_KEYS_MAX], size_t *count)
{
	struct store_rows *rows;
	size_t keys = *count == 0 ? 0 : t->key_count;
	enum rc done, rc;

	page_sql(t, keys == 0, y->sql);
	*count = 0;
	rc = store_select_arguments(s, &rows, y->sql, key, keys);
	if (rc != RC_OK)
		return rc;
	while (rc == RC_OK && store_next(rows)) {
		++*count;
		if (!is_engines_own(t, rows))
			rc = write_row(y, t, rows);
		if (rc == RC_OK && !keep_key(t, rows, room, key))
			rc = RC_SPACE;
	}
	done = store_done(&rows);
	return rc == RC_OK ? done : rc;
}

static enum rc
write_table(struct copy *y, struct store *s, const struct store_table *t)
{
	struct store_argument key[STORE_KEYS_MAX];
	uint8_t bytes[400];
	struct writer room = writer_over(bytes, sizeof bytes),
		      w = writer_over(y->record, COPY_RECORD_MAX);
	size_t count = 0;
	enum rc rc;

	copy_describe_table(&w, t);
	rc = put_record(y, &w);
	y->summary->tables++;
	do {
		if (rc == RC_OK)
			rc = write_page(y, s, t, &room, key, &count);
	} while (rc == RC_OK && count > 0);
	return rc;
}

static enum rc
write_all(struct copy *y, struct store *s)
{
	uint8_t head[COPY_HEAD], end[4 + 1 + CRYPTO_HASH];
	enum rc rc;

	memcpy(head, COPY_MAGIC, 8);
	put_be16(head + 8, COPY_FORMAT);
	put_be16(head + 10, STORE_VERSION);
	rc = copy_digest(y, head, sizeof head);
	if (rc == RC_OK)
		rc = y->stream->put(y->stream->ctx, head, sizeof head);
	for (size_t i = 0; rc == RC_OK && i < y->table_count; i++)
		rc = write_table(y, s, &y->tables[i]);
	put_be32(end, 1 + CRYPTO_HASH);
	end[4] = 'E';
	memcpy(end + 5, y->summary->check, CRYPTO_HASH);
	return rc == RC_OK ? y->stream->put(y->stream->ctx, end, sizeof end) : rc;
}

enum rc
backup_write(struct head *h, const struct crypto *c, const struct backup_stream *to,
	     struct backup_summary *s)
{
	struct copy *y = copy_new(c, to, s);
	enum rc rc;

	if (!y)
		return head_fail(h, RC_NO_MEMORY, "%s", rc_text(RC_NO_MEMORY));
	rc = store_begin_reading(h->store);
	if (rc == RC_OK) {
		rc = write_all(y, h->store);
		store_rollback(h->store);
	}
	free(y);
	return head_store(h, rc);
}
