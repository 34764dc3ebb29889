// SPDX-License-Identifier: GPL-3.0-or-later
/* EMMs on a personalised card: address, date, sequence, MAC, signature, time. */
#include "card_fixture.h"
#include "test.h"

#include "base/status_word.h"
#include "derive/ladder.h"
#include "wire/personalise.h"

#include <string.h>

#define DAY 86400U

static struct card_fixture f;

static void
grant__is_written_and_its_repetition_is_not(void)
{
	struct emm_command cmd = fix_entitlement(FIX_PRODUCT, FIX_T0, FIX_T0 + DAY);
	uint8_t section[EMM_MAX], rsp[256];
	enum ca_emm_outcome outcome;
	struct ca_entitlement e;
	const uint8_t *p = rsp;
	struct emm_header h;
	size_t len;

	fix_copy(&f);
	h = fix_emm_header(&f, 0);
	len = fix_emm_seal(&f, &h, &cmd, 1, section);
	CHECK(fix_emm_section(&f, section, len, &outcome) == SW_OK);
	CHECK(outcome == CA_EMM_APPLIED);
	nv_ram_remember(&f.nv);
	nv_ram_power_up(&f.nv);
	CHECK(fix_emm_section(&f, section, len, &outcome) == SW_OK);
	CHECK(outcome == CA_EMM_REPEATED);
	CHECK(f.nv.page_writes == 0);
	CHECK(nv_ram_is_as_remembered(&f.nv));
	CHECK(fix_send(&f, CA_CLA, CA_INS_GET_DATA, CA_DATA_ENTITLEMENTS, 0, NULL, 0, rsp, &len) ==
	      SW_OK);
	CHECK_RC(ca_entitlement_decode(&p, &len, &e), RC_OK);
	CHECK(e.product == FIX_PRODUCT && e.start == FIX_T0 && e.end == FIX_T0 + DAY);
	CHECK(e.flags == ENTITLEMENT_MAY_RECORD && len == 0);
	CHECK(fix_status(&f).emm_sequence == h.sequence);
}

static void
grant__restated_under_a_newer_sequence_writes_the_sequence_only(void)
{
	struct emm_command cmd = fix_entitlement(FIX_PRODUCT, FIX_T0, FIX_T0 + DAY);
	struct emm_header h;
	unsigned int changed = 0;

	fix_copy(&f);
	h = fix_emm_header(&f, 0);
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_APPLIED);
	nv_ram_remember(&f.nv);
	h = fix_emm_header(&f, 0);
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_APPLIED);
	CHECK(fix_status(&f).emm_sequence == h.sequence);
	CHECK(fix_info(&f).entitlements == 1);
	for (uint32_t i = nv_first_offset(&f.nv.port); i < CARD_NV_SIZE; i++)
		changed += f.nv.bytes[i] != f.nv.remembered[i];
	CHECK(changed == 1);
}

static void
address__of_another_card_operator_or_class_is_not_mine(void)
{
	struct emm_command cmd = fix_entitlement(FIX_PRODUCT, FIX_T0, FIX_T0 + DAY);
	struct emm_header h;

	fix_copy(&f);
	nv_ram_remember(&f.nv);
	h = fix_emm_header(&f, 0);
	h.address++;
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_NOT_MINE);
	h = fix_emm_header(&f, 0);
	h.operator_id++;
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_NOT_MINE);
	h = fix_emm_global(&f);
	h.table_id = EMM_GROUP;
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_NOT_MINE);
	CHECK(nv_ram_is_as_remembered(&f.nv));
}

static void
date__past_valid_until_by_the_cards_clock_is_refused(void)
{
	struct emm_command cmd = fix_entitlement(FIX_PRODUCT, FIX_T0, FIX_T0 + DAY);
	struct emm_header h;

	fix_copy(&f);
	nv_ram_remember(&f.nv);
	h = fix_emm_header(&f, 0);
	h.valid_until = FIX_T0 - 1;
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_EXPIRED);
	CHECK(nv_ram_is_as_remembered(&f.nv));
	h.valid_until = FIX_T0;
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_APPLIED);
}

