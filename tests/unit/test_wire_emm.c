// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/wire EMM: commands, ciphering, signatures, and everything that must be refused. */
#include "base/bytes.h"
#include "base/mem.h"
#include "crypto_fault.h"
#include "crypto_test.h"
#include "test.h"
#include "wire/emm.h"

#include <stdlib.h>

static const struct emm_keys keys = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 },
				      { 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 } };

/* A key pair made for this run. */
static uint8_t public_key[CRYPTO_PUBLIC];
static struct crypto_signer *signer;

static enum rc
sign(void *ctx, const uint8_t digest[CRYPTO_HASH], uint8_t signature[CRYPTO_SIGNATURE])
{
	return crypto_signer_sign(ctx, digest, signature);
}

static enum rc
sign_fails(void *ctx, const uint8_t digest[CRYPTO_HASH], uint8_t signature[CRYPTO_SIGNATURE])
{
	(void)ctx;
	(void)digest;
	memset(signature, 0x5A, CRYPTO_SIGNATURE);
	return RC_IO;
}

static struct emm_header
a_header(uint8_t table_id, uint8_t flags)
{
	struct emm_header h = { .table_id = table_id,
				.operator_id = 0x0203,
				.address = table_id == EMM_GLOBAL ? 0
					   : table_id == EMM_TREE ? 0x18ABCDEF
								  : 0x00ABCDEF,
				.flags = flags,
				.key_version = flags & EMM_CIPHERED ? 1 : 0,
				.signing_version = flags & (EMM_SIGNED | EMM_ROOT) ? 2 : 0,
				.sequence = 0x31415926,
				.part = 1,
				.parts = 2,
				.valid_until = 0x40000000 };

	return h;
}

static enum rc
seal(const struct emm_header *h, const uint8_t *body, size_t body_len, uint8_t section[EMM_MAX],
     size_t *len)
{
	return emm_seal(crypto_test(), h, body, body_len, &keys, sign, signer, section, len);
}

/* In blocks of exactly the right size, so that a sanitizer sees an access past the end. */
static enum rc
open_exact(const uint8_t *section, size_t len, const struct emm_keys *k, uint8_t *body,
	   size_t *body_len)
{
	uint8_t *copy = malloc(len ? len : 1);
	enum rc rc;

	memcpy(copy, section, len);
	rc = emm_open(crypto_test(), copy, len, k, body, body_len);
	free(copy);
	return rc;
}

static void
check_header(const struct emm_header *a, const struct emm_header *b)
{
	CHECK(a->table_id == b->table_id && a->operator_id == b->operator_id &&
	      a->address == b->address && a->flags == b->flags);
	CHECK(a->key_version == b->key_version && a->signing_version == b->signing_version &&
	      a->sequence == b->sequence);
	CHECK(a->part == b->part && a->parts == b->parts && a->valid_until == b->valid_until);
}

static void
emm__what_is_sealed_is_opened_with_every_kind_of_protection(void)
{
	static const struct {
		const char *name;
		uint8_t table_id, flags;
	} rows[] = {
		{ "unique, ciphered", EMM_UNIQUE, EMM_CIPHERED },
		{ "unique, ciphered and signed", EMM_UNIQUE, EMM_CIPHERED | EMM_SIGNED },
		{ "unique, signed by the root", EMM_UNIQUE, EMM_CIPHERED | EMM_ROOT },
		{ "unique, bare", EMM_UNIQUE, 0 },
		{ "global, signed", EMM_GLOBAL, EMM_SIGNED },
		{ "global, signed by the root", EMM_GLOBAL, EMM_ROOT },
		{ "group, signed", EMM_GROUP, EMM_SIGNED },
		{ "tree, vouched for", EMM_TREE, EMM_SHARED },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct emm_header h = a_header(rows[i].table_id, rows[i].flags), got;
		size_t room = emm_body_room(rows[i].flags, EMM_MAX);

		test_row(rows[i].name);
		for (size_t n = 0; n <= room; n++) {
			uint8_t body[EMM_BODY_MAX], section[EMM_MAX], opened[EMM_BODY_MAX];
			size_t len = 0, opened_len = 0;

			memset(body, (int)n, sizeof body);
			CHECK_RC(seal(&h, body, n, section, &len), RC_OK);
			CHECK_RC(emm_parse(section, len, &got), RC_OK);
			check_header(&h, &got);
			CHECK_RC(open_exact(section, len, &keys, opened, &opened_len), RC_OK);
			CHECK(opened_len == n);
			CHECK_BYTES(opened, body, n);
			if (n % 16 == 0)
				CHECK_RC(emm_verify(crypto_test(), section, len, public_key),
					 rows[i].flags & (EMM_SIGNED | EMM_ROOT) ? RC_OK : RC_AUTH);
		}
	}
}

