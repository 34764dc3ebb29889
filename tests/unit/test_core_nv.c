// SPDX-License-Identifier: GPL-3.0-or-later
/* smartcard/core: transactions and cells, with the power cut at every page write. */
#include "base/bytes.h"
#include "base/crc32.h"
#include "core/nv.h"
#include "nv_ram.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

#define SIZE 4096U
#define PAGE 64U
#define CELLS 6U /* more than one page of them */

static struct nv_ram ram;
static struct nv nv;

static void
mount_again(void)
{
	nv_ram_power_up(&ram);
	CHECK_RC(nv_mount(&nv, &ram.port), RC_OK);
}

/* Of the memory that tests begin with: today's, or as the first release wrote it. */
static bool first_release;

static void
put_checked(uint32_t at, const char *magic, uint32_t len)
{
	memcpy(ram.bytes + at, magic, 4);
	put_be32(ram.bytes + at + len - 4, crc32_mpeg(CRC32_START, ram.bytes + at, len - 4));
}

/* One header, one mark, generation 0. */
static void
make_first_release(void)
{
	memset(ram.bytes + PAGE, 0, nv_first_offset(&ram.port) - PAGE);
	put_checked(0, "TNV\1", 16);
	put_checked(PAGE, "LOG1", 20);
	put_checked(2 * PAGE, "DONE", 12);
}

static void
start(void)
{
	nv_ram_init(&ram, SIZE, PAGE);
	CHECK_RC(nv_format(&nv, &ram.port), RC_OK);
	if (first_release)
		make_first_release();
	mount_again();
}

/* Four places on different pages, two of them across a page border; everything between is
 * neighbour. */
static const struct {
	uint32_t offset;
	uint32_t len;
} places[] = { { 10, 20 }, { 120, 16 }, { 250, 80 }, { 640, 1 } };

#define AREA 1024U

static void
stage_all(uint8_t value)
{
	uint8_t bytes[80];

	memset(bytes, value, sizeof bytes);
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		nv_stage(&nv, nv_first_offset(&ram.port) + places[i].offset, bytes, places[i].len);
}

/* The area as it must be when all places hold the value. */
static void
expect_area(uint8_t area[AREA], uint8_t value)
{
	memset(area, 0x33, AREA);
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		memset(area + places[i].offset, value, places[i].len);
}

static void
prepare_old(void)
{
	uint8_t area[AREA];

	start();
	expect_area(area, 0xAA);
	for (uint32_t at = 0; at < AREA; at += 512) {
		nv_stage(&nv, nv_first_offset(&ram.port) + at, area + at, 512);
		CHECK_RC(nv_commit(&nv), RC_OK);
	}
}

/* 1: all new, 0: all old, -1: neither. */
static int
state_of_area(void)
{
	uint8_t got[AREA], want[AREA];

	CHECK_RC(nv_read(&nv, nv_first_offset(&ram.port), got, AREA), RC_OK);
	expect_area(want, 0xAA);
	if (memcmp(got, want, AREA) == 0)
		return 0;
	expect_area(want, 0xBB);
	return memcmp(got, want, AREA) == 0 ? 1 : -1;
}

/* Cuts recovery of the given memory at each of its writes, then lets it finish. */
static void
cut_recovery_everywhere(const struct nv_ram *torn, int want)
{
	for (int tear = 0; tear < TEAR_COUNT; tear++) {
		bool cut = true;

		for (int64_t m = 0; cut; m++) {
			ram = *torn;
			ram.port.ctx = &ram;
			nv_ram_power_up(&ram);
			nv_ram_plan_cut(&ram, m, (enum tear)tear);
			(void)!nv_mount(&nv, &ram.port);
			cut = ram.dead;
			/* And once more in the repeated recovery. */
			nv_ram_power_up(&ram);
			nv_ram_plan_cut(&ram, m / 2, (enum tear)tear);
			(void)!nv_mount(&nv, &ram.port);
			mount_again();
			CHECK(state_of_area() == want);
		}
	}
}

