// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/scramble/circuits.h on all 32 inputs of each S-box at once: bit i of a word is input i. The
 * tables here are the truth tables of the cipher's description, another form of it than the
 * generator's. */
#include "test.h"

#include <string.h>

#include "scramble/vec_word.h"

#include "scramble/circuits.h"

static void
circuits__each_sbox_has_its_truth_table(void)
{
	static const struct {
		const char *name;
		void (*run)(vec a, vec b, vec c, vec d, vec e, vec *h, vec *l);
		uint32_t h, l;
	} rows[] = {
		{ "S1", sbox_1, 0x4B368771, 0x78C6B16C }, { "S2", sbox_2, 0x58B98679, 0xE41B4B63 },
		{ "S3", sbox_3, 0x69D25879, 0xE41B1BE4 }, { "S4", sbox_4, 0x66B492AD, 0x92AD994B },
		{ "S5", sbox_5, 0x9C274CF1, 0x35E29E58 }, { "S6", sbox_6, 0x691BB46C, 0x66D2E61A },
		{ "S7", sbox_7, 0xB38C691E, 0x266D9D92 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		vec h, l;

		test_row(rows[i].name);
		rows[i].run(0xFFFF0000, 0xFF00FF00, 0xF0F0F0F0, 0xCCCCCCCC, 0xAAAAAAAA, &h, &l);
		CHECK((uint32_t)h == rows[i].h);
		CHECK((uint32_t)l == rows[i].l);
	}
}

static void
circuits__planes_and_bytes_are_each_others_transposition(void)
{
	vec t[8], want[8];

	for (unsigned int k = 0; k < 8; k++) {
		want[k] = 0;
		t[k] = UINT64_C(0x9E3779B97F4A7C15) * (k + 1);
	}
	for (unsigned int k = 0; k < 8; k++) {
		for (unsigned int bit = 0; bit < 64; bit++)
			want[bit % 8] |= (t[k] >> bit & 1) << (bit / 8 * 8 + k);
	}
	vec_bytes_of_planes(t);
	CHECK(memcmp(t, want, sizeof t) == 0);
	vec_planes_of_bytes(t);
	CHECK(t[2] == UINT64_C(0x9E3779B97F4A7C15) * 3);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(circuits__each_sbox_has_its_truth_table),
		TEST(circuits__planes_and_bytes_are_each_others_transposition),
	};

	return test_run("circuits", cases, sizeof cases / sizeof cases[0]);
}
