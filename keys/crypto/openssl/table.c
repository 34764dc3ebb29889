// SPDX-License-Identifier: GPL-3.0-or-later
/* struct crypto on OpenSSL: AES (FIPS 197), CBC (SP 800-38A), CMAC (SP 800-38B), SHA-256 (FIPS
 * 180-4), ECDSA P-256 verification (FIPS 186-4), ECDH, randomness. Contexts are re-keyed, never
 * rebuilt.
 */
#include "context.h"

#include "base/mem.h"

#include <limits.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rand.h>

#define DER_SIGNATURE 72 /* SEQUENCE of two INTEGERs of at most 33 bytes */

/* Index of a key size among the contexts, or KEY_SIZES. */
static unsigned int
key_index(size_t key_len)
{
	switch (key_len) {
	case 16:
		return 0;
	case 24:
		return 1;
	case 32:
		return 2;
	default:
		return KEY_SIZES;
	}
}

static enum rc
table_block(void *ctx, const uint8_t *key, size_t key_len, enum crypto_direction dir,
	    const uint8_t in[CRYPTO_BLOCK], uint8_t out[CRYPTO_BLOCK])
{
	struct crypto_openssl *p = ctx;
	unsigned int i = key_index(key_len);
	int n = 0;

	if (i == KEY_SIZES)
		return RC_CRYPTO;
	if (EVP_CipherInit_ex2(p->ecb[i], NULL, key, NULL, dir == CRYPTO_ENCRYPT, NULL) != 1 ||
	    EVP_CipherUpdate(p->ecb[i], out, &n, in, CRYPTO_BLOCK) != 1 || n != CRYPTO_BLOCK)
		return crypto_openssl_failed();
	return RC_OK;
}

static enum rc
table_cbc(void *ctx, const uint8_t *key, size_t key_len, enum crypto_direction dir,
	  const uint8_t iv[CRYPTO_BLOCK], const uint8_t *in, size_t len, uint8_t *out)
{
	struct crypto_openssl *p = ctx;
	unsigned int i = key_index(key_len);
	int n = 0;

	if (i == KEY_SIZES || len % CRYPTO_BLOCK != 0 || len > INT_MAX)
		return RC_CRYPTO;
	if (len == 0)
		return RC_OK;
	if (EVP_CipherInit_ex2(p->cbc[i], NULL, key, iv, dir == CRYPTO_ENCRYPT, NULL) != 1 ||
	    EVP_CipherUpdate(p->cbc[i], out, &n, in, (int)len) != 1 || (size_t)n != len)
		return crypto_openssl_failed();
	return RC_OK;
}

static enum rc
table_cmac(void *ctx, const uint8_t *key, size_t key_len, const struct crypto_part *parts, size_t n,
	   uint8_t mac[CRYPTO_MAC])
{
	struct crypto_openssl *p = ctx;
	unsigned int i = key_index(key_len);
	size_t mac_len = 0;

	if (i == KEY_SIZES)
		return RC_CRYPTO;
	if (EVP_MAC_init(p->cmac[i], key, key_len, NULL) != 1)
		return crypto_openssl_failed();
	for (size_t k = 0; k < n; k++) {
		if (parts[k].len > 0 &&
		    EVP_MAC_update(p->cmac[i], parts[k].data, parts[k].len) != 1)
			return crypto_openssl_failed();
	}
	if (EVP_MAC_final(p->cmac[i], mac, &mac_len, CRYPTO_MAC) != 1 || mac_len != CRYPTO_MAC)
		return crypto_openssl_failed();
	return RC_OK;
}

static enum rc
table_hash(void *ctx, const struct crypto_part *parts, size_t n, uint8_t digest[CRYPTO_HASH])
{
	struct crypto_openssl *p = ctx;

	if (EVP_DigestInit_ex2(p->hash, p->sha256, NULL) != 1)
		return crypto_openssl_failed();
	for (size_t k = 0; k < n; k++) {
		if (parts[k].len > 0 && EVP_DigestUpdate(p->hash, parts[k].data, parts[k].len) != 1)
			return crypto_openssl_failed();
	}
	if (EVP_DigestFinal_ex(p->hash, digest, NULL) != 1)
		return crypto_openssl_failed();
	return RC_OK;
}

/* The verification context of a key: parsed before, or now in the place of the oldest. */
static enum rc
verify_context(struct crypto_openssl *p, const uint8_t public_key[CRYPTO_PUBLIC],
	       EVP_PKEY_CTX **ctx)
{
	struct verify_key *slot;
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *made;
	enum rc rc;

	for (unsigned int i = 0; i < VERIFY_KEYS; i++) {
		if (p->verify[i].ctx &&
		    memcmp(p->verify[i].public_key, public_key, CRYPTO_PUBLIC) == 0) {
			*ctx = p->verify[i].ctx;
			return RC_OK;
		}
	}
	rc = crypto_openssl_import(p, NULL, public_key, &key);
	if (rc != RC_OK)
		return rc;
	made = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	EVP_PKEY_free(key);
	if (!made || EVP_PKEY_verify_init(made) != 1) {
		EVP_PKEY_CTX_free(made);
		return crypto_openssl_failed();
	}
	slot = &p->verify[p->verify_next];
	p->verify_next = (p->verify_next + 1) % VERIFY_KEYS;
	EVP_PKEY_CTX_free(slot->ctx);
	slot->ctx = made;
	memcpy(slot->public_key, public_key, CRYPTO_PUBLIC);
	*ctx = made;
	return RC_OK;
}

