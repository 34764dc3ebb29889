// SPDX-License-Identifier: GPL-3.0-or-later
/* keys/crypto: the table on OpenSSL against published vectors; each row names its source. */
#include "base/mem.h"
#include "crypto/crypto.h"
#include "crypto_fault.h"
#include "crypto_test.h"
#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* SP 800-38A F.1: the four blocks of plain text of all its examples. */
#define SP800_TEXT                                                          \
	"6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51" \
	"30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710"
#define SP800_KEY128 "2b7e151628aed2a6abf7158809cf4f3c"
#define SP800_KEY192 "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b"
#define SP800_KEY256 "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"

static void
crypto_block__matches_fips_197_in_both_directions(void)
{
	static const struct {
		const char *name, *key, *cipher;
	} rows[] = {
		{ "FIPS 197 C.1 AES-128", "000102030405060708090a0b0c0d0e0f",
		  "69c4e0d86a7b0430d8cdb78070b4c55a" },
		{ "FIPS 197 C.2 AES-192", "000102030405060708090a0b0c0d0e0f1011121314151617",
		  "dda97ca4864cdfe06eaf70a0ec0d7191" },
		{ "FIPS 197 C.3 AES-256",
		  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		  "8ea2b7ca516745bfeafc49904b496089" },
	};
	const struct crypto *c = crypto_test();
	uint8_t key[32], plain[16], cipher[16], got[16];

	test_hex("00112233445566778899aabbccddeeff", plain, sizeof plain);
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t key_len = test_hex(rows[i].key, key, sizeof key);

		test_row(rows[i].name);
		test_hex(rows[i].cipher, cipher, sizeof cipher);
		CHECK_RC(c->block(c->ctx, key, key_len, CRYPTO_ENCRYPT, plain, got), RC_OK);
		CHECK_BYTES(got, cipher, sizeof got);
		CHECK_RC(c->block(c->ctx, key, key_len, CRYPTO_DECRYPT, got, got), RC_OK);
		CHECK_BYTES(got, plain, sizeof got);
	}
}

static void
crypto_block__refuses_a_key_of_another_length(void)
{
	const struct crypto *c = crypto_test();
	uint8_t key[33] = { 0 }, block[16] = { 0 }, before[16] = { 0 };
	struct crypto_part part = { block, sizeof block };

	for (size_t len = 0; len <= sizeof key; len++) {
		if (len == 16 || len == 24 || len == 32)
			continue;
		CHECK_RC(c->block(c->ctx, key, len, CRYPTO_ENCRYPT, block, block), RC_CRYPTO);
		CHECK_RC(c->cbc(c->ctx, key, len, CRYPTO_ENCRYPT, before, block, 16, block),
			 RC_CRYPTO);
		CHECK_RC(c->cmac(c->ctx, key, len, &part, 1, block), RC_CRYPTO);
	}
	CHECK_BYTES(block, before, sizeof block);
}

static void
crypto_cbc__matches_sp_800_38a_in_place_and_back(void)
{
	static const struct {
		const char *name, *key, *cipher;
	} rows[] = {
		{ "SP 800-38A F.2.1 CBC-AES128", SP800_KEY128,
		  "7649abac8119b246cee98e9b12e9197d 5086cb9b507219ee95db113a917678b2"
		  "73bed6b8e3c1743b7116e69e22229516 3ff1caa1681fac09120eca307586e1a7" },
		{ "SP 800-38A F.2.3 CBC-AES192", SP800_KEY192,
		  "4f021db243bc633d7178183a9fa071e8 b4d9ada9ad7dedf4e5e738763f69145a"
		  "571b242012fb7ae07fa9baac3df102e0 08b0e27988598881d920a9e64f5615cd" },
		{ "SP 800-38A F.2.5 CBC-AES256", SP800_KEY256,
		  "f58c4c04d6e5f1ba779eabfb5f7bfbd6 9cfc4e967edb808d679f777bc6702c7d"
		  "39f23369a9d9bacfa530e26304231461 b2eb05e2c39be9fcda6c19078c6a9d1b" },
	};
	const struct crypto *c = crypto_test();
	uint8_t key[32], iv[16], plain[64], cipher[64], got[64];

	test_hex("000102030405060708090a0b0c0d0e0f", iv, sizeof iv);
	test_hex(SP800_TEXT, plain, sizeof plain);
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t key_len = test_hex(rows[i].key, key, sizeof key);

		test_row(rows[i].name);
		test_hex(rows[i].cipher, cipher, sizeof cipher);
		memcpy(got, plain, sizeof got);
		CHECK_RC(c->cbc(c->ctx, key, key_len, CRYPTO_ENCRYPT, iv, got, 64, got), RC_OK);
		CHECK_BYTES(got, cipher, sizeof got);
		CHECK_RC(c->cbc(c->ctx, key, key_len, CRYPTO_DECRYPT, iv, got, 64, got), RC_OK);
		CHECK_BYTES(got, plain, sizeof got);
		/* The same context again: nothing of the last message is left in it. */
		CHECK_RC(c->cbc(c->ctx, key, key_len, CRYPTO_DECRYPT, iv, cipher, 16, got), RC_OK);
		CHECK_BYTES(got, plain, 16);
	}
	CHECK_RC(c->cbc(c->ctx, key, 32, CRYPTO_ENCRYPT, iv, got, 63, got), RC_CRYPTO);
	CHECK_RC(c->cbc(c->ctx, key, 32, CRYPTO_ENCRYPT, iv, got, 0, got), RC_OK);
}

