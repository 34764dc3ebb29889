// SPDX-License-Identifier: GPL-3.0-or-later
/* The store, whatever engine is behind it: transactions, arguments, rows. */
#include "headend/store/driver.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
store_close(struct store **s)
{
	if (!s || !*s)
		return;
	store_rollback(*s);
	(*s)->driver->close(*s);
	*s = NULL;
}

const char *
store_why(const struct store *s)
{
	return s->why;
}

enum rc
store_set_version(struct store *s, int64_t application, int64_t version)
{
	return s->driver->identify(s, application, version);
}

enum rc
store_begin(struct store *s)
{
	enum rc rc;

	if (s->creating) {
		s->creating = false;
		return RC_OK;
	}
	rc = s->driver->begin(s);
	s->in_transaction = rc == RC_OK;
	return rc;
}

enum rc
store_begin_reading(struct store *s)
{
	enum rc rc = s->driver->begin_reading(s);

	s->in_transaction = rc == RC_OK;
	return rc;
}

enum rc
store_commit(struct store *s)
{
	enum rc rc = s->driver->commit(s);

	if (rc != RC_OK) {
		char why[STORE_WHY];

		memcpy(why, s->why, sizeof why);
		store_rollback(s);
		memcpy(s->why, why, sizeof why);
	}
	s->in_transaction = false;
	return rc;
}

void
store_rollback(struct store *s)
{
	if (s->in_transaction)
		s->driver->rollback(s);
	s->in_transaction = false;
	s->creating = false;
}

enum rc
store_end(struct store *s, enum rc rc)
{
	if (rc == RC_OK)
		return store_commit(s);
	store_rollback(s);
	return rc;
}

static size_t
take_arguments(struct store_argument arguments[STORE_ARGUMENTS], const char *types, va_list *args)
{
	size_t n = 0;

	for (; types[n] != '\0' && n < STORE_ARGUMENTS; n++) {
		struct store_argument *a = &arguments[n];

		*a = (struct store_argument) { .type = types[n] };
		if (a->type == 'i') {
			a->number = va_arg(*args, int64_t);
		} else if (a->type == 't') {
			a->data = va_arg(*args, const char *);
		} else if (a->type == 'b') {
			a->data = va_arg(*args, const uint8_t *);
			a->len = va_arg(*args, size_t);
		}
	}
	return n;
}

enum rc
store_run(struct store *s, const char *sql, const char *types, ...)
{
	struct store_argument arguments[STORE_ARGUMENTS];
	va_list args;
	size_t n;

	va_start(args, types);
	n = take_arguments(arguments, types, &args);
	va_end(args);
	return s->driver->run(s, sql, arguments, n);
}

enum rc
store_queue(struct store *s, const char *sql, const char *types, ...)
{
	struct store_argument arguments[STORE_ARGUMENTS];
	va_list args;
	size_t n;

	va_start(args, types);
	n = take_arguments(arguments, types, &args);
	va_end(args);
	return s->driver->queue(s, sql, arguments, n);
}

int64_t
store_changed(const struct store *s)
{
	return s->driver->changed(s);
}

enum rc
store_queue_arguments(struct store *s, const char *sql, const struct store_argument *arguments,
		      size_t count)
{
	return s->driver->queue(s, sql, arguments, count);
}

enum rc
store_select_arguments(struct store *s, struct store_rows **rows, const char *sql,
		       const struct store_argument *arguments, size_t n)
{
	enum rc rc;

	*rows = NULL;
	rc = s->driver->select(s, rows, sql, arguments, n);
	if (rc == RC_OK)
		(*rows)->store = s;
	return rc;
}

enum rc
store_select(struct store *s, struct store_rows **rows, const char *sql, const char *types, ...)
{
	struct store_argument arguments[STORE_ARGUMENTS];
	va_list args;
	size_t n;

	va_start(args, types);
	n = take_arguments(arguments, types, &args);
	va_end(args);
	return store_select_arguments(s, rows, sql, arguments, n);
}

bool
store_next(struct store_rows *rows)
{
	return rows->store->driver->next(rows);
}

int64_t
store_int(const struct store_rows *rows, int column)
{
	return rows->store->driver->integer(rows, column);
}

const char *
store_text(const struct store_rows *rows, int column)
{
	return rows->store->driver->text(rows, column);
}

const uint8_t *
store_blob(const struct store_rows *rows, int column, size_t *len)
{
	return rows->store->driver->blob(rows, column, len);
}

bool
store_is_null(const struct store_rows *rows, int column)
{
	return rows->store->driver->is_null(rows, column);
}

enum rc
store_done(struct store_rows **rows)
{
	enum rc rc;

	if (!rows || !*rows)
		return RC_OK;
	rc = (*rows)->rc;
	(*rows)->store->driver->free_rows(*rows);
	*rows = NULL;
	return rc;
}

enum rc
store_number(struct store *s, int64_t *value, const char *sql, const char *types, ...)
{
	struct store_argument arguments[STORE_ARGUMENTS];
	struct store_rows *rows;
	bool found;
	int64_t v = 0;
	size_t n;
	va_list args;
	enum rc rc;

	va_start(args, types);
	n = take_arguments(arguments, types, &args);
	va_end(args);
	rc = store_select_arguments(s, &rows, sql, arguments, n);
	if (rc != RC_OK)
		return rc;
	found = store_next(rows);
	if (found)
		v = store_int(rows, 0);
	rc = store_done(&rows);
	if (rc == RC_OK && !found)
		rc = RC_NOT_FOUND;
	if (rc == RC_OK)
		*value = v;
	return rc;
}

enum rc
store_limit_pages(struct store *s, int64_t pages)
{
	return s->driver->limit_pages ? s->driver->limit_pages(s, pages) : RC_REFUSED;
}

int64_t
store_pages(struct store *s)
{
	return s->driver->pages ? s->driver->pages(s) : 0;
}
