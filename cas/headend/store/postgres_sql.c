// SPDX-License-Identifier: GPL-3.0-or-later
/* Our SQL as PostgreSQL wants it: numbered arguments, BIGINT and BYTEA, no WITHOUT ROWID; and its
 * failures in our words. */
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

enum rc
postgres_rc(const char *state)
{
	static const struct {
		const char *state;
		enum rc rc;
	} table[] = {
		{ "23", RC_CONFLICT },   { "42P07", RC_CONFLICT },  { "55P03", RC_TIMEOUT },
		{ "40", RC_TIMEOUT },    { "57014", RC_TIMEOUT },   { "53200", RC_NO_MEMORY },
		{ "53", RC_IO },         { "08", RC_IO },           { "57P", RC_IO },
		{ "58", RC_IO },         { "25006", RC_IO },        { "XX", RC_INTEGRITY },
		{ "28", RC_AUTH },       { "3D000", RC_NOT_FOUND }, { "3F000", RC_NOT_FOUND },
		{ "42501", RC_REFUSED },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (strncmp(state, table[i].state, strlen(table[i].state)) == 0)
			return table[i].rc;
	}
	return RC_FAIL;
}