static void
crypto_cmac__matches_rfc_4493_and_sp_800_38b(void)
{
	static const struct {
		const char *name, *key;
		size_t len;
		const char *mac;
	} rows[] = {
		{ "RFC 4493 example 1", SP800_KEY128, 0, "bb1d6929e95937287fa37d129b756746" },
		{ "RFC 4493 example 2", SP800_KEY128, 16, "070a16b46b4d4144f79bdd9dd04a287c" },
		{ "RFC 4493 example 3", SP800_KEY128, 40, "dfa66747de9ae63030ca32611497c827" },
		{ "RFC 4493 example 4", SP800_KEY128, 64, "51f0bebf7e3b9d92fc49741779363cfe" },
		{ "SP 800-38B D.2 example 5", SP800_KEY192, 0, "d17ddf46adaacde531cac483de7a9367" },
		{ "SP 800-38B D.2 example 6", SP800_KEY192, 16,
		  "9e99a7bf31e710900662f65e617c5184" },
		{ "SP 800-38B D.3 example 9", SP800_KEY256, 0, "028962f61b7bf89efc6b551f4667d983" },
		{ "SP 800-38B D.3 example 10", SP800_KEY256, 16,
		  "28a7023f452e8f82bd4bf28d8c37c35c" },
		{ "SP 800-38B D.3 example 11", SP800_KEY256, 40,
		  "aaf3d8f1de5640c232f5b169b9c911e6" },
		{ "SP 800-38B D.3 example 12", SP800_KEY256, 64,
		  "e1992190549f6ed5696a2c056c315410" },
	};
	const struct crypto *c = crypto_test();
	uint8_t key[32], text[64], mac[16], got[16];

	test_hex(SP800_TEXT, text, sizeof text);
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t key_len = test_hex(rows[i].key, key, sizeof key);

		test_row(rows[i].name);
		test_hex(rows[i].mac, mac, sizeof mac);
		/* Cut in two at every place, with an empty part between. */
		for (size_t cut = 0; cut <= rows[i].len; cut++) {
			struct crypto_part parts[] = { { text, cut },
						       { NULL, 0 },
						       { text + cut, rows[i].len - cut } };

			CHECK_RC(c->cmac(c->ctx, key, key_len, parts, 3, got), RC_OK);
			CHECK_BYTES(got, mac, sizeof got);
		}
	}
	test_hex(SP800_KEY128, key, sizeof key);
	test_hex("51f0bebf7e3b9d92fc49741779363cfe", mac, sizeof mac);
	CHECK_RC(crypto_cmac(c, key, text, sizeof text, got), RC_OK);
	CHECK_BYTES(got, mac, sizeof got);
}