static void
sequence__old_grant_cannot_follow_its_cancel(void)
{
	struct emm_command grant = fix_entitlement(FIX_PRODUCT, FIX_T0 - 1, FIX_T0 + DAY);
	struct emm_command stop = fix_cancel(FIX_PRODUCT);
	struct ecm ecm = fix_ecm(FIX_T0);
	struct emm_header first, second;

	fix_copy(&f);
	first = fix_emm_header(&f, 0);
	second = fix_emm_header(&f, 0);
	CHECK(fix_emm_outcome(&f, &first, &grant, 1) == CA_EMM_APPLIED);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OPEN);
	CHECK(fix_emm_outcome(&f, &second, &stop, 1) == CA_EMM_APPLIED);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_NOT_ENTITLED);
	nv_ram_remember(&f.nv);
	fix_power_cycle(&f);
	CHECK(fix_emm_outcome(&f, &first, &grant, 1) == CA_EMM_OLD);
	CHECK(nv_ram_is_as_remembered(&f.nv));
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_NOT_ENTITLED);
}

static void
sequence__parts_come_in_any_order_and_each_once(void)
{
	static const uint8_t orders[][3] = { { 1, 2, 3 }, { 3, 1, 2 }, { 2, 3, 1 }, { 3, 2, 1 } };

	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
		struct emm_header h;

		fix_copy(&f);
		h = fix_emm_header(&f, 0);
		h.parts = 3;
		for (unsigned int n = 0; n < 6; n++) {
			struct emm_command cmd;

			h.part = orders[i][n % 3];
			cmd = fix_entitlement(h.part, FIX_T0, FIX_T0 + DAY);
			CHECK(fix_emm_outcome(&f, &h, &cmd, 1) ==
			      (n < 3 ? CA_EMM_APPLIED : CA_EMM_REPEATED));
			if (n == 1)
				fix_power_cycle(&f);
		}
		CHECK(fix_info(&f).entitlements == 3);
	}
}

static void
sequence__of_the_classes_are_independent(void)
{
	struct emm_command cmd = fix_entitlement(FIX_PRODUCT, FIX_T0, FIX_T0 + DAY);
	struct emm_command time = fix_time(FIX_T0 + DAY);
	struct emm_header unique, global;

	fix_copy(&f);
	unique = fix_emm_header(&f, 0);
	global = fix_emm_global(&f);
	CHECK(fix_emm_outcome(&f, &global, &time, 1) == CA_EMM_APPLIED);
	CHECK(fix_emm_outcome(&f, &unique, &cmd, 1) == CA_EMM_APPLIED);
}

static void
altered_emm__leaves_the_memory_as_it_was(void)
{
	struct emm_command commands[2];
	uint8_t section[EMM_MAX];
	struct emm_header h;
	size_t len;

	fix_copy(&f);
	h = fix_emm_header(&f, EMM_SIGNED);
	commands[0] = fix_credit(&f, 500, 1);
	commands[1] = fix_entitlement(FIX_PRODUCT, FIX_T0, FIX_T0 + DAY);
	len = fix_emm_seal(&f, &h, commands, 2, section);
	nv_ram_remember(&f.nv);
	for (size_t i = 0; i < len; i++) {
		enum ca_emm_outcome outcome = CA_EMM_NOT_MINE;
		uint16_t sw;

		section[i] ^= (uint8_t)(1U << (i % 8));
		if (i % 16 == 0)
			fix_power_cycle(&f); /* signatures verified in a crypto period are few */
		sw = fix_emm_section(&f, section, len, &outcome);
		CHECK(sw != SW_OK || outcome == CA_EMM_NOT_MINE || outcome == CA_EMM_EXPIRED);
		CHECK(nv_ram_is_as_remembered(&f.nv));
		section[i] ^= (uint8_t)(1U << (i % 8));
	}
	for (size_t n = 0; n < len; n++)
		CHECK(fix_emm_section(&f, section, n, NULL) != SW_OK);
	CHECK(nv_ram_is_as_remembered(&f.nv));
	CHECK(fix_emm_section(&f, section, len, NULL) == SW_OK);
	CHECK(fix_wallet(&f).balance == 500);
}

