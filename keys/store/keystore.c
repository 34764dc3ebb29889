// SPDX-License-Identifier: GPL-3.0-or-later
/* Making and opening a keystore: scrypt (RFC 7914) makes the key, AES-256-GCM (SP 800-38D) seals
 * the body with the header as additional data. */
#include "store/keystore_format.h"

#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_VERSION 1
#define COST_LOG2_N 15 /* 32 MiB and about 0.1 s */
#define COST_R 8
#define COST_PAR 1

/* The file while it is put together or taken apart. */
struct image {
	uint8_t bytes[KEYSTORE_FILE_MAX + 1]; /* one more, to notice a longer file */
	size_t len;
	struct keystore_header header;
	uint8_t key[CRYPTO_AEAD_KEY];
	uint8_t plain[KEYSTORE_BODY_MAX];
	struct keystore_body body;
};

static enum rc
passphrase_key(struct image *image, const char *passphrase, size_t len)
{
	const struct keystore_cost *cost = &image->header.cost;

	return crypto_openssl_scrypt(passphrase, len, image->header.salt, KEYSTORE_SALT,
				     cost->log2_n, cost->r, cost->par, image->key,
				     sizeof image->key);
}

/* Fresh keys of a new operator. */
static enum rc
make_body(struct crypto_openssl *crypto, uint16_t operator_id, struct keystore_body *b)
{
	static const enum ladder_domain domains[] = { DOMAIN_ISSUER, DOMAIN_CA, DOMAIN_PURSE };
	const struct crypto *c = crypto_openssl_table(crypto);
	enum rc rc = c->random(c->ctx, b->root, sizeof b->root);

	b->root_version = FIRST_VERSION;
	b->operator_id = operator_id;
	b->master_count = sizeof domains / sizeof domains[0];
	for (unsigned int i = 0; i < b->master_count; i++) {
		b->masters[i].domain = (uint8_t)domains[i];
		b->masters[i].version = FIRST_VERSION;
	}
	for (unsigned int i = 0; rc == RC_OK && i < KEYSTORE_PAIRS; i++) {
		b->pairs[i].version = FIRST_VERSION;
		rc = crypto_openssl_keygen(crypto, b->pairs[i].private_key, b->pairs[i].public_key);
	}
	return rc;
}

static enum rc
seal(struct image *image, struct crypto_openssl *crypto, const char *passphrase,
     size_t passphrase_len)
{
	const struct crypto *c = crypto_openssl_table(crypto);
	struct keystore_header *h = &image->header;
	uint8_t *sealed = image->bytes + KEYSTORE_HEADER;
	size_t len = keystore_body_encode(&image->body, image->plain);
	enum rc rc = c->random(c->ctx, h->salt, sizeof h->salt);

	if (rc == RC_OK)
		rc = c->random(c->ctx, h->nonce, sizeof h->nonce);
	if (rc == RC_OK)
		rc = passphrase_key(image, passphrase, passphrase_len);
	if (rc != RC_OK)
		return rc;
	h->sealed_len = (uint32_t)len;
	keystore_header_encode(h, image->bytes);
	image->len = KEYSTORE_HEADER + len + CRYPTO_AEAD_TAG;
	return crypto_openssl_seal(crypto, image->key, h->nonce, image->bytes, KEYSTORE_HEADER,
				   image->plain, len, sealed, sealed + len);
}

enum rc
keystore_create_at_cost(const char *path, struct crypto_openssl *crypto, const char *passphrase,
			size_t passphrase_len, uint16_t operator_id,
			const struct keystore_cost *cost, char why[KEYSTORE_WHY])
{
	struct image image = { .header.cost = *cost };
	enum rc rc;

	if (operator_id == 0)
		return keystore_say(why, RC_RANGE, path, "operator", "0 is nobody");
	rc = make_body(crypto, operator_id, &image.body);
	if (rc == RC_OK)
		rc = seal(&image, crypto, passphrase, passphrase_len);
	if (rc != RC_OK)
		(void)keystore_say(why, rc, path, "new keys", rc_text(rc));
	else
		rc = keystore_file_create(path, image.bytes, image.len, why);
	mem_wipe(&image, sizeof image);
	return rc;
}

