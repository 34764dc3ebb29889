// SPDX-License-Identifier: GPL-3.0-or-later
/* PIN, files, authentication, blocking of the purse. */
#include "card_purse.h"
#include "test.h"

#include "apps/purse_store.h"
#include "base/status_word.h"
#include "wire/personalise.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const uint8_t block_now[4] = { 0x84, 0x1E, 0, 0 }, block_for_good[4] = { 0x84, 0x1E, 0, 1 };
static const uint8_t unblock[4] = { 0x84, 0x18, 0, 0 }, block_card[4] = { 0x84, 0x16, 0, 0 };
static const uint8_t unblock_pin[4] = { 0x84, 0x24, 0, 0 };
static const uint8_t old_pin[] = { 0x12, 0x34, 0x56 }, new_pin[] = { 0x98, 0x76 };

static struct card_fixture f;
static struct purse_terminal t;

static void
begin(uint32_t balance)
{
	fix_copy(&f);
	if (balance > 0)
		fix_topup(&f, balance, 1);
	term_start(&t, &f);
}

static uint16_t
verify(const uint8_t *pin, size_t len)
{
	return fix_send(&f, 0, 0x20, 0, 0, pin, len, NULL, NULL);
}

static uint16_t
send(uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2, const uint8_t *data, size_t len)
{
	return fix_send(&f, cla, ins, p1, p2, data, len, NULL, NULL);
}

static void
again(void)
{
	fix_power_cycle(&f);
	term_start(&t, &f);
}

static void
pin__is_blocked_after_three_wrong_ones_whatever_the_power_does(void)
{
	begin(0);
	CHECK(verify(NULL, 0) == SW_PIN_WRONG(3));
	CHECK(verify(new_pin, 2) == SW_PIN_WRONG(2));
	again();
	CHECK(verify(new_pin, 2) == SW_PIN_WRONG(1));
	CHECK(verify(old_pin, 3) == SW_OK);
	CHECK(verify(NULL, 0) == SW_PIN_WRONG(3));
	CHECK(verify(old_pin, 2) == SW_PIN_WRONG(2));
	CHECK(verify(new_pin, 2) == SW_PIN_WRONG(1));
	again();
	CHECK(verify(new_pin, 2) == SW_BLOCKED);
	CHECK(verify(old_pin, 3) == SW_BLOCKED);
	CHECK(verify(NULL, 0) == SW_BLOCKED);
	CHECK(verify(old_pin, 1) == SW_LENGTH);
}

static void
pin__that_was_given_ends_with_the_selection_and_a_wrong_one(void)
{
	begin(100);
	CHECK(verify(old_pin, 3) == SW_OK);
	CHECK(term_initialize(&t, PBOC_PURSE_LOAD, 1) == SW_OK);
	CHECK(verify(new_pin, 2) == SW_PIN_WRONG(2));
	CHECK(term_initialize(&t, PBOC_PURSE_LOAD, 1) == SW_SECURITY_STATUS);
	CHECK(verify(old_pin, 3) == SW_OK);
	term_start(&t, &f);
	CHECK(term_initialize(&t, PBOC_PURSE_LOAD, 1) == SW_SECURITY_STATUS);
}

