// SPDX-License-Identifier: GPL-3.0-or-later
/* T=1, the reader's end (ISO 7816-3 11.6: rules 1–9). A command that may have reached the card is
 * never sent a second time: once RESYNCH was needed, the exchange is lost. */
#include "reader/t1_host.h"

#include "base/mem.h"

#define ERRORS_MAX 3 /* 11.6.3.2 */

void
t1_host_reset(struct t1_host *t, enum t1_edc edc, uint8_t ifsc, uint8_t ifsd, bool ifsd_told)
{
	mem_wipe(t, sizeof *t);
	t->edc = edc;
	t->ifsc = ifsc;
	t->ifsd = ifsd;
	t->ifsd_told = ifsd_told || ifsd == T1_IFS_DEFAULT;
}

void
t1_host_wipe(struct t1_host *t)
{
	mem_wipe(t->block, sizeof t->block);
	mem_wipe(t->out, sizeof t->out);
	mem_wipe(t->command, sizeof t->command);
	mem_wipe(t->answer, sizeof t->answer);
	t->have = 0;
	t->out_len = 0;
	t->answer_len = 0;
	t->state = T1_HOST_IDLE;
	t->result = RC_STATE;
}

static enum t1_host_event
send_block(struct t1_host *t, uint8_t pcb, const uint8_t *inf, uint8_t len)
{
	const struct t1_block b = { .pcb = pcb, .len = len, .inf = inf };

	t->out_len = (uint16_t)t1_block_build(t->edc, &b, t->out);
	t->wait = 0;
	return T1_HOST_OUTPUT;
}

static enum t1_host_event
send_r(struct t1_host *t, uint8_t error)
{
	return send_block(t, (uint8_t)(T1_PCB_R | (t->nr ? T1_R_SEQUENCE : 0) | error), NULL, 0);
}

static enum t1_host_event
send_i(struct t1_host *t)
{
	const uint16_t left = (uint16_t)(t->command_len - t->sent);
	const bool more = left > t->ifsc;

	t->state = T1_HOST_SENDING;
	t->sending = more ? t->ifsc : left;
	return send_block(t, (uint8_t)((t->ns ? T1_I_SEQUENCE : 0) | (more ? T1_I_MORE : 0)),
			  t->command + t->sent, (uint8_t)t->sending);
}

static enum t1_host_event
done(struct t1_host *t, enum rc result)
{
	t->state = T1_HOST_IDLE;
	t->result = result;
	return T1_HOST_DONE;
}

/* Rule 6.4: after as many errors the sequences start again, and what was under way is lost. */
static enum t1_host_event
resynch(struct t1_host *t)
{
	if (t->resynchs >= ERRORS_MAX)
		return done(t, RC_TIMEOUT);
	t->resynchs++;
	t->errors = 0;
	t->state = T1_HOST_RESYNCHING;
	return send_block(t, T1_PCB_S | T1_S_RESYNCH, NULL, 0);
}

static bool
last_was_s_request(const struct t1_host *t)
{
	return (t->out[1] & 0xC0) == T1_PCB_S && (t->out[1] & T1_S_RESPONSE) == 0;
}

static bool
last_was_s_response(const struct t1_host *t)
{
	return (t->out[1] & 0xC0) == T1_PCB_S && (t->out[1] & T1_S_RESPONSE) != 0;
}

/* Rule 7: nothing usable came. */
static enum t1_host_event
wrong(struct t1_host *t, uint8_t error)
{
	if (++t->errors >= ERRORS_MAX)
		return resynch(t);
	t->wait = 0;
	if (last_was_s_request(t) || (t->out[1] & 0xC0) == T1_PCB_R)
		return T1_HOST_OUTPUT; /* rules 7.2, 7.3 */
	return send_r(t, error);       /* rules 7.1, 7.4.2 */
}

