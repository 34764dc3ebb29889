// SPDX-License-Identifier: GPL-3.0-or-later
/* transport-key, export and import: masters for a head-end under a transport key; keys into a
 * token. */
#include "base/hex.h"
#include "base/mem.h"
#include "cmds.h"
#include "request.h"
#include "store/ceremony.h"
#include "store/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define KEY_TEXT (2 * TRANSPORT_KEY)

/* A new file, mode 0600. */
static int
write_new(const char *path, const void *bytes, size_t len)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int status = 0;

	if (fd < 0)
		return cli_fail(errno == EEXIST ? RC_CONFLICT : RC_IO, strerror(errno), "%s", path);
	if (write(fd, bytes, len) != (ssize_t)len || fsync(fd) != 0) {
		status = cli_fail(RC_IO, strerror(errno), "%s", path);
		(void)unlink(path);
	}
	(void)close(fd);
	return status;
}

static int
read_file(const char *path, void *bytes, size_t cap, size_t *len)
{
	FILE *f = fopen(path, "rbe");
	bool failed;

	if (!f)
		return cli_fail(errno == ENOENT ? RC_NOT_FOUND : RC_IO, strerror(errno), "%s",
				path);
	*len = fread(bytes, 1, cap, f);
	failed = ferror(f) != 0;
	(void)fclose(f);
	if (failed)
		return cli_fail(RC_IO, strerror(errno), "%s", path);
	return *len < cap ? 0 : cli_fail(RC_FORMAT, "too long", "%s", path);
}

