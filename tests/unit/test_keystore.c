// SPDX-License-Identifier: GPL-3.0-or-later
/* keys/store: the keystore file. scrypt is set to its lowest cost, except where the cost itself is
 * tested. */
#include "base/mem.h"
#include "crypto_test.h"
#include "store/audit.h"
#include "store/keystore_format.h"
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
static char folder[] = "/tmp/tessera-keystore-XXXXXX";
static char path[64];

/* A fresh keystore at path. */
static void
make(uint16_t operator_id)
{
	char why[KEYSTORE_WHY];

	(void)unlink(path);
	CHECK_RC(keystore_create_at_cost(path, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN,
					 operator_id, &low_cost, why),
		 RC_OK);
}

static enum rc
open_with(const char *passphrase, size_t len, struct keystore **k, char why[KEYSTORE_WHY])
{
	*k = NULL;
	why[0] = '\0';
	return keystore_open(path, crypto_test_openssl(), passphrase, len, k, why);
}

static size_t
slurp(uint8_t bytes[KEYSTORE_FILE_MAX])
{
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(bytes, 1, KEYSTORE_FILE_MAX, f) : 0;

	CHECK(f != NULL && n > 0);
	if (f)
		(void)fclose(f);
	return n;
}

static void
spill(const uint8_t *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CREAT, 0600);

	CHECK(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	(void)close(fd);
}

static void
keystore__what_is_made_is_opened_and_gives_the_same_keys_each_time(void)
{
	struct keystore *first, *second;
	uint8_t a[32], b[32], version = 0, public_key[64], digest[32] = { 9 }, signature[64];
	const struct crypto *c = crypto_test();
	char why[KEYSTORE_WHY];

	make(0x1234);
	CHECK_RC(open_with(PASSPHRASE, PASSPHRASE_LEN, &first, why), RC_OK);
	CHECK_RC(open_with(PASSPHRASE, PASSPHRASE_LEN, &second, why), RC_OK);
	if (!first || !second)
		return;
	CHECK(keystore_operator(first) == 0x1234);
	CHECK(keystore_master_version(first, DOMAIN_CA) == 1);
	CHECK(keystore_master_version(first, DOMAIN_ECASH) == 0);
	CHECK_RC(keystore_card_key(first, DOMAIN_CA, 7, a), RC_OK);
	CHECK_RC(keystore_card_key(second, DOMAIN_CA, 7, b), RC_OK);
	CHECK_BYTES(a, b, 16);
	CHECK_RC(keystore_card_key(second, DOMAIN_PURSE, 7, b), RC_OK);
	CHECK(memcmp(a, b, 16) != 0);
	CHECK_RC(keystore_card_key(second, DOMAIN_CA, 8, b), RC_OK);
	CHECK(memcmp(a, b, 16) != 0);
	CHECK_RC(keystore_database_key(first, a), RC_OK);
	CHECK_RC(keystore_database_key(second, b), RC_OK);
	CHECK_BYTES(a, b, 32);
	CHECK(memcmp(a, a + 16, 16) != 0);
	for (unsigned int which = 0; which < KEYSTORE_PAIRS; which++) {
		CHECK_RC(keystore_public(first, (enum keystore_pair)which, &version, public_key),
			 RC_OK);
		CHECK(version == 1);
		CHECK_RC(keystore_sign(second, (enum keystore_pair)which, digest, signature),
			 RC_OK);
		CHECK_RC(c->verify(c->ctx, public_key, digest, signature), RC_OK);
	}
	keystore_free(&first);
	keystore_free(&second);
	CHECK(first == NULL);
	keystore_free(&first);
}

