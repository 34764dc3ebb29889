// SPDX-License-Identifier: GPL-3.0-or-later
/* keys/store: shares, export of masters, audit log, reference to a token. */
#include "base/hex.h"
#include "base/mem.h"
#include "crypto_fault.h"
#include "crypto_test.h"
#include "store/audit.h"
#include "store/ceremony.h"
#include "store/keystore_format.h"
#include "store/token_reference.h"
#include "store/transport.h"
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define PASSPHRASE "correct horse"
#define PASSPHRASE_LEN (sizeof PASSPHRASE - 1)

static const struct keystore_cost low_cost = { 4, 8, 1 };
static char folder[] = "/tmp/tessera-ceremony-XXXXXX";
static char path[64], other[64], log_path[80], other_log[80], why[KEYSTORE_WHY];

static void
clean(void)
{
	(void)unlink(path);
	(void)unlink(other);
	(void)unlink(log_path);
	(void)unlink(other_log);
}

static void
make(void)
{
	clean();
	CHECK_RC(keystore_create_at_cost(path, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, 7,
					 &low_cost, why),
		 RC_OK);
}

/* Card key of leaf 5 of the CA domain from the keystore at a path. */
static enum rc
card_key(const char *at, uint8_t key[CRYPTO_KEY])
{
	struct keystore *k = NULL;
	enum rc rc = keystore_open(at, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, &k, why);

	if (rc == RC_OK)
		rc = keystore_card_key(k, DOMAIN_CA, 5, key);
	keystore_free(&k);
	return rc;
}

static void
shamir__any_k_of_n_give_the_secret_and_fewer_another_one(void)
{
	static const uint8_t secret[] = { 0x00, 0x01, 0x80, 0xFF, 0x5A };
	uint8_t space[5][sizeof secret], got[sizeof secret];
	uint8_t *values[5] = { space[0], space[1], space[2], space[3], space[4] };

	CHECK_RC(shamir_split(crypto_test(), secret, sizeof secret, 3, 5, values), RC_OK);
	for (uint8_t a = 0; a < 5; a++) {
		for (uint8_t b = 0; b < 5; b++) {
			for (uint8_t c = 0; c < 5; c++) {
				const uint8_t x[3] = { (uint8_t)(a + 1), (uint8_t)(b + 1),
						       (uint8_t)(c + 1) };
				const uint8_t *some[3] = { space[a], space[b], space[c] };
				const bool twice = a == b || b == c || a == c;

				CHECK_RC(shamir_combine(x, some, 3, sizeof secret, got),
					 twice ? RC_CONFLICT : RC_OK);
				CHECK(twice || memcmp(got, secret, sizeof secret) == 0);
				if (!twice) {
					CHECK_RC(shamir_combine(x, some, 2, sizeof secret, got),
						 RC_OK);
					CHECK(memcmp(got, secret, sizeof secret) != 0);
				}
			}
		}
	}
}

static void
shamir__a_published_polynomial_gives_its_constant(void)
{
	/* f(x) = 0x42 + 0x99 x + 0x17 x^2 over the field of FIPS 197: f(1) = 0xCC; computed by
	 * hand with the products 0x99·2 = 0x29, 0x17·4 = 0x5C: f(2) = 0x37; 0x99·3 = 0xB0,
	 * 0x17·5 = 0x4B: f(3) = 0xB9. */
	static const uint8_t x[] = { 1, 2, 3 }, f1[] = { 0xCC }, f2[] = { 0x37 }, f3[] = { 0xB9 };
	const uint8_t *values[] = { f1, f2, f3 };
	uint8_t got = 0;

	CHECK_RC(shamir_combine(x, values, 3, 1, &got), RC_OK);
	CHECK(got == 0x42);
}

