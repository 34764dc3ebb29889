// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/wire records and reports: bytes, proofs, and everything that must be refused. */
#include "base/mem.h"
#include "crypto_fault.h"
#include "crypto_test.h"
#include "test.h"
#include "wire/record.h"

#include <stdlib.h>

static const uint8_t key[CRYPTO_KEY] = { 0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6,
					 0xAB, 0xF7, 0x15, 0x88, 0x09, 0xCF, 0x4F, 0x3C };
static const struct report_keys keys = { { 1, 2, 3 }, { 4, 5, 6 } };

static const char record_hex[] = "00000005 01 03 1234 00000007 0102 0F 00 455552 00 0000015E "
				 "11223344 00000009 FFFFFFFFFFFFFF9C 0102030405060708";

static struct record
a_record(uint32_t sequence)
{
	struct record r = { .sequence = sequence,
			    .type = RECORD_EVENT,
			    .operator_id = 0x1234,
			    .event_id = 7,
			    .service_id = 0x0102,
			    .unit = { 'E', 'U', 'R' },
			    .price = 350,
			    .time = 99,
			    .purse_sequence = 9,
			    .balance_after = 650 };

	return r;
}

static struct report
a_report(uint8_t count)
{
	struct report r;

	memset(&r, 0, sizeof r);
	r.operator_id = 0x1234;
	r.leaf = 0xABCDEF;
	r.key_version = 1;
	r.flags = REPORT_LAST;
	r.first = 41;
	r.record_count = count;
	r.clock = 0x01020304;
	r.head = 42;
	memset(r.chain_before, 0x11, CRYPTO_MAC);
	memset(r.chain_head, 0x22, CRYPTO_MAC);
	r.totals = (struct report_totals) { 0, 1000, 200, 30, 4, 700 };
	for (uint32_t i = 0; i < count; i++)
		r.records[i] = a_record(41 + i);
	return r;
}

static void
record__bytes_come_back_as_they_were(void)
{
	uint8_t in[64], out[RECORD_SIZE];
	struct record r;

	CHECK(test_hex(record_hex, in, sizeof in) == RECORD_SIZE);
	CHECK_RC(record_decode(in, &r), RC_OK);
	CHECK(r.sequence == 5 && r.type == RECORD_EVENT && r.flags == 3 && r.operator_id == 0x1234);
	CHECK(r.event_id == 7 && r.service_id == 0x0102 && r.slot == 15 && r.unit[2] == 'R');
	CHECK(r.price == 350 && r.time == 0x11223344 && r.purse_sequence == 9);
	CHECK(r.balance_after == -100 && r.tac[7] == 8);
	record_encode(&r, out);
	CHECK_BYTES(out, in, RECORD_SIZE);
}

static void
record__impossible_values_are_refused(void)
{
	static const struct {
		const char *name;
		size_t offset;
		uint8_t value;
	} rows[] = {
		{ "type 0", 4, 0 },
		{ "type 7", 4, 7 },
		{ "unknown flag", 5, 4 },
		{ "slot 16", 14, 16 },
		{ "slices of an event", 15, 1 },
		{ "second zero", 19, 0x80 },
	};
	uint8_t in[64];
	struct record r;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		(void)test_hex(record_hex, in, sizeof in);
		test_row(rows[i].name);
		in[rows[i].offset] = rows[i].value;
		CHECK_RC(record_decode(in, &r), RC_FORMAT);
	}
}

static void
record__of_a_session_has_its_type_proved_and_counts_slices(void)
{
	uint8_t in[64], tac[RECORD_TAC], other[RECORD_TAC];
	struct record r;

	(void)test_hex(record_hex, in, sizeof in);
	in[4] = RECORD_SLICE;
	CHECK_RC(record_decode(in, &r), RC_FORMAT);
	in[15] = 255;
	CHECK_RC(record_decode(in, &r), RC_OK);
	CHECK(r.count == 255);
	CHECK_RC(record_tac(crypto_test(), key, &r, tac), RC_OK);
	r.flags ^= RECORD_NO_CALLBACK;
	CHECK_RC(record_tac(crypto_test(), key, &r, other), RC_OK);
	CHECK(memcmp(tac, other, RECORD_TAC) != 0);
}

static void
record__the_tac_proves_what_the_purse_knows(void)
{
	/* byte range that the TAC covers: operator (6) to balance (39) */
	uint8_t in[64], tac[RECORD_TAC], other[RECORD_TAC];
	struct record r, altered;

	(void)test_hex(record_hex, in, sizeof in);
	CHECK_RC(record_decode(in, &r), RC_OK);
	CHECK_RC(record_tac(crypto_test(), key, &r, tac), RC_OK);
	for (size_t i = 0; i < RECORD_SIZE; i++) {
		in[i] ^= i == 14 ? 1 : i == 4 ? 2 : i == 5 ? 1 : 0x40;
		if (record_decode(in, &altered) == RC_OK) {
			CHECK_RC(record_tac(crypto_test(), key, &altered, other), RC_OK);
			/* another type has its type and flags covered too */
			CHECK((memcmp(tac, other, RECORD_TAC) != 0) ==
			      (i == 4 || (i >= 6 && i < 40)));
		}
		(void)test_hex(record_hex, in, sizeof in);
	}
}

