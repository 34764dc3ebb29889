/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of this version as data, read from their own definition, for who copies them all. */
#ifndef TESSERA_HEADEND_STORE_TABLES_H
#define TESSERA_HEADEND_STORE_TABLES_H

#include "base/rc.h"

#include <stddef.h>
#include <stdint.h>

#define STORE_TABLES_MAX 48
#define STORE_COLUMNS_MAX 24
#define STORE_KEYS_MAX 6
#define STORE_IDENTIFIER 40

struct store_column {
	char name[STORE_IDENTIFIER];
	char type; /* i, t, b, as in store_run */
};

struct store_table {
	char name[STORE_IDENTIFIER];
	struct store_column columns[STORE_COLUMNS_MAX];
	size_t column_count;
	uint8_t keys[STORE_KEYS_MAX]; /* columns of the primary key, in its order */
	size_t key_count;
};

/* All of them, in the order in which they are made. RC_SPACE: more than there is room for;
 * RC_FORMAT: a definition that is not understood. */
enum rc store_tables(struct store_table tables[STORE_TABLES_MAX], size_t *count) RC_CHECKED;

#endif
