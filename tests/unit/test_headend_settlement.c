// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/headend/settlement: reports of a card made here, honest and otherwise. */
#include "headend_fixture.h"
#include "test.h"

#include "base/bytes.h"
#include "headend/emm_set.h"
#include "headend/settlement.h"

#include <stdlib.h>
#include <string.h>

#define LEAF 5
#define RECORDS_MAX 8
#define FILE_MAX 2048

/* A card that keeps its own books. */
struct fake_card {
	struct headend_fixture *f;
	struct report_keys report;
	uint8_t chain_key[CRYPTO_KEY], tac_key[CRYPTO_KEY];
	uint32_t count;
	struct record records[RECORDS_MAX + 1];     /* from 1 on */
	uint8_t chain[RECORDS_MAX + 1][CRYPTO_MAC]; /* after each */
	uint64_t credit, spent;
	uint32_t clock;
	uint16_t operator_id;
	uint8_t key_version;
};

static void
fake_card_init(struct fake_card *c, struct headend_fixture *f)
{
	const struct crypto *x = f->keys.crypto;
	uint8_t ca[CRYPTO_KEY], purse[CRYPTO_KEY];

	memset(c, 0, sizeof *c);
	c->f = f;
	c->operator_id = FIXTURE_OPERATOR;
	c->clock = FIXTURE_NOW;
	c->key_version = 1;
	CHECK_RC(keystore_card_key(f->keys.keystore, DOMAIN_CA, LEAF, ca), RC_OK);
	CHECK_RC(keystore_card_key(f->keys.keystore, DOMAIN_PURSE, LEAF, purse), RC_OK);
	CHECK_RC(ladder_derive(x, ca, LABEL_REPORT_ENC, NULL, 0, c->report.enc), RC_OK);
	CHECK_RC(ladder_derive(x, ca, LABEL_REPORT_MAC, NULL, 0, c->report.mac), RC_OK);
	CHECK_RC(ladder_derive(x, ca, LABEL_CHAIN, NULL, 0, c->chain_key), RC_OK);
	CHECK_RC(ladder_derive(x, purse, LABEL_TAC, NULL, 0, c->tac_key), RC_OK);
}

static void
buy(struct fake_card *c, uint32_t price, uint8_t flags, uint32_t time)
{
	uint32_t n = ++c->count;
	struct record *r = &c->records[n];
	uint8_t bytes[RECORD_SIZE];

	*r = (struct record) { .sequence = n,
			       .type = RECORD_EVENT,
			       .flags = flags,
			       .operator_id = FIXTURE_OPERATOR,
			       .event_id = FIXTURE_EVENT,
			       .service_id = 102,
			       .unit = { 'E', 'U', 'R' },
			       .price = price,
			       .time = time,
			       .purse_sequence = n };
	c->spent += price;
	r->balance_after = (int64_t)(c->credit - c->spent);
	CHECK_RC(record_tac(c->f->keys.crypto, c->tac_key, r, r->tac), RC_OK);
	record_encode(r, bytes);
	CHECK_RC(record_chain(c->f->keys.crypto, c->chain_key, c->chain[n - 1], bytes, c->chain[n]),
		 RC_OK);
}

/* A report file of all records from first on. */
static size_t
report_file(const struct fake_card *c, uint32_t first, uint8_t file[FILE_MAX])
{
	size_t len = 0;

	do {
		struct report r = { .operator_id = c->operator_id,
				    .leaf = LEAF,
				    .key_version = c->key_version,
				    .first = first,
				    .head = c->count,
				    .clock = c->clock,
				    .totals = { .credit_emm = c->credit, .spent = c->spent } };
		size_t n = 0;

		while (r.record_count < REPORT_RECORDS_MAX && first <= c->count)
			r.records[r.record_count++] = c->records[first++];
		memcpy(r.chain_before, c->chain[r.first - 1], CRYPTO_MAC);
		memcpy(r.chain_head, c->chain[c->count], CRYPTO_MAC);
		r.flags = first > c->count ? REPORT_LAST : 0;
		CHECK_RC(report_seal(c->f->keys.crypto, &c->report, &r, file + len + 2,
				     FILE_MAX - len - 2, &n),
			 RC_OK);
		put_be16(file + len, (uint16_t)n);
		len += 2 + n;
	} while (first <= c->count);
	return len;
}

