// SPDX-License-Identifier: GPL-3.0-or-later
/* keys/crypto/small against OpenSSL, function by function, and published ECDSA and ECDH vectors. */
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

/* NIST CAVP, KAS ECC CDH primitive, P-256, counts 0–2 (SP 800-56A 5.7.1.2); RFC 5903 8.1. */
static const struct {
	const char *name, *private_key, *public_key, *peer, *shared;
} agreements[] = {
	{ "CAVP 0", "7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534",
	  "ead218590119e8876b29146ff89ca61770c4edbbf97d38ce385ed281d8a6b230"
	  "28af61281fd35e2fa7002523acc85a429cb06ee6648325389f59edfce1405141",
	  "700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d287"
	  "db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4ac",
	  "46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b" },
	{ "CAVP 1", "38f65d6dce47676044d58ce5139582d568f64bb16098d179dbab07741dd5caf5",
	  "119f2f047902782ab0c9e27a54aff5eb9b964829ca99c06b02ddba95b0a3f6d0"
	  "8f52b726664cac366fc98ac7a012b2682cbd962e5acb544671d41b9445704d1d",
	  "809f04289c64348c01515eb03d5ce7ac1a8cb9498f5caa50197e58d43a86a7ae"
	  "b29d84e811197f25eba8f5194092cb6ff440e26d4421011372461f579271cda3",
	  "057d636096cb80b67a8c038c890e887d1adfa4195e9b3ce241c8a778c59cda67" },
	{ "CAVP 2", "1accfaf1b97712b85a6f54b148985a1bdc4c9bec0bd258cad4b3d603f49f32c8",
	  "d9f2b79c172845bfdb560bbb01447ca5ecc0470a09513b6126902c6b4f8d1051"
	  "f815ef5ec32128d3487834764678702e64e164ff7315185e23aff5facd96d7bc",
	  "a2339c12d4a03c33546de533268b4ad667debf458b464d77443636440ee7fec3"
	  "ef48a3ab26e20220bcda2c1851076839dae88eae962869a497bf73cb66faf536",
	  "2d457b78b4614132477618a5b077965ec90730a8c81a1c75d6d4ec68005d67ec" },
	{ "RFC 5903", "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
	  "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
	  "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
	  "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
	  "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
	  "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de" },
};

static void
small__published_key_agreements_come_out_as_openssl_has_them(void)
{
	uint8_t private_key[32], public_key[64], peer[64], want[32], got[64];
	const struct crypto *big = crypto_test();
	struct crypto_small s;
	const struct crypto *c = small_table(&s);

	for (size_t i = 0; i < sizeof agreements / sizeof agreements[0]; i++) {
		test_row(agreements[i].name);
		(void)test_hex(agreements[i].private_key, private_key, 32);
		(void)test_hex(agreements[i].public_key, public_key, 64);
		(void)test_hex(agreements[i].peer, peer, 64);
		(void)test_hex(agreements[i].shared, want, 32);
		CHECK_RC(c->ecdh(c->ctx, private_key, peer, got), RC_OK);
		CHECK_BYTES(got, want, 32);
		CHECK_RC(big->ecdh(big->ctx, private_key, peer, got), RC_OK);
		CHECK_BYTES(got, want, 32);
		CHECK_RC(small_p256_public(private_key, got), RC_OK);
		CHECK_BYTES(got, public_key, 64);
	}
}

static void
small__new_keys_agree_with_those_of_openssl(void)
{
	uint8_t own[32], own_public[64], other[32], other_public[64], a[32], b[32];
	const struct crypto *big = crypto_test();
	struct crypto_small s;
	const struct crypto *c = &s.table;

	crypto_small_init(&s, big->random, big->ctx);
	for (unsigned int i = 0; i < 12; i++) {
		CHECK_RC(c->key_pair(c->ctx, own, own_public), RC_OK);
		CHECK_RC(big->key_pair(big->ctx, other, other_public), RC_OK);
		CHECK_RC(c->ecdh(c->ctx, own, other_public, a), RC_OK);
		CHECK_RC(big->ecdh(big->ctx, other, own_public, b), RC_OK);
		CHECK_BYTES(a, b, 32);
	}
}

#define ORDER "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC63255"