static void
pin__is_changed_by_who_knows_it(void)
{
	static const uint8_t good[] = { 0x12, 0x34, 0x56, 0xFF, 0x98, 0x76 };
	static const uint8_t wrong[] = { 0x12, 0x34, 0x57, 0xFF, 0x98, 0x76 };
	static const uint8_t no_digits[] = { 0x12, 0x34, 0x56, 0xFF, 0x9A, 0x76 };
	static const uint8_t no_end[] = { 0x12, 0x34, 0x56, 0x98, 0x76 };
	static const uint8_t odd[] = { 0x98, 0x76, 0xFF, 0x12, 0x3F };

	begin(0);
	CHECK(send(0x80, 0x5E, 1, 0, no_digits, sizeof no_digits) == SW_DATA);
	CHECK(send(0x80, 0x5E, 1, 0, no_end, sizeof no_end) == SW_DATA);
	CHECK(verify(NULL, 0) == SW_PIN_WRONG(3));
	CHECK(send(0x80, 0x5E, 1, 0, wrong, sizeof wrong) == SW_PIN_WRONG(2));
	CHECK(send(0x80, 0x5E, 1, 0, good, sizeof good) == SW_OK);
	CHECK(verify(old_pin, 3) == SW_PIN_WRONG(2));
	CHECK(verify(new_pin, 2) == SW_OK);
	CHECK(send(0x80, 0x5E, 1, 0, odd, sizeof odd) == SW_OK);
	CHECK(verify(odd + 3, 2) == SW_OK);
	CHECK(send(0x80, 0x5E, 2, 0, good, sizeof good) == SW_P1P2);
}

static void
pin__is_reloaded_and_unblocked_by_the_issuer(void)
{
	begin(0);
	for (int i = 0; i < 3; i++)
		(void)verify(new_pin, 2);
	t.lies = true;
	CHECK(term_reload(&t, new_pin, 2) == SW_SM_DATA);
	t.lies = false;
	CHECK(term_reload(&t, new_pin, 2) == SW_OK);
	CHECK(verify(new_pin, 2) == SW_OK);
	for (int i = 0; i < 3; i++)
		(void)verify(old_pin, 2);
	t.lies = true;
	CHECK(term_secured(&t, unblock_pin, PBOC_KEY_PIN_UNBLOCK, old_pin, 3, true) == SW_SM_DATA);
	t.lies = false;
	CHECK(term_secured(&t, unblock_pin, PBOC_KEY_PIN_RELOAD, old_pin, 3, true) == SW_SM_DATA);
	CHECK(term_secured(&t, unblock_pin, PBOC_KEY_PIN_UNBLOCK, old_pin, 1, true) == SW_DATA);
	CHECK(verify(new_pin, 2) == SW_BLOCKED);
	CHECK(term_secured(&t, unblock_pin, PBOC_KEY_PIN_UNBLOCK, old_pin, 3, true) == SW_OK);
	CHECK(verify(old_pin, 3) == SW_OK);
}

static void
macs__guessed_too_often_block_the_secured_commands(void)
{
	begin(0);
	t.lies = true;
	for (int i = 0; i < 15; i++)
		CHECK(term_secured(&t, block_now, PBOC_KEY_MAINTENANCE, NULL, 0, false) ==
		      SW_SM_DATA);
	t.lies = false;
	CHECK(term_secured(&t, block_now, PBOC_KEY_MAINTENANCE, NULL, 0, false) == SW_BLOCKED);
	CHECK(term_authenticate(&t) == SW_BLOCKED);
	CHECK(term_reload(&t, new_pin, 2) == SW_BLOCKED);
}

static void
challenge__is_good_for_the_next_command_only(void)
{
	static const uint8_t mac[4] = { 0 };
	uint8_t rsp[256];
	size_t len;

	begin(0);
	CHECK(send(0x84, 0x1E, 0, 0, mac, sizeof mac) == SW_NO_CHALLENGE);
	CHECK(fix_send(&f, 0, 0x84, 0, 0, NULL, 0, rsp, &len) == SW_OK && len == 8);
	CHECK(term_balance(&t, PBOC_PURSE) == 0);
	CHECK(send(0x84, 0x1E, 0, 0, mac, sizeof mac) == SW_NO_CHALLENGE);
	CHECK(fix_send(&f, 0, 0x84, 0, 0, NULL, 0, rsp, &len) == SW_OK);
	CHECK(send(0x84, 0x1E, 0, 0, mac, sizeof mac) == SW_SM_DATA);
	CHECK(send(0x84, 0x1E, 0, 0, mac, sizeof mac) == SW_NO_CHALLENGE);
}