static void
start(struct headend_fixture *f, struct fake_card *c)
{
	uint64_t total;

	CU_ASSERT_FATAL(headend_fixture_open(f) == 0);
	CHECK_RC(card_add(f->head, LEAF, 1, 1, FIXTURE_NOW), RC_OK);
	CHECK_RC(card_topup(f->head, LEAF, 5000, NULL, FIXTURE_NOW, &total), RC_OK);
	fake_card_init(c, f);
	c->credit = 5000;
	buy(c, FIXTURE_PRICE, 0, FIXTURE_NOW + 10);
	buy(c, FIXTURE_PRICE_RECORD, RECORD_MAY_RECORD, FIXTURE_NOW + 20);
	buy(c, FIXTURE_PRICE, 0, FIXTURE_NOW + 30);
}

static enum rc
import(struct fake_card *c, uint32_t first, struct settlement *s)
{
	uint8_t file[FILE_MAX];
	size_t len = report_file(c, first, file);

	return settle_import(c->f->head, &c->f->keys, file, len, FIXTURE_NOW + 100, s);
}

static void
settlement__an_honest_report_is_entered_and_acknowledged(void)
{
	struct headend_fixture f;
	struct fake_card c;
	struct settlement s;
	struct head_card card;
	uint32_t before;

	start(&f, &c);
	CHECK_RC(card_get(f.head, LEAF, &card), RC_OK);
	before = card.emm_sequence;
	CHECK_RC(import(&c, 1, &s), RC_OK);
	CHECK(s.batches == 2 && s.records_new == 3 && s.records_known == 0);
	CHECK(s.amount_minor == 2 * FIXTURE_PRICE + FIXTURE_PRICE_RECORD && !s.alarmed);
	CHECK_RC(card_get(f.head, LEAF, &card), RC_OK);
	CHECK(card.record_head == 3 && card.spent == s.amount_minor && card.alarms == 0);
	CHECK(card.ack_at == FIXTURE_NOW + 100 && card.emm_sequence > before);
	CHECK_BYTES(card.record_chain, c.chain[3], CRYPTO_MAC);
	CHECK(headend_fixture_number(&f, "SELECT count(*) FROM outbox WHERE kind = 'ack'") == 1);
	headend_fixture_close(&f);
}

static void
settlement__what_is_known_already_changes_nothing(void)
{
	struct headend_fixture f;
	struct fake_card c;
	struct settlement s;
	int64_t before[24], after[24];

	start(&f, &c);
	CHECK_RC(import(&c, 1, &s), RC_OK);
	headend_fixture_snapshot(&f, before);
	CHECK_RC(import(&c, 1, &s), RC_OK);
	CHECK(s.records_new == 0 && s.records_known == 3);
	CHECK_RC(import(&c, 4, &s), RC_OK);
	CHECK(s.records_new == 0 && s.records_known == 0 && s.batches == 1);
	headend_fixture_snapshot(&f, after);
	before[0] = after[0]; /* the number of transactions */
	CHECK_BYTES(after, before, sizeof after);
	buy(&c, FIXTURE_PRICE, 0, FIXTURE_NOW + 40);
	CHECK_RC(import(&c, 2, &s), RC_OK);
	CHECK(s.records_new == 1 && s.records_known == 2);
	headend_fixture_close(&f);
}

static void
settlement__an_older_honest_report_is_a_duplicate(void)
{
	struct headend_fixture f;
	struct fake_card c;
	struct settlement s;
	uint8_t older[FILE_MAX];
	size_t len;

	start(&f, &c);
	len = report_file(&c, 1, older);
	c.clock += 60;
	buy(&c, FIXTURE_PRICE, 0, FIXTURE_NOW + 40);
	CHECK_RC(import(&c, 1, &s), RC_OK);
	CHECK(s.records_new == 4);
	CHECK_RC(settle_import(f.head, &f.keys, older, len, FIXTURE_NOW + 200, &s), RC_OK);
	CHECK(s.records_new == 0 && s.records_known == 3 && !s.alarmed);
	headend_fixture_close(&f);
}

