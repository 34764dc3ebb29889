/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the card needs of an nRF51 (micro:bit): serial line, random numbers, its own flash through
 * the NVMC. */
#ifndef TESSERA_BOARD_H
#define TESSERA_BOARD_H

#include "flash_store.h"

#include <stddef.h>

void board_init(void);
uint8_t board_read(void); /* waits */
void board_write(const uint8_t *p, size_t n);
enum rc board_random(void *ctx, uint8_t *out, size_t len);

struct board_flash {
	struct flash_port port;
	uint32_t cut_after; /* words and erases until the power fails; 0: never */
	bool dead;          /* it has */
};
void board_flash_init(struct board_flash *f);

#endif