static void
shamir__impossible_parameters_and_failing_randomness_are_refused(void)
{
	uint8_t space[2][4] = { { 1 } }, secret[4] = { 1, 2, 3, 4 };
	uint8_t *values[2] = { space[0], space[1] };
	const uint8_t zero[2] = { 0, 1 };
	const uint8_t *given[2] = { space[0], space[1] };
	struct crypto_fault fault;

	CHECK_RC(shamir_split(crypto_test(), secret, 4, 1, 2, values), RC_RANGE);
	CHECK_RC(shamir_split(crypto_test(), secret, 4, 3, 2, values), RC_RANGE);
	CHECK_RC(shamir_split(crypto_test(), secret, 0, 2, 2, values), RC_RANGE);
	CHECK_RC(shamir_split(crypto_test(), secret, 4, 2, 17, values), RC_RANGE);
	CHECK_RC(shamir_combine(zero, given, 2, 4, secret), RC_RANGE);
	crypto_fault_init(&fault, crypto_test(), 3);
	CHECK_RC(shamir_split(&fault.table, secret, 4, 2, 2, values), RC_CRYPTO);
	CHECK(space[0][0] == 0 && space[1][1] == 0);
}

static struct share shares[5], back;

static void
share__text_round_trip_and_every_altered_digit_is_found_with_its_line(void)
{
	char text[SHARE_TEXT_MAX], saved;
	unsigned int line = 0;
	size_t len;

	make();
	CHECK_RC(keystore_share(path, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, 3, 5,
				shares, why),
		 RC_OK);
	len = share_encode(&shares[1], text);
	CHECK(len < sizeof text && strlen(text) == len);
	CHECK_RC(share_decode(text, len, &back, &line), RC_OK);
	CHECK(back.set == shares[1].set && back.x == 2 && back.count == 5 && back.threshold == 3 &&
	      back.operator_id == 7 && back.len == shares[1].len);
	CHECK_BYTES(back.value, shares[1].value, back.len);
	for (size_t i = 0; i < len; i++) {
		saved = text[i];
		if (saved == ' ' || saved == '\n')
			continue;
		text[i] = saved == '3' ? '4' : '3';
		CHECK(share_decode(text, len, &back, &line) != RC_OK);
		text[i] = saved;
	}
	for (size_t n = 0; n + 1 < len; n++)
		CHECK(share_decode(text, n, &back, &line) != RC_OK);
}

static void
share__shares_of_a_keystore_give_it_back_under_a_new_passphrase(void)
{
	uint8_t before[CRYPTO_KEY], after[CRYPTO_KEY];
	struct share some[3];

	make();
	CHECK_RC(card_key(path, before), RC_OK);
	CHECK_RC(keystore_share(path, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, 3, 5,
				shares, why),
		 RC_OK);
	some[0] = shares[4];
	some[1] = shares[0];
	some[2] = shares[2];
	CHECK_RC(keystore_combine(other, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, some, 2,
				  why),
		 RC_NOT_FOUND);
	CHECK(strstr(why, "2 of the 3 that are needed") != NULL);
	some[1].value[9] ^= 1;
	CHECK_RC(keystore_combine(other, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, some, 3,
				  why),
		 RC_INTEGRITY);
	some[1] = some[0];
	CHECK_RC(keystore_combine(other, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, some, 3,
				  why),
		 RC_CONFLICT);
	some[1] = shares[1];
	some[1].set ^= 1;
	CHECK_RC(keystore_combine(other, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, some, 3,
				  why),
		 RC_CONFLICT);
	CHECK(access(other, F_OK) != 0);
	some[1].set ^= 1;
	CHECK_RC(keystore_combine(other, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, some, 3,
				  why),
		 RC_OK);
	CHECK_RC(card_key(other, after), RC_OK);
	CHECK_BYTES(before, after, sizeof before);
}