static void
small__first_and_last_private_keys_work_and_their_neighbours_are_none(void)
{
	static const struct {
		const char *name, *key;
		enum rc rc;
	} rows[] = {
		{ "0", "0000000000000000000000000000000000000000000000000000000000000000",
		  RC_CRYPTO },
		{ "1", "0000000000000000000000000000000000000000000000000000000000000001", RC_OK },
		{ "2", "0000000000000000000000000000000000000000000000000000000000000002", RC_OK },
		{ "2^255", "8000000000000000000000000000000000000000000000000000000000000000",
		  RC_OK },
		{ "n - 1", ORDER "0", RC_OK },
		{ "n", ORDER "1", RC_CRYPTO },
		{ "2^256 - 1", "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
		  RC_CRYPTO },
	};
	uint8_t key[32], peer[64], got[64], want[32];
	const struct crypto *big = crypto_test();

	(void)test_hex(agreements[0].peer, peer, 64);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t untouched[64];

		test_row(rows[i].name);
		memset(got, 0xA5, sizeof got);
		memcpy(untouched, got, sizeof got);
		(void)test_hex(rows[i].key, key, 32);
		CHECK_RC(small_p256_ecdh(key, peer, got), rows[i].rc);
		if (rows[i].rc == RC_OK) {
			CHECK_RC(big->ecdh(big->ctx, key, peer, want), RC_OK);
			CHECK_BYTES(got, want, 32);
		} else {
			CHECK_BYTES(got, untouched, sizeof got);
			CHECK_RC(small_p256_public(key, got), RC_CRYPTO);
			CHECK_BYTES(got, untouched, sizeof got);
		}
	}
}

static void
small__a_peer_that_is_no_point_on_the_curve_is_refused(void)
{
	/* p, and p − 1: coordinates that are no field elements, and one that is. */
	static const char *const rows[] = {
		"0000000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000000000000000000000000000",
		"FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF"
		"0000000000000000000000000000000000000000000000000000000000000001",
		"FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFE"
		"0000000000000000000000000000000000000000000000000000000000000001",
		"700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d287"
		"db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4ad",
	};
	uint8_t key[32] = { 5 }, peer[64], got[32] = { 0 }, untouched[32] = { 0 };
	const struct crypto *big = crypto_test();

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		(void)test_hex(rows[i], peer, 64);
		CHECK_RC(small_p256_ecdh(key, peer, got), RC_AUTH);
		CHECK_BYTES(got, untouched, 32);
		CHECK_RC(big->ecdh(big->ctx, key, peer, got), RC_AUTH);
	}
}

/* Answers draw after draw with the bytes of a script; fails after its end. */
struct script {
	const uint8_t *bytes; /* one value repeated, for each draw */
	size_t count, at;
};

static enum rc
scripted(void *ctx, uint8_t *out, size_t len)
{
	struct script *script = ctx;

	if (script->at == script->count)
		return RC_CRYPTO;
	memset(out, script->bytes[script->at++], len);
	return RC_OK;
}

static void
small__a_key_pair_draws_again_what_is_no_key_and_fails_with_its_randomness(void)
{
	static const uint8_t none[16] = { 0xFF, 0x00, 0xFF };
	static const uint8_t third[] = { 0xFF, 0x00, 0x5A };
	struct script script = { third, 3, 0 };
	uint8_t key[32], public_key[64], want[64], before[64];
	struct crypto_small s;
	const struct crypto *c = &s.table;

	crypto_small_init(&s, scripted, &script);
	CHECK_RC(c->key_pair(c->ctx, key, public_key), RC_OK);
	CU_ASSERT_EQUAL(script.at, 3);
	CU_ASSERT_EQUAL(key[0], 0x5A);
	CHECK_RC(small_p256_public(key, want), RC_OK);
	CHECK_BYTES(public_key, want, 64);
	memcpy(before, public_key, 64);
	for (size_t draws = 0; draws <= sizeof none; draws += sizeof none) {
		script = (struct script) { none, draws, 0 };
		CHECK_RC(c->key_pair(c->ctx, key, public_key), RC_CRYPTO);
		CHECK_BYTES(public_key, before, 64);
		CU_ASSERT_EQUAL(key[0], 0x5A);
	}
	CU_ASSERT_EQUAL(script.at, 8); /* a source that yields no key is given up */
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
		TEST(small__published_key_agreements_come_out_as_openssl_has_them),
		TEST(small__new_keys_agree_with_those_of_openssl),
		TEST(small__first_and_last_private_keys_work_and_their_neighbours_are_none),
		TEST(small__a_peer_that_is_no_point_on_the_curve_is_refused),
		TEST(small__a_key_pair_draws_again_what_is_no_key_and_fails_with_its_randomness),
	};

	return test_run("crypto_small", cases, sizeof cases / sizeof cases[0]);
}
