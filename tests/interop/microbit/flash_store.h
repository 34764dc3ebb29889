/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Card memory on a chip's own flash: pages of 64 bytes for the card on flash that is erased 1 KiB
 * at a time and written word by word. Every write of a page goes to a fresh slot; the newest slot
 * with a good check counts, so that power may fail between any two words. */
#ifndef TESSERA_FLASH_STORE_H
#define TESSERA_FLASH_STORE_H

#include "core/nv.h"

#define FLASH_PAGE_WORDS 256U /* erased together: 1 KiB */
#define FLASH_SLOT_WORDS 19U  /* sequence, page number and its complement, 16 of data, CRC-32 */
#define FLASH_SLOTS (FLASH_PAGE_WORDS / FLASH_SLOT_WORDS)
#define FLASH_STORE_PAGE 64U /* bytes of a card page */
#define FLASH_STORE_PAGES 512U
#define FLASH_PAGES_MAX 192U
#define FLASH_STORE_SIZE (FLASH_STORE_PAGES * FLASH_STORE_PAGE)

struct flash_port {
	void *ctx;
	const volatile uint32_t *words; /* page_count · FLASH_PAGE_WORDS of them */
	uint16_t page_count;            /* 44…192: what the card needs, and room to move in */
	/* All words of a flash page become FFFFFFFF. RC_IO: the power is gone. */
	enum rc (*erase)(void *ctx, uint32_t page);
	/* Clears bits of a word. RC_IO. */
	enum rc (*program)(void *ctx, uint32_t index, uint32_t value);
};

struct flash_store {
	const struct flash_port *flash;
	struct nv_port nv; /* ctx points at this struct: do not copy */
	uint32_t sequence; /* of the newest slot */
	uint16_t current;  /* flash page that is being filled */
	bool erased[FLASH_PAGES_MAX];
	uint16_t map[FLASH_STORE_PAGES]; /* slot + 1 of each card page; 0: never written, zeros */
};

/* Reads the flash; blank flash is a memory of zeros. RC_RANGE: too few pages, or too many. */
enum rc flash_store_mount(struct flash_store *s, const struct flash_port *flash) RC_CHECKED;

#endif