static void
mac__is_required_of_a_unique_emm(void)
{
	struct emm_command cmd = fix_entitlement(FIX_PRODUCT, FIX_T0, FIX_T0 + DAY);
	struct emm_header h;

	fix_copy(&f);
	nv_ram_remember(&f.nv);
	h = fix_emm_header(&f, 0);
	h.flags = 0;
	h.key_version = 0;
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_SECURITY_STATUS);
	h = fix_emm_header(&f, EMM_SIGNED);
	h.flags = EMM_SIGNED;
	h.key_version = 0;
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_SECURITY_STATUS);
	h = fix_emm_header(&f, 0);
	h.key_version++;
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_REFERENCE);
	CHECK(nv_ram_is_as_remembered(&f.nv));
}

static void
signature__is_required_for_keys_credits_acknowledgements_and_time(void)
{
	static const uint8_t key[CRYPTO_KEY] = { 1 };
	struct emm_command rows[4];

	fix_copy(&f);
	rows[0] = fix_epoch(FIX_EPOCH + 1, key);
	rows[1] = fix_credit(&f, 500, 1);
	rows[2] = (struct emm_command) { .tag = EMM_TAG_RECORD_ACK };
	rows[3] = fix_time(FIX_T0 + DAY);
	nv_ram_remember(&f.nv);
	for (unsigned int i = 0; i < 4; i++) {
		/* also behind a command that needs none: all or nothing */
		struct emm_command both[2] = { fix_entitlement(FIX_PRODUCT, FIX_T0, FIX_T0 + DAY),
					       rows[i] };
		struct emm_header h = fix_emm_header(&f, 0);

		CHECK(fix_emm_send(&f, &h, &rows[i], 1, NULL) == SW_SECURITY_STATUS);
		h = fix_emm_header(&f, 0);
		CHECK(fix_emm_send(&f, &h, both, 2, NULL) == SW_SECURITY_STATUS);
	}
	CHECK(nv_ram_is_as_remembered(&f.nv));
	CHECK(fix_info(&f).entitlements == 0);
}

static void
signature__of_another_version_or_key_is_refused(void)
{
	struct emm_command cmd = fix_time(FIX_T0 + DAY);
	struct emm_header h;
	uint8_t section[EMM_MAX];
	size_t len;

	fix_copy(&f);
	nv_ram_remember(&f.nv);
	h = fix_emm_global(&f);
	h.signing_version = FIX_SIGNING_VERSION - 1;
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_SECURITY_STATUS);
	h.signing_version = FIX_SIGNING_VERSION + 1;
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_REFERENCE);
	h.signing_version = FIX_SIGNING_VERSION;
	h.flags = EMM_ROOT;
	len = fix_emm_seal(&f, &h, &cmd, 1, section);
	section[9] = (uint8_t)(section[9] ^ EMM_ROOT ^ EMM_SIGNED); /* claims the signing key's */
	CHECK(fix_emm_section(&f, section, len, NULL) == SW_SECURITY_STATUS);
	h.flags = 0;
	h.signing_version = 0;
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_SECURITY_STATUS);
	CHECK(nv_ram_is_as_remembered(&f.nv));
}

static void
time__advances_in_ram_and_is_stored_once_in_six_hours(void)
{
	struct emm_command cmd;
	struct emm_header h;

	fix_copy(&f);
	nv_ram_power_up(&f.nv);
	for (uint32_t i = 1; i < 6; i++) {
		cmd = fix_time(FIX_T0 + i * 3600);
		h = fix_emm_global(&f);
		CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_APPLIED);
		CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_REPEATED);
		CHECK(fix_status(&f).signed_time == FIX_T0 + i * 3600);
		CHECK(fix_status(&f).clock == FIX_T0 + i * 3600);
	}
	CHECK(f.nv.page_writes == 0);
	cmd = fix_time(FIX_T0 + 6 * 3600);
	h = fix_emm_global(&f);
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_APPLIED);
	CHECK(f.nv.page_writes > 0);
	fix_power_cycle(&f);
	CHECK(fix_status(&f).signed_time == FIX_T0 + 6 * 3600);
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_REPEATED);
}