static void
nv__power_cut_at_every_write_of_a_commit_leaves_all_old_or_all_new(void)
{
	static struct nv_ram before, torn;
	uint32_t generation;
	unsigned int outcomes[2] = { 0, 0 };

	prepare_old();
	before = ram;
	generation = nv.generation;
	for (int tear = 0; tear < TEAR_COUNT; tear++) {
		enum rc rc = RC_IO;

		for (int64_t n = 0; rc != RC_OK; n++) {
			int state;

			ram = before;
			ram.port.ctx = &ram;
			mount_again();
			stage_all(0xBB);
			nv_ram_plan_cut(&ram, n, (enum tear)tear);
			rc = nv_commit(&nv);
			torn = ram;
			mount_again();
			state = state_of_area();
			CHECK(state >= 0);
			CHECK(rc != RC_OK || state == 1);
			CHECK(nv.generation == generation + (uint32_t)state);
			outcomes[state > 0]++;
			cut_recovery_everywhere(&torn, state);
			/* Work goes on after it. */
			stage_all(0xBB);
			CHECK_RC(nv_commit(&nv), RC_OK);
			mount_again();
			CHECK(state_of_area() == 1);
		}
	}
	CHECK(outcomes[0] > 8 && outcomes[1] > 8);
}

static void
nv__after_a_failed_write_nothing_works_until_the_next_mount(void)
{
	uint8_t byte;

	prepare_old();
	stage_all(0xBB);
	nv_ram_plan_cut(&ram, 3, TEAR_OLD);
	CHECK_RC(nv_commit(&nv), RC_IO);
	nv_ram_power_up(&ram);
	CHECK_RC(nv_read(&nv, nv_first_offset(&ram.port), &byte, 1), RC_IO);
	stage_all(0xBB);
	CHECK_RC(nv_commit(&nv), RC_IO);
	mount_again();
	CHECK(state_of_area() == 0);
}

static void
nv__mounting_a_clean_memory_and_an_empty_commit_write_nothing(void)
{
	prepare_old();
	mount_again();
	CHECK(!nv_is_staged(&nv));
	CHECK_RC(nv_commit(&nv), RC_OK);
	CHECK(ram.page_writes == 0);
}

static void
nv__reading_sees_what_is_staged_and_discarding_forgets_it(void)
{
	uint8_t got[4] = { 0 };
	uint32_t at;

	prepare_old();
	at = nv_first_offset(&ram.port) + 120;
	nv_stage(&nv, at, "\1\2\3\4", 4);
	nv_stage(&nv, at + 2, "\7\7\7\7", 4);
	nv_stage(&nv, at, "\5", 1);
	CHECK_RC(nv_read(&nv, at, got, 4), RC_OK);
	CHECK_BYTES(got, "\5\2\7\7", 4);
	CHECK_RC(nv_read(&nv, at + 1, got, 2), RC_OK);
	CHECK_BYTES(got, "\2\7", 2);
	nv_stage(&nv, at, "\1\2\3\4", 4);
	CHECK_RC(nv_read(&nv, at, got, 4), RC_OK);
	CHECK_BYTES(got, "\1\2\3\4", 4);
	nv_discard(&nv);
	CHECK(!nv_is_staged(&nv));
	CHECK(state_of_area() == 0);
	CHECK(ram.page_writes == 0 || !ram.dead);
}

static void
nv__writing_the_same_place_again_takes_no_more_room(void)
{
	uint8_t bytes[200] = { 0 };
	uint32_t at;

	prepare_old();
	at = nv_first_offset(&ram.port);
	for (uint8_t i = 0; i < 100; i++) {
		bytes[0] = i;
		nv_stage(&nv, at, bytes, sizeof bytes);
	}
	CHECK_RC(nv_commit(&nv), RC_OK);
	CHECK_RC(nv_read(&nv, at, bytes, 1), RC_OK);
	CHECK(bytes[0] == 99);
}

