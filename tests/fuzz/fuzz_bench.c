// SPDX-License-Identifier: GPL-3.0-or-later
/* The card that fuzz targets send commands to. */
#include "fuzz_bench.h"

#include "base/mem.h"

#include <stdlib.h>

void
fuzz_require(int condition)
{
	if (!condition)
		abort();
}

static enum rc
ram_read(void *ctx, uint32_t offset, uint8_t *dst, uint32_t len)
{
	const struct fuzz_bench *b = ctx;

	fuzz_require(offset <= CARD_NV_SIZE && len <= CARD_NV_SIZE - offset);
	memcpy(dst, b->bytes + offset, len);
	return RC_OK;
}

static enum rc
ram_write(void *ctx, uint32_t offset, const uint8_t *src, uint32_t len)
{
	struct fuzz_bench *b = ctx;

	fuzz_require(offset <= CARD_NV_SIZE && len <= CARD_NV_SIZE - offset);
	memcpy(b->bytes + offset, src, len);
	return RC_OK;
}

static void
make(struct fuzz_bench *b, void (*prepare)(struct fuzz_bench *b))
{
	static const uint8_t serial[8] = { 1 };

	b->openssl = crypto_openssl_new();
	fuzz_require(b->openssl != NULL);
	b->crypto = crypto_openssl_table(b->openssl);
	b->nv = (struct nv_port) { .ctx = b,
				   .size = CARD_NV_SIZE,
				   .page = CARD_NV_PAGE,
				   .read = ram_read,
				   .write = ram_write };
	profile_port(&b->port, b->crypto, &b->nv, &b->ram);
	fuzz_require(card_format(&b->card, &b->port, serial) == RC_OK);
	fuzz_require(card_reset(&b->card, &b->port) == RC_OK);
	if (prepare)
		prepare(b);
	memcpy(b->blank, b->bytes, sizeof b->blank);
}

void
fuzz_bench_start(struct fuzz_bench *b, void (*prepare)(struct fuzz_bench *b))
{
	if (!b->openssl)
		make(b, prepare);
	memcpy(b->bytes, b->blank, sizeof b->bytes);
	fuzz_require(card_reset(&b->card, &b->port) == RC_OK);
}

size_t
fuzz_bench_transmit(struct fuzz_bench *b, const uint8_t *cmd, size_t len, uint8_t *rsp)
{
	size_t n = card_transmit(&b->card, cmd, len, rsp, 1026);

	fuzz_require(n >= 2 && n <= 1026);
	fuzz_require(!nv_is_staged(&b->card.nv) && !b->card.nv.window.closed);
	return n;
}
