// SPDX-License-Identifier: GPL-3.0-or-later
/* The CA application of a paired card: whom it opens a channel for, what goes through it, what does
 * not go beside it. */
#include "card_box.h"
#include "test.h"

#include "base/status_word.h"
#include "wire/personalise.h"

#include <string.h>

#define DAY 86400U

static struct card_fixture f;

/* A card that takes n boxes by itself, with money and a subscription. */
static void
start(uint8_t first_use)
{
	fix_init_paired(&f, first_use);
	fix_topup(&f, 1000, 1);
	fix_grant(&f, FIX_PRODUCT, FIX_T0, FIX_T0 + DAY);
}

static void
open_box(struct fix_box *box)
{
	enum ca_standing standing = CA_STANDING_FULL;

	CHECK(fix_box_open(&f, box, &standing) == SW_OK);
	CHECK(standing <= CA_STANDING_NEW);
	CHECK(box->channel.open);
}

static struct ca_boxes
boxes(void)
{
	struct ca_boxes b = { 0 };
	uint8_t rsp[256];
	size_t len;

	CHECK(fix_send(&f, CA_CLA, CA_INS_GET_DATA, CA_DATA_BOXES, 0, NULL, 0, rsp, &len) == SW_OK);
	CHECK_RC(ca_boxes_decode(rsp, len, &b), RC_OK);
	return b;
}

static void
channel__first_use_pairs_and_later_insertions_open_again(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	struct ca_answer a;
	struct fix_box box;
	enum ca_standing standing;

	start(1);
	fix_box_init(&box);
	CHECK(boxes().count == 0 && boxes().first_use == 1 && boxes().max == 8);
	CHECK(fix_box_open(&f, &box, &standing) == SW_OK && standing == CA_STANDING_NEW);
	CHECK(boxes().count == 1);
	CHECK_BYTES(boxes().names[0], box.hash, CA_BOX_NAME);
	CHECK(fix_box_ecm(&f, &box, &ecm, &a) == SW_OK && a.outcome == OUTCOME_OPEN);
	CHECK_BYTES(a.cw_even, ecm.cw_even, 8);
	fix_power_cycle(&f);
	CHECK(fix_box_open(&f, &box, &standing) == SW_OK && standing == CA_STANDING_PAIRED);
	CHECK(fix_box_ecm(&f, &box, &ecm, &a) == SW_OK && a.outcome == OUTCOME_OPEN);
	CHECK(boxes().count == 1);
}

static void
channel__a_box_that_cannot_prove_its_key_is_not_taken(void)
{
	uint8_t rsp[256], proof[PAIR_PROOF] = { 0 };
	struct pair_hello hello;
	struct fix_box box;
	size_t len;

	start(1);
	fix_box_init(&box);
	CHECK_RC(pair_host_hello(crypto_test(), &box.id, &hello), RC_OK);
	CHECK(fix_send(&f, CA_CLA, CA_INS_OPEN_CHANNEL, 0, 0, hello.bytes, PAIR_HELLO, rsp, &len) ==
	      SW_OK);
	CHECK(rsp[0] == CA_STANDING_NEW && boxes().count == 0);
	CHECK(fix_send(&f, CA_CLA, CA_INS_CONFIRM_CHANNEL, 0, 0, proof, sizeof proof, NULL, NULL) ==
	      SW_SECURITY_STATUS);
	CHECK(fix_send(&f, CA_CLA, CA_INS_CONFIRM_CHANNEL, 0, 0, proof, sizeof proof, NULL, NULL) ==
	      SW_CONDITIONS);
	memset(hello.bytes, 1, CRYPTO_PUBLIC); /* no point on the curve */
	CHECK(fix_send(&f, CA_CLA, CA_INS_OPEN_CHANNEL, 0, 0, hello.bytes, PAIR_HELLO, rsp, &len) ==
	      SW_SECURITY_STATUS);
	CHECK(boxes().count == 0);
}

