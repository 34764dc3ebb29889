// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/headend: the sealed bytes with which another operator is admitted to a card. */
#include "crypto_test.h"
#include "headend/admission.h"
#include "test.h"

#include <string.h>

static const uint8_t key[ADMISSION_KEY] = { 1, 2, 3 };

static struct admission
sample(void)
{
	struct admission a = { .issuer = 7, .leaf = 0xABCDEF, .operator_id = 9, .instance = 3 };

	memset(a.keys.enc, 0xE1, sizeof a.keys.enc);
	memset(a.keys.mac, 0xE2, sizeof a.keys.mac);
	memset(a.keys.dek, 0xE3, sizeof a.keys.dek);
	return a;
}

static void
seal(const struct admission *a, uint8_t out[ADMISSION_SIZE + 1])
{
	CHECK_RC(admission_seal(crypto_test_openssl(), crypto_test(), key, a, out), RC_OK);
}

static enum rc
opened(const uint8_t *in, size_t len)
{
	struct admission a;

	return admission_open(crypto_test_openssl(), key, in, len, &a);
}

static void
admission__comes_back_as_it_was_sealed(void)
{
	const struct admission a = sample();
	uint8_t bytes[ADMISSION_SIZE + 1], again[ADMISSION_SIZE + 1];
	struct admission b = { 0 };

	seal(&a, bytes);
	CHECK_RC(admission_open(crypto_test_openssl(), key, bytes, ADMISSION_SIZE, &b), RC_OK);
	CHECK(b.issuer == 7 && b.leaf == 0xABCDEF && b.operator_id == 9 && b.instance == 3);
	CHECK(memcmp(&a.keys, &b.keys, sizeof a.keys) == 0);
	for (size_t i = 0; i + CRYPTO_KEY <= ADMISSION_SIZE; i++)
		CHECK(memcmp(bytes + i, a.keys.dek, CRYPTO_KEY) != 0);
	seal(&a, again);
	CHECK(memcmp(bytes, again, ADMISSION_SIZE) != 0);
}

static void
admission__cut_lengthened_or_altered_anywhere_is_refused(void)
{
	const struct admission a = sample();
	uint8_t bytes[ADMISSION_SIZE + 1] = { 0 };

	seal(&a, bytes);
	for (size_t len = 0; len < ADMISSION_SIZE; len++)
		CHECK_RC(opened(bytes, len), len < 8 ? RC_FORMAT : RC_TRUNCATED);
	CHECK_RC(opened(bytes, ADMISSION_SIZE + 1), RC_FORMAT);
	for (size_t i = 0; i < ADMISSION_SIZE; i++) {
		bytes[i] ^= 0x10;
		CHECK_RC(opened(bytes, ADMISSION_SIZE),
			 i < 8 ? RC_FORMAT : (i == 8 ? RC_VERSION : RC_AUTH));
		bytes[i] ^= 0x10;
	}
	CHECK_RC(opened(bytes, ADMISSION_SIZE), RC_OK);
}

static void
admission__of_another_transport_key_or_to_the_issuers_instance_is_refused(void)
{
	const uint8_t other[ADMISSION_KEY] = { 1, 2, 4 };
	uint8_t bytes[ADMISSION_SIZE + 1];
	struct admission a = sample(), b;

	seal(&a, bytes);
	CHECK_RC(admission_open(crypto_test_openssl(), other, bytes, ADMISSION_SIZE, &b), RC_AUTH);
	a.instance = 1;
	seal(&a, bytes);
	CHECK_RC(opened(bytes, ADMISSION_SIZE), RC_FORMAT);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(admission__comes_back_as_it_was_sealed),
		TEST(admission__cut_lengthened_or_altered_anywhere_is_refused),
		TEST(admission__of_another_transport_key_or_to_the_issuers_instance_is_refused),
	};

	return test_run("headend_admission", cases, sizeof cases / sizeof cases[0]);
}
