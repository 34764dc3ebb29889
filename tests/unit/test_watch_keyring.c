// SPDX-License-Identifier: GPL-3.0-or-later
/* Which word opens which packet, played step by step: a script of ECMs and packets. */
#include "base/mem.h"
#include "test.h"
#include "watch/keyring.h"

#define NONE 0xFFFFFFFFU

static void
word_of(uint32_t period, uint8_t cw[ECM_CW_MAX])
{
	memset(cw, 0, ECM_CW_MAX);
	cw[0] = (uint8_t)(period + 1);
	cw[1] = 0x77;
}

static void
install(struct keyring *k, uint32_t period)
{
	uint8_t even[ECM_CW_MAX], odd[ECM_CW_MAX];

	word_of(period + (period & 1U), even);
	word_of(period | 1U, odd);
	keyring_install(k, period, 8, even, odd);
}

/* The period whose word opens the next packet. */
static uint32_t
packet(struct keyring *k, struct keyring_pid *pid, unsigned int parity)
{
	enum keyring_slot slot = KEY_EVEN;
	uint8_t want[ECM_CW_MAX];

	if (!keyring_choose(k, pid, parity, &slot))
		return NONE;
	CHECK(k->words[slot].set);
	word_of(k->words[slot].period, want);
	CHECK_BYTES(k->words[slot].cw, want, 8);
	return k->words[slot].period;
}

static void
keyring__words_follow_the_parity_from_period_to_period(void)
{
	struct keyring k = { 0 };
	struct keyring_pid pid = { 0 };

	CHECK(packet(&k, &pid, 0) == NONE);
	for (uint32_t period = 100; period < 106; period++) {
		install(&k, period);
		for (unsigned int i = 0; i < 10; i++)
			CHECK(packet(&k, &pid, period & 1U) == period);
	}
}

static void
keyring__the_next_word_opens_before_its_own_ecm(void)
{
	struct keyring k = { 0 };
	struct keyring_pid pid = { 0 };

	install(&k, 100);
	CHECK(packet(&k, &pid, 0) == 100);
	for (unsigned int i = 0; i < 50; i++)
		CHECK(packet(&k, &pid, 1) == 101);
	for (unsigned int i = 0; i < 50; i++)
		CHECK(packet(&k, &pid, 0) == NONE);
	install(&k, 102);
	CHECK(packet(&k, &pid, 0) == 102);
}

static void
keyring__an_ecm_that_comes_early_leaves_the_running_word_in_place(void)
{
	struct keyring k = { 0 };
	struct keyring_pid pid = { 0 };

	install(&k, 100);
	CHECK(packet(&k, &pid, 0) == 100);
	install(&k, 101); /* carries the word of 102, of the same parity as 100 */
	for (unsigned int i = 0; i < 20; i++)
		CHECK(packet(&k, &pid, 0) == 100);
	for (unsigned int i = 0; i < 20; i++)
		CHECK(packet(&k, &pid, 1) == 101);
	for (unsigned int i = 0; i < 20; i++)
		CHECK(packet(&k, &pid, 0) == 102);
}

static void
keyring__a_pid_that_is_late_gets_the_word_of_the_last_period_for_a_while(void)
{
	struct keyring k = { 0 };
	struct keyring_pid fast = { 0 }, slow = { 0 };

	install(&k, 100);
	CHECK(packet(&k, &fast, 0) == 100);
	CHECK(packet(&k, &slow, 0) == 100);
	for (unsigned int i = 0; i < KEYRING_CONFIRM; i++)
		CHECK(packet(&k, &fast, 1) == 101);
	install(&k, 101);
	CHECK(packet(&k, &slow, 0) == 100);
	CHECK(packet(&k, &fast, 1) == 101);
	for (unsigned int i = 0; i < KEYRING_GRACE; i++)
		CHECK(packet(&k, &fast, 1) == 101);
	CHECK(packet(&k, &slow, 0) == 102); /* too late to be of 100 */
}

