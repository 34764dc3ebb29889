// SPDX-License-Identifier: GPL-3.0-or-later
/* Slots in flash pages, and the collection of those that no longer count. */
#include "flash_store.h"

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/mem.h"

#define BLANK 0xFFFFFFFFU
#define SPARE_PAGES 3U /* kept erased: one to move to, and two for moves that were cut */
#define NONE 0xFFFFU

static uint32_t
word_at(const struct flash_store *s, uint32_t index)
{
	return s->flash->words[index];
}

static uint32_t
slot_index(uint32_t slot)
{
	return slot / FLASH_SLOTS * FLASH_PAGE_WORDS + slot % FLASH_SLOTS * FLASH_SLOT_WORDS;
}

static uint32_t
slot_crc(const uint32_t words[FLASH_SLOT_WORDS])
{
	uint32_t crc = CRC32_START;
	uint8_t bytes[4];

	for (uint32_t i = 0; i + 1 < FLASH_SLOT_WORDS; i++) {
		put_be32(bytes, words[i]);
		crc = crc32_mpeg(crc, bytes, sizeof bytes);
	}
	return crc;
}

static void
load_slot(const struct flash_store *s, uint32_t slot, uint32_t words[FLASH_SLOT_WORDS])
{
	for (uint32_t i = 0; i < FLASH_SLOT_WORDS; i++)
		words[i] = word_at(s, slot_index(slot) + i);
}

/* The card page of a slot with a good check, NONE otherwise. */
static uint32_t
slot_page(const uint32_t words[FLASH_SLOT_WORDS])
{
	const uint32_t page = words[1] & 0xFFFFU;

	if (words[0] == BLANK || page >= FLASH_STORE_PAGES || (words[1] >> 16 ^ page) != 0xFFFFU ||
	    words[FLASH_SLOT_WORDS - 1] != slot_crc(words))
		return NONE;
	return page;
}

static bool
is_blank(const struct flash_store *s, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (word_at(s, first + i) != BLANK)
			return false;
	}
	return true;
}

static uint32_t
free_slot(const struct flash_store *s, uint32_t page)
{
	for (uint32_t i = 0; i < FLASH_SLOTS; i++) {
		const uint32_t slot = page * FLASH_SLOTS + i;

		if (is_blank(s, slot_index(slot), FLASH_SLOT_WORDS))
			return slot;
	}
	return BLANK;
}

static uint32_t
live_slots(const struct flash_store *s, uint32_t page)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < FLASH_STORE_PAGES; i++)
		n += s->map[i] != 0 && (s->map[i] - 1U) / FLASH_SLOTS == page;
	return n;
}

static uint32_t
erased_pages(const struct flash_store *s, uint32_t *first)
{
	uint32_t n = 0;

	for (uint32_t page = s->flash->page_count; page-- > 0;) {
		if (s->erased[page]) {
			*first = page;
			n++;
		}
	}
	return n;
}

/* Puts data into a free slot; the CRC goes last. The current flash page must have one, or an erased
 * one follows it. */
static enum rc
append(struct flash_store *s, uint32_t page, uint32_t words[FLASH_SLOT_WORDS])
{
	uint32_t slot = free_slot(s, s->current), next = 0;
	enum rc rc = RC_OK;

	if (slot == BLANK) {
		if (erased_pages(s, &next) == 0)
			return RC_SPACE;
		s->current = (uint16_t)next;
		s->erased[next] = false;
		slot = next * FLASH_SLOTS;
	}
	words[0] = s->sequence + 1;
	words[1] = page | (page ^ 0xFFFFU) << 16;
	words[FLASH_SLOT_WORDS - 1] = slot_crc(words);
	for (uint32_t i = 0; i < FLASH_SLOT_WORDS && rc == RC_OK; i++)
		rc = s->flash->program(s->flash->ctx, slot_index(slot) + i, words[i]);
	if (rc != RC_OK)
		return rc;
	s->sequence++;
	s->map[page] = (uint16_t)(slot + 1);
	return RC_OK;
}

/* Moves what still counts out of the flash page with the least of it, and erases that. */
static enum rc
collect_one(struct flash_store *s)
{
	uint32_t best = NONE, best_live = FLASH_SLOTS, words[FLASH_SLOT_WORDS];
	enum rc rc = RC_OK;

	for (uint32_t page = 0; page < s->flash->page_count; page++) {
		uint32_t live;

		if (page == s->current || s->erased[page])
			continue;
		live = live_slots(s, page);
		if (live < best_live) {
			best = page;
			best_live = live;
		}
	}
	if (best == NONE)
		return RC_SPACE;
	for (uint32_t i = 0; i < FLASH_STORE_PAGES && rc == RC_OK; i++) {
		if (s->map[i] == 0 || (s->map[i] - 1U) / FLASH_SLOTS != best)
			continue;
		load_slot(s, s->map[i] - 1U, words);
		rc = append(s, i, words);
	}
	if (rc == RC_OK)
		rc = s->flash->erase(s->flash->ctx, best);
	s->erased[best] = rc == RC_OK;
	return rc;
}

