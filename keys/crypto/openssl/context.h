/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the OpenSSL room: what is fetched once and reused. */
#ifndef TESSERA_CRYPTO_OPENSSL_CONTEXT_H
#define TESSERA_CRYPTO_OPENSSL_CONTEXT_H

#include "crypto_openssl/crypto_openssl.h"

#include <openssl/evp.h>
#include <stdbool.h>

#define KEY_SIZES 3   /* AES-128, AES-192, AES-256 */
#define VERIFY_KEYS 2 /* a card alternates between the root key and the signing key at most */

/* A verification key that was parsed before. */
struct verify_key {
	uint8_t public_key[CRYPTO_PUBLIC];
	EVP_PKEY_CTX *ctx; /* NULL: slot is empty */
};

struct crypto_openssl {
	struct crypto table;
	EVP_CIPHER_CTX *ecb[KEY_SIZES];
	EVP_CIPHER_CTX *cbc[KEY_SIZES];
	EVP_CIPHER_CTX *gcm;
	EVP_CIPHER_CTX *des; /* two keys; single DES is the same key twice */
	EVP_CIPHER_CTX *sm4;
	EVP_MAC_CTX *cmac[KEY_SIZES];
	EVP_MD *sha256;
	EVP_MD *md5; /* NULL where OpenSSL refuses it (FIPS) */
	EVP_MD_CTX *hash;
	EVP_PKEY_CTX *ec; /* imports keys */
	struct verify_key verify[VERIFY_KEYS];
	unsigned int verify_next; /* slot that is given up next */
};

/* Fills the functions of the table. */
void crypto_openssl_fill_table(struct crypto_openssl *p);

/* A P-256 key from its parts; one of them may be NULL. RC_AUTH: no point of the curve; RC_CRYPTO.
 * The caller frees *key. */
enum rc crypto_openssl_import(struct crypto_openssl *p, const uint8_t *private_key,
			      const uint8_t *public_key, EVP_PKEY **key) RC_CHECKED;
/* ecdh of the table. */
enum rc crypto_openssl_ecdh(struct crypto_openssl *p, const uint8_t private_key[CRYPTO_PRIVATE],
			    const uint8_t peer[CRYPTO_PUBLIC],
			    uint8_t shared[CRYPTO_SHARED]) RC_CHECKED;

/* Clears OpenSSL's error queue, which would otherwise keep what we have reported already. */
enum rc crypto_openssl_failed(void);

#endif