static void
keystore__keys_follow_the_ladder_from_the_stored_root(void)
{
	struct keystore_header h;
	struct keystore_body b;
	uint8_t bytes[KEYSTORE_FILE_MAX], key[32], plain[KEYSTORE_BODY_MAX], master[16], want[16];
	size_t len;
	const char *field = NULL;
	struct keystore *k;
	char why[KEYSTORE_WHY];

	make(3);
	len = slurp(bytes);
	CHECK_RC(keystore_header_decode(bytes, len, &h, &field), RC_OK);
	CHECK_RC(crypto_openssl_scrypt(PASSPHRASE, PASSPHRASE_LEN, h.salt, sizeof h.salt,
				       h.cost.log2_n, h.cost.r, h.cost.par, key, sizeof key),
		 RC_OK);
	CHECK_RC(crypto_openssl_open(crypto_test_openssl(), key, h.nonce, bytes, KEYSTORE_HEADER,
				     bytes + KEYSTORE_HEADER, h.sealed_len, plain,
				     bytes + len - CRYPTO_AEAD_TAG),
		 RC_OK);
	CHECK_RC(keystore_body_decode(plain, h.sealed_len, &b, &field), RC_OK);
	CHECK(b.operator_id == 3 && b.master_count == 3);
	CHECK_RC(ladder_master(crypto_test(), b.root, 3, DOMAIN_PURSE, 1, master), RC_OK);
	CHECK_RC(ladder_card_key(crypto_test(), master, 0xABCDEF, want), RC_OK);
	CHECK_RC(open_with(PASSPHRASE, PASSPHRASE_LEN, &k, why), RC_OK);
	if (!k)
		return;
	CHECK_RC(keystore_card_key(k, DOMAIN_PURSE, 0xABCDEF, key), RC_OK);
	CHECK_BYTES(key, want, sizeof want);
	CHECK_RC(keystore_card_key(k, DOMAIN_PURSE, 0x1000000, key), RC_RANGE);
	CHECK_RC(keystore_card_key(k, DOMAIN_ECASH, 1, key), RC_NOT_FOUND);
	keystore_free(&k);
}

static void
keystore__a_file_of_version_1_made_elsewhere_opens_for_ever(void)
{
	/* tests/vectors/make_keystore.py; its root is that of ladder.txt, so its card keys are
	 * there as well. */
	const struct crypto *c = crypto_test();
	uint8_t bytes[KEYSTORE_FILE_MAX] = { 0 }, want[64], key[32], digest[32] = { 7 },
		version = 0;
	uint8_t public_key[64], signature[64];
	FILE *f = fopen(TESSERA_SOURCE_DIR "/tests/vectors/keystore_1", "rb");
	size_t len = f ? fread(bytes, 1, sizeof bytes, f) : 0;
	char why[KEYSTORE_WHY];
	struct keystore *k;

	CHECK(f != NULL && len > 0);
	if (f)
		(void)fclose(f);
	(void)unlink(path);
	spill(bytes, len);
	CHECK_RC(open_with("golden keystore", 15, &k, why), RC_OK);
	if (!k)
		return;
	CHECK(keystore_operator(k) == 0x1234 && keystore_master_version(k, DOMAIN_PURSE) == 0x7F);
	test_hex("9029EB8E5E2D392CB4DCEEE252F0E640", want, sizeof want);
	CHECK_RC(keystore_card_key(k, DOMAIN_CA, 0xABCDEF, key), RC_OK);
	CHECK_BYTES(key, want, 16);
	test_hex("4709E152F87366025497AD4591C5ED3B", want, sizeof want);
	CHECK_RC(keystore_card_key(k, DOMAIN_PURSE, 0, key), RC_OK);
	CHECK_BYTES(key, want, 16);
	test_hex("883624A1E242068A4353087238159CAE11E5324D2EB80F4DEAC91B56E6169DEE", want,
		 sizeof want);
	CHECK_RC(keystore_database_key(k, key), RC_OK);
	CHECK_BYTES(key, want, 32);
	CHECK_RC(keystore_public(k, KEYSTORE_SIGNING, &version, public_key), RC_OK);
	CHECK(version == 5 && public_key[0] == 0xDA);
	CHECK_RC(keystore_sign(k, KEYSTORE_SIGNING, digest, signature), RC_OK);
	CHECK_RC(c->verify(c->ctx, public_key, digest, signature), RC_OK);
	keystore_free(&k);
}

