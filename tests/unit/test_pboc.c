// SPDX-License-Identifier: GPL-3.0-or-later
/* Keys and MACs of the PBOC e-purse. The 3DES values are of recorded card exchanges and published
 * ones (see tests/vectors/README.md); the SM4 and AES values come from pboc_judge.py. */
#include "crypto_test.h"
#include "test.h"

#include "crypto_fault.h"
#include "crypto_small/small.h"
#include "wire/pboc.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define DTK "2F1E2D3C4B5A69788796A5B4C3D2E1F1"
#define ADMIN "404142434445464748494A4B4C4D4E4F"

static struct pboc_key
key_of(uint8_t algorithm, const char *hex)
{
	struct pboc_key k = { .algorithm = algorithm };

	k.len = (uint8_t)test_hex(hex, k.bytes, sizeof k.bytes);
	return k;
}

static void
check_hex(const uint8_t *got, const char *hex)
{
	uint8_t want[64];
	const size_t len = test_hex(hex, want, sizeof want);

	CHECK_BYTES(got, want, len);
}

/* A whole transaction: what opens the session, and what must come out. Empty text: not known. */
struct row {
	const char *name;
	uint8_t algorithm;
	const char *key, *dtk, *random, *session;
	uint8_t type;
	uint16_t sequence;
	uint32_t amount;
	const char *terminal, *stamp;
	uint32_t terminal_sequence, before, after, limit_before, limit_after;
	const char *auth_code, *mac1, *mac2, *certificate;
};