static int
read_key(const char *path, uint8_t key[TRANSPORT_KEY])
{
	char text[KEY_TEXT + 16];
	size_t len = 0;
	int status;

	if (!path)
		return cli_fail(RC_USAGE, "say which", "--transport-key-file");
	status = read_file(path, text, sizeof text, &len);
	while (status == 0 && len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	if (status == 0) {
		text[len] = '\0';
		if (hex_decode(text, key, TRANSPORT_KEY, &len) != RC_OK || len != TRANSPORT_KEY)
			status = cli_fail(RC_FORMAT, "no 64 hexadecimal digits", "%s", path);
	}
	mem_wipe(text, sizeof text);
	return status;
}

int
cmd_transport_key(int argc, char **argv)
{
	struct request *q = request_new();
	const char *out = NULL;
	const struct cli_option options[] = {
		{ "out", 'o', CLI_TEXT, &out, "FILE", "where to write it", 0, 0 },
	};
	uint8_t key[TRANSPORT_KEY];
	char text[KEY_TEXT + 2];
	int status = 0;

	if (cli_parse(argc, argv, "-o FILE", options, COUNT(options), 0, &status) < 0)
		return request_end(q, status);
	if (!out)
		return request_end(q, cli_fail(RC_USAGE, "say where to", "--out"));
	q->crypto = crypto_openssl_new();
	if (!q->crypto)
		return request_end(
			q, cli_fail(RC_CRYPTO, "OpenSSL lacks an algorithm", "cryptography"));
	if (crypto_openssl_table(q->crypto)->random(crypto_openssl_table(q->crypto)->ctx, key,
						    sizeof key) != RC_OK)
		status = cli_fail(RC_CRYPTO, NULL, "random numbers");
	hex_encode(key, sizeof key, text);
	text[KEY_TEXT] = '\n';
	if (status == 0)
		status = write_new(out, text, KEY_TEXT + 1);
	mem_wipe(key, sizeof key);
	mem_wipe(text, sizeof text);
	return request_end(q, status);
}

/* Names of domains to bits. */
static int
domains_of(const struct cli_list *names, unsigned int *domains)
{
	static const struct {
		const char *name;
		enum ladder_domain domain;
	} known[] = { { "issuer", DOMAIN_ISSUER }, { "ca", DOMAIN_CA }, { "purse", DOMAIN_PURSE } };

	*domains = 0;
	for (size_t i = 0; i < names->count; i++) {
		size_t j = 0;

		while (j < COUNT(known) && strcmp(known[j].name, names->items[i]) != 0)
			j++;
		if (j == COUNT(known))
			return cli_fail(RC_USAGE, "issuer, ca or purse", "--domain %s",
					names->items[i]);
		*domains |= TRANSPORT_DOMAIN(known[j].domain);
	}
	for (size_t j = 0; names->count == 0 && j < COUNT(known); j++)
		*domains |= TRANSPORT_DOMAIN(known[j].domain);
	return 0;
}

int
cmd_export(int argc, char **argv)
{
	struct request *q = request_new();
	const char *key_file = NULL, *out = NULL;
	struct cli_list names = { .count = 0 };
	bool with_signing = false;
	const struct cli_option options[] = {
		OPTION_HOME(q),
		OPTION_PASSPHRASE_FILE(q),
		OPTION_PASSPHRASE_FD(q),
		{ "transport-key-file", 0, CLI_TEXT, &key_file, "FILE",
		  "64 hexadecimal digits (see transport-key)", 0, 0 },
		{ "domain", 0, CLI_REPEATED, &names, "NAME",
		  "issuer, ca or purse; may be repeated; all by default", 0, 0 },
		{ "with-signing-key", 0, CLI_FLAG, &with_signing, NULL,
		  "the private signing key too", 0, 0 },
		{ "out", 'o', CLI_TEXT, &out, "FILE", "where to write the export", 0, 0 },
	};
	uint8_t key[TRANSPORT_KEY], bytes[TRANSPORT_MAX];
	char why[KEYSTORE_WHY];
	unsigned int domains = 0;
	size_t len = 0;
	int status = 0;

	if (cli_parse(argc, argv, "-o FILE --transport-key-file FILE", options, COUNT(options), 0,
		      &status) < 0)
		return request_end(q, status);
	if (!out)
		return request_end(q, cli_fail(RC_USAGE, "say where to", "--out"));
	status = domains_of(&names, &domains);
	if (status == 0)
		status = request_start(q, false);
	if (status == 0)
		status = request_want_keystore(q);
	if (status == 0)
		status = read_key(key_file, key);
	if (status == 0)
		status = request_secret(&q->passphrase, "passphrase", false);
	if (status == 0) {
		enum rc rc =
			keystore_export(q->path, q->crypto, q->passphrase.text, q->passphrase.len,
					domains, with_signing, key, bytes, &len, why);

		status = rc == RC_OK ? write_new(out, bytes, len) : cli_fail(rc, why, "keystore");
	}
	mem_wipe(key, sizeof key);
	return request_end(q, status);
}

/* What import is told. */
struct import {
	const char *uri, *from, *key_file, *in;
};

/* An off-line keystore file goes into a token. */
static int
import_token(struct request *q, const struct import *i)
{
	char why[KEYSTORE_WHY];
	int status = request_secret(&q->passphrase, "passphrase", false);
	enum rc rc;

	if (status == 0)
		status = request_secret(&q->pin, "PIN", false);
	if (status != 0)
		return status;
	rc = keystore_import_token(q->path, i->from, q->crypto, q->passphrase.text,
				   q->passphrase.len, i->uri, q->pin.text, q->pin.len, why);
	return rc == RC_OK ? request_list(q, &q->pin) : cli_fail(rc, why, "keystore");
}

/* An export becomes a keystore without a root. */
static int
import_masters(struct request *q, const struct import *i)
{
	uint8_t key[TRANSPORT_KEY], bytes[TRANSPORT_MAX + 1];
	char why[KEYSTORE_WHY];
	size_t len = 0;
	int status = read_key(i->key_file, key);

	if (status == 0)
		status = read_file(i->in, bytes, sizeof bytes, &len);
	if (status == 0)
		status = request_secret(&q->passphrase, "passphrase", true);
	if (status == 0) {
		enum rc rc = keystore_import(q->path, q->crypto, q->passphrase.text,
					     q->passphrase.len, key, bytes, len, why);

		if (rc != RC_OK)
			status = cli_fail(rc, why, "%s", i->in);
	}
	mem_wipe(key, sizeof key);
	return status == 0 ? request_list(q, &q->passphrase) : status;
}

int
cmd_import(int argc, char **argv)
{
	struct request *q = request_new();
	struct import i = { NULL, NULL, NULL, NULL };
	const struct cli_option options[] = {
		OPTION_HOME(q),
		OPTION_PASSPHRASE_FILE(q),
		OPTION_PASSPHRASE_FD(q),
		{ "token", 0, CLI_TEXT, &i.uri, "URI", "import into a PKCS#11 token (pkcs11:…)", 0,
		  0 },
		{ "from", 0, CLI_TEXT, &i.from, "KEYSTORE", "the keystore file whose keys go there",
		  0, 0 },
		OPTION_PIN_FILE(q),
		{ "transport-key-file", 0, CLI_TEXT, &i.key_file, "FILE",
		  "64 hexadecimal digits: of an export", 0, 0 },
		OPTION_JSON(q),
	};
	int status = 0;
	const int count = cli_parse(argc, argv, "[EXPORT]", options, COUNT(options), 1, &status);

	if (count < 0)
		return request_end(q, status);
	i.in = count == 1 ? argv[1] : NULL;
	if ((i.uri != NULL) == (i.in != NULL) || (i.uri != NULL) != (i.from != NULL))
		return request_end(
			q, cli_fail(RC_USAGE,
				    "give EXPORT with --transport-key-file, or --token with --from",
				    "what to import"));
	status = request_start(q, true);
	if (status == 0)
		status = request_want_none(q);
	if (status == 0)
		status = i.uri ? import_token(q, &i) : import_masters(q, &i);
	return request_end(q, status);
}
