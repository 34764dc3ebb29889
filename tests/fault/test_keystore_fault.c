// SPDX-License-Identifier: GPL-3.0-or-later
/* keys/store when the machine fails: the k-th allocation, cryptographic operation or file operation
 * of making and opening a keystore fails, k = 1, 2, … (the linker's --wrap puts us in between). */
#include "base/mem.h"
#include "crypto_fault.h"
#include "crypto_test.h"
#include "store/audit.h"
#include "store/keystore_format.h"
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/mman.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum fault_kind { FAULT_NONE, FAULT_MEMORY, FAULT_CRYPTO, FAULT_FILE };

static struct {
	enum fault_kind kind;
	unsigned int calls;
	unsigned int fail_at;
	struct crypto_fault table;
} plan;

static const struct keystore_cost low_cost = { 1, 1, 1 };
static char folder[] = "/tmp/tessera-keystore-fault-XXXXXX";
static char path[64];

/* Takes over what the table counted, and arms it with what is left of the plan. */
static void
settle(void)
{
	plan.calls += plan.table.calls;
	plan.table.calls = 0;
	plan.table.fail_at = plan.fail_at > plan.calls ? plan.fail_at - plan.calls : 0;
}

static bool
fails(enum fault_kind kind, int error)
{
	bool now;

	if (plan.kind != kind)
		return false;
	settle();
	now = ++plan.calls == plan.fail_at;
	settle();
	if (now)
		errno = error;
	return now;
}

/* A wrapped function: the prototype, the real one's name, what a failure returns. */
#define WRAP(type, name, parameters, arguments, kind, error, failure)            \
	type __real_##name parameters;                                           \
	type __wrap_##name parameters;                                           \
	type __wrap_##name parameters                                            \
	{                                                                        \
		return fails(kind, error) ? (failure) : __real_##name arguments; \
	}

WRAP(void *, malloc, (size_t n), (n), FAULT_MEMORY, ENOMEM, NULL)
WRAP(void *, calloc, (size_t n, size_t size), (n, size), FAULT_MEMORY, ENOMEM, NULL)
WRAP(void *, mmap, (void *at, size_t n, int prot, int flags, int fd, off_t offset),
     (at, n, prot, flags, fd, offset), FAULT_MEMORY, ENOMEM, MAP_FAILED)
WRAP(int, mlock, (const void *p, size_t n), (p, n), FAULT_MEMORY, ENOMEM, -1)
WRAP(char *, strdup, (const char *s), (s), FAULT_MEMORY, ENOMEM, NULL)
WRAP(char *, strndup, (const char *s, size_t n), (s, n), FAULT_MEMORY, ENOMEM, NULL)
WRAP(int, mkstemp, (char *name), (name), FAULT_FILE, EACCES, -1)
WRAP(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n), FAULT_FILE, ENOSPC, -1)
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode), FAULT_FILE, EPERM, -1)
WRAP(int, fsync, (int fd), (fd), FAULT_FILE, EIO, -1)
WRAP(int, link, (const char *from, const char *to), (from, to), FAULT_FILE, EMLINK, -1)
WRAP(enum rc, crypto_openssl_scrypt,
     (const char *p, size_t n, const uint8_t *salt, size_t salt_len, unsigned int log2_n,
      unsigned int r, unsigned int par, uint8_t *out, size_t out_len),
     (p, n, salt, salt_len, log2_n, r, par, out, out_len), FAULT_CRYPTO, 0, RC_CRYPTO)
WRAP(enum rc, crypto_openssl_seal,
     (struct crypto_openssl * p, const uint8_t *key, const uint8_t *nonce, const uint8_t *aad,
      size_t aad_len, const uint8_t *in, size_t len, uint8_t *out, uint8_t *tag),
     (p, key, nonce, aad, aad_len, in, len, out, tag), FAULT_CRYPTO, 0, RC_CRYPTO)
WRAP(enum rc, crypto_openssl_open,
     (struct crypto_openssl * p, const uint8_t *key, const uint8_t *nonce, const uint8_t *aad,
      size_t aad_len, const uint8_t *in, size_t len, uint8_t *out, const uint8_t *tag),
     (p, key, nonce, aad, aad_len, in, len, out, tag), FAULT_CRYPTO, 0, RC_CRYPTO)
WRAP(enum rc, crypto_openssl_keygen,
     (struct crypto_openssl * p, uint8_t *private_key, uint8_t *public_key),
     (p, private_key, public_key), FAULT_CRYPTO, 0, RC_CRYPTO)
WRAP(struct crypto_signer *, crypto_signer_new,
     (struct crypto_openssl * p, const uint8_t *private_key, const uint8_t *public_key),
     (p, private_key, public_key), FAULT_CRYPTO, 0, NULL)

const struct crypto *__real_crypto_openssl_table(struct crypto_openssl *p);
const struct crypto *__wrap_crypto_openssl_table(struct crypto_openssl *p);