static void
keystore__entries_have_check_values_and_no_keys(void)
{
	static const char *const names[] = { "root",
					     "master issuer operator 5",
					     "master ca operator 5",
					     "master purse operator 5",
					     "root-signing key",
					     "signing key" };
	struct keystore_entry e;
	struct keystore *k;
	char why[KEYSTORE_WHY];

	make(5);
	CHECK_RC(open_with(PASSPHRASE, PASSPHRASE_LEN, &k, why), RC_OK);
	if (!k)
		return;
	CHECK(keystore_count(k) == COUNT(names));
	for (size_t i = 0; i < COUNT(names); i++) {
		test_row(names[i]);
		CHECK_RC(keystore_entry_at(k, i, &e), RC_OK);
		CHECK(strcmp(e.name, names[i]) == 0 && e.version == 1);
		CHECK(e.check_len == (i < 4 ? 3 : 8));
	}
	CHECK_RC(keystore_entry_at(k, COUNT(names), &e), RC_RANGE);
	keystore_free(&k);
}

static void
keystore__the_file_is_for_its_owner_alone_and_nothing_else_is_left(void)
{
	char why[KEYSTORE_WHY], command[128];
	struct keystore *k;
	struct stat st;
	static const mode_t modes[] = { 0640, 0604, 0660, 0610, 0601, 0644 };

	make(1);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600 && st.st_nlink == 1);
	(void)snprintf(command, sizeof command, "test \"$(ls -A %s | grep -v audit)\" = keystore",
		       folder);
	CHECK(system(command) == 0);
	for (size_t i = 0; i < COUNT(modes); i++) {
		CHECK(chmod(path, modes[i]) == 0);
		CHECK_RC(open_with(PASSPHRASE, PASSPHRASE_LEN, &k, why), RC_REFUSED);
		CHECK(strstr(why, "mode") != NULL && strstr(why, "want 600") != NULL);
	}
	CHECK(chmod(path, 0400) == 0);
	CHECK_RC(open_with(PASSPHRASE, PASSPHRASE_LEN, &k, why), RC_OK);
	keystore_free(&k);
}

static void
keystore__an_existing_file_is_never_replaced(void)
{
	uint8_t before[KEYSTORE_FILE_MAX], after[KEYSTORE_FILE_MAX];
	char why[KEYSTORE_WHY];
	size_t len;

	make(1);
	len = slurp(before);
	CHECK_RC(
		keystore_create_at_cost(path, crypto_test_openssl(), "other", 5, 1, &low_cost, why),
		RC_CONFLICT);
	CHECK(strstr(why, "already") != NULL);
	CHECK(slurp(after) == len);
	CHECK_BYTES(after, before, len);
	(void)unlink(path);
	CHECK_RC(keystore_create_at_cost(path, crypto_test_openssl(), "x", 1, 0, &low_cost, why),
		 RC_RANGE);
	CHECK_RC(keystore_create_at_cost("/nonexistent/folder/keystore", crypto_test_openssl(), "x",
					 1, 1, &low_cost, why),
		 RC_IO);
	CHECK(strcmp(why, "/nonexistent/folder/keystore: No such file or directory") == 0);
}

static void
keystore__a_wrong_passphrase_opens_nothing(void)
{
	static const struct {
		const char *text;
		size_t len;
	} rows[] = {
		{ "correct horsf", 13 }, { "correct hors", 12 }, { "correct horse ", 14 }, { "", 0 }
	};
	char why[KEYSTORE_WHY];
	struct keystore *k;

	make(1);
	for (size_t i = 0; i < COUNT(rows); i++) {
		test_row(rows[i].text);
		CHECK_RC(open_with(rows[i].text, rows[i].len, &k, why), RC_AUTH);
		CHECK(k == NULL && strstr(why, "wrong passphrase") != NULL);
	}
}