static void
time__never_goes_back_but_by_the_roots_word(void)
{
	struct emm_command cmd = fix_time(FIX_T0 - DAY);
	struct emm_command set = { .tag = EMM_TAG_CLOCK_SET, .u.time = { FIX_T0 - DAY } };
	struct ecm offer = fix_offer_ecm(FIX_T0);
	struct ca_purchase p = fix_purchase();
	struct emm_header h;
	struct ca_answer a;

	fix_copy(&f);
	CHECK(fix_ecm_outcome(&f, &offer) == OUTCOME_OFFER);
	h = fix_emm_global(&f);
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_REPEATED);
	CHECK(fix_status(&f).signed_time == FIX_T0);
	h = fix_emm_global(&f);
	CHECK(fix_emm_send(&f, &h, &set, 1, NULL) == SW_SECURITY_STATUS);
	CHECK(fix_status(&f).clock == FIX_T0);
	h.flags = EMM_ROOT;
	CHECK(fix_emm_outcome(&f, &h, &set, 1) == CA_EMM_APPLIED);
	CHECK(fix_status(&f).clock == FIX_T0 - DAY);
	CHECK(fix_purchase_send(&f, &p, &a) == SW_OK);
	CHECK(a.outcome == OUTCOME_NO_OFFER);
	fix_power_cycle(&f);
	CHECK(fix_status(&f).clock == FIX_T0 - DAY);
	CHECK(fix_status(&f).signed_time == FIX_T0 - DAY);
}

static void
time__lets_a_card_that_was_off_for_long_catch_up(void)
{
	struct ecm ecm = fix_ecm(FIX_T0 + 30 * DAY);
	struct emm_command cmd = fix_time(FIX_T0 + 30 * DAY - 60);
	struct emm_header h;

	fix_copy(&f);
	fix_grant(&f, FIX_PRODUCT, FIX_T0, FIX_T0 + 60 * DAY);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_CLOCK);
	h = fix_emm_global(&f);
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_APPLIED);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OPEN);
}

static void
failing_cryptography__stages_nothing(void)
{
	unsigned int k;

	for (k = 1; k < 100; k++) {
		struct emm_command commands[2];
		uint8_t section[EMM_MAX];
		struct emm_header h;
		size_t len;
		uint16_t sw;

		fix_copy(&f);
		h = fix_emm_header(&f, EMM_SIGNED);
		commands[0] = fix_entitlement(FIX_PRODUCT, FIX_T0, FIX_T0 + DAY);
		commands[1] = fix_credit(&f, 500, 1);
		len = fix_emm_seal(&f, &h, commands, 2, section);
		nv_ram_remember(&f.nv);
		crypto_fault_init(&f.crypto, crypto_test(), k);
		sw = fix_emm_section(&f, section, len, NULL);
		if (!crypto_fault_fired(&f.crypto)) {
			CHECK(sw == SW_OK);
			break;
		}
		CHECK(sw == SW_FAULT);
		CHECK(nv_ram_is_as_remembered(&f.nv));
	}
	CHECK(k > 6);
}

static void
sequence__newer_set_begins_without_the_parts_of_the_older(void)
{
	struct emm_command cmd = fix_entitlement(FIX_PRODUCT, FIX_T0, FIX_T0 + DAY);
	struct emm_header h;

	fix_copy(&f);
	h = fix_emm_header(&f, 0);
	h.parts = 2;
	h.part = 2;
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_APPLIED);
	h.sequence = ++f.sequence;
	h.part = 1;
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_APPLIED);
	h.part = 2;
	CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_APPLIED);
}

