// SPDX-License-Identifier: GPL-3.0-or-later
/* A new head-end: its identity in table meta, and the first epoch key; under a name of its own
 * until it is whole, so that one that was cut off stands in nobody's way. */
#include "headend/epochs.h"
#include "headend/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 800

static enum rc
put_meta(struct head *h, const char *name, int64_t number, const char *text)
{
	return head_store(h, store_run(h->store,
				       "INSERT INTO meta(name, number, text) VALUES(?, ?, ?)",
				       "tit", name, number, text));
}

static enum rc
put_identity(struct head *h)
{
	enum rc rc = put_meta(h, "operator", h->op.id, h->op.name);

	if (rc == RC_OK)
		rc = put_meta(h, "ca_system", h->op.ca_system_id, NULL);
	if (rc == RC_OK)
		rc = put_meta(h, "unit", h->op.decimals, h->op.unit);
	if (rc == RC_OK)
		rc = put_meta(h, "signed_time", 0, NULL);
	return rc;
}

static bool
operator_is_possible(const struct head_operator *op)
{
	if (!text_is_plain(op->name, HEAD_NAME - 1) || strlen(op->unit) != UNIT_SIZE ||
	    op->decimals > 4)
		return false;
	for (size_t i = 0; i < UNIT_SIZE; i++) {
		if (op->unit[i] < 0x21 || op->unit[i] > 0x7E)
			return false;
	}
	return true;
}

struct newcomer {
	const struct head_operator *op;
	const struct head_keys *keys;
};

static enum rc
fill_new(struct head *h, void *ctx)
{
	const struct newcomer *new = ctx;
	int64_t change = 0;
	enum rc rc;

	h->op = *new->op;
	rc = head_check_keystore(h, new->keys->keystore);
	if (rc != RC_OK)
		return rc;
	rc = head_begin(h, &change);
	if (rc != RC_OK)
		return rc;
	rc = put_identity(h);
	if (rc == RC_OK)
		rc = epoch_add(h, new->keys, 0, 0, 0, EPOCH_ALWAYS, change);
	return head_end(h, rc);
}

/* What an earlier attempt left that was cut off. */
static void
remove_database(const char *path)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
	char file[PATH_SIZE + 16];

	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		snprintf(file, sizeof file, "%s%s", path, suffixes[i]);
		(void)unlink(file);
	}
}

/* Makes the whole database under a name of its own. */
static enum rc
make(const char *path, head_fill fill, void *ctx, char why[STORE_WHY])
{
	struct head *h = calloc(1, sizeof *h);
	enum rc rc;

	if (!h) {
		snprintf(why, STORE_WHY, "%s", rc_text(RC_NO_MEMORY));
		return RC_NO_MEMORY;
	}
	rc = store_create(path, &h->store, why);
	if (rc == RC_OK) {
		rc = fill(h, ctx);
		if (rc != RC_OK)
			snprintf(why, STORE_WHY, "%s", h->why);
	}
	head_close(&h);
	return rc;
}

/* Gives it its name in one step. */
static enum rc
put_in_place(const char *made, const char *path, char why[STORE_WHY])
{
	if (link(made, path) == 0)
		return RC_OK;
	snprintf(why, STORE_WHY, "%s", errno == EEXIST ? "exists already" : strerror(errno));
	return errno == EEXIST ? RC_CONFLICT : RC_IO;
}

enum rc
head_make(const char *path, head_fill fill, void *ctx, char why[STORE_WHY])
{
	char made[PATH_SIZE];
	enum rc rc;

	if (store_is_address(path)) /* nothing stands there before it is whole */
		return make(path, fill, ctx, why);
	if (snprintf(made, sizeof made, "%s.new", path) >= (int)sizeof made) {
		snprintf(why, STORE_WHY, "path too long");
		return RC_RANGE;
	}
	if (access(path, F_OK) == 0) {
		snprintf(why, STORE_WHY, "exists already");
		return RC_CONFLICT;
	}
	remove_database(made);
	rc = make(made, fill, ctx, why);
	if (rc == RC_OK)
		rc = put_in_place(made, path, why);
	remove_database(made);
	return rc;
}

enum rc
head_create(const char *path, const struct head_operator *op, const struct head_keys *keys,
	    struct head **out, char why[STORE_WHY])
{
	struct newcomer new = { op, keys };
	enum rc rc;

	if (!operator_is_possible(op)) {
		snprintf(why, STORE_WHY,
			 "plain name of 1 to 63 bytes, unit of 3 letters, at most 4 decimals");
		return RC_RANGE;
	}
	rc = head_make(path, fill_new, &new, why);
	return rc == RC_OK ? head_open(path, out, why) : rc;
}
