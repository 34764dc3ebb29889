// SPDX-License-Identifier: GPL-3.0-or-later
/* keys/crypto/openssl: signing, AEAD, scrypt, random numbers. */
#include "base/mem.h"
#include "crypto_test.h"
#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void
signer__signatures_verify_under_the_public_half_alone(void)
{
	const struct crypto *c = crypto_test();
	struct crypto_openssl *p = crypto_test_openssl();
	uint8_t private_key[32], public_key[64], other_private[32], other[64];
	uint8_t digest[32] = { 0x5A }, first[64], second[64];
	struct crypto_signer *s;

	CHECK_RC(crypto_openssl_keygen(p, private_key, public_key), RC_OK);
	CHECK_RC(crypto_openssl_keygen(p, other_private, other), RC_OK);
	CHECK(memcmp(public_key, other, sizeof other) != 0);
	s = crypto_signer_new(p, private_key, public_key);
	CHECK(s != NULL);
	if (!s)
		return;
	/* Enough of them that a half with a leading zero byte is among them. */
	for (unsigned int i = 0; i < 600; i++) {
		digest[0] = (uint8_t)i;
		CHECK_RC(crypto_signer_sign(s, digest, first), RC_OK);
		if (i % 20 == 0 || first[0] == 0 || first[32] == 0)
			CHECK_RC(c->verify(c->ctx, public_key, digest, first), RC_OK);
	}
	CHECK_RC(crypto_signer_sign(s, digest, second), RC_OK);
	CHECK(memcmp(first, second, sizeof first) != 0);
	CHECK_RC(c->verify(c->ctx, other, digest, second), RC_AUTH);
	crypto_signer_free(&s);
	CHECK(s == NULL);
	crypto_signer_free(&s);
	CHECK(crypto_signer_new(p, private_key, other) == NULL);
	memset(private_key, 0, sizeof private_key);
	CHECK(crypto_signer_new(p, private_key, public_key) == NULL);
}

static void
signer__derives_from_the_published_key_pair(void)
{
	/* RFC 6979 A.2.5 */
	const struct crypto *c = crypto_test();
	uint8_t private_key[32], public_key[64], digest[32] = { 1 }, signature[64];
	struct crypto_signer *s;

	test_hex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721", private_key,
		 32);
	test_hex("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
		 "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
		 public_key, 64);
	s = crypto_signer_new(crypto_test_openssl(), private_key, public_key);
	CHECK(s != NULL);
	if (!s)
		return;
	CHECK_RC(crypto_signer_sign(s, digest, signature), RC_OK);
	CHECK_RC(c->verify(c->ctx, public_key, digest, signature), RC_OK);
	crypto_signer_free(&s);
}

static void
aead__matches_the_gcm_test_cases_and_opens_again(void)
{
	/* McGrew and Viega, The Galois/Counter Mode of Operation, appendix B. */
	static const struct {
		const char *name, *key, *nonce, *aad, *plain, *cipher, *tag;
	} rows[] = {
		{ "test case 13",
		  "0000000000000000000000000000000000000000000000000000000000000000",
		  "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b" },
		{ "test case 14",
		  "0000000000000000000000000000000000000000000000000000000000000000",
		  "000000000000000000000000", "", "00000000000000000000000000000000",
		  "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919" },
		{ "test case 16",
		  "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
		  "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
		  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
		  "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
		  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
		  "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
		  "76fc6ece0f4e1768cddf8853bb2d551b" },
	};
	struct crypto_openssl *p = crypto_test_openssl();
	uint8_t key[32], nonce[12], aad[20], plain[60], cipher[60], tag[16], got[60], got_tag[16];

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t aad_len = test_hex(rows[i].aad, aad, sizeof aad);
		size_t len = test_hex(rows[i].plain, plain, sizeof plain);

		test_row(rows[i].name);
		test_hex(rows[i].key, key, sizeof key);
		test_hex(rows[i].nonce, nonce, sizeof nonce);
		test_hex(rows[i].cipher, cipher, sizeof cipher);
		test_hex(rows[i].tag, tag, sizeof tag);
		CHECK_RC(crypto_openssl_seal(p, key, nonce, aad, aad_len, plain, len, got, got_tag),
			 RC_OK);
		CHECK_BYTES(got, cipher, len);
		CHECK_BYTES(got_tag, tag, sizeof tag);
		CHECK_RC(crypto_openssl_open(p, key, nonce, aad, aad_len, got, len, got, tag),
			 RC_OK);
		CHECK_BYTES(got, plain, len);
	}
}

