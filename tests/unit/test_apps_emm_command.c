// SPDX-License-Identifier: GPL-3.0-or-later
/* Commands of EMMs: rights, keys, credits. */
#include "card_fixture.h"
#include "test.h"

#include "base/status_word.h"
#include "derive/ladder.h"
#include "wire/personalise.h"

#include <string.h>

#define DAY 86400U

static struct card_fixture f;

static void
cancel__of_all_leaves_no_entitlement(void)
{
	struct emm_command commands[12], all = fix_cancel(PRODUCT_ALL);
	struct emm_header h;

	fix_copy(&f);
	for (uint16_t i = 0; i < 12; i++)
		commands[i] = fix_entitlement(i, FIX_T0, FIX_T0 + DAY);
	h = fix_emm_header(&f, 0);
	CHECK(fix_emm_outcome(&f, &h, commands, 12) == CA_EMM_APPLIED);
	CHECK(fix_info(&f).entitlements == 12);
	h = fix_emm_header(&f, 0);
	CHECK(fix_emm_outcome(&f, &h, &all, 1) == CA_EMM_APPLIED);
	CHECK(fix_info(&f).entitlements == 0);
}

static void
grant__replaces_the_products_older_one_in_the_same_message(void)
{
	struct emm_command commands[3] = { fix_entitlement(FIX_PRODUCT, FIX_T0, FIX_T0 + DAY),
					   fix_cancel(FIX_PRODUCT),
					   fix_entitlement(FIX_PRODUCT, FIX_T0 - DAY, FIX_T0) };
	struct ecm ecm = fix_ecm(FIX_T0);
	struct emm_header h;

	fix_copy(&f);
	h = fix_emm_header(&f, 0);
	CHECK(fix_emm_outcome(&f, &h, commands, 3) == CA_EMM_APPLIED);
	CHECK(fix_info(&f).entitlements == 1);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_EXPIRED);
}

static void
grant__without_duration_is_refused(void)
{
	struct emm_command cmd = fix_entitlement(FIX_PRODUCT, FIX_T0, FIX_T0);
	struct emm_header h;

	fix_copy(&f);
	nv_ram_remember(&f.nv);
	h = fix_emm_header(&f, 0);
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_DATA);
	CHECK(nv_ram_is_as_remembered(&f.nv));
}

static void
entitlements__full_store_takes_expired_places_only(void)
{
	struct emm_command commands[12];
	struct emm_header h;
	uint16_t product = 0;

	fix_copy(&f);
	while (product < CA_ENTITLEMENTS_MAX) {
		for (unsigned int i = 0; i < 12; i++, product++)
			commands[i] =
				fix_entitlement(product, 1, product == 77 ? FIX_T0 : FIX_T0 + DAY);
		h = fix_emm_header(&f, 0);
		CHECK(fix_emm_outcome(&f, &h, commands, 12) == CA_EMM_APPLIED);
	}
	CHECK(fix_info(&f).entitlements == CA_ENTITLEMENTS_MAX);
	commands[0] = fix_entitlement(1000, 1, FIX_T0 + DAY);
	h = fix_emm_header(&f, 0);
	CHECK(fix_emm_outcome(&f, &h, commands, 1) == CA_EMM_APPLIED);
	commands[0] = fix_entitlement(1001, 1, FIX_T0 + DAY);
	h = fix_emm_header(&f, 0);
	nv_ram_remember(&f.nv);
	CHECK(fix_emm_send(&f, &h, commands, 1, NULL) == SW_MEMORY_FULL);
	CHECK(nv_ram_is_as_remembered(&f.nv));
	CHECK(fix_info(&f).entitlements == CA_ENTITLEMENTS_MAX);
}

static void
event_right__is_granted_and_cancelled(void)
{
	struct emm_command grant = { .tag = EMM_TAG_EVENT_RIGHT,
				     .u.event_right = { FIX_EVENT, FIX_T0 + DAY, 1 } };
	struct emm_command stop = { .tag = EMM_TAG_EVENT_CANCEL, .u.event_cancel = { FIX_EVENT } };
	uint8_t rsp[256];
	const uint8_t *p = rsp;
	struct ca_event_right e;
	struct emm_header h;
	size_t len;

	fix_copy(&f);
	h = fix_emm_header(&f, 0);
	CHECK(fix_emm_outcome(&f, &h, &grant, 1) == CA_EMM_APPLIED);
	CHECK(fix_send(&f, CA_CLA, CA_INS_GET_DATA, CA_DATA_EVENTS, 0, NULL, 0, rsp, &len) ==
	      SW_OK);
	CHECK_RC(ca_event_right_decode(&p, &len, &e), RC_OK);
	CHECK(e.event_id == FIX_EVENT && e.end == FIX_T0 + DAY && e.flags == 1 && e.record == 0);
	h = fix_emm_header(&f, 0);
	CHECK(fix_emm_outcome(&f, &h, &stop, 1) == CA_EMM_APPLIED);
	CHECK(fix_info(&f).events == 0);
}