/* Sums of the first `to` records, as a card that had to make room reports them. */
static size_t
folded_file(const struct fake_card *c, uint32_t from, uint32_t to, uint8_t file[FILE_MAX])
{
	struct report r = { .operator_id = c->operator_id,
			    .leaf = LEAF,
			    .key_version = c->key_version,
			    .flags = REPORT_FOLD,
			    .first = to + 1,
			    .record_count = 1,
			    .head = c->count,
			    .clock = c->clock,
			    .fold_from = from,
			    .totals = { .credit_emm = c->credit, .spent = c->spent } };
	uint8_t bytes[RECORD_SIZE];
	size_t n = 0;

	memcpy(r.folds[0].value, c->chain[from], CRYPTO_MAC);
	for (uint32_t i = from + 1; i <= to; i++) {
		record_encode(&c->records[i], bytes);
		CHECK_RC(record_fold_add(c->f->keys.crypto, c->chain_key, bytes, &r.folds[0]),
			 RC_OK);
	}
	memcpy(r.chain_before, c->chain[from], CRYPTO_MAC);
	memcpy(r.chain_folded, c->chain[to], CRYPTO_MAC);
	memcpy(r.chain_head, c->chain[c->count], CRYPTO_MAC);
	CHECK_RC(report_seal(c->f->keys.crypto, &c->report, &r, file + 2, FILE_MAX - 2, &n), RC_OK);
	put_be16(file, (uint16_t)n);
	return 2 + n + report_file(c, to + 1, file + 2 + n);
}

static void
settlement__folded_records_close_the_gap(void)
{
	struct headend_fixture f;
	struct fake_card c;
	struct settlement s;
	struct head_card card;
	uint8_t file[2 * FILE_MAX];
	size_t len;

	start(&f, &c);
	len = folded_file(&c, 0, 2, file);
	CHECK_RC(settle_import(f.head, &f.keys, file, len, FIXTURE_NOW + 100, &s), RC_OK);
	CHECK(s.records_folded == 2 && s.records_new == 1);
	CHECK(s.amount_minor == 2 * FIXTURE_PRICE + FIXTURE_PRICE_RECORD);
	CHECK_RC(card_get(f.head, LEAF, &card), RC_OK);
	CHECK(card.record_head == 3 && card.spent == s.amount_minor);
	/* the acknowledgement was lost: more is folded from the same start, and known by then */
	buy(&c, FIXTURE_PRICE, 0, FIXTURE_NOW + 40);
	buy(&c, FIXTURE_PRICE, 0, FIXTURE_NOW + 50);
	len = folded_file(&c, 0, 4, file);
	CHECK_RC(settle_import(f.head, &f.keys, file, len, FIXTURE_NOW + 200, &s), RC_OK);
	CHECK(s.records_folded == 1 && s.records_new == 1);
	CHECK_RC(card_get(f.head, LEAF, &card), RC_OK);
	CHECK(card.record_head == 5 && card.spent == c.spent);
	headend_fixture_close(&f);
}

static void
settlement__folds_that_lie_are_found(void)
{
	static const struct {
		const char *name;
		uint32_t offset; /* of the batch's plain fields */
		const char *alarm;
	} rows[] = { { "sums", 0, "totals" }, { "chain", 1, "fork" } };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct headend_fixture f;
		struct fake_card c;
		struct settlement s;
		uint8_t file[2 * FILE_MAX];
		size_t len;

		test_row(rows[i].name);
		start(&f, &c);
		CHECK_RC(import(&c, 1, &s), RC_OK);
		buy(&c, FIXTURE_PRICE, 0, FIXTURE_NOW + 40);
		buy(&c, FIXTURE_PRICE, 0, FIXTURE_NOW + 50);
		if (rows[i].offset == 0)
			c.records[4].price -= 1; /* what is folded is not what was spent */
		else
			c.chain[3][0] ^= 1;
		len = folded_file(&c, 3, 4, file);
		CHECK_RC(settle_import(f.head, &f.keys, file, len, FIXTURE_NOW + 200, &s),
			 RC_INTEGRITY);
		CHECK(s.alarmed && strcmp(s.alarm_kind, rows[i].alarm) == 0);
		headend_fixture_close(&f);
	}
}

static void
settlement__an_acknowledgement_that_ran_out_is_sent_again(void)
{
	struct headend_fixture f;
	struct fake_card c;
	struct settlement s;
	struct emm_set *set = NULL;
	uint8_t file[FILE_MAX];
	size_t len;
	uint32_t later = FIXTURE_NOW + 100 + HEAD_PENDING_S;
	struct head_card card;

	start(&f, &c);
	CHECK_RC(import(&c, 1, &s), RC_OK);
	len = report_file(&c, 1, file);
	CHECK_RC(settle_import(f.head, &f.keys, file, len, later, &s), RC_OK);
	CHECK_RC(card_get(f.head, LEAF, &card), RC_OK);
	CHECK(card.ack_at == later && card.changed_at == later);
	CHECK_RC(emm_set_build(f.head, &f.keys, LEAF, &set), RC_OK);
	CHECK(set && set->valid_until == later + HEAD_PENDING_S);
	emm_set_free(&set);
	headend_fixture_close(&f);
}

