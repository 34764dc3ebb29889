/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What writing and reading a backup share. */
#ifndef TESSERA_HEADEND_BACKUP_PRIVATE_H
#define TESSERA_HEADEND_BACKUP_PRIVATE_H

#include "base/bytes.h"
#include "headend/backup.h"
#include "headend/store/tables.h"

#define COPY_MAGIC "TSBACKUP"
#define COPY_FORMAT 1
#define COPY_HEAD 12 /* magic, format u16, version of the database u16 */
#define COPY_SQL 1600
#define COPY_RECORD_MAX 65536U /* bytes of one record, without its length */

struct copy {
	const struct crypto *crypto;
	const struct backup_stream *stream;
	struct backup_summary *summary;
	struct store_table tables[STORE_TABLES_MAX];
	size_t table_count;
	char sql[COPY_SQL];
	uint8_t table[STORE_IDENTIFIER * (STORE_COLUMNS_MAX + 2)]; /* a description */
	uint8_t record[COPY_RECORD_MAX];
};

/* NULL: no memory, or tables that are not understood. */
struct copy *copy_new(const struct crypto *c, const struct backup_stream *stream,
		      struct backup_summary *s);
/* Takes bytes into the check value. */
enum rc copy_digest(struct copy *y, const uint8_t *data, size_t len) RC_CHECKED;
/* Takes a row into the value of the content. */
enum rc copy_count_row(struct copy *y, const struct store_table *t, const uint8_t *row,
		       size_t len) RC_CHECKED;
/* The record that begins a table: T, its name and columns. */
void copy_describe_table(struct writer *w, const struct store_table *t);

/* Words with commas between them. */
struct text_list {
	char *text;
	size_t len, cap;
	size_t count; /* since the last text_list_more */
};

struct text_list text_list_begin(char *text, size_t cap, const char *begin);
void text_list_add(struct text_list *l, const char *word);
void text_list_more(struct text_list *l, const char *words);

#endif