static const struct row rows[] = {
	{ "load",
	  PBOC_3DES,
	  "00112233445566778899AABBCCDDEEFF",
	  DTK,
	  "CDEF4F20",
	  "5EAF6979B87264E2",
	  PBOC_PURSE_LOAD,
	  0,
	  0x1C37,
	  "000001000050",
	  "20140825103100",
	  0,
	  0,
	  0x1C37,
	  0,
	  0,
	  "",
	  "62E86B2F",
	  "6C6EE87F",
	  "B8DED7E4" },
	{ "compound purchase of a city card",
	  PBOC_3DES,
	  "101112131415161718191A1B1C1D1E1F",
	  DTK,
	  "9AC87503",
	  "34E6E375A2D4B217",
	  PBOC_COMPOUND,
	  0,
	  0x1C37,
	  "000000000001",
	  "20110919204812",
	  1,
	  0,
	  0,
	  0,
	  0,
	  "850102030485010203",
	  "C388CC2C",
	  "8B332B3E",
	  "F6690CF9" },
	{ "compound purchase",
	  PBOC_3DES,
	  "101112131415161718191A1B1C1D1E1F",
	  DTK,
	  "9AC87503",
	  "34E6E375A2D4B217",
	  PBOC_COMPOUND,
	  0,
	  0x1C37,
	  "000000000001",
	  "20110919204812",
	  1,
	  0,
	  0,
	  0,
	  0,
	  "",
	  "77499DE3",
	  "8B332B3E",
	  "F6690CF9" },
	{ "purchase",
	  PBOC_3DES,
	  "101112131415161718191A1B1C1D1E1F",
	  DTK,
	  "9AC87503",
	  "34E6E375A2D4B217",
	  PBOC_PURSE_PURCHASE,
	  0,
	  100,
	  "000000000001",
	  "20110919204812",
	  1,
	  0,
	  0,
	  0,
	  0,
	  "",
	  "872CE03A",
	  "B89F777B",
	  "0DB08546" },
	{ "published load",
	  PBOC_3DES,
	  "11223344556677888877665544332211",
	  "",
	  "11223344",
	  "9B1D924E05595603",
	  PBOC_DEPOSIT_LOAD,
	  0,
	  0x1000,
	  "001122334455",
	  "20111221214822",
	  0,
	  0,
	  0,
	  0,
	  0,
	  "",
	  "2988AE5A",
	  "3A845BF0",
	  "" },
	{ "published purchase",
	  PBOC_3DES,
	  "11223344556677888877665544332211",
	  "",
	  "11223344",
	  "003238ABC57659DD",
	  PBOC_PURSE_PURCHASE,
	  0,
	  0x1000,
	  "001122334455",
	  "20120229135100",
	  1,
	  0,
	  0,
	  0,
	  0,
	  "",
	  "F15CAB75",
	  "",
	  "" },
	{ "unload",
	  PBOC_3DES,
	  ADMIN,
	  "",
	  "9AC87503",
	  "9A86338C58436FC9",
	  PBOC_UNLOAD,
	  7,
	  100,
	  "000000000001",
	  "20110919204812",
	  0,
	  0x1388,
	  0x1324,
	  0,
	  0,
	  "",
	  "21B8FC93",
	  "60556FBC",
	  "6ED022F2" },
	{ "overdraft",
	  PBOC_3DES,
	  ADMIN,
	  ADMIN,
	  "9AC87503",
	  "9A86338C58436FC9",
	  PBOC_OVERDRAFT,
	  7,
	  0,
	  "000000000001",
	  "20110919204812",
	  0,
	  0x1388,
	  0x1770,
	  0,
	  0x3E8,
	  "",
	  "D787BA59",
	  "1551A203",
	  "E256AFE2" },
	{ "load, SM4",
	  PBOC_SM4,
	  "00112233445566778899AABBCCDDEEFF",
	  DTK,
	  "CDEF4F20",
	  "1C03CAD2563FAC50E90382295C9F3069",
	  PBOC_PURSE_LOAD,
	  0,
	  0x1C37,
	  "000001000050",
	  "20140825103100",
	  0,
	  0,
	  0x1C37,
	  0,
	  0,
	  "",
	  "66FAF55E",
	  "188209F9",
	  "2943E52C" },
	{ "purchase, SM4",
	  PBOC_SM4,
	  "101112131415161718191A1B1C1D1E1F",
	  DTK,
	  "9AC87503",
	  "91B15543302CE345D76E76D99DE58A68",
	  PBOC_PURSE_PURCHASE,
	  0,
	  100,
	  "000000000001",
	  "20110919204812",
	  1,
	  0,
	  0,
	  0,
	  0,
	  "",
	  "005E8F06",
	  "1BB9C0AD",
	  "02A7FF22" },
	{ "load, AES",
	  PBOC_AES,
	  "00112233445566778899AABBCCDDEEFF",
	  DTK,
	  "CDEF4F20",
	  "3BAB68C8F2053C98C2CBAA7C1E769ADD",
	  PBOC_PURSE_LOAD,
	  0,
	  0x1C37,
	  "000001000050",
	  "20140825103100",
	  0,
	  0,
	  0x1C37,
	  0,
	  0,
	  "",
	  "5BE6159E",
	  "54500470",
	  "73D03FD2" },
	{ "purchase, AES",
	  PBOC_AES,
	  "101112131415161718191A1B1C1D1E1F",
	  DTK,
	  "9AC87503",
	  "A725FA9C333B80DDAA4A40C555372836",
	  PBOC_PURSE_PURCHASE,
	  0,
	  100,
	  "000000000001",
	  "20110919204812",
	  1,
	  0,
	  0,
	  0,
	  0,
	  "",
	  "F7801173",
	  "F07A89B2",
	  "2C9E6B5C" },
};

static struct pboc_transaction
transaction_of(const struct row *r)
{
	struct pboc_transaction t = { .type = r->type,
				      .amount = r->amount,
				      .terminal_sequence = r->terminal_sequence,
				      .balance_before = r->before,
				      .balance_after = r->after,
				      .sequence = r->sequence,
				      .limit_before = r->limit_before,
				      .limit_after = r->limit_after };

	test_hex(r->terminal, t.terminal, sizeof t.terminal);
	test_hex(r->stamp, t.stamp, sizeof t.stamp);
	t.has_auth_code = r->auth_code[0] != '\0';
	if (t.has_auth_code)
		test_hex(r->auth_code, t.auth_code, sizeof t.auth_code);
	return t;
}

static void
check_mac(const struct crypto *c, const struct pboc_key *k, const struct pboc_transaction *t,
	  enum pboc_proof proof, const char *want)
{
	uint8_t mac[PBOC_MAC];