static void
keyring__a_pid_that_had_no_packet_in_a_short_period_gets_the_word_of_the_next(void)
{
	struct keyring_pid sound = { 0 }, text = { 0 };
	struct keyring k = { 0 };

	install(&k, 100);
	CHECK(packet(&k, &text, 0) == 100 && packet(&k, &sound, 0) == 100);
	install(&k, 101);
	for (unsigned int i = 0; i < KEYRING_CONFIRM + 2; i++)
		CHECK(packet(&k, &sound, 1) == 101);
	install(&k, 102);
	CHECK(packet(&k, &text, 0) == 102);
	CHECK(packet(&k, &sound, 0) == 102);
}

static void
keyring__one_damaged_header_does_not_turn_the_period(void)
{
	struct keyring k = { 0 };
	struct keyring_pid pid = { 0 };

	install(&k, 100);
	CHECK(packet(&k, &pid, 0) == 100);
	CHECK(packet(&k, &pid, 1) == 101);
	for (unsigned int i = 0; i < 20; i++)
		CHECK(packet(&k, &pid, 0) == 100);
}

static void
keyring__refusal_takes_the_words_of_that_period_and_later(void)
{
	struct keyring k = { 0 };
	struct keyring_pid pid = { 0 };

	install(&k, 100);
	CHECK(packet(&k, &pid, 0) == 100);
	keyring_refuse(&k, 101);
	CHECK(packet(&k, &pid, 0) == 100);
	CHECK(packet(&k, &pid, 1) == NONE);
	keyring_refuse(&k, 101); /* asked again */
	CHECK(packet(&k, &pid, 1) == NONE);
	install(&k, 101); /* bought */
	CHECK(packet(&k, &pid, 1) == 101);
}

static void
keyring__a_gap_of_periods_leaves_no_old_word(void)
{
	static const uint32_t next[] = { 103, 104, 99, 5, 0x80000000U };

	for (size_t i = 0; i < sizeof next / sizeof next[0]; i++) {
		struct keyring k = { 0 };
		struct keyring_pid pid = { 0 };

		install(&k, 100);
		CHECK(packet(&k, &pid, 0) == 100);
		install(&k, next[i]);
		CHECK(packet(&k, &pid, next[i] & 1U) == next[i]);
		CHECK(packet(&k, &pid, ~next[i] & 1U) == next[i] + 1);
	}
}

static void
keyring__a_word_of_zeros_is_no_word(void)
{
	struct keyring k = { 0 };
	struct keyring_pid pid = { 0 };
	uint8_t even[ECM_CW_MAX], zeros[ECM_CW_MAX] = { 0 };

	word_of(100, even);
	keyring_install(&k, 100, 8, even, zeros);
	CHECK(packet(&k, &pid, 0) == 100);
	CHECK(packet(&k, &pid, 1) == NONE);
}

static void
keyring__wiping_leaves_no_byte_of_a_word(void)
{
	struct keyring k = { 0 };
	struct keyring_pid pid = { 0 };
	uint8_t zeros[ECM_CW_MAX] = { 0 };

	install(&k, 100);
	install(&k, 101);
	keyring_wipe(&k);
	for (unsigned int i = 0; i < KEY_SLOTS; i++)
		CHECK_BYTES(k.words[i].cw, zeros, ECM_CW_MAX);
	CHECK(packet(&k, &pid, 0) == NONE);
	CHECK(keyring_take_change(&k, KEY_EVEN) && !keyring_take_change(&k, KEY_EVEN));
}

int
main(void)
{
	const struct test_case cases[] = {
		TEST(keyring__words_follow_the_parity_from_period_to_period),
		TEST(keyring__the_next_word_opens_before_its_own_ecm),
		TEST(keyring__an_ecm_that_comes_early_leaves_the_running_word_in_place),
		TEST(keyring__a_pid_that_is_late_gets_the_word_of_the_last_period_for_a_while),
		TEST(keyring__a_pid_that_had_no_packet_in_a_short_period_gets_the_word_of_the_next),
		TEST(keyring__one_damaged_header_does_not_turn_the_period),
		TEST(keyring__refusal_takes_the_words_of_that_period_and_later),
		TEST(keyring__a_gap_of_periods_leaves_no_old_word),
		TEST(keyring__a_word_of_zeros_is_no_word),
		TEST(keyring__wiping_leaves_no_byte_of_a_word),
	};

	return test_run("watch_keyring", cases, sizeof cases / sizeof cases[0]);
}
