/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Card memory in RAM that loses power: after cut_after more page writes the page being written is
 * torn and every later access fails until nv_ram_power_up. */
#ifndef TESSERA_NV_RAM_H
#define TESSERA_NV_RAM_H

#include "core/nv.h"

#define NV_RAM_MAX 163840 /* bytes */

enum tear { TEAR_OLD, TEAR_NEW, TEAR_MIXED, TEAR_FF, TEAR_COUNT };

struct nv_ram {
	struct nv_port port; /* ctx points at this struct: do not copy */
	uint8_t bytes[NV_RAM_MAX];
	uint32_t page_writes; /* since nv_ram_power_up */
	int64_t cut_after;    /* < 0: never */
	enum tear tear;
	uint32_t reads;      /* since nv_ram_power_up */
	int64_t fault_after; /* reads; < 0: never */
	bool dead;
	uint8_t remembered[NV_RAM_MAX];
};

void nv_ram_init(struct nv_ram *ram, uint32_t size, uint16_t page);
/* Power is back; no cut is planned. */
void nv_ram_power_up(struct nv_ram *ram);
void nv_ram_remember(struct nv_ram *ram);
/* True: every byte is as it was when it was remembered. */
bool nv_ram_is_as_remembered(const struct nv_ram *ram);
/* The (n+1)-th read from now fails, and all accesses after it. */
void nv_ram_plan_read_fault(struct nv_ram *ram, int64_t n);
/* The (n+1)-th page write from now is torn. */
void nv_ram_plan_cut(struct nv_ram *ram, int64_t n, enum tear tear);

#endif
