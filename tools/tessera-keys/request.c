// SPDX-License-Identifier: GPL-3.0-or-later
/* Folder, secrets and the list of keys. Check values leave this program, keys never do. */
#include "request.h"

#include "base/hex.h"
#include "base/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_NAME "/keystore"

struct request *
request_new(void)
{
	struct request *q = calloc(1, sizeof *q);

	if (!q)
		exit(cli_fail(RC_NO_MEMORY, NULL, "start"));
	q->passphrase.fd = FD_NONE;
	q->pin.fd = FD_NONE;
	return q;
}

int
request_start(struct request *q, bool create)
{
	const size_t room = sizeof q->path - sizeof FILE_NAME;
	enum rc rc = cli_home(q->home, create, q->path, room);

	if (rc != RC_OK)
		return cli_fail(rc, rc == RC_IO ? strerror(errno) : NULL, "state folder%s%s",
				q->home ? " " : "", q->home ? q->home : "");
	memcpy(q->path + strlen(q->path), FILE_NAME, sizeof FILE_NAME);
	q->crypto = crypto_openssl_new();
	if (!q->crypto)
		return cli_fail(RC_CRYPTO, "OpenSSL lacks an algorithm", "cryptography");
	return 0;
}

int
request_want_keystore(const struct request *q)
{
	if (access(q->path, F_OK) != 0 && errno == ENOENT)
		return cli_fail(RC_NOT_FOUND, "there is no keystore, make one with init", "%s",
				q->path);
	return 0;
}

int
request_want_none(const struct request *q)
{
	if (access(q->path, F_OK) == 0)
		return cli_fail(RC_CONFLICT, "there is a keystore already", "%s", q->path);
	return 0;
}

int
request_secret(struct secret *s, const char *what, bool confirm)
{
	const int fd = s->fd == FD_NONE ? -1 : (int)s->fd;
	char prompt[64];
	enum rc rc;

	snprintf(prompt, sizeof prompt, "%s%s: ", confirm ? "New " : "", what);
	if (!confirm && prompt[0] >= 'a' && prompt[0] <= 'z')
		prompt[0] = (char)(prompt[0] - 'a' + 'A');
	rc = cli_passphrase(s->file, fd, prompt, confirm, s->text, sizeof s->text, &s->len);
	return rc == RC_OK ? 0 : cli_secret_fail(rc, what);
}

int
request_end(struct request *q, int status)
{
	crypto_openssl_free(&q->crypto);
	mem_wipe(q, sizeof *q);
	free(q);
	return status;
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

int
request_list(const struct request *q, const struct secret *secret)
{
	struct keystore *k = NULL;
	char why[KEYSTORE_WHY];
	enum rc rc = keystore_open(q->path, q->crypto, secret->text, secret->len, &k, why);

	if (rc != RC_OK)
		return cli_fail(rc, why, "keystore");
	rc = q->json ? print_json(q, k) : print_table(q, k);
	keystore_free(&k);
	return rc == RC_OK ? 0 : cli_fail(rc, NULL, "list of keys");
}
