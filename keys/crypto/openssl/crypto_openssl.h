/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The crypto table on OpenSSL 3, and what only hosted programs need: signing, AEAD, scrypt,
 * TLS-free randomness. Contexts are fetched once and reused. */
#ifndef TESSERA_CRYPTO_OPENSSL_H
#define TESSERA_CRYPTO_OPENSSL_H

#include "crypto/crypto.h"

struct crypto_openssl;

/* One per thread. NULL when out of memory or when OpenSSL lacks an algorithm. */
struct crypto_openssl *crypto_openssl_new(void);
/* NULL-safe; wipes and sets *p to NULL. */
void crypto_openssl_free(struct crypto_openssl **p);
/* The table; lives as long as p. */
const struct crypto *crypto_openssl_table(struct crypto_openssl *p);

/* A new P-256 key pair. */
enum rc crypto_openssl_keygen(struct crypto_openssl *p, uint8_t private_key[CRYPTO_PRIVATE],
			      uint8_t public_key[CRYPTO_PUBLIC]) RC_CHECKED;

/* A prepared signing key, so that signing many messages parses nothing twice. */
struct crypto_signer;
/* NULL: out of memory, no such key, or halves that do not belong together. p may go first. */
struct crypto_signer *crypto_signer_new(struct crypto_openssl *p,
					const uint8_t private_key[CRYPTO_PRIVATE],
					const uint8_t public_key[CRYPTO_PUBLIC]);
void crypto_signer_free(struct crypto_signer **s);
/* ECDSA P-256 over a SHA-256 digest; signature = r | s. */
enum rc crypto_signer_sign(struct crypto_signer *s, const uint8_t digest[CRYPTO_HASH],
			   uint8_t signature[CRYPTO_SIGNATURE]) RC_CHECKED;

#define CRYPTO_MD5 16
/* MD5 (RFC 1321), which only protocols of others ask for. RC_CRYPTO: also where OpenSSL's policy
 * forbids it. */
enum rc crypto_openssl_md5(struct crypto_openssl *p, const uint8_t *data, size_t len,
			   uint8_t digest[CRYPTO_MD5]) RC_CHECKED;

#define CRYPTO_AEAD_KEY 32
#define CRYPTO_AEAD_NONCE 12
#define CRYPTO_AEAD_TAG 16

/* AES-256-GCM (SP 800-38D). out has len bytes and is wiped on failure; it may be in. open: RC_AUTH
 * when the tag is wrong. A nonce is never used twice under one key. */
enum rc crypto_openssl_seal(struct crypto_openssl *p, const uint8_t key[CRYPTO_AEAD_KEY],
			    const uint8_t nonce[CRYPTO_AEAD_NONCE], const uint8_t *aad,
			    size_t aad_len, const uint8_t *in, size_t len, uint8_t *out,
			    uint8_t tag[CRYPTO_AEAD_TAG]) RC_CHECKED;
enum rc crypto_openssl_open(struct crypto_openssl *p, const uint8_t key[CRYPTO_AEAD_KEY],
			    const uint8_t nonce[CRYPTO_AEAD_NONCE], const uint8_t *aad,
			    size_t aad_len, const uint8_t *in, size_t len, uint8_t *out,
			    const uint8_t tag[CRYPTO_AEAD_TAG]) RC_CHECKED;
/* scrypt (RFC 7914): cost N = 2^log2_n (1…24), block size r (1…64), parallelisation par (1…16).
 * RC_RANGE: outside of these, or memory above 256 MiB, before anything is allocated. */
enum rc crypto_openssl_scrypt(const char *passphrase, size_t passphrase_len, const uint8_t *salt,
			      size_t salt_len, unsigned int log2_n, unsigned int r,
			      unsigned int par, uint8_t *out, size_t out_len) RC_CHECKED;

#endif
