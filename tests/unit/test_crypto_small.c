// SPDX-License-Identifier: GPL-3.0-or-later
/* keys/crypto/small against OpenSSL, function by function, and the published ECDSA vectors. */
#include "crypto_small/small.h"
#include "crypto_test.h"
#include "test.h"

#include <string.h>

static const struct crypto *
small_table(struct crypto_small *s)
{
	crypto_small_init(s, NULL, NULL);
	return &s->table;
}

static void
fill(uint8_t *out, size_t len)
{
	const struct crypto *c = crypto_test();

	CHECK_RC(c->random(c->ctx, out, len), RC_OK);
}

static void
small__aes_and_cbc_agree_with_openssl_for_every_key_length(void)
{
	static const size_t lengths[] = { 16, 24, 32 };
	uint8_t key[32], iv[16], in[160], a[160], b[160];
	const struct crypto *big = crypto_test();
	struct crypto_small s;
	const struct crypto *c = small_table(&s);

	for (unsigned int i = 0; i < 300; i++) {
		const size_t key_len = lengths[i % 3], len = 16 * (i % 11);
		const enum crypto_direction dir = i % 2 ? CRYPTO_ENCRYPT : CRYPTO_DECRYPT;

		fill(key, sizeof key);
		fill(iv, sizeof iv);
		fill(in, sizeof in);
		CHECK_RC(c->block(c->ctx, key, key_len, dir, in, a), RC_OK);
		CHECK_RC(big->block(big->ctx, key, key_len, dir, in, b), RC_OK);
		CHECK_BYTES(a, b, 16);
		CHECK_RC(big->cbc(big->ctx, key, key_len, dir, iv, in, len, b), RC_OK);
		CHECK_RC(c->cbc(c->ctx, key, key_len, dir, iv, in, len, a), RC_OK);
		CHECK_BYTES(a, b, len);
		CHECK_RC(c->cbc(c->ctx, key, key_len, dir, iv, in, len, in), RC_OK); /* in place */
		CHECK_BYTES(in, b, len);
	}
	CHECK_RC(c->block(c->ctx, key, 17, CRYPTO_ENCRYPT, in, a), RC_CRYPTO);
	CHECK_RC(c->cbc(c->ctx, key, 16, CRYPTO_ENCRYPT, iv, in, 15, a), RC_CRYPTO);
}

static void
small__des_and_sm4_agree_with_openssl(void)
{
	uint8_t key[16], in[16], a[16], b[16];
	const struct crypto *big = crypto_test();
	struct crypto_small s;
	const struct crypto *c = small_table(&s);

	for (unsigned int i = 0; i < 200; i++) {
		const enum crypto_direction dir = i % 2 ? CRYPTO_ENCRYPT : CRYPTO_DECRYPT;
		const size_t key_len = i % 4 < 2 ? 8 : 16;

		fill(key, sizeof key);
		fill(in, sizeof in);
		CHECK_RC(c->des(c->ctx, key, key_len, dir, in, a), RC_OK);
		CHECK_RC(big->des(big->ctx, key, key_len, dir, in, b), RC_OK);
		CHECK_BYTES(a, b, 8);
		CHECK_RC(c->sm4(c->ctx, key, dir, in, a), RC_OK);
		CHECK_RC(big->sm4(big->ctx, key, dir, in, b), RC_OK);
		CHECK_BYTES(a, b, 16);
		CHECK_RC(c->sm4(c->ctx, key, dir, in, in), RC_OK); /* in place */
		CHECK_BYTES(in, b, 16);
	}
	CHECK_RC(c->des(c->ctx, key, 24, CRYPTO_ENCRYPT, in, a), RC_CRYPTO);
	CHECK_RC(c->des(c->ctx, key, 0, CRYPTO_ENCRYPT, in, a), RC_CRYPTO);
}

