/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cryptography that card, box and head-end share, behind one const table of functions, so that
 * the card core runs on OpenSSL here and on small portable code on a microcontroller.
 * Every function returns RC_OK or RC_CRYPTO (RC_AUTH for a signature that does not verify) and
 * writes its outputs only on RC_OK. Keys are borrowed for the call. Buffers may alias only where
 * in == out exactly. */
#ifndef TESSERA_CRYPTO_CRYPTO_H
#define TESSERA_CRYPTO_CRYPTO_H

#include "base/rc.h"

#include <stddef.h>
#include <stdint.h>

#define CRYPTO_BLOCK 16     /* AES and SM4 block, bytes */
#define CRYPTO_KEY 16       /* keys of the ladder, bytes */
#define CRYPTO_MAC 16       /* full CMAC, bytes; messages carry the first 8 */
#define CRYPTO_HASH 32      /* SHA-256, SM3 */
#define CRYPTO_SIGNATURE 64 /* ECDSA P-256, r | s, big-endian */
#define CRYPTO_PUBLIC 64    /* P-256 point, x | y, big-endian, without the leading 04 */
#define CRYPTO_PRIVATE 32   /* P-256 scalar, big-endian */
#define CRYPTO_SHARED 32    /* x of an ECDH point, big-endian */
#define CRYPTO_KCV 3        /* key check value, bytes */
#define CRYPTO_DES 8        /* DES block, and key of single DES, bytes */

enum crypto_direction { CRYPTO_ENCRYPT, CRYPTO_DECRYPT };

/* A piece of a message that is not contiguous. */
struct crypto_part {
	const uint8_t *data;
	size_t len;
};

struct crypto {
	void *ctx; /* for the implementation; one struct crypto per thread */
	/* One AES block (FIPS 197); key_len 16, 24 or 32. */
	enum rc (*block)(void *ctx, const uint8_t *key, size_t key_len, enum crypto_direction dir,
			 const uint8_t in[CRYPTO_BLOCK], uint8_t out[CRYPTO_BLOCK]);
	/* AES-CBC (SP 800-38A) without padding; len is a multiple of 16. */
	enum rc (*cbc)(void *ctx, const uint8_t *key, size_t key_len, enum crypto_direction dir,
		       const uint8_t iv[CRYPTO_BLOCK], const uint8_t *in, size_t len, uint8_t *out);
	/* AES-CMAC (SP 800-38B) over the concatenation of n parts. */
	enum rc (*cmac)(void *ctx, const uint8_t *key, size_t key_len,
			const struct crypto_part *parts, size_t n, uint8_t mac[CRYPTO_MAC]);
	/* SHA-256 (FIPS 180-4) over the concatenation of n parts. */
	enum rc (*hash)(void *ctx, const struct crypto_part *parts, size_t n,
			uint8_t digest[CRYPTO_HASH]);
	/* ECDSA P-256 (FIPS 186-4): RC_OK, RC_AUTH (wrong signature or no point on the curve),
	 * RC_CRYPTO. */
	enum rc (*verify)(void *ctx, const uint8_t public_key[CRYPTO_PUBLIC],
			  const uint8_t digest[CRYPTO_HASH],
			  const uint8_t signature[CRYPTO_SIGNATURE]);
	/* Fit for keys. */
	enum rc (*random)(void *ctx, uint8_t *out, size_t len);
	/* A new P-256 key pair (FIPS 186-4 B.4). RC_CRYPTO. */
	enum rc (*key_pair)(void *ctx, uint8_t private_key[CRYPTO_PRIVATE],
			    uint8_t public_key[CRYPTO_PUBLIC]);
	/* ECDH P-256 (SP 800-56A 5.7.1.2). RC_AUTH: the peer's key is no point on the curve;
	 * RC_CRYPTO. */
	enum rc (*ecdh)(void *ctx, const uint8_t private_key[CRYPTO_PRIVATE],
			const uint8_t peer[CRYPTO_PUBLIC], uint8_t shared[CRYPTO_SHARED]);
	/* One block of DES (FIPS 46-3), key_len 8, or of 3DES with two keys (SP 800-67, K3 = K1),
	 * key_len 16. Parity bits of the key are not looked at. For the e-purse only. */
	enum rc (*des)(void *ctx, const uint8_t *key, size_t key_len, enum crypto_direction dir,
		       const uint8_t in[CRYPTO_DES], uint8_t out[CRYPTO_DES]);
	/* One SM4 block (GB/T 32907). */
	enum rc (*sm4)(void *ctx, const uint8_t key[CRYPTO_KEY], enum crypto_direction dir,
		       const uint8_t in[CRYPTO_BLOCK], uint8_t out[CRYPTO_BLOCK]);
};

/* Key check value: AES(key, 01×16), first three bytes (GlobalPlatform, Amendment D 7.1). Safe to
 * print. */
enum rc crypto_kcv(const struct crypto *c, const uint8_t key[CRYPTO_KEY],
		   uint8_t kcv[CRYPTO_KCV]) RC_CHECKED;
/* CMAC over one contiguous message. */
enum rc crypto_cmac(const struct crypto *c, const uint8_t key[CRYPTO_KEY], const uint8_t *data,
		    size_t len, uint8_t mac[CRYPTO_MAC]) RC_CHECKED;

#endif
