// SPDX-License-Identifier: GPL-3.0-or-later
/* keys/derive: the ladder against vectors of an independent script
 * (tests/vectors/make_ladder_vectors.py, which has an AES and a CMAC of its own, checked against
 * FIPS 197 and RFC 4493). */
#include "base/bytes.h"
#include "base/mem.h"
#include "crypto_fault.h"
#include "crypto_test.h"
#include "derive/ladder.h"
#include "test.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define FIELDS 5
#define VECTORS 33
#define KEY_MAX 48

#define LABEL_ROW(name, text) { name, text },
static const struct {
	enum ladder_label label;
	const char *text;
} labels[] = { LADDER_LABELS(LABEL_ROW) };

struct vector {
	char name[32], label[32];
	uint8_t parent[16], context[16], key[KEY_MAX];
	size_t context_len, key_len;
};

/* Cuts " | " between fields; the last field ends with the line. */
static bool
split(char *line, char *fields[FIELDS])
{
	char *at = line;

	line[strcspn(line, "\n")] = '\0';
	for (unsigned int i = 0; i < FIELDS; i++) {
		char *bar = strstr(at, " | ");

		if ((bar == NULL) != (i + 1 == FIELDS))
			return false;
		fields[i] = at;
		if (bar) {
			*bar = '\0';
			at = bar + 3;
		}
	}
	return true;
}

static size_t
read_vectors(struct vector vectors[VECTORS])
{
	FILE *f = fopen(TESSERA_SOURCE_DIR "/tests/vectors/ladder.txt", "r");
	char line[256], *fields[FIELDS];
	size_t n = 0;

	CHECK(f != NULL);
	while (f && fgets(line, sizeof line, f)) {
		struct vector *v = &vectors[n];

		if (line[0] == '#')
			continue;
		if (n == VECTORS || !split(line, fields)) {
			CU_FAIL("a line of ladder.txt");
			break;
		}
		(void)snprintf(v->name, sizeof v->name, "%.31s", fields[0]);
		(void)snprintf(v->label, sizeof v->label, "%.31s", fields[2]);
		CHECK(test_hex(fields[1], v->parent, sizeof v->parent) == sizeof v->parent);
		v->context_len = strcmp(fields[3], "-") == 0
					 ? 0
					 : test_hex(fields[3], v->context, sizeof v->context);
		v->key_len = test_hex(fields[4], v->key, sizeof v->key);
		n++;
	}
	if (f)
		(void)fclose(f);
	return n;
}

static const struct vector *
find(const struct vector *vectors, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(vectors[i].name, name) == 0)
			return &vectors[i];
	}
	CU_FAIL("no such vector");
	return &vectors[0];
}

static void
ladder__every_step_matches_the_independent_vectors(void)
{
	struct vector vectors[VECTORS];
	size_t n = read_vectors(vectors);
	uint8_t key[KEY_MAX];

	CHECK(n == VECTORS);
	for (size_t i = 0; i < n; i++) {
		const struct vector *v = &vectors[i];
		bool known = false;

		test_row(v->name);
		CHECK_RC(ladder_kdf(crypto_test(), v->parent, (const uint8_t *)v->label,
				    strlen(v->label), v->context, v->context_len, key, v->key_len),
			 RC_OK);
		CHECK_BYTES(key, v->key, v->key_len);
		for (size_t k = 0; k < COUNT(labels); k++) {
			if (strcmp(labels[k].text, v->label) != 0)
				continue;
			known = true;
			CHECK(strcmp(ladder_label_text(labels[k].label), v->label) == 0);
			CHECK_RC(ladder_derive(crypto_test(), v->parent, labels[k].label,
					       v->context, v->context_len, key),
				 RC_OK);
			if (v->key_len == CRYPTO_KEY)
				CHECK_BYTES(key, v->key, CRYPTO_KEY);
		}
		CHECK(known);
	}
}

static void
ladder__the_published_derivation_vector_is_met(void)
{
	/* NIST CAVP, KDFCTR_gen.rsp: CMAC_AES128, counter before fixed data, r = 8, L = 128, count
	 * 0. Its fixed data is random, so it is given to the MAC as ladder_kdf gives label and
	 * context. */
	const struct crypto *c = crypto_test();
	const uint8_t counter = 1;
	uint8_t key[16], fixed[60], want[16], got[16];
	struct crypto_part parts[] = { { &counter, 1 }, { fixed, sizeof fixed } };

	test_hex("dff1e50ac0b69dc40f1051d46c2b069c", key, sizeof key);
	test_hex("c16e6e02c5a3dcc8d78b9ac1306877761310455b4e41469951d9e6c2245a064b"
		 "33fd8c3b01203a7824485bf0a64060c4648b707d2607935699316ea5",
		 fixed, sizeof fixed);
	test_hex("8be8f0869b3c0ba97b71863d1b9f7813", want, sizeof want);
	CHECK_RC(c->cmac(c->ctx, key, sizeof key, parts, 2, got), RC_OK);
	CHECK_BYTES(got, want, sizeof got);
}