static void
nv__a_log_that_overflows_is_refused_whole(void)
{
	static const struct {
		const char *name;
		uint32_t len, count, step;
	} rows[] = {
		{ "one byte too many", NV_LOG_MAX - 5, 1, 0 },
		{ "many entries", 50, 40, 25 },
		{ "more pages than the log holds", 1, 33, 64 },
	};
	static const uint8_t bytes[NV_LOG_MAX] = { 0 };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].name);
		nv_ram_init(&ram, 8192, PAGE);
		CHECK_RC(nv_format(&nv, &ram.port), RC_OK);
		mount_again();
		for (uint32_t k = 0; k < rows[i].count; k++)
			nv_stage(&nv, nv_first_offset(&ram.port) + k * rows[i].step, bytes,
				 rows[i].len);
		CHECK(nv_is_staged(&nv));
		CHECK_RC(nv_commit(&nv), RC_SPACE);
		CHECK(ram.page_writes == 0);
		CHECK(!nv_is_staged(&nv));
		nv_stage(&nv, nv_first_offset(&ram.port), bytes, NV_LOG_MAX - 6);
		CHECK_RC(nv_commit(&nv), RC_OK);
	}
	test_row("");
}

static void
nv__a_partition_cannot_be_left(void)
{
	const uint32_t base = 3072;
	const struct nv_part part = { &nv, base, 128 };
	uint8_t byte = 1;

	start();
	CHECK_RC(nv_part_stage(&part, 127, &byte, 1), RC_OK);
	CHECK_RC(nv_part_read(&part, 127, &byte, 1), RC_OK);
	CHECK_RC(nv_part_read(&part, 128, &byte, 1), RC_RANGE);
	CHECK_RC(nv_part_read(&part, UINT32_MAX, &byte, 2), RC_RANGE);
	CHECK_RC(nv_part_stage(&part, 127, &byte, 2), RC_RANGE);
	CHECK_RC(nv_commit(&nv), RC_SPACE);
	CHECK_RC(nv_part_read(&part, 127, &byte, 1), RC_OK);
	CHECK(byte == 0);
	/* The log itself cannot be staged over, nor the end be passed. */
	nv_stage(&nv, 0, &byte, 1);
	CHECK_RC(nv_commit(&nv), RC_SPACE);
	nv_stage(&nv, SIZE, &byte, 1);
	CHECK_RC(nv_commit(&nv), RC_SPACE);
	CHECK_RC(nv_read(&nv, SIZE, &byte, 1), RC_RANGE);
}

static void
nv__a_memory_that_is_none_is_refused(void)
{
	start();
	ram.bytes[0] ^= 1;
	CHECK_RC(nv_mount(&nv, &ram.port), RC_FORMAT);
	start();
	ram.bytes[3]++;
	CHECK_RC(nv_mount(&nv, &ram.port), RC_VERSION);
	start();
	ram.bytes[14] ^= 1;
	CHECK_RC(nv_mount(&nv, &ram.port), RC_INTEGRITY);
	start();
	ram.port.size = SIZE - PAGE;
	CHECK_RC(nv_mount(&nv, &ram.port), RC_FORMAT);
	start();
	ram.port.page = 48;
	CHECK_RC(nv_mount(&nv, &ram.port), RC_FORMAT);
	CHECK_RC(nv_format(&nv, &ram.port), RC_RANGE);
	start();
	memset(ram.bytes + PAGE, 0xFF, 3 * PAGE); /* every header at once: no power cut */
	CHECK_RC(nv_mount(&nv, &ram.port), RC_INTEGRITY);
	start();
	make_first_release();
	memset(ram.bytes + PAGE, 0xFF, 2 * PAGE); /* the header and the mark */
	CHECK_RC(nv_mount(&nv, &ram.port), RC_INTEGRITY);
	start();
	ram.dead = true;
	CHECK_RC(nv_mount(&nv, &ram.port), RC_IO);
}

static void
nv__a_log_that_was_changed_after_it_was_written_is_not_applied(void)
{
	uint8_t *image;

	/* List and seven images are written, then the header, then the power fails. */
	prepare_old();
	stage_all(0xBB);
	image = ram.bytes + PAGE * (1 + 3 * 3 + (nv.next_image + 1U) % 26);
	nv_ram_plan_cut(&ram, 9, TEAR_OLD);
	CHECK_RC(nv_commit(&nv), RC_IO);
	nv_ram_power_up(&ram);
	image[6] ^= 1;
	CHECK_RC(nv_mount(&nv, &ram.port), RC_INTEGRITY);
	image[6] ^= 1;
	mount_again();
	CHECK(state_of_area() == 1);
}

