// SPDX-License-Identifier: GPL-3.0-or-later
/* audit: the log of every use of a root, its chain checked, its head signed for the paper file. */
#include "base/bytes.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/time2000.h"
#include "cmds.h"
#include "request.h"
#include "store/audit.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define HEAD_TEXT 300

static void
print_line(void *ctx, const char *line)
{
	(void)ctx;
	printf("%s\n", line);
}

static void
collect_line(void *ctx, const char *line)
{
	(void)json_array_append_new(ctx, json_string(line));
}

/* A head as it is printed: "COUNT TIME CHAIN SIGNATURE", one line. */
struct signed_head {
	struct audit_head head;
	uint8_t signature[CRYPTO_SIGNATURE];
};

static int
parse_head(const char *text, struct signed_head *s)
{
	char when[32], chain[2 * CRYPTO_HASH + 1], signature[2 * CRYPTO_SIGNATURE + 1], more;
	unsigned int count = 0;
	size_t a = 0, b = 0;

	if (sscanf(text, "%10u %31s %64s %128s %c", &count, when, chain, signature, &more) != 4 ||
	    time2000_parse(when, &s->head.time) != RC_OK ||
	    hex_decode(chain, s->head.chain, CRYPTO_HASH, &a) != RC_OK || a != CRYPTO_HASH ||
	    hex_decode(signature, s->signature, CRYPTO_SIGNATURE, &b) != RC_OK ||
	    b != CRYPTO_SIGNATURE)
		return cli_fail(RC_FORMAT, "it is COUNT TIME CHAIN SIGNATURE", "--head");
	s->head.count = count;
	return 0;
}

/* Signs the head with the signing key. */
static int
sign_head(struct request *q, const struct audit_head *head, char text[HEAD_TEXT])
{
	const struct crypto *c = crypto_openssl_table(q->crypto);
	char when[TIME2000_TEXT_SIZE], chain[2 * CRYPTO_HASH + 1],
		signature[2 * CRYPTO_SIGNATURE + 1], why[KEYSTORE_WHY];
	uint8_t digest[CRYPTO_HASH], bytes[CRYPTO_SIGNATURE];
	struct keystore *k = NULL;
	enum rc rc =
		keystore_open(q->path, q->crypto, q->passphrase.text, q->passphrase.len, &k, why);

	if (rc != RC_OK)
		return cli_fail(rc, why, "keystore");
	rc = audit_digest(c, keystore_operator(k), head, digest);
	if (rc == RC_OK)
		rc = keystore_sign(k, KEYSTORE_SIGNING, digest, bytes);
	keystore_free(&k);
	if (rc != RC_OK)
		return cli_fail(rc, NULL, "signature of the head");
	time2000_format(head->time, when);
	hex_encode(head->chain, CRYPTO_HASH, chain);
	hex_encode(bytes, CRYPTO_SIGNATURE, signature);
	snprintf(text, HEAD_TEXT, "%u %s %s %s", (unsigned int)head->count, when, chain, signature);
	return 0;
}

/* Checks the signature of a printed head with the keystore's public key. */
static int
check_head(struct request *q, const struct signed_head *s)
{
	const struct crypto *c = crypto_openssl_table(q->crypto);
	uint8_t digest[CRYPTO_HASH], public_key[CRYPTO_PUBLIC], version = 0;
	struct keystore *k = NULL;
	char why[KEYSTORE_WHY];
	enum rc rc =
		keystore_open(q->path, q->crypto, q->passphrase.text, q->passphrase.len, &k, why);

	if (rc != RC_OK)
		return cli_fail(rc, why, "keystore");
	rc = audit_digest(c, keystore_operator(k), &s->head, digest);
	if (rc == RC_OK)
		rc = keystore_public(k, KEYSTORE_SIGNING, &version, public_key);
	if (rc == RC_OK)
		rc = c->verify(c->ctx, public_key, digest, s->signature);
	keystore_free(&k);
	if (rc != RC_OK)
		return cli_fail(rc, "its signature is not by this keystore's signing key",
				"--head");
	return 0;
}

