// SPDX-License-Identifier: GPL-3.0-or-later
/* A head-end to test with. */
#include "headend_fixture.h"

#include <dirent.h>
#ifdef TESSERA_POSTGRES
#include <libpq-fe.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
fill(struct headend_fixture *f)
{
	struct head_product product = { .id = 1, .name = "Basic" };
	struct head_service news = { .id = 101, .name = "News", .product_count = 1 };
	struct head_service film = { .id = 102, .name = "Film", .rating = 16 };
	struct head_event event = headend_fixture_event();

	news.products[0] = 1;
	return product_add(f->head, &product) != RC_OK || service_add(f->head, &news) != RC_OK ||
	       service_add(f->head, &film) != RC_OK || event_add(f->head, &event) != RC_OK;
}

#ifdef TESSERA_POSTGRES
static int
on_server(const char *sql)
{
	PGconn *db = PQconnectdb(getenv("TESSERA_TEST_DATABASE"));
	PGresult *quiet = PQexec(db, "SET client_min_messages = error");
	PGresult *result = PQexec(db, sql);
	int failed = PQresultStatus(result) != PGRES_COMMAND_OK;

	if (failed)
		fprintf(stderr, "fixture: %s", PQerrorMessage(db));
	PQclear(quiet);
	PQclear(result);
	PQfinish(db);
	return failed;
}
#else
static int
on_server(const char *sql)
{
	(void)sql;
	return 1;
}
#endif

/* A schema of its own on the server that the environment names; else a file. */
static int
choose_database(struct headend_fixture *f)
{
	const char *server = getenv("TESSERA_TEST_DATABASE"), *name = strrchr(f->dir, '_') + 1;
	char sql[80];

	if (!server) {
		snprintf(f->path, sizeof f->path, "%s/headend.sqlite", f->dir);
		return 0;
	}
	f->on_server = true;
	snprintf(f->path, sizeof f->path, "%s%soptions=-csearch_path%%3D%%22t_%s%%22", server,
		 strchr(server, '?') ? "&" : "?", name);
	snprintf(sql, sizeof sql, "CREATE SCHEMA \"t_%s\"", name);
	return on_server(sql);
}

static void
drop_database(struct headend_fixture *f)
{
	char sql[80];

	snprintf(sql, sizeof sql, "DROP SCHEMA \"t_%s\" CASCADE", strrchr(f->dir, '_') + 1);
	if (f->on_server)
		(void)on_server(sql);
}

struct head_event
headend_fixture_event(void)
{
	return (struct head_event) { .id = FIXTURE_EVENT,
				     .service_id = 102,
				     .title = "The Long Film",
				     .start = FIXTURE_NOW + 3600,
				     .end = FIXTURE_NOW + 10800,
				     .window_start = FIXTURE_NOW,
				     .window_end = FIXTURE_NOW + 10800,
				     .price = FIXTURE_PRICE,
				     .recordable = true,
				     .price_record = FIXTURE_PRICE_RECORD,
				     .for_sale = true };
}

int
headend_fixture_open(struct headend_fixture *f)
{
	struct head_operator op = { .id = FIXTURE_OPERATOR,
				    .name = "Test",
				    .ca_system_id = 0x5445,
				    .unit = "EUR",
				    .decimals = 2 };
	char why[STORE_WHY] = "";

	memset(f, 0, sizeof *f);
	snprintf(f->dir, sizeof f->dir, "/tmp/tessera_headend_XXXXXX");
	if (!mkdtemp(f->dir))
		return 1;
	snprintf(f->keystore_path, sizeof f->keystore_path, "%s/keystore", f->dir);
	if (choose_database(f))
		return 1;
	f->keys.openssl = crypto_openssl_new();
	if (!f->keys.openssl)
		return 1;
	f->keys.crypto = crypto_openssl_table(f->keys.openssl);
	if (keystore_create(f->keystore_path, f->keys.openssl, "secret", 6, FIXTURE_OPERATOR,
			    why) ||
	    keystore_open(f->keystore_path, f->keys.openssl, "secret", 6, &f->keys.keystore, why) ||
	    head_create(f->path, &op, &f->keys, &f->head, why) || fill(f)) {
		fprintf(stderr, "fixture: %s\n", f->head ? f->head->why : why);
		return 1;
	}
	return 0;
}

