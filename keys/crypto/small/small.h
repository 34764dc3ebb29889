/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The crypto table in small portable C, for a card without an operating system: AES, CBC, CMAC,
 * SHA-256, DES, SM4, ECDSA P-256 verification, ECDH and key pairs. No allocation, no state between
 * calls, about 1 KiB of stack. Private scalars steer neither branch nor address; AES reads its
 * S-box by index: on a chip whose memory has no cache that takes the same time for every byte; do
 * not use it next to strangers on a machine with caches. */
#ifndef TESSERA_CRYPTO_SMALL_H
#define TESSERA_CRYPTO_SMALL_H

#include "crypto/crypto.h"

/* Fills out with random bytes; the platform's. */
typedef enum rc (*crypto_small_random_fn)(void *ctx, uint8_t *out, size_t len);

struct crypto_small {
	struct crypto table; /* ctx points at this struct: do not copy */
	crypto_small_random_fn random;
	void *random_ctx;
};

/* random may be NULL: then asking for randomness fails with RC_CRYPTO. */
void crypto_small_init(struct crypto_small *s, crypto_small_random_fn random, void *random_ctx);

/* FIPS 197, one key schedule of at most 15 round keys. */
struct small_aes {
	uint8_t round_keys[15][16];
	uint8_t rounds;
};
enum rc small_aes_init(struct small_aes *a, const uint8_t *key, size_t key_len) RC_CHECKED;
void small_aes_encrypt(const struct small_aes *a, const uint8_t in[16], uint8_t out[16]);
void small_aes_decrypt(const struct small_aes *a, const uint8_t in[16], uint8_t out[16]);

/* FIPS 180-4. */
struct small_sha256 {
	uint32_t h[8];
	uint64_t total;
	uint8_t block[64];
};
void small_sha256_init(struct small_sha256 *s);
void small_sha256_update(struct small_sha256 *s, const uint8_t *data, size_t len);
void small_sha256_final(struct small_sha256 *s, uint8_t digest[32]);

/* FIPS 186-4, 6.4 with P-256. RC_AUTH: wrong signature or no point on the curve. Public data only.
 */
enum rc small_p256_verify(const uint8_t public_key[64], const uint8_t digest[32],
			  const uint8_t signature[64]) RC_CHECKED;
/* x of private_key · peer (SP 800-56A 5.7.1.2). RC_AUTH: no point on the curve; RC_CRYPTO: no
 * private key, which is 1 … n − 1. Time depends on neither. */
enum rc small_p256_ecdh(const uint8_t private_key[32], const uint8_t peer[64],
			uint8_t shared[32]) RC_CHECKED;
/* The public key that belongs to a private one. RC_CRYPTO: no private key. */
enum rc small_p256_public(const uint8_t private_key[32], uint8_t public_key[64]) RC_CHECKED;

/* FIPS 46-3 and SP 800-67: key_len 8 or 16 (K3 = K1), else RC_CRYPTO. */
enum rc small_des(const uint8_t *key, size_t key_len, enum crypto_direction dir,
		  const uint8_t in[8], uint8_t out[8]) RC_CHECKED;
/* GB/T 32907. */
void small_sm4(const uint8_t key[16], enum crypto_direction dir, const uint8_t in[16],
	       uint8_t out[16]);

#endif
