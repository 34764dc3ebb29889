/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a sliced kernel of CSA2 is: everything that differs between processors. Private to this
 * room. */
#ifndef TESSERA_SCRAMBLE_CSA2_SLICED_H
#define TESSERA_SCRAMBLE_CSA2_SLICED_H

#include "scramble/csa2_key.h"

/* A payload of at least one block. */
struct csa2_lane {
	uint8_t *data;
	const struct csa2_rows *rows;
	uint8_t len; /* 8…184 */
};

struct csa2_kernel {
	size_t lanes;
	size_t work_size;         /* bytes, aligned to 64, zero before init */
	void (*init)(void *work); /* tables */
	/* 1…lanes payloads, any keys and lengths, in place. Leaves key material in work. */
	void (*run)(void *work, enum scr_direction dir, const struct csa2_lane *lanes, size_t n);
};

extern const struct csa2_kernel csa2_kernel_avx512;
extern const struct csa2_kernel csa2_kernel_avx2;
extern const struct csa2_kernel csa2_kernel_neon;
extern const struct csa2_kernel csa2_kernel_portable;

/* NULL: out of memory. */
struct scr_engine *csa2_sliced_new(const char *name, const struct csa2_kernel *kernel);

#endif
