// SPDX-License-Identifier: GPL-3.0-or-later
/* Shares carry the encoded body of a keystore and the first bytes of its SHA-256, so that too few
 * or wrong shares are noticed. */
#include "store/ceremony.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "store/audit.h"
#include "store/keystore_format.h"
#include "store/token.h"
#include "store/token_reference.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define CHECK_LEN 8

/* A body with a root has no master keys in it. */
_Static_assert(KEYSTORE_BODY_MAX - KEYSTORE_MASTERS * CRYPTO_KEY + CHECK_LEN <= SHAMIR_SECRET_MAX,
	       "shares have room for a keystore");

static enum rc
check_of(const struct crypto *c, const uint8_t *body, size_t len, uint8_t check[CHECK_LEN])
{
	const struct crypto_part part = { body, len };
	uint8_t digest[CRYPTO_HASH];
	enum rc rc = c->hash(c->ctx, &part, 1, digest);

	if (rc == RC_OK)
		memcpy(check, digest, CHECK_LEN);
	mem_wipe(digest, sizeof digest);
	return rc;
}

static enum rc
split(const struct crypto *c, const struct keystore_body *b, unsigned int k, unsigned int n,
      struct share *shares)
{
	uint8_t secret[KEYSTORE_BODY_MAX + CHECK_LEN];
	uint8_t *values[SHAMIR_SHARES_MAX];
	size_t len = keystore_body_encode(b, secret);
	uint8_t set[4];
	enum rc rc = check_of(c, secret, len, secret + len);

	len += CHECK_LEN;
	if (rc == RC_OK)
		rc = c->random(c->ctx, set, sizeof set);
	for (unsigned int i = 0; rc == RC_OK && i < n; i++) {
		shares[i] = (struct share) { .set = get_be32(set),
					     .operator_id = b->operator_id,
					     .threshold = (uint8_t)k,
					     .count = (uint8_t)n,
					     .len = (uint16_t)len,
					     .x = (uint8_t)(i + 1) };
		values[i] = shares[i].value;
	}
	if (rc == RC_OK)
		rc = shamir_split(c, secret, len, k, n, values);
	mem_wipe(secret, sizeof secret);
	return rc;
}

enum rc
keystore_share(const char *path, struct crypto_openssl *crypto, const char *passphrase,
	       size_t passphrase_len, unsigned int k, unsigned int n, struct share *shares,
	       char why[KEYSTORE_WHY])
{
	const struct crypto *c = crypto_openssl_table(crypto);
	struct keystore_body body;
	char use[AUDIT_LINE_MAX / 2];
	enum rc rc;

	if (k < SHAMIR_THRESHOLD_MIN || k > n || n > SHAMIR_SHARES_MAX)
		return keystore_say(why, RC_RANGE, path, "shares",
				    "2 to 16, and the threshold is 2 to their number");
	rc = keystore_unseal(path, crypto, passphrase, passphrase_len, &body, why);
	if (rc == RC_OK && body.root_version == 0)
		rc = keystore_say(why, RC_NOT_FOUND, path, "root", "this keystore holds none");
	if (rc != RC_OK)
		return rc;
	snprintf(use, sizeof use, "root v%u: split into %u shares, any %u give it",
		 (unsigned int)body.root_version, n, k);
	rc = audit_append(path, c, use, why);
	if (rc == RC_OK && (rc = split(c, &body, k, n, shares)) != RC_OK)
		(void)keystore_say(why, rc, path, "shares", rc_text(rc));
	mem_wipe(&body, sizeof body);
	return rc;
}

/* Shares of one set, each once, as many as are needed. */
static enum rc
check_shares(const char *path, const struct share *s, unsigned int count, char why[KEYSTORE_WHY])
{
	char reason[80];

	if (count == 0)
		return keystore_say(why, RC_NOT_FOUND, path, "shares", "none were given");
	for (unsigned int i = 1; i < count; i++) {
		if (s[i].set != s->set || s[i].len != s->len || s[i].threshold != s->threshold ||
		    s[i].operator_id != s->operator_id)
			return keystore_say(why, RC_CONFLICT, path, "shares",
					    "they are of different sets");
		for (unsigned int j = 0; j < i; j++) {
			if (s[i].x == s[j].x)
				return keystore_say(why, RC_CONFLICT, path, "shares",
						    "one of them was given twice");
		}
	}
	if (count >= s->threshold)
		return RC_OK;
	snprintf(reason, sizeof reason, "%u of the %u that are needed", count,
		 (unsigned int)s->threshold);
	return keystore_say(why, RC_NOT_FOUND, path, "shares", reason);
}

