// SPDX-License-Identifier: GPL-3.0-or-later
/* Hostile card images. The first byte says how the rest is meant: even, a whole file (header,
 * memory); odd, patches (offset u16, length u8, bytes) on the memory of a blank card, whose
 * superblock, log header and done mark then get right CRCs, so that what stands behind them is
 * reached. Mounting may refuse; what mounts, mounts again, and answers. */
#include "apps/profile.h"
#include "base/bytes.h"
#include "base/crc32.h"
#include "core/card.h"
#include "crypto_openssl/crypto_openssl.h"
#include "emulator/image.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory {
	struct nv_port port;
	uint8_t bytes[IMAGE_NV_MAX];
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
	const struct memory *m = ctx;

	require(offset <= m->port.size && len <= m->port.size - offset);
	memcpy(dst, m->bytes + offset, len);
	return RC_OK;
}

static enum rc
ram_write(void *ctx, uint32_t offset, const uint8_t *src, uint32_t len)
{
	struct memory *m = ctx;

	require(offset <= m->port.size && len <= m->port.size - offset);
	memcpy(m->bytes + offset, src, len);
	return RC_OK;
}

static const struct crypto *
the_crypto(void)
{
	static struct crypto_openssl *openssl;

	if (!openssl)
		openssl = crypto_openssl_new();
	require(openssl != NULL);
	return crypto_openssl_table(openssl);
}

static void
set_port(struct memory *m, uint32_t size, uint16_t page)
{
	m->port = (struct nv_port) {
		.ctx = m, .size = size, .page = page, .read = ram_read, .write = ram_write
	};
}

/* Header and memory of a file; false: not even a header. */
static bool
load_file(struct memory *m, const uint8_t *data, size_t size)
{
	uint8_t again[IMAGE_HEADER];
	struct image_header h;

	if (size < IMAGE_HEADER || image_header_decode(data, &h) != RC_OK)
		return false;
	require(h.nv_size <= IMAGE_NV_MAX);
	image_header_encode(&h, again);
	if (size - IMAGE_HEADER < h.nv_size)
		return false;
	set_port(m, h.nv_size, h.nv_page);
	memcpy(m->bytes, data + IMAGE_HEADER, h.nv_size);
	return true;
}

static void
put_check(uint8_t *p, size_t len)
{
	put_be32(p + len, crc32_mpeg(CRC32_START, p, len));
}

static void
load_patches(struct memory *m, struct card *card, struct profile_ram *ram, const uint8_t *data,
	     size_t size)
{
	static const uint8_t serial[8] = { 1 };
	struct reader r = reader_over(data, size);
	struct card_port port;

	set_port(m, CARD_NV_SIZE, CARD_NV_PAGE);
	profile_port(&port, the_crypto(), &m->port, ram);
	require(card_format(card, &port, serial) == RC_OK);
	while (!r.failed && r.left > 0) {
		uint32_t at = (uint32_t)read_be16(&r) * 3U % CARD_NV_SIZE;
		size_t len = read_u8(&r);
		const uint8_t *bytes;

		if (len > r.left)
			len = r.left;
		if (len > CARD_NV_SIZE - at)
			len = CARD_NV_SIZE - at;
		bytes = read_slice(&r, len);
		if (bytes)
			memcpy(m->bytes + at, bytes, len);
	}
	put_check(m->bytes, 12);
	put_check(m->bytes + 2 * CARD_NV_PAGE, 8);
	if (get_be16(m->bytes + CARD_NV_PAGE + 8) <= 32) {
		uint32_t n = get_be16(m->bytes + CARD_NV_PAGE + 8);
		uint32_t crc = crc32_mpeg(CRC32_START, m->bytes + 3 * CARD_NV_PAGE, 2 * n);

		crc = crc32_mpeg(crc, m->bytes + 4 * CARD_NV_PAGE, n * CARD_NV_PAGE);
		put_be32(m->bytes + CARD_NV_PAGE + 12, crc);
	}
	put_check(m->bytes + CARD_NV_PAGE, 16);
}

static void
use(struct card *card)
{
	static const uint8_t commands[][16] = {
		{ 5, 0x80, 0xCA, 0x00, 0xE0, 0x00 },
		{ 14, 0x80, 0x50, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0 },
		{ 15, 0, 0xA4, 4, 0, 9, 0xF0, 0x54, 0x45, 0x53, 0x53, 0x45, 0x52, 0x41, 1, 0 },
		{ 5, 0x80, 0xCA, 0x01, 0, 0 },
		{ 5, 0x80, 0xCA, 0x02, 0, 0 },
		{ 5, 0x80, 0xCA, 0x03, 0, 0 },
		{ 5, 0x80, 0xCA, 0x04, 0, 0 },
		{ 5, 0x80, 0xCA, 0x05, 0, 0 },
		{ 5, 0x80, 0xCA, 0x06, 0, 0 },
		{ 9, 0x80, 0x1A, 0, 0, 4, 0, 0, 0, 0 },
		{ 9, 0x00, 0x20, 0, 0x81, 4, '2', '5', '8', '0' },
	};
	uint8_t rsp[1026];

	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		size_t n = card_transmit(card, commands[i] + 1, commands[i][0], rsp, sizeof rsp);

		require(n >= 2 && n <= sizeof rsp);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct memory memory;
	static struct profile_ram ram;
	static struct card card;
	struct card_port port;
	char line[GENERATION_LINE];
	uint8_t uid[IMAGE_UID];
	uint32_t generation;

	if (size == 0)
		return 0;
	if (generation_decode((const char *)data + 1, size - 1, uid, &generation) == RC_OK)
		require(generation_encode(uid, generation, line) == size - 1);
	if ((data[0] & 1) != 0)
		load_patches(&memory, &card, &ram, data + 1, size - 1);
	else if (!load_file(&memory, data + 1, size - 1))
		return 0;
	profile_port(&port, the_crypto(), &memory.port, &ram);
	if (card_reset(&card, &port) != RC_OK)
		return 0;
	require(card_reset(&card, &port) == RC_OK);
	use(&card);
	require(card_reset(&card, &port) == RC_OK);
	return 0;
}
