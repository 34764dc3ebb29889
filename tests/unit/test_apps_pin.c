// SPDX-License-Identifier: GPL-3.0-or-later
/* The purchase PIN: tries, change, order. */
#include "card_fixture.h"
#include "test.h"

#include "base/status_word.h"

#include <string.h>

static struct card_fixture f;

static uint16_t
verify(const char *pin)
{
	return fix_send(&f, 0x00, ISO_INS_VERIFY, 0, PIN_PURCHASE, (const uint8_t *)pin,
			strlen(pin), NULL, NULL);
}

static uint16_t
change(const char *old_and_new, uint8_t old_len)
{
	uint8_t data[20] = { old_len };
	size_t len = 0;

	for (; old_and_new[len] != '\0'; len++)
		data[1 + len] = (uint8_t)old_and_new[len];
	return fix_send(&f, 0x00, ISO_INS_CHANGE_REFERENCE, 0, PIN_PURCHASE, data, len + 1, NULL,
			NULL);
}

static void
pin__wrong_spends_a_try_for_good_and_stages_nothing(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_purchase good = fix_purchase(), bad = fix_purchase();
	struct ca_answer a;

	bad.pin[3] = '1';
	fix_see_offer(&f, &ecm);
	CHECK(fix_purchase_send(&f, &bad, &a) == SW_PIN_WRONG(2));
	fix_power_cycle(&f);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
	CHECK(fix_info(&f).pin_tries == 2);
	CHECK(fix_purchase_send(&f, &bad, &a) == SW_PIN_WRONG(1));
	CHECK(fix_purchase_send(&f, &bad, &a) == SW_BLOCKED);
	CHECK(fix_purchase_send(&f, &good, &a) == SW_BLOCKED);
	fix_power_cycle(&f);
	CHECK(fix_ecm_outcome(&f, &ecm) == OUTCOME_OFFER);
	CHECK(fix_purchase_send(&f, &good, &a) == SW_BLOCKED);
	CHECK(fix_nothing_happened(&f));
}

static void
pin__right_gives_the_tries_back(void)
{
	struct ecm ecm = fix_offer_ecm(FIX_T0);
	struct ca_purchase good = fix_purchase(), bad = fix_purchase();
	struct ca_answer a;

	bad.pin_len = 5;
	bad.pin[4] = '0';
	fix_see_offer(&f, &ecm);
	CHECK(fix_purchase_send(&f, &bad, &a) == SW_PIN_WRONG(2));
	CHECK(fix_purchase_send(&f, &bad, &a) == SW_PIN_WRONG(1));
	CHECK(fix_purchase_send(&f, &good, &a) == SW_OK);
	CHECK(fix_info(&f).pin_tries == 3);
}

static void
pin__is_changed_with_the_old_one_only(void)
{
	fix_copy(&f);
	CHECK(verify("") == SW_PIN_WRONG(3));
	CHECK(verify(FIX_PIN) == SW_OK);
	CHECK(change("1111"
		     "739152",
		     4) == SW_PIN_WRONG(2));
	CHECK(change("2580"
		     "739152",
		     4) == SW_OK);
	CHECK(verify(FIX_PIN) == SW_PIN_WRONG(2));
	CHECK(verify("739152") == SW_OK);
	fix_power_cycle(&f);
	CHECK(verify("739152") == SW_OK);
}

static void
pin__trivial_or_malformed_new_one_is_refused(void)
{
	static const char *const rows[] = { "25801111", "25801234", "25809876", "2580739",
					    "258012a4" };

	fix_copy(&f);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint16_t sw = change(rows[i], 4);

		test_row(rows[i]);
		CHECK(sw == SW_DATA || sw == SW_LENGTH);
	}
	test_row("");
	CHECK(change("2580739152", 40) == SW_DATA);
	CHECK(verify(FIX_PIN) == SW_OK);
}

static void
pin__commands_know_one_reference(void)
{
	fix_copy(&f);
	CHECK(fix_send(&f, 0x00, ISO_INS_VERIFY, 0, 0x01, NULL, 0, NULL, NULL) == SW_REFERENCE);
	CHECK(fix_send(&f, 0x00, ISO_INS_VERIFY, 1, PIN_PURCHASE, NULL, 0, NULL, NULL) == SW_P1P2);
}