static void
blocked__purse_moves_no_money_until_it_is_unblocked(void)
{
	uint8_t rsp[256], aid[] = AID_PURSE;
	size_t len;
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_purchase wish = fix_purchase();
	struct ca_answer a;

	begin(1000);
	CHECK(term_secured(&t, unblock, PBOC_KEY_MAINTENANCE, NULL, 0, false) == SW_CONDITIONS);
	CHECK(term_secured(&t, block_now, PBOC_KEY_MAINTENANCE, NULL, 0, false) == SW_OK);
	again();
	CHECK(fix_send(&f, 0, 0xA4, 4, 0, aid, sizeof aid, rsp, &len) == SW_CARD_LOCKED);
	CHECK(len > 2 && rsp[0] == 0x6F);
	CHECK(verify(old_pin, 3) == SW_OK);
	CHECK(term_do(&t, PBOC_PURSE_PURCHASE, 1) == SW_CONDITIONS);
	CHECK(term_do(&t, PBOC_PURSE_LOAD, 1) == SW_CONDITIONS);
	CHECK(term_balance(&t, PBOC_PURSE) == 1000);
	/* Nor for the television. */
	fix_power_cycle(&f);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
	CHECK(fix_purchase_send(&f, &wish, &a) == SW_OK && a.outcome == OUTCOME_FROZEN);
	term_start(&t, &f);
	CHECK(term_secured(&t, unblock, PBOC_KEY_MAINTENANCE, NULL, 0, false) == SW_OK);
	CHECK(term_do(&t, PBOC_PURSE_PURCHASE, 1) == SW_OK);
}

static void
blocked__purse_is_lost_after_three_wrong_macs(void)
{
	begin(1000);
	CHECK(term_secured(&t, block_now, PBOC_KEY_MAINTENANCE, NULL, 0, false) == SW_OK);
	t.lies = true;
	for (int i = 0; i < 3; i++)
		CHECK(term_secured(&t, unblock, PBOC_KEY_MAINTENANCE, NULL, 0, false) ==
		      SW_SM_DATA);
	t.lies = false;
	again();
	CHECK(term_secured(&t, unblock, PBOC_KEY_MAINTENANCE, NULL, 0, false) == SW_APP_BLOCKED);
	CHECK(term_do(&t, PBOC_PURSE_PURCHASE, 1) == SW_APP_BLOCKED);
}

static void
blocked__for_good_stays_so_and_the_card_block_hides_the_purse(void)
{
	uint8_t aid[] = AID_PURSE;

	begin(1000);
	CHECK(term_secured(&t, block_for_good, PBOC_KEY_MAINTENANCE, NULL, 0, false) == SW_OK);
	again();
	CHECK(term_do(&t, PBOC_PURSE_PURCHASE, 1) == SW_APP_BLOCKED);
	CHECK(term_secured(&t, unblock, PBOC_KEY_MAINTENANCE, NULL, 0, false) == SW_APP_BLOCKED);
	CHECK(term_secured(&t, block_card, PBOC_KEY_MAINTENANCE, NULL, 0, false) == SW_OK);
	fix_power_cycle(&f);
	CHECK(fix_send(&f, 0, 0xA4, 4, 0, aid, sizeof aid, NULL, NULL) == SW_FUNCTION);
	CHECK(fix_wallet(&f).balance == 1000); /* it is seen, not spent */
}

