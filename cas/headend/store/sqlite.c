// SPDX-License-Identifier: GPL-3.0-or-later
/* The store on SQLite 3: one file in WAL mode with synchronous=FULL, since rows are money. */
#include "headend/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS 5000

struct store {
	sqlite3 *db;
	bool in_transaction;
	char why[STORE_WHY];
};

struct store_rows {
	struct store *store;
	sqlite3_stmt *stmt;
	enum rc rc;
};

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
	int kept = sqlite3_system_errno(s->db);
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
		snprintf(s->why, sizeof s->why, "%s", sqlite3_errmsg(s->db));
	if ((code & 0xFF) == SQLITE_IOERR)
		add_system_reason(s, error);
	return rc;
}

static enum rc
simple(struct store *s, const char *sql)
{
	errno = 0;
	return check(s, sqlite3_exec(s->db, sql, NULL, NULL, NULL));
}

static enum rc
pragma_number(struct store *s, const char *sql, int64_t *value)
{
	return store_number(s, value, sql, "");
}

static enum rc
connect_to(const char *path, struct store **out, char why[STORE_WHY])
{
	struct store *s = calloc(1, sizeof *s);
	enum rc rc;

	if (!s) {
		snprintf(why, STORE_WHY, "%s", rc_text(RC_NO_MEMORY));
		return RC_NO_MEMORY;
	}
	rc = check(s, sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE, NULL));
	if (rc == RC_OK) {
		sqlite3_extended_result_codes(s->db, 1);
		sqlite3_busy_timeout(s->db, BUSY_MS);
		*out = s;
		return RC_OK;
	}
	snprintf(why, STORE_WHY, "%s", s->why);
	store_close(&s);
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

static enum rc
make_tables(struct store *s)
{
	char sql[80];
	enum rc rc = prepare_connection(s);

	if (rc == RC_OK)
		rc = store_begin(s);
	if (rc != RC_OK)
		return rc;
	rc = simple(s, store_schema);
	if (rc == RC_OK) /* an ISO C string has 4,095 characters at most */
		rc = simple(s, store_from_version_2);
	snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 STORE_APPLICATION, STORE_VERSION);
	if (rc == RC_OK)
		rc = simple(s, sql);
	if (rc == RC_OK)
		rc = store_run(s, "INSERT INTO meta(name, number) VALUES('change', 0)", "");
	return store_end(s, rc);
}

enum rc
store_create(const char *path, struct store **out, char why[STORE_WHY])
{
	struct store *s = NULL;
	enum rc rc;
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0) {
		rc = errno == EEXIST ? RC_CONFLICT : RC_IO;
		snprintf(why, STORE_WHY, "%s",
			 errno == EEXIST ? "exists already" : strerror(errno));
		return rc;
	}
	(void)close(fd);
	rc = connect_to(path, &s, why);
	if (rc == RC_OK) {
		rc = make_tables(s);
		if (rc == RC_OK) {
			*out = s;
			return RC_OK;
		}
		snprintf(why, STORE_WHY, "%s", s->why);
		store_close(&s);
	}
	(void)unlink(path);
	return rc;
}

/* In one transaction, so that an older program finds its own version or a newer one. */
static enum rc
migrate(struct store *s, int64_t version)
{
	char sql[48];
	enum rc rc = store_begin(s);

	if (rc != RC_OK)
		return rc;
	snprintf(sql, sizeof sql, "PRAGMA user_version = %d", STORE_VERSION);
	if (version == 1)
		rc = simple(s, store_from_version_1);
	if (rc == RC_OK)
		rc = simple(s, store_from_version_2);
	if (rc == RC_OK)
		rc = simple(s, sql);
	return store_end(s, rc);
}

static enum rc
check_identity(struct store *s)
{
	int64_t application = 0, version = 0;
	enum rc rc = pragma_number(s, "PRAGMA application_id", &application);

	if (rc == RC_OK)
		rc = pragma_number(s, "PRAGMA user_version", &version);
	if (rc != RC_OK)
		return rc;
	if (application != STORE_APPLICATION) {
		snprintf(s->why, sizeof s->why, "not a database of tessera-headend");
		return RC_FORMAT;
	}
	if (version == 1 || version == 2) {
		rc = prepare_connection(s);
		return rc == RC_OK ? migrate(s, version) : rc;
	}
	if (version != STORE_VERSION) {
		snprintf(s->why, sizeof s->why, "database version %lld, this program knows %d",
			 (long long)version, STORE_VERSION);
		return RC_VERSION;
	}
	return prepare_connection(s);
}

enum rc
store_open(const char *path, struct store **out, char why[STORE_WHY])
{
	struct store *s = NULL;
	struct stat st;
	enum rc rc;

	if (stat(path, &st) != 0) {
		snprintf(why, STORE_WHY, "%s",
			 errno == ENOENT ? "does not exist" : strerror(errno));
		return errno == ENOENT ? RC_NOT_FOUND : RC_IO;
	}
	if (!S_ISREG(st.st_mode)) {
		snprintf(why, STORE_WHY, "not a file");
		return RC_IO;
	}
	rc = connect_to(path, &s, why);
	if (rc != RC_OK)
		return rc;
	rc = check_identity(s);
	if (rc == RC_OK) {
		*out = s;
		return RC_OK;
	}
	snprintf(why, STORE_WHY, "%s", s->why);
	store_close(&s);
	return rc;
}