static enum rc
write_page(struct flash_store *s, uint32_t page, const uint8_t bytes[FLASH_STORE_PAGE])
{
	uint32_t words[FLASH_SLOT_WORDS] = { 0 }, unused = 0;
	enum rc rc = RC_OK;

	for (uint32_t i = 0; i < FLASH_STORE_PAGE / 4; i++)
		words[2 + i] = get_be32(bytes + 4 * i);
	while (rc == RC_OK && erased_pages(s, &unused) < SPARE_PAGES)
		rc = collect_one(s);
	return rc == RC_OK ? append(s, page, words) : rc;
}

static void
read_page(const struct flash_store *s, uint32_t page, uint8_t bytes[FLASH_STORE_PAGE])
{
	memset(bytes, 0, FLASH_STORE_PAGE);
	if (s->map[page] == 0)
		return;
	for (uint32_t i = 0; i < FLASH_STORE_PAGE / 4; i++)
		put_be32(bytes + 4 * i, word_at(s, slot_index(s->map[page] - 1U) + 2 + i));
}

static enum rc
store_read(void *ctx, uint32_t offset, uint8_t *dst, uint32_t len)
{
	const struct flash_store *s = ctx;
	uint8_t bytes[FLASH_STORE_PAGE];

	while (len > 0) {
		const uint32_t at = offset % FLASH_STORE_PAGE;
		const uint32_t n = len < FLASH_STORE_PAGE - at ? len : FLASH_STORE_PAGE - at;

		read_page(s, offset / FLASH_STORE_PAGE, bytes);
		memcpy(dst, bytes + at, n);
		dst += n;
		offset += n;
		len -= n;
	}
	mem_wipe(bytes, sizeof bytes);
	return RC_OK;
}

static enum rc
store_write(void *ctx, uint32_t offset, const uint8_t *src, uint32_t len)
{
	struct flash_store *s = ctx;
	uint8_t bytes[FLASH_STORE_PAGE];
	enum rc rc = RC_OK;

	while (len > 0 && rc == RC_OK) {
		const uint32_t at = offset % FLASH_STORE_PAGE;
		const uint32_t n = len < FLASH_STORE_PAGE - at ? len : FLASH_STORE_PAGE - at;

		read_page(s, offset / FLASH_STORE_PAGE, bytes);
		if (memcmp(bytes + at, src, n) != 0) {
			memcpy(bytes + at, src, n);
			rc = write_page(s, offset / FLASH_STORE_PAGE, bytes);
		}
		src += n;
		offset += n;
		len -= n;
	}
	mem_wipe(bytes, sizeof bytes);
	return rc;
}

enum rc
flash_store_mount(struct flash_store *s, const struct flash_port *flash)
{
	uint32_t words[FLASH_SLOT_WORDS], other[FLASH_SLOT_WORDS];

	if (flash->page_count < FLASH_STORE_PAGES / FLASH_SLOTS + 2 + SPARE_PAGES ||
	    flash->page_count > FLASH_PAGES_MAX)
		return RC_RANGE;
	memset(s, 0, sizeof *s);
	s->flash = flash;
	s->nv = (struct nv_port) { .ctx = s,
				   .size = FLASH_STORE_SIZE,
				   .page = FLASH_STORE_PAGE,
				   .read = store_read,
				   .write = store_write };
	for (uint32_t slot = 0; slot < flash->page_count * FLASH_SLOTS; slot++) {
		uint32_t page;

		load_slot(s, slot, words);
		page = slot_page(words);
		if (page == NONE)
			continue;
		if (s->map[page] != 0)
			load_slot(s, s->map[page] - 1U, other);
		if (s->map[page] == 0 || words[0] > other[0])
			s->map[page] = (uint16_t)(slot + 1);
		if (words[0] > s->sequence) {
			s->sequence = words[0];
			s->current = (uint16_t)(slot / FLASH_SLOTS);
		}
	}
	for (uint32_t page = 0; page < flash->page_count; page++)
		s->erased[page] = page != s->current &&
				  is_blank(s, page * FLASH_PAGE_WORDS, FLASH_PAGE_WORDS);
	mem_wipe(words, sizeof words);
	mem_wipe(other, sizeof other);
	return RC_OK;
}
