// SPDX-License-Identifier: GPL-3.0-or-later
/* Making and reading a keystore file: scrypt (RFC 7914) makes the key, AES-256-GCM (SP 800-38D)
 * seals the body with the header as additional data. */
#include "base/mem.h"
#include "store/keystore_format.h"
#include "store/token_reference.h"

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
};

static enum rc
passphrase_key(struct image *image, const char *passphrase, size_t len)
{
	const struct keystore_cost *cost = &image->header.cost;

	return crypto_openssl_scrypt(passphrase, len, image->header.salt, KEYSTORE_SALT,
				     cost->log2_n, cost->r, cost->par, image->key,
				     sizeof image->key);
}

void
keystore_body_new(struct keystore_body *b, uint16_t operator_id)
{
	static const enum ladder_domain domains[] = { DOMAIN_ISSUER, DOMAIN_CA, DOMAIN_PURSE };

	memset(b, 0, sizeof *b);
	b->root_version = FIRST_VERSION;
	b->operator_id = operator_id;
	b->master_count = sizeof domains / sizeof domains[0];
	for (unsigned int i = 0; i < b->master_count; i++) {
		b->masters[i].domain = (uint8_t)domains[i];
		b->masters[i].version = FIRST_VERSION;
	}
	for (unsigned int i = 0; i < KEYSTORE_PAIRS; i++)
		b->pairs[i].version = FIRST_VERSION;
}

enum rc
keystore_body_make(struct crypto_openssl *crypto, struct keystore_body *b)
{
	const struct crypto *c = crypto_openssl_table(crypto);
	enum rc rc = c->random(c->ctx, b->root, sizeof b->root);

	for (unsigned int i = 0; rc == RC_OK && i < KEYSTORE_PAIRS; i++)
		rc = crypto_openssl_keygen(crypto, b->pairs[i].private_key, b->pairs[i].public_key);
	return rc;
}

static enum rc
seal(struct image *image, const struct keystore_body *b, struct crypto_openssl *crypto,
     const char *passphrase, size_t passphrase_len)
{
	const struct crypto *c = crypto_openssl_table(crypto);
	struct keystore_header *h = &image->header;
	uint8_t *sealed = image->bytes + KEYSTORE_HEADER;
	size_t len = keystore_body_encode(b, image->plain);
	enum rc rc = c->random(c->ctx, h->salt, sizeof h->salt);

	if (rc == RC_OK)
		rc = c->random(c->ctx, h->nonce, sizeof h->nonce);
	if (rc == RC_OK)
		rc = passphrase_key(image, passphrase, passphrase_len);
	if (rc != RC_OK)
		return rc;
	h->version = b->root_version == 0 ? KEYSTORE_VERSION_ROOTLESS : KEYSTORE_VERSION;
	h->sealed_len = (uint32_t)len;
	keystore_header_encode(h, image->bytes);
	image->len = KEYSTORE_HEADER + len + CRYPTO_AEAD_TAG;
	return crypto_openssl_seal(crypto, image->key, h->nonce, image->bytes, KEYSTORE_HEADER,
				   image->plain, len, sealed, sealed + len);
}

enum rc
keystore_seal(const char *path, struct crypto_openssl *crypto, const char *passphrase,
	      size_t passphrase_len, const struct keystore_body *b,
	      const struct keystore_cost *cost, char why[KEYSTORE_WHY])
{
	struct image image = { .header.cost = *cost };
	enum rc rc = seal(&image, b, crypto, passphrase, passphrase_len);

	if (rc != RC_OK)
		(void)keystore_say(why, rc, path, "new keys", rc_text(rc));
	else
		rc = keystore_file_create(path, image.bytes, image.len, why);
	mem_wipe(&image, sizeof image);
	return rc;
}

/* The cost that the file at path was sealed at. */
static enum rc
read_cost(const char *path, struct image *image, char why[KEYSTORE_WHY])
{
	const char *field = NULL;
	enum rc rc = keystore_file_read(path, image->bytes, sizeof image->bytes, &image->len, why);

	if (rc != RC_OK)
		return rc;
	rc = keystore_header_decode(image->bytes, image->len, &image->header, &field);
	return rc == RC_OK ? RC_OK : keystore_say(why, rc, path, field, rc_text(rc));
}

enum rc
keystore_reseal(const char *path, struct crypto_openssl *crypto, const char *passphrase,
		size_t passphrase_len, const struct keystore_body *b, char why[KEYSTORE_WHY])
{
	struct image image = { 0 };
	enum rc rc = read_cost(path, &image, why);

	if (rc == RC_OK && (rc = seal(&image, b, crypto, passphrase, passphrase_len)) != RC_OK)
		(void)keystore_say(why, rc, path, "new keys", rc_text(rc));
	if (rc == RC_OK)
		rc = keystore_file_replace(path, image.bytes, image.len, why);
	mem_wipe(&image, sizeof image);
	return rc;
}

enum rc
keystore_create_at_cost(const char *path, struct crypto_openssl *crypto, const char *passphrase,
			size_t passphrase_len, uint16_t operator_id,
			const struct keystore_cost *cost, char why[KEYSTORE_WHY])
{
	struct keystore_body body;
	enum rc rc;

	if (operator_id == 0)
		return keystore_say(why, RC_RANGE, path, "operator", "0 is nobody");
	keystore_body_new(&body, operator_id);
	rc = keystore_body_make(crypto, &body);
	if (rc != RC_OK)
		(void)keystore_say(why, rc, path, "new keys", rc_text(rc));
	else
		rc = keystore_seal(path, crypto, passphrase, passphrase_len, &body, cost, why);
	mem_wipe(&body, sizeof body);
	return rc;
}

const struct keystore_cost keystore_cost = { COST_LOG2_N, COST_R, COST_PAR };

enum rc
keystore_create(const char *path, struct crypto_openssl *crypto, const char *passphrase,
		size_t passphrase_len, uint16_t operator_id, char why[KEYSTORE_WHY])
{
	return keystore_create_at_cost(path, crypto, passphrase, passphrase_len, operator_id,
				       &keystore_cost, why);
}

/* File → plain body. */
static enum rc
unseal(struct image *image, struct keystore_body *b, const char *path,
       struct crypto_openssl *crypto, const char *passphrase, size_t passphrase_len,
       char why[KEYSTORE_WHY])
{
	const struct keystore_header *h = &image->header;
	const uint8_t *sealed = image->bytes + KEYSTORE_HEADER;
	const char *field = NULL;
	enum rc rc = keystore_file_read(path, image->bytes, sizeof image->bytes, &image->len, why);

	if (rc != RC_OK)
		return rc;
	if (token_reference_is(image->bytes, image->len))
		return keystore_say(why, RC_STATE, path, NULL, "the keys are on a token");
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
	rc = keystore_body_decode(image->plain, h->sealed_len, b, &field);
	if (rc == RC_OK && (b->root_version == 0) != (h->version != KEYSTORE_VERSION)) {
		rc = RC_FORMAT;
		field = "root version";
	}
	return rc == RC_OK ? RC_OK : keystore_say(why, rc, path, field, rc_text(rc));
}

enum rc
keystore_unseal(const char *path, struct crypto_openssl *crypto, const char *passphrase,
		size_t passphrase_len, struct keystore_body *b, char why[KEYSTORE_WHY])
{
	struct image image = { 0 };
	struct keystore_body body = { 0 };
	enum rc rc = unseal(&image, &body, path, crypto, passphrase, passphrase_len, why);

	if (rc == RC_OK)
		*b = body;
	mem_wipe(&body, sizeof body);
	mem_wipe(&image, sizeof image);
	return rc;
}