static void
transport__a_head_end_gets_the_masters_it_is_given_and_no_root(void)
{
	const uint8_t key[TRANSPORT_KEY] = { 1, 2, 3 }, wrong[TRANSPORT_KEY] = { 1, 2, 4 };
	uint8_t bytes[TRANSPORT_MAX], before[CRYPTO_KEY], after[CRYPTO_KEY];
	uint8_t digest[CRYPTO_HASH] = { 5 }, signature[CRYPTO_SIGNATURE];
	struct keystore *k = NULL;
	struct keystore_entry e;
	size_t len = 0;

	make();
	CHECK_RC(card_key(path, before), RC_OK);
	CHECK_RC(keystore_export(path, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN,
				 TRANSPORT_DOMAIN(DOMAIN_ECASH), false, key, bytes, &len, why),
		 RC_NOT_FOUND);
	CHECK_RC(keystore_export(path, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN,
				 TRANSPORT_DOMAIN(DOMAIN_CA), true, key, bytes, &len, why),
		 RC_OK);
	CHECK_RC(keystore_import(other, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, wrong,
				 bytes, len, why),
		 RC_AUTH);
	for (size_t i = 0; i < len; i++) {
		bytes[i] ^= 1;
		CHECK(keystore_import(other, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, key,
				      bytes, len, why) != RC_OK);
		bytes[i] ^= 1;
		CHECK(keystore_import(other, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, key,
				      bytes, i, why) != RC_OK);
	}
	CHECK_RC(keystore_import(other, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, key,
				 bytes, len, why),
		 RC_OK);
	CHECK_RC(card_key(other, after), RC_OK);
	CHECK_BYTES(before, after, sizeof before);
	CHECK_RC(keystore_open(other, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, &k, why),
		 RC_OK);
	if (!k)
		return;
	CHECK(keystore_count(k) == 3 && keystore_master_version(k, DOMAIN_PURSE) == 0);
	CHECK_RC(keystore_entry_at(k, 0, &e), RC_OK);
	CHECK(strcmp(e.name, "master ca operator 7") == 0);
	CHECK_RC(keystore_sign(k, KEYSTORE_SIGNING, digest, signature), RC_OK);
	CHECK_RC(keystore_sign(k, KEYSTORE_ROOT_SIGNING, digest, signature), RC_NOT_FOUND);
	keystore_free(&k);
	CHECK(access(other_log, F_OK) != 0); /* no root, no use of one */
	CHECK_RC(keystore_share(other, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, 2, 3,
				shares, why),
		 RC_NOT_FOUND);
}

static char last_line[AUDIT_LINE_MAX];

static void
keep_line(void *ctx, const char *line)
{
	(*(unsigned int *)ctx)++;
	snprintf(last_line, sizeof last_line, "%s", line);
}

static void
audit__every_use_of_a_root_is_in_the_log_and_the_chain_is_whole(void)
{
	struct audit_head head, middle;
	struct keystore *k = NULL;
	uint8_t digest[CRYPTO_HASH] = { 0xAB }, signature[CRYPTO_SIGNATURE];
	unsigned int lines = 0;
	bool is_in = false;

	make();
	CHECK_RC(audit_verify(path, crypto_test(), NULL, NULL, NULL, NULL, &head, why),
		 RC_NOT_FOUND);
	CHECK_RC(keystore_open(path, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, &k, why),
		 RC_OK);
	CHECK_RC(audit_verify(path, crypto_test(), keep_line, &lines, NULL, NULL, &middle, why),
		 RC_OK);
	CHECK(lines == 1 && strstr(last_line, "root v1: derive 3 masters of operator 7") != NULL);
	if (!k)
		return;
	CHECK_RC(keystore_sign(k, KEYSTORE_SIGNING, digest, signature), RC_OK);
	CHECK_RC(keystore_sign(k, KEYSTORE_ROOT_SIGNING, digest, signature), RC_OK);
	keystore_free(&k);
	CHECK_RC(audit_verify(path, crypto_test(), keep_line, &lines, &middle, &is_in, &head, why),
		 RC_OK);
	CHECK(lines == 3 && head.count == 2 && is_in);
	CHECK(strstr(last_line, "root-signing key v1: sign AB00000000000000") != NULL);
	middle.chain[0] ^= 1;
	CHECK_RC(audit_verify(path, crypto_test(), NULL, NULL, &middle, &is_in, &head, why), RC_OK);
	CHECK(!is_in);
}

