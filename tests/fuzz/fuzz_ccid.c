// SPDX-License-Identifier: GPL-3.0-or-later
/* A hostile reader and card: first byte 0 = descriptors, 1 = one answer, 2 = T=1 blocks, 3 = T=0
 * bytes, else a whole session whose exchange level it chooses; answers are pieces behind a byte of
 * length. */
#include "reader/ccid.h"
#include "reader/t0_host.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct hostile {
	const uint8_t *p;
	size_t left;
	uint8_t slot, seq;
};

static enum rc
hostile_out(void *ctx, const uint8_t *data, size_t len, unsigned int timeout_ms)
{
	struct hostile *h = ctx;

	(void)timeout_ms;
	if (len < CCID_HEADER)
		abort();
	h->slot = data[5];
	h->seq = data[6];
	return RC_OK;
}

/* A piece; its slot and number are made right when its length is odd. */
static enum rc
hostile_in(void *ctx, uint8_t *buf, size_t cap, size_t *len, unsigned int timeout_ms)
{
	struct hostile *h = ctx;
	size_t n;

	(void)timeout_ms;
	if (h->left == 0)
		return RC_TIMEOUT;
	n = h->p[0];
	h->p++;
	h->left--;
	if (n == 0xFF)
		return RC_STATE;
	n = n < h->left ? n : h->left;
	n = n < cap ? n : cap;
	memcpy(buf, h->p, n);
	h->p += n;
	h->left -= n;
	if (n > CCID_HEADER && (n & 1) != 0) {
		buf[5] = h->slot;
		buf[6] = h->seq;
	}
	*len = n;
	return RC_OK;
}

static enum rc
hostile_notice(void *ctx, uint8_t *buf, size_t cap, size_t *len, unsigned int timeout_ms)
{
	struct hostile *h = ctx;

	(void)cap;
	(void)timeout_ms;
	if (h->left == 0 || h->p[0] % 5 != 0)
		return RC_TIMEOUT;
	buf[0] = 0x50;
	buf[1] = h->p[0];
	h->p++;
	h->left--;
	*len = 2;
	return RC_OK;
}

static enum rc
hostile_abort(void *ctx, uint8_t slot, uint8_t seq)
{
	(void)ctx;
	(void)slot;
	(void)seq;
	return RC_READER;
}

static enum rc
hostile_recover(void *ctx)
{
	(void)ctx;
	return RC_OK;
}

static void
run_session(const uint8_t *data, size_t size)
{
	struct hostile h = { .p = data, .left = size };
	const struct ccid_port port = {
		&h, hostile_out, hostile_in, hostile_notice, hostile_abort, hostile_recover
	};
	const struct ccid_class class = { .slots = 2,
					  .voltages = 7,
					  .protocols = 3,
					  .clock_khz = 4000,
					  .max_ifsd = 254,
					  .features = size > 0 ? data[0] * 2U : 0,
					  .level = size > 1 ? (enum ccid_level)(data[1] % 4)
							    : CCID_TPDU,
					  .max_message = 271 };
	struct ccid *r = calloc(1, sizeof *r);
	uint8_t cmd[300] = { 0x80, 0x12, 0, 0, 0, 1, 0x20 }, rsp[APDU_RESPONSE_MAX];
	char why[READER_WHY];
	size_t len;

	if (r && ccid_init(r, &port, &class, why) == RC_OK && ccid_power_on(r, 1, why) == RC_OK) {
		for (unsigned int i = 0; i < 4; i++) {
			len = 0;
			if (ccid_transmit(r, 1, cmd, i % 2 != 0 ? 5 : 295, rsp, sizeof rsp, &len) ==
				    RC_OK &&
			    (len < 2 || len > sizeof rsp))
				abort();
		}
	}
	free(r);
}

static void
run_t1(const uint8_t *data, size_t size)
{
	static const uint8_t cmd[6] = { 0, 0xA4, 4, 0, 1, 2 };
	struct t1_host t;
	const uint8_t *answer;
	size_t len, outputs = 0;

	t1_host_reset(&t, T1_LRC, 4, 254, false);
	if (t1_host_send(&t, cmd, sizeof cmd) != RC_OK)
		abort();
	for (size_t i = 0; i < size; i++) {
		const enum t1_host_event e =
			data[i] == 0xA5 ? t1_host_silence(&t) : t1_host_feed(&t, data[i], true);

		if (e == T1_HOST_OUTPUT && t1_host_output(&t, &len) && ++outputs > size)
			abort();
		if (e == T1_HOST_DONE && t1_host_result(&t, &answer, &len) == RC_OK && len < 2)
			abort();
	}
}

static void
run_t0(const uint8_t *data, size_t size)
{
	static const uint8_t cmd[8] = { 0x80, 0x10, 0, 0, 3, 1, 2, 3 };
	struct t0_host t;
	size_t len;

	if (size < 1 || t0_host_send(&t, cmd, data[0] % 2 != 0 ? 5 : 8) != RC_OK)
		return;
	for (size_t i = 1; i < size; i++) {
		const enum t0_host_event e = t0_host_feed(&t, data[i]);

		(void)t0_host_output(&t, &len);
		if (len > T0_TPDU_MAX)
			abort();
		if (e == T0_HOST_DONE && t0_host_answer(&t, &len) && len < 2)
			abort();
	}
}

static void
run_answer(const uint8_t *data, size_t size)
{
	struct ccid_answer a, again;
	struct ccid_notice n;
	uint8_t out[1100];
	size_t len;

	if (ccid_notice_decode(data, size, size % 32 != 0 ? 1 : 0, &n) == RC_OK && n.changed &&
	    !n.known)
		abort();
	if (size > 1000 || ccid_answer_decode(data, size, &a) != RC_OK)
		return;
	if (ccid_answer_encode(&a, out, sizeof out, &len) != RC_OK ||
	    ccid_answer_decode(out, len, &again) != RC_OK || again.len != a.len ||
	    again.icc != a.icc || again.outcome != a.outcome)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ccid_class class;

	if (size < 1)
		return 0;
	if (data[0] == 0) {
		if (ccid_class_parse(data + 1, size - 1, &class) == RC_OK &&
		    (class.slots == 0 || class.slots > CCID_SLOTS_MAX))
			abort();
	} else if (data[0] == 1) {
		run_answer(data + 1, size - 1);
	} else if (data[0] == 2) {
		run_t1(data + 1, size - 1);
	} else if (data[0] == 3) {
		run_t0(data + 1, size - 1);
	} else {
		run_session(data + 1, size - 1);
	}
	return 0;
}
