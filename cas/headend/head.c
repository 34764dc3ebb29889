// SPDX-License-Identifier: GPL-3.0-or-later
/* The head-end's state: identity in table meta, transactions numbered, reasons kept. */
#include "headend/head.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum rc
head_fail(struct head *h, enum rc rc, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(h->why, sizeof h->why, format, args);
	va_end(args);
	return rc;
}

enum rc
head_store(struct head *h, enum rc rc)
{
	if (rc != RC_OK)
		snprintf(h->why, sizeof h->why, "database: %s", store_why(h->store));
	return rc;
}

enum rc
head_begin(struct head *h, int64_t *change)
{
	static const char next[] = "UPDATE meta SET number = number + 1 WHERE name = 'change'";
	enum rc rc = store_begin(h->store);

	if (rc != RC_OK)
		return head_store(h, rc);
	rc = store_run(h->store, next, "");
	if (rc == RC_OK)
		rc = store_number(h->store, change, "SELECT number FROM meta WHERE name = 'change'",
				  "");
	if (rc != RC_OK) {
		rc = head_store(h, rc);
		store_rollback(h->store);
	}
	return rc;
}

enum rc
head_end(struct head *h, enum rc rc)
{
	enum rc ended = store_end(h->store, rc);

	return rc == RC_OK ? head_store(h, ended) : rc;
}

static enum rc
get_meta(struct head *h, const char *name, int64_t *number, char *text, size_t cap)
{
	struct store_rows *rows;
	bool found;
	enum rc rc = store_select(h->store, &rows, "SELECT number, text FROM meta WHERE name = ?",
				  "t", name);

	if (rc != RC_OK)
		return rc;
	found = store_next(rows);
	if (found) {
		*number = store_int(rows, 0);
		if (text)
			snprintf(text, cap, "%s", store_text(rows, 1));
	}
	rc = store_done(&rows);
	return rc == RC_OK && !found ? RC_INTEGRITY : rc;
}

static enum rc
get_identity(struct head *h)
{
	int64_t id = 0, ca = 0, decimals = 0;
	enum rc rc = get_meta(h, "operator", &id, h->op.name, sizeof h->op.name);

	if (rc == RC_OK)
		rc = get_meta(h, "ca_system", &ca, NULL, 0);
	if (rc == RC_OK)
		rc = get_meta(h, "unit", &decimals, h->op.unit, sizeof h->op.unit);
	h->op.id = (uint16_t)id;
	h->op.ca_system_id = (uint16_t)ca;
	h->op.decimals = (uint8_t)decimals;
	return rc;
}

enum rc
head_open(const char *path, struct head **out, char why[STORE_WHY])
{
	struct head *h = calloc(1, sizeof *h);
	enum rc rc;

	if (!h) {
		snprintf(why, STORE_WHY, "%s", rc_text(RC_NO_MEMORY));
		return RC_NO_MEMORY;
	}
	rc = store_open(path, &h->store, why);
	if (rc == RC_OK) {
		rc = get_identity(h);
		if (rc == RC_OK) {
			*out = h;
			return RC_OK;
		}
		snprintf(why, STORE_WHY, "its table meta is not complete");
	}
	head_close(&h);
	return rc;
}

void
head_close(struct head **h)
{
	if (!h || !*h)
		return;
	store_close(&(*h)->store);
	free(*h);
	*h = NULL;
}

enum rc
head_check_keystore(struct head *h, const struct keystore *keystore)
{
	uint16_t id = keystore_operator(keystore);

	if (id == h->op.id)
		return RC_OK;
	return head_fail(h, RC_CONFLICT, "the keystore belongs to operator %u, the head-end to %u",
			 id, h->op.id);
}

enum rc
head_signed_time(struct head *h, uint32_t *t)
{
	int64_t v = 0;
	enum rc rc = store_number(h->store, &v,
				  "SELECT number FROM meta WHERE name = 'signed_time'", "");

	if (rc == RC_OK)
		*t = (uint32_t)v;
	return head_store(h, rc);
}

enum rc
head_note_signed_time(struct head *h, uint32_t t)
{
	return head_store(h, store_run(h->store,
				       "UPDATE meta SET number = ? WHERE name = 'signed_time'"
				       " AND number < ?",
				       "ii", (int64_t)t, (int64_t)t));
}
