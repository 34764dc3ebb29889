// SPDX-License-Identifier: GPL-3.0-or-later
/* P-256 keys between their bytes and OpenSSL's form (SEC 1 2.3: 04 | x | y). */
#include "context.h"

#include "base/mem.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>

#define POINT (1 + CRYPTO_PUBLIC)

/* Big-endian scalar to the machine's own order, as OSSL_PARAM wants integers. */
static enum rc
scalar_to_native(const uint8_t scalar[CRYPTO_PRIVATE], uint8_t native[CRYPTO_PRIVATE])
{
	BIGNUM *number = BN_bin2bn(scalar, CRYPTO_PRIVATE, NULL);
	int n = number ? BN_bn2nativepad(number, native, CRYPTO_PRIVATE) : -1;

	BN_clear_free(number);
	return n == CRYPTO_PRIVATE ? RC_OK : crypto_openssl_failed();
}

enum rc
crypto_openssl_import(struct crypto_openssl *p, const uint8_t *private_key,
		      const uint8_t *public_key, EVP_PKEY **key)
{
	uint8_t point[POINT] = { 4 }, native[CRYPTO_PRIVATE] = { 0 };
	char group[] = "P-256";
	OSSL_PARAM params[4];
	size_t n = 0;
	EVP_PKEY *made = NULL;
	enum rc rc = RC_OK;

	params[n++] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	if (public_key) {
		memcpy(point + 1, public_key, CRYPTO_PUBLIC);
		params[n++] =
			OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, POINT);
	}
	if (private_key) {
		rc = scalar_to_native(private_key, native);
		params[n++] =
			OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native, sizeof native);
	}
	params[n] = OSSL_PARAM_construct_end();
	if (rc != RC_OK)
		goto out;
	ERR_clear_error();
	if (EVP_PKEY_fromdata_init(p->ec) != 1 ||
	    EVP_PKEY_fromdata(p->ec, &made, private_key ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
			      params) != 1) {
		/* The curve equation is checked on import; anything else is a fault of ours. */
		bool memory = ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE;

		(void)crypto_openssl_failed();
		rc = memory || private_key ? RC_CRYPTO : RC_AUTH;
		goto out;
	}
	*key = made;
out:
	mem_wipe(native, sizeof native);
	return rc;
}

static enum rc
export_private(const EVP_PKEY *key, uint8_t private_key[CRYPTO_PRIVATE])
{
	BIGNUM *scalar = NULL;
	int n = -1;

	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1)
		n = BN_bn2binpad(scalar, private_key, CRYPTO_PRIVATE);
	BN_clear_free(scalar);
	return n == CRYPTO_PRIVATE ? RC_OK : RC_CRYPTO;
}

static enum rc
export_public(const EVP_PKEY *key, uint8_t public_key[CRYPTO_PUBLIC])
{
	uint8_t point[POINT];
	size_t len = 0;

	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point,
					    &len) != 1 ||
	    len != POINT || point[0] != 4)
		return RC_CRYPTO;
	memcpy(public_key, point + 1, CRYPTO_PUBLIC);
	return RC_OK;
}

enum rc
crypto_openssl_keygen(struct crypto_openssl *p, uint8_t private_key[CRYPTO_PRIVATE],
		      uint8_t public_key[CRYPTO_PUBLIC])
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	uint8_t scalar[CRYPTO_PRIVATE] = { 0 }, point[CRYPTO_PUBLIC] = { 0 };
	enum rc rc = key ? export_private(key, scalar) : RC_CRYPTO;

	(void)p;
	if (rc == RC_OK)
		rc = export_public(key, point);
	if (rc == RC_OK) {
		memcpy(private_key, scalar, sizeof scalar);
		memcpy(public_key, point, sizeof point);
	} else {
		(void)crypto_openssl_failed();
	}
	mem_wipe(scalar, sizeof scalar);
	EVP_PKEY_free(key);
	return rc;
}

enum rc
crypto_openssl_ecdh(struct crypto_openssl *p, const uint8_t private_key[CRYPTO_PRIVATE],
		    const uint8_t peer[CRYPTO_PUBLIC], uint8_t shared[CRYPTO_SHARED])
{
	EVP_PKEY *own = NULL, *other = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	uint8_t x[CRYPTO_SHARED] = { 0 };
	size_t len = sizeof x;
	enum rc rc = crypto_openssl_import(p, NULL, peer, &other);

	if (rc == RC_OK)
		rc = crypto_openssl_import(p, private_key, NULL, &own);
	if (rc != RC_OK)
		goto out;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	if (ctx && EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, other) == 1 &&
	    EVP_PKEY_derive(ctx, x, &len) == 1 && len == CRYPTO_SHARED)
		memcpy(shared, x, CRYPTO_SHARED);
	else
		rc = crypto_openssl_failed();
out:
	mem_wipe(x, sizeof x);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(own);
	EVP_PKEY_free(other);
	return rc;
}
