// SPDX-License-Identifier: GPL-3.0-or-later
/* Bytes of a hostile QEMU to the VSCARD machine: first byte = size of the pieces it comes in. The
 * same bytes in one piece must give the same answers. */
#include "emulator/vscard.h"

#include <stdlib.h>
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

/* Returns a checksum over all that comes back. */
static uint32_t
run(const uint8_t *data, size_t size, size_t piece)
{
	static const struct apdu_link link = { NULL, fake_atr, fake_reset, fake_transmit };
	static struct vscard v;
	uint8_t answer[VSCARD_ANSWER_MAX];
	enum vscard_event event = VSCARD_EVENT_NONE;
	uint32_t sum = 0;

	vscard_init(&v, link, even_has_data, NULL);
	for (size_t at = 0; at < size && event != VSCARD_EVENT_BROKEN;) {
		const size_t n = size - at < piece ? size - at : piece;
		const size_t taken = vscard_feed(&v, data + at, n, &event);
		size_t len;

		if (taken > n || (event == VSCARD_EVENT_NONE && taken != n))
			abort();
		at += taken;
		len = vscard_react(&v, event, answer);
		if (len > sizeof answer)
			abort();
		for (size_t i = 0; i < len; i++)
			sum = sum * 31 + answer[i];
	}
	vscard_wipe(&v);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	if (run(data + 1, size - 1, data[0] ? data[0] : 256) != run(data + 1, size - 1, size))
		abort();
	return 0;
}