static void
keystore__every_altered_byte_and_every_cut_is_found_out(void)
{
	uint8_t bytes[KEYSTORE_FILE_MAX] = { 0 };
	char why[KEYSTORE_WHY];
	struct keystore *k;
	size_t len;

	make(1);
	len = slurp(bytes);
	for (size_t i = 0; i < len; i++) {
		enum rc rc;

		bytes[i] ^= 0x40;
		spill(bytes, len);
		rc = open_with(PASSPHRASE, PASSPHRASE_LEN, &k, why);
		CHECK(rc == RC_AUTH || rc == RC_FORMAT || rc == RC_VERSION || rc == RC_TRUNCATED);
		CHECK(k == NULL && why[0] != '\0');
		bytes[i] ^= 0x40;
	}
	for (size_t n = 0; n < len; n++) {
		spill(bytes, n);
		CHECK_RC(open_with(PASSPHRASE, PASSPHRASE_LEN, &k, why), RC_TRUNCATED);
	}
	bytes[len] = 0;
	spill(bytes, len + 1);
	CHECK_RC(open_with(PASSPHRASE, PASSPHRASE_LEN, &k, why), RC_FORMAT);
	spill(bytes, len);
	CHECK_RC(open_with(PASSPHRASE, PASSPHRASE_LEN, &k, why), RC_OK);
	keystore_free(&k);
}

static void
keystore__fields_that_cannot_be_are_named(void)
{
	static const struct {
		size_t offset;
		uint8_t value;
		enum rc rc;
		const char *says;
	} rows[] = {
		{ 0, 'X', RC_FORMAT, "magic" },
		{ 8, 3, RC_VERSION, "version: made by another version" },
		{ 8, 0, RC_VERSION, "version" },
		{ 8, 2, RC_AUTH, "altered" },
		{ 9, 2, RC_FORMAT, "key derivation" },
		{ 10, 0, RC_FORMAT, "scrypt cost" },
		{ 10, 18, RC_FORMAT, "scrypt cost" },
		{ 10, 255, RC_FORMAT, "scrypt cost" },
		{ 11, 255, RC_FORMAT, "scrypt cost" },
		{ 12, 255, RC_FORMAT, "scrypt cost" },
		{ 13, 1, RC_FORMAT, "reserved" },
		{ 44, 0xFF, RC_FORMAT, "length" },
	};
	uint8_t bytes[KEYSTORE_FILE_MAX] = { 0 };
	char why[KEYSTORE_WHY];
	struct keystore *k;
	size_t len;

	make(1);
	len = slurp(bytes);
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t before = bytes[rows[i].offset];

		test_row(rows[i].says);
		bytes[rows[i].offset] = rows[i].value;
		spill(bytes, len);
		CHECK_RC(open_with(PASSPHRASE, PASSPHRASE_LEN, &k, why), rows[i].rc);
		CHECK(strstr(why, path) != NULL && strstr(why, rows[i].says) != NULL);
		bytes[rows[i].offset] = before;
	}
}

static struct keystore_body
sound_body(void)
{
	struct keystore_body b = { .root_version = 1, .operator_id = 1, .master_count = 2 };

	b.masters[0].domain = DOMAIN_CA;
	b.masters[0].version = 1;
	b.masters[1].domain = DOMAIN_PURSE;
	b.masters[1].version = 2;
	b.pairs[0].version = 1;
	b.pairs[1].version = 9;
	memset(b.root, 0xA5, sizeof b.root);
	return b;
}