static void
nv__a_read_that_fails_is_an_error_and_nothing_rests_on_it(void)
{
	uint8_t byte;

	for (int64_t n = 0; n < 3; n++) {
		prepare_old();
		nv_ram_power_up(&ram);
		nv_ram_plan_read_fault(&ram, n);
		CHECK_RC(nv_mount(&nv, &ram.port), RC_IO);
	}
	prepare_old();
	stage_all(0xBB);
	nv_ram_plan_read_fault(&ram, 0);
	CHECK_RC(nv_read(&nv, nv_first_offset(&ram.port), &byte, 1), RC_IO);
	nv_ram_power_up(&ram);
	CHECK_RC(nv_commit(&nv), RC_IO);
	mount_again();
	CHECK(state_of_area() == 0);
}

static void
nv__every_page_size_commits_and_recovers(void)
{
	static const uint16_t pages[] = { 32, 64, 128, 256, 512, 1024 };

	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
		uint8_t byte = 0;

		nv_ram_init(&ram, 32768, pages[i]);
		CHECK_RC(nv_format(&nv, &ram.port), RC_OK);
		for (int64_t n = 0; byte != 7; n++) {
			mount_again();
			nv_stage(&nv, 32000, "\7", 1);
			nv_ram_plan_cut(&ram, n, TEAR_FF);
			(void)!nv_commit(&nv);
			mount_again();
			CHECK_RC(nv_read(&nv, 32000, &byte, 1), RC_OK);
			CHECK(byte == 0 || byte == 7);
		}
	}
}

/* Page 64: superblock, header, done mark, list and images take 2,304 bytes. */
#define CELL_PART               \
	{                       \
		&nv, 2304, 1024 \
	}

static uint32_t
cell(unsigned int index)
{
	const struct nv_part part = CELL_PART;
	uint32_t value = 0xDEAD;

	CHECK_RC(nv_cell_read(&part, 0, CELLS, index, &value), RC_OK);
	return value;
}

static void
nv_cell__power_cut_leaves_old_or_new_and_never_touches_a_neighbour(void)
{
	const struct nv_part part = CELL_PART;

	for (int tear = 0; tear < TEAR_COUNT; tear++) {
		start();
		for (unsigned int i = 0; i < CELLS; i++)
			CHECK_RC(nv_cell_write(&part, 0, CELLS, i, 100 + i), RC_OK);
		for (uint32_t round = 0; round < 40; round++) {
			const unsigned int index = round % CELLS;
			uint32_t others[CELLS], old = cell(index);
			enum rc rc;

			for (unsigned int i = 0; i < CELLS; i++)
				others[i] = cell(i);
			nv_ram_plan_cut(&ram, round % 5, (enum tear)tear);
			rc = nv_cell_write(&part, 0, CELLS, index, 1000 + round);
			mount_again();
			CHECK(cell(index) == 1000 + round || (rc != RC_OK && cell(index) == old));
			for (unsigned int i = 0; i < CELLS; i++)
				CHECK(i == index || cell(i) == others[i]);
		}
	}
}

static void
nv_cell__never_written_or_damaged_cells_are_told_apart(void)
{
	const struct nv_part part = CELL_PART;
	uint32_t value, at;

	start();
	at = nv_first_offset(&ram.port);
	CHECK(at == part.base);
	CHECK_RC(nv_cell_read(&part, 0, CELLS, 0, &value), RC_FORMAT);
	CHECK_RC(nv_cell_write(&part, 0, CELLS, 1, 5), RC_OK);
	CHECK(cell(0) == 0 && cell(1) == 5);
	CHECK_RC(nv_cell_write(&part, 0, CELLS, 1, 6), RC_OK);
	ram.bytes[at] ^= 1;
	ram.bytes[at + nv_cells_size(&ram.port, CELLS) / 2] ^= 1;
	CHECK_RC(nv_cell_read(&part, 0, CELLS, 1, &value), RC_FORMAT);
	CHECK_RC(nv_cell_write(&part, 0, CELLS, 1, 9), RC_FORMAT);
}

