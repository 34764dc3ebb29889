// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/stream: PAT, PMT and CAT. */
#include "base/crc32.h"
#include "base/bytes.h"
#include "stream/psi.h"
#include "test.h"

#include <string.h>

/* A PMT as ffmpeg 5.1 writes it (libavformat mpegts, one H.264 and one AAC stream, PCR on 0100). */
static const char pmt_hex[] = "02B0170001C10000E100F0001BE100F0000FE101F0002F44B99B";

static void
pmt__a_real_table_is_read_field_by_field(void)
{
	uint8_t section[64];
	size_t len = test_hex(pmt_hex, section, sizeof section);
	struct psi_stream stream;
	struct psi_pmt pmt;

	CHECK_RC(psi_pmt_parse(section, len, &pmt), RC_OK);
	CHECK(pmt.h.extension == 1 && pmt.h.version == 0 && pmt.h.current);
	CHECK(pmt.pcr_pid == 0x100 && pmt.descriptors.left == 0);
	CHECK(psi_stream_next(&pmt.streams, &stream) && stream.type == 0x1B && stream.pid == 0x100);
	CHECK(psi_stream_next(&pmt.streams, &stream) && stream.type == 0x0F && stream.pid == 0x101);
	CHECK(!psi_stream_next(&pmt.streams, &stream));
}