static int
print_result(const struct request *q, json_t *lines, const struct audit_head *head,
	     const char *signed_head)
{
	char when[TIME2000_TEXT_SIZE];
	json_t *root;
	int status = 0;

	time2000_format(head->time, when);
	if (!q->json) {
		printf("%u lines, the chain is whole, newest %s\n", (unsigned int)head->count,
		       when);
		if (signed_head[0])
			printf("head %s\n", signed_head);
		return 0;
	}
	root = json_pack("{s:i, s:s, s:O}", "count", (int)head->count, "time", when, "lines",
			 lines);
	if (root && signed_head[0])
		(void)json_object_set_new(root, "head", json_string(signed_head));
	if (!root || json_dumpf(root, stdout, JSON_INDENT(2)) != 0)
		status = cli_fail(root ? RC_IO : RC_NO_MEMORY, NULL, "audit log");
	else
		printf("\n");
	json_decref(root);
	return status;
}

struct audit_request {
	bool sign, verify_only;
	const char *seen_text;
};

static int
audit(struct request *q, const struct audit_request *a)
{
	json_t *lines = q->json ? json_array() : NULL;
	struct signed_head seen = { .head.count = 0 };
	char text[HEAD_TEXT] = "", why[AUDIT_WHY];
	struct audit_head head;
	bool is_in = false;
	int status = a->seen_text ? parse_head(a->seen_text, &seen) : 0;
	enum rc rc;

	if (status == 0 && (a->sign || a->seen_text))
		status = request_secret(&q->passphrase, "passphrase", false);
	if (status == 0 && a->seen_text)
		status = check_head(q, &seen);
	if (status != 0)
		goto out;
	/* Checked before a line of it is shown. */
	rc = audit_verify(q->path, crypto_openssl_table(q->crypto), NULL, NULL,
			  a->seen_text ? &seen.head : NULL, &is_in, &head, why);
	if (rc == RC_OK && (is_in || !a->seen_text))
		rc = audit_verify(q->path, crypto_openssl_table(q->crypto),
				  q->json          ? collect_line
				  : a->verify_only ? NULL
						   : print_line,
				  lines, NULL, NULL, &head, why);
	if (rc != RC_OK)
		status = cli_fail(rc, why, "%s" AUDIT_SUFFIX, q->path);
	else if (a->seen_text && !is_in)
		status = cli_fail(RC_INTEGRITY, "the log is not the one that had this head", "%s%s",
				  q->path, AUDIT_SUFFIX);
	if (status == 0 && a->sign)
		status = sign_head(q, &head, text);
	if (status == 0)
		status = print_result(q, lines, &head, text);
out:
	json_decref(lines);
	return status;
}

int
cmd_audit(int argc, char **argv)
{
	struct request *q = request_new();
	struct audit_request a = { false, false, NULL };
	const struct cli_option options[] = {
		OPTION_HOME(q),
		OPTION_PASSPHRASE_FILE(q),
		OPTION_PASSPHRASE_FD(q),
		{ "verify", 0, CLI_FLAG, &a.verify_only, NULL, "check the chain, list no lines", 0,
		  0 },
		{ "sign", 0, CLI_FLAG, &a.sign, NULL, "print the head, signed with the signing key",
		  0, 0 },
		{ "head", 0, CLI_TEXT, &a.seen_text, "HEAD",
		  "a head that was printed before: the log must go on from it", 0, 0 },
		OPTION_JSON(q),
	};
	int status = 0;

	if (cli_parse(argc, argv, "", options, COUNT(options), 0, &status) < 0)
		return request_end(q, status);
	status = request_start(q, false);
	if (status == 0)
		status = request_want_keystore(q);
	if (status == 0)
		status = audit(q, &a);
	return request_end(q, status);
}
