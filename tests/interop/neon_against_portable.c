// SPDX-License-Identifier: GPL-3.0-or-later
/* The kernels of AArch64 against the portable one, which is the same code here and on the machine
 * where the unit tests hold it against libdvbcsa. Built and run by test_neon.sh. */
#include "scramble/csa2_sliced.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 9U
#define STRIDE 190U
#define MOST 128U

static uint8_t a[MOST * STRIDE], b[MOST * STRIDE];

static void *
make(const struct csa2_kernel *k)
{
	void *work = aligned_alloc(64, (k->work_size + 63) / 64 * 64);

	if (work == NULL)
		exit(1);
	memset(work, 0, k->work_size);
	k->init(work);
	return work;
}

/* n lanes through both, len < 0: mixed. */
static int
differ(void *const work[2], const struct csa2_rows rows[KEYS], enum scr_direction dir, size_t n,
       int len)
{
	struct csa2_lane one[MOST], two[MOST];
	const struct csa2_kernel *portable = &csa2_kernel_portable;

	for (size_t i = 0; i < sizeof a; i++)
		a[i] = b[i] = (uint8_t)(rand() >> 7);
	for (size_t i = 0; i < n; i++) {
		uint8_t size = (uint8_t)(len >= 0 ? len : 8 + rand() % 177);
		const struct csa2_rows *r = &rows[(size_t)rand() % KEYS];

		one[i] = (struct csa2_lane) { a + i * STRIDE, r, size };
		two[i] = (struct csa2_lane) { b + i * STRIDE, r, size };
	}
	csa2_kernel_neon.run(work[0], dir, one, n);
	for (size_t i = 0; i < n; i += portable->lanes)
		portable->run(work[1], dir, two + i,
			      n - i < portable->lanes ? n - i : portable->lanes);
	return memcmp(a, b, sizeof a) != 0;
}

int
main(void)
{
	static struct csa2_rows rows[KEYS];
	struct csa2_permutation p;
	void *work[2] = { make(&csa2_kernel_neon), make(&csa2_kernel_portable) };
	int wrong = 0, count = 0;

	csa2_permutation_make(&p);
	for (size_t k = 0; k < KEYS; k++) {
		uint8_t cw[8];

		for (size_t i = 0; i < sizeof cw; i++)
			cw[i] = (uint8_t)rand();
		csa2_rows_make(&p, cw, &rows[k]);
	}
	for (int dir = SCR_ENCRYPT; dir <= SCR_DECRYPT; dir++) {
		for (int len = 8; len <= 184; len++, count++)
			wrong += differ(work, rows, (enum scr_direction)dir, 17, len);
		for (size_t n = 1; n <= MOST; n += 9, count++)
			wrong += differ(work, rows, (enum scr_direction)dir, n, -1);
	}
	printf("%d of %d batches differ\n", wrong, count);
	free(work[0]);
	free(work[1]);
	return wrong != 0;
}
