// SPDX-License-Identifier: GPL-3.0-or-later
/* The purse application: its own face, its service, its log. */
#include "card_fixture.h"
#include "test.h"

#include "apps/purse_store.h"
#include "base/bytes.h"
#include "base/status_word.h"
#include "derive/ladder.h"
#include "wire/personalise.h"

#include <string.h>

#define P2_LOG 0xCC /* SFI 19h, by number */

static const uint8_t aid_purse[] = AID_PURSE;
static const uint8_t aid_ca[] = AID_CA;

static struct card_fixture f;

static struct card_env *
purse_env(void)
{
	const void *service;
	struct card_env *env = NULL;

	CHECK_RC(card_service(&f.card, aid_purse, sizeof aid_purse, &service, &env), RC_OK);
	CHECK(service == &purse_service_table);
	return env;
}

static struct record
debit_of(uint32_t price)
{
	return (struct record) { .sequence = 1,
				 .type = RECORD_EVENT,
				 .operator_id = FIX_OPERATOR,
				 .event_id = FIX_EVENT,
				 .service_id = FIX_SERVICE,
				 .unit = { 'E', 'U', 'R' },
				 .price = price,
				 .time = FIX_T0 };
}

static enum purse_result
credit(uint8_t slot, uint8_t source, uint64_t total, uint32_t sequence, const uint8_t mac[8])
{
	struct purse_credit c = {
		.slot = slot, .source = source, .total = total, .sequence = sequence
	};

	memcpy(c.cryptogram, mac, sizeof c.cryptogram);
	return purse_service_table.credit(purse_env(), &c, NULL);
}

static uint16_t
read_record(uint8_t number, uint8_t *rsp, size_t *len)
{
	return fix_send(&f, 0x00, 0xB2, number, P2_LOG, NULL, 0, rsp, len);
}

static void
balance__is_asked_at_the_purse_itself(void)
{
	uint8_t rsp[256];
	size_t len;

	fix_copy(&f);
	fix_topup(&f, 1234, 1);
	fix_select(&f, aid_purse, sizeof aid_purse);
	CHECK(fix_send(&f, 0x80, 0x5C, 0, 2, NULL, 0, rsp, &len) == SW_OK);
	CHECK(len == 4 && get_be32(rsp) == 1234);
	CHECK(fix_send(&f, 0x80, 0x5C, 0, 1, NULL, 0, rsp, &len) == SW_SECURITY_STATUS);
	CHECK(fix_send(&f, 0x80, 0x5C, 0, 3, NULL, 0, rsp, &len) == SW_P1P2);
	CHECK(fix_send(&f, 0x80, 0x5C, 0, 2, aid_ca, 1, rsp, &len) == SW_LENGTH);
}

static void
purse__knows_the_commands_of_its_face_and_no_other(void)
{
	uint8_t rsp[256], data[16] = { 0 };
	unsigned int known = 0;

	fix_copy(&f);
	fix_select(&f, aid_purse, sizeof aid_purse);
	for (unsigned int cla = 0; cla <= 0x80; cla += 0x80) {
		for (unsigned int ins = 0; ins < 256; ins++) {
			uint16_t sw;

			if (cla == 0 && ins == 0xA4)
				continue;
			sw = fix_send(&f, (uint8_t)cla, (uint8_t)ins, 0, 0, data, sizeof data, rsp,
				      NULL);
			known += sw != SW_INS;
		}
	}
	CHECK(known == 17); /* 50 52 54 58 5A 5C 5E CA DC; 20 82 84 88 B0 B2 D6 DC */
}

static void
log__shows_the_last_twenty_newest_first(void)
{
	uint8_t rsp[256];
	size_t len;

	fix_copy(&f);
	fix_select(&f, aid_purse, sizeof aid_purse);
	CHECK(read_record(1, rsp, &len) == SW_RECORD);
	fix_select(&f, aid_ca, sizeof aid_ca);
	for (uint32_t i = 1; i <= 25; i++)
		fix_topup(&f, 100 * i, i);
	fix_select(&f, aid_purse, sizeof aid_purse);
	for (uint8_t number = 1; number <= 20; number++) {
		CHECK(read_record(number, rsp, &len) == SW_OK);
		CHECK(len == PURSE_LOG_SIZE);
		CHECK(get_be32(rsp) == 26U - number);
		CHECK(rsp[4] == PURSE_CREDIT && rsp[5] == 0 && rsp[6] == CREDIT_EMM);
		CHECK(get_be64(rsp + 8) == 100);
		CHECK(get_be64(rsp + 16) == 100U * (26U - number));
		CHECK(get_be32(rsp + 24) == 26U - number);
	}
	CHECK(read_record(21, rsp, &len) == SW_RECORD);
	CHECK(read_record(0, rsp, &len) == SW_RECORD);
	CHECK(fix_send(&f, 0x00, 0xB2, 1, 0x04, NULL, 0, rsp, &len) == SW_FILE);
}