/* Nothing for a stranger: no word, no try, no purchase. */
static void
channel__without_it_a_paired_card_gives_no_word_and_takes_no_pin(void)
{
	static const uint8_t change[] = { 4, '2', '5', '8', '0', '7', '3', '9', '1', '5' };
	struct ecm ecm = fix_ecm(FIX_T0);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;
	uint8_t wrapped[48] = { 0 };

	start(1);
	CHECK(fix_ecm_send(&f, &ecm, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_CHANNEL && a.cw_size == 0);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_SECURITY_STATUS);
	CHECK(fix_send(&f, 0, ISO_INS_VERIFY, 0, PIN_PURCHASE, (const uint8_t *)"0000", 4, NULL,
		       NULL) == SW_SECURITY_STATUS);
	CHECK(fix_send(&f, 0, ISO_INS_CHANGE_REFERENCE, 0, PIN_PURCHASE, change, sizeof change,
		       NULL, NULL) == SW_SECURITY_STATUS);
	CHECK(fix_send(&f, 0, ISO_INS_VERIFY, 0, PIN_PURCHASE, NULL, 0, NULL, NULL) ==
	      SW_PIN_WRONG(3));
	CHECK(fix_send(&f, CA_CLA, CA_INS_WRAPPED, 0, 0, wrapped, sizeof wrapped, NULL, NULL) ==
	      SW_SECURITY_STATUS);
	CHECK(fix_info(&f).pin_tries == 3 && fix_wallet(&f).spent == 0);
}

static void
channel__purchase_and_pin_go_through_it(void)
{
	static const uint8_t verify[4] = { 0, ISO_INS_VERIFY, 0, PIN_PURCHASE };
	static const uint8_t change[4] = { 0, ISO_INS_CHANGE_REFERENCE, 0, PIN_PURCHASE };
	static const uint8_t report[4] = { CA_CLA, CA_INS_REPORT, 0, 0 };
	static const uint8_t pins[] = { 4, '2', '5', '8', '0', '7', '3', '9', '1', '5' };
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;
	struct fix_box box;

	start(1);
	fix_box_init(&box);
	open_box(&box);
	CHECK(fix_box_ecm(&f, &box, &ecm, &a) == SW_OK && a.outcome == OUTCOME_OFFER);
	p.pin[0] = '9';
	CHECK(fix_box_purchase(&f, &box, &p, &a) == SW_PIN_WRONG(2));
	CHECK(fix_wallet(&f).spent == 0);
	p.pin[0] = '2';
	CHECK(fix_box_purchase(&f, &box, &p, &a) == SW_OK && a.outcome == OUTCOME_OPEN);
	CHECK_BYTES(a.cw_odd, ecm.cw_odd, 8);
	CHECK(fix_wallet(&f).spent == FIX_PRICE && fix_status(&f).record_head == 1);
	CHECK(fix_box_send(&f, &box, change, pins, sizeof pins, NULL, NULL) == SW_OK);
	CHECK(fix_box_send(&f, &box, verify, pins + 1, 4, NULL, NULL) == SW_PIN_WRONG(2));
	CHECK(fix_box_send(&f, &box, verify, pins + 5, 5, NULL, NULL) == SW_OK);
	CHECK(fix_box_send(&f, &box, report, pins, 4, NULL, NULL) == SW_INS);
	CHECK(fix_box_send(&f, &box, verify, pins, sizeof pins, NULL, NULL) == SW_LENGTH);
	CHECK(fix_box_ecm(&f, &box, &ecm, &a) == SW_OK && a.outcome == OUTCOME_OPEN);
}

static void
channel__an_altered_command_closes_it_and_spends_nothing(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	uint8_t wrapped[48] = { 7 };
	struct ca_answer a;
	struct fix_box box;

	start(1);
	fix_box_init(&box);
	open_box(&box);
	CHECK(fix_send(&f, CA_CLA, CA_INS_WRAPPED, 0, 0, wrapped, sizeof wrapped, NULL, NULL) ==
	      SW_SM_DATA);
	CHECK(fix_info(&f).pin_tries == 3);
	CHECK(fix_ecm_send(&f, &ecm, &a) == SW_OK && a.outcome == OUTCOME_CHANNEL);
	open_box(&box);
	CHECK(fix_send(&f, CA_CLA, CA_INS_WRAPPED, 0, 0, wrapped, 5, NULL, NULL) == SW_SM_DATA);
	CHECK(fix_ecm_send(&f, &ecm, &a) == SW_OK && a.outcome == OUTCOME_CHANNEL);
}

