// SPDX-License-Identifier: GPL-3.0-or-later
/* 61xx and 6Cxx below the link, so that nobody above sees T=0. ISO 7816-4 5.3.4. */
#include "reader/exchange.h"

#include "base/mem.h"

#define ROUNDS_MAX 16 /* 1,024 bytes of answer come in five pieces */
#define INS_GET_RESPONSE 0xC0
#define SHORT_COMMAND_MAX 261

/* A short command with another Le. Extended commands are never asked to repeat (no T=0). */
static enum rc
with_le(const uint8_t *cmd, size_t len, uint8_t le, uint8_t out[SHORT_COMMAND_MAX], size_t *out_len)
{
	size_t body;

	if (len < 4 || len > SHORT_COMMAND_MAX || (len > 5 && cmd[4] == 0))
		return RC_READER;
	body = len <= 5 ? 4 : 5U + cmd[4];
	if (len > 5 && len != body && len != body + 1)
		return RC_READER;
	if (body + 1 > SHORT_COMMAND_MAX)
		return RC_READER;
	memcpy(out, cmd, body);
	out[body] = le;
	*out_len = body + 1;
	return RC_OK;
}

static enum rc
next_command(const uint8_t *cmd, size_t cmd_len, const uint8_t sw[2],
	     uint8_t next[SHORT_COMMAND_MAX], size_t *next_len)
{
	if (sw[0] == 0x6C)
		return with_le(cmd, cmd_len, sw[1], next, next_len);
	/* GET RESPONSE goes to the logical channel of the command (7816-4 5.4.1). */
	next[0] = cmd[0] & 0x03;
	next[1] = INS_GET_RESPONSE;
	next[2] = 0;
	next[3] = 0;
	next[4] = sw[1];
	*next_len = 5;
	return RC_OK;
}

enum rc
exchange_resolve(const struct exchange *x, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp,
		 size_t cap, size_t *rsp_len)
{
	uint8_t next[SHORT_COMMAND_MAX];
	size_t next_len = 0, done = 0, got = 0;
	const uint8_t *now = cmd;
	size_t now_len = cmd_len;
	enum rc rc = RC_READER;

	if (cmd_len < 4)
		return RC_RANGE;
	for (unsigned int round = 0; round < ROUNDS_MAX; round++) {
		rc = x->transmit(x->ctx, now, now_len, rsp + done, cap - done, &got);
		if (rc != RC_OK)
			goto out;
		if (got < 2) {
			rc = RC_READER;
			goto out;
		}
		const uint8_t *sw = rsp + done + got - 2;
		if (sw[0] != 0x61 && sw[0] != 0x6C) {
			*rsp_len = done + got;
			goto out;
		}
		rc = next_command(now, now_len, sw, next, &next_len);
		if (rc != RC_OK)
			goto out;
		if (sw[0] == 0x61)
			done += got - 2;
		now = next;
		now_len = next_len;
	}
	rc = RC_READER;
out:
	mem_wipe(next, sizeof next);
	return rc;
}
