// SPDX-License-Identifier: GPL-3.0-or-later
/* A bulk import of purchase records: keys of each card, tag, chain and TAC of each record verified,
 * and the same with the database behind it, against OpenSSL's CMAC bare over as many bytes. One
 * thread. --quick: 20,000 records instead of 1,000,000. */
#include "headend_fixture.h"

#include "base/bytes.h"
#include "headend/settlement.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CARD_RECORDS 250U /* of each card: most of what it can keep */
#define FILE_CARDS 100U   /* in one file, one transaction */
#define FILE_BATCHES (FILE_CARDS * CARD_RECORDS / REPORT_RECORDS_MAX)
#define FILE_BYTES ((size_t)FILE_BATCHES * (2 + REPORT_MAX))
#define TAC_BYTES 34U
#define CHAIN_BYTES (CRYPTO_MAC + RECORD_SIZE)

struct keys {
	struct report_keys report;
	uint8_t chain[CRYPTO_KEY], tac[CRYPTO_KEY];
};

struct bench {
	struct headend_fixture f;
	uint8_t *file;
	size_t len;
	uint32_t cards, records;
	double bare_s, verify_s, import_cpu_s, import_wall_s;
};

static double
seconds(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench_settle: %s\n", what);
	exit(1);
}

/* As settlement does for each card that it meets. */
static void
derive(const struct bench *b, uint32_t leaf, struct keys *k)
{
	const struct crypto *c = b->f.keys.crypto;
	uint8_t ca[CRYPTO_KEY], purse[CRYPTO_KEY];

	must(keystore_card_key(b->f.keys.keystore, DOMAIN_CA, leaf, ca) == RC_OK &&
		     keystore_card_key(b->f.keys.keystore, DOMAIN_PURSE, leaf, purse) == RC_OK &&
		     ladder_derive(c, ca, LABEL_REPORT_ENC, NULL, 0, k->report.enc) == RC_OK &&
		     ladder_derive(c, ca, LABEL_REPORT_MAC, NULL, 0, k->report.mac) == RC_OK &&
		     ladder_derive(c, ca, LABEL_CHAIN, NULL, 0, k->chain) == RC_OK &&
		     ladder_derive(c, purse, LABEL_TAC, NULL, 0, k->tac) == RC_OK,
	     "keys");
}

/* All cards in one transaction, like the first. */
static void
add_cards(struct bench *b)
{
	struct store *s = b->f.head->store;

	must(card_add(b->f.head, 1, 1, 1, FIXTURE_NOW) == RC_OK, "card");
	must(store_begin(s) == RC_OK &&
		     store_run(s, "CREATE TEMP TABLE one AS SELECT * FROM card", "") == RC_OK,
	     "cards");
	for (uint32_t leaf = 2; leaf <= b->cards; leaf++)
		must(store_run(s, "UPDATE one SET shard = ?, leaf = ?", "ii", STORE_SHARD(leaf),
			       (int64_t)leaf) == RC_OK &&
			     store_run(s, "INSERT INTO card SELECT * FROM one", "") == RC_OK,
		     "cards");
	must(store_run(s, "DROP TABLE one", "") == RC_OK && store_commit(s) == RC_OK, "cards");
}

static void
make_records(const struct bench *b, const struct keys *k, struct record *records,
	     uint8_t chain[][CRYPTO_MAC])
{
	const struct crypto *c = b->f.keys.crypto;

	memset(chain[0], 0, CRYPTO_MAC);
	for (uint32_t n = 1; n <= CARD_RECORDS; n++) {
		uint8_t bytes[RECORD_SIZE];
		struct record *r = &records[n - 1];

		*r = (struct record) { .sequence = n,
				       .type = RECORD_EVENT,
				       .operator_id = FIXTURE_OPERATOR,
				       .event_id = FIXTURE_EVENT,
				       .service_id = 102,
				       .unit = { 'E', 'U', 'R' },
				       .price = FIXTURE_PRICE,
				       .time = FIXTURE_NOW + n,
				       .purse_sequence = n,
				       .balance_after = -(int64_t)n * FIXTURE_PRICE };
		must(record_tac(c, k->tac, r, r->tac) == RC_OK, "TAC");
		record_encode(r, bytes);
		must(record_chain(c, k->chain, chain[n - 1], bytes, chain[n]) == RC_OK, "chain");
	}
}