/* What can be wrong with the next report after an honest one. */
static void
make_gap(struct fake_card *c, uint8_t *file, size_t *len)
{
	buy(c, FIXTURE_PRICE, 0, FIXTURE_NOW + 40);
	buy(c, FIXTURE_PRICE, 0, FIXTURE_NOW + 50);
	*len = report_file(c, 5, file);
}

static void
make_rollback(struct fake_card *c, uint8_t *file, size_t *len)
{
	c->clock += 60;
	c->count = 1;
	c->spent = FIXTURE_PRICE;
	*len = report_file(c, 1, file);
}

/* An older copy of the card has bought on: same length, another story. */
static void
make_fork(struct fake_card *c, uint8_t *file, size_t *len)
{
	c->count = 2;
	c->spent = FIXTURE_PRICE + FIXTURE_PRICE_RECORD;
	buy(c, FIXTURE_PRICE, 0, FIXTURE_NOW + 77);
	*len = report_file(c, 1, file);
}

static void
make_fork_before_the_first(struct fake_card *c, uint8_t *file, size_t *len)
{
	make_fork(c, file, len);
	buy(c, FIXTURE_PRICE, 0, FIXTURE_NOW + 78);
	*len = report_file(c, 4, file);
}

static void
make_wrong_price(struct fake_card *c, uint8_t *file, size_t *len)
{
	buy(c, FIXTURE_PRICE - 1, 0, FIXTURE_NOW + 40);
	*len = report_file(c, 4, file);
}

static void
make_price_of_the_other_kind(struct fake_card *c, uint8_t *file, size_t *len)
{
	buy(c, FIXTURE_PRICE, RECORD_MAY_RECORD, FIXTURE_NOW + 40);
	*len = report_file(c, 4, file);
}

static void
make_wrong_tac(struct fake_card *c, uint8_t *file, size_t *len)
{
	c->tac_key[0] ^= 1;
	buy(c, FIXTURE_PRICE, 0, FIXTURE_NOW + 40);
	*len = report_file(c, 4, file);
}

static void
make_wrong_totals(struct fake_card *c, uint8_t *file, size_t *len)
{
	buy(c, FIXTURE_PRICE, 0, FIXTURE_NOW + 40);
	c->spent += 1;
	*len = report_file(c, 4, file);
}

static void
make_money_from_nowhere(struct fake_card *c, uint8_t *file, size_t *len)
{
	c->credit += 1;
	*len = report_file(c, 4, file);
}

static void
make_altered_byte(struct fake_card *c, uint8_t *file, size_t *len)
{
	buy(c, FIXTURE_PRICE, 0, FIXTURE_NOW + 40);
	*len = report_file(c, 4, file);
	file[*len - 5] ^= 1;
}

static void
make_truncated(struct fake_card *c, uint8_t *file, size_t *len)
{
	buy(c, FIXTURE_PRICE, 0, FIXTURE_NOW + 40);
	*len = report_file(c, 4, file) - 1;
}

static void
make_missing_end(struct fake_card *c, uint8_t *file, size_t *len)
{
	struct fake_card shorter;

	buy(c, FIXTURE_PRICE, 0, FIXTURE_NOW + 40);
	buy(c, FIXTURE_PRICE, 0, FIXTURE_NOW + 50);
	buy(c, FIXTURE_PRICE, 0, FIXTURE_NOW + 60);
	shorter = *c;
	shorter.count = 4;
	memcpy(shorter.chain[4], c->chain[6], CRYPTO_MAC);
	*len = report_file(&shorter, 4, file);
}

static void
make_foreign(struct fake_card *c, uint8_t *file, size_t *len)
{
	c->operator_id++;
	*len = report_file(c, 4, file);
}

static void
make_other_key(struct fake_card *c, uint8_t *file, size_t *len)
{
	c->key_version++;
	*len = report_file(c, 4, file);
}

static void
make_empty(struct fake_card *c, uint8_t *file, size_t *len)
{
	(void)c;
	(void)file;
	*len = 0;
}

