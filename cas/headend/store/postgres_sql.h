/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Our SQL as PostgreSQL wants it, and its failures in our words. */
#ifndef TESSERA_HEADEND_STORE_POSTGRES_SQL_H
#define TESSERA_HEADEND_STORE_POSTGRES_SQL_H

#include "base/rc.h"

#include <stdbool.h>

/* The statement with $1, $2 … for its question marks, and when tables is set with this engine's
 * column types. The caller frees it; NULL: no memory. */
char *postgres_sql(const char *sql, bool tables);

/* What a SQLSTATE (SQL standard, five characters) means here. */
enum rc postgres_rc(const char *state);

#endif
