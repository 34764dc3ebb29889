// SPDX-License-Identifier: GPL-3.0-or-later
/* Any bytes as a transport stream, with a card that opens every ECM with words made from its bytes.
 * Input: first byte = size of the pieces, then the stream. */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "stream/ts.h"
#include "watch/watch.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t info[] = { 1,    0x12, 0x34, 0, 0, 0x0A, 0xBC, 1, 1, 1, 1, 1,    0x2C, 1,
				0x2C, 0,    0x40, 4, 3, 0,    0,    0, 0, 0, 0, 0x90, 0x00 };

static enum rc
any_atr(void *ctx, uint8_t atr[ATR_MAX], size_t *len)
{
	(void)ctx;
	atr[0] = 0x3B;
	atr[1] = 0x00;
	*len = 2;
	return RC_OK;
}

static enum rc
any_reset(void *ctx)
{
	(void)ctx;
	return RC_OK;
}

static enum rc
any_answer(void *ctx, const uint8_t *cmd, size_t len, uint8_t *rsp, size_t cap, size_t *rsp_len)
{
	struct ca_answer a = { .outcome = OUTCOME_OPEN, .cw_size = 8 };
	size_t n = 0;

	(void)ctx;
	if (cmd[1] == CA_INS_GET_DATA) {
		memcpy(rsp, info, sizeof info);
		*rsp_len = sizeof info;
		return RC_OK;
	}
	if (cmd[1] == CA_INS_ECM && len > 20) {
		a.outcome = (enum ca_outcome)(cmd[len / 2] % 4);
		a.cw_size = a.outcome == OUTCOME_OPEN ? (cmd[len / 3] & 1U ? 8 : 16) : 0;
		memcpy(a.cw_even, cmd + 5, a.cw_size);
		memcpy(a.cw_odd, cmd + 4, a.cw_size);
		if (ca_answer_encode(&a, rsp, cap - 2, &n) != RC_OK)
			abort();
	} else if (cmd[1] == CA_INS_EMM) {
		rsp[n++] = cmd[len / 2] % 5;
	}
	put_be16(rsp + n, SW_OK);
	*rsp_len = n + 2;
	return RC_OK;
}

static size_t
drain(struct watch *w)
{
	uint8_t out[16 * TS_SIZE];
	struct watch_event event;
	size_t n, sum = 0;

	while (watch_next_event(w, &event))
		;
	while ((n = watch_drain(w, out, sizeof out)) > 0)
		sum += n;
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct apdu_link link = { NULL, any_atr, any_reset, any_answer };
	struct watch_options options = { .keep_scrambled = size > 0 && data[0] & 1U };
	struct ca_session *session = NULL;
	struct watch_stats stats;
	struct watch *w;
	size_t step, out = 0, taken = 0;
	bool done = false;
	char why[CA_WHY];

	if (size < 1)
		return 0;
	options.hold_back = (data[0] & 2U) != 0;
	step = data[0] ? 8U * data[0] : 1;
	if (ca_session_open(&link, &session, why) != RC_OK)
		abort();
	w = watch_new(&options, session);
	if (!w)
		abort();
	for (size_t pos = 1; pos < size; pos += taken) {
		if (watch_feed(w, data + pos, size - pos < step ? size - pos : step, &taken) !=
		    RC_OK)
			abort();
		out += drain(w);
	}
	while (!done) {
		if (watch_finish(w, &done) != RC_OK)
			abort();
		out += drain(w);
	}
	watch_get_stats(w, &stats);
	if (out != stats.packets_out * TS_SIZE || stats.packets_out > stats.packets_in ||
	    (options.keep_scrambled && stats.packets_out != stats.packets_in))
		abort();
	watch_free(&w);
	ca_session_close(&session);
	return 0;
}
