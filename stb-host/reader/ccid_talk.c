// SPDX-License-Identifier: GPL-3.0-or-later
/* One command, one answer (CCID 6.1, 6.2, 5.3.1). Answers may be late, doubled, of another slot, or
 * lost with the card; each loop here is bounded. */
#include "reader/ccid_talk.h"

#include "base/mem.h"

#define STALE_MAX 32U
#define NOTICES_MAX 16U
#define EXTENSIONS_MAX 1000U
#define WAIT_TOTAL_MAX_MS 120000U /* all extensions together */
#define ABORT_MS 1000U
#define OUT_MS 3000U

enum rc
ccid_take_notices(struct ccid *r)
{
	for (unsigned int i = 0; r->port.notice && i < NOTICES_MAX; i++) {
		uint8_t buf[64];
		struct ccid_notice n;
		size_t len = 0;
		enum rc rc = r->port.notice(r->port.ctx, buf, sizeof buf, &len, 0);

		if (rc == RC_TIMEOUT)
			return RC_OK;
		if (rc != RC_OK)
			return rc;
		for (uint8_t slot = 0; slot < r->class.slots; slot++) {
			if (ccid_notice_decode(buf, len, slot, &n) != RC_OK || !n.known)
				continue;
			if (n.changed || n.hardware_fails || !n.present)
				r->slots[slot].pulled = true;
		}
	}
	return RC_OK;
}

/* Drops what comes until the abort is answered (6.1.13). */
static void
abort_command(struct ccid *r, uint8_t slot, uint8_t seq)
{
	const struct ccid_command c = { .type = CCID_ABORT, .slot = slot, .seq = seq };
	struct ccid_answer a;
	size_t len = 0;
	enum rc rc;

	(void)r->port.abort(r->port.ctx, slot, seq);
	if (ccid_command_encode(&c, r->out, sizeof r->out, &len) != RC_OK)
		return;
	rc = r->port.bulk_out(r->port.ctx, r->out, len, ABORT_MS);
	for (unsigned int i = 0; rc == RC_OK && i < STALE_MAX; i++) {
		rc = r->port.bulk_in(r->port.ctx, r->in, sizeof r->in, &len, ABORT_MS);
		if (rc == RC_STATE)
			rc = ccid_take_notices(r);
		else if (rc == RC_OK && ccid_answer_decode(r->in, len, &a) == RC_OK &&
			 a.type == CCID_SLOT_STATUS && a.slot == slot && a.seq == seq)
			return;
	}
	if (rc != RC_NOT_FOUND)
		(void)r->port.recover(r->port.ctx);
}

static bool
fits(const struct ccid_command *c, const struct ccid_answer *a)
{
	enum ccid_answer_type want = CCID_SLOT_STATUS;

	switch (c->type) {
	case CCID_POWER_ON:
	case CCID_XFR_BLOCK:
		want = CCID_DATA_BLOCK;
		break;
	case CCID_GET_PARAMETERS:
	case CCID_RESET_PARAMETERS:
	case CCID_SET_PARAMETERS:
		want = CCID_PARAMETERS;
		break;
	case CCID_ESCAPE:
		want = CCID_ESCAPE_ANSWER;
		break;
	case CCID_POWER_OFF:
	case CCID_GET_SLOT_STATUS:
	case CCID_ABORT:
		break;
	}
	/* A failing command may be answered by the plain slot status. */
	return a->slot == c->slot && a->seq == c->seq &&
	       (a->type == want || (a->type == CCID_SLOT_STATUS && a->outcome != CCID_OK));
}

/* The next transfer of any kind. RC_READER also when the card is gone meanwhile. */
static enum rc
receive(struct ccid *r, const struct ccid_command *c, unsigned int timeout_ms, size_t *len)
{
	const struct ccid_slot_state *s = &r->slots[c->slot];
	enum rc rc = RC_STATE;

	for (unsigned int i = 0; rc == RC_STATE && i < NOTICES_MAX; i++) {
		rc = r->port.bulk_in(r->port.ctx, r->in, sizeof r->in, len, timeout_ms);
		if (rc != RC_STATE)
			return rc;
		rc = ccid_take_notices(r);
		if (rc != RC_OK)
			return rc;
		if (s->pulled && c->type == CCID_XFR_BLOCK)
			return RC_READER; /* its answer may never come */
		rc = RC_STATE;
	}
	return RC_READER;
}

static enum rc
wait_for(struct ccid *r, const struct ccid_command *c, unsigned int timeout_ms,
	 struct ccid_answer *a)
{
	unsigned int stale = 0, wait_ms = timeout_ms, total_ms = 0;

	for (unsigned int i = 0; i < EXTENSIONS_MAX && stale < STALE_MAX; i++) {
		size_t len = 0;
		enum rc rc = receive(r, c, wait_ms, &len);

		if (rc != RC_OK)
			return rc;
		if (ccid_answer_decode(r->in, len, a) != RC_OK || a->slot != c->slot ||
		    a->seq != c->seq) {
			stale++;
			continue;
		}
		if (a->outcome == CCID_MORE_TIME) {
			wait_ms = timeout_ms * (a->error != 0 ? a->error : 1U);
			total_ms += timeout_ms;
			if (total_ms > WAIT_TOTAL_MAX_MS)
				return RC_TIMEOUT;
			if (wait_ms > WAIT_TOTAL_MAX_MS)
				wait_ms = WAIT_TOTAL_MAX_MS;
			continue;
		}
		if (a->outcome != CCID_OUTCOME_RESERVED && fits(c, a))
			return RC_OK;
		stale++;
	}
	return RC_READER;
}

enum rc
ccid_talk(struct ccid *r, struct ccid_command *c, unsigned int timeout_ms, struct ccid_answer *a)
{
	size_t len = 0;
	enum rc rc;

	c->seq = r->seq++;
	rc = ccid_command_encode(c, r->out, sizeof r->out, &len);
	if (rc != RC_OK)
		return rc;
	rc = r->port.bulk_out(r->port.ctx, r->out, len, OUT_MS);
	mem_wipe(r->out, len);
	if (rc == RC_TIMEOUT || rc == RC_READER)
		(void)r->port.recover(r->port.ctx);
	if (rc != RC_OK)
		return rc;
	rc = wait_for(r, c, timeout_ms, a);
	if (rc == RC_TIMEOUT)
		abort_command(r, c->slot, c->seq);
	if (rc == RC_OK && a->icc == CCID_ICC_ABSENT)
		r->slots[c->slot].pulled = true;
	return rc;
}

enum rc
ccid_xfr(struct ccid *r, uint8_t slot, uint8_t wait, uint8_t level, const uint8_t *data, size_t len,
	 struct ccid_answer *a)
{
	struct ccid_command c = { .type = CCID_XFR_BLOCK,
				  .slot = slot,
				  .specific = { wait > 1 ? wait : 0, level, 0 },
				  .data = data,
				  .len = len };
	enum rc rc = ccid_talk(r, &c, r->patience_ms * (wait > 1 ? wait : 1U), a);

	if (rc != RC_OK)
		return rc;
	if (a->outcome == CCID_FAILED)
		return a->error == CCID_ERROR_MUTE && a->icc == CCID_ICC_ACTIVE ? RC_TIMEOUT
										: RC_READER;
	/* QEMU answers so when the card is not powered (no error) or not there. */
	return a->icc == CCID_ICC_ACTIVE ? RC_OK : RC_READER;
}
