// SPDX-License-Identifier: GPL-3.0-or-later
/* smartcard/emulator: image file, lock, generation counter. */
#include "base/status_word.h"
#include "apps/profile.h"
#include "core/card.h"
#include "emulator/emulator.h"
#include "emulator/image.h"
#include "emulator/inspect.h"
#include "emulator_host.h"
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define IMAGE_SIZE (IMAGE_HEADER + CARD_NV_SIZE)

static char folder[64], path[128], beside[160], copy[128];
static char why[EMULATOR_WHY];

static void
start(void)
{
	snprintf(folder, sizeof folder, "/tmp/tessera-test-XXXXXX");
	CHECK(mkdtemp(folder) != NULL);
	snprintf(path, sizeof path, "%s/card.img", folder);
	snprintf(beside, sizeof beside, "%s.generation", path);
	snprintf(copy, sizeof copy, "%s/copy.img", folder);
	CHECK_RC(emulator_create(path, why), RC_OK);
}

static void
finish(void)
{
	unlink(path);
	unlink(beside);
	unlink(copy);
	CHECK(rmdir(folder) == 0);
}

static size_t
read_file(const char *name, uint8_t *data, size_t cap)
{
	FILE *f = fopen(name, "rb");
	size_t n = f ? fread(data, 1, cap, f) : 0;

	if (f)
		fclose(f);
	return n;
}

static void
write_file(const char *name, const void *data, size_t len)
{
	FILE *f = fopen(name, "wb");

	CHECK(f && fwrite(data, 1, len, f) == len);
	if (f)
		fclose(f);
}

static uint8_t bytes[IMAGE_SIZE + 1];

static enum rc
open_and_close(bool allow_rollback)
{
	struct emulator *e = NULL;
	enum rc rc = emulator_open(path, allow_rollback, &e, why);

	emulator_close(&e);
	CHECK(e == NULL);
	return rc;
}

static void
image_header__round_trip_and_every_damaged_byte_is_noticed(void)
{
	const struct image_header want = { 2, 32768, 64, { 1, 2, 3, 4, 5, 6, 7, 8 } };
	uint8_t header[IMAGE_HEADER];
	struct image_header got;

	image_header_encode(&want, header);
	CHECK_RC(image_header_decode(header, &got), RC_OK);
	CHECK(got.nv_size == want.nv_size && got.nv_page == want.nv_page);
	CHECK_BYTES(got.uid, want.uid, IMAGE_UID);
	for (size_t i = 0; i < sizeof header; i++) {
		enum rc rc;

		header[i] ^= 0x10;
		rc = image_header_decode(header, &got);
		CHECK(rc == (i < 12 ? RC_FORMAT : i < 16 ? RC_VERSION : RC_INTEGRITY));
		header[i] ^= 0x10;
	}
}

static void
generation_line__round_trip_and_nothing_else_is_read(void)
{
	static const uint8_t uid[IMAGE_UID] = { 0xAB, 1, 2, 3, 4, 5, 6, 0xFF };
	char line[GENERATION_LINE];
	uint8_t got[IMAGE_UID];
	uint32_t generation = 0;
	size_t len = generation_encode(uid, UINT32_MAX, line);

	CHECK(strcmp(line, "uid AB010203040506FF generation 4294967295\n") == 0);
	CHECK_RC(generation_decode(line, len, got, &generation), RC_OK);
	CHECK(generation == UINT32_MAX && memcmp(got, uid, IMAGE_UID) == 0);
	for (size_t n = 0; n < len; n++)
		CHECK_RC(generation_decode(line, n, got, &generation), RC_FORMAT);
	line[32] = '9';
	CHECK_RC(generation_decode(line, len, got, &generation), RC_FORMAT);
	line[32] = '-';
	CHECK_RC(generation_decode(line, len, got, &generation), RC_FORMAT);
	line[32] = '0';
	line[5] = 'x';
	CHECK_RC(generation_decode(line, len, got, &generation), RC_FORMAT);
}