static void
debit__by_a_caller_without_a_limit_is_refused(void)
{
	static const uint8_t stranger[] = { 0xF0, 1, 2, 3, 4, 5 };
	struct record r = debit_of(1);

	fix_copy(&f);
	fix_topup(&f, 1000, 1);
	CHECK(purse_service_table.debit(purse_env(), stranger, sizeof stranger, &r, r.price) ==
	      PURSE_LIMIT);
	CHECK(purse_service_table.debit(purse_env(), stranger, 0, &r, r.price) == PURSE_LIMIT);
	CHECK(purse_service_table.debit(purse_env(), aid_ca, sizeof aid_ca - 1, &r, r.price) ==
	      PURSE_LIMIT);
	CHECK(!nv_is_staged(&f.card.nv));
	CHECK(purse_service_table.debit(purse_env(), aid_ca, sizeof aid_ca, &r, r.price) ==
	      PURSE_OK);
	CHECK(nv_is_staged(&f.card.nv));
	CHECK(r.balance_after == 999);
}

static void
debit__refused_stages_nothing_and_leaves_the_record_alone(void)
{
	static const struct {
		const char *name;
		uint8_t slot;
		char unit[4];
		uint32_t price;
		enum purse_result want;
	} rows[] = {
		{ "more than there is", 0, "EUR", 1001, PURSE_BALANCE_LOW },
		{ "above the limit", 0, "EUR", FIX_LIMIT + 1, PURSE_LIMIT },
		{ "other unit", 0, "USD", 1, PURSE_UNIT },
		{ "undefined slot", 1, "EUR", 1, PURSE_NO_SLOT },
		{ "impossible slot", 200, "EUR", 1, PURSE_NO_SLOT },
	};

	fix_copy(&f);
	fix_topup(&f, 1000, 1);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct record r = debit_of(rows[i].price), same;

		test_row(rows[i].name);
		r.slot = rows[i].slot;
		memcpy(r.unit, rows[i].unit, UNIT_SIZE);
		same = r;
		CHECK(purse_service_table.debit(purse_env(), aid_ca, sizeof aid_ca, &r, r.price) ==
		      rows[i].want);
		CHECK(!nv_is_staged(&f.card.nv));
		CHECK(r.purse_sequence == same.purse_sequence);
		CHECK_BYTES(r.tac, same.tac, RECORD_TAC);
	}
	test_row("");
}

static void
sequence__used_up_locks_instead_of_wrapping(void)
{
	struct record r = debit_of(1);
	struct purse_head head;
	uint8_t none[8] = { 0 };
	struct emm_command cmd;

	fix_copy(&f);
	fix_topup(&f, 1000, 1);
	CHECK_RC(purse_head_load(&f.card.env[2], &head), RC_OK);
	head.sequence = UINT32_MAX;
	CHECK_RC(purse_head_stage(&f.card.env[2], &head), RC_OK);
	CHECK_RC(nv_commit(&f.card.nv), RC_OK);
	CHECK(purse_service_table.debit(purse_env(), aid_ca, sizeof aid_ca, &r, r.price) ==
	      PURSE_EXHAUSTED);
	cmd = fix_credit(&f, 2000, 2);
	CHECK(credit(0, CREDIT_EMM, 2000, 2, cmd.u.credit.cryptogram) == PURSE_EXHAUSTED);
	CHECK(credit(0, CREDIT_EMM, 2000, 2, none) == PURSE_WRONG_MAC);
	CHECK(!nv_is_staged(&f.card.nv));
}

static void
debit__of_a_slice_pays_the_slice_and_proves_the_sum(void)
{
	struct record r = debit_of(300);
	uint8_t key[CRYPTO_KEY], tac[RECORD_TAC];

	fix_copy(&f);
	fix_topup(&f, 1000, 1);
	r.type = RECORD_SLICE;
	r.count = 3;
	CHECK(purse_service_table.debit(purse_env(), aid_ca, sizeof aid_ca, &r, 100) == PURSE_OK);
	CHECK(r.balance_after == 900 && r.price == 300);
	fix_working_key(f.purse_key, LABEL_TAC, key);
	CHECK_RC(record_tac(crypto_test(), key, &r, tac), RC_OK);
	CHECK_BYTES(r.tac, tac, RECORD_TAC);
	CHECK(purse_service_table.debit(purse_env(), aid_ca, sizeof aid_ca, &r, 301) ==
	      PURSE_LIMIT);
}

static void
debit__of_nothing_certifies_and_stages_nothing(void)
{
	struct record r = debit_of(5000);

	fix_copy(&f);
	fix_topup(&f, 1000, 1);
	r.type = RECORD_BOOKING;
	CHECK(purse_service_table.debit(purse_env(), aid_ca, sizeof aid_ca, &r, 0) == PURSE_OK);
	CHECK(!nv_is_staged(&f.card.nv));
	CHECK(r.balance_after == 1000 && r.purse_sequence == 1);
}

