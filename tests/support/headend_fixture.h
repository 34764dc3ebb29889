/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A head-end with a keystore in a scratch folder: product 1, services 101 (product 1) and 102,
 * event 7 on 102. */
#ifndef TESSERA_TEST_HEADEND_FIXTURE_H
#define TESSERA_TEST_HEADEND_FIXTURE_H

#include "headend/cards.h"
#include "headend/catalogue.h"
#include "headend/epochs.h"

#define FIXTURE_OPERATOR 7
#define FIXTURE_NOW 848000000U /* late in 2026 */
#define FIXTURE_EVENT 7
#define FIXTURE_PRICE 450
#define FIXTURE_PRICE_RECORD 600

struct headend_fixture {
	char dir[40], keystore_path[60];
	char path[400]; /* the database's name */
	bool on_server; /* PostgreSQL, of TESSERA_TEST_DATABASE, in a schema of its own */
	struct head_keys keys;
	struct head *head;
};

/* 0: ready. */
int headend_fixture_open(struct headend_fixture *f);
/* Leaves nothing behind. */
void headend_fixture_close(struct headend_fixture *f);
/* Event 7 of service 102: from an hour after FIXTURE_NOW, two hours long. */
struct head_event headend_fixture_event(void);
/* "INSERT" or "UPDATE" of rows with column = value (NULL: of all) is refused until this is called
 * with false. */
void headend_fixture_fault(struct headend_fixture *f, const char *verb, const char *table,
			   const char *condition, bool on);
/* One number from the database; -1 on failure. */
int64_t headend_fixture_number(struct headend_fixture *f, const char *sql);
/* Takes away what version 3 of the database brought. */
void headend_fixture_drop_version_3(struct headend_fixture *f);
/* Numbers that any change of any table would alter. */
void headend_fixture_snapshot(struct headend_fixture *f, int64_t out[24]);

#endif
