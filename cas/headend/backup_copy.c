// SPDX-License-Identifier: GPL-3.0-or-later
/* Backup: check values, descriptions of tables, lists of words. */
#include "headend/backup_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct copy *
copy_new(const struct crypto *c, const struct backup_stream *stream, struct backup_summary *s)
{
	struct copy *y = calloc(1, sizeof *y);

	memset(s, 0, sizeof *s);
	if (!y)
		return NULL;
	y->crypto = c;
	y->stream = stream;
	y->summary = s;
	if (store_tables(y->tables, &y->table_count) == RC_OK)
		return y;
	free(y);
	return NULL;
}

enum rc
copy_digest(struct copy *y, const uint8_t *data, size_t len)
{
	uint8_t digest[CRYPTO_HASH];
	const struct crypto_part parts[] = { { y->summary->check, CRYPTO_HASH }, { data, len } };
	enum rc rc = y->crypto->hash(y->crypto->ctx, parts, 2, digest);

	if (rc == RC_OK)
		memcpy(y->summary->check, digest, sizeof digest);
	return rc;
}

/* Keys are unique, so that no two rows of a table cancel each other out. */
enum rc
copy_count_row(struct copy *y, const struct store_table *t, const uint8_t *row, size_t len)
{
	uint8_t digest[CRYPTO_HASH];
	const struct crypto_part parts[] = { { (const uint8_t *)t->name, strlen(t->name) + 1 },
					     { row, len } };
	enum rc rc = y->crypto->hash(y->crypto->ctx, parts, 2, digest);

	for (size_t i = 0; rc == RC_OK && i < CRYPTO_HASH; i++)
		y->summary->content[i] ^= digest[i];
	y->summary->rows++;
	return rc;
}

void
copy_describe_table(struct writer *w, const struct store_table *t)
{
	write_u8(w, 'T');
	write_bytes(w, (const uint8_t *)t->name, strlen(t->name) + 1);
	for (size_t i = 0; i < t->column_count; i++) {
		const char *name = t->columns[i].name;

		write_u8(w, (uint8_t)t->columns[i].type);
		write_bytes(w, (const uint8_t *)name, strlen(name) + 1);
	}
}

struct text_list
text_list_begin(char *text, size_t cap, const char *begin)
{
	struct text_list l = { .text = text, .cap = cap };

	text[0] = '\0';
	text_list_more(&l, begin);
	return l;
}

static void
append(struct text_list *l, const char *a, const char *b)
{
	int n = snprintf(l->text + l->len, l->cap - l->len, "%s%s", a, b);

	if (n > 0 && (size_t)n < l->cap - l->len)
		l->len += (size_t)n;
}

void
text_list_add(struct text_list *l, const char *word)
{
	append(l, l->count++ > 0 ? ", " : "", word);
}

void
text_list_more(struct text_list *l, const char *words)
{
	append(l, words, "");
	l->count = 0;
}