static void
emulator__a_new_card_opens_and_survives(void)
{
	struct emulator_state state;
	struct emulator *e = NULL;
	struct stat st;

	start();
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600 && st.st_size == IMAGE_SIZE);
	CHECK(stat(beside, &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK_RC(emulator_create(path, why), RC_CONFLICT);
	CHECK_RC(emulator_open(path, false, &e, why), RC_OK);
	CHECK(why[0] == '\0');
	CHECK_RC(emulator_inspect(e, &state), RC_OK);
	CHECK(state.life == CARD_OP_READY && state.key_version == 0xFF &&
	      state.part_count == 4 + PROFILE_APP_COUNT);
	CHECK(emulator_send(e, "80500000080102030405060708") == SW_OK);
	emulator_close(&e);
	CHECK_RC(emulator_open(path, false, &e, why), RC_OK);
	CHECK(emulator_send(e, "80CA00C100") == SW_OK);
	CHECK(emulator_send(e, "80500000080102030405060708") == SW_OK);
	emulator_close(&e);
	finish();
}

static void
emulator__opening_and_reading_write_nothing(void)
{
	static uint8_t before[IMAGE_SIZE];
	struct emulator *e = NULL;

	start();
	CHECK(read_file(path, before, sizeof before) == IMAGE_SIZE);
	CHECK_RC(emulator_open(path, false, &e, why), RC_OK);
	CHECK(emulator_send(e, "80CA00E000") == SW_OK);
	CHECK(emulator_send(e, "00A4040009F0544553534552410100") == SW_OK);
	emulator_close(&e);
	CHECK(read_file(path, bytes, sizeof bytes) == IMAGE_SIZE);
	CHECK(memcmp(before, bytes, IMAGE_SIZE) == 0);
	finish();
}

static void
emulator__a_le_too_small_is_resolved_for_hosts_and_shown_to_readers(void)
{
	static const uint8_t cmd[] = { 0x80, 0xCA, 0x00, 0xC1, 0x03 };
	uint8_t rsp[APDU_RESPONSE_MAX];
	struct apdu_link link;
	struct emulator *e = NULL;
	size_t len = 0;

	start();
	CHECK_RC(emulator_open(path, false, &e, why), RC_OK);
	link = emulator_bare_link(e);
	CHECK_RC(link.transmit(link.ctx, cmd, sizeof cmd, rsp, sizeof rsp, &len), RC_OK);
	CHECK(len == 2 && rsp[0] == 0x6C && rsp[1] == 5);
	link = emulator_link(e);
	CHECK_RC(link.transmit(link.ctx, cmd, sizeof cmd, rsp, sizeof rsp, &len), RC_OK);
	CHECK(len == 7 && rsp[0] == 0xC1);
	emulator_close(&e);
	finish();
}

static void
emulator__one_card_is_open_once(void)
{
	struct emulator *first = NULL, *second = NULL;

	start();
	CHECK_RC(emulator_open(path, false, &first, why), RC_OK);
	CHECK_RC(emulator_open(path, false, &second, why), RC_CONFLICT);
	CHECK(strstr(why, "in use") != NULL);
	emulator_close(&first);
	CHECK_RC(open_and_close(false), RC_OK);
	finish();
}

static void
emulator__what_is_no_image_is_refused_with_a_reason(void)
{
	static const struct {
		const char *name;
		size_t len, at;
		uint8_t flip;
		enum rc rc;
	} rows[] = {
		{ "empty", 0, 0, 0, RC_FORMAT },
		{ "shorter than a header", 63, 0, 0, RC_FORMAT },
		{ "other magic", IMAGE_SIZE, 3, 1, RC_FORMAT },
		{ "other version", IMAGE_SIZE, 13, 2, RC_VERSION },
		{ "other profile", IMAGE_SIZE, 15, 2, RC_VERSION },
		{ "damaged header", IMAGE_SIZE, 25, 1, RC_INTEGRITY },
		{ "truncated", IMAGE_SIZE - 1, 0, 0, RC_INTEGRITY },
		{ "too long", IMAGE_SIZE + 1, 0, 0, RC_INTEGRITY },
		{ "no card in it", IMAGE_SIZE, IMAGE_HEADER, 0xFF, RC_FORMAT },
		{ "memory of another version", IMAGE_SIZE, IMAGE_HEADER + 3, 2, RC_VERSION },
		{ "damaged superblock", IMAGE_SIZE, IMAGE_HEADER + 13, 1, RC_INTEGRITY },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].name);
		start();
		CHECK(read_file(path, bytes, sizeof bytes) == IMAGE_SIZE);
		if (rows[i].len > 0)
			bytes[rows[i].at] ^= rows[i].flip;
		write_file(path, bytes, rows[i].len);
		why[0] = '\0';
		CHECK_RC(open_and_close(false), rows[i].rc);
		CHECK(why[0] != '\0');
		finish();
	}
	start();
	unlink(path);
	CHECK_RC(open_and_close(false), RC_NOT_FOUND);
	CHECK(mkdir(path, 0700) == 0);
	CHECK(open_and_close(false) != RC_OK);
	rmdir(path);
	test_row("");
	finish();
}