/* Operations of the table count with the others. */
const struct crypto *
__wrap_crypto_openssl_table(struct crypto_openssl *p)
{
	if (plan.kind != FAULT_CRYPTO)
		return __real_crypto_openssl_table(p);
	if (!plan.table.inner)
		crypto_fault_init(&plan.table, __real_crypto_openssl_table(p), 0);
	settle();
	return &plan.table.table;
}

static void
start(enum fault_kind kind, unsigned int k)
{
	memset(&plan, 0, sizeof plan);
	plan.kind = kind;
	plan.fail_at = k;
}

/* Ends the plan. True when its call was reached. */
static bool
reached(void)
{
	bool fired = plan.calls + plan.table.calls >= plan.fail_at;

	plan.kind = FAULT_NONE;
	return fired;
}

/* Files in the folder, without the audit log. */
static unsigned int
files(void)
{
	DIR *d = opendir(folder);
	unsigned int n = 0;
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL)
		n += e->d_name[0] != '.' && !strstr(e->d_name, AUDIT_SUFFIX);
	if (d)
		(void)closedir(d);
	return n;
}

static enum rc
make(char why[KEYSTORE_WHY])
{
	why[0] = '\0';
	return keystore_create_at_cost(path, crypto_test_openssl(), "x", 1, 1, &low_cost, why);
}

/* Fails each operation of a kind while a keystore is made. Returns how many there were. */
static unsigned int
sweep_create(enum fault_kind kind, enum rc want)
{
	char why[KEYSTORE_WHY];

	for (unsigned int k = 1;; k++) {
		enum rc rc;

		(void)unlink(path);
		start(kind, k);
		rc = make(why);
		if (!reached()) {
			CHECK_RC(rc, RC_OK);
			return k - 1;
		}
		CHECK_RC(rc, want);
		CHECK(why[0] != '\0');
		/* Nothing is left, or (the folder could not be made durable) the whole file. */
		if (files() > 0) {
			struct keystore *opened = NULL;

			CHECK(files() == 1);
			CHECK_RC(keystore_open(path, crypto_test_openssl(), "x", 1, &opened, why),
				 RC_OK);
			keystore_free(&opened);
		}
	}
}

static void
keystore_create__a_failing_allocation_leaves_nothing_behind(void)
{
	char why[KEYSTORE_WHY];
	unsigned int k;

	for (k = 1;; k++) {
		enum rc rc;

		(void)unlink(path);
		start(FAULT_MEMORY, k);
		rc = make(why);
		if (!reached())
			break;
		/* The last allocation names the folder to be made durable. */
		CHECK(rc == RC_NO_MEMORY || rc == RC_IO);
	}
	CHECK(k == 3);
}

static void
keystore_create__a_failing_file_operation_leaves_nothing_behind(void)
{
	CHECK(sweep_create(FAULT_FILE, RC_IO) == 6);
}

static void
keystore_create__a_failing_crypto_operation_leaves_nothing_behind(void)
{
	CHECK(sweep_create(FAULT_CRYPTO, RC_CRYPTO) == 7);
}

static void
sweep_open(enum fault_kind kind, enum rc want, unsigned int least)
{
	struct keystore *opened = NULL;
	char why[KEYSTORE_WHY];
	unsigned int k;

	(void)unlink(path);
	CHECK_RC(make(why), RC_OK);
	for (k = 1;; k++) {
		enum rc rc;

		why[0] = '\0';
		start(kind, k);
		rc = keystore_open(path, crypto_test_openssl(), "x", 1, &opened, why);
		if (!reached()) {
			CHECK_RC(rc, RC_OK);
			break;
		}
		CHECK_RC(rc, want);
		CHECK(opened == NULL && why[0] != '\0');
	}
	keystore_free(&opened);
	CHECK(k - 1 >= least);
}

static void
keystore_open__a_failing_allocation_opens_nothing(void)
{
	sweep_open(FAULT_MEMORY, RC_NO_MEMORY, 4); /* the store, its lock and two signers */
}

static void
keystore_open__a_failing_crypto_operation_opens_nothing(void)
{
	sweep_open(FAULT_CRYPTO, RC_CRYPTO, 8);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(keystore_create__a_failing_allocation_leaves_nothing_behind),
		TEST(keystore_create__a_failing_file_operation_leaves_nothing_behind),
		TEST(keystore_create__a_failing_crypto_operation_leaves_nothing_behind),
		TEST(keystore_open__a_failing_allocation_opens_nothing),
		TEST(keystore_open__a_failing_crypto_operation_opens_nothing),
	};
	int status;

	(void)crypto_test_openssl(); /* before anything may fail */
	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	(void)snprintf(path, sizeof path, "%s/keystore", folder);
	status = test_run("keystore_fault", cases, COUNT(cases));
	(void)unlink(path);
	(void)strcat(path, AUDIT_SUFFIX);
	(void)unlink(path);
	(void)rmdir(folder);
	return status;
}