static void
nv_cell__a_worn_out_cell_is_refused(void)
{
	const struct nv_part part = CELL_PART;
	uint8_t slot[NV_CELL_SLOT] = { 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 7 };

	start();
	put_be32(slot + 8, crc32_mpeg(CRC32_START, slot, 8));
	for (unsigned int i = 0; i < 4; i++)
		memcpy(ram.bytes + part.base + i * NV_CELL_SLOT, slot, sizeof slot);
	CHECK(cell(1) == 7);
	CHECK_RC(nv_cell_write(&part, 0, CELLS, 1, 8), RC_SPACE);
	CHECK(cell(1) == 7);
}

static void
nv_cell__bounds_are_kept(void)
{
	const struct nv_part part = CELL_PART;
	uint32_t value;

	start();
	CHECK(nv_cells_size(&ram.port, CELLS) == 4 * PAGE);
	CHECK_RC(nv_cell_write(&part, 0, CELLS, CELLS, 1), RC_RANGE);
	CHECK_RC(nv_cell_read(&part, 1024 - 3 * PAGE, CELLS, 0, &value), RC_RANGE);
	CHECK_RC(nv_cell_write(&part, UINT32_MAX - PAGE + 1, CELLS, 0, 1), RC_RANGE);
	CHECK_RC(nv_cell_write(&part, 1, CELLS, 0, 1), RC_RANGE);
}

static void
nv__a_memory_of_the_first_release_survives_the_same_cuts(void)
{
	first_release = true;
	nv__power_cut_at_every_write_of_a_commit_leaves_all_old_or_all_new();
	CHECK(nv.version == 1 && ram.bytes[3] == 1);
	first_release = false;
}

/* The slots of header, mark and list take turns, and the images go round. */
static void
nv__no_page_of_the_log_takes_every_commit(void)
{
	uint8_t before[PAGE], changes[36] = { 0 };

	start();
	for (uint8_t i = 0; i < 60; i++) {
		static uint8_t was[SIZE];

		memcpy(was, ram.bytes, SIZE);
		stage_all(i);
		CHECK_RC(nv_commit(&nv), RC_OK);
		for (uint32_t p = 1; p < 36; p++)
			changes[p] =
				(uint8_t)(changes[p] + (memcmp(was + p * PAGE, ram.bytes + p * PAGE,
							       PAGE) != 0));
	}
	memcpy(before, ram.bytes + PAGE, PAGE);
	for (uint32_t p = 1; p < 36; p++)
		CHECK(changes[p] > 0 && changes[p] <= 20);
	mount_again();
	CHECK(nv.generation == 60);
	CHECK_BYTES(ram.bytes + PAGE, before, PAGE);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(nv__power_cut_at_every_write_of_a_commit_leaves_all_old_or_all_new),
		TEST(nv__a_memory_of_the_first_release_survives_the_same_cuts),
		TEST(nv__no_page_of_the_log_takes_every_commit),
		TEST(nv__after_a_failed_write_nothing_works_until_the_next_mount),
		TEST(nv__mounting_a_clean_memory_and_an_empty_commit_write_nothing),
		TEST(nv__reading_sees_what_is_staged_and_discarding_forgets_it),
		TEST(nv__writing_the_same_place_again_takes_no_more_room),
		TEST(nv__a_log_that_overflows_is_refused_whole),
		TEST(nv__a_partition_cannot_be_left),
		TEST(nv__a_memory_that_is_none_is_refused),
		TEST(nv__a_log_that_was_changed_after_it_was_written_is_not_applied),
		TEST(nv__a_read_that_fails_is_an_error_and_nothing_rests_on_it),
		TEST(nv__every_page_size_commits_and_recovers),
		TEST(nv_cell__power_cut_leaves_old_or_new_and_never_touches_a_neighbour),
		TEST(nv_cell__never_written_or_damaged_cells_are_told_apart),
		TEST(nv_cell__a_worn_out_cell_is_refused),
		TEST(nv_cell__bounds_are_kept),
	};

	return test_run("core_nv", cases, sizeof cases / sizeof cases[0]);
}