static void
rotation__next_epoch_opens_beside_the_current_one(void)
{
	struct ecm now = fix_ecm(FIX_T0), next = fix_ecm(FIX_T0 + 10);
	uint8_t key[CRYPTO_KEY], old_key[CRYPTO_KEY];
	struct emm_command cmd;
	struct emm_header h;

	fix_copy(&f);
	fix_grant(&f, FIX_PRODUCT, FIX_T0 - DAY, FIX_T0 + DAY);
	memcpy(old_key, f.epoch_key, sizeof old_key);
	memset(key, 0xE8, sizeof key);
	next.epoch = FIX_EPOCH + 1;
	cmd = fix_epoch(FIX_EPOCH + 1, key);
	h = fix_emm_header(&f, EMM_SIGNED);
	memcpy(f.epoch_key, key, sizeof key);
	CHECK(fix_ecm_outcome(&f, &next) == OUTCOME_NO_KEY);
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_APPLIED);
	CHECK(fix_ecm_outcome(&f, &next) == OUTCOME_OPEN);
	memcpy(f.epoch_key, old_key, sizeof key);
	CHECK(fix_ecm_outcome(&f, &now) == OUTCOME_OPEN);
	/* two epochs on, the same slot: the first key is gone, also from RAM */
	memset(key, 0xE9, sizeof key);
	cmd = fix_epoch(FIX_EPOCH + 2, key);
	h = fix_emm_header(&f, EMM_SIGNED);
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_APPLIED);
	fix_power_cycle(&f);
	CHECK(fix_ecm_outcome(&f, &now) == OUTCOME_NO_KEY);
	CHECK(fix_status(&f).key_count == 2);
}

static void
rotation__never_goes_back_and_repeats_write_nothing(void)
{
	uint8_t key[CRYPTO_KEY];
	struct emm_command cmd;
	struct emm_header h;
	struct ca_status status;

	fix_copy(&f);
	memset(key, 0x77, sizeof key);
	/* older epoch of the same slot: ignored, whatever the rest of the message brings */
	cmd = fix_epoch(FIX_EPOCH - 2, key);
	h = fix_emm_header(&f, EMM_SIGNED);
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_APPLIED);
	status = fix_status(&f);
	CHECK(status.key_count == 1 && status.keys[0].epoch == FIX_EPOCH);
	/* the stored epoch under another key */
	cmd = fix_epoch(FIX_EPOCH, key);
	h = fix_emm_header(&f, EMM_SIGNED);
	nv_ram_remember(&f.nv);
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_DATA);
	CHECK(nv_ram_is_as_remembered(&f.nv));
}

static void
rotation__takes_eight_groups(void)
{
	uint8_t key[CRYPTO_KEY] = { 9 };
	struct emm_command cmd = fix_epoch(4, key);

	fix_copy(&f);
	for (uint8_t group = 1; group <= CA_GROUPS_MAX; group++) {
		struct emm_header h = fix_emm_header(&f, EMM_SIGNED);

		cmd.u.epoch_key.group = group;
		CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) ==
		      (group < CA_GROUPS_MAX ? SW_OK : SW_MEMORY_FULL));
	}
}

static void
topup__counts_once_however_often_it_comes(void)
{
	struct emm_command cmd;
	struct emm_header h;

	fix_copy(&f);
	cmd = fix_credit(&f, 500, 1);
	h = fix_emm_header(&f, EMM_SIGNED);
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_APPLIED);
	CHECK(fix_wallet(&f).balance == 500);
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_REPEATED);
	/* restated under a newer sequence */
	h = fix_emm_header(&f, EMM_SIGNED);
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_APPLIED);
	CHECK(fix_wallet(&f).balance == 500);
	/* a smaller total, or an older credit under a newer message */
	cmd = fix_credit(&f, 400, 2);
	h = fix_emm_header(&f, EMM_SIGNED);
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_APPLIED);
	cmd = fix_credit(&f, 900, 1);
	h = fix_emm_header(&f, EMM_SIGNED);
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_APPLIED);
	CHECK(fix_wallet(&f).credit_emm == 500);
	fix_topup(&f, 900, 2);
	CHECK(fix_wallet(&f).balance == 900);
}