static void
small__cmac_and_sha256_agree_with_openssl_however_the_message_is_cut(void)
{
	uint8_t key[16], message[200], a[32], b[32];
	const struct crypto *big = crypto_test();
	struct crypto_small s;
	const struct crypto *c = small_table(&s);

	fill(message, sizeof message);
	for (size_t len = 0; len <= sizeof message; len++) {
		const size_t cut = len * 3 / 7;
		const struct crypto_part parts[3] = { { message, cut },
						      { message, 0 },
						      { message + cut, len - cut } };
		const struct crypto_part whole = { message, len };

		fill(key, sizeof key);
		CHECK_RC(c->cmac(c->ctx, key, 16, parts, 3, a), RC_OK);
		CHECK_RC(big->cmac(big->ctx, key, 16, &whole, 1, b), RC_OK);
		CHECK_BYTES(a, b, 16);
		CHECK_RC(c->hash(c->ctx, parts, 3, a), RC_OK);
		CHECK_RC(big->hash(big->ctx, &whole, 1, b), RC_OK);
		CHECK_BYTES(a, b, 32);
	}
}

static void
small__signatures_by_openssl_verify_and_altered_ones_do_not(void)
{
	uint8_t private_key[CRYPTO_PRIVATE], public_key[64], digest[32], signature[64];

	for (unsigned int i = 0; i < 12; i++) {
		struct crypto_signer *signer;
		const size_t at = i * 7 % 64;

		CHECK_RC(crypto_openssl_keygen(crypto_test_openssl(), private_key, public_key),
			 RC_OK);
		signer = crypto_signer_new(crypto_test_openssl(), private_key, public_key);
		CU_ASSERT_PTR_NOT_NULL_FATAL(signer);
		fill(digest, sizeof digest);
		if (i == 3)
			memset(digest, 0xFF, sizeof digest); /* above the group order */
		CHECK_RC(crypto_signer_sign(signer, digest, signature), RC_OK);
		CHECK_RC(small_p256_verify(public_key, digest, signature), RC_OK);
		signature[at] ^= 1;
		CHECK_RC(small_p256_verify(public_key, digest, signature), RC_AUTH);
		signature[at] ^= 1;
		digest[at % 32] ^= 0x10;
		CHECK_RC(small_p256_verify(public_key, digest, signature), RC_AUTH);
		digest[at % 32] ^= 0x10;
		public_key[at] ^= 0x80; /* off the curve */
		CHECK_RC(small_p256_verify(public_key, digest, signature), RC_AUTH);
		crypto_signer_free(&signer);
	}
}

static void
small__published_and_degenerate_signatures_are_judged_rightly(void)
{
	/* RFC 6979 A.2.5: P-256, SHA-256, message "sample". */
	static const char *const key =
		"60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
		"7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299";
	static const char *const good =
		"EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
		"F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8";
	static const char *const order =
		"FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";
	uint8_t public_key[64], signature[64], digest[32], base[64] = { 0 };
	const struct crypto_part part = { (const uint8_t *)"sample", 6 };
	struct crypto_small s;
	const struct crypto *c = small_table(&s);

	(void)test_hex(key, public_key, 64);
	(void)test_hex(good, signature, 64);
	CHECK_RC(c->hash(c->ctx, &part, 1, digest), RC_OK);
	CHECK_RC(c->verify(c->ctx, public_key, digest, signature), RC_OK);
	memset(signature, 0, 32);
	CHECK_RC(c->verify(c->ctx, public_key, digest, signature), RC_AUTH);
	(void)test_hex(good, signature, 64);
	(void)test_hex(order, signature + 32, 32);
	CHECK_RC(c->verify(c->ctx, public_key, digest, signature), RC_AUTH);
	CHECK_RC(c->verify(c->ctx, base, digest, signature), RC_AUTH);
	CHECK_RC(c->random(c->ctx, digest, 1), RC_CRYPTO);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(small__aes_and_cbc_agree_with_openssl_for_every_key_length),
		TEST(small__des_and_sm4_agree_with_openssl),
		TEST(small__cmac_and_sha256_agree_with_openssl_however_the_message_is_cut),
		TEST(small__signatures_by_openssl_verify_and_altered_ones_do_not),
		TEST(small__published_and_degenerate_signatures_are_judged_rightly),
	};

	return test_run("crypto_small", cases, sizeof cases / sizeof cases[0]);
}