static void
record__the_chain_depends_on_every_record_and_their_order(void)
{
	static const uint8_t start[CRYPTO_MAC];
	struct record one = a_record(1), two = a_record(2);
	uint8_t a[RECORD_SIZE], b[RECORD_SIZE], ab[CRYPTO_MAC], ba[CRYPTO_MAC], again[CRYPTO_MAC];

	record_encode(&one, a);
	record_encode(&two, b);
	CHECK_RC(record_chain(crypto_test(), key, start, a, ab), RC_OK);
	CHECK_RC(record_chain(crypto_test(), key, ab, b, ab), RC_OK);
	CHECK_RC(record_chain(crypto_test(), key, start, b, ba), RC_OK);
	CHECK_RC(record_chain(crypto_test(), key, ba, a, ba), RC_OK);
	CHECK(memcmp(ab, ba, CRYPTO_MAC) != 0);
	CHECK_RC(record_chain(crypto_test(), key, start, a, again), RC_OK);
	CHECK_RC(record_chain(crypto_test(), key, again, b, again), RC_OK);
	CHECK_BYTES(again, ab, CRYPTO_MAC);
}

static void
credit__the_cryptogram_depends_on_every_field(void)
{
	uint8_t base[8], x[8];

	CHECK_RC(credit_cryptogram(crypto_test(), key, 1, 2, 3, 4, 5, base), RC_OK);
#define DIFFERS(...)                                                                    \
	do {                                                                            \
		CHECK_RC(credit_cryptogram(crypto_test(), key, __VA_ARGS__, x), RC_OK); \
		CHECK(memcmp(base, x, 8) != 0);                                         \
	} while (0)
	DIFFERS(0, 2, 3, 4, 5);
	DIFFERS(1, 0, 3, 4, 5);
	DIFFERS(1, 2, 1, 4, 5);
	DIFFERS(1, 2, 3, 5, 5);
	DIFFERS(1, 2, 3, 4, 6);
#undef DIFFERS
}

static enum rc
open_exact(const uint8_t *in, size_t len, struct report *r)
{
	uint8_t *copy = malloc(len ? len : 1);
	enum rc rc;

	memcpy(copy, in, len);
	rc = report_open(crypto_test(), &keys, copy, len, r);
	free(copy);
	return rc;
}

static void
report__what_is_sealed_is_opened(void)
{
	static const size_t want_len[] = { 128, 176, 224 };

	for (uint8_t n = 0; n <= REPORT_RECORDS_MAX; n++) {
		struct report r = a_report(n), got, clear;
		uint8_t out[REPORT_MAX], again[REPORT_MAX];
		size_t len = 0, again_len = 0;

		CHECK_RC(report_seal(crypto_test(), &keys, &r, out, sizeof out, &len), RC_OK);
		CHECK(len == want_len[n] && len <= REPORT_MAX);
		CHECK_RC(report_parse(out, len, &clear), RC_OK);
		CHECK(clear.leaf == r.leaf && clear.record_count == n && clear.first == 41 &&
		      clear.head == 0);
		CHECK_RC(open_exact(out, len, &got), RC_OK);
		CHECK(got.head == 42 && got.clock == r.clock && got.totals.spent == 700);
		CHECK(n < 2 || got.records[1].sequence == 42);
		CHECK_RC(report_seal(crypto_test(), &keys, &got, again, sizeof again, &again_len),
			 RC_OK);
		CHECK(again_len == len);
		CHECK_BYTES(again, out, len);
		CHECK_RC(report_seal(crypto_test(), &keys, &r, out, len - 1, &again_len), RC_SPACE);
	}
}

