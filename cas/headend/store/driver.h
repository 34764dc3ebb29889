/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an engine behind store.h must do. Only store.c and the engines include this. */
#ifndef TESSERA_HEADEND_STORE_DRIVER_H
#define TESSERA_HEADEND_STORE_DRIVER_H

#include "headend/store/store.h"

struct store_driver {
	/* A new, empty database, or one that is there. */
	enum rc (*create)(const char *name, struct store **out, char why[STORE_WHY]);
	enum rc (*connect)(const char *name, struct store **out, char why[STORE_WHY]);
	void (*close)(struct store *s);
	/* Takes back what create made, when filling it failed. */
	void (*discard)(const char *name);
	/* What is right before the first statement of ours; changes nothing of a foreign file. */
	enum rc (*prepare)(struct store *s);
	/* Application number and version; 0, 0 when it says nothing. */
	enum rc (*identity)(struct store *s, int64_t *application, int64_t *version);
	enum rc (*identify)(struct store *s, int64_t application, int64_t version);
	/* Statements without arguments, each ended by a semicolon; tables as in schema.c. */
	enum rc (*script)(struct store *s, const char *sql);
	enum rc (*begin)(struct store *s);
	enum rc (*begin_reading)(struct store *s);
	enum rc (*commit)(struct store *s);
	void (*rollback)(struct store *s);
	enum rc (*run)(struct store *s, const char *sql, const struct store_argument *arguments,
		       size_t count);
	enum rc (*queue)(struct store *s, const char *sql, const struct store_argument *arguments,
			 size_t count);
	int64_t (*changed)(const struct store *s);
	/* rows->store is set by the caller. */
	enum rc (*select)(struct store *s, struct store_rows **rows, const char *sql,
			  const struct store_argument *arguments, size_t count);
	bool (*next)(struct store_rows *rows);
	int64_t (*integer)(const struct store_rows *rows, int column);
	const char *(*text)(const struct store_rows *rows, int column);
	const uint8_t *(*blob)(const struct store_rows *rows, int column, size_t *len);
	bool (*is_null)(const struct store_rows *rows, int column);
	void (*free_rows)(struct store_rows *rows);
	enum rc (*limit_pages)(struct store *s, int64_t pages); /* NULL: cannot */
	int64_t (*pages)(struct store *s);
	/* Tables that were made stand only when the first transaction is committed. */
	bool creates_in_transaction;
};

/* The first member of every engine's own. */
struct store {
	const struct store_driver *driver;
	bool in_transaction;
	bool creating; /* the next store_begin goes on with the transaction that made the tables */
	char why[STORE_WHY];
};

struct store_rows {
	struct store *store;
	enum rc rc;
};

extern const struct store_driver store_sqlite;
#ifdef TESSERA_POSTGRES
extern const struct store_driver store_postgres;
#endif

#endif