static void
debit__for_a_payout_takes_everything_whatever_the_limit(void)
{
	struct record r = debit_of(FIX_LIMIT + 1);

	fix_copy(&f);
	fix_topup(&f, FIX_LIMIT + 1, 1);
	r.type = RECORD_PAYOUT;
	CHECK(purse_service_table.debit(purse_env(), aid_ca, sizeof aid_ca, &r, FIX_LIMIT) ==
	      PURSE_LIMIT);
	CHECK(purse_service_table.debit(purse_env(), aid_ca, sizeof aid_ca, &r, r.price) ==
	      PURSE_OK);
	CHECK(r.balance_after == 0);
}

static void
refund__adds_to_its_own_total_once(void)
{
	struct purse_credit c = {
		.source = CREDIT_REFUND, .total = 250, .sequence = 1, .record = 7
	};
	const struct refund refund = { 0, 7, 250, 1 };
	struct record r = { .type = RECORD_REFUND, .event_id = 7 };
	uint8_t key[CRYPTO_KEY];

	fix_copy(&f);
	fix_topup(&f, 1000, 1);
	fix_working_key(f.purse_key, LABEL_TOPUP, key);
	CHECK_RC(refund_cryptogram(crypto_test(), key, FIX_LEAF, &refund, c.cryptogram), RC_OK);
	CHECK(purse_service_table.credit(purse_env(), &c, &r) == PURSE_OK);
	CHECK_RC(nv_commit(&f.card.nv), RC_OK);
	CHECK(fix_wallet(&f).refund == 250 && fix_wallet(&f).balance == 1250);
	CHECK(r.price == 250 && r.balance_after == 1250 && r.purse_sequence == 2);
	CHECK(purse_service_table.credit(purse_env(), &c, &r) == PURSE_UNCHANGED);
	c.record = 8; /* the cryptogram is for record 7 */
	c.total = 300;
	CHECK(purse_service_table.credit(purse_env(), &c, &r) == PURSE_WRONG_MAC);
	CHECK(!nv_is_staged(&f.card.nv));
}

static void
credit__of_another_source_has_a_total_of_its_own(void)
{
	struct ca_slot slot;
	uint8_t key[CRYPTO_KEY], cryptogram[8];

	fix_copy(&f);
	fix_topup(&f, 1000, 1);
	fix_working_key(f.purse_key, LABEL_TOPUP, key);
	CHECK_RC(
		credit_cryptogram(crypto_test(), key, FIX_LEAF, 0, CREDIT_LOAD, 300, 1, cryptogram),
		RC_OK);
	CHECK(credit(0, CREDIT_LOAD, 300, 1, cryptogram) == PURSE_OK);
	CHECK_RC(nv_commit(&f.card.nv), RC_OK);
	fix_topup(&f, 1500, 2);
	slot = fix_wallet(&f);
	CHECK(slot.credit_emm == 1500 && slot.credit_load == 300 && slot.credit_code == 0);
	CHECK(slot.balance == 1800);
	CHECK(credit(0, 0, 1, 9, cryptogram) == PURSE_WRONG_MAC);
	CHECK(credit(0, 4, 1, 9, cryptogram) == PURSE_WRONG_MAC);
}

static void
credit__to_a_slot_that_is_not_there_is_refused(void)
{
	uint8_t key[CRYPTO_KEY], cryptogram[8];

	fix_copy(&f);
	fix_working_key(f.purse_key, LABEL_TOPUP, key);
	CHECK_RC(credit_cryptogram(crypto_test(), key, FIX_LEAF, 2, CREDIT_EMM, 300, 1, cryptogram),
		 RC_OK);
	CHECK(credit(2, CREDIT_EMM, 300, 1, cryptogram) == PURSE_NO_SLOT);
	CHECK(!nv_is_staged(&f.card.nv));
}

static void
service__without_memory_is_a_fault(void)
{
	struct record r = debit_of(1);
	struct card_env *purse;
	struct ca_slot slot;

	fix_copy(&f);
	purse = purse_env();
	f.nv.dead = true;
	CHECK(purse_service_table.debit(purse, aid_ca, sizeof aid_ca, &r, r.price) == PURSE_FAULT);
	CHECK(purse_service_table.slot(purse, 0, &slot) == PURSE_FAULT);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(balance__is_asked_at_the_purse_itself),
		TEST(purse__knows_the_commands_of_its_face_and_no_other),
		TEST(log__shows_the_last_twenty_newest_first),
		TEST(debit__by_a_caller_without_a_limit_is_refused),
		TEST(debit__refused_stages_nothing_and_leaves_the_record_alone),
		TEST(sequence__used_up_locks_instead_of_wrapping),
		TEST(debit__of_a_slice_pays_the_slice_and_proves_the_sum),
		TEST(debit__of_nothing_certifies_and_stages_nothing),
		TEST(debit__for_a_payout_takes_everything_whatever_the_limit),
		TEST(refund__adds_to_its_own_total_once),
		TEST(credit__of_another_source_has_a_total_of_its_own),
		TEST(credit__to_a_slot_that_is_not_there_is_refused),
		TEST(service__without_memory_is_a_fault),
	};

	return test_run("apps: purse", cases, sizeof cases / sizeof cases[0]);
}