static void
crypto_hash__matches_fips_180(void)
{
	static const struct {
		const char *name, *text, *digest;
	} rows[] = {
		{ "FIPS 180-2 B.1", "abc",
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "FIPS 180-2 B.2", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ "NIST CAVP SHA256ShortMsg Len = 0", "",
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	};
	const struct crypto *c = crypto_test();
	uint8_t digest[32], got[32];

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t len = strlen(rows[i].text), half = len / 2;
		const uint8_t *text = (const uint8_t *)rows[i].text;
		struct crypto_part parts[] = { { text, half }, { text + half, len - half } };

		test_row(rows[i].name);
		test_hex(rows[i].digest, digest, sizeof digest);
		CHECK_RC(c->hash(c->ctx, parts, 2, got), RC_OK);
		CHECK_BYTES(got, digest, sizeof got);
	}
}

/* RFC 6979 A.2.5: key pair and signatures with SHA-256. */
#define RFC6979_PUBLIC                                                     \
	"60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6" \
	"7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"
#define RFC6979_SAMPLE                                                     \
	"EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716" \
	"F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
#define RFC6979_TEST                                                       \
	"F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367" \
	"019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"

static void
digest_of(const char *text, uint8_t digest[32])
{
	const struct crypto *c = crypto_test();
	struct crypto_part part = { (const uint8_t *)text, strlen(text) };

	CHECK_RC(c->hash(c->ctx, &part, 1, digest), RC_OK);
}

static void
crypto_verify__accepts_rfc_6979_and_nothing_near_it(void)
{
	static const struct {
		const char *message, *signature;
	} rows[] = { { "sample", RFC6979_SAMPLE }, { "test", RFC6979_TEST } };
	const struct crypto *c = crypto_test();
	uint8_t public_key[64], signature[64], digest[32];

	test_hex(RFC6979_PUBLIC, public_key, sizeof public_key);
	for (size_t i = 0; i < COUNT(rows); i++) {
		test_row(rows[i].message);
		digest_of(rows[i].message, digest);
		test_hex(rows[i].signature, signature, sizeof signature);
		CHECK_RC(c->verify(c->ctx, public_key, digest, signature), RC_OK);
		for (size_t k = 0; k < sizeof signature; k += 9) {
			signature[k] ^= 0x10;
			CHECK_RC(c->verify(c->ctx, public_key, digest, signature), RC_AUTH);
			signature[k] ^= 0x10;
		}
		digest[31] ^= 1;
		CHECK_RC(c->verify(c->ctx, public_key, digest, signature), RC_AUTH);
	}
}

static void
crypto_verify__refuses_impossible_signatures_and_keys(void)
{
	/* FIPS 186-4 D.1.2.3: order n of P-256. */
	static const char order[] =
		"FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";
	const struct crypto *c = crypto_test();
	uint8_t public_key[64], signature[64], digest[32], zero[64] = { 0 };

	test_hex(RFC6979_PUBLIC, public_key, sizeof public_key);
	test_hex(RFC6979_SAMPLE, signature, sizeof signature);
	digest_of("sample", digest);
	CHECK_RC(c->verify(c->ctx, public_key, digest, zero), RC_AUTH);
	memset(signature, 0, 32);
	CHECK_RC(c->verify(c->ctx, public_key, digest, signature), RC_AUTH);
	test_hex(order, signature, 32);
	CHECK_RC(c->verify(c->ctx, public_key, digest, signature), RC_AUTH);
	memset(signature, 0xFF, sizeof signature);
	CHECK_RC(c->verify(c->ctx, public_key, digest, signature), RC_AUTH);

	test_hex(RFC6979_SAMPLE, signature, sizeof signature);
	CHECK_RC(c->verify(c->ctx, zero, digest, signature), RC_AUTH);
	public_key[63] ^= 1; /* off the curve */
	CHECK_RC(c->verify(c->ctx, public_key, digest, signature), RC_AUTH);
	memset(public_key, 0xFF, sizeof public_key); /* no field elements */
	CHECK_RC(c->verify(c->ctx, public_key, digest, signature), RC_AUTH);
}