static struct emm_command
reset_to(uint32_t number, const char *digits)
{
	struct emm_command cmd = { .tag = EMM_TAG_PIN_RESET,
				   .u.pin_reset = { .which = PIN_PURCHASE,
						    .number = number,
						    .len = (uint8_t)strlen(digits) } };

	memcpy(cmd.u.pin_reset.digits, digits, strlen(digits));
	return cmd;
}

static uint16_t
send_reset(uint8_t flags, const struct emm_command *cmd, enum ca_emm_outcome *outcome)
{
	const struct emm_header h = fix_emm_header(&f, flags);

	return fix_emm_send(&f, &h, cmd, 1, outcome);
}

static void
reset__by_the_operator_frees_a_blocked_card_with_all_tries(void)
{
	const struct emm_command cmd = reset_to(1, "739152");
	enum ca_emm_outcome outcome;

	fix_copy(&f);
	CHECK(verify("1470") == SW_PIN_WRONG(2));
	CHECK(verify("1470") == SW_PIN_WRONG(1));
	CHECK(verify("1470") == SW_BLOCKED);
	CHECK(verify(FIX_PIN) == SW_BLOCKED);
	CHECK(send_reset(EMM_SIGNED, &cmd, &outcome) == SW_OK);
	CHECK(outcome == CA_EMM_APPLIED);
	CHECK(fix_info(&f).pin_tries == PIN_TRIES);
	CHECK(verify(FIX_PIN) == SW_PIN_WRONG(2));
	CHECK(verify("739152") == SW_OK);
	fix_power_cycle(&f);
	CHECK(verify("739152") == SW_OK);
}

static void
reset__counts_once_and_leaves_the_viewers_own_pin_alone(void)
{
	const struct emm_command first = reset_to(5, "739152"), next = reset_to(6, "860241");
	const struct emm_command older = reset_to(4, "111222");
	enum ca_emm_outcome outcome;

	fix_copy(&f);
	CHECK(send_reset(EMM_SIGNED, &first, &outcome) == SW_OK);
	CHECK(change("739152"
		     "9513",
		     6) == SW_OK);
	CHECK(verify("1470") == SW_PIN_WRONG(2));
	/* the head-end says it again with the next thing that changes */
	CHECK(send_reset(EMM_SIGNED, &first, &outcome) == SW_OK);
	CHECK(send_reset(EMM_SIGNED, &older, &outcome) == SW_OK);
	CHECK(fix_info(&f).pin_tries == 2);
	CHECK(verify("9513") == SW_OK);
	CHECK(send_reset(EMM_SIGNED, &next, &outcome) == SW_OK);
	CHECK(verify("9513") == SW_PIN_WRONG(2));
	CHECK(verify("860241") == SW_OK);
}

static void
reset__unsigned_trivial_or_of_another_pin_changes_nothing(void)
{
	const struct emm_command fit = reset_to(1, "739152"), trivial = reset_to(1, "1234");
	struct emm_command other = fit;

	other.u.pin_reset.which = 0x82;
	fix_copy(&f);
	nv_ram_remember(&f.nv);
	CHECK(send_reset(0, &fit, NULL) == SW_SECURITY_STATUS);
	CHECK(send_reset(EMM_SIGNED, &trivial, NULL) == SW_DATA);
	CHECK(send_reset(EMM_SIGNED, &other, NULL) == SW_REFERENCE);
	CHECK(nv_ram_is_as_remembered(&f.nv));
	CHECK(verify(FIX_PIN) == SW_OK);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(pin__wrong_spends_a_try_for_good_and_stages_nothing),
		TEST(pin__right_gives_the_tries_back),
		TEST(pin__is_changed_with_the_old_one_only),
		TEST(pin__trivial_or_malformed_new_one_is_refused),
		TEST(pin__commands_know_one_reference),
		TEST(reset__by_the_operator_frees_a_blocked_card_with_all_tries),
		TEST(reset__counts_once_and_leaves_the_viewers_own_pin_alone),
		TEST(reset__unsigned_trivial_or_of_another_pin_changes_nothing),
	};

	return test_run("apps: PIN", cases, sizeof cases / sizeof cases[0]);
}