static void
rollover__the_next_signing_key_replaces_the_old_one_and_nothing_else_changes(void)
{
	uint8_t before[CRYPTO_KEY], after[CRYPTO_KEY], version = 0, pub[CRYPTO_PUBLIC],
						       next[CRYPTO_PUBLIC], root[CRYPTO_PUBLIC],
						       same[CRYPTO_PUBLIC];
	const uint8_t digest[CRYPTO_HASH] = { 0xAB };
	uint8_t signature[CRYPTO_SIGNATURE];
	struct keystore_body body;
	struct keystore *k = NULL;
	struct audit_head head;
	unsigned int lines = 0;

	make();
	CHECK_RC(card_key(path, before), RC_OK);
	CHECK_RC(keystore_unseal(path, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, &body,
				 why),
		 RC_OK);
	memcpy(pub, body.pairs[KEYSTORE_SIGNING].public_key, sizeof pub);
	memcpy(root, body.pairs[KEYSTORE_ROOT_SIGNING].public_key, sizeof root);
	CHECK_RC(keystore_rotate_signing(path, crypto_test_openssl(), "wrong", 5, &version, why),
		 RC_AUTH);
	CHECK_RC(keystore_rotate_signing(path, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN,
					 &version, why),
		 RC_OK);
	CHECK(version == 2);
	CHECK_RC(audit_verify(path, crypto_test(), keep_line, &lines, NULL, NULL, &head, why),
		 RC_OK);
	CHECK(strstr(last_line, "signing key v1: replace by v2 in the file") != NULL);
	CHECK_RC(card_key(path, after), RC_OK);
	CHECK_BYTES(after, before, CRYPTO_KEY);
	CHECK_RC(keystore_open(path, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, &k, why),
		 RC_OK);
	if (!k)
		return;
	CHECK_RC(keystore_public(k, KEYSTORE_SIGNING, &version, next), RC_OK);
	CHECK(version == 2 && memcmp(next, pub, sizeof pub) != 0);
	CHECK_RC(keystore_sign(k, KEYSTORE_SIGNING, digest, signature), RC_OK);
	CHECK_RC(crypto_test()->verify(crypto_test()->ctx, next, digest, signature), RC_OK);
	CHECK_RC(keystore_public(k, KEYSTORE_ROOT_SIGNING, &version, same), RC_OK);
	CHECK_BYTES(same, root, sizeof root);
	CHECK(version == 1);
	keystore_free(&k);
	mem_wipe(&body, sizeof body);
}

/* Whoever looks finds the old file or the new one: what cannot be written changes nothing. */
static void
rollover__that_cannot_be_written_or_logged_leaves_the_old_key(void)
{
	struct keystore_body old, now;
	uint8_t version = 0;

	make();
	CHECK_RC(
		keystore_unseal(path, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, &old, why),
		RC_OK);
	CHECK(mkdir(log_path, 0700) == 0);
	CHECK_RC(keystore_rotate_signing(path, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN,
					 &version, why),
		 RC_IO);
	CHECK(rmdir(log_path) == 0);
	CHECK_RC(
		keystore_unseal(path, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, &now, why),
		RC_OK);
	CHECK_BYTES((const uint8_t *)&now, (const uint8_t *)&old, sizeof old);
	now.pairs[KEYSTORE_SIGNING].version = UINT8_MAX;
	CHECK_RC(
		keystore_reseal(path, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, &now, why),
		RC_OK);
	CHECK_RC(keystore_rotate_signing(path, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN,
					 &version, why),
		 RC_RANGE);
	CHECK(version == 0 && access(path, F_OK) == 0);
	mem_wipe(&old, sizeof old);
	mem_wipe(&now, sizeof now);
}

static size_t
slurp(char *bytes, size_t cap)
{
	FILE *f = fopen(log_path, "rb");
	size_t n = f ? fread(bytes, 1, cap, f) : 0;

	if (f)
		(void)fclose(f);
	return n;
}

static void
spill(const char *bytes, size_t len)
{
	FILE *f = fopen(log_path, "wb");

	CHECK(f && fwrite(bytes, 1, len, f) == len);
	if (f)
		(void)fclose(f);
}

static void
audit__an_altered_byte_or_a_lost_line_is_found_and_a_torn_tail_is_forgotten(void)
{
	char bytes[1024];
	struct audit_head head;
	size_t len, second;

	make();
	for (unsigned int i = 0; i < 3; i++)
		CHECK_RC(audit_append(path, crypto_test(), "root v1: test", why), RC_OK);
	len = slurp(bytes, sizeof bytes);
	for (size_t i = 0; i + 1 < len; i++) {
		bytes[i] ^= 1;
		spill(bytes, len);
		CHECK_RC(audit_verify(path, crypto_test(), NULL, NULL, NULL, NULL, &head, why),
			 RC_INTEGRITY);
		bytes[i] ^= 1;
	}
	second = (size_t)(strchr(bytes, '\n') - bytes) + 1;
	spill(bytes + second, len - second);
	CHECK_RC(audit_verify(path, crypto_test(), NULL, NULL, NULL, NULL, &head, why),
		 RC_INTEGRITY);
	for (size_t cut = second; cut < len; cut++) {
		spill(bytes, cut);
		CHECK_RC(audit_append(path, crypto_test(), "root v1: after a crash", why), RC_OK);
		CHECK_RC(audit_verify(path, crypto_test(), NULL, NULL, NULL, NULL, &head, why),
			 RC_OK);
		CHECK(head.count == (cut < 2 * second ? 2 : 3));
	}
	spill("rubbish\n", 8);
	CHECK_RC(audit_append(path, crypto_test(), "root v1: test", why), RC_INTEGRITY);
}

