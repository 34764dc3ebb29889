// SPDX-License-Identifier: GPL-3.0-or-later
/* The PBOC face of slot 0: every transaction, recorded ones byte for byte, and what is refused. */
#include "card_purse.h"
#include "test.h"

#include "apps/purse_store.h"
#include "base/status_word.h"
#include "wire/personalise.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct card_fixture f;
static struct purse_terminal t;

/* A purse with an EMM credit, selected; the PIN given where asked. */
static void
begin(uint32_t balance, bool pin)
{
	fix_copy(&f);
	if (balance > 0)
		fix_topup(&f, balance, 1);
	term_start(&t, &f);
	if (pin)
		CHECK(term_verify(&t) == SW_OK);
}

static struct card_env *
purse(void)
{
	return &f.card.env[2];
}

static struct purse_slot
slot_0(void)
{
	struct purse_slot s;

	MUST(purse_slot_load(purse(), 0, &s) == RC_OK);
	return s;
}

/* What the recorded card drew. */
static uint8_t drawn[8];

static enum rc
draw(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memcpy(out, drawn, len);
	return RC_OK;
}

static void
put_key(uint8_t type, const char *hex)
{
	struct pboc_key key = { .algorithm = PBOC_3DES, .len = CRYPTO_KEY };

	test_hex(hex, key.bytes, sizeof key.bytes);
	CHECK_RC(purse_key_stage(purse(), type, 1, 1, &key), RC_OK);
	CHECK_RC(nv_commit(&f.card.nv), RC_OK);
}

/* Sends a command given as hex; the answer, status word included, must be this. */
static void
exchange(const char *command, const char *answer)
{
	uint8_t cmd[128], want[128], rsp[CARD_RESPONSE_MAX + 2];
	const size_t len = test_hex(command, cmd, sizeof cmd);
	const size_t want_len = test_hex(answer, want, sizeof want);

	test_row(command);
	CHECK(card_transmit(&f.card, cmd, len, rsp, sizeof rsp) == want_len);
	CHECK_BYTES(rsp, want, want_len);
	test_row("");
}

static void
load__recorded_from_a_city_card_is_answered_byte_for_byte(void)
{
	begin(0, true);
	put_key(PBOC_KEY_LOAD, "00112233445566778899AABBCCDDEEFF");
	put_key(PBOC_KEY_TAC, "2F1E2D3C4B5A69788796A5B4C3D2E1F1");
	test_hex("CDEF4F20", drawn, 4);
	f.crypto.table.random = draw;
	exchange("805000020B0100001C37000001000050", "0000000000000100CDEF4F2062E86B2F9000");
	exchange("805200000B201408251031006C6EE87F", "B8DED7E49000");
	exchange("805C000204", "00001C379000");
	exchange("00B201C417", "000100000000001C370200000100005020140825"
			       "1031009000");
}

static void
purchases__recorded_from_a_city_card_are_answered_byte_for_byte(void)
{
	struct purse_face face;

	begin(0x1C37 + 100, true);
	put_key(PBOC_KEY_PURCHASE, "101112131415161718191A1B1C1D1E1F");
	put_key(PBOC_KEY_TAC, "2F1E2D3C4B5A69788796A5B4C3D2E1F1");
	test_hex("9AC87503", drawn, 4);
	f.crypto.table.random = draw;
	exchange("805001020B0100000064000000000001", "00001C9B000000000001009AC875039000");
	exchange("805401000F0000000120110919204812872CE03A", "0DB08546B89F777B9000");
	/* The same card as its city gave it out: sequence 0, an authentication code. */
	MUST(purse_face_load(purse(), &face) == RC_OK);
	face.offline = 0;
	face.has |= PURSE_FACE_AUTH_CODE;
	test_hex("850102030485010203", face.auth_code, sizeof face.auth_code);
	MUST(purse_face_stage(purse(), &face) == RC_OK);
	MUST(nv_commit(&f.card.nv) == RC_OK);
	exchange("80CA000009", "8501020304850102039000");
	exchange("805003020B0100001C37000000000001", "00001C37000000000001009AC875039000");
	exchange("80DC02B82F022EA0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3B4B5B6B7B8B9BABBBCBDBEBFC0C"
		 "1C2C3C4C5C6C7C8C9CACBCC",
		 "6700");
	exchange("805003020B0100001C37000000000001", "00001C37000000000001009AC875039000");
	exchange("80DC02B830022EA0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3B4B5B6B7B8B9BABBBCBDBEBFC0C"
		 "1C2C3C4C5C6C7C8C9CACBCCCD",
		 "9000");
	exchange("805401000F0000000120110919204812C388CC2C", "F6690CF98B332B3E9000");
	exchange("00B202B830", "022EA0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3B4B5B6B7B8B9BABBBCBDBEB"
			       "FC0C1C2C3C4C5C6C7C8C9CACBCCCD9000");
}

