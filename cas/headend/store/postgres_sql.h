/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Our SQL as PostgreSQL wants it. */
#ifndef TESSERA_HEADEND_STORE_POSTGRES_SQL_H
#define TESSERA_HEADEND_STORE_POSTGRES_SQL_H

#include <stdbool.h>

/* The statement with $1, $2 … for its question marks, and when tables is set with this engine's
 * column types. The caller frees it; NULL: no memory. */
char *postgres_sql(const char *sql, bool tables);

#endif