static void
make_card(struct bench *b, uint32_t leaf)
{
	static struct record records[CARD_RECORDS];
	static uint8_t chain[CARD_RECORDS + 1][CRYPTO_MAC];
	struct keys k;

	derive(b, leaf, &k);
	make_records(b, &k, records, chain);
	for (uint32_t first = 1; first <= CARD_RECORDS; first += REPORT_RECORDS_MAX) {
		struct report r = { .operator_id = FIXTURE_OPERATOR,
				    .leaf = leaf,
				    .key_version = 1,
				    .first = first,
				    .record_count = REPORT_RECORDS_MAX,
				    .head = CARD_RECORDS,
				    .clock = FIXTURE_NOW + CARD_RECORDS,
				    .totals = { .spent = CARD_RECORDS * FIXTURE_PRICE } };
		size_t n = 0;

		if (first + REPORT_RECORDS_MAX > CARD_RECORDS)
			r.flags = REPORT_LAST;
		memcpy(r.records, records + first - 1, sizeof r.records);
		memcpy(r.chain_before, chain[first - 1], CRYPTO_MAC);
		memcpy(r.chain_head, chain[CARD_RECORDS], CRYPTO_MAC);
		must(report_seal(b->f.keys.crypto, &k.report, &r, b->file + b->len + 2, REPORT_MAX,
				 &n) == RC_OK,
		     "report");
		put_be16(b->file + b->len, (uint16_t)n);
		b->len += 2 + n;
	}
}

static void
verify_record(const struct bench *b, const struct keys *k, const struct record *r,
	      uint8_t chain[CRYPTO_MAC])
{
	uint8_t bytes[RECORD_SIZE], tac[RECORD_TAC];

	record_encode(r, bytes);
	must(record_tac(b->f.keys.crypto, k->tac, r, tac) == RC_OK &&
		     memcmp(tac, r->tac, sizeof tac) == 0 &&
		     record_chain(b->f.keys.crypto, k->chain, chain, bytes, chain) == RC_OK,
	     "a record is wrong");
}

/* Everything but the database and the price list. */
static void
verify(struct bench *b)
{
	struct keys k;
	uint8_t chain[CRYPTO_MAC];
	uint32_t leaf = UINT32_MAX;

	for (size_t at = 0; at < b->len;) {
		const size_t n = get_be16(b->file + at);
		struct report r;

		must(report_parse(b->file + at + 2, n, &r) == RC_OK, "a batch is malformed");
		if (r.leaf != leaf) {
			leaf = r.leaf;
			derive(b, leaf, &k);
			memset(chain, 0, sizeof chain);
		}
		must(report_open(b->f.keys.crypto, &k.report, b->file + at + 2, n, &r) == RC_OK &&
			     memcmp(r.chain_before, chain, sizeof chain) == 0,
		     "a batch is wrong");
		for (size_t i = 0; i < r.record_count; i++)
			verify_record(b, &k, &r.records[i], chain);
		at += 2 + n;
	}
}

static EVP_MAC_CTX *
bare_context(void)
{
	static char name[] = "AES-128-CBC";
	static const unsigned char key[CRYPTO_KEY] = { 1, 2, 3 };
	const OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, name,
								       0),
				      OSSL_PARAM_construct_end() };
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;

	EVP_MAC_free(mac);
	must(ctx && EVP_MAC_init(ctx, key, sizeof key, params) == 1, "OpenSSL");
	return ctx;
}