static void
administration__recorded_commands_are_accepted_byte_for_byte(void)
{
	begin(0, false);
	put_key(PBOC_KEY_MAINTENANCE, "404142434445464748494A4B4C4D4E4F");
	put_key(PBOC_KEY_EXTERNAL, "404142434445464748494A4B4C4D4E4F");
	f.crypto.table.random = draw;
	test_hex("1EA2B2E6", drawn, 4);
	exchange("0084000004", "1EA2B2E69000");
	exchange("841E0000044D8AF43B", "9000");
	test_hex("DBCF515E", drawn, 4);
	exchange("0084000004", "DBCF515E9000");
	exchange("841800000462898BBE", "9000");
	test_hex("DCE8F511", drawn, 4);
	exchange("0084000004", "DCE8F5119000");
	exchange("0082000108109031C621691DDF", "9000");
}

static void
pin__recorded_reload_is_accepted(void)
{
	begin(0, false);
	put_key(PBOC_KEY_PIN_RELOAD, "3031D2335455F637B8091A2B3C4D5E6F");
	exchange("805E0000071234569571B0EB", "9000");
	exchange("805E0000071234569571B0EC", "6988");
}

static void
every__transaction_moves_what_it_says_with_every_algorithm(void)
{
	static const struct {
		const char *name;
		uint8_t type, index;
		uint32_t amount;
		int32_t moves;
	} rows[] = {
		{ "load", PBOC_PURSE_LOAD, TERM_3DES, 500, 500 },
		{ "load, SM4", PBOC_PURSE_LOAD, TERM_SM4, 500, 500 },
		{ "load, AES", PBOC_PURSE_LOAD, TERM_AES, 500, 500 },
		{ "deposit load", PBOC_DEPOSIT_LOAD, TERM_3DES, 500, 500 },
		{ "purchase", PBOC_PURSE_PURCHASE, TERM_3DES, 300, -300 },
		{ "purchase, SM4", PBOC_PURSE_PURCHASE, TERM_SM4, 300, -300 },
		{ "purchase, AES", PBOC_PURSE_PURCHASE, TERM_AES, 300, -300 },
		{ "deposit purchase", PBOC_DEPOSIT_PURCHASE, TERM_3DES, 300, -300 },
		{ "cash", PBOC_CASH, TERM_3DES, 300, -300 },
		{ "compound", PBOC_COMPOUND, TERM_3DES, 300, -300 },
		{ "compound of nothing", PBOC_COMPOUND, TERM_3DES, 0, 0 },
		{ "all of it", PBOC_PURSE_PURCHASE, TERM_3DES, 1000, -1000 },
		{ "unload", PBOC_UNLOAD, TERM_3DES, 300, -300 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct purse_face face;
		bool online = pboc_is_online(rows[i].type);
		struct ca_slot wallet;

		begin(1000, true);
		test_row(rows[i].name);
		t.index = rows[i].index;
		CHECK(term_do(&t, rows[i].type, rows[i].amount) == SW_OK);
		CHECK(term_balance(&t, PBOC_PURSE) == (uint32_t)(1000 + rows[i].moves));
		CHECK(term_balance(&t, PBOC_DEPOSIT) == (uint32_t)(1000 + rows[i].moves));
		MUST(purse_face_load(purse(), &face) == RC_OK);
		CHECK(face.online == (online ? 1 : 0) && face.offline == (online ? 0 : 1));
		CHECK(slot_0().credit[CREDIT_LOAD - 1] ==
		      (rows[i].moves > 0 ? (uint64_t)rows[i].moves : 0));
		CHECK(slot_0().paid_out == (rows[i].moves < 0 ? (uint64_t)-rows[i].moves : 0));
		CHECK(slot_0().spent == 0); /* what the CA application spent is its own */
		fix_power_cycle(&f);
		wallet = fix_wallet(&f);
		CHECK(wallet.balance == 1000 + rows[i].moves);
		test_row("");
	}
}

static void
overdraft__lets_the_deposit_go_below_zero_and_the_purse_not(void)
{
	begin(100, true);
	CHECK(term_do(&t, PBOC_OVERDRAFT, 400) == SW_OK);
	CHECK(term_balance(&t, PBOC_DEPOSIT) == 500 && term_balance(&t, PBOC_PURSE) == 100);
	CHECK(term_do(&t, PBOC_PURSE_PURCHASE, 101) == SW_BALANCE);
	CHECK(term_do(&t, PBOC_DEPOSIT_PURCHASE, 501) == SW_BALANCE);
	CHECK(term_do(&t, PBOC_DEPOSIT_PURCHASE, 300) == SW_OK);
	CHECK(term_balance(&t, PBOC_DEPOSIT) == 200 && term_balance(&t, PBOC_PURSE) == 0);
	CHECK(purse_slot_balance(&(struct purse_slot) { .credit = { 100 }, .paid_out = 300 }) ==
	      -200);
	/* The part in use cannot be taken back. */
	CHECK(term_do(&t, PBOC_OVERDRAFT, 199) == SW_BALANCE);
	CHECK(term_do(&t, PBOC_OVERDRAFT, 200) == SW_OK);
	CHECK(term_balance(&t, PBOC_DEPOSIT) == 0);
	CHECK(term_do(&t, PBOC_DEPOSIT_LOAD, 200) == SW_OK);
	CHECK(term_balance(&t, PBOC_PURSE) == 0 && term_balance(&t, PBOC_DEPOSIT) == 200);
}

static void
initialize__is_refused_for_its_reason(void)
{
	static const struct {
		const char *name, *command;
		uint16_t want;
		bool pin;
	} rows[] = {
		{ "kind of no name", "805006020B0100000001000000000001", SW_P1P2, true },
		{ "cash from the purse", "805002020B0100000001000000000001", SW_P1P2, true },
		{ "no such face", "805000030B0100000001000000000001", SW_P1P2, true },
		{ "no such key", "805001020B0900000001000000000001", SW_KEY_INDEX, true },
		{ "key 0", "805001020B0000000001000000000001", SW_KEY_INDEX, true },
		{ "short", "805001020A01000000010000000000", SW_LENGTH, true },
		{ "overdraft with an amount", "805004010B0100000001000000000001", SW_LENGTH, true },
		{ "purchase without an amount", "805001020701000000000001", SW_LENGTH, true },
		{ "more than there is", "805001020B01000003E9000000000001", SW_BALANCE, true },
		{ "all that fits u32", "805001020B01FFFFFFFF000000000001", SW_BALANCE, true },
		{ "load above the maximum", "805000020B01000182B9000000000001", SW_DATA, true },
		{ "load without the PIN", "805000020B0100000001000000000001", SW_SECURITY_STATUS,
		  false },
		{ "deposit without the PIN", "805001010B0100000001000000000001", SW_SECURITY_STATUS,
		  false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t cmd[32], rsp[300];
		size_t len = test_hex(rows[i].command, cmd, sizeof cmd);

		begin(1000, rows[i].pin);
		test_row(rows[i].name);
		nv_ram_remember(&f.nv);
		CHECK(card_transmit(&f.card, cmd, len, rsp, sizeof rsp) == 2);
		CHECK(get_be16(rsp) == rows[i].want);
		CHECK(nv_ram_is_as_remembered(&f.nv));
		t.t.type = PBOC_PURSE_PURCHASE;
		CHECK(term_finish(&t) == SW_NOT_NOW);
		test_row("");
	}
}

static void
debit__with_a_wrong_mac_changes_nothing_and_ends_the_transaction(void)
{
	static const uint8_t types[] = { PBOC_DEPOSIT_LOAD,     PBOC_PURSE_LOAD,
					 PBOC_UNLOAD,           PBOC_CASH,
					 PBOC_DEPOSIT_PURCHASE, PBOC_PURSE_PURCHASE,
					 PBOC_OVERDRAFT,        PBOC_COMPOUND };

	for (size_t i = 0; i < COUNT(types); i++) {
		begin(1000, true);
		CHECK(term_initialize(&t, types[i], 10) == SW_OK);
		nv_ram_remember(&f.nv);
		t.lies = true;
		CHECK(term_finish(&t) == SW_WRONG_MAC);
		t.lies = false;
		CHECK(term_finish(&t) == SW_NOT_NOW);
		CHECK(nv_ram_is_as_remembered(&f.nv));
	}
}

/* One transaction context, whatever comes between and over which line. */
static void
any__command_in_between_ends_the_transaction(void)
{
	static const struct {
		const char *name, *command;
	} rows[] = {
		{ "another INITIALIZE of no kind", "805009090B0100000001000000000001" },
		{ "balance", "805C000204" },
		{ "unknown instruction", "80FF000000" },
		{ "unknown class", "C000000000" },
		{ "SELECT of the purse again", "00A4040009A0000000038698070100" },
		{ "SELECT of something that is not there", "00A4040005F0F0F0F0F000" },
		{ "a command that is none", "805400" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t cmd[32], rsp[300];
		size_t len = test_hex(rows[i].command, cmd, sizeof cmd);

		begin(1000, true);
		test_row(rows[i].name);
		CHECK(term_initialize(&t, PBOC_PURSE_PURCHASE, 10) == SW_OK);
		(void)card_transmit(&f.card, cmd, len, rsp, sizeof rsp);
		CHECK(term_finish(&t) == SW_NOT_NOW);
		CHECK(term_balance(&t, PBOC_PURSE) == 1000);
		test_row("");
	}
}

static void
second__command_of_another_kind_is_refused(void)
{
	static const uint8_t types[][2] = {
		{ PBOC_PURSE_LOAD, PBOC_UNLOAD },         { PBOC_UNLOAD, PBOC_PURSE_LOAD },
		{ PBOC_PURSE_PURCHASE, PBOC_PURSE_LOAD }, { PBOC_PURSE_LOAD, PBOC_PURSE_PURCHASE },
		{ PBOC_OVERDRAFT, PBOC_DEPOSIT_LOAD },    { PBOC_DEPOSIT_LOAD, PBOC_OVERDRAFT },
	};

	for (size_t i = 0; i < COUNT(types); i++) {
		begin(1000, true);
		CHECK(term_initialize(&t, types[i][0], 10) == SW_OK);
		t.t.type = types[i][1];
		CHECK(term_finish(&t) == SW_NOT_NOW);
	}
	begin(1000, false);
	t.t.type = PBOC_PURSE_PURCHASE;
	CHECK(term_finish(&t) == SW_NOT_NOW);
}

static void
replayed__debit_and_load_after_a_reset_are_refused(void)
{
	uint8_t recorded[CARD_COMMAND_MAX], rsp[300];
	size_t len;

	begin(1000, true);
	CHECK(term_do(&t, PBOC_PURSE_PURCHASE, 10) == SW_OK);
	memcpy(recorded, f.last, f.last_len);
	len = f.last_len;
	fix_power_cycle(&f);
	term_start(&t, &f);
	CHECK(card_transmit(&f.card, recorded, len, rsp, sizeof rsp) == 2);
	CHECK(get_be16(rsp) == SW_NOT_NOW);
	CHECK(term_initialize(&t, PBOC_PURSE_PURCHASE, 10) == SW_OK);
	CHECK(card_transmit(&f.card, recorded, len, rsp, sizeof rsp) == 2);
	CHECK(get_be16(rsp) == SW_WRONG_MAC);
	CHECK(term_balance(&t, PBOC_PURSE) == 990);
}

static void
proof__is_there_until_the_next_transaction(void)
{
	uint8_t mac[PBOC_MAC], tac[PBOC_MAC];

	begin(1000, true);
	CHECK(term_prove(&t, PBOC_PURSE_PURCHASE, 0) == SW_NO_PROOF);
	CHECK(term_do(&t, PBOC_PURSE_PURCHASE, 10) == SW_OK);
	memcpy(mac, t.mac, sizeof mac);
	memcpy(tac, t.tac, sizeof tac);
	fix_power_cycle(&f);
	term_start(&t, &f);
	for (uint16_t sequence = 0; sequence < 3; sequence++) {
		memset(t.mac, 0, sizeof t.mac);
		CHECK(term_prove(&t, PBOC_PURSE_PURCHASE, sequence) ==
		      (sequence < 2 ? SW_OK : SW_NO_PROOF));
		if (sequence < 2) {
			CHECK_BYTES(t.mac, mac, sizeof mac);
			CHECK_BYTES(t.tac, tac, sizeof tac);
		}
	}
	CHECK(term_prove(&t, PBOC_PURSE_LOAD, 0) == SW_NO_PROOF);
	/* An INITIALIZE alone takes nothing away. */
	CHECK(term_initialize(&t, PBOC_PURSE_PURCHASE, 5) == SW_OK);
	CHECK(t.sequence == 1 && t.t.balance_before == 990);
	CHECK(term_prove(&t, PBOC_PURSE_PURCHASE, 1) == SW_OK);
	CHECK(term_do(&t, PBOC_PURSE_PURCHASE, 5) == SW_OK);
	CHECK(term_prove(&t, PBOC_PURSE_PURCHASE, 0) == SW_NO_PROOF);
}

static void
cached__records_become_durable_with_the_debit_alone(void)
{
	uint8_t record[48] = { TERM_TAG, 46, 1 }, other[30] = { TERM_TAG_TWO, 28, 2 }, rsp[256];
	size_t len;

	begin(1000, false);
	CHECK(term_cache(&t, TERM_TAG, record, sizeof record) == SW_NOT_NOW);
	CHECK(term_initialize(&t, PBOC_PURSE_PURCHASE, 1) == SW_OK);
	CHECK(term_cache(&t, TERM_TAG, record, sizeof record) == SW_NOT_NOW);
	CHECK(term_initialize(&t, PBOC_COMPOUND, 1) == SW_OK);
	CHECK(term_cache(&t, TERM_TAG, record, sizeof record) == SW_OK);
	CHECK(term_cache(&t, TERM_TAG_TWO, other, sizeof other) == SW_OK);
	fix_power_cycle(&f); /* lost */
	term_start(&t, &f);
	CHECK(fix_send(&f, 0, 0xB2, TERM_TAG, 0xB8, NULL, 0, rsp, &len) == SW_OK);
	CHECK(len == 48 && rsp[2] == 0);
	CHECK(term_initialize(&t, PBOC_COMPOUND, 1) == SW_OK);
	CHECK(term_cache(&t, TERM_TAG, record, sizeof record) == SW_OK);
	CHECK(term_cache(&t, TERM_TAG_TWO, other, sizeof other) == SW_OK);
	CHECK(term_finish(&t) == SW_OK);
	CHECK(fix_send(&f, 0, 0xB2, TERM_TAG, 0xB8, NULL, 0, rsp, &len) == SW_OK);
	CHECK_BYTES(rsp, record, sizeof record);
	CHECK(fix_send(&f, 0, 0xB2, 2, 0xBC, NULL, 0, rsp, &len) == SW_OK);
	CHECK(len == sizeof other);
	CHECK_BYTES(rsp, other, sizeof other);
	/* A wrong record ends the transaction. */
	CHECK(term_initialize(&t, PBOC_COMPOUND, 1) == SW_OK);
	CHECK(term_cache(&t, 0x33, record, sizeof record) == SW_RECORD);
	CHECK(term_finish(&t) == SW_NOT_NOW);
}

static void
sequence__numbers_end_instead_of_wrapping(void)
{
	struct purse_face face;

	begin(1000, true);
	MUST(purse_face_load(purse(), &face) == RC_OK);
	face.offline = UINT16_MAX - 1;
	face.online = UINT16_MAX;
	MUST(purse_face_stage(purse(), &face) == RC_OK);
	MUST(nv_commit(&f.card.nv) == RC_OK);
	CHECK(term_do(&t, PBOC_PURSE_LOAD, 1) == SW_COUNTER);
	CHECK(term_do(&t, PBOC_PURSE_PURCHASE, 1) == SW_OK);
	CHECK(term_prove(&t, PBOC_PURSE_PURCHASE, UINT16_MAX) == SW_OK);
	CHECK(term_do(&t, PBOC_PURSE_PURCHASE, 1) == SW_COUNTER);
	/* The television goes on: its transactions have a number of their own. */
	fix_power_cycle(&f);
	fix_topup(&f, 1500, 2);
	CHECK(fix_wallet(&f).balance == 1499);
}

static void
log__of_the_face_has_the_last_ten_newest_first(void)
{
	uint8_t rsp[256];
	size_t len;

	begin(1000, true);
	CHECK(fix_send(&f, 0, 0xB2, 1, 0xC4, NULL, 0, rsp, &len) == SW_RECORD);
	for (uint32_t i = 1; i <= 13; i++)
		CHECK(term_do(&t, PBOC_PURSE_PURCHASE, i) == SW_OK);
	for (uint8_t number = 1; number <= 10; number++) {
		CHECK(fix_send(&f, 0, 0xB2, number, 0xC4, NULL, 0, rsp, &len) == SW_OK);
		CHECK(len == PBOC_LOG_RECORD);
		CHECK(get_be16(rsp) == 14 - number && get_be32(rsp + 5) == 14U - number);
		CHECK(rsp[9] == PBOC_PURSE_PURCHASE);
	}
	CHECK(fix_send(&f, 0, 0xB2, 11, 0xC4, NULL, 0, rsp, &len) == SW_RECORD);
	/* The purse's own log has them too, after the top-up. */
	CHECK(fix_send(&f, 0, 0xB2, 1, 0xCC, NULL, 0, rsp, &len) == SW_OK);
	CHECK(get_be32(rsp) == 14 && rsp[7] == PBOC_PURSE_PURCHASE && get_be64(rsp + 8) == 13);
}

static void
face__without_keys_has_none_and_the_television_goes_on(void)
{
	static const uint8_t zeros[PURSE_NV_SIZE - PURSE_AT_CELLS];

	begin(1000, false);
	for (uint32_t at = 0; at < sizeof zeros; at += 64) {
		const uint32_t n = sizeof zeros - at < 64 ? (uint32_t)sizeof zeros - at : 64;

		MUST(nv_part_stage(&purse()->part, PURSE_AT_CELLS + at, zeros, n) == RC_OK);
		MUST(nv_commit(&f.card.nv) == RC_OK);
	}
	CHECK(term_do(&t, PBOC_PURSE_PURCHASE, 1) == SW_KEY_INDEX);
	CHECK(term_verify(&t) == SW_CONDITIONS);
	CHECK(term_balance(&t, PBOC_PURSE) == 1000);
	fix_power_cycle(&f);
	CHECK(fix_wallet(&f).balance == 1000);
}

static void
cryptography__that_fails_changes_nothing(void)
{
	static const uint8_t types[] = { PBOC_PURSE_LOAD, PBOC_PURSE_PURCHASE, PBOC_UNLOAD };

	for (size_t i = 0; i < COUNT(types); i++) {
		bool fired = true;

		for (unsigned int k = 1; fired; k++) {
			uint16_t sw;

			begin(1000, true);
			nv_ram_remember(&f.nv);
			f.crypto.calls = 0;
			f.crypto.fail_at = k;
			sw = term_do(&t, types[i], 10);
			fired = crypto_fault_fired(&f.crypto);
			CHECK(sw == (fired ? SW_FAULT : SW_OK));
			CHECK(nv_ram_is_as_remembered(&f.nv) == fired);
		}
	}
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(load__recorded_from_a_city_card_is_answered_byte_for_byte),
		TEST(purchases__recorded_from_a_city_card_are_answered_byte_for_byte),
		TEST(administration__recorded_commands_are_accepted_byte_for_byte),
		TEST(pin__recorded_reload_is_accepted),
		TEST(every__transaction_moves_what_it_says_with_every_algorithm),
		TEST(overdraft__lets_the_deposit_go_below_zero_and_the_purse_not),
		TEST(initialize__is_refused_for_its_reason),
		TEST(debit__with_a_wrong_mac_changes_nothing_and_ends_the_transaction),
		TEST(any__command_in_between_ends_the_transaction),
		TEST(second__command_of_another_kind_is_refused),
		TEST(replayed__debit_and_load_after_a_reset_are_refused),
		TEST(proof__is_there_until_the_next_transaction),
		TEST(cached__records_become_durable_with_the_debit_alone),
		TEST(sequence__numbers_end_instead_of_wrapping),
		TEST(log__of_the_face_has_the_last_ten_newest_first),
		TEST(face__without_keys_has_none_and_the_television_goes_on),
		TEST(cryptography__that_fails_changes_nothing),
	};

	return test_run("apps: purse's face", cases, COUNT(cases));
}