static void
files__are_read_as_they_were_personalised(void)
{
	uint8_t rsp[256];
	size_t len;

	begin(0);
	CHECK(fix_send(&f, 0, 0xB0, 0x95, 0, NULL, 0, rsp, &len) == SW_OK);
	CHECK(len == PBOC_PUBLIC && rsp[0] == 0x15 && rsp[29] == 0x15 + 29);
	CHECK(fix_send(&f, 0, 0xB0, 0x95, 28, NULL, 0, rsp, &len) == SW_OK && len == 2);
	CHECK(send(0, 0xB0, 0x95, 30, NULL, 0) == SW_OFFSET);
	CHECK(send(0, 0xB0, 0x96, 0, NULL, 0) == SW_SECURITY_STATUS);
	CHECK(verify(old_pin, 3) == SW_OK);
	CHECK(fix_send(&f, 0, 0xB0, 0x96, 0, NULL, 0, rsp, &len) == SW_OK && len == PBOC_HOLDER);
	CHECK(send(0, 0xB0, 0x97, 0, NULL, 0) == SW_FILE_TYPE);
	CHECK(send(0, 0xB0, 0x81, 0, NULL, 0) == SW_FILE);
	CHECK(send(0, 0xB0, 0x15, 0, NULL, 0) == SW_P1P2);
	CHECK(send(0, 0xB2, 1, 0xAC, NULL, 0) == SW_FILE_TYPE);
	CHECK(send(0, 0xB2, 1, 0x0C, NULL, 0) == SW_FILE);
	CHECK(send(0, 0xB2, 3, 0xBC, NULL, 0) == SW_RECORD);
	CHECK(send(0, 0xB2, 0, 0xBC, NULL, 0) == SW_RECORD);
	CHECK(send(0, 0xB2, 1, 0xBD, NULL, 0) == SW_P1P2);
	CHECK(send(0x80, 0xCA, 0, 0, NULL, 0) == SW_REFERENCE);
}

static void
files__are_written_by_the_maintenance_key_or_a_known_terminal(void)
{
	static const uint8_t binary[4] = { 0x04, 0xD6, 0x95, 28 };
	static const uint8_t record[4] = { 0x04, 0xDC, TERM_TAG_TWO, 0xB8 };
	uint8_t data[30] = { 0xA5, 0x5A }, rsp[256];
	size_t len;

	begin(0);
	CHECK(send(0, 0xD6, 0x95, 28, data, 2) == SW_SECURITY_STATUS);
	CHECK(term_secured(&t, binary, PBOC_KEY_MAINTENANCE, data, 2, false) == SW_OK);
	CHECK(term_secured(&t, binary, PBOC_KEY_MAINTENANCE, data, 3, false) == SW_LENGTH);
	CHECK(fix_send(&f, 0, 0xB0, 0x95, 28, NULL, 0, rsp, &len) == SW_OK);
	CHECK_BYTES(rsp, data, 2);
	CHECK(term_secured(&t, record, PBOC_KEY_MAINTENANCE, data, 30, false) == SW_OK);
	CHECK(term_secured(&t, record, PBOC_KEY_MAINTENANCE, data, 29, false) == SW_LENGTH);
	CHECK(fix_send(&f, 0, 0xB2, TERM_TAG_TWO, 0xB8, NULL, 0, rsp, &len) == SW_OK);
	CHECK_BYTES(rsp, data, 30);
	t.lies = true;
	CHECK(term_authenticate(&t) == SW_AUTH_FAILED);
	t.lies = false;
	CHECK(send(0, 0xDC, 1, 0xBC, data, 30) == SW_SECURITY_STATUS);
	CHECK(term_authenticate(&t) == SW_OK);
	CHECK(send(0, 0xD6, 0x95, 0, data, 2) == SW_OK);
	CHECK(send(0, 0xDC, 2, 0xBC, data, 30) == SW_OK);
	CHECK(send(0, 0xDC, 1, 0xC4, data, 23) == SW_FILE_TYPE); /* the log is the card's */
	term_start(&t, &f);
	CHECK(send(0, 0xD6, 0x95, 0, data, 2) == SW_SECURITY_STATUS);
}