enum rc
keystore_create(const char *path, struct crypto_openssl *crypto, const char *passphrase,
		size_t passphrase_len, uint16_t operator_id, char why[KEYSTORE_WHY])
{
	static const struct keystore_cost cost = { COST_LOG2_N, COST_R, COST_PAR };

	return keystore_create_at_cost(path, crypto, passphrase, passphrase_len, operator_id, &cost,
				       why);
}

/* File → plain body. */
static enum rc
unseal(struct image *image, const char *path, struct crypto_openssl *crypto, const char *passphrase,
       size_t passphrase_len, char why[KEYSTORE_WHY])
{
	const struct keystore_header *h = &image->header;
	const uint8_t *sealed = image->bytes + KEYSTORE_HEADER;
	const char *field = NULL;
	enum rc rc = keystore_file_read(path, image->bytes, sizeof image->bytes, &image->len, why);

	if (rc != RC_OK)
		return rc;
	rc = keystore_header_decode(image->bytes, image->len, &image->header, &field);
	if (rc != RC_OK)
		return keystore_say(why, rc, path, field, rc_text(rc));
	rc = passphrase_key(image, passphrase, passphrase_len);
	if (rc == RC_RANGE)
		return keystore_say(why, RC_FORMAT, path, "scrypt cost",
				    "0, or more than 256 MiB or 16 lanes");
	if (rc == RC_OK)
		rc = crypto_openssl_open(crypto, image->key, h->nonce, image->bytes,
					 KEYSTORE_HEADER, sealed, h->sealed_len, image->plain,
					 sealed + h->sealed_len);
	if (rc == RC_AUTH)
		return keystore_say(why, rc, path, NULL,
				    "wrong passphrase, or the file was altered");
	if (rc != RC_OK)
		return keystore_say(why, rc, path, NULL, rc_text(rc));
	rc = keystore_body_decode(image->plain, h->sealed_len, &image->body, &field);
	return rc == RC_OK ? RC_OK : keystore_say(why, rc, path, field, rc_text(rc));
}

/* Everything the root and the scalars are needed for, done once. */
static enum rc
fill(struct keystore *k, const struct keystore_body *b)
{
	const struct crypto *c = crypto_openssl_table(k->crypto);
	enum rc rc = crypto_kcv(c, b->root, k->root_check);

	k->root_version = b->root_version;
	k->operator_id = b->operator_id;
	k->master_count = b->master_count;
	for (unsigned int i = 0; rc == RC_OK && i < b->master_count; i++) {
		k->masters[i].domain = b->masters[i].domain;
		k->masters[i].version = b->masters[i].version;
		rc = ladder_master(c, b->root, b->operator_id,
				   (enum ladder_domain)b->masters[i].domain, b->masters[i].version,
				   k->masters[i].key);
	}
	for (unsigned int i = 0; rc == RC_OK && i < KEYSTORE_PAIRS; i++) {
		k->pairs[i].version = b->pairs[i].version;
		memcpy(k->pairs[i].public_key, b->pairs[i].public_key, CRYPTO_PUBLIC);
		errno = 0;
		k->pairs[i].signer = crypto_signer_new(k->crypto, b->pairs[i].private_key,
						       b->pairs[i].public_key);
		if (!k->pairs[i].signer)
			rc = errno == ENOMEM ? RC_NO_MEMORY : RC_CRYPTO;
	}
	return rc;
}

enum rc
keystore_open(const char *path, struct crypto_openssl *crypto, const char *passphrase,
	      size_t passphrase_len, struct keystore **out, char why[KEYSTORE_WHY])
{
	struct image image = { 0 };
	struct keystore *k = NULL;
	enum rc rc = unseal(&image, path, crypto, passphrase, passphrase_len, why);

	if (rc != RC_OK)
		goto out;
	k = calloc(1, sizeof *k);
	rc = RC_NO_MEMORY;
	if (k) {
		k->crypto = crypto;
		rc = fill(k, &image.body);
	}
	if (rc == RC_OK)
		*out = k;
	else
		(void)keystore_say(why, rc, path, "keys", rc_text(rc));
out:
	if (rc != RC_OK)
		keystore_free(&k);
	mem_wipe(&image, sizeof image);
	return rc;
}

void
keystore_free(struct keystore **k)
{
	if (!k || !*k)
		return;
	for (unsigned int i = 0; i < KEYSTORE_PAIRS; i++)
		crypto_signer_free(&(*k)->pairs[i].signer);
	mem_wipe(*k, sizeof **k);
	free(*k);
	*k = NULL;
}
