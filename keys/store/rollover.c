// SPDX-License-Identifier: GPL-3.0-or-later
/* The next signing key of an operator, in a file or on a token. Cards take it on the root-signing
 * key's word alone (FORMATS.md, "EMM commands", 92). */
#include "base/mem.h"
#include "store/audit.h"
#include "store/ceremony.h"
#include "store/keystore_format.h"
#include "store/token.h"
#include "store/token_reference.h"

#include <stdio.h>

#define VERSION_LAST UINT8_MAX

/* Checks that there is a next version, and logs that it is about to be made. */
static enum rc
announce(const char *path, struct crypto_openssl *crypto, const struct keystore_body *b,
	 const char *where, char why[KEYSTORE_WHY])
{
	const unsigned int version = b->pairs[KEYSTORE_SIGNING].version;
	char use[AUDIT_LINE_MAX / 2];

	if (version == 0)
		return keystore_say(why, RC_NOT_FOUND, path, "signing key",
				    "this keystore holds none");
	if (version == VERSION_LAST)
		return keystore_say(why, RC_RANGE, path, "signing key", "its version is the last");
	snprintf(use, sizeof use, "signing key v%u: replace by v%u %s", version, version + 1,
		 where);
	return audit_append(path, crypto_openssl_table(crypto), use, why);
}

static enum rc
rotate_file(const char *path, struct crypto_openssl *crypto, const char *passphrase,
	    size_t passphrase_len, uint8_t *version, char why[KEYSTORE_WHY])
{
	static const uint8_t nothing[CRYPTO_PRIVATE];
	struct keystore_body body = { 0 };
	enum rc rc = keystore_unseal(path, crypto, passphrase, passphrase_len, &body, why);

	if (rc == RC_OK &&
	    mem_equal_ct(body.pairs[KEYSTORE_SIGNING].private_key, nothing, sizeof nothing))
		rc = keystore_say(why, RC_NOT_FOUND, path, "signing key",
				  "this keystore holds none");
	if (rc == RC_OK)
		rc = announce(path, crypto, &body, "in the file", why);
	if (rc == RC_OK) {
		rc = crypto_openssl_keygen(crypto, body.pairs[KEYSTORE_SIGNING].private_key,
					   body.pairs[KEYSTORE_SIGNING].public_key);
		if (rc != RC_OK)
			(void)keystore_say(why, rc, path, "new key", rc_text(rc));
	}
	body.pairs[KEYSTORE_SIGNING].version++;
	if (rc == RC_OK)
		rc = keystore_reseal(path, crypto, passphrase, passphrase_len, &body, why);
	if (rc == RC_OK)
		*version = body.pairs[KEYSTORE_SIGNING].version;
	mem_wipe(&body, sizeof body);
	return rc;
}

static enum rc
rotate_token(const char *path, struct crypto_openssl *crypto, const char *pin, size_t pin_len,
	     uint8_t *version, char why[KEYSTORE_WHY])
{
	struct token_reference ref;
	struct keystore_body body;
	struct token *t = NULL;
	enum rc rc = token_reference_read(path, &ref, why);

	if (rc == RC_OK)
		rc = token_open(ref.uri, pin, pin_len, true, &t, why);
	if (rc == RC_OK)
		rc = token_load(t, ref.operator_id, &body, why);
	if (rc == RC_OK)
		rc = announce(path, crypto, &body, "on the token", why);
	if (rc == RC_OK)
		rc = token_next_pair(t, &body, KEYSTORE_SIGNING, why);
	if (rc == RC_OK)
		*version = body.pairs[KEYSTORE_SIGNING].version;
	token_close(&t);
	return rc;
}

enum rc
keystore_rotate_signing(const char *path, struct crypto_openssl *crypto, const char *passphrase,
			size_t passphrase_len, uint8_t *version, char why[KEYSTORE_WHY])
{
	uint8_t bytes[KEYSTORE_FILE_MAX + 1];
	size_t len = 0;
	enum rc rc = keystore_file_read(path, bytes, sizeof bytes, &len, why);
	const bool on_token = rc == RC_OK && token_reference_is(bytes, len);

	if (rc != RC_OK)
		return rc;
	return on_token ? rotate_token(path, crypto, passphrase, passphrase_len, version, why)
			: rotate_file(path, crypto, passphrase, passphrase_len, version, why);
}
