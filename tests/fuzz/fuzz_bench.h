/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One blank television card in RAM for all inputs of a fuzz target; its memory is put back for
 * each. */
#ifndef TESSERA_FUZZ_BENCH_H
#define TESSERA_FUZZ_BENCH_H

#include "apps/profile.h"
#include "crypto_openssl/crypto_openssl.h"

struct fuzz_bench {
	struct nv_port nv; /* ctx points at this struct: do not copy */
	uint8_t bytes[CARD_NV_SIZE], blank[CARD_NV_SIZE];
	struct crypto_openssl *openssl;
	const struct crypto *crypto;
	struct card_port port;
	struct profile_ram ram;
	struct card card;
};

/* Ends the process when the condition does not hold. */
void fuzz_require(int condition);
/* The first call (b all zeros) makes the card and lets prepare add to it (may be NULL); every call
 * gives it that memory again and resets it. */
void fuzz_bench_start(struct fuzz_bench *b, void (*prepare)(struct fuzz_bench *b));
/* rsp has room for 1,026 bytes. Requires an answer that fits, and nothing left staged or confined.
 */
size_t fuzz_bench_transmit(struct fuzz_bench *b, const uint8_t *cmd, size_t len, uint8_t *rsp);

#endif
