// SPDX-License-Identifier: GPL-3.0-or-later
/* The three exchange levels (CCID 6.1.4, 6.2.1): TPDU with our T=0 and T=1, short APDU, extended
 * APDU in as many messages as it takes. */
#include "reader/ccid_apdu.h"

#include "base/mem.h"
#include "reader/card_line.h"
#include "reader/ccid_talk.h"

#define BLOCKS_MAX 2000U
#define PARTS_MAX 64U

struct level_ctx {
	struct ccid *reader;
	uint8_t slot;
};

static enum rc
copy_answer(const struct ccid_answer *a, uint8_t *rsp, size_t cap, size_t *rsp_len)
{
	if (a->len < 2)
		return RC_READER;
	if (a->len > cap)
		return RC_SPACE;
	memcpy(rsp, a->data, a->len);
	*rsp_len = a->len;
	return RC_OK;
}

static enum rc
transmit_one(void *ctx, const uint8_t *cmd, size_t len, uint8_t *rsp, size_t cap, size_t *rsp_len)
{
	const struct level_ctx *l = ctx;
	const uint8_t four_and_p3[5] = { cmd[0], cmd[1], cmd[2], cmd[3], 0 };
	struct ccid_answer a;
	enum rc rc;

	if (len == 4 && l->reader->class.level == CCID_TPDU) { /* a header of T=0 has five bytes */
		cmd = four_and_p3;
		len = sizeof four_and_p3;
	}
	rc = ccid_xfr(l->reader, l->slot, 0, CCID_WHOLE, cmd, len, &a);
	return rc == RC_OK ? copy_answer(&a, rsp, cap, rsp_len) : rc;
}

/* A block there, a block back, as the machine of T=1 wants. */
static enum rc
transmit_blocks(struct ccid *r, uint8_t slot, const uint8_t *cmd, size_t len, uint8_t *rsp,
		size_t cap, size_t *rsp_len)
{
	struct t1_host *t1 = &r->slots[slot].t1;
	enum t1_host_event e = T1_HOST_OUTPUT;
	const uint8_t *answer = NULL;
	struct ccid_answer a;
	enum rc rc = t1_host_send(t1, cmd, len);

	for (unsigned int i = 0; rc == RC_OK && e != T1_HOST_DONE && i < BLOCKS_MAX; i++) {
		size_t n = 0;
		const uint8_t *block = t1_host_output(t1, &n);

		rc = ccid_xfr(r, slot, t1_host_wait(t1), CCID_WHOLE, block, n, &a);
		if (rc == RC_OK)
			e = t1_host_block(t1, a.data, a.len);
		else if (rc == RC_TIMEOUT ||
			 (rc == RC_READER && !r->slots[slot].pulled && r->slots[slot].powered)) {
			e = t1_host_silence(t1); /* parity, overrun, mute: T=1 knows what to do */
			rc = RC_OK;
		}
	}
	if (rc == RC_OK)
		rc = e == T1_HOST_DONE ? t1_host_result(t1, &answer, &len) : RC_READER;
	if (rc == RC_OK && len > cap)
		rc = RC_SPACE;
	if (rc == RC_OK) {
		memcpy(rsp, answer, len);
		*rsp_len = len;
	}
	t1_host_wipe(t1);
	return rc;
}

/* The command in one message or several; *a is the answer to the last. */
static enum rc
send_parts(struct ccid *r, uint8_t slot, const uint8_t *cmd, size_t len, struct ccid_answer *a)
{
	const size_t room =
		(r->class.max_message < CCID_FRAME_MAX ? r->class.max_message : CCID_FRAME_MAX) -
		CCID_HEADER;
	size_t at = 0;
	enum rc rc = RC_OK;

	if (len <= room)
		return ccid_xfr(r, slot, 0, CCID_WHOLE, cmd, len, a);
	while (rc == RC_OK && at < len) {
		const bool last = len - at <= room;
		const size_t n = last ? len - at : room;
		const uint8_t level = at == 0 ? CCID_BEGINS : last ? CCID_ENDS : CCID_MIDDLE;

		rc = ccid_xfr(r, slot, 0, level, cmd + at, n, a);
		at += n;
		if (rc == RC_OK && at < len && (a->specific != CCID_CONTINUE || a->len != 0))
			rc = RC_READER; /* it must ask for the next part */
	}
	return rc;
}

static enum rc
transmit_extended(struct ccid *r, uint8_t slot, const uint8_t *cmd, size_t len, uint8_t *rsp,
		  size_t cap, size_t *rsp_len)
{
	struct ccid_answer a;
	size_t done = 0;
	enum rc rc = send_parts(r, slot, cmd, len, &a);

	for (unsigned int i = 0; rc == RC_OK && i < PARTS_MAX; i++) {
		if (a.len > cap - done)
			return RC_SPACE;
		if (a.len > 0)
			memcpy(rsp + done, a.data, a.len);
		done += a.len;
		if (a.specific != CCID_BEGINS && a.specific != CCID_MIDDLE) {
			*rsp_len = done;
			return done >= 2 ? RC_OK : RC_READER;
		}
		rc = ccid_xfr(r, slot, 0, CCID_CONTINUE, NULL, 0, &a);
	}
	return rc != RC_OK ? rc : RC_READER;
}

enum rc
ccid_apdu_transmit(struct ccid *r, uint8_t slot, const uint8_t *cmd, size_t len, uint8_t *rsp,
		   size_t cap, size_t *rsp_len)
{
	struct level_ctx ctx = { r, slot };
	const struct short_line line = { &ctx, r->class.level == CCID_TPDU, transmit_one };

	switch (r->class.level) {
	case CCID_TPDU:
		if (r->slots[slot].protocol == 1)
			return transmit_blocks(r, slot, cmd, len, rsp, cap, rsp_len);
		return short_line_transmit(&line, cmd, len, rsp, cap, rsp_len);
	case CCID_SHORT_APDU:
		return short_line_transmit(&line, cmd, len, rsp, cap, rsp_len);
	case CCID_EXTENDED_APDU:
		return transmit_extended(r, slot, cmd, len, rsp, cap, rsp_len);
	case CCID_CHARACTER:
		break;
	}
	return RC_READER;
}