static void
empty_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char file[320];

	while (dir && (entry = readdir(dir))) {
		snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
		(void)unlink(file);
	}
	if (dir)
		(void)closedir(dir);
	(void)rmdir(path);
}

void
headend_fixture_close(struct headend_fixture *f)
{
	head_close(&f->head);
	keystore_free(&f->keys.keystore);
	crypto_openssl_free(&f->keys.openssl);
	drop_database(f);
	empty_folder(f->dir);
}

void
headend_fixture_fault(struct headend_fixture *f, const char *verb, const char *table,
		      const char *condition, bool on)
{
	char sql[200];

	if (f->on_server && on)
		snprintf(sql, sizeof sql,
			 "ALTER TABLE %s ADD CONSTRAINT fault CHECK(NOT(%s)) NOT VALID", table,
			 condition ? condition : "1 = 1");
	else if (f->on_server)
		snprintf(sql, sizeof sql, "ALTER TABLE %s DROP CONSTRAINT fault", table);
	else if (on)
		snprintf(sql, sizeof sql,
			 "CREATE TRIGGER fault BEFORE %s ON %s WHEN %s%s BEGIN"
			 " SELECT RAISE(ABORT, 'fault'); END",
			 verb, table, condition ? "new." : "1 = 1", condition ? condition : "");
	else
		snprintf(sql, sizeof sql, "DROP TRIGGER fault");
	if (store_run(f->head->store, sql, "") != RC_OK)
		fprintf(stderr, "fixture: %s\n", store_why(f->head->store));
}

int64_t
headend_fixture_number(struct headend_fixture *f, const char *sql)
{
	int64_t n = -1;

	return store_number(f->head->store, &n, sql, "") == RC_OK ? n : -1;
}

void
headend_fixture_snapshot(struct headend_fixture *f, int64_t out[24])
{
	static const char *const queries[24] = {
		"SELECT number FROM meta WHERE name = 'change'",
		"SELECT count(*) FROM product",
		"SELECT count(*) FROM service",
		"SELECT count(*) FROM service_product",
		"SELECT count(*) FROM event",
		"SELECT coalesce(sum(price), 0) FROM event",
		"SELECT count(*) FROM event_history",
		"SELECT count(*) FROM epoch",
		"SELECT count(*) FROM card",
		"SELECT coalesce(sum(emm_sequence), 0) FROM card",
		"SELECT coalesce(sum(changed_at), 0) FROM card",
		"SELECT coalesce(sum(credit_total), 0) FROM card",
		"SELECT coalesce(sum(credit_sequence), 0) FROM card",
		"SELECT coalesce(sum(record_head), 0) FROM card",
		"SELECT coalesce(sum(spent), 0) FROM card",
		"SELECT coalesce(sum(ack_at), 0) FROM card",
		"SELECT coalesce(sum(state), 0) FROM card",
		"SELECT count(*) FROM entitlement",
		"SELECT coalesce(sum(end_at), 0) FROM entitlement",
		"SELECT coalesce(sum(cancelled), 0) FROM entitlement",
		"SELECT count(*) FROM topup",
		"SELECT count(*) FROM record",
		"SELECT count(*) FROM alarm",
		"SELECT count(*) FROM outbox",
	};

	for (size_t i = 0; i < 24; i++)
		out[i] = headend_fixture_number(f, queries[i]);
}

void
headend_fixture_drop_version_3(struct headend_fixture *f)
{
	static const char *const tables[] = {
		"DROP TABLE domain_key",
		"DROP TABLE event_terms",
		"DROP TABLE slice_history",
		"DROP TABLE account",
		"DROP TABLE fold",
		"DROP TABLE refund",
		"DROP TABLE voucher",
		"DROP TABLE voucher_try",
		"DROP TABLE topup_code",
		"DROP TABLE payout",
		"DROP TABLE granted",
		"DROP TABLE confirmation",
		"DROP TABLE pin_reset",
		"DROP TABLE slot",
		"DROP TABLE slot_account",
		"DROP TABLE slot_topup",
		"DROP TABLE root_emm",
		"DROP INDEX entitlement_cancelled",
		"ALTER TABLE card DROP COLUMN tree",
		"ALTER TABLE epoch DROP COLUMN sequence",
	};
	struct store *s = f->head->store;

	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		if (store_run(s, tables[i], "") != RC_OK)
			abort();
	}
	if (store_run(s, "ALTER TABLE record DROP COLUMN type", "") != RC_OK)
		abort();
}
