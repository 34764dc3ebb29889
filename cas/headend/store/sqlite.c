// SPDX-License-Identifier: GPL-3.0-or-later
/* The store on SQLite 3: one file in WAL mode with synchronous=FULL, since rows are money. */
#include "headend/store/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS 5000

#define KEPT_MAX 48

/* A statement that will be run again: preparing costs several times what a short one takes. */
struct kept {
	sqlite3_stmt *stmt; /* NULL: free */
	bool in_use;
};

struct sqlite {
	struct store base;
	sqlite3 *db;
	struct kept kept[KEPT_MAX];
	unsigned int next; /* to be replaced */
};

struct sqlite_rows {
	struct store_rows base;
	sqlite3_stmt *stmt;
};

static sqlite3 *
db_of(const struct store *s)
{
	return ((const struct sqlite *)(const void *)s)->db;
}

static struct kept *
kept_of(struct store *s)
{
	return ((struct sqlite *)(void *)s)->kept;
}

static sqlite3_stmt *
stmt_of(const struct store_rows *rows)
{
	return ((const struct sqlite_rows *)(const void *)rows)->stmt;
}

static enum rc
rc_of(int code)
{
	switch (code & 0xFF) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return RC_OK;
	case SQLITE_CONSTRAINT:
		return RC_CONFLICT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return RC_TIMEOUT;
	case SQLITE_NOMEM:
		return RC_NO_MEMORY;
	case SQLITE_NOTADB:
		return RC_FORMAT;
	case SQLITE_CORRUPT:
		return RC_INTEGRITY;
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return RC_IO;
	default:
		return RC_FAIL;
	}
}

/* SQLite keeps what the system said only for some calls; errno, cleared before each, for the rest.
 */
static void
add_system_reason(struct store *s, int error)
{
	int kept = sqlite3_system_errno(db_of(s));
	size_t len = strlen(s->why);

	if (kept != 0)
		error = kept;
	if (error != 0)
		snprintf(s->why + len, sizeof s->why - len, ": %s", strerror(error));
}

static enum rc
check(struct store *s, int code)
{
	int error = errno;
	enum rc rc = rc_of(code);

	if (rc != RC_OK)
		snprintf(s->why, sizeof s->why, "%s", sqlite3_errmsg(db_of(s)));
	if ((code & 0xFF) == SQLITE_IOERR)
		add_system_reason(s, error);
	return rc;
}

static enum rc
simple(struct store *s, const char *sql)
{
	errno = 0;
	return check(s, sqlite3_exec(db_of(s), sql, NULL, NULL, NULL));
}

static void
close_sqlite(struct store *s)
{
	struct kept *kept = kept_of(s);

	for (size_t i = 0; i < KEPT_MAX; i++)
		sqlite3_finalize(kept[i].stmt);
	sqlite3_close(db_of(s));
	free(s);
}

static enum rc
connect_to(const char *path, struct store **out, char why[STORE_WHY])
{
	struct sqlite *s = calloc(1, sizeof *s);
	enum rc rc;

	if (!s) {
		snprintf(why, STORE_WHY, "%s", rc_text(RC_NO_MEMORY));
		return RC_NO_MEMORY;
	}
	s->base.driver = &store_sqlite;
	rc = check(&s->base, sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE, NULL));
	if (rc == RC_OK) {
		sqlite3_extended_result_codes(s->db, 1);
		sqlite3_busy_timeout(s->db, BUSY_MS);
		*out = &s->base;
		return RC_OK;
	}
	memcpy(why, s->base.why, STORE_WHY);
	close_sqlite(&s->base);
	return rc;
}

static enum rc
prepare_connection(struct store *s)
{
	enum rc rc = simple(s, "PRAGMA journal_mode = WAL");

	if (rc == RC_OK)
		rc = simple(s, "PRAGMA synchronous = FULL");
	if (rc == RC_OK)
		rc = simple(s, "PRAGMA secure_delete = ON");
	return rc;
}

