// SPDX-License-Identifier: GPL-3.0-or-later
/* Reads the definitions of schema.c: CREATE TABLE and ALTER TABLE … ADD COLUMN as they are written
 * there, nothing more. */
#include "headend/store/tables.h"

#include "headend/store/store.h"

#include <stdbool.h>
#include <string.h>

static bool
begins(const char *p, const char *words)
{
	return strncmp(p, words, strlen(words)) == 0;
}

/* Takes a name and the blanks around it. */
static bool
take_name(const char **p, char name[STORE_IDENTIFIER])
{
	size_t n;

	*p += strspn(*p, " ");
	n = strspn(*p, "abcdefghijklmnopqrstuvwxyz_0123456789");
	if (n == 0 || n >= STORE_IDENTIFIER)
		return false;
	memcpy(name, *p, n);
	name[n] = '\0';
	*p += n;
	*p += strspn(*p, " ");
	return true;
}

static bool
take_type(const char *p, char *type)
{
	*type = begins(p, "INTEGER") ? 'i'
		: begins(p, "TEXT")  ? 't'
		: begins(p, "BLOB")  ? 'b'
				     : '\0';
	return *type != '\0';
}

static enum rc
add_key(struct store_table *t, const char *name)
{
	for (size_t i = 0; i < t->column_count; i++) {
		if (strcmp(t->columns[i].name, name) != 0)
			continue;
		if (t->key_count == STORE_KEYS_MAX)
			return RC_SPACE;
		t->keys[t->key_count++] = (uint8_t)i;
		return RC_OK;
	}
	return RC_FORMAT;
}

/* PRIMARY KEY(a, b). */
static enum rc
add_keys(struct store_table *t, const char *p)
{
	char name[STORE_IDENTIFIER];
	enum rc rc = RC_OK;

	p = strchr(p, '(');
	while (rc == RC_OK && p && *p != ')') {
		p++;
		rc = take_name(&p, name) ? add_key(t, name) : RC_FORMAT;
	}
	return p ? rc : RC_FORMAT;
}

static enum rc
add_column(struct store_table *t, const char *p, size_t len)
{
	struct store_column *c = &t->columns[t->column_count];
	const char *key, *end = p + len;

	if (t->column_count == STORE_COLUMNS_MAX)
		return RC_SPACE;
	if (!take_name(&p, c->name) || !take_type(p, &c->type))
		return RC_FORMAT;
	t->column_count++;
	key = strstr(p, "PRIMARY KEY");
	return key && key < end ? add_key(t, c->name) : RC_OK;
}

/* Length of one item of a list in parentheses: up to a comma or the end of the list. */
static size_t
item_length(const char *p)
{
	size_t n = 0;

	for (int depth = 0; p[n] != '\0'; n++) {
		if (depth == 0 && (p[n] == ',' || p[n] == ')'))
			return n;
		depth += (p[n] == '(') - (p[n] == ')');
	}
	return n;
}

static enum rc
read_table(const char *p, struct store_table *t)
{
	enum rc rc = RC_OK;

	memset(t, 0, sizeof *t);
	if (!take_name(&p, t->name) || *p != '(')
		return RC_FORMAT;
	while (rc == RC_OK && *p != ')') {
		size_t len;

		p++;
		p += strspn(p, " ");
		len = item_length(p);
		if (p[len] == '\0')
			return RC_FORMAT;
		if (begins(p, "PRIMARY KEY("))
			rc = add_keys(t, p);
		else if (!begins(p, "UNIQUE("))
			rc = add_column(t, p, len);
		p += len;
	}
	return rc == RC_OK && t->key_count == 0 ? RC_FORMAT : rc;
}

static enum rc
alter_table(const char *p, struct store_table *tables, size_t count)
{
	char name[STORE_IDENTIFIER];

	if (!take_name(&p, name) || !begins(p, "ADD COLUMN "))
		return RC_FORMAT;
	p += strlen("ADD COLUMN ");
	for (size_t i = 0; i < count; i++) {
		if (strcmp(tables[i].name, name) == 0)
			return add_column(&tables[i], p, 0);
	}
	return RC_FORMAT;
}

static enum rc
read_script(const char *p, struct store_table *tables, size_t *count)
{
	enum rc rc = RC_OK;

	while (rc == RC_OK && p && *p != '\0') {
		p += strspn(p, " ");
		if (begins(p, "CREATE TABLE ")) {
			rc = *count == STORE_TABLES_MAX
				     ? RC_SPACE
				     : read_table(p + strlen("CREATE TABLE "), &tables[*count]);
			*count += rc == RC_OK;
		} else if (begins(p, "ALTER TABLE ")) {
			rc = alter_table(p + strlen("ALTER TABLE "), tables, *count);
		}
		p = strchr(p, ';');
		p += p != NULL;
	}
	return rc;
}

enum rc
store_tables(struct store_table tables[STORE_TABLES_MAX], size_t *count)
{
	enum rc rc;

	*count = 0;
	rc = read_script(store_schema, tables, count);
	if (rc == RC_OK)
		rc = read_script(store_from_version_2, tables, count);
	return rc == RC_OK ? read_script(store_more_from_version_2, tables, count) : rc;
}
