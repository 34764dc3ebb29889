// SPDX-License-Identifier: GPL-3.0-or-later
/* "TSR-XPRT", version, nonce, AES-256-GCM of a rootless keystore body, tag. */
#include "store/transport.h"

#include "base/mem.h"
#include "store/audit.h"
#include "store/keystore_format.h"

#include <stdio.h>

#define MAGIC_LEN 8
#define VERSION 1
#define HEADER (MAGIC_LEN + 1 + CRYPTO_AEAD_NONCE)

_Static_assert(HEADER + KEYSTORE_BODY_MAX + CRYPTO_AEAD_TAG <= TRANSPORT_MAX, "room");

static const uint8_t magic[MAGIC_LEN] = { 'T', 'S', 'R', '-', 'X', 'P', 'R', 'T' };

/* The part of a body that may leave, with masters derived. */
static enum rc
select_keys(const struct crypto *c, const struct keystore_body *b, unsigned int domains,
	    bool with_signing, struct keystore_body *out)
{
	enum rc rc = RC_OK;

	memset(out, 0, sizeof *out);
	out->operator_id = b->operator_id;
	for (unsigned int i = 0; rc == RC_OK && i < b->master_count; i++) {
		const enum ladder_domain domain = (enum ladder_domain)b->masters[i].domain;
		const unsigned int n = out->master_count;

		if ((domains & TRANSPORT_DOMAIN(domain)) == 0)
			continue;
		out->masters[n].domain = b->masters[i].domain;
		out->masters[n].version = b->masters[i].version;
		rc = ladder_master(c, b->root, b->operator_id, domain, b->masters[i].version,
				   out->masters[n].key);
		domains &= ~TRANSPORT_DOMAIN(domain);
		out->master_count++;
	}
	for (unsigned int i = 0; i < KEYSTORE_PAIRS; i++) {
		out->pairs[i].version = b->pairs[i].version;
		memcpy(out->pairs[i].public_key, b->pairs[i].public_key, CRYPTO_PUBLIC);
	}
	if (with_signing)
		memcpy(out->pairs[KEYSTORE_SIGNING].private_key,
		       b->pairs[KEYSTORE_SIGNING].private_key, CRYPTO_PRIVATE);
	if (rc == RC_OK && domains != 0)
		rc = RC_NOT_FOUND;
	return rc;
}

static enum rc
seal(struct crypto_openssl *crypto, const struct keystore_body *b, const uint8_t key[TRANSPORT_KEY],
     uint8_t out[TRANSPORT_MAX], size_t *len)
{
	const struct crypto *c = crypto_openssl_table(crypto);
	uint8_t plain[KEYSTORE_BODY_MAX], *nonce = out + MAGIC_LEN + 1;
	const size_t n = keystore_body_encode(b, plain);
	enum rc rc = c->random(c->ctx, nonce, CRYPTO_AEAD_NONCE);

	memcpy(out, magic, MAGIC_LEN);
	out[MAGIC_LEN] = VERSION;
	if (rc == RC_OK)
		rc = crypto_openssl_seal(crypto, key, nonce, out, HEADER, plain, n, out + HEADER,
					 out + HEADER + n);
	*len = HEADER + n + CRYPTO_AEAD_TAG;
	mem_wipe(plain, sizeof plain);
	return rc;
}

enum rc
keystore_export(const char *path, struct crypto_openssl *crypto, const char *passphrase,
		size_t passphrase_len, unsigned int domains, bool with_signing,
		const uint8_t key[TRANSPORT_KEY], uint8_t out[TRANSPORT_MAX], size_t *len,
		char why[KEYSTORE_WHY])
{
	const struct crypto *c = crypto_openssl_table(crypto);
	struct keystore_body body = { 0 }, leaving = { 0 };
	char use[AUDIT_LINE_MAX / 2];
	enum rc rc = keystore_unseal(path, crypto, passphrase, passphrase_len, &body, why);

	if (rc != RC_OK)
		return rc;
	if (body.root_version == 0) {
		rc = keystore_say(why, RC_NOT_FOUND, path, "root", "this keystore holds none");
		goto out;
	}
	rc = select_keys(c, &body, domains, with_signing, &leaving);
	if (rc == RC_NOT_FOUND)
		(void)keystore_say(why, rc, path, "domain", "it has no master in this keystore");
	if (rc != RC_OK)
		goto out;
	snprintf(use, sizeof use, "root v%u: export %u masters%s", (unsigned int)body.root_version,
		 (unsigned int)leaving.master_count, with_signing ? " and the signing key" : "");
	rc = audit_append(path, c, use, why);
	if (rc == RC_OK && (rc = seal(crypto, &leaving, key, out, len)) != RC_OK)
		(void)keystore_say(why, rc, path, "export", rc_text(rc));
out:
	mem_wipe(&body, sizeof body);
	mem_wipe(&leaving, sizeof leaving);
	return rc;
}

static enum rc
open_export(struct crypto_openssl *crypto, const uint8_t key[TRANSPORT_KEY], const uint8_t *in,
	    size_t len, struct keystore_body *b, const char **field)
{
	uint8_t plain[KEYSTORE_BODY_MAX];
	size_t n;
	enum rc rc;

	*field = "header";
	if (len < MAGIC_LEN || memcmp(in, magic, MAGIC_LEN) != 0)
		return RC_FORMAT;
	if (len <= HEADER + CRYPTO_AEAD_TAG)
		return RC_TRUNCATED;
	if (in[MAGIC_LEN] != VERSION)
		return RC_VERSION;
	n = len - HEADER - CRYPTO_AEAD_TAG;
	*field = "length";
	if (n > sizeof plain)
		return RC_FORMAT;
	*field = "seal";
	rc = crypto_openssl_open(crypto, key, in + MAGIC_LEN + 1, in, HEADER, in + HEADER, n, plain,
				 in + HEADER + n);
	if (rc == RC_OK)
		rc = keystore_body_decode(plain, n, b, field);
	if (rc == RC_OK && b->root_version != 0)
		rc = RC_FORMAT;
	mem_wipe(plain, sizeof plain);
	return rc;
}

enum rc
keystore_import(const char *path, struct crypto_openssl *crypto, const char *passphrase,
		size_t passphrase_len, const uint8_t key[TRANSPORT_KEY], const uint8_t *in,
		size_t in_len, char why[KEYSTORE_WHY])
{
	struct keystore_body body = { 0 };
	const char *field = NULL;
	enum rc rc = open_export(crypto, key, in, in_len, &body, &field);

	if (rc == RC_AUTH)
		(void)keystore_say(why, rc, "export", NULL,
				   "another transport key, or the file was altered");
	else if (rc != RC_OK)
		(void)keystore_say(why, rc, "export", field, rc_text(rc));
	else
		rc = keystore_seal(path, crypto, passphrase, passphrase_len, &body, &keystore_cost,
				   why);
	mem_wipe(&body, sizeof body);
	return rc;
}