static void
ladder__every_label_has_a_vector_and_no_two_are_equal(void)
{
	struct vector vectors[VECTORS];
	size_t n = read_vectors(vectors);

	for (size_t k = 0; k < COUNT(labels); k++) {
		bool found = false;

		test_row(labels[k].text);
		for (size_t i = 0; i < n; i++)
			found = found || strcmp(vectors[i].label, labels[k].text) == 0;
		CHECK(found);
		for (size_t i = 0; i < k; i++)
			CHECK(strcmp(labels[i].text, labels[k].text) != 0);
	}
}

static void
ladder__master_card_and_service_keys_put_their_context_in_order(void)
{
	struct vector vectors[VECTORS];
	size_t n = read_vectors(vectors);
	const struct crypto *c = crypto_test();
	const struct vector *v = find(vectors, n, "master issuer");
	uint8_t key[16];

	CHECK_RC(ladder_master(c, v->parent, 0x1234, DOMAIN_ISSUER, 1, key), RC_OK);
	CHECK_BYTES(key, v->key, 16);
	v = find(vectors, n, "master ca");
	CHECK_RC(ladder_master(c, v->parent, 0x1234, DOMAIN_CA, 1, key), RC_OK);
	CHECK_BYTES(key, v->key, 16);
	v = find(vectors, n, "master purse");
	CHECK_RC(ladder_master(c, v->parent, 0x1234, DOMAIN_PURSE, 0x7F, key), RC_OK);
	CHECK_BYTES(key, v->key, 16);
	v = find(vectors, n, "card ca");
	CHECK_RC(ladder_card_key(c, v->parent, 0xABCDEF, key), RC_OK);
	CHECK_BYTES(key, v->key, 16);
	v = find(vectors, n, "card purse");
	CHECK_RC(ladder_card_key(c, v->parent, 0, key), RC_OK);
	CHECK_BYTES(key, v->key, 16);
	v = find(vectors, n, "service");
	CHECK_RC(ladder_service_key(c, v->parent, 0x1234, 0x0457, key), RC_OK);
	CHECK_BYTES(key, v->key, 16);
}

static void
ladder__lengths_that_one_counter_byte_cannot_make_are_refused(void)
{
	static uint8_t out[255 * CRYPTO_MAC + 1];
	const uint8_t key[16] = { 1 }, label[1] = { 'x' };

	CHECK_RC(ladder_kdf(crypto_test(), key, label, 1, NULL, 0, out, 0), RC_RANGE);
	CHECK_RC(ladder_kdf(crypto_test(), key, label, 1, NULL, 0, out, sizeof out), RC_RANGE);
	CHECK_RC(ladder_kdf(crypto_test(), key, label, 1, NULL, 0, out, sizeof out - 1), RC_OK);
	/* Each block is another one. */
	CHECK(memcmp(out, out + 254 * CRYPTO_MAC, CRYPTO_MAC) != 0);
}

static void
ladder__a_failing_operation_yields_no_key(void)
{
	const uint8_t parent[16] = { 2 };
	struct crypto_fault fault;
	uint8_t key[16], zero[16] = { 0 }, two[32] = { 0 };

	for (unsigned int i = 0; i < 3; i++) {
		enum rc rc;

		memset(key, 0, sizeof key);
		crypto_fault_init(&fault, crypto_test(), 1);
		rc = i == 0   ? ladder_master(&fault.table, parent, 1, DOMAIN_CA, 1, key)
		     : i == 1 ? ladder_card_key(&fault.table, parent, 1, key)
			      : ladder_service_key(&fault.table, parent, 1, 1, key);
		CHECK_RC(rc, RC_CRYPTO);
		CHECK_BYTES(key, zero, sizeof key);
	}
	crypto_fault_init(&fault, crypto_test(), 2);
	CHECK_RC(ladder_kdf(&fault.table, parent, parent, 1, NULL, 0, two, sizeof two), RC_CRYPTO);
	CHECK_BYTES(two, zero, sizeof zero);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(ladder__every_step_matches_the_independent_vectors),
		TEST(ladder__the_published_derivation_vector_is_met),
		TEST(ladder__every_label_has_a_vector_and_no_two_are_equal),
		TEST(ladder__master_card_and_service_keys_put_their_context_in_order),
		TEST(ladder__lengths_that_one_counter_byte_cannot_make_are_refused),
		TEST(ladder__a_failing_operation_yields_no_key),
	};

	return test_run("ladder", cases, COUNT(cases));
}