static void
pmt__every_truncation_and_every_flipped_bit_is_refused(void)
{
	uint8_t section[64];
	size_t len = test_hex(pmt_hex, section, sizeof section);
	struct psi_pmt pmt;

	for (size_t n = 0; n < len; n++)
		CHECK_RC(psi_pmt_parse(section, n, &pmt), RC_TRUNCATED);
	for (size_t bit = 0; bit < len * 8; bit++) {
		section[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CHECK(psi_pmt_parse(section, len, &pmt) != RC_OK);
		section[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static void
pmt__inner_lengths_that_lie_are_refused_under_a_right_crc(void)
{
	uint8_t section[64];
	size_t len = test_hex(pmt_hex, section, sizeof section);
	struct psi_pmt pmt;

	for (size_t at = 10; at <= 20; at += at == 10 ? 5 : 5) {
		for (unsigned int lie = 1; lie < 4096; lie += 7) {
			uint8_t copy[64];

			memcpy(copy, section, len);
			put_be16(copy + at, (uint16_t)(0xF000U | lie));
			put_be32(copy + len - 4, crc32_mpeg(CRC32_START, copy, len - 4));
			if (at == 10 && (lie == 5 || lie == 10))
				continue; /* these may well be descriptors */
			if (psi_pmt_parse(copy, len, &pmt) == RC_OK) {
				CHECK(lie <= 10);
				continue;
			}
			CHECK_RC(psi_pmt_parse(copy, len, &pmt), RC_FORMAT);
		}
	}
}

static void
ca__a_descriptor_is_added_found_and_removed_again(void)
{
	static const uint8_t private_data[] = { 0x00, 0x2A, 0x01 };
	const struct psi_ca ours = { 0x5445, 0x1F00, private_data, sizeof private_data };
	const struct psi_ca theirs = { 0x0B00, 0x0300, NULL, 0 };
	uint8_t section[64], one[PSI_SECTION_MAX], two[PSI_SECTION_MAX];
	size_t len = test_hex(pmt_hex, section, sizeof section), one_len, two_len;
	struct psi_edit edit = { .version = 7, .add_ca = &theirs };
	struct psi_pmt pmt;
	struct psi_ca ca;

	CHECK_RC(psi_pmt_parse(section, len, &pmt), RC_OK);
	CHECK_RC(psi_pmt_edit(&pmt, &edit, one, &one_len), RC_OK);
	CHECK_RC(psi_pmt_parse(one, one_len, &pmt), RC_OK);
	edit.add_ca = &ours;
	CHECK_RC(psi_pmt_edit(&pmt, &edit, two, &two_len), RC_OK);
	CHECK_RC(psi_pmt_parse(two, two_len, &pmt), RC_OK);
	CHECK(pmt.h.version == 7 && two_len == len + 6 + 9);
	CHECK(psi_ca_find(pmt.descriptors, 0x5445, &ca));
	CHECK(ca.pid == 0x1F00 && ca.private_len == 3);
	CHECK_BYTES(ca.private_data, private_data, 3);
	CHECK(psi_ca_find(pmt.descriptors, 0x0B00, &ca) && ca.pid == 0x0300 && ca.private_len == 0);
	edit = (struct psi_edit) { .version = 0, .remove_ca = true, .remove_system_id = 0x5445 };
	CHECK_RC(psi_pmt_edit(&pmt, &edit, one, &one_len), RC_OK);
	CHECK_RC(psi_pmt_parse(one, one_len, &pmt), RC_OK);
	CHECK(!psi_ca_find(pmt.descriptors, 0x5445, &ca));
	edit.remove_system_id = 0x0B00;
	CHECK_RC(psi_pmt_edit(&pmt, &edit, two, &two_len), RC_OK);
	CHECK(two_len == len);
	CHECK_BYTES(two, section, len);
}

static void
ca__a_descriptor_of_the_same_operator_is_replaced_and_others_stay(void)
{
	/* Program loop: 5445 of operator 2A, 5445 of operator 2B, a scrambling_descriptor, 0B00;
	 * one stream with 5445 of operator 2A. */
	static const uint8_t private_data[] = { 0x00, 0x2A, 0x01 };
	const struct psi_ca ours = { 0x5445, 0x1F00, private_data, sizeof private_data };
	const struct psi_edit edit = { .add_ca = &ours, .replace_ca = &ours, .remove_tag = 0x65 };
	uint8_t section[96], out[PSI_SECTION_MAX];
	size_t len = test_hex("02B0410001C10000E100F01B"
			      "09075445E200002A0109075445E201002B0165011009040B00E300"
			      "1BE100F00909075445E202002A01",
			      section, sizeof section),
	       out_len;
	struct psi_stream stream;
	struct psi_pmt pmt;
	struct psi_ca ca;

	put_be16(section + 1, (uint16_t)(0xB000U | (len - 3 + 4)));
	put_be32(section + len, crc32_mpeg(CRC32_START, section, len));
	CHECK_RC(psi_pmt_parse(section, len + 4, &pmt), RC_OK);
	CHECK_RC(psi_pmt_edit(&pmt, &edit, out, &out_len), RC_OK);
	CHECK_RC(psi_pmt_parse(out, out_len, &pmt), RC_OK);
	CHECK(psi_ca_find(pmt.descriptors, 0x5445, &ca) && ca.pid == 0x0201);
	CHECK(psi_ca_find(pmt.descriptors, 0x0B00, &ca));
	CHECK(out_len == len + 4 - 9 - 3 - 9 + 9);
	CHECK(psi_stream_next(&pmt.streams, &stream));
	CHECK(!psi_ca_find(stream.descriptors, 0x5445, &ca));
}

static void
ca__a_descriptor_in_a_stream_loop_is_removed_too(void)
{
	/* One stream of type 1B whose loop holds CA_descriptors of 5445 and 0B00. */
	uint8_t section[64], out[PSI_SECTION_MAX];
	size_t len = test_hex("02B01E0001C10000E100F0001BE100F00C09045445E20009040B00E300", section,
			      sizeof section),
	       out_len;
	struct psi_edit edit = { .remove_ca = true, .remove_system_id = 0x5445 };
	struct psi_stream stream;
	struct psi_pmt pmt;
	struct psi_ca ca;

	put_be32(section + len, crc32_mpeg(CRC32_START, section, len));
	CHECK_RC(psi_pmt_parse(section, len + 4, &pmt), RC_OK);
	CHECK_RC(psi_pmt_edit(&pmt, &edit, out, &out_len), RC_OK);
	CHECK_RC(psi_pmt_parse(out, out_len, &pmt), RC_OK);
	CHECK(psi_stream_next(&pmt.streams, &stream));
	CHECK(!psi_ca_find(stream.descriptors, 0x5445, &ca));
	CHECK(psi_ca_find(stream.descriptors, 0x0B00, &ca));
}

static void
cat__is_made_from_nothing_and_grows_until_it_is_full(void)
{
	struct psi_cat cat = { { PSI_TABLE_CAT, 0xFFFF, 0, true, 0, 0 }, { NULL, 0 } };
	uint8_t room[2][PSI_SECTION_MAX];
	size_t len, count = 0;
	enum rc rc;

	for (;; count++) {
		struct psi_ca ca = { 0x5445, (uint16_t)(0x1000 + count), NULL, 0 };
		struct psi_edit edit = { .version = (uint8_t)(count & 31U), .add_ca = &ca };
		uint8_t *out = room[count & 1U];

		rc = psi_cat_edit(&cat, &edit, out, &len);
		if (rc != RC_OK)
			break;
		CHECK_RC(psi_cat_parse(out, len, &cat), RC_OK);
		CHECK(cat.h.version == (count & 31U) && cat.h.extension == 0xFFFF);
	}
	CHECK_RC(rc, RC_SPACE);
	CHECK(count == (1024 - 12) / 6);
}

static void
pat__what_is_built_is_read_back(void)
{
	const struct psi_header h = { PSI_TABLE_PAT, 0x1234, 31, true, 1, 2 };
	const struct psi_program programs[] = { { 0, 0x10 }, { 1, 0x1000 }, { 0xFFFF, 0x1FFE } };
	uint8_t out[PSI_SECTION_MAX];
	struct psi_program program;
	struct psi_pat pat;
	size_t len;

	CHECK_RC(psi_pat_build(&h, programs, 3, out, &len), RC_OK);
	CHECK_RC(psi_pat_parse(out, len, &pat), RC_OK);
	CHECK(memcmp(&pat.h, &h, sizeof h) == 0 ||
	      (pat.h.version == 31 && pat.h.last_section == 2));
	for (size_t i = 0; i < 3; i++) {
		CHECK(psi_program_next(&pat.programs, &program));
		CHECK(program.number == programs[i].number && program.pid == programs[i].pid);
	}
	CHECK(!psi_program_next(&pat.programs, &program));
	CHECK_RC(psi_cat_parse(out, len, &(struct psi_cat) { 0 }), RC_FORMAT);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(pmt__a_real_table_is_read_field_by_field),
		TEST(pmt__every_truncation_and_every_flipped_bit_is_refused),
		TEST(pmt__inner_lengths_that_lie_are_refused_under_a_right_crc),
		TEST(ca__a_descriptor_is_added_found_and_removed_again),
		TEST(ca__a_descriptor_of_the_same_operator_is_replaced_and_others_stay),
		TEST(ca__a_descriptor_in_a_stream_loop_is_removed_too),
		TEST(cat__is_made_from_nothing_and_grows_until_it_is_full),
		TEST(pat__what_is_built_is_read_back),
	};

	return test_run("stream_psi", cases, sizeof cases / sizeof cases[0]);
}