static void
discard_file(const char *path)
{
	(void)unlink(path);
}

static enum rc
create_file(const char *path, struct store **out, char why[STORE_WHY])
{
	enum rc rc;
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0) {
		rc = errno == EEXIST ? RC_CONFLICT : RC_IO;
		snprintf(why, STORE_WHY, "%s",
			 errno == EEXIST ? "exists already" : strerror(errno));
		return rc;
	}
	(void)close(fd);
	rc = connect_to(path, out, why);
	if (rc != RC_OK)
		discard_file(path);
	return rc;
}

static enum rc
connect_file(const char *path, struct store **out, char why[STORE_WHY])
{
	struct stat st;

	if (stat(path, &st) != 0) {
		snprintf(why, STORE_WHY, "%s",
			 errno == ENOENT ? "does not exist" : strerror(errno));
		return errno == ENOENT ? RC_NOT_FOUND : RC_IO;
	}
	if (!S_ISREG(st.st_mode)) {
		snprintf(why, STORE_WHY, "not a file");
		return RC_IO;
	}
	return connect_to(path, out, why);
}

static enum rc
get_identity(struct store *s, int64_t *application, int64_t *version)
{
	enum rc rc = store_number(s, application, "PRAGMA application_id", "");

	return rc == RC_OK ? store_number(s, version, "PRAGMA user_version", "") : rc;
}

static enum rc
set_identity(struct store *s, int64_t application, int64_t version)
{
	char sql[100];

	snprintf(sql, sizeof sql, "PRAGMA application_id = %lld; PRAGMA user_version = %lld",
		 (long long)application, (long long)version);
	return simple(s, sql);
}

static enum rc
begin(struct store *s)
{
	return simple(s, "BEGIN IMMEDIATE");
}

static enum rc
begin_reading(struct store *s)
{
	return simple(s, "BEGIN");
}

static enum rc
commit(struct store *s)
{
	return simple(s, "COMMIT");
}

static void
rollback(struct store *s)
{
	(void)sqlite3_exec(db_of(s), "ROLLBACK", NULL, NULL, NULL);
}

static int
bind_one(sqlite3_stmt *stmt, int index, const struct store_argument *a)
{
	if (a->type == 'i')
		return sqlite3_bind_int64(stmt, index, a->number);
	if (a->type == 't')
		return sqlite3_bind_text(stmt, index, a->data, -1, SQLITE_TRANSIENT);
	if (a->type == 'b')
		return sqlite3_bind_blob64(stmt, index, a->data, a->len, SQLITE_TRANSIENT);
	return sqlite3_bind_null(stmt, index);
}

static sqlite3_stmt *
take_kept(struct store *s, const char *sql)
{
	struct kept *kept = kept_of(s);

	for (size_t i = 0; i < KEPT_MAX; i++) {
		if (kept[i].stmt && !kept[i].in_use &&
		    strcmp(sqlite3_sql(kept[i].stmt), sql) == 0) {
			kept[i].in_use = true;
			return kept[i].stmt;
		}
	}
	return NULL;
}

/* A pragma may act when it is prepared, so it is never kept. */
static void
keep(struct store *s, sqlite3_stmt *stmt, const char *sql)
{
	unsigned int *next = &((struct sqlite *)(void *)s)->next;
	struct kept *k = &kept_of(s)[*next];

	*next = (*next + 1) % KEPT_MAX;
	if (k->in_use || strncmp(sql, "PRAGMA", 6) == 0)
		return;
	sqlite3_finalize(k->stmt);
	*k = (struct kept) { stmt, true };
}

/* Instead of sqlite3_finalize; nothing that was bound stays. */
static void
release(struct store *s, sqlite3_stmt *stmt)
{
	struct kept *kept = kept_of(s);

	for (size_t i = 0; stmt && i < KEPT_MAX; i++) {
		if (kept[i].stmt == stmt) {
			(void)sqlite3_reset(stmt);
			(void)sqlite3_clear_bindings(stmt);
			kept[i].in_use = false;
			return;
		}
	}
	sqlite3_finalize(stmt);
}

