// SPDX-License-Identifier: GPL-3.0-or-later
/* What an opened keystore gives: card keys, signatures, public halves, check values. Roots, masters
 * and private keys stay. */
#include "base/hex.h"
#include "base/mem.h"
#include "store/audit.h"
#include "store/keystore_format.h"
#include "store/token.h"

#include <stdio.h>

#define LEAVES (1U << 24)
#define FINGERPRINT 8

uint16_t
keystore_operator(const struct keystore *k)
{
	return k->operator_id;
}

/* Index of a domain's master, or master_count. */
static unsigned int
find_master(const struct keystore *k, enum ladder_domain domain)
{
	unsigned int i = 0;

	while (i < k->master_count && k->masters[i].domain != (uint8_t)domain)
		i++;
	return i;
}

uint8_t
keystore_master_version(const struct keystore *k, enum ladder_domain domain)
{
	unsigned int i = find_master(k, domain);

	return i < k->master_count ? k->masters[i].version : 0;
}

enum rc
keystore_card_key(struct keystore *k, enum ladder_domain domain, uint32_t leaf,
		  uint8_t key[CRYPTO_KEY])
{
	unsigned int i = find_master(k, domain);

	if (leaf >= LEAVES)
		return RC_RANGE;
	if (i == k->master_count)
		return RC_NOT_FOUND;
	return ladder_card_key(crypto_openssl_table(k->crypto), k->masters[i].key, leaf, key);
}

enum rc
keystore_pboc_master(struct keystore *k, const uint8_t kind[4], uint8_t key[CRYPTO_KEY])
{
	unsigned int i = find_master(k, DOMAIN_PURSE);

	if (i == k->master_count)
		return RC_NOT_FOUND;
	return ladder_derive(crypto_openssl_table(k->crypto), k->masters[i].key, LABEL_PBOC, kind,
			     4, key);
}

enum rc
keystore_database_key(struct keystore *k, uint8_t key[CRYPTO_AEAD_KEY])
{
	const char *label = ladder_label_text(LABEL_STORE);
	unsigned int i = find_master(k, DOMAIN_CA);

	if (i == k->master_count)
		return RC_NOT_FOUND;
	return ladder_kdf(crypto_openssl_table(k->crypto), k->masters[i].key,
			  (const uint8_t *)label, strlen(label), NULL, 0, key, CRYPTO_AEAD_KEY);
}

enum rc
keystore_tree_master(struct keystore *k, uint8_t key[CRYPTO_KEY])
{
	unsigned int i = find_master(k, DOMAIN_CA);

	if (i == k->master_count)
		return RC_NOT_FOUND;
	return ladder_derive(crypto_openssl_table(k->crypto), k->masters[i].key, LABEL_TREE_MASTER,
			     NULL, 0, key);
}

enum rc
keystore_public(const struct keystore *k, enum keystore_pair which, uint8_t *version,
		uint8_t public_key[CRYPTO_PUBLIC])
{
	*version = k->pairs[which].version;
	memcpy(public_key, k->pairs[which].public_key, CRYPTO_PUBLIC);
	return RC_OK;
}

/* A use of the root-signing key goes into the log first. */
static enum rc
log_signature(const struct keystore *k, const uint8_t digest[CRYPTO_HASH])
{
	char use[AUDIT_LINE_MAX / 2], text[2 * 8 + 1], why[AUDIT_WHY];

	hex_encode(digest, 8, text);
	snprintf(use, sizeof use, "root-signing key v%u: sign %s",
		 (unsigned int)k->pairs[KEYSTORE_ROOT_SIGNING].version, text);
	return audit_append(k->path, crypto_openssl_table(k->crypto), use, why);
}

enum rc
keystore_sign(struct keystore *k, enum keystore_pair which, const uint8_t digest[CRYPTO_HASH],
	      uint8_t signature[CRYPTO_SIGNATURE])
{
	enum rc rc = RC_OK;

	if (!k->token && !k->pairs[which].signer)
		return RC_NOT_FOUND;
	if (which == KEYSTORE_ROOT_SIGNING)
		rc = log_signature(k, digest);
	if (rc != RC_OK)
		return rc;
	return k->token ? token_sign(k->token, which, digest, signature)
			: crypto_signer_sign(k->pairs[which].signer, digest, signature);
}

size_t
keystore_count(const struct keystore *k)
{
	return (k->root_version != 0 ? 1U : 0U) + k->master_count + (size_t)KEYSTORE_PAIRS;
}

static const char *
domain_name(uint8_t domain)
{
	static const char *const names[] = { "?", "issuer", "ca", "purse", "ecash" };

	return domain < sizeof names / sizeof names[0] ? names[domain] : names[0];
}

static enum rc
master_entry(const struct keystore *k, size_t i, struct keystore_entry *e)
{
	(void)snprintf(e->name, sizeof e->name, "master %s operator %u",
		       domain_name(k->masters[i].domain), (unsigned int)k->operator_id);
	e->version = k->masters[i].version;
	e->check_len = CRYPTO_KCV;
	return crypto_kcv(crypto_openssl_table(k->crypto), k->masters[i].key, e->check);
}

static enum rc
pair_entry(const struct keystore *k, size_t i, struct keystore_entry *e)
{
	const struct crypto *c = crypto_openssl_table(k->crypto);
	struct crypto_part part = { k->pairs[i].public_key, CRYPTO_PUBLIC };
	uint8_t digest[CRYPTO_HASH];
	enum rc rc = c->hash(c->ctx, &part, 1, digest);

	(void)snprintf(e->name, sizeof e->name, "%s",
		       i == KEYSTORE_ROOT_SIGNING ? "root-signing key" : "signing key");
	e->version = k->pairs[i].version;
	e->check_len = FINGERPRINT;
	if (rc == RC_OK)
		memcpy(e->check, digest, FINGERPRINT);
	return rc;
}

enum rc
keystore_entry_at(const struct keystore *k, size_t index, struct keystore_entry *e)
{
	struct keystore_entry made = { .name = "root" };
	enum rc rc = RC_OK;

	if (index >= keystore_count(k))
		return RC_RANGE;
	if (k->root_version == 0)
		index++;
	if (index == 0) {
		made.version = k->root_version;
		made.check_len = CRYPTO_KCV;
		memcpy(made.check, k->root_check, CRYPTO_KCV);
	} else if (index <= k->master_count) {
		rc = master_entry(k, index - 1, &made);
	} else {
		rc = pair_entry(k, index - 1 - k->master_count, &made);
	}
	if (rc == RC_OK)
		*e = made;
	return rc;
}