/* The card asks for our last block again. */
static enum t1_host_event
repeat(struct t1_host *t)
{
	if (++t->errors >= ERRORS_MAX)
		return resynch(t);
	t->wait = 0;
	return T1_HOST_OUTPUT;
}

static bool
is_last_piece(const struct t1_host *t)
{
	return t->sent + t->sending >= t->command_len;
}

static enum t1_host_event
receive_i(struct t1_host *t, const struct t1_block *b)
{
	const bool starts = t->state == T1_HOST_SENDING;

	if ((!starts && t->state != T1_HOST_RECEIVING) || (starts && !is_last_piece(t)) ||
	    ((b->pcb & T1_I_SEQUENCE) != 0) != t->nr || b->len > t->ifsd)
		return wrong(t, T1_R_OTHER);
	if (starts) { /* rule 2.1: it acknowledges our last one */
		t->ns = !t->ns;
		t->state = T1_HOST_RECEIVING;
	}
	t->nr = !t->nr;
	t->errors = 0;
	if (b->len > sizeof t->answer - t->answer_len) {
		if ((b->pcb & T1_I_MORE) == 0)
			return done(t, RC_SPACE);
		t->state = T1_HOST_ABORTING;
		return send_block(t, T1_PCB_S | T1_S_ABORT, NULL, 0);
	}
	if (b->len > 0)
		memcpy(t->answer + t->answer_len, b->inf, b->len);
	t->answer_len = (uint16_t)(t->answer_len + b->len);
	if ((b->pcb & T1_I_MORE) != 0)
		return send_r(t, 0);
	return done(t, t->answer_len >= 2 ? RC_OK : RC_READER);
}

static enum t1_host_event
receive_r(struct t1_host *t, const struct t1_block *b)
{
	const bool same = ((b->pcb & T1_R_SEQUENCE) != 0) == t->ns;

	if (b->len != 0)
		return wrong(t, T1_R_OTHER);
	if (t->state == T1_HOST_ABORTED)
		return done(t, RC_READER);
	if (t->state != T1_HOST_SENDING)
		return repeat(t);
	if (same) { /* an R-block or S-response in between: the piece is cut anew */
		if (++t->errors >= ERRORS_MAX)
			return resynch(t);
		return send_i(t);
	}
	if (is_last_piece(t)) /* rule 7.4.1, or an answer that was lost */
		return last_was_s_response(t) ? repeat(t) : wrong(t, T1_R_OTHER);
	t->sent = (uint16_t)(t->sent + t->sending);
	t->ns = !t->ns;
	t->errors = 0;
	return send_i(t);
}

static enum t1_host_event
receive_s_request(struct t1_host *t, const struct t1_block *b)
{
	const uint8_t kind = b->pcb & 0x1F;
	const uint8_t pcb = (uint8_t)(b->pcb | T1_S_RESPONSE);

	if (t->state != T1_HOST_SENDING && t->state != T1_HOST_RECEIVING &&
	    t->state != T1_HOST_ABORTED)
		return wrong(t, T1_R_OTHER);
	if (kind == T1_S_IFS && b->len == 1 && b->inf[0] >= 1 && b->inf[0] <= T1_INF_MAX) {
		t->ifsc = b->inf[0];
		return send_block(t, pcb, b->inf, 1);
	}
	if (kind == T1_S_WTX && b->len == 1) {
		const uint8_t wait = b->inf[0];

		(void)send_block(t, pcb, b->inf, 1);
		t->wait = wait;
		return T1_HOST_OUTPUT;
	}
	if (kind == T1_S_ABORT && b->len == 0) {
		t->state = T1_HOST_ABORTED;
		return send_block(t, pcb, NULL, 0);
	}
	return wrong(t, T1_R_OTHER); /* RESYNCH is the reader's to ask for */
}