static enum rc
prepare(struct store *s, sqlite3_stmt **stmt, const char *sql,
	const struct store_argument *arguments, size_t count)
{
	int code = SQLITE_OK;

	errno = 0;
	*stmt = take_kept(s, sql);
	if (!*stmt) {
		code = sqlite3_prepare_v3(db_of(s), sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);
		if (code == SQLITE_OK && *stmt)
			keep(s, *stmt, sql);
	}
	for (size_t i = 0; code == SQLITE_OK && i < count; i++)
		code = bind_one(*stmt, (int)i + 1, &arguments[i]);
	if (code == SQLITE_OK)
		return RC_OK;
	(void)check(s, code);
	release(s, *stmt);
	*stmt = NULL;
	return rc_of(code);
}

static enum rc
run(struct store *s, const char *sql, const struct store_argument *arguments, size_t count)
{
	sqlite3_stmt *stmt = NULL;
	enum rc rc = prepare(s, &stmt, sql, arguments, count);

	if (rc != RC_OK)
		return rc;
	errno = 0;
	rc = check(s, sqlite3_step(stmt));
	release(s, stmt);
	return rc;
}

static int64_t
changed(const struct store *s)
{
	return sqlite3_changes64(db_of(s));
}

static enum rc
select_rows(struct store *s, struct store_rows **rows, const char *sql,
	    const struct store_argument *arguments, size_t count)
{
	struct sqlite_rows *r = calloc(1, sizeof *r);
	enum rc rc;

	if (!r)
		return RC_NO_MEMORY;
	rc = prepare(s, &r->stmt, sql, arguments, count);
	if (rc != RC_OK) {
		free(r);
		return rc;
	}
	*rows = &r->base;
	return RC_OK;
}

static bool
next(struct store_rows *rows)
{
	int code;

	errno = 0;
	code = sqlite3_step(stmt_of(rows));
	rows->rc = check(rows->store, code);
	return code == SQLITE_ROW;
}

static int64_t
integer(const struct store_rows *rows, int column)
{
	return sqlite3_column_int64(stmt_of(rows), column);
}

static const char *
text(const struct store_rows *rows, int column)
{
	const unsigned char *t = sqlite3_column_text(stmt_of(rows), column);

	return t ? (const char *)t : "";
}

static const uint8_t *
blob(const struct store_rows *rows, int column, size_t *len)
{
	const void *b = sqlite3_column_blob(stmt_of(rows), column);

	*len = (size_t)sqlite3_column_bytes(stmt_of(rows), column);
	return b;
}

static bool
is_null(const struct store_rows *rows, int column)
{
	return sqlite3_column_type(stmt_of(rows), column) == SQLITE_NULL;
}

static void
free_rows(struct store_rows *rows)
{
	release(rows->store, stmt_of(rows));
	free(rows);
}

static enum rc
limit_pages(struct store *s, int64_t count)
{
	char sql[60];

	snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld", (long long)count);
	return simple(s, sql);
}

static int64_t
pages(struct store *s)
{
	int64_t n = 0;

	return store_number(s, &n, "PRAGMA page_count", "") == RC_OK ? n : 0;
}

const struct store_driver store_sqlite = { .create = create_file,
					   .connect = connect_file,
					   .close = close_sqlite,
					   .discard = discard_file,
					   .prepare = prepare_connection,
					   .identity = get_identity,
					   .identify = set_identity,
					   .script = simple,
					   .begin = begin,
					   .begin_reading = begin_reading,
					   .commit = commit,
					   .rollback = rollback,
					   .run = run,
					   .queue = run, /* statements are kept */
					   .changed = changed,
					   .select = select_rows,
					   .next = next,
					   .integer = integer,
					   .text = text,
					   .blob = blob,
					   .is_null = is_null,
					   .free_rows = free_rows,
					   .limit_pages = limit_pages,
					   .pages = pages };