	if (want[0] == '\0')
		return;
	CHECK_RC(pboc_proof_mac(c, k, t, proof, mac), RC_OK);
	check_hex(mac, want);
}

static void
replay(const struct crypto *c, const struct row *r)
{
	const struct pboc_key key = key_of(r->algorithm, r->key);
	const struct pboc_transaction t = transaction_of(r);
	const uint16_t tail =
		pboc_is_online(r->type) ? PBOC_LOAD_TAIL : (uint16_t)r->terminal_sequence;
	struct pboc_key session, certify;
	uint8_t random[4];

	test_row(r->name);
	test_hex(r->random, random, sizeof random);
	CHECK_RC(pboc_session(c, &key, random, r->sequence, tail, &session), RC_OK);
	CHECK(session.len == (r->algorithm == PBOC_3DES ? 8 : 16));
	check_hex(session.bytes, r->session);
	check_mac(c, &session, &t, PBOC_MAC1, r->mac1);
	check_mac(c, &session, &t, PBOC_MAC2, r->mac2);
	certify = session; /* of an unload it is the session key's */
	if (r->dtk[0] != '\0') {
		const struct pboc_key dtk = key_of(r->algorithm, r->dtk);

		CHECK_RC(pboc_folded(&dtk, &certify), RC_OK);
	}
	check_mac(c, &certify, &t, PBOC_CERTIFICATE, r->certificate);
	test_row("");
}

static void
transactions__replay_byte_for_byte_on_both_implementations(void)
{
	struct crypto_small small;

	crypto_small_init(&small, NULL, NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		replay(crypto_test(), &rows[i]);
		replay(&small.table, &rows[i]);
	}
}

static void
folded__key_is_the_published_one(void)
{
	const struct pboc_key dtk = key_of(PBOC_3DES, DTK);
	const struct pboc_key half = key_of(PBOC_3DES, "0011223344556677");
	struct pboc_key folded;

	CHECK_RC(pboc_folded(&dtk, &folded), RC_OK);
	CHECK(folded.len == 8);
	check_hex(folded.bytes, "A888888888888889");
	CHECK_RC(pboc_folded(&half, &folded), RC_RANGE);
}

static void
administration__commands_of_recorded_cards_have_these_macs(void)
{
	static const struct {
		const char *name, *challenge, *command, *mac;
	} macs[] = {
		{ "application block", "1EA2B2E600000000", "841E000004", "4D8AF43B" },
		{ "application unblock", "DBCF515E00000000", "8418000004", "62898BBE" },
		{ "write key", "19393A9200000000",
		  "84D439001C6AC0596394FF6985A848B16316E476C3410CF9E29C9285B7", "B8512072" },
		{ "update binary", "1B53473200000000",
		  "04D685002C07314100000000004100000089999985020020150605000F"
		  "00000001000120150605203808080000",
		  "AF59BA15" },
	};
	const struct pboc_key admin = key_of(PBOC_3DES, ADMIN);
	uint8_t challenge[8], command[64], mac[PBOC_MAC];

	for (size_t i = 0; i < COUNT(macs); i++) {
		struct crypto_part part = { command, 0 };

		test_row(macs[i].name);
		test_hex(macs[i].challenge, challenge, sizeof challenge);
		part.len = test_hex(macs[i].command, command, sizeof command);
		CHECK_RC(pboc_mac(crypto_test(), &admin, challenge, &part, 1, mac), RC_OK);
		check_hex(mac, macs[i].mac);
	}
	test_row("");
}

static void
challenge__is_answered_as_a_recorded_card_wants_it(void)
{
	static const uint8_t challenge[8] = { 0xDC, 0xE8, 0xF5, 0x11 };
	const struct pboc_key admin = key_of(PBOC_3DES, ADMIN);
	uint8_t proof[8];

	CHECK_RC(pboc_prove(crypto_test(), &admin, challenge, proof), RC_OK);
	check_hex(proof, "109031C621691DDF");
}