static void
bare_mac(EVP_MAC_CTX *ctx, const uint8_t *data, size_t len)
{
	unsigned char mac[CRYPTO_MAC];
	size_t n = 0;

	must(EVP_MAC_init(ctx, NULL, 0, NULL) == 1 && EVP_MAC_update(ctx, data, len) == 1 &&
		     EVP_MAC_final(ctx, mac, &n, sizeof mac) == 1,
	     "OpenSSL");
}

/* The CMACs of verify and nothing else: one key for all, set once. */
static void
bare(const struct bench *b)
{
	EVP_MAC_CTX *ctx = bare_context();

	for (size_t at = 0; at < b->len;) {
		const size_t n = get_be16(b->file + at);

		bare_mac(ctx, b->file + at + 2, n - CRYPTO_MAC);
		for (size_t i = 0; i < REPORT_RECORDS_MAX; i++) {
			bare_mac(ctx, b->file + at + 2, TAC_BYTES);
			bare_mac(ctx, b->file + at + 2, CHAIN_BYTES);
		}
		at += 2 + n;
	}
	EVP_MAC_CTX_free(ctx);
}

static void
import(struct bench *b)
{
	struct settlement s;
	const enum rc rc =
		settle_import(b->f.head, &b->f.keys, b->file, b->len, FIXTURE_NOW + 1000, &s);

	must(rc == RC_OK && s.records_new == FILE_CARDS * CARD_RECORDS, b->f.head->why);
}

/* One file: made, and then measured three ways. */
static void
round_of(struct bench *b, uint32_t first_leaf)
{
	double start, wall;

	b->len = 0;
	for (uint32_t i = 0; i < FILE_CARDS; i++)
		make_card(b, first_leaf + i);
	start = seconds(CLOCK_PROCESS_CPUTIME_ID);
	bare(b);
	b->bare_s += seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
	start = seconds(CLOCK_PROCESS_CPUTIME_ID);
	verify(b);
	b->verify_s += seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
	start = seconds(CLOCK_PROCESS_CPUTIME_ID);
	wall = seconds(CLOCK_MONOTONIC);
	import(b);
	b->import_cpu_s += seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
	b->import_wall_s += seconds(CLOCK_MONOTONIC) - wall;
	b->records += FILE_CARDS * CARD_RECORDS;
}

static void
row(const struct bench *b, const char *what, double s)
{
	printf("%-34s | %12.0f | %8.2f | %6.2f\n", what, b->records / s, s * 1e6 / b->records,
	       b->bare_s / s);
	printf("{\"bench\":\"settle\",\"what\":\"%s\",\"records\":%u,\"seconds\":%.3f,"
	       "\"records_per_s\":%.0f,\"ratio_bare\":%.3f}\n",
	       what, b->records, s, b->records / s, b->bare_s / s);
}

int
main(int argc, char **argv)
{
	struct bench b = { .file = malloc(FILE_BYTES) };

	b.cards = argc > 1 && strcmp(argv[1], "--quick") == 0 ? 20000 / CARD_RECORDS : 4000;
	b.cards = (b.cards + FILE_CARDS - 1) / FILE_CARDS * FILE_CARDS;
	must(b.file && headend_fixture_open(&b.f) == 0, "no head-end");
	add_cards(&b);
	for (uint32_t leaf = 1; leaf < b.cards; leaf += FILE_CARDS) {
		round_of(&b, leaf);
		if (b.cards > FILE_CARDS)
			fprintf(stderr, "\r%u records", b.records);
	}
	fprintf(stderr, "\n");
	printf("%u records of %u cards, files of %u cards, one thread\n"
	       "what                               |    records/s | us each  | x bare\n",
	       b.records, b.cards, FILE_CARDS);
	row(&b, "bare CMAC of OpenSSL", b.bare_s);
	row(&b, "verified (CPU)", b.verify_s);
	row(&b, "imported (CPU)", b.import_cpu_s);
	row(&b, "imported (clock, with the disk)", b.import_wall_s);
	headend_fixture_close(&b.f);
	free(b.file);
	return 0;
}
