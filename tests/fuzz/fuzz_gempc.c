// SPDX-License-Identifier: GPL-3.0-or-later
/* Bytes of a hostile host to the serial reader; each byte pair of the input can also be a whole
 * CCID message whose framing the harness makes right. First byte: 0 raw bytes, else framed
 * messages. */
#include "emulator/gempc.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum rc
fake_atr(void *ctx, uint8_t atr[ATR_MAX], size_t *len)
{
	static const uint8_t fixed[] = { 0x3B, 0x87, 0x80, 0x11, 0xFE, 'T', 'E',
					 'S',  'S',  'E',  'R',  'A',  0xAF };

	(void)ctx;
	memcpy(atr, fixed, sizeof fixed);
	*len = sizeof fixed;
	return RC_OK;
}

static enum rc
fake_reset(void *ctx)
{
	(void)ctx;
	return RC_OK;
}

static enum rc
fake_transmit(void *ctx, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t cap,
	      size_t *rsp_len)
{
	const size_t n = cmd_len > 3 ? (size_t)cmd[3] * 4 : 0;

	(void)ctx;
	if (n + 2 > cap || cmd[1] == 0xEE)
		return RC_READER;
	memset(rsp, 0x5A, n);
	memcpy(rsp + n, "\x90\x00", 2);
	*rsp_len = n + 2;
	return RC_OK;
}

static bool
even_has_data(const void *ctx, const uint8_t header[4])
{
	(void)ctx;
	return (header[1] & 1) == 0;
}

static void
feed(struct gempc *g, uint8_t byte)
{
	size_t len;

	if (gempc_feed(g, byte))
		(void)gempc_output(g, &len);
}

/* Messages: length u8, then that many bytes: type, bytes 5–9, data. */
static void
feed_messages(struct gempc *g, const uint8_t *data, size_t size)
{
	while (size >= 7) {
		const size_t n = data[0] % 255 > size - 1 ? size - 1 : data[0] % 255;
		const size_t body = n > 6 ? n - 6 : 0;
		uint8_t frame[300] = { 3, 6, data[1], (uint8_t)body };
		uint8_t lrc = 0;

		memcpy(frame + 7, data + 2, 5);
		memcpy(frame + 12, data + 7, body);
		for (size_t i = 0; i < 12 + body; i++)
			lrc ^= frame[i];
		frame[12 + body] = lrc;
		for (size_t i = 0; i < 13 + body; i++)
			feed(g, frame[i]);
		data += n + 1;
		size -= n + 1;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gempc g;
	const struct apdu_link link = { NULL, fake_atr, fake_reset, fake_transmit };

	if (size == 0)
		return 0;
	gempc_init(&g, link, even_has_data, NULL);
	if (data[0] == 0) {
		for (size_t i = 1; i < size; i++)
			feed(&g, data[i]);
	} else {
		feed_messages(&g, data + 1, size - 1);
	}
	gempc_wipe(&g);
	return 0;
}