static void
topup__made_by_the_ca_keys_alone_credits_nothing(void)
{
	struct emm_command cmd, both[2];
	uint8_t key[CRYPTO_KEY];
	struct emm_header h;

	fix_copy(&f);
	nv_ram_remember(&f.nv);
	cmd = fix_credit(&f, 500, 1);
	/* whoever holds the CA card key and the signing key, but not the purse's */
	fix_working_key(f.ca_key, LABEL_TOPUP, key);
	CHECK_RC(credit_cryptogram(crypto_test(), key, FIX_LEAF, 0, CREDIT_EMM, 500, 1,
				   cmd.u.credit.cryptogram),
		 RC_OK);
	h = fix_emm_header(&f, EMM_SIGNED);
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_SECURITY_STATUS);
	/* or changes what the purse's cryptogram covers */
	cmd = fix_credit(&f, 500, 1);
	cmd.u.credit.total = 501;
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_SECURITY_STATUS);
	cmd = fix_credit(&f, 500, 1);
	cmd.u.credit.sequence = 2;
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_SECURITY_STATUS);
	cmd = fix_credit(&f, 500, 1);
	cmd.u.credit.source = CREDIT_LOAD;
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_SECURITY_STATUS);
	both[0] = fix_entitlement(FIX_PRODUCT, FIX_T0, FIX_T0 + DAY);
	both[1] = cmd;
	CHECK(fix_emm_send(&f, &h, both, 2, NULL) == SW_SECURITY_STATUS);
	CHECK(nv_ram_is_as_remembered(&f.nv));
	CHECK(fix_wallet(&f).balance == 0);
}

static void
topup__above_the_maximum_balance_is_refused(void)
{
	struct emm_command cmd;
	struct emm_header h;

	fix_copy(&f);
	nv_ram_remember(&f.nv);
	cmd = fix_credit(&f, FIX_MAXIMUM + 1, 1);
	h = fix_emm_header(&f, EMM_SIGNED);
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_CONDITIONS);
	cmd = fix_credit(&f, UINT64_MAX, 1);
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_CONDITIONS);
	CHECK(nv_ram_is_as_remembered(&f.nv));
	cmd = fix_credit(&f, FIX_MAXIMUM, 1);
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_APPLIED);
	CHECK(fix_wallet(&f).balance == FIX_MAXIMUM);
}

static void
groups__have_keys_of_their_own_for_one_service(void)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	uint8_t first[CRYPTO_KEY], key[CRYPTO_KEY];
	struct emm_command cmd;
	struct emm_header h;

	fix_copy(&f);
	fix_grant(&f, FIX_PRODUCT, FIX_T0 - DAY, FIX_T0 + DAY);
	memset(key, 0x61, sizeof key);
	cmd = fix_epoch(FIX_EPOCH, key);
	cmd.u.epoch_key.group = 1;
	h = fix_emm_header(&f, EMM_SIGNED);
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_APPLIED);
	memcpy(first, f.epoch_key, sizeof first);
	for (unsigned int i = 0; i < 3; i++) {
		ecm.group = (uint8_t)(i % 2);
		memcpy(f.epoch_key, ecm.group ? key : first, sizeof key);
		CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OPEN);
	}
}

static void
topup__after_a_purchase_may_exceed_the_maximum_in_total(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_purchase p = fix_purchase();
	struct ca_answer a;

	fix_copy(&f);
	fix_topup(&f, FIX_MAXIMUM, 1);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	fix_topup(&f, FIX_MAXIMUM + FIX_PRICE, 2);
	CHECK(fix_wallet(&f).balance == FIX_MAXIMUM);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(cancel__of_all_leaves_no_entitlement),
		TEST(grant__replaces_the_products_older_one_in_the_same_message),
		TEST(grant__without_duration_is_refused),
		TEST(entitlements__full_store_takes_expired_places_only),
		TEST(event_right__is_granted_and_cancelled),
		TEST(rotation__next_epoch_opens_beside_the_current_one),
		TEST(rotation__never_goes_back_and_repeats_write_nothing),
		TEST(rotation__takes_eight_groups),
		TEST(topup__counts_once_however_often_it_comes),
		TEST(topup__made_by_the_ca_keys_alone_credits_nothing),
		TEST(topup__above_the_maximum_balance_is_refused),
		TEST(groups__have_keys_of_their_own_for_one_service),
		TEST(topup__after_a_purchase_may_exceed_the_maximum_in_total),
	};

	return test_run("apps: EMM commands", cases, sizeof cases / sizeof cases[0]);
}
