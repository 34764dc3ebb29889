// SPDX-License-Identifier: GPL-3.0-or-later
/* The store on PostgreSQL by libpq. Writers take the row "change" of meta first, so that there is
 * one at a time as in an SQLite file; rows of many go through the pipeline. */
#include "headend/store/driver.h"
#include "headend/store/postgres_sql.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIPELINE_MAX 256 /* statements under way before their answers are taken */
#define NUMBER_TEXT 24

/* Types of arguments, from the server's catalogue of types, which never changes them. */
#define TYPE_UNKNOWN 0
#define TYPE_BYTEA 17
#define TYPE_TEXT 25
#define TYPE_INT8 20

struct postgres {
	struct store base;
	PGconn *db;
	int64_t changed;
	int queued; /* statements in the pipeline */
	bool has_tables;
	char *prepared; /* the text of the unnamed statement, NULL: another took its place */
};

struct postgres_rows {
	struct store_rows base;
	PGresult *result;
	int row;
	uint8_t **blobs; /* of the row, one a column */
};

static struct postgres *
of(struct store *s)
{
	return (struct postgres *)(void *)s;
}

static const struct postgres_rows *
rows_of(const struct store_rows *rows)
{
	return (const struct postgres_rows *)(const void *)rows;
}

/* The first line of what the server says. */
static void
take_reason(char why[STORE_WHY], const char *message)
{
	size_t len = strcspn(message, "\n");

	if (strncmp(message, "ERROR:  ", 8) == 0 || strncmp(message, "FATAL:  ", 8) == 0) {
		message += 8;
		len -= 8;
	}
	snprintf(why, STORE_WHY, "%.*s", (int)(len < STORE_WHY ? len : STORE_WHY - 1), message);
}

/* Takes an answer over, and frees it. */
static enum rc
check(struct postgres *p, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	enum rc rc = RC_OK;

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
	    status != PGRES_PIPELINE_SYNC) {
		rc = state ? postgres_rc(state) : RC_IO; /* without one the connection broke */
		if (status == PGRES_PIPELINE_ABORTED)
			rc = RC_FAIL;
		else
			take_reason(p->base.why,
				    result ? PQresultErrorMessage(result) : PQerrorMessage(p->db));
	} else {
		p->changed = strtoll(PQcmdTuples(result), NULL, 10);
	}
	PQclear(result);
	return rc;
}

/* Takes the answers of the pipeline; the first failure counts. */
static enum rc
drain(struct postgres *p)
{
	enum rc first = RC_OK;
	bool done = p->queued == 0;

	if (done)
		return RC_OK;
	p->queued = 0;
	if (PQpipelineSync(p->db) != 1)
		first = RC_IO;
	while (!done && PQstatus(p->db) == CONNECTION_OK) {
		PGresult *result = PQgetResult(p->db);
		enum rc rc;

		if (!result) /* between two statements */
			continue;
		done = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
		rc = check(p, result);
		if (first == RC_OK)
			first = rc;
	}
	if (PQstatus(p->db) != CONNECTION_OK && first == RC_OK)
		first = RC_IO;
	if (PQstatus(p->db) != CONNECTION_OK)
		take_reason(p->base.why, PQerrorMessage(p->db));
	(void)PQexitPipelineMode(p->db);
	return first;
}

static enum rc
simple(struct postgres *p, const char *sql)
{
	enum rc rc = drain(p);

	free(p->prepared);
	p->prepared = NULL;
	return rc == RC_OK ? check(p, PQexec(p->db, sql)) : rc;
}

static void
forget_prepared(struct postgres *p)
{
	free(p->prepared);
	p->prepared = NULL;
}

/* Arguments in the form of libpq. */
struct bound {
	Oid types[STORE_ARGUMENTS];
	const char *values[STORE_ARGUMENTS];
	int lengths[STORE_ARGUMENTS], formats[STORE_ARGUMENTS];
	char numbers[STORE_ARGUMENTS][NUMBER_TEXT];
};

