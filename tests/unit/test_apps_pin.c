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

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(pin__wrong_spends_a_try_for_good_and_stages_nothing),
		TEST(pin__right_gives_the_tries_back),
		TEST(pin__is_changed_with_the_old_one_only),
		TEST(pin__trivial_or_malformed_new_one_is_refused),
		TEST(pin__commands_know_one_reference),
	};

	return test_run("apps: PIN", cases, sizeof cases / sizeof cases[0]);
}