static enum rc
join(const struct crypto *c, const struct share *shares, struct keystore_body *body)
{
	const uint8_t *values[SHAMIR_SHARES_MAX];
	uint8_t x[SHAMIR_SHARES_MAX], secret[SHAMIR_SECRET_MAX], check[CHECK_LEN];
	const unsigned int k = shares->threshold;
	const size_t len = shares->len;
	const char *field = NULL;
	enum rc rc;

	for (unsigned int i = 0; i < k; i++) {
		x[i] = shares[i].x;
		values[i] = shares[i].value;
	}
	rc = len > CHECK_LEN ? shamir_combine(x, values, k, len, secret) : RC_FORMAT;
	if (rc == RC_OK)
		rc = check_of(c, secret, len - CHECK_LEN, check);
	if (rc == RC_OK && !mem_equal_ct(check, secret + len - CHECK_LEN, CHECK_LEN))
		rc = RC_INTEGRITY;
	if (rc == RC_OK)
		rc = keystore_body_decode(secret, len - CHECK_LEN, body, &field);
	mem_wipe(secret, sizeof secret);
	return rc;
}

enum rc
keystore_combine(const char *path, struct crypto_openssl *crypto, const char *passphrase,
		 size_t passphrase_len, const struct share *shares, unsigned int count,
		 char why[KEYSTORE_WHY])
{
	const struct crypto *c = crypto_openssl_table(crypto);
	struct keystore_body body = { 0 };
	char use[AUDIT_LINE_MAX / 2];
	enum rc rc = check_shares(path, shares, count, why);

	if (rc != RC_OK)
		return rc;
	rc = join(c, shares, &body);
	if (rc != RC_OK)
		(void)keystore_say(why, rc, path, "shares",
				   rc == RC_INTEGRITY ? "they do not fit together" : rc_text(rc));
	if (rc == RC_OK)
		rc = keystore_seal(path, crypto, passphrase, passphrase_len, &body, &keystore_cost,
				   why);
	if (rc == RC_OK) {
		snprintf(use, sizeof use, "root v%u: put together from %u shares of set %08X",
			 (unsigned int)body.root_version, (unsigned int)shares->threshold,
			 (unsigned int)shares->set);
		rc = audit_append(path, c, use, why);
	}
	mem_wipe(&body, sizeof body);
	return rc;
}

/* Nothing is put on a token whose reference then finds its place taken. */
static enum rc
refuse_taken(const char *path, char why[KEYSTORE_WHY])
{
	if (access(path, F_OK) == 0 || errno != ENOENT)
		return keystore_say(why, RC_CONFLICT, path, NULL, "there is a keystore already");
	return RC_OK;
}

static enum rc
refer(const char *path, struct crypto_openssl *crypto, const struct keystore_body *b,
      const char *uri, const char *how, char why[KEYSTORE_WHY])
{
	struct token_reference ref = { .operator_id = b->operator_id };
	char use[AUDIT_LINE_MAX / 2];
	enum rc rc;

	snprintf(ref.uri, sizeof ref.uri, "%s", uri);
	rc = token_reference_create(path, &ref, why);
	if (rc != RC_OK)
		return rc;
	snprintf(use, sizeof use, "root v%u of operator %u: %s", (unsigned int)b->root_version,
		 (unsigned int)b->operator_id, how);
	return audit_append(path, crypto_openssl_table(crypto), use, why);
}

enum rc
keystore_import_token(const char *path, const char *from, struct crypto_openssl *crypto,
		      const char *passphrase, size_t passphrase_len, const char *uri,
		      const char *pin, size_t pin_len, char why[KEYSTORE_WHY])
{
	struct keystore_body body = { 0 };
	struct token *t = NULL;
	enum rc rc = refuse_taken(path, why);

	if (rc == RC_OK && strlen(uri) >= TOKEN_URI_MAX)
		rc = keystore_say(why, RC_RANGE, path, "URI", "it is too long");
	if (rc == RC_OK)
		rc = keystore_unseal(from, crypto, passphrase, passphrase_len, &body, why);
	if (rc == RC_OK && body.root_version == 0)
		rc = keystore_say(why, RC_NOT_FOUND, from, "root", "this keystore holds none");
	if (rc == RC_OK)
		rc = token_open(uri, pin, pin_len, true, &t, why);
	if (rc == RC_OK)
		rc = audit_append(from, crypto_openssl_table(crypto), "root: import into a token",
				  why);
	if (rc == RC_OK)
		rc = token_import(t, &body, why);
	if (rc == RC_OK)
		rc = refer(path, crypto, &body, uri, "imported into the token", why);
	token_close(&t);
	mem_wipe(&body, sizeof body);
	return rc;
}

enum rc
keystore_create_token(const char *path, struct crypto_openssl *crypto, uint16_t operator_id,
		      const char *uri, const char *pin, size_t pin_len, char why[KEYSTORE_WHY])
{
	struct keystore_body body;
	struct token *t = NULL;
	enum rc rc = refuse_taken(path, why);

	if (rc == RC_OK && (operator_id == 0 || strlen(uri) >= TOKEN_URI_MAX))
		rc = keystore_say(why, RC_RANGE, path, operator_id == 0 ? "operator" : "URI",
				  rc_text(RC_RANGE));
	if (rc != RC_OK)
		return rc;
	keystore_body_new(&body, operator_id);
	rc = token_open(uri, pin, pin_len, true, &t, why);
	if (rc == RC_OK)
		rc = token_generate(t, &body, why);
	if (rc == RC_OK)
		rc = refer(path, crypto, &body, uri, "made by the token", why);
	token_close(&t);
	mem_wipe(&body, sizeof body);
	return rc;
}