static const struct {
	const char *name;
	void (*make)(struct fake_card *c, uint8_t *file, size_t *len);
	enum rc rc;
	const char *alarm;
} rows[] = {
	{ "gap", make_gap, RC_REFUSED, NULL },
	{ "rollback", make_rollback, RC_INTEGRITY, "rollback" },
	{ "fork", make_fork, RC_INTEGRITY, "fork" },
	{ "fork before the first record", make_fork_before_the_first, RC_INTEGRITY, "fork" },
	{ "wrong price", make_wrong_price, RC_INTEGRITY, "price" },
	{ "price of the other kind", make_price_of_the_other_kind, RC_INTEGRITY, "price" },
	{ "wrong TAC", make_wrong_tac, RC_AUTH, "tac" },
	{ "wrong totals", make_wrong_totals, RC_INTEGRITY, "totals" },
	{ "money from nowhere", make_money_from_nowhere, RC_INTEGRITY, "credit" },
	{ "altered byte", make_altered_byte, RC_AUTH, NULL },
	{ "truncated", make_truncated, RC_TRUNCATED, NULL },
	{ "end missing", make_missing_end, RC_INTEGRITY, "fork" },
	{ "other operator", make_foreign, RC_CONFLICT, NULL },
	{ "other key", make_other_key, RC_VERSION, NULL },
	{ "empty", make_empty, RC_TRUNCATED, NULL },
};

static void
check_row(size_t i)
{
	struct headend_fixture f;
	struct fake_card c;
	struct settlement s;
	struct head_card card;
	uint8_t file[FILE_MAX];
	size_t len = 0;

	test_row(rows[i].name);
	start(&f, &c);
	CHECK_RC(import(&c, 1, &s), RC_OK);
	rows[i].make(&c, file, &len);
	CHECK_RC(settle_import(f.head, &f.keys, file, len, FIXTURE_NOW + 200, &s), rows[i].rc);
	CHECK(f.head->why[0] != '\0');
	CHECK(s.alarmed == (rows[i].alarm != NULL));
	if (rows[i].alarm)
		CHECK(strcmp(s.alarm_kind, rows[i].alarm) == 0 && s.alarm_leaf == LEAF);
	CHECK_RC(card_get(f.head, LEAF, &card), RC_OK);
	CHECK(card.record_head == 3 && card.ack_at == FIXTURE_NOW + 100);
	CHECK(card.alarms == (rows[i].alarm ? 1U : 0U));
	CHECK(headend_fixture_number(&f, "SELECT count(*) FROM record") == 3);
	headend_fixture_close(&f);
}

static void
settlement__what_does_not_add_up_enters_nothing_and_marks_the_card(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check_row(i);
	test_row("");
}

static void
settlement__the_price_of_a_removed_event_still_counts(void)
{
	struct headend_fixture f;
	struct fake_card c;
	struct settlement s;

	start(&f, &c);
	CHECK_RC(event_remove(f.head, FIXTURE_EVENT), RC_OK);
	CHECK_RC(import(&c, 1, &s), RC_OK);
	CHECK(s.records_new == 3);
	headend_fixture_close(&f);
}

static void
settlement__a_fault_in_the_database_leaves_nothing_of_a_report(void)
{
	static const struct {
		const char *verb, *table, *condition;
	} faults[] = { { "INSERT", "record", "sequence = 3" },
		       { "UPDATE", "card", "record_head = 3" },
		       { "INSERT", "outbox", NULL } };
	struct headend_fixture f;
	struct fake_card c;
	struct settlement s;
	int64_t before[24], after[24];

	start(&f, &c);
	headend_fixture_snapshot(&f, before);
	for (size_t i = 0; i < 3; i++) {
		test_row(faults[i].table);
		headend_fixture_fault(&f, faults[i].verb, faults[i].table, faults[i].condition,
				      true);
		CHECK(import(&c, 1, &s) != RC_OK);
		headend_fixture_snapshot(&f, after);
		CHECK_BYTES(after, before, sizeof after);
		headend_fixture_fault(&f, faults[i].verb, faults[i].table, NULL, false);
	}
	test_row("");
	CHECK_RC(import(&c, 1, &s), RC_OK);
	headend_fixture_close(&f);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(settlement__an_honest_report_is_entered_and_acknowledged),
		TEST(settlement__what_is_known_already_changes_nothing),
		TEST(settlement__an_older_honest_report_is_a_duplicate),
		TEST(settlement__folded_records_close_the_gap),
		TEST(settlement__folds_that_lie_are_found),
		TEST(settlement__an_acknowledgement_that_ran_out_is_sent_again),
		TEST(settlement__what_does_not_add_up_enters_nothing_and_marks_the_card),
		TEST(settlement__the_price_of_a_removed_event_still_counts),
		TEST(settlement__a_fault_in_the_database_leaves_nothing_of_a_report),
	};

	return test_run("headend_settlement", cases, sizeof cases / sizeof cases[0]);
}
