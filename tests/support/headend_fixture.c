// SPDX-License-Identifier: GPL-3.0-or-later
/* A head-end to test with. */
#include "headend_fixture.h"

#include <dirent.h>
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
	snprintf(f->path, sizeof f->path, "%s/headend.sqlite", f->dir);
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
	empty_folder(f->dir);
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
		"SELECT total(price) FROM event",
		"SELECT count(*) FROM event_history",
		"SELECT count(*) FROM epoch",
		"SELECT count(*) FROM card",
		"SELECT total(emm_sequence) FROM card",
		"SELECT total(changed_at) FROM card",
		"SELECT total(credit_total) FROM card",
		"SELECT total(credit_sequence) FROM card",
		"SELECT total(record_head) FROM card",
		"SELECT total(spent) FROM card",
		"SELECT total(ack_at) FROM card",
		"SELECT total(state) FROM card",
		"SELECT count(*) FROM entitlement",
		"SELECT total(end_at) FROM entitlement",
		"SELECT total(cancelled) FROM entitlement",
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
