// SPDX-License-Identifier: GPL-3.0-or-later
/* The subscriber store: cards with three rights each loaded, scanned and planned by shard, from a
 * file of SQLite or the server that is named; rates, and memory that must not grow with the
 * number of cards. bench_store [--quick] [postgresql://…]; a line of JSON for each step. */
#include "headend/store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define CARDS 1000000
#define CARDS_QUICK 50000
#define RIGHTS 3
#define TRANSACTION 20000 /* cards */
#define PAGE "20000"

struct scan {
	struct store *s;
	const char *sql;
	struct store_rows *rows;
	int64_t shard, leaf, value; /* of the row in hand */
	int64_t in_page;
	enum rc rc;
};

static double
seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static long
peak_kib(void)
{
	struct rusage u;

	return getrusage(RUSAGE_SELF, &u) == 0 ? u.ru_maxrss : 0;
}

static enum rc
load_some(struct store *s, int64_t from, int64_t to)
{
	static const uint8_t chain[16];
	enum rc rc = store_begin(s);

	for (int64_t leaf = from; rc == RC_OK && leaf < to; leaf++)
		rc = store_queue(s,
				 "INSERT INTO card(shard, leaf, state, profile, key_version,"
				 " issued_at, emm_sequence, changed_at, credit_total,"
				 " credit_sequence, credit_at, record_head, record_chain, spent,"
				 " ack_at) VALUES(?, ?, 0, 1, 1, 1, ?, ?, 0, 0, 0, 0, ?, 0, 0)",
				 "iiiib", leaf >> 12, leaf, leaf, leaf, chain, sizeof chain);
	for (int64_t i = from * RIGHTS; rc == RC_OK && i < to * RIGHTS; i++)
		rc = store_queue(s,
				 "INSERT INTO entitlement(shard, leaf, product, start_at, end_at,"
				 " flags, cancelled, changed_at) VALUES(?, ?, ?, 1, 2, 0, 0, 1)",
				 "iii", (i / RIGHTS) >> 12, i / RIGHTS, i % RIGHTS + 1);
	return store_end(s, rc);
}

/* The next row of pages by key; false at the end. */
static bool
step(struct scan *c)
{
	for (int tries = 0; tries < 2 && c->rc == RC_OK; tries++) {
		if (c->rows && store_next(c->rows)) {
			c->shard = store_int(c->rows, 0);
			c->leaf = store_int(c->rows, 1);
			c->value = store_int(c->rows, 2);
			c->in_page++;
			return true;
		}
		c->rc = store_done(&c->rows);
		if (c->rc != RC_OK || c->in_page == 0)
			return false;
		c->in_page = 0;
		c->rc = store_select(c->s, &c->rows, c->sql, "iii", c->shard, c->leaf, c->value);
	}
	return false;
}

static struct scan
scan(struct store *s, const char *sql)
{
	return (struct scan) {
		.s = s, .sql = sql, .shard = -1, .leaf = -1, .value = -1, .in_page = 1
	};
}

/* Cards and rights side by side, both in the order of the key; what one shard's unique EMMs take on
 * air, three cards a section, one signature for 33. */
static enum rc
plan(struct store *s, int64_t *cards, int64_t *rights, int64_t *bytes)
{
	struct scan c = scan(s, "SELECT shard, leaf, emm_sequence FROM card"
				" WHERE (shard, leaf) > (?, ?) AND emm_sequence <> ?"
				" ORDER BY shard, leaf LIMIT " PAGE);
	struct scan r = scan(s, "SELECT shard, leaf, product FROM entitlement"
				" WHERE (shard, leaf, product) > (?, ?, ?)"
				" ORDER BY shard, leaf, product LIMIT " PAGE);
	int64_t shard = -1, in_shard = 0;
	bool more = step(&r);

	while (step(&c)) {
		if (c.shard != shard) {
			*bytes += (in_shard + 2) / 3 * 256 + (in_shard + 32) / 33 * 251;
			shard = c.shard;
			in_shard = 0;
		}
		in_shard++;
		++*cards;
		for (; more && r.shard == c.shard && r.leaf == c.leaf; more = step(&r))
			++*rights;
	}
	*bytes += (in_shard + 2) / 3 * 256 + (in_shard + 32) / 33 * 251;
	return c.rc != RC_OK ? c.rc : r.rc;
}

static int
measure(struct store *s, int64_t count)
{
	int64_t cards = 0, rights = 0, bytes = 0;
	double start = seconds(), took;
	enum rc rc = RC_OK;
	long early = 0;

	for (int64_t at = 0; rc == RC_OK && at < count; at += TRANSACTION) {
		rc = load_some(s, at, at + TRANSACTION < count ? at + TRANSACTION : count);
		if (at <= count / 10)
			early = peak_kib();
	}
	took = seconds() - start;
	if (rc != RC_OK)
		return fprintf(stderr, "bench_store: %s\n", store_why(s)) > 0;
	printf("{\"bench\": \"store load\", \"cards\": %lld, \"cards_per_s\": %.0f,"
	       " \"peak_kib\": %ld, \"peak_ratio_to_a_tenth\": %.3f}\n",
	       (long long)count, (double)count / took, peak_kib(),
	       (double)peak_kib() / (double)early);
	early = peak_kib();
	start = seconds();
	rc = plan(s, &cards, &rights, &bytes);
	took = seconds() - start;
	if (rc != RC_OK || cards != count || rights != RIGHTS * count)
		return fprintf(stderr, "bench_store: %lld cards, %lld rights: %s\n",
			       (long long)cards, (long long)rights, store_why(s)) > 0;
	printf("{\"bench\": \"store scan and plan\", \"cards\": %lld, \"rights\": %lld,"
	       " \"air_bytes\": %lld, \"cards_per_s\": %.0f, \"peak_kib\": %ld,"
	       " \"peak_ratio_to_before\": %.3f}\n",
	       (long long)cards, (long long)rights, (long long)bytes, (double)cards / took,
	       peak_kib(), (double)peak_kib() / (double)early);
	return 0;
}

int
main(int argc, char **argv)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	const char *name = NULL;
	char dir[] = "/tmp/tessera_bench_XXXXXX", path[60], file[80], why[STORE_WHY];
	struct store *s = NULL;
	int64_t count = CARDS;
	int status;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--quick") == 0)
			count = CARDS_QUICK;
		else
			name = argv[i];
	}
	if (!name && !mkdtemp(dir))
		return 1;
	snprintf(path, sizeof path, "%s/headend.sqlite", dir);
	if (store_create(name ? name : path, &s, why) != RC_OK) {
		fprintf(stderr, "bench_store: %s\n", why);
		return 1;
	}
	status = measure(s, count);
	store_close(&s);
	for (size_t i = 0; !name && i < sizeof suffixes / sizeof suffixes[0]; i++) {
		snprintf(file, sizeof file, "%s%s", path, suffixes[i]);
		(void)unlink(file);
	}
	if (!name)
		(void)rmdir(dir);
	return status;
}