static void
bind_all(struct bound *b, const struct store_argument *arguments, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct store_argument *a = &arguments[i];

		b->types[i] = TYPE_UNKNOWN;
		b->values[i] = a->data;
		b->lengths[i] = (int)a->len;
		b->formats[i] = a->type == 'b';
		if (a->type == 'i') {
			b->types[i] = TYPE_INT8;
			snprintf(b->numbers[i], NUMBER_TEXT, "%lld", (long long)a->number);
			b->values[i] = b->numbers[i];
		} else if (a->type == 't') {
			b->types[i] = TYPE_TEXT;
		} else if (a->type == 'b') {
			b->types[i] = TYPE_BYTEA;
			if (!a->data) /* no bytes, which is not null */
				b->values[i] = "";
		}
	}
}

static void
close_postgres(struct store *s)
{
	struct postgres *p = of(s);

	PQfinish(p->db);
	free(p->prepared);
	free(p);
}

/* What every connection begins with, also one that was made anew. */
static enum rc
begin_session(struct postgres *p)
{
	return check(p, PQexec(p->db, "SET lock_timeout = 5000; SET client_min_messages = error;"
				      "SET standard_conforming_strings = on;"
				      "SET idle_in_transaction_session_timeout = 60000"));
}

/* libpq's own words on an address may repeat the password. */
static bool
address_is_sound(const char *name, char why[STORE_WHY])
{
	PQconninfoOption *options = PQconninfoParse(name, NULL);

	if (!options)
		snprintf(why, STORE_WHY, "not an address as postgresql://host/database");
	PQconninfoFree(options);
	return options != NULL;
}

static enum rc
connect_to(const char *name, struct store **out, char why[STORE_WHY])
{
	static const char *const keys[] = { "connect_timeout",  "tcp_user_timeout", "dbname",
					    "application_name", "client_encoding",  NULL };
	const char *values[] = { "5", "10000", name, "tessera-headend", "UTF8", NULL };
	struct postgres *p;
	enum rc rc;

	if (!address_is_sound(name, why))
		return RC_USAGE;
	p = calloc(1, sizeof *p);
	if (!p) {
		snprintf(why, STORE_WHY, "%s", rc_text(RC_NO_MEMORY));
		return RC_NO_MEMORY;
	}
	p->base.driver = &store_postgres;
	p->db = PQconnectdbParams(keys, values, 1);
	rc = PQstatus(p->db) == CONNECTION_OK ? begin_session(p) : RC_IO;
	if (rc == RC_OK) {
		*out = &p->base;
		return RC_OK;
	}
	take_reason(why, PQerrorMessage(p->db));
	if (strstr(why, "does not exist"))
		rc = RC_NOT_FOUND;
	else if (strstr(why, "authentication failed") || strstr(why, "no password supplied"))
		rc = RC_AUTH;
	close_postgres(&p->base);
	return rc;
}

/* Calls the server again when it went away; what was in a transaction is gone with it. */
static enum rc
call_again(struct postgres *p)
{
	enum rc rc;

	if (PQstatus(p->db) == CONNECTION_OK)
		return RC_OK;
	p->queued = 0;
	PQreset(p->db);
	if (PQstatus(p->db) != CONNECTION_OK) {
		take_reason(p->base.why, PQerrorMessage(p->db));
		return RC_IO;
	}
	rc = begin_session(p);
	return rc;
}

static enum rc
count_tables(struct store *s, int64_t *count)
{
	return store_number(s, count,
			    "SELECT count(*) FROM information_schema.tables"
			    " WHERE table_schema = current_schema() AND table_name = 'meta'",
			    "");
}

static enum rc
create(const char *name, struct store **out, char why[STORE_WHY])
{
	struct store *s = NULL;
	int64_t tables = 0;
	enum rc rc = connect_to(name, &s, why);

	if (rc != RC_OK)
		return rc;
	rc = count_tables(s, &tables);
	if (rc == RC_OK && tables > 0) {
		rc = RC_CONFLICT;
		snprintf(s->why, STORE_WHY, "exists already");
	}
	if (rc == RC_OK) {
		*out = s;
		return RC_OK;
	}
	memcpy(why, s->why, STORE_WHY);
	store_close(&s);
	return rc;
}

static void
discard(const char *name)
{
	(void)name; /* the transaction was undone */
}

static enum rc
prepare(struct store *s)
{
	(void)s;
	return RC_OK;
}

