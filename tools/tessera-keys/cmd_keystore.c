// SPDX-License-Identifier: GPL-3.0-or-later
/* init and show: make a keystore, list what is in one. Check values leave this program, keys never
 * do. */
#include "cmd_keystore.h"

#include "base/hex.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "store/keystore.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define FILE_NAME "/keystore"
#define PATH_ROOM 768
#define PASSPHRASE_ROOM 512
#define FD_NONE UINT32_MAX

/* What both verbs are told and use. */
struct request {
	const char *home;
	const char *passphrase_file;
	uint32_t passphrase_fd;
	uint16_t operator_id;
	bool json;
	char path[PATH_ROOM];
	char passphrase[PASSPHRASE_ROOM];
	size_t passphrase_len;
};

/* The options of a verb; init has one more. Returns 0, or -1 with *status. */
static int
parse(int argc, char **argv, bool init, struct request *q, int *status)
{
	const struct cli_option options[] = {
		{ "home", 0, CLI_TEXT, &q->home, "DIR", "state folder", 0, 0 },
		{ "passphrase-file", 0, CLI_TEXT, &q->passphrase_file, "FILE",
		  "passphrase: first line of FILE", 0, 0 },
		{ "passphrase-fd", 0, CLI_U32, &q->passphrase_fd, "N",
		  "passphrase: next line of descriptor N", 0, INT_MAX },
		{ "json", 0, CLI_FLAG, &q->json, NULL, "answer as JSON", 0, 0 },
		{ "operator-id", 0, CLI_U16, &q->operator_id, "N", "operator, 1 by default", 1,
		  UINT16_MAX },
	};
	size_t count = sizeof options / sizeof options[0];

	return cli_parse(argc, argv, "", options, init ? count : count - 1, 0, status);
}

static int
find_path(struct request *q, bool create)
{
	size_t room = sizeof q->path - sizeof FILE_NAME;
	enum rc rc = cli_home(q->home, create, q->path, room);

	if (rc != RC_OK)
		return cli_fail(rc, rc == RC_IO ? strerror(errno) : NULL, "state folder%s%s",
				q->home ? " " : "", q->home ? q->home : "");
	memcpy(q->path + strlen(q->path), FILE_NAME, sizeof FILE_NAME);
	return 0;
}

static int
take_passphrase(struct request *q, bool confirm)
{
	int fd = q->passphrase_fd == FD_NONE ? -1 : (int)q->passphrase_fd;
	enum rc rc = cli_passphrase(q->passphrase_file, fd,
				    confirm ? "New passphrase: " : "Passphrase: ", confirm,
				    q->passphrase, sizeof q->passphrase, &q->passphrase_len);

	return rc == RC_OK ? 0 : cli_secret_fail(rc, "passphrase");
}

static enum rc
print_json(const struct request *q, const struct keystore *k)
{
	json_t *entries = json_array();
	json_t *root = json_pack("{s:s, s:i, s:o}", "keystore", q->path, "operator",
				 (int)keystore_operator(k), "keys", entries);
	char check[2 * sizeof(((struct keystore_entry *)0)->check) + 1];
	struct keystore_entry e;
	enum rc rc = root ? RC_OK : RC_NO_MEMORY;

	for (size_t i = 0; rc == RC_OK && i < keystore_count(k); i++) {
		rc = keystore_entry_at(k, i, &e);
		if (rc != RC_OK)
			break;
		hex_encode(e.check, e.check_len, check);
		if (json_array_append_new(entries,
					  json_pack("{s:s, s:i, s:s}", "name", e.name, "version",
						    (int)e.version, "check", check)) != 0)
			rc = RC_NO_MEMORY;
	}
	if (rc == RC_OK && json_dumpf(root, stdout, JSON_INDENT(2)) != 0)
		rc = RC_IO;
	if (rc == RC_OK)
		printf("\n");
	json_decref(root);
	return rc;
}

static enum rc
print_table(const struct request *q, const struct keystore *k)
{
	char check[2 * sizeof(((struct keystore_entry *)0)->check) + 1];
	struct keystore_entry e;

	printf("keystore  %s\noperator  %u\n\n%-28s  version  check value\n", q->path,
	       (unsigned int)keystore_operator(k), "key");
	for (size_t i = 0; i < keystore_count(k); i++) {
		enum rc rc = keystore_entry_at(k, i, &e);

		if (rc != RC_OK)
			return rc;
		hex_encode(e.check, e.check_len, check);
		printf("%-28s  %7u  %s\n", e.name, (unsigned int)e.version, check);
	}
	return RC_OK;
}

/* Opens the keystore of the request and prints it. */
static int
list(const struct request *q, struct crypto_openssl *crypto)
{
	struct keystore *k = NULL;
	char why[KEYSTORE_WHY];
	enum rc rc = keystore_open(q->path, crypto, q->passphrase, q->passphrase_len, &k, why);

	if (rc != RC_OK)
		return cli_fail(rc, why, "keystore");
	rc = q->json ? print_json(q, k) : print_table(q, k);
	keystore_free(&k);
	return rc == RC_OK ? 0 : cli_fail(rc, NULL, "list of keys");
}

static int
init(struct request *q, struct crypto_openssl *crypto)
{
	char why[KEYSTORE_WHY];
	int status = find_path(q, true);
	enum rc rc;

	if (status != 0)
		return status;
	/* Asked before the passphrase is; keystore_create is the one that makes sure. */
	if (access(q->path, F_OK) == 0)
		return cli_fail(RC_CONFLICT, "there is a keystore already", "%s", q->path);
	status = take_passphrase(q, true);
	if (status != 0)
		return status;
	rc = keystore_create(q->path, crypto, q->passphrase, q->passphrase_len, q->operator_id,
			     why);
	if (rc != RC_OK)
		return cli_fail(rc, why, "keystore");
	/* Listing it opens it: a store that cannot be opened is found out now. */
	return list(q, crypto);
}

static int
show(struct request *q, struct crypto_openssl *crypto)
{
	int status = find_path(q, false);

	if (status == 0 && access(q->path, F_OK) != 0 && errno == ENOENT)
		status = cli_fail(RC_NOT_FOUND, "there is no keystore, make one with init", "%s",
				  q->path);
	if (status == 0)
		status = take_passphrase(q, false);
	return status == 0 ? list(q, crypto) : status;
}

static int
run(int argc, char **argv, bool is_init)
{
	struct request q = { .passphrase_fd = FD_NONE, .operator_id = 1 };
	struct crypto_openssl *crypto;
	int status = 0;

	if (parse(argc, argv, is_init, &q, &status) < 0)
		return status;
	crypto = crypto_openssl_new();
	if (!crypto)
		return cli_fail(RC_CRYPTO, "OpenSSL lacks an algorithm", "cryptography");
	status = is_init ? init(&q, crypto) : show(&q, crypto);
	crypto_openssl_free(&crypto);
	mem_wipe(&q, sizeof q);
	return status;
}

int
cmd_init(int argc, char **argv)
{
	return run(argc, argv, true);
}

int
cmd_show(int argc, char **argv)
{
	return run(argc, argv, false);
}
