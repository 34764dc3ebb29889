// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/wire/iso7816: the seven cases of a command APDU (ISO/IEC 7816-3 12.1.3), and what is none. */
#include "base/mem.h"
#include "test.h"
#include "wire/iso7816/apdu.h"

#define ROOM 70000

static uint8_t command[ROOM], rebuilt[ROOM];

static const struct row {
	const char *name;
	size_t head_len;
	uint8_t head[8]; /* what follows CLA INS P1 P2, up to the data */
	size_t lc;
	size_t tail_len;
	uint8_t tail[2]; /* Le behind the data */
	uint32_t le;
	bool extended;
	bool shortest; /* apdu_build makes the same bytes */
} seven_cases[] = {
	{ "case 1", 0, { 0 }, 0, 0, { 0 }, 0, false, true },
	{ "case 2S, Le 1", 1, { 0x01 }, 0, 0, { 0 }, 1, false, true },
	{ "case 2S, Le 255", 1, { 0xFF }, 0, 0, { 0 }, 255, false, true },
	{ "case 2S, Le 256", 1, { 0x00 }, 0, 0, { 0 }, 256, false, true },
	{ "case 3S, Lc 1", 1, { 0x01 }, 1, 0, { 0 }, 0, false, true },
	{ "case 3S, Lc 255", 1, { 0xFF }, 255, 0, { 0 }, 0, false, true },
	{ "case 4S, Le 256", 1, { 0x02 }, 2, 1, { 0x00 }, 256, false, true },
	{ "case 4S, Le 3", 1, { 0xFF }, 255, 1, { 0x03 }, 3, false, true },
	{ "case 2E, Le 65536", 3, { 0, 0, 0 }, 0, 0, { 0 }, 65536, true, true },
	{ "case 2E, Le 257", 3, { 0, 1, 1 }, 0, 0, { 0 }, 257, true, true },
	{ "case 2E, Le 1", 3, { 0, 0, 1 }, 0, 0, { 0 }, 1, true, false },
	{ "case 3E, Lc 1", 3, { 0, 0, 1 }, 1, 0, { 0 }, 0, true, false },
	{ "case 3E, Lc 256", 3, { 0, 1, 0 }, 256, 0, { 0 }, 0, true, true },
	{ "case 3E, Lc 65535", 3, { 0, 0xFF, 0xFF }, 65535, 0, { 0 }, 0, true, true },
	{ "case 4E, Lc 1, Le 65536", 3, { 0, 0, 1 }, 1, 2, { 0, 0 }, 65536, true, true },
	{ "case 4E, Lc 300, Le 16", 3, { 0, 1, 44 }, 300, 2, { 0, 16 }, 16, true, true },
	{ "case 4E, Lc 65535, Le 65536",
	  3,
	  { 0, 0xFF, 0xFF },
	  65535,
	  2,
	  { 0, 0 },
	  65536,
	  true,
	  true },
};
#define CASES (sizeof seven_cases / sizeof seven_cases[0])

static size_t
make_command(const struct row *row)
{
	static const uint8_t header[4] = { 0x80, 0x10, 0x12, 0x34 };
	size_t n = 0;

	memcpy(command, header, 4);
	n = 4;
	memcpy(command + n, row->head, row->head_len);
	n += row->head_len;
	for (size_t i = 0; i < row->lc; i++)
		command[n++] = (uint8_t)(i * 7 + 1);
	memcpy(command + n, row->tail, row->tail_len);
	return n + row->tail_len;
}

static void
apdu__each_of_the_seven_cases_is_read(void)
{
	for (size_t i = 0; i < CASES; i++) {
		const struct row *row = &seven_cases[i];
		size_t len = make_command(row);
		struct apdu a;

		test_row(row->name);
		CHECK_RC(apdu_parse(command, len, &a), RC_OK);
		CHECK(a.cla == 0x80 && a.ins == 0x10 && a.p1 == 0x12 && a.p2 == 0x34);
		CHECK(a.lc == row->lc && a.le == row->le && a.extended == row->extended);
		CHECK(row->lc ? a.data == command + 4 + row->head_len : a.data == NULL);
	}
}

static void
apdu__building_gives_the_shortest_case_that_carries_lc_and_le(void)
{
	for (size_t i = 0; i < CASES; i++) {
		const struct row *row = &seven_cases[i];
		size_t len = make_command(row), built = 0;
		struct apdu a, again;

		test_row(row->name);
		CHECK_RC(apdu_parse(command, len, &a), RC_OK);
		CHECK_RC(apdu_build(&a, rebuilt, ROOM, &built), RC_OK);
		CHECK(row->shortest ? built == len : built < len);
		if (row->shortest)
			CHECK_BYTES(rebuilt, command, len);
		CHECK_RC(apdu_parse(rebuilt, built, &again), RC_OK);
		CHECK(again.lc == a.lc && again.le == a.le);
		CHECK_RC(apdu_build(&a, rebuilt, built - 1, &built), RC_SPACE);
	}
}

static void
apdu__lengths_that_fit_no_case_are_refused(void)
{
	static const struct {
		const char *name, *hex;
		enum rc want;
	} rows[] = {
		{ "nothing", "", RC_TRUNCATED },
		{ "three bytes", "00A404", RC_TRUNCATED },
		{ "Lc 2, one byte of data", "00A40400 02 3F", RC_FORMAT },
		{ "Lc 1, data, Le, one byte more", "00A40400 01 3F 00 00", RC_FORMAT },
		{ "00 and one byte", "00A40400 0001", RC_FORMAT },
		{ "extended Lc 0 with Le", "00A40400 000000 0000", RC_FORMAT },
		{ "extended Lc 0 and one byte", "00A40400 000000 00", RC_FORMAT },
		{ "extended Lc 2, one byte of data", "00A40400 000002 3F", RC_FORMAT },
		{ "extended Lc 1 and half an Le", "00A40400 000001 3F 00", RC_FORMAT },
		{ "extended Lc 1, Le, one byte more", "00A40400 000001 3F 0000 00", RC_FORMAT },
	};
	uint8_t bytes[32];
	struct apdu a;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t len = test_hex(rows[i].hex, bytes, sizeof bytes);

		test_row(rows[i].name);
		CHECK_RC(apdu_parse(bytes, len, &a), rows[i].want);
	}
}

static void
apdu__what_no_command_can_carry_is_not_built(void)
{
	struct apdu too_much = { .cla = 0, .ins = 0xB0, .le = 65537 };
	struct apdu no_data = { .cla = 0, .ins = 0xD6, .lc = 1 };
	size_t len;

	CHECK_RC(apdu_build(&too_much, rebuilt, ROOM, &len), RC_RANGE);
	CHECK_RC(apdu_build(&no_data, rebuilt, ROOM, &len), RC_RANGE);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(apdu__each_of_the_seven_cases_is_read),
		TEST(apdu__building_gives_the_shortest_case_that_carries_lc_and_le),
		TEST(apdu__lengths_that_fit_no_case_are_refused),
		TEST(apdu__what_no_command_can_carry_is_not_built),
	};

	return test_run("wire apdu", cases, sizeof cases / sizeof cases[0]);
}