static enum t1_host_event
receive_s_response(struct t1_host *t, const struct t1_block *b)
{
	const uint8_t kind = b->pcb & 0x1F;

	if (!last_was_s_request(t) || kind != (t->out[1] & 0x1F))
		return wrong(t, T1_R_OTHER);
	if (t->state == T1_HOST_RESYNCHING && b->len == 0) {
		t->ns = false;
		t->nr = false;
		t->ifsd_told = t->ifsd == T1_IFS_DEFAULT;
		return done(t, RC_READER);
	}
	if (t->state == T1_HOST_TELLING && b->len == 1 && b->inf[0] == t->ifsd) {
		t->ifsd_told = true;
		t->errors = 0;
		return send_i(t);
	}
	if (t->state == T1_HOST_ABORTING && b->len == 0)
		return done(t, RC_SPACE);
	return wrong(t, T1_R_OTHER);
}

enum t1_host_event
t1_host_block(struct t1_host *t, const uint8_t *block, size_t len)
{
	struct t1_block b;
	enum rc rc;

	if (t->state == T1_HOST_IDLE)
		return T1_HOST_NONE;
	rc = t1_block_parse(t->edc, block, len, &b);
	if (rc != RC_OK || t->parity_wrong) {
		const bool garbled = rc == RC_INTEGRITY || t->parity_wrong;

		t->parity_wrong = false;
		return wrong(t, garbled ? T1_R_EDC : T1_R_OTHER);
	}
	if (t->state == T1_HOST_RESYNCHING && b.pcb != (T1_PCB_S | T1_S_RESPONSE | T1_S_RESYNCH))
		return wrong(t, T1_R_OTHER);
	if ((b.pcb & 0x80) == 0)
		return receive_i(t, &b);
	if ((b.pcb & 0xC0) == T1_PCB_R)
		return receive_r(t, &b);
	return (b.pcb & T1_S_RESPONSE) != 0 ? receive_s_response(t, &b) : receive_s_request(t, &b);
}

enum t1_host_event
t1_host_feed(struct t1_host *t, uint8_t byte, bool parity_ok)
{
	size_t need;

	if (t->state == T1_HOST_IDLE)
		return T1_HOST_NONE;
	t->block[t->have++] = byte;
	t->parity_wrong = t->parity_wrong || !parity_ok;
	if (t->have < 3)
		return T1_HOST_NONE;
	/* LEN FF is reserved: nothing sensible follows. */
	need = t->block[2] > T1_INF_MAX ? 3 : 3 + (size_t)t->block[2] + t1_edc_size(t->edc);
	if (t->have < need)
		return T1_HOST_NONE;
	t->have = 0;
	return t1_host_block(t, t->block, need);
}

enum t1_host_event
t1_host_silence(struct t1_host *t)
{
	if (t->state == T1_HOST_IDLE)
		return T1_HOST_NONE;
	t->have = 0;
	t->parity_wrong = false;
	return wrong(t, T1_R_OTHER);
}

enum rc
t1_host_send(struct t1_host *t, const uint8_t *command, size_t len)
{
	if (len == 0 || len > sizeof t->command)
		return RC_RANGE;
	t1_host_wipe(t);
	memcpy(t->command, command, len);
	t->command_len = (uint16_t)len;
	t->sent = 0;
	t->errors = 0;
	t->resynchs = 0;
	t->parity_wrong = false;
	if (t->ifsd_told) {
		(void)send_i(t);
		return RC_OK;
	}
	t->state = T1_HOST_TELLING;
	(void)send_block(t, T1_PCB_S | T1_S_IFS, &t->ifsd, 1);
	return RC_OK;
}

const uint8_t *
t1_host_output(const struct t1_host *t, size_t *len)
{
	*len = t->out_len;
	return t->out;
}

uint8_t
t1_host_wait(const struct t1_host *t)
{
	return t->wait != 0 ? t->wait : 1;
}

enum rc
t1_host_result(const struct t1_host *t, const uint8_t **answer, size_t *len)
{
	if (t->result != RC_OK)
		return t->result;
	*answer = t->answer;
	*len = t->answer_len;
	return RC_OK;
}
