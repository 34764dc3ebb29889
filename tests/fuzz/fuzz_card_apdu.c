// SPDX-License-Identifier: GPL-3.0-or-later
/* Streams of APDUs (length u8 or FF and u16, command) against a blank card in RAM with its own
 * applications; two lengths have a meaning: 00 resets, FE opens a real channel with the public
 * keys. Whatever is sent: an answer fits, a card without power cut never loses its memory, and it
 * comes up again. */
#include "apps/profile.h"
#include "base/bytes.h"
#include "core/card.h"
#include "crypto_openssl/crypto_openssl.h"

#include <stdlib.h>
#include <string.h>

#define RESET 0x00
#define OPEN_CHANNEL 0xFE
#define LONG 0xFF

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bench {
	struct nv_port nv;
	uint8_t bytes[CARD_NV_SIZE];
	struct crypto_openssl *openssl;
	const struct crypto *crypto;
	struct card_port port;
	struct profile_ram ram;
	struct card card;
};

static void
require(int condition)
{
	if (!condition)
		abort();
}

static enum rc
ram_read(void *ctx, uint32_t offset, uint8_t *dst, uint32_t len)
{
	const struct bench *b = ctx;

	require(offset <= CARD_NV_SIZE && len <= CARD_NV_SIZE - offset);
	memcpy(dst, b->bytes + offset, len);
	return RC_OK;
}

static enum rc
ram_write(void *ctx, uint32_t offset, const uint8_t *src, uint32_t len)
{
	struct bench *b = ctx;

	require(offset <= CARD_NV_SIZE && len <= CARD_NV_SIZE - offset);
	memcpy(b->bytes + offset, src, len);
	return RC_OK;
}

/* One blank card for all inputs of a process; its memory is put back for each. */
static struct bench *
the_bench(void)
{
	static struct bench bench;
	static uint8_t blank[CARD_NV_SIZE];
	static const uint8_t serial[8] = { 1 };

	if (!bench.openssl) {
		bench.openssl = crypto_openssl_new();
		require(bench.openssl != NULL);
		bench.crypto = crypto_openssl_table(bench.openssl);
		bench.nv = (struct nv_port) { .ctx = &bench,
					      .size = CARD_NV_SIZE,
					      .page = CARD_NV_PAGE,
					      .read = ram_read,
					      .write = ram_write };
		profile_port(&bench.port, bench.crypto, &bench.nv, &bench.ram);
		require(card_format(&bench.card, &bench.port, serial) == RC_OK);
		memcpy(blank, bench.bytes, sizeof blank);
	}
	memcpy(bench.bytes, blank, sizeof blank);
	require(card_reset(&bench.card, &bench.port) == RC_OK);
	return &bench;
}

static size_t
transmit(struct bench *b, const uint8_t *cmd, size_t len, uint8_t *rsp)
{
	size_t n = card_transmit(&b->card, cmd, len, rsp, 1026);

	require(n >= 2 && n <= 1026);
	require(!nv_is_staged(&b->card.nv));
	return n;
}

/* Level 00, so that plain commands reach what stands behind the channel. */
static void
open_channel(struct bench *b, uint8_t *rsp)
{
	static const uint8_t select[] = { 0, 0xA4, 4, 0, 0 };
	static const uint8_t update[] = { 0x80, 0x50, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8 };
	struct scp03_session session;
	struct scp03_keys keys;
	uint8_t cmd[32];
	size_t len = 0;

	for (uint8_t i = 0; i < CRYPTO_KEY; i++)
		keys.enc[i] = keys.mac[i] = keys.dek[i] = (uint8_t)(0x40 + i);
	(void)transmit(b, select, sizeof select, rsp);
	if (transmit(b, update, sizeof update, rsp) != 34 ||
	    scp03_derive(b->crypto, &keys, update + 5, rsp + 13, &session) != RC_OK ||
	    scp03_host_authenticate(b->crypto, &session, 0x00, cmd, sizeof cmd, &len) != RC_OK)
		return;
	(void)transmit(b, cmd, len, rsp);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_over(data, size);
	struct bench *b = the_bench();
	uint8_t rsp[1026];

	while (!r.failed && r.left > 0) {
		size_t len = read_u8(&r);
		const uint8_t *cmd;

		if (len == RESET) {
			require(card_reset(&b->card, &b->port) == RC_OK);
			continue;
		}
		if (len == OPEN_CHANNEL) {
			open_channel(b, rsp);
			continue;
		}
		if (len == LONG)
			len = read_be16(&r);
		if (len > r.left)
			len = r.left;
		cmd = read_slice(&r, len);
		if (cmd)
			(void)transmit(b, cmd, len, rsp);
	}
	require(card_reset(&b->card, &b->port) == RC_OK);
	return 0;
}