static void
aead__an_altered_byte_anywhere_yields_nothing(void)
{
	struct crypto_openssl *p = crypto_test_openssl();
	uint8_t key[32] = { 7 }, nonce[12] = { 8 }, aad[5] = "head", text[40] = "secret", box[40];
	uint8_t tag[16], out[40], zero[40] = { 0 };
	uint8_t *const places[] = { key, nonce, aad, box, tag };
	static const size_t sizes[] = { sizeof key, sizeof nonce, sizeof aad, sizeof box,
					sizeof tag };

	CHECK_RC(crypto_openssl_seal(p, key, nonce, aad, 5, text, 40, box, tag), RC_OK);
	for (size_t place = 0; place < COUNT(places); place++) {
		for (size_t i = 0; i < sizes[place]; i++) {
			places[place][i] ^= 0x80;
			memset(out, 1, sizeof out);
			CHECK_RC(crypto_openssl_open(p, key, nonce, aad, 5, box, 40, out, tag),
				 RC_AUTH);
			CHECK_BYTES(out, zero, sizeof out);
			places[place][i] ^= 0x80;
		}
	}
	CHECK_RC(crypto_openssl_open(p, key, nonce, aad, 5, box, 40, out, tag), RC_OK);
	CHECK_BYTES(out, text, sizeof out);
}

static void
scrypt__matches_rfc_7914(void)
{
	static const struct {
		const char *passphrase, *salt;
		unsigned int log2_n, r, par;
		const char *key;
	} rows[] = {
		{ "", "", 4, 1, 1,
		  "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
		  "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906" },
		{ "password", "NaCl", 10, 8, 16,
		  "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
		  "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640" },
		{ "pleaseletmein", "SodiumChloride", 14, 8, 1,
		  "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
		  "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887" },
	};
	uint8_t want[64], got[64];

	for (size_t i = 0; i < COUNT(rows); i++) {
		test_row(rows[i].passphrase);
		test_hex(rows[i].key, want, sizeof want);
		CHECK_RC(crypto_openssl_scrypt(rows[i].passphrase, strlen(rows[i].passphrase),
					       (const uint8_t *)rows[i].salt, strlen(rows[i].salt),
					       rows[i].log2_n, rows[i].r, rows[i].par, got,
					       sizeof got),
			 RC_OK);
		CHECK_BYTES(got, want, sizeof got);
	}
}

static void
scrypt__refuses_parameters_that_would_eat_the_machine(void)
{
	static const struct {
		const char *name;
		unsigned int log2_n, r, par;
	} rows[] = {
		{ "no cost", 0, 8, 1 },
		{ "no block", 15, 0, 1 },
		{ "no lane", 15, 8, 0 },
		{ "exactly 256 MiB of table alone", 18, 8, 1 },
		{ "large block", 15, 65, 1 },
		{ "many lanes", 15, 8, 17 },
		{ "shift past the integer", 64, 1, 1 },
		{ "everything", UINT32_MAX, UINT32_MAX, UINT32_MAX },
	};
	uint8_t key[32] = { 0x77 }, salt[4] = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		test_row(rows[i].name);
		CHECK_RC(crypto_openssl_scrypt("x", 1, salt, sizeof salt, rows[i].log2_n, rows[i].r,
					       rows[i].par, key, sizeof key),
			 RC_RANGE);
		CHECK(key[0] == 0x77);
	}
}

static void
random__two_draws_differ(void)
{
	const struct crypto *c = crypto_test();
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	CHECK_RC(c->random(c->ctx, a, sizeof a), RC_OK);
	CHECK_RC(c->random(c->ctx, b, sizeof b), RC_OK);
	CHECK(memcmp(a, b, sizeof a) != 0);
	CHECK_RC(c->random(c->ctx, a, 0), RC_OK);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(signer__signatures_verify_under_the_public_half_alone),
		TEST(signer__derives_from_the_published_key_pair),
		TEST(aead__matches_the_gcm_test_cases_and_opens_again),
		TEST(aead__an_altered_byte_anywhere_yields_nothing),
		TEST(scrypt__matches_rfc_7914),
		TEST(scrypt__refuses_parameters_that_would_eat_the_machine),
		TEST(random__two_draws_differ),
	};

	return test_run("crypto_openssl", cases, COUNT(cases));
}
