// SPDX-License-Identifier: GPL-3.0-or-later
/* A card without memory or keys. */
#include "fake_card.h"

#include <string.h>

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

bool
fake_card_has_data(const void *ctx, const uint8_t header[4])
{
	(void)ctx;
	return (header[1] & 1) == 0;
}

struct apdu_link
fake_card(void)
{
	return (struct apdu_link) { NULL, fake_atr, fake_reset, fake_transmit };
}