static enum rc
get_identity(struct store *s, int64_t *application, int64_t *version)
{
	int64_t tables = 0;
	enum rc rc = count_tables(s, &tables);

	of(s)->has_tables = rc == RC_OK && tables > 0;
	if (rc == RC_OK && tables == 0) {
		snprintf(s->why, sizeof s->why, "has no tables of tessera-headend");
		rc = RC_NOT_FOUND;
	}
	if (rc == RC_OK)
		rc = store_number(s, application,
				  "SELECT number FROM meta WHERE name = 'application'", "");
	if (rc == RC_OK)
		rc = store_number(s, version, "SELECT number FROM meta WHERE name = 'version'", "");
	if (rc == RC_OK || rc == RC_IO || (rc == RC_NOT_FOUND && tables == 0))
		return rc;
	*application = 0; /* a table meta of somebody else's */
	return RC_OK;
}

static enum rc
set_identity(struct store *s, int64_t application, int64_t version)
{
	enum rc rc = store_run(s, "DELETE FROM meta WHERE name IN ('application', 'version')", "");

	if (rc == RC_OK)
		rc = store_run(s,
			       "INSERT INTO meta(name, number) VALUES('application', ?),"
			       " ('version', ?)",
			       "ii", application, version);
	of(s)->has_tables = rc == RC_OK;
	return rc;
}

static enum rc
script(struct store *s, const char *sql)
{
	char *theirs = postgres_sql(sql, true);
	enum rc rc = theirs ? simple(of(s), theirs) : RC_NO_MEMORY;

	free(theirs);
	return rc;
}

/* While the tables are made there is no row to wait for: who comes second finds them there. */
static enum rc
begin(struct store *s)
{
	static const char wait[] = "SELECT number FROM meta WHERE name = 'change' FOR UPDATE";
	struct postgres *p = of(s);
	enum rc rc = call_again(p);

	if (rc == RC_OK)
		rc = simple(p, "BEGIN");
	if (rc != RC_OK)
		return rc;
	if (p->has_tables)
		rc = simple(p, wait);
	if (rc != RC_OK)
		s->driver->rollback(s);
	return rc;
}

static enum rc
begin_reading(struct store *s)
{
	enum rc rc = call_again(of(s));

	return rc == RC_OK ? simple(of(s), "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") : rc;
}

/* A transaction in which a statement failed ends with ROLLBACK whatever one asks for. */
static enum rc
commit(struct store *s)
{
	struct postgres *p = of(s);
	enum rc rc = drain(p);
	PGresult *result;

	if (rc != RC_OK)
		return rc;
	result = PQexec(p->db, "COMMIT");
	if (result && PQresultStatus(result) == PGRES_COMMAND_OK &&
	    strcmp(PQcmdStatus(result), "ROLLBACK") == 0) {
		PQclear(result);
		snprintf(s->why, sizeof s->why, "a statement of the transaction had failed");
		return RC_FAIL;
	}
	return check(p, result);
}

/* The reason why stays. */
static void
rollback(struct store *s)
{
	struct postgres *p = of(s);
	char why[STORE_WHY];

	memcpy(why, s->why, sizeof why);
	(void)drain(p);
	PQclear(PQexec(p->db, "ROLLBACK"));
	memcpy(s->why, why, sizeof why);
}

static enum rc
execute(struct postgres *p, PGresult **result, const char *sql,
	const struct store_argument *arguments, size_t count)
{
	struct bound b;
	char *theirs;
	enum rc rc = drain(p);

	if (rc == RC_OK && !p->base.in_transaction)
		rc = call_again(p);
	if (rc != RC_OK)
		return rc;
	forget_prepared(p);
	theirs = postgres_sql(sql, false);
	if (!theirs)
		return RC_NO_MEMORY;
	bind_all(&b, arguments, count);
	*result =
		PQexecParams(p->db, theirs, (int)count, b.types, b.values, b.lengths, b.formats, 0);
	free(theirs);
	return RC_OK;
}

static enum rc
run(struct store *s, const char *sql, const struct store_argument *arguments, size_t count)
{
	PGresult *result = NULL;
	enum rc rc = execute(of(s), &result, sql, arguments, count);

	return rc == RC_OK ? check(of(s), result) : rc;
}

/* Parses a statement on the server, to be run again and again as long as no other comes. */
static bool
send_prepare(struct postgres *p, const char *sql, const struct bound *b, size_t count)
{
	char *theirs = postgres_sql(sql, false);
	bool sent = theirs && PQsendPrepare(p->db, "", theirs, (int)count, b->types) == 1;

	free(theirs);
	forget_prepared(p);
	p->prepared = sent ? strdup(sql) : NULL;
	return sent && p->prepared;
}

