// SPDX-License-Identifier: GPL-3.0-or-later
/* The micro:bit's flash store, with the power cut before every word and every erase. */
#include "flash_store.h"
#include "test.h"

#include <string.h>

#define PAGES 48U
#define WORDS (PAGES * FLASH_PAGE_WORDS)

struct chip {
	uint32_t words[WORDS];
	uint32_t left; /* operations until the power fails; 0: never */
	uint32_t erases;
	uint32_t seed; /* of a torn erase */
	bool dead;
};

static bool
has_power(struct chip *c)
{
	if (c->left > 0 && --c->left == 0)
		c->dead = true;
	return !c->dead;
}

static enum rc
chip_erase(void *ctx, uint32_t page)
{
	struct chip *c = ctx;
	bool alive = !c->dead && has_power(c);

	if (!alive && !c->dead)
		return RC_IO;
	for (uint32_t i = 0; i < FLASH_PAGE_WORDS && (alive || c->seed != 0); i++) {
		c->seed = c->seed * 1664525U + 1013904223U;
		if (alive || (c->seed >> 28) < 8) /* torn: some words go, some stay */
			c->words[page * FLASH_PAGE_WORDS + i] = 0xFFFFFFFFU;
	}
	c->erases += alive;
	return alive ? RC_OK : RC_IO;
}

static enum rc
chip_program(void *ctx, uint32_t index, uint32_t value)
{
	struct chip *c = ctx;

	if (!has_power(c))
		return RC_IO;
	c->words[index] &= value;
	return c->words[index] == value ? RC_OK : RC_IO;
}

static struct chip chip;
static struct flash_store store;

/* The store keeps the port's address. */
static struct flash_port port;

static struct flash_port
port_of(struct chip *c)
{
	return (struct flash_port) { c, c->words, PAGES, chip_erase, chip_program };
}

static uint32_t
next_random(uint32_t *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 8;
}

static void
store__blank_flash_is_a_memory_of_zeros_and_keeps_what_is_written(void)
{
	uint8_t bytes[200], want[200];
	uint32_t state = 1;

	port = port_of(&chip);
	memset(&chip, 0xFF, sizeof chip.words);
	CHECK_RC(flash_store_mount(&store, &port), RC_OK);
	CHECK_RC(store.nv.read(store.nv.ctx, 32700, bytes, 68), RC_OK);
	memset(want, 0, sizeof want);
	CHECK_BYTES(bytes, want, 68);
	for (unsigned int i = 0; i < 3000; i++) {
		const uint32_t at = next_random(&state) % (FLASH_STORE_SIZE - sizeof want);

		memset(want, (int)i, sizeof want);
		CHECK_RC(store.nv.write(store.nv.ctx, at, want, sizeof want), RC_OK);
		CHECK_RC(store.nv.read(store.nv.ctx, at, bytes, sizeof bytes), RC_OK);
		CHECK_BYTES(bytes, want, sizeof want);
	}
	CHECK(chip.erases > 100); /* collection has been at work */
	CHECK_RC(store.nv.read(store.nv.ctx, 0, want, sizeof want), RC_OK);
	CHECK_RC(flash_store_mount(&store, &port), RC_OK);
	CHECK_RC(store.nv.read(store.nv.ctx, 0, bytes, sizeof bytes), RC_OK);
	CHECK_BYTES(bytes, want, sizeof want);
}

static uint8_t model[FLASH_STORE_SIZE], seen[FLASH_STORE_SIZE];

/* Power is back: every page but the one being written is as the model has it, that one old or new.
 */
static void
check_after_cut(const uint8_t before[FLASH_STORE_PAGE], uint32_t page)
{
	uint8_t *mine = seen + page * FLASH_STORE_PAGE;

	chip.dead = false;
	chip.left = 0;
	CHECK_RC(flash_store_mount(&store, &port), RC_OK);
	CHECK_RC(store.nv.read(store.nv.ctx, 0, seen, sizeof seen), RC_OK);
	CHECK(memcmp(mine, before, FLASH_STORE_PAGE) == 0 ||
	      memcmp(mine, model + page * FLASH_STORE_PAGE, FLASH_STORE_PAGE) == 0);
	memcpy(model + page * FLASH_STORE_PAGE, mine, FLASH_STORE_PAGE);
	CHECK_BYTES(seen, model, sizeof seen);
}

static void
store__a_cut_before_any_word_or_erase_leaves_each_page_old_or_new(void)
{
	uint8_t before[FLASH_STORE_PAGE];
	uint32_t state = 7, cuts = 0;

	port = port_of(&chip);
	memset(&chip, 0, sizeof chip);
	memset(chip.words, 0xFF, sizeof chip.words);
	memset(model, 0, sizeof model);
	CHECK_RC(flash_store_mount(&store, &port), RC_OK);
	for (uint32_t page = 0; page < FLASH_STORE_PAGES; page++) { /* every page in use */
		memset(model + page * FLASH_STORE_PAGE, (int)(page + 1), FLASH_STORE_PAGE);
		CHECK_RC(store.nv.write(store.nv.ctx, page * FLASH_STORE_PAGE,
					model + page * FLASH_STORE_PAGE, FLASH_STORE_PAGE),
			 RC_OK);
	}
	for (uint32_t i = 0; i < 4000; i++) {
		const uint32_t page = next_random(&state) % FLASH_STORE_PAGES;
		uint8_t *mine = model + page * FLASH_STORE_PAGE;

		memcpy(before, mine, sizeof before);
		memset(mine, (int)next_random(&state), FLASH_STORE_PAGE);
		chip.left = 1 + next_random(&state) % 60;
		chip.seed = i % 2 ? state | 1U : 0;
		if (store.nv.write(store.nv.ctx, page * FLASH_STORE_PAGE, mine, FLASH_STORE_PAGE) ==
		    RC_OK) {
			chip.left = 0;
			continue;
		}
		CHECK(chip.dead);
		cuts++;
		check_after_cut(before, page);
	}
	CHECK(cuts > 500);
	CHECK(chip.erases > 50);
}

static void
store__too_little_flash_is_refused(void)
{
	port = port_of(&chip);
	port.page_count = 42;
	CHECK_RC(flash_store_mount(&store, &port), RC_RANGE);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(store__blank_flash_is_a_memory_of_zeros_and_keeps_what_is_written),
		TEST(store__a_cut_before_any_word_or_erase_leaves_each_page_old_or_new),
		TEST(store__too_little_flash_is_refused),
	};

	return test_run("flash_store", cases, sizeof cases / sizeof cases[0]);
}