static void
emm__the_body_is_not_readable_when_ciphered(void)
{
	struct emm_header h = a_header(EMM_UNIQUE, EMM_CIPHERED);
	uint8_t body[32], section[EMM_MAX], again[EMM_MAX];
	size_t len = 0, again_len = 0;

	memset(body, 0x77, sizeof body);
	CHECK_RC(seal(&h, body, sizeof body, section, &len), RC_OK);
	CHECK(memcmp(section + EMM_HEADER, body, 16) != 0);
	h.sequence++;
	CHECK_RC(seal(&h, body, sizeof body, again, &again_len), RC_OK);
	CHECK(memcmp(section + EMM_HEADER, again + EMM_HEADER, 16) != 0);
}

static void
emm__the_room_for_a_body_is_exact(void)
{
	static const uint8_t flags[] = { 0, EMM_SIGNED, EMM_CIPHERED, EMM_CIPHERED | EMM_SIGNED,
					 EMM_CIPHERED | EMM_ROOT };
	static const size_t want_packet[] = { 161, 97, 143, 79, 79 };
	static const size_t want_whole[] = { 233, 169, 223, 159, 159 };
	uint8_t body[EMM_BODY_MAX + 1] = { 0 }, section[EMM_MAX];

	for (size_t i = 0; i < sizeof flags; i++) {
		struct emm_header h = a_header(EMM_UNIQUE, flags[i]);
		size_t len = 0, room = emm_body_room(flags[i], EMM_PACKET_MAX);

		CHECK(room == want_packet[i]);
		CHECK_RC(seal(&h, body, room, section, &len), RC_OK);
		CHECK(len <= EMM_PACKET_MAX);
		CHECK_RC(seal(&h, body, room + 1, section, &len), RC_OK);
		CHECK(len > EMM_PACKET_MAX);
		room = emm_body_room(flags[i], EMM_MAX);
		CHECK(room == want_whole[i]);
		CHECK_RC(seal(&h, body, room + 1, section, &len), RC_SPACE);
	}
	CHECK(emm_body_room(EMM_CIPHERED, EMM_HEADER + EMM_MAC + 15) == 0);
	CHECK(emm_body_room(EMM_SIGNED, 10) == 0);
}

static void
emm__a_signed_epoch_key_for_one_card_fits_one_packet(void)
{
	struct emm_command key = { .tag = EMM_TAG_EPOCH_KEY, .u.epoch_key = { 1, 2, { 3 } } };
	struct emm_header h = a_header(EMM_UNIQUE, EMM_CIPHERED | EMM_SIGNED);
	uint8_t body[EMM_BODY_MAX], section[EMM_MAX];
	size_t body_len = 0, len = 0;

	CHECK_RC(emm_command_encode(&key, body, sizeof body, &body_len), RC_OK);
	CHECK(body_len == 21);
	CHECK_RC(seal(&h, body, body_len, section, &len), RC_OK);
	CHECK(len == 126 && len <= EMM_PACKET_MAX);
	/* and three of them still do */
	CHECK_RC(emm_command_encode(&key, body, sizeof body, &body_len), RC_OK);
	CHECK_RC(emm_command_encode(&key, body, sizeof body, &body_len), RC_OK);
	CHECK_RC(seal(&h, body, body_len, section, &len), RC_OK);
	CHECK(len <= EMM_PACKET_MAX);
}