static enum rc
queue(struct store *s, const char *sql, const struct store_argument *arguments, size_t count)
{
	struct postgres *p = of(s);
	struct bound b;
	bool sent;

	if (p->queued >= PIPELINE_MAX) {
		enum rc rc = drain(p);

		if (rc != RC_OK)
			return rc;
	}
	bind_all(&b, arguments, count);
	sent = p->queued > 0 || PQenterPipelineMode(p->db) == 1;
	if (sent && (!p->prepared || strcmp(p->prepared, sql) != 0))
		sent = send_prepare(p, sql, &b, count);
	p->queued++;
	if (sent &&
	    PQsendQueryPrepared(p->db, "", (int)count, b.values, b.lengths, b.formats, 0) == 1)
		return RC_OK;
	take_reason(s->why, PQerrorMessage(p->db));
	return RC_IO;
}

static int64_t
changed(const struct store *s)
{
	return ((const struct postgres *)(const void *)s)->changed;
}

static enum rc
select_rows(struct store *s, struct store_rows **rows, const char *sql,
	    const struct store_argument *arguments, size_t count)
{
	struct postgres_rows *r;
	PGresult *result = NULL;
	enum rc rc = execute(of(s), &result, sql, arguments, count);

	if (rc != RC_OK)
		return rc;
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		return check(of(s), result);
	r = calloc(1, sizeof *r);
	if (r)
		r->blobs = calloc((size_t)PQnfields(result) + 1, sizeof *r->blobs);
	if (!r || !r->blobs) {
		PQclear(result);
		free(r);
		return RC_NO_MEMORY;
	}
	r->result = result;
	r->row = -1;
	*rows = &r->base;
	return RC_OK;
}

static void
forget_blobs(struct postgres_rows *r)
{
	for (int i = 0; i < PQnfields(r->result); i++) {
		PQfreemem(r->blobs[i]);
		r->blobs[i] = NULL;
	}
}

static bool
next(struct store_rows *rows)
{
	struct postgres_rows *r = (struct postgres_rows *)(void *)rows;

	forget_blobs(r);
	return ++r->row < PQntuples(r->result);
}

static int64_t
integer(const struct store_rows *rows, int column)
{
	const struct postgres_rows *r = rows_of(rows);
	const char *value = PQgetvalue(r->result, r->row, column);

	return value[0] == 't' ? 1 : strtoll(value, NULL, 10); /* a truth value is t or f */
}

static const char *
text(const struct store_rows *rows, int column)
{
	const struct postgres_rows *r = rows_of(rows);

	return PQgetvalue(r->result, r->row, column);
}

static const uint8_t *
blob(const struct store_rows *rows, int column, size_t *len)
{
	const struct postgres_rows *r = rows_of(rows);
	const char *value = PQgetvalue(r->result, r->row, column);

	*len = 0;
	if (PQgetisnull(r->result, r->row, column))
		return NULL;
	PQfreemem(r->blobs[column]);
	r->blobs[column] = PQunescapeBytea((const unsigned char *)value, len);
	return r->blobs[column];
}

static bool
is_null(const struct store_rows *rows, int column)
{
	const struct postgres_rows *r = rows_of(rows);

	return PQgetisnull(r->result, r->row, column) != 0;
}

static void
free_rows(struct store_rows *rows)
{
	struct postgres_rows *r = (struct postgres_rows *)(void *)rows;

	forget_blobs(r);
	PQclear(r->result);
	free(r->blobs);
	free(r);
}

const struct store_driver store_postgres = { .create = create,
					     .connect = connect_to,
					     .close = close_postgres,
					     .discard = discard,
					     .prepare = prepare,
					     .identity = get_identity,
					     .identify = set_identity,
					     .script = script,
					     .begin = begin,
					     .begin_reading = begin_reading,
					     .commit = commit,
					     .rollback = rollback,
					     .run = run,
					     .queue = queue,
					     .changed = changed,
					     .select = select_rows,
					     .next = next,
					     .integer = integer,
					     .text = text,
					     .blob = blob,
					     .is_null = is_null,
					     .free_rows = free_rows,
					     .creates_in_transaction = true };