static void
keystore_body__round_trip_truncation_and_impossible_fields(void)
{
	uint8_t bytes[KEYSTORE_BODY_MAX + 1], again[KEYSTORE_BODY_MAX];
	struct keystore_body b = sound_body(), got;
	const char *field = NULL;
	size_t len = keystore_body_encode(&b, bytes);

	CHECK_RC(keystore_body_decode(bytes, len, &got, &field), RC_OK);
	CHECK(keystore_body_encode(&got, again) == len);
	CHECK_BYTES(again, bytes, len);
	for (size_t n = 0; n < len; n++)
		CHECK_RC(keystore_body_decode(bytes, n, &got, &field), RC_TRUNCATED);
	CHECK(got.root[0] == 0); /* wiped */
	bytes[len] = 0;
	CHECK_RC(keystore_body_decode(bytes, len + 1, &got, &field), RC_FORMAT);
	b.masters[1].domain = DOMAIN_CA; /* twice */
	CHECK_RC(keystore_body_decode(bytes, keystore_body_encode(&b, bytes), &got, &field),
		 RC_FORMAT);
	b = sound_body();
	b.masters[0].domain = 5;
	CHECK_RC(keystore_body_decode(bytes, keystore_body_encode(&b, bytes), &got, &field),
		 RC_FORMAT);
	b = sound_body();
	b.masters[0].version = 0;
	CHECK_RC(keystore_body_decode(bytes, keystore_body_encode(&b, bytes), &got, &field),
		 RC_FORMAT);
	b = sound_body();
	b.operator_id = 0;
	CHECK_RC(keystore_body_decode(bytes, keystore_body_encode(&b, bytes), &got, &field),
		 RC_FORMAT);
	CHECK(strcmp(field, "operator") == 0);
	b = sound_body();
	b.pairs[1].version = 0;
	CHECK_RC(keystore_body_decode(bytes, keystore_body_encode(&b, bytes), &got, &field),
		 RC_FORMAT);
	b = sound_body();
	b.root_version = 0;
	CHECK_RC(keystore_body_decode(bytes, keystore_body_encode(&b, bytes), &got, &field),
		 RC_FORMAT);
	bytes[1 + CRYPTO_KEY + 2] = KEYSTORE_MASTERS + 1;
	CHECK_RC(keystore_body_decode(bytes, len, &got, &field), RC_FORMAT);
}

static void
keystore__what_is_no_keystore_file_is_told_apart(void)
{
	struct keystore *k = NULL;
	char why[KEYSTORE_WHY], fifo[80];

	CHECK_RC(keystore_open("/nonexistent", crypto_test_openssl(), "x", 1, &k, why),
		 RC_NOT_FOUND);
	CHECK(strcmp(why, "/nonexistent: there is no keystore") == 0);
	CHECK_RC(keystore_open(folder, crypto_test_openssl(), "x", 1, &k, why), RC_FORMAT);
	CHECK(strstr(why, "no regular file") != NULL);
	(void)snprintf(fifo, sizeof fifo, "%s/fifo", folder);
	CHECK(mkfifo(fifo, 0600) == 0);
	CHECK_RC(keystore_open(fifo, crypto_test_openssl(), "x", 1, &k, why), RC_FORMAT);
	(void)unlink(fifo);
}

static void
keystore__a_new_store_costs_what_the_format_says(void)
{
	uint8_t bytes[KEYSTORE_FILE_MAX] = { 0 };
	struct keystore_header h = { 0 };
	const char *field = NULL;
	char why[KEYSTORE_WHY];

	(void)unlink(path);
	CHECK_RC(keystore_create(path, crypto_test_openssl(), PASSPHRASE, PASSPHRASE_LEN, 1, why),
		 RC_OK);
	CHECK_RC(keystore_header_decode(bytes, slurp(bytes), &h, &field), RC_OK);
	CHECK(h.cost.log2_n == 15 && h.cost.r == 8 && h.cost.par == 1);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(keystore__what_is_made_is_opened_and_gives_the_same_keys_each_time),
		TEST(keystore__keys_follow_the_ladder_from_the_stored_root),
		TEST(keystore__a_file_of_version_1_made_elsewhere_opens_for_ever),
		TEST(keystore__entries_have_check_values_and_no_keys),
		TEST(keystore__the_file_is_for_its_owner_alone_and_nothing_else_is_left),
		TEST(keystore__an_existing_file_is_never_replaced),
		TEST(keystore__a_wrong_passphrase_opens_nothing),
		TEST(keystore__every_altered_byte_and_every_cut_is_found_out),
		TEST(keystore__fields_that_cannot_be_are_named),
		TEST(keystore_body__round_trip_truncation_and_impossible_fields),
		TEST(keystore__what_is_no_keystore_file_is_told_apart),
		TEST(keystore__a_new_store_costs_what_the_format_says),
	};
	int status;

	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	(void)snprintf(path, sizeof path, "%s/keystore", folder);
	status = test_run("keystore", cases, COUNT(cases));
	(void)unlink(path);
	(void)strcat(path, AUDIT_SUFFIX);
	(void)unlink(path);
	(void)rmdir(folder);
	return status;
}