static void
channel__a_wrapped_command_works_once(void)
{
	static const uint8_t text[] = { 0, ISO_INS_VERIFY, 0, PIN_PURCHASE, '0', '0', '0', '0' };
	uint8_t wrapped[PAIR_WRAPPED_MAX];
	struct fix_box box;
	size_t len = 0;

	start(1);
	fix_box_init(&box);
	open_box(&box);
	CHECK_RC(pair_next(&box.channel), RC_OK);
	CHECK_RC(pair_wrap(crypto_test(), &box.channel, PAIR_COMMAND, NULL, 0, text, sizeof text,
			   wrapped, sizeof wrapped, &len),
		 RC_OK);
	CHECK(fix_send(&f, CA_CLA, CA_INS_WRAPPED, 0, 0, wrapped, len, NULL, NULL) == SW_OK);
	CHECK(fix_info(&f).pin_tries == 2);
	CHECK(fix_send(&f, CA_CLA, CA_INS_WRAPPED, 0, 0, wrapped, len, NULL, NULL) == SW_SM_DATA);
	fix_power_cycle(&f);
	open_box(&box);
	CHECK(fix_send(&f, CA_CLA, CA_INS_WRAPPED, 0, 0, wrapped, len, NULL, NULL) == SW_SM_DATA);
	CHECK(fix_info(&f).pin_tries == 2);
}

static void
channel__policy_decides_who_is_taken_and_the_ninth_is_refused(void)
{
	enum ca_standing standing = CA_STANDING_NEW;
	struct fix_box box, other;

	start(0);
	fix_box_init(&box);
	CHECK(fix_box_open(&f, &box, &standing) == SW_OK && standing == CA_STANDING_OPERATOR);
	CHECK(!box.channel.open);
	CHECK(fix_box_emm(&f, EMM_TAG_PAIR, &box) == SW_OK);
	open_box(&box);
	fix_box_init(&other);
	CHECK(fix_box_open(&f, &other, &standing) == SW_OK && standing == CA_STANDING_OTHERS);
	CHECK(boxes().count == 1);

	start(8);
	for (unsigned int i = 0; i < CA_BOXES_MAX; i++) {
		fix_box_init(&other);
		open_box(&other);
	}
	CHECK(boxes().count == 8);
	CHECK(fix_box_open(&f, &box, &standing) == SW_OK && standing == CA_STANDING_FULL);
	CHECK(fix_box_emm(&f, EMM_TAG_PAIR, &box) == SW_MEMORY_FULL);
	CHECK(fix_box_emm(&f, EMM_TAG_PAIR, &other) == SW_OK);
	CHECK(boxes().count == 8);
	CHECK(fix_box_emm(&f, EMM_TAG_UNPAIR, &other) == SW_OK);
	CHECK(fix_box_emm(&f, EMM_TAG_PAIR, &box) == SW_OK);
	open_box(&box);
}

static void
channel__unpairing_closes_it_and_the_box_does_not_come_back(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	enum ca_standing standing = CA_STANDING_NEW;
	uint8_t section[ECM_MAX], rsp[256];
	struct ca_answer a;
	struct fix_box box;
	size_t len;

	start(8);
	fix_box_init(&box);
	open_box(&box);
	CHECK(fix_box_ecm(&f, &box, &ecm, &a) == SW_OK && a.outcome == OUTCOME_OPEN);
	CHECK(fix_box_emm(&f, EMM_TAG_UNPAIR, &box) == SW_OK);
	len = fix_ecm_seal(&f, &ecm, section);
	CHECK(fix_send(&f, CA_CLA, CA_INS_ECM, 0, 0, section, len, rsp, &len) == SW_OK);
	CHECK_RC(ca_answer_decode(rsp, len, &a), RC_OK);
	CHECK(a.outcome == OUTCOME_CHANNEL && a.cw_size == 0);
	CHECK(fix_box_open(&f, &box, &standing) == SW_OK && standing == CA_STANDING_OPERATOR);
	CHECK(boxes().operator_only && boxes().count == 0);
	CHECK(fix_box_emm(&f, EMM_TAG_PAIR, &box) == SW_OK);
	open_box(&box);
	CHECK(fix_box_ecm(&f, &box, &ecm, &a) == SW_OK && a.outcome == OUTCOME_OPEN);
}