static void
generation__a_copy_from_before_a_change_is_found_out(void)
{
	struct emulator_state state;
	struct emulator *e = NULL;

	start();
	CHECK(read_file(path, bytes, sizeof bytes) == IMAGE_SIZE);
	CHECK_RC(emulator_open(path, false, &e, why), RC_OK);
	CHECK(emulator_initialize(e) == SW_OK);
	CHECK_RC(emulator_inspect(e, &state), RC_OK);
	CHECK(state.life == CARD_INITIALIZED && state.generation == 2);
	emulator_close(&e);
	CHECK_RC(open_and_close(false), RC_OK);
	write_file(path, bytes, IMAGE_SIZE);
	CHECK_RC(open_and_close(false), RC_INTEGRITY);
	CHECK(strstr(why, "older than its generation counter (1, the counter says 2)") != NULL);
	finish();
}

/* Makes the card commit once: PUT KEY and SET STATUS need a channel, so the counter is set by hand.
 */
static void
set_counter(uint32_t generation)
{
	uint8_t uid[IMAGE_UID];
	char line[GENERATION_LINE];
	uint32_t old;
	size_t len = read_file(beside, (uint8_t *)line, sizeof line);

	CHECK_RC(generation_decode(line, len, uid, &old), RC_OK);
	len = generation_encode(uid, generation, line);
	write_file(beside, line, len);
}

static void
generation__an_older_image_is_refused_until_it_is_allowed(void)
{
	start();
	set_counter(99);
	CHECK_RC(open_and_close(false), RC_INTEGRITY);
	CHECK(strstr(why, "rolled back?") != NULL && strstr(why, "99") != NULL);
	CHECK_RC(open_and_close(false), RC_INTEGRITY);
	CHECK_RC(open_and_close(true), RC_OK);
	CHECK_RC(open_and_close(false), RC_OK);
	/* A counter that lags, because the power failed between the two, is caught up. */
	set_counter(0);
	CHECK_RC(open_and_close(false), RC_OK);
	CHECK(read_file(beside, bytes, sizeof bytes) == 43 && bytes[41] != '0');
	finish();
}

static void
generation__a_missing_counter_is_made_anew_with_one_warning(void)
{
	start();
	unlink(beside);
	CHECK_RC(open_and_close(false), RC_OK);
	CHECK(strstr(why, "missing") != NULL);
	CHECK_RC(open_and_close(false), RC_OK);
	CHECK(why[0] == '\0');
	finish();
}

static void
generation__a_damaged_or_foreign_counter_is_refused(void)
{
	char line[GENERATION_LINE];
	static const uint8_t other[IMAGE_UID] = { 9 };
	size_t len;

	start();
	write_file(beside, "generation 1\n", 13);
	CHECK_RC(open_and_close(false), RC_INTEGRITY);
	len = generation_encode(other, 1, line);
	write_file(beside, line, len);
	CHECK_RC(open_and_close(true), RC_INTEGRITY);
	CHECK(strstr(why, "another card") != NULL);
	finish();
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(image_header__round_trip_and_every_damaged_byte_is_noticed),
		TEST(generation_line__round_trip_and_nothing_else_is_read),
		TEST(emulator__a_new_card_opens_and_survives),
		TEST(emulator__opening_and_reading_write_nothing),
		TEST(emulator__a_le_too_small_is_resolved_for_hosts_and_shown_to_readers),
		TEST(emulator__one_card_is_open_once),
		TEST(emulator__what_is_no_image_is_refused_with_a_reason),
		TEST(generation__a_copy_from_before_a_change_is_found_out),
		TEST(generation__an_older_image_is_refused_until_it_is_allowed),
		TEST(generation__a_missing_counter_is_made_anew_with_one_warning),
		TEST(generation__a_damaged_or_foreign_counter_is_refused),
	};

	return test_run("emulator_image", cases, sizeof cases / sizeof cases[0]);
}
