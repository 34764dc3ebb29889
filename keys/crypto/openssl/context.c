// SPDX-License-Identifier: GPL-3.0-or-later
/* Fetches every algorithm once (OpenSSL: crypto(7), "Explicit fetching"); a fetch costs more than
 * the block that it is fetched for. */
#include "context.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <stdlib.h>

/* A context that is bound to its algorithm and waits for a key. */
static EVP_CIPHER_CTX *
cipher_context(const char *name)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (!cipher || !ctx || EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, 1, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1) {
		EVP_CIPHER_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_CIPHER_free(cipher); /* the context holds a reference of its own */
	return ctx;
}

static EVP_MAC_CTX *
cmac_context(char *cipher_name)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	OSSL_PARAM params[2];

	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher_name, 0);
	params[1] = OSSL_PARAM_construct_end();
	if (ctx && EVP_MAC_CTX_set_params(ctx, params) != 1) {
		EVP_MAC_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_MAC_free(mac);
	return ctx;
}

static bool
open_contexts(struct crypto_openssl *p)
{
	static const char *const ecb[KEY_SIZES] = { "AES-128-ECB", "AES-192-ECB", "AES-256-ECB" };
	static const char *const cbc[KEY_SIZES] = { "AES-128-CBC", "AES-192-CBC", "AES-256-CBC" };
	char name[sizeof "AES-128-CBC"];

	for (unsigned int i = 0; i < KEY_SIZES; i++) {
		p->ecb[i] = cipher_context(ecb[i]);
		p->cbc[i] = cipher_context(cbc[i]);
		OPENSSL_strlcpy(name, cbc[i], sizeof name);
		p->cmac[i] = cmac_context(name);
		if (!p->ecb[i] || !p->cbc[i] || !p->cmac[i])
			return false;
	}
	p->gcm = cipher_context("AES-256-GCM");
	p->des = cipher_context("DES-EDE");
	p->sm4 = cipher_context("SM4-ECB");
	p->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	p->md5 = EVP_MD_fetch(NULL, "MD5", NULL);
	if (!p->md5)
		(void)crypto_openssl_failed();
	p->hash = EVP_MD_CTX_new();
	p->ec = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	return p->gcm && p->des && p->sm4 && p->sha256 && p->hash && p->ec;
}

struct crypto_openssl *
crypto_openssl_new(void)
{
	struct crypto_openssl *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	if (!open_contexts(p)) {
		(void)crypto_openssl_failed();
		crypto_openssl_free(&p);
		return NULL;
	}
	p->table.ctx = p;
	crypto_openssl_fill_table(p);
	return p;
}

void
crypto_openssl_free(struct crypto_openssl **p)
{
	struct crypto_openssl *o = p ? *p : NULL;

	if (!o)
		return;
	for (unsigned int i = 0; i < KEY_SIZES; i++) {
		EVP_CIPHER_CTX_free(o->ecb[i]);
		EVP_CIPHER_CTX_free(o->cbc[i]);
		EVP_MAC_CTX_free(o->cmac[i]);
	}
	EVP_CIPHER_CTX_free(o->gcm);
	EVP_CIPHER_CTX_free(o->des);
	EVP_CIPHER_CTX_free(o->sm4);
	EVP_MD_CTX_free(o->hash);
	EVP_MD_free(o->sha256);
	EVP_MD_free(o->md5);
	EVP_PKEY_CTX_free(o->ec);
	for (unsigned int i = 0; i < VERIFY_KEYS; i++)
		EVP_PKEY_CTX_free(o->verify[i].ctx);
	free(o);
	*p = NULL;
}

const struct crypto *
crypto_openssl_table(struct crypto_openssl *p)
{
	return &p->table;
}