static void
enciphered__data_is_that_of_a_recorded_write_key(void)
{
	const struct pboc_key admin = key_of(PBOC_3DES, ADMIN);
	uint8_t plain[32], out[PBOC_ENCIPHERED_MAX], back[PBOC_ENCIPHERED_MAX];
	size_t len = test_hex("0100330000112233445566778899AABBCCDDEEFF", plain, sizeof plain);
	size_t out_len = 0, back_len = 0;

	CHECK_RC(pboc_encipher(crypto_test(), &admin, plain, len, out, &out_len), RC_OK);
	CHECK(out_len == 24);
	check_hex(out, "6AC0596394FF6985A848B16316E476C3410CF9E29C9285B7");
	CHECK_RC(pboc_decipher(crypto_test(), &admin, out, out_len, back, &back_len), RC_OK);
	CHECK(back_len == len);
	CHECK_BYTES(back, plain, len);
}

static void
enciphered__data_of_every_length_comes_back_and_bad_padding_does_not(void)
{
	static const uint8_t algorithms[] = { PBOC_3DES, PBOC_SM4, PBOC_AES };
	uint8_t plain[32], out[PBOC_ENCIPHERED_MAX], back[PBOC_ENCIPHERED_MAX];
	size_t out_len, back_len;

	for (size_t a = 0; a < COUNT(algorithms); a++) {
		const struct pboc_key key = key_of(algorithms[a], ADMIN);

		for (size_t len = 0; len <= 30; len++) {
			memset(plain, (int)len, sizeof plain);
			CHECK_RC(pboc_encipher(crypto_test(), &key, plain, len, out, &out_len),
				 RC_OK);
			CHECK_RC(pboc_decipher(crypto_test(), &key, out, out_len, back, &back_len),
				 RC_OK);
			CHECK(back_len == len);
			CHECK_BYTES(back, plain, len);
			out[out_len - 1] ^= 1;
			CHECK_RC(pboc_decipher(crypto_test(), &key, out, out_len, back, &back_len),
				 RC_FORMAT);
			CHECK_RC(pboc_decipher(crypto_test(), &key, out, out_len - 1, back,
					       &back_len),
				 RC_FORMAT);
		}
		CHECK_RC(pboc_encipher(crypto_test(), &key, plain, 31, out, &out_len), RC_SPACE);
		CHECK_RC(pboc_decipher(crypto_test(), &key, out, 0, back, &back_len), RC_FORMAT);
	}
}

static void
diversified__key_is_the_recorded_one(void)
{
	struct pboc_key master = key_of(PBOC_3DES, "00112233445566778899AABBCCDDEEFF"), card;
	uint8_t factor[PBOC_FACTOR];

	test_hex("4100000089999985", factor, sizeof factor);
	CHECK_RC(pboc_diversify(crypto_test(), &master, factor, &card), RC_OK);
	CHECK(card.algorithm == PBOC_3DES && card.len == 16);
	check_hex(card.bytes, "0610AD547095D6E5F71AF6CE813AD844");
	master.algorithm = PBOC_SM4;
	CHECK_RC(pboc_diversify(crypto_test(), &master, factor, &card), RC_OK);
	CHECK(card.algorithm == PBOC_SM4 && card.len == 16);
	check_hex(card.bytes, "2EFF605079E2998C2FBC214ECF7094B0");
	master.algorithm = PBOC_AES;
	CHECK_RC(pboc_diversify(crypto_test(), &master, factor, &card), RC_OK);
	check_hex(card.bytes, "D3E217BE7F7AFA2656B52E62AB429111");
}

static void
reload__mac_of_a_pin_is_the_recorded_one(void)
{
	static const uint8_t pin[] = { 0x12, 0x34, 0x56 };
	const struct crypto_part part = { pin, sizeof pin };
	const struct pboc_key dprk = key_of(PBOC_3DES, "3031D2335455F637B8091A2B3C4D5E6F");
	struct pboc_key folded;
	uint8_t mac[PBOC_MAC];

	CHECK_RC(pboc_folded(&dprk, &folded), RC_OK);
	CHECK_RC(pboc_mac(crypto_test(), &folded, NULL, &part, 1, mac), RC_OK);
	check_hex(mac, "9571B0EB");
}