static void
emm__every_altered_bit_of_a_ciphered_message_is_refused(void)
{
	struct emm_header h = a_header(EMM_UNIQUE, EMM_CIPHERED);
	uint8_t body[EMM_BODY_MAX] = { 0x50, 1, 'x' }, section[EMM_MAX];
	size_t len = 0, n = 99;

	CHECK_RC(seal(&h, body, 20, section, &len), RC_OK);
	for (size_t bit = 0; bit < len * 8; bit++) {
		enum rc rc;

		section[bit / 8] ^= (uint8_t)(1U << bit % 8);
		rc = open_exact(section, len, &keys, body, &n);
		/* the bit that says "not ciphered" makes it a bare message that claims a key
		 * version */
		CHECK(rc == RC_AUTH || rc == RC_FORMAT || rc == RC_TRUNCATED || rc == RC_VERSION);
		if (bit / 8 > 9 && bit / 8 != 11 && bit / 8 != 16 && bit / 8 != 17)
			CHECK_RC(rc, RC_AUTH);
		CHECK(n == 99);
		section[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	CHECK_RC(open_exact(section, len, &keys, body, &n), RC_OK);
}

static void
emm__every_altered_bit_of_a_signed_message_is_refused(void)
{
	struct emm_header h = a_header(EMM_GLOBAL, EMM_SIGNED);
	static const uint8_t body[] = { EMM_TAG_TIME, 4, 1, 2, 3, 4 };
	uint8_t section[EMM_MAX];
	size_t len = 0;

	CHECK_RC(seal(&h, body, sizeof body, section, &len), RC_OK);
	CHECK(len == 92);
	for (size_t bit = 0; bit < len * 8; bit++) {
		section[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CHECK(emm_verify(crypto_test(), section, len, public_key) != RC_OK);
		if (bit / 8 >= EMM_HEADER)
			CHECK_RC(emm_verify(crypto_test(), section, len, public_key), RC_AUTH);
		section[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	CHECK_RC(emm_verify(crypto_test(), section, len, public_key), RC_OK);
}

static void
emm__keys_of_another_card_open_nothing_and_leave_no_plain_text(void)
{
	static const uint8_t zeros[32];
	struct emm_header h = a_header(EMM_UNIQUE, EMM_CIPHERED);
	uint8_t body[EMM_BODY_MAX], section[EMM_MAX];
	struct emm_keys other = keys;
	size_t len = 0, n = 99;

	memset(body, 0x41, sizeof body);
	CHECK_RC(seal(&h, body, 20, section, &len), RC_OK);
	other.mac[0] ^= 1;
	CHECK_RC(open_exact(section, len, &other, body, &n), RC_AUTH);
	CHECK_BYTES(body, zeros, 32);
	other = keys;
	other.enc[0] ^= 1;
	CHECK_RC(open_exact(section, len, &other, body, &n), RC_AUTH);
	CHECK_RC(open_exact(section, len, NULL, body, &n), RC_RANGE);
	CHECK(n == 99);
}

/* A message whose MAC is right and whose padding is not: made by hand, as no encoder makes it. */
static void
emm__wrong_padding_under_a_right_mac_is_refused(void)
{
	struct emm_header h = a_header(EMM_UNIQUE, EMM_CIPHERED);
	uint8_t plain[16] = { 0 }, body[EMM_BODY_MAX], section[EMM_MAX], mac[CRYPTO_MAC];
	uint8_t iv[CRYPTO_BLOCK] = { 0 };
	const struct crypto *c = crypto_test();
	struct crypto_part parts[] = { { section, EMM_HEADER }, { plain, sizeof plain } };
	size_t len = 0, n;

	CHECK_RC(seal(&h, plain, 3, section, &len), RC_OK);
	CHECK_RC(c->cmac(c->ctx, keys.mac, CRYPTO_KEY, parts, 2, mac), RC_OK);
	memcpy(iv, mac, EMM_MAC);
	CHECK_RC(c->cbc(c->ctx, keys.enc, CRYPTO_KEY, CRYPTO_ENCRYPT, iv, plain, sizeof plain,
			section + EMM_HEADER),
		 RC_OK);
	memcpy(section + EMM_HEADER + 16, mac, EMM_MAC);
	CHECK_RC(open_exact(section, len, &keys, body, &n), RC_AUTH);
}

static void
emm__every_truncation_is_refused(void)
{
	struct emm_header h = a_header(EMM_UNIQUE, EMM_CIPHERED | EMM_SIGNED), got;
	uint8_t body[EMM_BODY_MAX] = { 0 }, section[EMM_MAX];
	size_t len = 0, n;

	CHECK_RC(seal(&h, body, 20, section, &len), RC_OK);
	for (size_t cut = 0; cut < len; cut++) {
		CHECK_RC(open_exact(section, cut, &keys, body, &n), RC_TRUNCATED);
		CHECK_RC(emm_parse(section, cut, &got), RC_TRUNCATED);
		CHECK_RC(emm_verify(crypto_test(), section, cut, public_key), RC_TRUNCATED);
	}
	for (size_t cut = 3; cut < len; cut++) { /* the section's length agrees with the cut */
		section[2] = (uint8_t)(cut - 3);
		CHECK(open_exact(section, cut, &keys, body, &n) != RC_OK);
		CHECK(emm_verify(crypto_test(), section, cut, public_key) != RC_OK);
	}
}

static void
emm__impossible_headers_are_neither_sealed_nor_parsed(void)
{
	static const struct {
		const char *name;
		size_t offset;
		uint8_t value;
		enum rc want;
	} rows[] = {
		{ "table of an ECM", 0, 0x81, RC_FORMAT },
		{ "table of shared signatures", 0, 0x86, RC_FORMAT },
		{ "ciphered for a group", 0, 0x83, RC_FORMAT },
		{ "global with an address", 0, 0x85, RC_FORMAT },
		{ "address above 24 bits", 5, 1, RC_FORMAT },
		{ "version 2", 9, 0x23, RC_VERSION },
		{ "shared signature", 9, 0x1B, RC_FORMAT },
		{ "key version without cipher", 9, 0x11, RC_FORMAT },
		{ "signing version without signature", 9, 0x12, RC_FORMAT },
		{ "part 0", 16, 0, RC_FORMAT },
		{ "part 3 of 2", 16, 3, RC_FORMAT },
		{ "33 parts", 17, 33, RC_FORMAT },
	};
	struct emm_header h = a_header(EMM_UNIQUE, EMM_CIPHERED | EMM_SIGNED), got;
	uint8_t section[EMM_MAX], bad[EMM_MAX];
	size_t len = 0;

	CHECK_RC(seal(&h, section, 0, section, &len), RC_OK);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].name);
		memcpy(bad, section, len);
		bad[rows[i].offset] = rows[i].value;
		CHECK_RC(emm_parse(bad, len, &got), rows[i].want);
	}
	h.parts = 0;
	CHECK_RC(seal(&h, NULL, 0, section, &len), RC_RANGE);
	h = a_header(EMM_GLOBAL, EMM_CIPHERED);
	CHECK_RC(seal(&h, NULL, 0, section, &len), RC_RANGE);
	h = a_header(EMM_UNIQUE, EMM_SIGNED | EMM_SHARED);
	CHECK_RC(seal(&h, NULL, 0, section, &len), RC_RANGE);
	h = a_header(EMM_UNIQUE, EMM_CIPHERED);
	CHECK_RC(emm_seal(crypto_test(), &h, NULL, 0, NULL, sign, signer, section, &len), RC_RANGE);
	h = a_header(EMM_UNIQUE, EMM_SIGNED);
	CHECK_RC(emm_seal(crypto_test(), &h, NULL, 0, &keys, NULL, NULL, section, &len), RC_RANGE);
}

static void
emm__a_crypto_failure_at_any_call_is_reported(void)
{
	static const uint8_t zeros[EMM_MAX];
	struct emm_header h = a_header(EMM_UNIQUE, EMM_CIPHERED | EMM_SIGNED);
	uint8_t body[EMM_BODY_MAX] = { 0 }, section[EMM_MAX], sealed[EMM_MAX];
	size_t len = 0, sealed_len = 0, n;
	struct crypto_fault fault;
	unsigned int k;
	enum rc rc;

	CHECK_RC(seal(&h, body, 20, sealed, &sealed_len), RC_OK);
	for (k = 1;; k++) {
		crypto_fault_init(&fault, crypto_test(), k);
		rc = emm_seal(&fault.table, &h, body, 20, &keys, sign, signer, section, &len);
		if (!crypto_fault_fired(&fault))
			break;
		CHECK_RC(rc, RC_CRYPTO);
		CHECK_BYTES(section, zeros, EMM_MAX);
	}
	CHECK(k == 4);
	for (k = 1;; k++) {
		crypto_fault_init(&fault, crypto_test(), k);
		rc = emm_open(&fault.table, sealed, sealed_len, &keys, body, &n);
		if (rc == RC_OK)
			rc = emm_verify(&fault.table, sealed, sealed_len, public_key);
		if (!crypto_fault_fired(&fault))
			break;
		CHECK_RC(rc, RC_CRYPTO);
	}
	CHECK(k == 5);
	rc = emm_seal(crypto_test(), &h, body, 20, &keys, sign_fails, NULL, section, &len);
	CHECK_RC(rc, RC_IO);
	CHECK_BYTES(section, zeros, EMM_MAX);
}

#define HALF_POINT "00112233445566778899AABBCCDDEEFF 00112233445566778899AABBCCDDEEFF"
#define POINT HALF_POINT HALF_POINT

static const struct command_row {
	const char *name, *hex;
	enum rc want;
	bool needs_signature;
} command_rows[] = {
	{ "entitlement", "810B 0001 00000002 FFFFFFFF 01", RC_OK, false },
	{ "entitlement with an unknown flag", "810B 0001 00000002 FFFFFFFF 02", RC_FORMAT, false },
	{ "entitlement to all products", "810B FFFF 00000002 FFFFFFFF 00", RC_FORMAT, false },
	{ "entitlement too short", "810A 0001 00000002 FFFFFFFF", RC_FORMAT, false },
	{ "cancel one product", "8202 0001", RC_OK, false },
	{ "cancel all", "8202 FFFF", RC_OK, false },
	{ "event right", "8309 00000001 00000002 01", RC_OK, false },
	{ "event right with an unknown flag", "8309 00000001 00000002 80", RC_FORMAT, false },
	{ "event cancel", "8404 00000001", RC_OK, false },
	{ "epoch key", "9013 01 0002 000102030405060708090A0B0C0D0E0F", RC_OK, true },
	{ "epoch key too long", "9014 01 0002 000102030405060708090A0B0C0D0E0F 00", RC_FORMAT,
	  true },
	{ "tree key: numbered, not known yet", "9100", RC_REFUSED, true },
	{ "signing key", "9242 02 01 " POINT, RC_OK, true },
	{ "signing key that is its own floor", "9242 FF FF " POINT, RC_OK, true },
	{ "signing key below its own floor", "9242 02 03 " POINT, RC_FORMAT, true },
	{ "signing key without a floor", "9242 02 00 " POINT, RC_FORMAT, true },
	{ "signing key with half a point", "9222 02 01 " HALF_POINT, RC_FORMAT, true },
	{ "card key: numbered, not known yet", "9300", RC_REFUSED, true },
	{ "credit", "A016 0F 01 0000000000000123 00000007 0102030405060708", RC_OK, true },
	{ "credit of slot 16", "A016 10 01 0000000000000123 00000007 0102030405060708", RC_FORMAT,
	  true },
	{ "credit of source 0", "A016 00 00 0000000000000123 00000007 0102030405060708", RC_FORMAT,
	  true },
	{ "credit of source 4", "A016 00 04 0000000000000123 00000007 0102030405060708", RC_FORMAT,
	  true },
	{ "refund", "A119 0F 00000009 0000000000000123 00000007 0102030405060708", RC_OK, true },
	{ "refund of slot 16", "A119 10 00000009 0000000000000123 00000007 0102030405060708",
	  RC_FORMAT, true },
	{ "refund of no record", "A119 00 00000000 0000000000000123 00000007 0102030405060708",
	  RC_FORMAT, true },
	{ "slot", "A2110150545300000000000000138803507473", RC_OK, true },
	{ "slot without a label", "A20E0150545300000000000000138800", RC_OK, true },
	{ "slot 0 is the purse", "A20E0050545300000000000000138800", RC_FORMAT, true },
	{ "slot 16", "A20E1050545300000000000000138800", RC_FORMAT, true },
	{ "slot with half a label", "A2100150545300000000000000138803507473", RC_FORMAT, true },
	{ "slot with a label too long", "A20F015054530000000000000013881150", RC_FORMAT, true },
	{ "slot with a balance that no card counts", "A20E0150545300800000000000000000", RC_FORMAT,
	  true },
	{ "slot that is short", "A20D01505453000000000000001388", RC_FORMAT, true },
	{ "slot limits", "A30D01000000320000006400000014", RC_OK, true },
	{ "slot limits of the purse", "A30D00000000320000006400000014", RC_FORMAT, true },
	{ "slot limits that are short", "A30C010000003200000064000000", RC_FORMAT, true },
	{ "record acknowledgement", "B014 00000009 00112233445566778899AABBCCDDEEFF", RC_OK, true },
	{ "report policy", "B10A 0064 00278D00 00001388", RC_OK, true },
	{ "report policy too short", "B109 0064 00278D00 000013", RC_FORMAT, true },
	{ "card state: numbered, not known yet", "C000", RC_REFUSED, true },
	{ "PIN reset", "C10A 81 00000001 04 37393135", RC_OK, true },
	{ "PIN reset of eight digits", "C10E 81 00000001 08 3739313537393135", RC_OK, true },
	{ "PIN reset without a number", "C10A 81 00000000 04 37393135", RC_FORMAT, true },
	{ "PIN reset of three digits", "C109 81 00000001 03 373931", RC_FORMAT, true },
	{ "PIN reset of nine digits", "C10F 81 00000001 09 373931353739313537", RC_FORMAT, true },
	{ "PIN reset with a letter", "C10A 81 00000001 04 37394135", RC_FORMAT, true },
	{ "PIN reset that lacks a digit", "C109 81 00000001 04 373931", RC_FORMAT, true },
	{ "PIN reset with a digit too many", "C10B 81 00000001 04 3739313530", RC_FORMAT, true },
	{ "PIN reset that is short", "C105 81 00000001", RC_FORMAT, true },
	{ "pair", "C320 00112233445566778899AABBCCDDEEFF 00112233445566778899AABBCCDDEEFF", RC_OK,
	  true },
	{ "pair a box of zeros",
	  "C320 00000000000000000000000000000000 00000000000000000000000000000000", RC_FORMAT,
	  true },
	{ "pair too short", "C301 00", RC_FORMAT, true },
	{ "unpair", "C420 00112233445566778899AABBCCDDEEFF 00112233445566778899AABBCCDDEEFF", RC_OK,
	  true },
	{ "time", "D004 01020304", RC_OK, true },
	{ "time too short", "D003 010203", RC_FORMAT, true },
	{ "clock", "D104 01020304", RC_OK, true },
	{ "unknown critical", "FF00", RC_REFUSED, true },
	{ "message: optional, skipped", "5003 414243", RC_NOT_FOUND, false },
	{ "unknown optional, skipped", "0100", RC_NOT_FOUND, false },
	{ "nothing", "", RC_NOT_FOUND, false },
	{ "tag without length", "90", RC_TRUNCATED, true },
	{ "value longer than the rest", "D004 010203", RC_TRUNCATED, true },
	{ "skipped value longer than the rest", "5004 010203", RC_TRUNCATED, false },
};

static void
emm_command__each_is_read_by_its_rules_and_written_back_the_same(void)
{
	uint8_t body[80], again[80];

	for (size_t i = 0; i < sizeof command_rows / sizeof command_rows[0]; i++) {
		const struct command_row *row = &command_rows[i];
		size_t len = test_hex(row->hex, body, sizeof body), left = len, written = 0;
		const uint8_t *p = body;
		struct emm_command cmd;

		test_row(row->name);
		CHECK_RC(emm_command_decode(&p, &left, &cmd), row->want);
		if (len > 0)
			CHECK(emm_command_needs_signature(body[0]) == row->needs_signature);
		if (row->want != RC_OK) {
			CHECK(p == body && left == len);
			continue;
		}
		CHECK(p == body + len && left == 0);
		CHECK_RC(emm_command_encode(&cmd, again, len, &written), RC_OK);
		CHECK(written == len);
		CHECK_BYTES(again, body, len);
		for (size_t cap = 0; cap < len; cap++) {
			written = 0;
			CHECK_RC(emm_command_encode(&cmd, again, cap, &written), RC_SPACE);
			CHECK(written == 0);
		}
	}
}

static void
emm_command__a_body_is_read_one_command_after_the_other(void)
{
	uint8_t body[64];
	size_t left = test_hex("D00400000001 500141 82020007 0200", body, sizeof body);
	const uint8_t *p = body;
	struct emm_command cmd;

	CHECK_RC(emm_command_decode(&p, &left, &cmd), RC_OK);
	CHECK(cmd.tag == EMM_TAG_TIME && cmd.u.time.now == 1);
	CHECK_RC(emm_command_decode(&p, &left, &cmd), RC_OK);
	CHECK(cmd.tag == EMM_TAG_ENTITLEMENT_CANCEL && cmd.u.entitlement_cancel.product == 7);
	CHECK_RC(emm_command_decode(&p, &left, &cmd), RC_NOT_FOUND);
}

static void
emm_command__what_no_message_can_carry_is_not_written(void)
{
	struct emm_command later = { .tag = EMM_TAG_REFUND };
	struct emm_command slot = { .tag = EMM_TAG_CREDIT,
				    .u.credit = { .slot = 16, .source = 1 } };
	struct emm_command source = { .tag = EMM_TAG_CREDIT, .u.credit = { .source = 4 } };
	struct emm_command time = { .tag = EMM_TAG_TIME };
	uint8_t body[64];
	size_t len = 0;

	CHECK_RC(emm_command_encode(&later, body, sizeof body, &len), RC_FORMAT);
	CHECK_RC(emm_command_encode(&slot, body, sizeof body, &len), RC_FORMAT);
	CHECK_RC(emm_command_encode(&source, body, sizeof body, &len), RC_FORMAT);
	len = 65;
	CHECK_RC(emm_command_encode(&time, body, sizeof body, &len), RC_SPACE);
	CHECK(len == 65);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(emm__what_is_sealed_is_opened_with_every_kind_of_protection),
		TEST(emm__the_body_is_not_readable_when_ciphered),
		TEST(emm__the_room_for_a_body_is_exact),
		TEST(emm__a_signed_epoch_key_for_one_card_fits_one_packet),
		TEST(emm__every_altered_bit_of_a_ciphered_message_is_refused),
		TEST(emm__every_altered_bit_of_a_signed_message_is_refused),
		TEST(emm__keys_of_another_card_open_nothing_and_leave_no_plain_text),
		TEST(emm__wrong_padding_under_a_right_mac_is_refused),
		TEST(emm__every_truncation_is_refused),
		TEST(emm__impossible_headers_are_neither_sealed_nor_parsed),
		TEST(emm__a_crypto_failure_at_any_call_is_reported),
		TEST(emm_command__each_is_read_by_its_rules_and_written_back_the_same),
		TEST(emm_command__a_body_is_read_one_command_after_the_other),
		TEST(emm_command__what_no_message_can_carry_is_not_written),
	};
	uint8_t private_key[CRYPTO_PRIVATE];
	int status;

	if (crypto_openssl_keygen(crypto_test_openssl(), private_key, public_key) != RC_OK)
		return EXIT_FAILURE;
	signer = crypto_signer_new(crypto_test_openssl(), private_key, public_key);
	status =
		signer ? test_run("wire emm", cases, sizeof cases / sizeof cases[0]) : EXIT_FAILURE;
	crypto_signer_free(&signer);
	return status;
}
