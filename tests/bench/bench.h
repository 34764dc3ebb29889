/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the benchmarks share: pairs of measurements that take turns, and the libraries bare. */
#ifndef TESSERA_BENCH_H
#define TESSERA_BENCH_H

#include "scramble/scramble.h"

/* Two ways to do the same; seconds of CPU (wall: of the clock) of the best round of each. */
struct bench_pair {
	void (*a)(void *ctx);
	void (*b)(void *ctx);
	void *ctx;
	bool wall;
	double seconds_a, seconds_b;
};
void bench_rounds(unsigned int count);
void bench_pair(struct bench_pair *p);

const char *bench_cipher(enum scr_cipher cipher);
const char *bench_direction(enum scr_direction direction);

/* count payloads of 184 bytes, stride bytes apart, in full batches of libdvbcsa's. */
void bare_csa2(enum scr_direction dir, uint8_t *at, size_t stride, size_t count);
/* … of their 176 bytes in whole blocks, one call of OpenSSL each, the IV set anew. */
void bare_cissa(enum scr_direction dir, uint8_t *at, size_t stride, size_t count);
/* Both key schedules of libdvbcsa, count times. */
void bare_csa2_keys(unsigned int count);

#endif
