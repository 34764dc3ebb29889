/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ceremony in its order: keys made off-line in a file (keystore_create), split k of n, put
 * together again, imported into a token for good. Each step is logged beside its keystore. */
#ifndef TESSERA_STORE_CEREMONY_H
#define TESSERA_STORE_CEREMONY_H

#include "store/keystore.h"
#include "store/share.h"

/* Splits the file's root and private keys into n shares, any k of which give them back. RC_RANGE:
 * not 2 ≤ k ≤ n ≤ SHAMIR_SHARES_MAX; RC_NOT_FOUND: the file holds no root; RC_STATE: its keys are
 * on a token; otherwise as keystore_open. */
enum rc keystore_share(const char *path, struct crypto_openssl *crypto, const char *passphrase,
		       size_t passphrase_len, unsigned int k, unsigned int n, struct share *shares,
		       char why[KEYSTORE_WHY]) RC_CHECKED;
/* Makes a new keystore file from shares of one set. RC_CONFLICT: shares of several sets, one share
 * twice, or there is a keystore already; RC_NOT_FOUND: too few; RC_INTEGRITY: they give no keys.
 */
enum rc keystore_combine(const char *path, struct crypto_openssl *crypto, const char *passphrase,
			 size_t passphrase_len, const struct share *shares, unsigned int count,
			 char why[KEYSTORE_WHY]) RC_CHECKED;

/* Imports a file's keys into the token, not extractable, and writes the token's reference as the
 * keystore at path. Results of keystore_open, token_open and token_import. */
enum rc keystore_import_token(const char *path, const char *from, struct crypto_openssl *crypto,
			      const char *passphrase, size_t passphrase_len, const char *uri,
			      const char *pin, size_t pin_len, char why[KEYSTORE_WHY]) RC_CHECKED;
/* New keys made by the token, of which nobody ever has a copy, and its reference at path. */
enum rc keystore_create_token(const char *path, struct crypto_openssl *crypto, uint16_t operator_id,
			      const char *uri, const char *pin, size_t pin_len,
			      char why[KEYSTORE_WHY]) RC_CHECKED;
/* The next version of the signing key in the place of the present one, whose private half is gone
 * then: in the file, which is replaced whole, or on the token that it names. Logged first.
 * RC_RANGE: the version is the last; RC_NOT_FOUND: this keystore does not hold it; otherwise as
 * keystore_open and token_open. */
enum rc keystore_rotate_signing(const char *path, struct crypto_openssl *crypto,
				const char *passphrase, size_t passphrase_len, uint8_t *version,
				char why[KEYSTORE_WHY]) RC_CHECKED;

#endif