static void
channel__a_laboratory_card_has_none(void)
{
	enum ca_standing standing;
	struct fix_box box;

	fix_copy(&f);
	fix_box_init(&box);
	CHECK(fix_box_open(&f, &box, &standing) == SW_CONDITIONS);
	CHECK(fix_box_emm(&f, EMM_TAG_PAIR, &box) == SW_CONDITIONS);
}

static void
channel__pairing_emm_must_be_signed(void)
{
	struct emm_header h;
	struct emm_command cmd = { .tag = EMM_TAG_PAIR };
	struct fix_box box;

	start(0);
	fix_box_init(&box);
	memcpy(cmd.u.box.key_hash, box.hash, CRYPTO_HASH);
	h = fix_emm_header(&f, 0);
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_SECURITY_STATUS);
	CHECK(boxes().count == 0);
}

static void
channel__a_crypto_failure_anywhere_gives_no_word_and_no_box(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	enum ca_standing standing;
	struct ca_answer a;
	struct fix_box box;
	bool fired = true;

	start(8);
	fix_box_init(&box);
	for (unsigned int k = 1; fired; k++) {
		uint16_t sw;

		fix_power_cycle(&f);
		crypto_fault_init(&f.crypto, crypto_test(), k);
		sw = fix_box_open(&f, &box, &standing);
		if (sw == SW_OK && box.channel.open)
			sw = fix_box_ecm(&f, &box, &ecm, &a);
		fired = crypto_fault_fired(&f.crypto);
		CHECK(fired ? sw == SW_FAULT : sw == SW_OK && a.outcome == OUTCOME_OPEN);
		CHECK(k > 6 || boxes().count == 0);
		if (fired)
			CHECK(a.cw_size == 0 || sw != SW_OK);
	}
	crypto_fault_init(&f.crypto, crypto_test(), 0);
}

static void
personalisation__laboratory_and_paired_do_not_mix(void)
{
	static const uint8_t aid[] = { 0xF0, 0x54, 0x45, 0x53, 0x53, 0x45, 0x52, 0x41, 0x01 };
	struct scp03_session s;
	uint8_t room[180];
	struct writer w = writer_over(room, sizeof room);

	fix_init_unsecured(&f);
	fix_open_channel(&f, &s);
	CHECK(fix_install(&f, &s, aid, sizeof aid) == SW_OK);
	fix_write_box_key(&w, &f);
	CHECK(fix_store(&f, &s, 0, DGI_CA_BOX_KEY, w.base, w.len) == SW_CONDITIONS);
	scp03_close(&s);

	fix_init_paired(&f, 1);
	CHECK(fix_info(&f).profile == PROFILE_PAIRED && fix_info(&f).secured);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(channel__first_use_pairs_and_later_insertions_open_again),
		TEST(channel__a_box_that_cannot_prove_its_key_is_not_taken),
		TEST(channel__without_it_a_paired_card_gives_no_word_and_takes_no_pin),
		TEST(channel__purchase_and_pin_go_through_it),
		TEST(channel__an_altered_command_closes_it_and_spends_nothing),
		TEST(channel__a_wrapped_command_works_once),
		TEST(channel__policy_decides_who_is_taken_and_the_ninth_is_refused),
		TEST(channel__unpairing_closes_it_and_the_box_does_not_come_back),
		TEST(channel__a_laboratory_card_has_none),
		TEST(channel__pairing_emm_must_be_signed),
		TEST(channel__a_crypto_failure_anywhere_gives_no_word_and_no_box),
		TEST(personalisation__laboratory_and_paired_do_not_mix),
	};

	return test_run("apps: channel", cases, sizeof cases / sizeof cases[0]);
}