void
store_close(struct store **s)
{
	if (!s || !*s)
		return;
	store_rollback(*s);
	sqlite3_close((*s)->db);
	free(*s);
	*s = NULL;
}

const char *
store_why(const struct store *s)
{
	return s->why;
}

enum rc
store_begin(struct store *s)
{
	enum rc rc = simple(s, "BEGIN IMMEDIATE");

	s->in_transaction = rc == RC_OK;
	return rc;
}

enum rc
store_commit(struct store *s)
{
	enum rc rc = simple(s, "COMMIT");

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
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	s->in_transaction = false;
}

enum rc
store_end(struct store *s, enum rc rc)
{
	if (rc == RC_OK)
		return store_commit(s);
	store_rollback(s);
	return rc;
}

static int
bind_one(sqlite3_stmt *stmt, int index, char type, va_list *args)
{
	if (type == 'i')
		return sqlite3_bind_int64(stmt, index, va_arg(*args, int64_t));
	if (type == 't')
		return sqlite3_bind_text(stmt, index, va_arg(*args, const char *), -1,
					 SQLITE_TRANSIENT);
	if (type == 'b') {
		const uint8_t *data = va_arg(*args, const uint8_t *);
		size_t len = va_arg(*args, size_t);

		return sqlite3_bind_blob64(stmt, index, data, len, SQLITE_TRANSIENT);
	}
	return sqlite3_bind_null(stmt, index);
}

static enum rc
prepare(struct store *s, sqlite3_stmt **stmt, const char *sql, const char *types, va_list *args)
{
	int code;

	errno = 0;
	code = sqlite3_prepare_v2(s->db, sql, -1, stmt, NULL);
	for (int i = 0; code == SQLITE_OK && types[i] != '\0'; i++)
		code = bind_one(*stmt, i + 1, types[i], args);
	if (code == SQLITE_OK)
		return RC_OK;
	(void)check(s, code);
	sqlite3_finalize(*stmt);
	*stmt = NULL;
	return rc_of(code);
}

enum rc
store_run(struct store *s, const char *sql, const char *types, ...)
{
	sqlite3_stmt *stmt = NULL;
	va_list args;
	enum rc rc;

	va_start(args, types);
	rc = prepare(s, &stmt, sql, types, &args);
	va_end(args);
	if (rc != RC_OK)
		return rc;
	errno = 0;
	rc = check(s, sqlite3_step(stmt));
	sqlite3_finalize(stmt);
	return rc;
}

int64_t
store_changed(const struct store *s)
{
	return sqlite3_changes64(s->db);
}

static enum rc
select_args(struct store *s, struct store_rows **rows, const char *sql, const char *types,
	    va_list *args)
{
	struct store_rows *r = calloc(1, sizeof *r);
	enum rc rc;

	*rows = NULL;
	if (!r)
		return RC_NO_MEMORY;
	rc = prepare(s, &r->stmt, sql, types, args);
	if (rc != RC_OK) {
		free(r);
		return rc;
	}
	r->store = s;
	*rows = r;
	return RC_OK;
}

enum rc
store_select(struct store *s, struct store_rows **rows, const char *sql, const char *types, ...)
{
	va_list args;
	enum rc rc;

	va_start(args, types);
	rc = select_args(s, rows, sql, types, &args);
	va_end(args);
	return rc;
}

bool
store_next(struct store_rows *rows)
{
	int code;

	errno = 0;
	code = sqlite3_step(rows->stmt);
	rows->rc = check(rows->store, code);
	return code == SQLITE_ROW;
}

int64_t
store_int(const struct store_rows *rows, int column)
{
	return sqlite3_column_int64(rows->stmt, column);
}

const char *
store_text(const struct store_rows *rows, int column)
{
	const unsigned char *text = sqlite3_column_text(rows->stmt, column);

	return text ? (const char *)text : "";
}

const uint8_t *
store_blob(const struct store_rows *rows, int column, size_t *len)
{
	const void *blob = sqlite3_column_blob(rows->stmt, column);

	*len = (size_t)sqlite3_column_bytes(rows->stmt, column);
	return blob;
}

bool
store_is_null(const struct store_rows *rows, int column)
{
	return sqlite3_column_type(rows->stmt, column) == SQLITE_NULL;
}

enum rc
store_done(struct store_rows **rows)
{
	enum rc rc;

	if (!rows || !*rows)
		return RC_OK;
	rc = (*rows)->rc;
	sqlite3_finalize((*rows)->stmt);
	free(*rows);
	*rows = NULL;
	return rc;
}

enum rc
store_number(struct store *s, int64_t *value, const char *sql, const char *types, ...)
{
	struct store_rows *rows;
	bool found;
	int64_t v = 0;
	va_list args;
	enum rc rc;

	va_start(args, types);
	rc = select_args(s, &rows, sql, types, &args);
	va_end(args);
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
	char sql[60];

	snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld", (long long)pages);
	return simple(s, sql);
}

int64_t
store_pages(struct store *s)
{
	int64_t pages = 0;

	return pragma_number(s, "PRAGMA page_count", &pages) == RC_OK ? pages : 0;
}