/* r | s to the DER form that OpenSSL verifies. Returns its length, 0 on failure. */
static size_t
signature_to_der(const uint8_t signature[CRYPTO_SIGNATURE], uint8_t der[DER_SIGNATURE])
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(signature, 32, NULL);
	BIGNUM *s = BN_bin2bn(signature + 32, 32, NULL);
	uint8_t *end = der;
	int len;

	if (!sig || !r || !s || ECDSA_SIG_set0(sig, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		ECDSA_SIG_free(sig);
		return 0;
	}
	len = i2d_ECDSA_SIG(sig, &end);
	ECDSA_SIG_free(sig);
	return len > 0 ? (size_t)len : 0;
}

static enum rc
table_verify(void *ctx, const uint8_t public_key[CRYPTO_PUBLIC], const uint8_t digest[CRYPTO_HASH],
	     const uint8_t signature[CRYPTO_SIGNATURE])
{
	struct crypto_openssl *p = ctx;
	EVP_PKEY_CTX *verify = NULL;
	uint8_t der[DER_SIGNATURE];
	size_t len = signature_to_der(signature, der);
	enum rc rc;

	if (len == 0)
		return crypto_openssl_failed();
	rc = verify_context(p, public_key, &verify);
	if (rc != RC_OK)
		return rc;
	switch (EVP_PKEY_verify(verify, der, len, digest, CRYPTO_HASH)) {
	case 1:
		return RC_OK;
	case 0:
		(void)crypto_openssl_failed();
		return RC_AUTH;
	default:
		return crypto_openssl_failed();
	}
}

static enum rc
table_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	if (len > INT_MAX || RAND_priv_bytes(out, (int)len) != 1)
		return crypto_openssl_failed();
	return RC_OK;
}

static enum rc
table_key_pair(void *ctx, uint8_t private_key[CRYPTO_PRIVATE], uint8_t public_key[CRYPTO_PUBLIC])
{
	return crypto_openssl_keygen(ctx, private_key, public_key);
}

static enum rc
table_ecdh(void *ctx, const uint8_t private_key[CRYPTO_PRIVATE], const uint8_t peer[CRYPTO_PUBLIC],
	   uint8_t shared[CRYPTO_SHARED])
{
	return crypto_openssl_ecdh(ctx, private_key, peer, shared);
}

/* One block in a context of its own mode. */
static enum rc
one_block(EVP_CIPHER_CTX *cipher, const uint8_t *key, enum crypto_direction dir, const uint8_t *in,
	  int len, uint8_t *out)
{
	int n = 0;

	if (EVP_CipherInit_ex2(cipher, NULL, key, NULL, dir == CRYPTO_ENCRYPT, NULL) != 1 ||
	    EVP_CipherUpdate(cipher, out, &n, in, len) != 1 || n != len)
		return crypto_openssl_failed();
	return RC_OK;
}

/* Single DES left the default provider in OpenSSL 3: E(K) D(K) E(K) = E(K). */
static enum rc
table_des(void *ctx, const uint8_t *key, size_t key_len, enum crypto_direction dir,
	  const uint8_t in[CRYPTO_DES], uint8_t out[CRYPTO_DES])
{
	const struct crypto_openssl *p = ctx;
	uint8_t both[2 * CRYPTO_DES];
	enum rc rc;

	if (key_len != CRYPTO_DES && key_len != sizeof both)
		return RC_CRYPTO;
	memcpy(both, key, CRYPTO_DES);
	memcpy(both + CRYPTO_DES, key + key_len - CRYPTO_DES, CRYPTO_DES);
	rc = one_block(p->des, both, dir, in, CRYPTO_DES, out);
	mem_wipe(both, sizeof both);
	return rc;
}

static enum rc
table_sm4(void *ctx, const uint8_t key[CRYPTO_KEY], enum crypto_direction dir,
	  const uint8_t in[CRYPTO_BLOCK], uint8_t out[CRYPTO_BLOCK])
{
	const struct crypto_openssl *p = ctx;

	return one_block(p->sm4, key, dir, in, CRYPTO_BLOCK, out);
}

void
crypto_openssl_fill_table(struct crypto_openssl *p)
{
	p->table.block = table_block;
	p->table.cbc = table_cbc;
	p->table.cmac = table_cmac;
	p->table.hash = table_hash;
	p->table.verify = table_verify;
	p->table.random = table_random;
	p->table.key_pair = table_key_pair;
	p->table.ecdh = table_ecdh;
	p->table.des = table_des;
	p->table.sm4 = table_sm4;
}