static void
crypto_des__matches_published_vectors_in_both_directions(void)
{
	/* NIST SP 500-20 (variable plain text, first; permutation, first; the same with the key
	 * twice); DES-EDE of "Now is t" as other libraries publish it in their tests. */
	static const struct {
		const char *key, *plain, *cipher;
	} rows[] = {
		{ "0101010101010101", "8000000000000000", "95F8A5E5DD31D900" },
		{ "1046913489980131", "0000000000000000", "88D55E54F54C97B4" },
		{ "10469134899801311046913489980131", "0000000000000000", "88D55E54F54C97B4" },
		{ "0123456789ABCDEFFEDCBA9876543210", "4E6F772069732074", "D80A0D8B2BAE5E4E" },
	};
	const struct crypto *c = crypto_test();
	uint8_t key[16], plain[8], cipher[8], got[8];

	for (size_t i = 0; i < COUNT(rows); i++) {
		const size_t len = test_hex(rows[i].key, key, sizeof key);

		test_row(rows[i].key);
		test_hex(rows[i].plain, plain, sizeof plain);
		test_hex(rows[i].cipher, cipher, sizeof cipher);
		CHECK_RC(c->des(c->ctx, key, len, CRYPTO_ENCRYPT, plain, got), RC_OK);
		CHECK_BYTES(got, cipher, sizeof got);
		CHECK_RC(c->des(c->ctx, key, len, CRYPTO_DECRYPT, cipher, got), RC_OK);
		CHECK_BYTES(got, plain, sizeof got);
	}
	test_row("");
	CHECK_RC(c->des(c->ctx, key, 24, CRYPTO_ENCRYPT, plain, got), RC_CRYPTO);
}

static void
crypto_sm4__matches_the_standard_in_both_directions(void)
{
	/* GB/T 32907-2016 A.1: key and plain text are the same. */
	const struct crypto *c = crypto_test();
	uint8_t key[16], want[16], got[16];

	test_hex("0123456789ABCDEFFEDCBA9876543210", key, sizeof key);
	test_hex("681EDF34D206965E86B3E94F536E4246", want, sizeof want);
	CHECK_RC(c->sm4(c->ctx, key, CRYPTO_ENCRYPT, key, got), RC_OK);
	CHECK_BYTES(got, want, sizeof got);
	CHECK_RC(c->sm4(c->ctx, key, CRYPTO_DECRYPT, want, got), RC_OK);
	CHECK_BYTES(got, key, sizeof got);
}

static void
crypto_kcv__matches_the_published_check_value(void)
{
	const struct crypto *c = crypto_test();
	uint8_t key[16], got[3];
	static const uint8_t want[3] = { 0x50, 0x4A, 0x77 };

	/* GlobalPlatform's public test key; value as cards and gpshell report it. */
	test_hex("404142434445464748494a4b4c4d4e4f", key, sizeof key);
	CHECK_RC(crypto_kcv(c, key, got), RC_OK);
	CHECK_BYTES(got, want, sizeof got);
}

static void
crypto_fault__fails_the_planned_call_alone_and_writes_nothing(void)
{
	struct crypto_fault fault;
	uint8_t key[16] = { 1 }, mac[16], zero[16] = { 0 };

	for (unsigned int k = 1; k <= 3; k++) {
		crypto_fault_init(&fault, crypto_test(), k);
		for (unsigned int call = 1; call <= 3; call++) {
			memset(mac, 0, sizeof mac);
			CHECK_RC(crypto_cmac(&fault.table, key, key, sizeof key, mac),
				 call == k ? RC_CRYPTO : RC_OK);
			CHECK((memcmp(mac, zero, sizeof mac) == 0) == (call == k));
			CHECK(crypto_fault_fired(&fault) == (call >= k));
		}
	}
	crypto_fault_init(&fault, crypto_test(), 1);
	CHECK_RC(crypto_kcv(&fault.table, key, mac), RC_CRYPTO);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(crypto_block__matches_fips_197_in_both_directions),
		TEST(crypto_block__refuses_a_key_of_another_length),
		TEST(crypto_cbc__matches_sp_800_38a_in_place_and_back),
		TEST(crypto_cmac__matches_rfc_4493_and_sp_800_38b),
		TEST(crypto_hash__matches_fips_180),
		TEST(crypto_verify__accepts_rfc_6979_and_nothing_near_it),
		TEST(crypto_verify__refuses_impossible_signatures_and_keys),
		TEST(crypto_des__matches_published_vectors_in_both_directions),
		TEST(crypto_sm4__matches_the_standard_in_both_directions),
		TEST(crypto_kcv__matches_the_published_check_value),
		TEST(crypto_fault__fails_the_planned_call_alone_and_writes_nothing),
	};

	return test_run("crypto", cases, COUNT(cases));
}
