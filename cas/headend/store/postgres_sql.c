// SPDX-License-Identifier: GPL-3.0-or-later
/* Our SQL as PostgreSQL wants it: numbered arguments, BIGINT and BYTEA, no WITHOUT ROWID. */
#include "headend/store/postgres_sql.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *ours, *theirs;
} words[] = {
	{ " INTEGER", " BIGINT" },
	{ " BLOB", " BYTEA" },
	{ " WITHOUT ROWID", "" },
};

/* A word that is spelt otherwise there: its length, and what to write. */
static size_t
word_at(const char *p, const char **theirs)
{
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		size_t len = strlen(words[i].ours);

		if (strncmp(p, words[i].ours, len) == 0) {
			*theirs = words[i].theirs;
			return len;
		}
	}
	return 0;
}

/* No piece grows by more than two characters ("?" to "$24"). */
char *
postgres_sql(const char *sql, bool tables)
{
	size_t cap = 3 * strlen(sql) + 1, n = 0;
	char *out = malloc(cap);
	bool quoted = false;
	int argument = 0;

	if (!out)
		return NULL;
	for (const char *p = sql; *p != '\0';) {
		const char *theirs = "";
		size_t len = tables && !quoted ? word_at(p, &theirs) : 0;

		if (len > 0) {
			n += (size_t)snprintf(out + n, cap - n, "%s", theirs);
			p += len;
		} else if (*p == '?' && !quoted) {
			n += (size_t)snprintf(out + n, cap - n, "$%d", ++argument);
			p++;
		} else {
			quoted = quoted != (*p == '\'');
			out[n++] = *p++;
		}
	}
	out[n] = '\0';
	return out;
}