static void
audit__a_root_is_not_used_when_the_use_cannot_be_logged(void)
{
	uint8_t key[CRYPTO_KEY];

	make();
	CHECK(mkdir(log_path, 0700) == 0);
	CHECK_RC(card_key(path, key), RC_IO);
	CHECK(strstr(why, "audit log") != NULL);
	CHECK(rmdir(log_path) == 0);
	CHECK_RC(card_key(path, key), RC_OK);
}

static void
token_reference__round_trip_and_what_is_damaged_is_named(void)
{
	struct token_reference ref = { 7, "pkcs11:token=tessera" }, got;
	static const char *const bad[] = { "tessera-token 1\n",
					   "tessera-token 1\noperator 0\npkcs11:\n",
					   "tessera-token 1\noperator 70000\npkcs11:\n",
					   "tessera-token 1\noperator 7\n",
					   "tessera-token 1\noperator 7\npkcs11:a\npkcs11:b\n" };
	struct keystore *k = NULL;

	clean();
	CHECK_RC(token_reference_create(path, &ref, why), RC_OK);
	CHECK_RC(token_reference_read(path, &got, why), RC_OK);
	CHECK(got.operator_id == 7 && strcmp(got.uri, ref.uri) == 0);
	CHECK_RC(keystore_share(path, crypto_test_openssl(), "x", 1, 2, 3, shares, why), RC_STATE);
	for (size_t i = 0; i < COUNT(bad); i++) {
		int fd = open(path, O_WRONLY | O_TRUNC);

		CHECK(fd >= 0 && write(fd, bad[i], strlen(bad[i])) == (ssize_t)strlen(bad[i]));
		(void)close(fd);
		CHECK_RC(token_reference_read(path, &got, why), RC_INTEGRITY);
		CHECK_RC(keystore_open(path, crypto_test_openssl(), "x", 1, &k, why), RC_INTEGRITY);
	}
	snprintf(ref.uri, sizeof ref.uri, "pkcs11:a\nb");
	CHECK_RC(token_reference_create(other, &ref, why), RC_RANGE);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(shamir__any_k_of_n_give_the_secret_and_fewer_another_one),
		TEST(shamir__a_published_polynomial_gives_its_constant),
		TEST(shamir__impossible_parameters_and_failing_randomness_are_refused),
		TEST(share__text_round_trip_and_every_altered_digit_is_found_with_its_line),
		TEST(share__shares_of_a_keystore_give_it_back_under_a_new_passphrase),
		TEST(transport__a_head_end_gets_the_masters_it_is_given_and_no_root),
		TEST(audit__every_use_of_a_root_is_in_the_log_and_the_chain_is_whole),
		TEST(audit__an_altered_byte_or_a_lost_line_is_found_and_a_torn_tail_is_forgotten),
		TEST(audit__a_root_is_not_used_when_the_use_cannot_be_logged),
		TEST(rollover__the_next_signing_key_replaces_the_old_one_and_nothing_else_changes),
		TEST(rollover__that_cannot_be_written_or_logged_leaves_the_old_key),
		TEST(token_reference__round_trip_and_what_is_damaged_is_named),
	};
	int status;

	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	(void)snprintf(path, sizeof path, "%s/keystore", folder);
	(void)snprintf(other, sizeof other, "%s/other", folder);
	(void)snprintf(log_path, sizeof log_path, "%s" AUDIT_SUFFIX, path);
	(void)snprintf(other_log, sizeof other_log, "%s" AUDIT_SUFFIX, other);
	status = test_run("keystore_ceremony", cases, COUNT(cases));
	clean();
	(void)rmdir(folder);
	return status;
}