static void
card__proves_itself_to_a_terminal(void)
{
	static const uint8_t challenge[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	const struct pboc_key key = fix_face_key(PBOC_KEY_INTERNAL, TERM_3DES);
	uint8_t rsp[256], want[8];
	size_t len;

	begin(0);
	CHECK(fix_send(&f, 0, 0x88, 0, 1, challenge, sizeof challenge, rsp, &len) == SW_OK);
	CHECK_RC(pboc_prove(crypto_test(), &key, challenge, want), RC_OK);
	CHECK(len == sizeof want);
	CHECK_BYTES(rsp, want, sizeof want);
	CHECK(send(0, 0x88, 0, 7, challenge, sizeof challenge) == SW_REFERENCE);
	CHECK(send(0, 0x88, 1, 1, challenge, sizeof challenge) == SW_P1P2);
}

static void
select__shows_the_public_data(void)
{
	uint8_t rsp[256], aid[] = AID_PURSE;
	size_t len;

	begin(0);
	CHECK(fix_send(&f, 0, 0xA4, 4, 0, aid, sizeof aid, rsp, &len) == SW_OK);
	CHECK(len == 2 + 11 + 2 + 37);
	CHECK_BYTES(rsp + 13, "\xA5\x25\x9F\x08\x01\x01\x9F\x0C\x1E", 9);
	CHECK(rsp[22] == 0x15 && rsp[51] == 0x15 + 29);
}

/* Each command with every length up to 64 and some parameters: an answer, and no money moved. */
static void
malformed__commands_move_nothing(void)
{
	static const uint8_t commands[][2] = {
		{ 0x80, 0x50 }, { 0x80, 0x52 }, { 0x80, 0x54 }, { 0x80, 0x58 }, { 0x80, 0x5A },
		{ 0x80, 0x5C }, { 0x80, 0x5E }, { 0x80, 0xDC }, { 0x80, 0xCA }, { 0x00, 0x20 },
		{ 0x84, 0x24 }, { 0x84, 0x16 }, { 0x84, 0x18 }, { 0x84, 0x1E }, { 0x00, 0x84 },
		{ 0x00, 0x82 }, { 0x00, 0x88 }, { 0x00, 0xB0 }, { 0x00, 0xB2 }, { 0x00, 0xD6 },
		{ 0x04, 0xD6 }, { 0x00, 0xDC }, { 0x04, 0xDC }, { 0x84, 0x50 }, { 0x04, 0x20 },
	};
	static const uint8_t p2s[] = { 0, 1, 2, 0xB8, 0xBC, 0xC4, 0xFF };
	uint8_t data[64] = { 0 };

	begin(1000);
	for (size_t c = 0; c < COUNT(commands); c++) {
		for (size_t i = 0; i < 4 * COUNT(p2s); i++) {
			for (size_t len = 0; len <= sizeof data; len++)
				(void)send(commands[c][0], commands[c][1],
					   (uint8_t)(i % 4 == 3 ? 0x95 : i % 4), p2s[i / 4], data,
					   len);
		}
	}
	CHECK(send(0x84, 0x50, 0, 0, data, 8) == SW_SECURE_MESSAGING);
	again();
	CHECK(term_balance(&t, PBOC_PURSE) == 1000);
	CHECK(term_do(&t, PBOC_PURSE_PURCHASE, 1) == SW_OK);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(pin__is_blocked_after_three_wrong_ones_whatever_the_power_does),
		TEST(pin__that_was_given_ends_with_the_selection_and_a_wrong_one),
		TEST(pin__is_changed_by_who_knows_it),
		TEST(pin__is_reloaded_and_unblocked_by_the_issuer),
		TEST(macs__guessed_too_often_block_the_secured_commands),
		TEST(challenge__is_good_for_the_next_command_only),
		TEST(blocked__purse_moves_no_money_until_it_is_unblocked),
		TEST(blocked__purse_is_lost_after_three_wrong_macs),
		TEST(blocked__for_good_stays_so_and_the_card_block_hides_the_purse),
		TEST(files__are_read_as_they_were_personalised),
		TEST(files__are_written_by_the_maintenance_key_or_a_known_terminal),
		TEST(card__proves_itself_to_a_terminal),
		TEST(select__shows_the_public_data),
		TEST(malformed__commands_move_nothing),
	};

	return test_run("apps: purse's administration", cases, COUNT(cases));
}
