// SPDX-License-Identifier: GPL-3.0-or-later
/* Opening a keystore, file or token: what the root is needed for is done once and logged; then the
 * root is gone and its products stay in locked memory. */
#include "base/mem.h"
#include "store/audit.h"
#include "store/keystore_format.h"
#include "store/token.h"
#include "store/token_reference.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

/* The root as a crypto table that knows one key: ladder_master asks for nothing but a CMAC. */
static enum rc
root_cmac(void *ctx, const uint8_t *key, size_t key_len, const struct crypto_part *parts, size_t n,
	  uint8_t mac[CRYPTO_MAC])
{
	uint8_t message[128];
	size_t len = 0;

	(void)key;
	(void)key_len;
	for (size_t i = 0; i < n; i++) {
		if (parts[i].len > sizeof message - len)
			return RC_RANGE;
		memcpy(message + len, parts[i].data, parts[i].len);
		len += parts[i].len;
	}
	return token_cmac(ctx, message, len, mac);
}

static enum rc
fill_masters(struct keystore *k, const struct crypto *root, const struct keystore_body *b)
{
	enum rc rc = RC_OK;

	k->master_count = b->master_count;
	for (unsigned int i = 0; rc == RC_OK && i < b->master_count; i++) {
		k->masters[i].domain = b->masters[i].domain;
		k->masters[i].version = b->masters[i].version;
		if (b->root_version == 0)
			memcpy(k->masters[i].key, b->masters[i].key, CRYPTO_KEY);
		else
			rc = ladder_master(root, b->root, b->operator_id,
					   (enum ladder_domain)b->masters[i].domain,
					   b->masters[i].version, k->masters[i].key);
	}
	return rc;
}

static bool
is_absent(const uint8_t private_key[CRYPTO_PRIVATE])
{
	static const uint8_t zeros[CRYPTO_PRIVATE];

	return mem_equal_ct(private_key, zeros, sizeof zeros);
}

static enum rc
fill_pairs(struct keystore *k, const struct keystore_body *b)
{
	for (unsigned int i = 0; i < KEYSTORE_PAIRS; i++) {
		k->pairs[i].version = b->pairs[i].version;
		memcpy(k->pairs[i].public_key, b->pairs[i].public_key, CRYPTO_PUBLIC);
		if (k->token || is_absent(b->pairs[i].private_key))
			continue;
		errno = 0;
		k->pairs[i].signer = crypto_signer_new(k->crypto, b->pairs[i].private_key,
						       b->pairs[i].public_key);
		if (!k->pairs[i].signer)
			return errno == ENOMEM ? RC_NO_MEMORY : RC_CRYPTO;
	}
	return RC_OK;
}

/* The check value of a token's root: AES is not asked of it, so its CMAC of 16 times 01 serves. */
static enum rc
root_check(struct keystore *k, const struct keystore_body *b)
{
	uint8_t ones[CRYPTO_BLOCK], mac[CRYPTO_MAC];
	enum rc rc;

	if (!k->token)
		return crypto_kcv(crypto_openssl_table(k->crypto), b->root, k->root_check);
	memset(ones, 1, sizeof ones);
	rc = token_cmac(k->token, ones, sizeof ones, mac);
	if (rc == RC_OK)
		memcpy(k->root_check, mac, CRYPTO_KCV);
	return rc;
}

/* Logs the use, then uses the root. */
static enum rc
fill(struct keystore *k, const struct keystore_body *b, char why[KEYSTORE_WHY])
{
	struct crypto root = *crypto_openssl_table(k->crypto);
	char use[AUDIT_LINE_MAX / 2];
	enum rc rc = RC_OK;

	if (k->token) {
		root.ctx = k->token;
		root.cmac = root_cmac;
	}
	k->root_version = b->root_version;
	k->operator_id = b->operator_id;
	if (b->root_version != 0) {
		snprintf(use, sizeof use, "root v%u: derive %u masters of operator %u%s",
			 (unsigned int)b->root_version, (unsigned int)b->master_count,
			 (unsigned int)b->operator_id, k->token ? " on the token" : "");
		rc = audit_append(k->path, crypto_openssl_table(k->crypto), use, why);
		if (rc != RC_OK)
			return rc;
		rc = root_check(k, b);
	}
	if (rc == RC_OK)
		rc = fill_masters(k, &root, b);
	if (rc == RC_OK)
		rc = fill_pairs(k, b);
	return rc == RC_OK ? RC_OK : keystore_say(why, rc, k->path, "keys", rc_text(rc));
}

/* In pages of its own, which are neither swapped out nor dumped. */
static struct keystore *
keystore_new(struct crypto_openssl *crypto, const char *path)
{
	struct keystore *k =
		mmap(NULL, sizeof *k, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (k == MAP_FAILED)
		return NULL;
	(void)madvise(k, sizeof *k, MADV_DONTDUMP);
	if (mlock(k, sizeof *k) != 0) {
		(void)munmap(k, sizeof *k);
		return NULL;
	}
	k->crypto = crypto;
	snprintf(k->path, sizeof k->path, "%s", path);
	return k;
}

/* The body from the file, or from the token that the file names. */
static enum rc
load(struct keystore *k, const char *passphrase, size_t len, struct keystore_body *b,
     char why[KEYSTORE_WHY])
{
	struct token_reference ref;
	enum rc rc = token_reference_read(k->path, &ref, why);

	if (rc == RC_FORMAT)
		return keystore_unseal(k->path, k->crypto, passphrase, len, b, why);
	if (rc == RC_OK)
		rc = token_open(ref.uri, passphrase, len, false, &k->token, why);
	return rc != RC_OK ? rc : token_load(k->token, ref.operator_id, b, why);
}

enum rc
keystore_open(const char *path, struct crypto_openssl *crypto, const char *passphrase,
	      size_t passphrase_len, struct keystore **out, char why[KEYSTORE_WHY])
{
	struct keystore_body body = { 0 };
	struct keystore *k = keystore_new(crypto, path);
	enum rc rc;

	if (!k)
		return keystore_say(why, RC_NO_MEMORY, path, "locked memory", strerror(errno));
	rc = load(k, passphrase, passphrase_len, &body, why);
	if (rc == RC_OK)
		rc = fill(k, &body, why);
	if (rc == RC_OK)
		*out = k;
	else
		keystore_free(&k);
	mem_wipe(&body, sizeof body);
	return rc;
}

void
keystore_free(struct keystore **k)
{
	if (!k || !*k)
		return;
	for (unsigned int i = 0; i < KEYSTORE_PAIRS; i++)
		crypto_signer_free(&(*k)->pairs[i].signer);
	token_close(&(*k)->token);
	mem_wipe(*k, sizeof **k);
	(void)munmap(*k, sizeof **k);
	*k = NULL;
}