static void
report__every_altered_bit_is_refused(void)
{
	struct report r = a_report(2), got;
	uint8_t out[REPORT_MAX];
	size_t len = 0;

	CHECK_RC(report_seal(crypto_test(), &keys, &r, out, sizeof out, &len), RC_OK);
	for (size_t bit = 0; bit < len * 8; bit++) {
		out[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CHECK(open_exact(out, len, &got) != RC_OK);
		if (bit / 8 >= 12)
			CHECK_RC(open_exact(out, len, &got), RC_AUTH);
		out[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	CHECK_RC(open_exact(out, len, &got), RC_OK);
}

static void
report__every_truncation_is_refused(void)
{
	struct report r = a_report(2), got;
	uint8_t out[REPORT_MAX];
	size_t len = 0;

	CHECK_RC(report_seal(crypto_test(), &keys, &r, out, sizeof out, &len), RC_OK);
	for (size_t n = 0; n < len; n++) {
		CHECK_RC(open_exact(out, n, &got), RC_TRUNCATED);
		CHECK_RC(report_parse(out, n, &got), RC_TRUNCATED);
	}
	CHECK_RC(open_exact(out, len + 1, &got), RC_FORMAT);
}

static void
report__impossible_values_are_refused(void)
{
	static const struct {
		const char *name;
		size_t offset;
		uint8_t value;
		enum rc want;
	} rows[] = {
		{ "magic", 0, 'S', RC_FORMAT },
		{ "magic", 1, 'S', RC_FORMAT },
		{ "version", 2, 2, RC_VERSION },
		{ "unknown flag", 3, 8, RC_FORMAT },
		{ "folds as the last batch", 3, REPORT_LAST | REPORT_FOLD, RC_FORMAT },
		{ "more of what are no folds", 3, REPORT_MORE, RC_FORMAT },
		{ "leaf above 24 bits", 6, 1, RC_FORMAT },
		{ "three records", 11, 3, RC_FORMAT },
		{ "fewer records than bytes", 11, 1, RC_FORMAT },
	};
	struct report good = a_report(2), r, got;
	uint8_t out[REPORT_MAX], bad[REPORT_MAX];
	size_t len = 0;

	CHECK_RC(report_seal(crypto_test(), &keys, &good, out, sizeof out, &len), RC_OK);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].name);
		memcpy(bad, out, len);
		bad[rows[i].offset] = rows[i].value;
		CHECK_RC(report_parse(bad, len, &got), rows[i].want);
	}
	r = good;
	r.record_count = REPORT_RECORDS_MAX + 1;
	CHECK_RC(report_seal(crypto_test(), &keys, &r, out, sizeof out, &len), RC_RANGE);
	r = good;
	r.leaf = 0x1000000;
	CHECK_RC(report_seal(crypto_test(), &keys, &r, out, sizeof out, &len), RC_RANGE);
	r = good;
	r.records[1].sequence = 99; /* sealed by a card that lies about its records */
	CHECK_RC(report_seal(crypto_test(), &keys, &r, out, sizeof out, &len), RC_OK);
	CHECK_RC(open_exact(out, len, &got), RC_FORMAT);
	r = good;
	r.records[0].type = 0;
	CHECK_RC(report_seal(crypto_test(), &keys, &r, out, sizeof out, &len), RC_OK);
	CHECK_RC(open_exact(out, len, &got), RC_FORMAT);
}

static enum rc
all_operations(const struct crypto *c, const uint8_t *sealed, size_t sealed_len)
{
	struct report r = a_report(2), got;
	uint8_t out[REPORT_MAX], mac[CRYPTO_MAC] = { 0 }, bytes[RECORD_SIZE];
	size_t len;
	enum rc rc = report_seal(c, &keys, &r, out, sizeof out, &len);

	record_encode(&r.records[0], bytes);
	if (rc == RC_OK)
		rc = report_open(c, &keys, sealed, sealed_len, &got);
	if (rc == RC_OK)
		rc = record_tac(c, key, &r.records[0], mac);
	if (rc == RC_OK)
		rc = record_chain(c, key, mac, bytes, mac);
	if (rc == RC_OK)
		rc = credit_cryptogram(c, key, 1, 0, 1, 5, 1, mac);
	return rc;
}

static void
record__a_crypto_failure_at_any_call_is_reported(void)
{
	struct report r = a_report(2);
	struct crypto_fault fault;
	uint8_t sealed[REPORT_MAX];
	size_t len = 0;
	unsigned int k;
	enum rc rc;

	CHECK_RC(report_seal(crypto_test(), &keys, &r, sealed, sizeof sealed, &len), RC_OK);
	for (k = 1;; k++) {
		crypto_fault_init(&fault, crypto_test(), k);
		rc = all_operations(&fault.table, sealed, len);
		if (!crypto_fault_fired(&fault))
			break;
		CHECK_RC(rc, RC_CRYPTO);
	}
	CHECK(k == 8);
	CHECK_RC(rc, RC_OK);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(record__bytes_come_back_as_they_were),
		TEST(record__impossible_values_are_refused),
		TEST(record__of_a_session_has_its_type_proved_and_counts_slices),
		TEST(record__the_tac_proves_what_the_purse_knows),
		TEST(record__the_chain_depends_on_every_record_and_their_order),
		TEST(credit__the_cryptogram_depends_on_every_field),
		TEST(report__what_is_sealed_is_opened),
		TEST(report__every_altered_bit_is_refused),
		TEST(report__every_truncation_is_refused),
		TEST(report__impossible_values_are_refused),
		TEST(record__a_crypto_failure_at_any_call_is_reported),
	};

	return test_run("wire record", cases, sizeof cases / sizeof cases[0]);
}