static void
mac__does_not_depend_on_how_the_message_is_cut(void)
{
	static const uint8_t algorithms[] = { PBOC_3DES, PBOC_SM4, PBOC_AES };
	uint8_t message[40], whole[PBOC_MAC], cut[PBOC_MAC];

	for (size_t i = 0; i < sizeof message; i++)
		message[i] = (uint8_t)i;
	for (size_t a = 0; a < COUNT(algorithms); a++) {
		const struct pboc_key key = key_of(algorithms[a], ADMIN);

		for (size_t n = 0; n <= sizeof message; n++) {
			const struct crypto_part one = { message, n };
			const struct crypto_part three[3] = { { message, n / 3 },
							      { message, 0 },
							      { message + n / 3, n - n / 3 } };

			CHECK_RC(pboc_mac(crypto_test(), &key, NULL, &one, 1, whole), RC_OK);
			CHECK_RC(pboc_mac(crypto_test(), &key, NULL, three, 3, cut), RC_OK);
			CHECK_BYTES(whole, cut, sizeof whole);
		}
	}
}

static void
unknown__algorithms_and_types_are_refused(void)
{
	static const uint8_t some[8] = { 1 };
	const struct pboc_key odd = key_of(9, ADMIN),
			      short_aes = key_of(PBOC_AES, "0011223344556677");
	struct pboc_transaction t = { .type = 0x0A };
	struct pboc_key out;
	uint8_t mac[8];

	CHECK_RC(pboc_session(crypto_test(), &odd, some, 0, 0, &out), RC_RANGE);
	CHECK_RC(pboc_diversify(crypto_test(), &odd, some, &out), RC_RANGE);
	CHECK_RC(pboc_prove(crypto_test(), &short_aes, some, mac), RC_RANGE);
	CHECK_RC(pboc_proof_mac(crypto_test(), &odd, &t, PBOC_MAC1, mac), RC_RANGE);
	CHECK(!pboc_is_online(0x0A));
}

/* Everything that uses the table, once. */
static enum rc
all_of_it(const struct crypto *c)
{
	const struct pboc_key key = key_of(PBOC_3DES, ADMIN);
	const struct crypto_part part = { key.bytes, 16 };
	uint8_t out[PBOC_ENCIPHERED_MAX], back[PBOC_ENCIPHERED_MAX];
	struct pboc_key made;
	size_t len;
	enum rc rc = pboc_diversify(c, &key, key.bytes, &made);

	if (rc == RC_OK)
		rc = pboc_session(c, &key, key.bytes, 1, 2, &made);
	if (rc == RC_OK)
		rc = pboc_mac(c, &key, NULL, &part, 1, out);
	if (rc == RC_OK)
		rc = pboc_prove(c, &key, key.bytes, out);
	if (rc == RC_OK)
		rc = pboc_encipher(c, &key, key.bytes, 16, out, &len);
	return rc == RC_OK ? pboc_decipher(c, &key, out, len, back, &len) : rc;
}

static void
failing__cryptography_is_reported_at_every_call(void)
{
	struct crypto_fault fault;
	unsigned int k = 1;

	for (;; k++) {
		enum rc rc;

		crypto_fault_init(&fault, crypto_test(), k);
		rc = all_of_it(&fault.table);
		CHECK_RC(rc, crypto_fault_fired(&fault) ? RC_CRYPTO : RC_OK);
		if (!crypto_fault_fired(&fault))
			break;
	}
	CHECK(k > 10);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(transactions__replay_byte_for_byte_on_both_implementations),
		TEST(folded__key_is_the_published_one),
		TEST(administration__commands_of_recorded_cards_have_these_macs),
		TEST(challenge__is_answered_as_a_recorded_card_wants_it),
		TEST(enciphered__data_is_that_of_a_recorded_write_key),
		TEST(enciphered__data_of_every_length_comes_back_and_bad_padding_does_not),
		TEST(diversified__key_is_the_recorded_one),
		TEST(reload__mac_of_a_pin_is_the_recorded_one),
		TEST(mac__does_not_depend_on_how_the_message_is_cut),
		TEST(unknown__algorithms_and_types_are_refused),
		TEST(failing__cryptography_is_reported_at_every_call),
	};

	return test_run("pboc", cases, COUNT(cases));
}
