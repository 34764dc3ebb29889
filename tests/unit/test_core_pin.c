// SPDX-License-Identifier: GPL-3.0-or-later
/* smartcard/core: PIN and its try counter. */
#include "base/status_word.h"
#include "core/pin.h"
#include "nv_ram.h"
#include "test.h"

#include <string.h>

static struct nv_ram ram;
static struct nv nv;
static struct card_env env;
static const struct pin_place place = { .offset = 200, .cells = 0, .n_cells = 2, .cell = 1 };

static void
mount_again(void)
{
	nv_ram_power_up(&ram);
	CHECK_RC(nv_mount(&nv, &ram.port), RC_OK);
}

static uint16_t
verify(const char *pin)
{
	return pin_verify(&env, &place, (const uint8_t *)pin, (uint8_t)strlen(pin));
}

static uint16_t
set(const char *pin)
{
	uint16_t sw = pin_set(&env, &place, (const uint8_t *)pin, (uint8_t)strlen(pin));

	if (sw == SW_OK)
		CHECK_RC(nv_commit(&nv), RC_OK);
	return sw;
}

static void
start(void)
{
	nv_ram_init(&ram, 4096, 64);
	CHECK_RC(nv_format(&nv, &ram.port), RC_OK);
	mount_again();
	env.part = (struct nv_part) { &nv, nv_first_offset(&ram.port), 512 };
	CHECK(set("2580") == SW_OK);
}

static void
pin__tries_count_down_to_blocked_and_success_restores_them(void)
{
	start();
	CHECK(pin_tries_left(&env, &place) == 3);
	CHECK(verify("1111") == 0x63C2);
	CHECK(verify("25800") == 0x63C1);
	CHECK(verify("2580") == SW_OK);
	CHECK(pin_tries_left(&env, &place) == 3);
	CHECK(verify("1111") == 0x63C2);
	CHECK(verify("1111") == 0x63C1);
	CHECK(verify("1111") == SW_BLOCKED);
	CHECK(verify("2580") == SW_BLOCKED);
	mount_again();
	CHECK(verify("2580") == SW_BLOCKED);
	CHECK(pin_tries_left(&env, &place) == 0);
	CHECK(set("0852") == SW_OK);
	CHECK(verify("0852") == SW_OK);
}

static void
pin__what_is_no_pin_spends_no_try(void)
{
	static const char *const rows[] = { "", "258", "123456789", "25a0", "25 0" };

	start();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i]);
		CHECK(verify(rows[i]) == SW_DATA);
		CHECK(set(rows[i]) == SW_DATA);
	}
	test_row("");
	CHECK(pin_tries_left(&env, &place) == 3);
	CHECK(verify("2580") == SW_OK);
}

static void
pin__trivial_ones_are_refused(void)
{
	static const struct {
		const char *pin;
		uint16_t sw;
	} rows[] = {
		{ "0000", SW_DATA },   { "77777777", SW_DATA }, { "1234", SW_DATA },
		{ "98765", SW_DATA },  { "3456789", SW_DATA },  { "1235", SW_OK },
		{ "9012", SW_OK },     { "0001", SW_OK },       { "12344321", SW_OK },
		{ "24681357", SW_OK },
	};

	start();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].pin);
		CHECK(set(rows[i].pin) == rows[i].sw);
	}
	test_row("");
	CHECK(verify("24681357") == SW_OK);
}

static void
pin__none_was_ever_set(void)
{
	start();
	env.part.base += 512;
	CHECK(verify("2580") == SW_CONDITIONS);
	CHECK(pin_tries_left(&env, &place) == 0);
}

static void
pin__a_power_cut_gives_no_try_back(void)
{
	for (int tear = 0; tear < TEAR_COUNT; tear++) {
		uint16_t sw = 0;

		for (int64_t n = 0; sw != 0x63C2; n++) {
			start();
			nv_ram_plan_cut(&ram, n, (enum tear)tear);
			sw = verify("1111");
			CHECK(sw == 0x63C2 || sw == SW_MEMORY);
			mount_again();
			/* Without a comparison the try may or may not be spent; with one it is. */
			CHECK(pin_tries_left(&env, &place) == 2 ||
			      (sw == SW_MEMORY && pin_tries_left(&env, &place) == 3));
		}
	}
}

static void
pin__a_change_torn_anywhere_leaves_the_old_or_the_new(void)
{
	unsigned int old = 0, new = 0;

	for (int tear = 0; tear < TEAR_COUNT; tear++) {
		enum rc rc = RC_IO;

		for (int64_t n = 0; rc != RC_OK; n++) {
			bool is_new;

			start();
			nv_ram_plan_cut(&ram, n, (enum tear)tear);
			if (pin_set(&env, &place, (const uint8_t *)"0852", 4) == SW_OK)
				rc = nv_commit(&nv);
			mount_again();
			is_new = verify("0852") == SW_OK;
			CHECK((verify("2580") == SW_OK) != is_new);
			CHECK(is_new || rc != RC_OK);
			(is_new ? &new : &old)[0]++;
		}
	}
	CHECK(old > 4 && new > 4);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(pin__tries_count_down_to_blocked_and_success_restores_them),
		TEST(pin__what_is_no_pin_spends_no_try),
		TEST(pin__trivial_ones_are_refused),
		TEST(pin__none_was_ever_set),
		TEST(pin__a_power_cut_gives_no_try_back),
		TEST(pin__a_change_torn_anywhere_leaves_the_old_or_the_new),
	};

	return test_run("core_pin", cases, sizeof cases / sizeof cases[0]);
}
