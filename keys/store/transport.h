/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Application masters under a transport key, from the keystore with the root to that of a head-end
 * which gets masters of its own domains, perhaps the signing key, and never the root (FORMATS.md,
 * "Transport of masters"). */
#ifndef TESSERA_STORE_TRANSPORT_H
#define TESSERA_STORE_TRANSPORT_H

#include "store/keystore.h"

#include <stdbool.h>

#define TRANSPORT_KEY CRYPTO_AEAD_KEY
#define TRANSPORT_MAX 512

#define TRANSPORT_DOMAIN(domain) (1U << (domain))

/* What leaves: masters of these domains (bits TRANSPORT_DOMAIN), the private signing key too when
 * with_signing, and both public keys. path: a keystore file. Logged as a use of the root.
 * RC_NOT_FOUND: no root or no such master; RC_STATE: the keys are on a token and do not leave it;
 * otherwise as keystore_open. */
enum rc keystore_export(const char *path, struct crypto_openssl *crypto, const char *passphrase,
			size_t passphrase_len, unsigned int domains, bool with_signing,
			const uint8_t key[TRANSPORT_KEY], uint8_t out[TRANSPORT_MAX], size_t *len,
			char why[KEYSTORE_WHY]) RC_CHECKED;
/* Makes a keystore without a root. RC_AUTH: another transport key, or altered; RC_FORMAT,
 * RC_VERSION, RC_TRUNCATED; otherwise as keystore_create. */
enum rc keystore_import(const char *path, struct crypto_openssl *crypto, const char *passphrase,
			size_t passphrase_len, const uint8_t key[TRANSPORT_KEY], const uint8_t *in,
			size_t in_len, char why[KEYSTORE_WHY]) RC_CHECKED;

#endif