static void
repetition__costs_no_cryptography(void)
{
	struct emm_command cmd = fix_entitlement(FIX_PRODUCT, FIX_T0, FIX_T0 + DAY);
	struct emm_command stored = fix_time(FIX_T0 + DAY), moved = fix_time(FIX_T0 + DAY + 1);
	struct emm_header unique, global;
	uint8_t sections[3][EMM_MAX];
	size_t len[3];

	fix_copy(&f);
	unique = fix_emm_header(&f, 0);
	global = fix_emm_global(&f);
	global.parts = 2;
	len[0] = fix_emm_seal(&f, &unique, &cmd, 1, sections[0]);
	len[1] = fix_emm_seal(&f, &global, &stored, 1, sections[1]);
	global.part = 2; /* remembered in RAM only */
	len[2] = fix_emm_seal(&f, &global, &moved, 1, sections[2]);
	for (unsigned int i = 0; i < 3; i++)
		CHECK(fix_emm_section(&f, sections[i], len[i], NULL) == SW_OK);
	crypto_fault_init(&f.crypto, crypto_test(), 0);
	for (unsigned int i = 0; i < 3; i++)
		CHECK(fix_emm_section(&f, sections[i], len[i], NULL) == SW_OK);
	CHECK(f.crypto.calls == 0);
}

static void
global__without_a_signature_grants_nothing(void)
{
	struct emm_command cmd = fix_entitlement(FIX_PRODUCT, FIX_T0, FIX_T0 + DAY);
	struct emm_header h;

	fix_copy(&f);
	h = fix_emm_global(&f);
	h.flags = 0;
	h.signing_version = 0;
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_SECURITY_STATUS);
	CHECK(fix_info(&f).entitlements == 0);
}

static void
global__cancel_without_effect_still_stops_an_older_grant(void)
{
	struct emm_command grant = fix_entitlement(FIX_PRODUCT, FIX_T0, FIX_T0 + DAY);
	struct emm_command stop = fix_cancel(FIX_PRODUCT);
	struct emm_header first, second;

	fix_copy(&f);
	first = fix_emm_global(&f);
	second = fix_emm_global(&f);
	CHECK(fix_emm_outcome(&f, &second, &stop, 1) == CA_EMM_APPLIED);
	fix_power_cycle(&f);
	CHECK(fix_emm_outcome(&f, &first, &grant, 1) == CA_EMM_OLD);
}

static void
time__that_is_stored_stores_its_sequence_too(void)
{
	struct emm_command cmd = fix_time(FIX_T0 + DAY);
	struct emm_header first, second;

	fix_copy(&f);
	first = fix_emm_global(&f);
	second = fix_emm_global(&f);
	CHECK(fix_emm_outcome(&f, &second, &cmd, 1) == CA_EMM_APPLIED);
	fix_power_cycle(&f);
	CHECK(fix_emm_outcome(&f, &first, &cmd, 1) == CA_EMM_OLD);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(grant__is_written_and_its_repetition_is_not),
		TEST(grant__restated_under_a_newer_sequence_writes_the_sequence_only),
		TEST(address__of_another_card_operator_or_class_is_not_mine),
		TEST(date__past_valid_until_by_the_cards_clock_is_refused),
		TEST(sequence__old_grant_cannot_follow_its_cancel),
		TEST(sequence__parts_come_in_any_order_and_each_once),
		TEST(sequence__of_the_classes_are_independent),
		TEST(altered_emm__leaves_the_memory_as_it_was),
		TEST(mac__is_required_of_a_unique_emm),
		TEST(signature__is_required_for_keys_credits_acknowledgements_and_time),
		TEST(signature__of_another_version_or_key_is_refused),
		TEST(time__advances_in_ram_and_is_stored_once_in_six_hours),
		TEST(time__never_goes_back_but_by_the_roots_word),
		TEST(time__lets_a_card_that_was_off_for_long_catch_up),
		TEST(failing_cryptography__stages_nothing),
		TEST(sequence__newer_set_begins_without_the_parts_of_the_older),
		TEST(repetition__costs_no_cryptography),
		TEST(global__without_a_signature_grants_nothing),
		TEST(global__cancel_without_effect_still_stops_an_older_grant),
		TEST(time__that_is_stored_stores_its_sequence_too),
	};

	return test_run("apps: EMM", cases, sizeof cases / sizeof cases[0]);
}
