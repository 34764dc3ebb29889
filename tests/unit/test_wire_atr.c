// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/wire/iso7816: ATR and PPS. ATRs are those of cards and emulators in the field. */
#include "test.h"
#include "wire/iso7816/atr.h"

#include <string.h>

static void
atr__cards_of_the_field_are_read(void)
{
	static const struct {
		const char *name, *hex;
		enum rc rc;
		uint16_t protocols;
		uint8_t first, fi_di, ifsc, historical;
	} rows[] = {
		{ "T=0, nothing else", "3B021450", RC_OK, 1, 0, 0x11, 32, 2 },
		{ "T=1 only, defaults", "3B9513810180 73FF01000B", RC_OK, 2, 1, 0x13, 32, 5 },
		{ "JCOP: T=1, IFSC FE, BWI 4 CWI 5", "3BF81300008131FE454A434F5076323431B7", RC_OK,
		  2, 1, 0x13, 254, 8 },
		{ "T=0 and T=1", "3B8F8001804F0CA000000306030001000000006A", RC_OK, 3, 0, 0x11, 32,
		  15 },
		{ "TA2: specific mode", "3B9813400AA503010101AD1311", RC_OK, 1, 0, 0x13, 32, 8 },
		{ "wrong TCK", "3BF81300008131FE454A434F5076323431B6", RC_INTEGRITY, 0, 0, 0, 0,
		  0 },
		{ "cut", "3BF81300008131FE454A434F50763234", RC_TRUNCATED, 0, 0, 0, 0, 0 },
		{ "byte left over", "3B02145000", RC_FORMAT, 0, 0, 0, 0, 0 },
		{ "no TS", "3C021450", RC_FORMAT, 0, 0, 0, 0, 0 },
		{ "empty", "", RC_TRUNCATED, 0, 0, 0, 0, 0 },
	};
	uint8_t bytes[40];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t len = test_hex(rows[i].hex, bytes, sizeof bytes);
		struct atr a;

		test_row(rows[i].name);
		CHECK_RC(atr_parse(bytes, len, &a), rows[i].rc);
		if (rows[i].rc != RC_OK)
			continue;
		CHECK(a.protocols == rows[i].protocols);
		CHECK(a.first_protocol == rows[i].first);
		CHECK(a.fi_di == rows[i].fi_di);
		CHECK(a.ifsc == rows[i].ifsc);
		CHECK(a.historical_len == rows[i].historical);
	}
}

static void
atr__what_is_built_is_read_back(void)
{
	uint8_t bytes[ATR_SIZE_MAX];
	size_t len;

	for (unsigned int i = 0; i < 12; i++) {
		struct atr a = { .fi_di = i % 2 ? 0x18 : FI_DI_DEFAULT,
				 .has_ta1 = i % 2 != 0,
				 .extra_guard = i % 3 ? 0 : 255,
				 .protocols = (uint16_t)(1 + i % 3),
				 .first_protocol = (1 + i % 3) == 2 ? 1 : 0,
				 .wi = 10,
				 .ifsc = 32,
				 .bwi = 4,
				 .cwi = 13,
				 .historical_len = 7 },
			   got;

		if ((a.protocols & 2) != 0) {
			a.ifsc = 254;
			a.bwi = 3;
			a.cwi = 5;
			a.edc = i % 4 == 1 ? T1_CRC : T1_LRC;
		}
		memcpy(a.historical, "TESSERA", 7);
		CHECK_RC(atr_build(&a, bytes, sizeof bytes, &len), RC_OK);
		CHECK_RC(atr_parse(bytes, len, &got), RC_OK);
		CHECK(got.protocols == a.protocols && got.first_protocol == a.first_protocol);
		CHECK(got.fi_di == a.fi_di && got.extra_guard == a.extra_guard);
		CHECK(got.ifsc == a.ifsc && got.bwi == a.bwi && got.cwi == a.cwi);
		CHECK(got.edc == a.edc);
		CHECK_BYTES(got.historical, "TESSERA", 7);
		for (size_t cut = 0; cut < len; cut++)
			CHECK(atr_parse(bytes, cut, &got) != RC_OK);
	}
}

static void
pps__the_card_takes_what_it_offers_and_slower(void)
{
	static const struct {
		const char *request, *answer; /* empty: silence */
	} rows[] = {
		{ "FF00FF", "FF00FF" },     { "FF1018F7", "FF1018F7" }, { "FF1113FD", "FF1113FD" },
		{ "FF1111FF", "FF1111FF" }, { "FF1194 7A", "FF01FE" },  { "FF0EF1", "" },
		{ "FF1118F6", "FF1118F6" },
	};
	const struct atr card = { .fi_di = 0x18, .has_ta1 = true, .protocols = 3 };
	uint8_t bytes[8], want[8], out[PPS_MAX];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t len = test_hex(rows[i].request, bytes, sizeof bytes);
		size_t want_len = test_hex(rows[i].answer, want, sizeof want);
		struct pps request, answer;

		test_row(rows[i].request);
		CHECK(pps_length(bytes, len) == len);
		CHECK_RC(pps_parse(bytes, len, &request), RC_OK);
		if (want_len == 0) {
			CHECK_RC(pps_answer(&card, &request, &answer), RC_REFUSED);
			continue;
		}
		CHECK_RC(pps_answer(&card, &request, &answer), RC_OK);
		CHECK(pps_build(&answer, out) == want_len);
		CHECK_BYTES(out, want, want_len);
		bytes[len - 1] ^= 1;
		CHECK_RC(pps_parse(bytes, len, &request), RC_INTEGRITY);
	}
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(atr__cards_of_the_field_are_read),
		TEST(atr__what_is_built_is_read_back),
		TEST(pps__the_card_takes_what_it_offers_and_slower),
	};

	return test_run("wire_atr", cases, sizeof cases / sizeof cases[0]);
}
