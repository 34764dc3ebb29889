/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The head-end's database behind a narrow interface: open, transaction, statement, rows. The SQL
 * that passes through it is the portable part of the language (no upserts with side effects, every
 * key contains its shard), so that another engine can stand behind the same calls. */
#ifndef TESSERA_HEADEND_STORE_H
#define TESSERA_HEADEND_STORE_H

#include "base/rc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_VERSION 3
#define STORE_APPLICATION 0x54535248 /* "TSRH", SQLite's application_id */
#define STORE_WHY 200

/* Leaf order is the key order of everything that belongs to a card (4,096 leaves a shard). */
#define STORE_SHARD(leaf) ((int64_t)((leaf) >> 12))

/* The tables of version 2; a new database goes on from there. */
extern const char store_schema[];
/* What a database of version 1 or 2 lacks, one after the other. */
extern const char store_from_version_1[];
extern const char store_from_version_2[];
extern const char store_more_from_version_2[]; /* run behind it: a literal has 4095 bytes at most */

struct store;
struct store_rows;

/* A database's name is the path of an SQLite file, or a PostgreSQL address that begins with
 * postgresql:// or postgres:// (true). */
bool store_is_address(const char *name);
/* The name as it may be shown: without password and parameters. */
void store_label(const char *name, char label[STORE_WHY]);
/* Makes the empty tables: of SQLite in a new file, mode 0600; of PostgreSQL in the schema that the
 * address means, and there they stand only when the first transaction is committed. Nothing remains
 * when that fails. RC_CONFLICT: exists; RC_REFUSED: built without the engine; RC_IO: also a server
 * that is away; RC_AUTH; RC_NO_MEMORY. why is filled on failure. */
enum rc store_create(const char *name, struct store **out, char why[STORE_WHY]) RC_CHECKED;
/* RC_NOT_FOUND; RC_FORMAT: not a database of a head-end; RC_VERSION; RC_INTEGRITY; RC_IO;
 * RC_REFUSED; RC_AUTH. */
enum rc store_open(const char *name, struct store **out, char why[STORE_WHY]) RC_CHECKED;
void store_close(struct store **s); /* NULL-safe; what is not committed is undone */
/* Why the last call failed; never NULL. */
const char *store_why(const struct store *s);

/* Notes what the database is (STORE_APPLICATION) and its version. */
enum rc store_set_version(struct store *s, int64_t application, int64_t version) RC_CHECKED;

/* One writer at a time, in this process and in all others; waits up to five seconds for another
 * (RC_TIMEOUT). A server that went away is called again here and at a select outside. */
enum rc store_begin(struct store *s) RC_CHECKED;
/* Sees the database as it stands at the first read, whoever writes meanwhile. */
enum rc store_begin_reading(struct store *s) RC_CHECKED;
/* Durable when it returns RC_OK; undone otherwise. */
enum rc store_commit(struct store *s) RC_CHECKED;
void store_rollback(struct store *s); /* no transaction: nothing happens */
/* store_commit when rc is RC_OK, else store_rollback; the result that counts. */
enum rc store_end(struct store *s, enum rc rc) RC_CHECKED;

/* An argument whose type is known only while the program runs. */
struct store_argument {
	char type; /* i, t, b, n, as in store_run */
	int64_t number;
	const void *data; /* t: with its NUL, or NULL; b: len bytes */
	size_t len;
};
#define STORE_ARGUMENTS 24 /* of one statement */

/* Runs one statement. types names the arguments for its question marks: i int64_t, t const char *
 * (NULL: SQL null), b const uint8_t * and size_t, n nothing (SQL null, no argument).
 * RC_CONFLICT: a key exists already; RC_IO: also a full disk; RC_TIMEOUT; RC_INTEGRITY. */
enum rc store_run(struct store *s, const char *sql, const char *types, ...) RC_CHECKED;
/* The same for one of very many, inside a transaction: a failure may show at a later call only, at
 * store_commit at the latest. The arguments are taken at once. */
enum rc store_queue(struct store *s, const char *sql, const char *types, ...) RC_CHECKED;
enum rc store_queue_arguments(struct store *s, const char *sql,
			      const struct store_argument *arguments, size_t count) RC_CHECKED;
/* Rows changed by the last store_run. */
int64_t store_changed(const struct store *s);
/* Starts reading; PostgreSQL's rows are all fetched at once, so that who reads very many asks for
 * pages (WHERE key > ? ORDER BY key LIMIT ?). *rows is NULL on failure and must else be given to
 * store_done. */
enum rc store_select(struct store *s, struct store_rows **rows, const char *sql, const char *types,
		     ...) RC_CHECKED;
enum rc store_select_arguments(struct store *s, struct store_rows **rows, const char *sql,
			       const struct store_argument *arguments, size_t count) RC_CHECKED;
/* The next row; false at the end and on failure, which store_done tells apart. */
bool store_next(struct store_rows *rows);
int64_t store_int(const struct store_rows *rows, int column);
/* Valid until the next store_next or store_done; never NULL. */
const char *store_text(const struct store_rows *rows, int column);
const uint8_t *store_blob(const struct store_rows *rows, int column, size_t *len);
bool store_is_null(const struct store_rows *rows, int column);
/* Ends reading and reports what went wrong meanwhile. NULL-safe. */
enum rc store_done(struct store_rows **rows) RC_CHECKED;
/* One number of one row. RC_NOT_FOUND: there is no row. */
enum rc store_number(struct store *s, int64_t *value, const char *sql, const char *types,
		     ...) RC_CHECKED;

/* Lets the file grow no further than this many pages: how tests fill a disk. RC_REFUSED: no file.
 */
enum rc store_limit_pages(struct store *s, int64_t pages) RC_CHECKED;
int64_t store_pages(struct store *s);

#endif
