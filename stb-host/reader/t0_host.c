// SPDX-License-Identifier: GPL-3.0-or-later
/* T=0, the reader's end (ISO 7816-3 10.3.3: procedure bytes). */
#include "reader/t0_host.h"

#include "base/mem.h"

#define HEADER 5U
#define PROCEDURE_NULL 0x60
#define P3_ZERO 256U

enum rc
t0_host_send(struct t0_host *t, const uint8_t *tpdu, size_t len)
{
	if (len < 4 || (len > HEADER && (tpdu[4] == 0 || len != HEADER + tpdu[4])))
		return RC_RANGE;
	mem_wipe(t, sizeof *t);
	memcpy(t->tpdu, tpdu, len);
	t->tpdu_len = (uint16_t)(len < HEADER ? HEADER : len);
	if (len == HEADER)
		t->expected = (uint16_t)(tpdu[4] != 0 ? tpdu[4] : P3_ZERO);
	t->sent = HEADER;
	return RC_OK;
}

static uint16_t
to_send(const struct t0_host *t)
{
	return (uint16_t)(t->tpdu_len - t->sent);
}

/* The card acknowledges: all that is left goes, or one byte of it. */
static enum t0_host_event
acknowledged(struct t0_host *t, bool one_by_one)
{
	t->one_by_one = one_by_one;
	if (to_send(t) > 0) {
		t->out_at = t->sent;
		t->sent = one_by_one ? (uint16_t)(t->sent + 1) : t->tpdu_len;
		return T0_HOST_OUTPUT;
	}
	if (t->expected == 0)
		return T0_HOST_FAILED;
	t->state = T0_HOST_DATA;
	return T0_HOST_NONE;
}

static enum t0_host_event
procedure_byte(struct t0_host *t, uint8_t byte)
{
	const uint8_t ins = t->tpdu[1];

	if (byte == PROCEDURE_NULL)
		return T0_HOST_NONE;
	if (byte == ins)
		return acknowledged(t, false);
	if ((byte ^ ins) == 0xFF)
		return acknowledged(t, true);
	if ((byte & 0xF0) != 0x60 && (byte & 0xF0) != 0x90)
		return T0_HOST_FAILED;
	t->answer[t->answer_len++] = byte;
	t->state = T0_HOST_SW2;
	return T0_HOST_NONE;
}

enum t0_host_event
t0_host_feed(struct t0_host *t, uint8_t byte)
{
	enum t0_host_event e = T0_HOST_NONE;

	switch (t->state) {
	case T0_HOST_PROCEDURE:
		e = procedure_byte(t, byte);
		break;
	case T0_HOST_DATA:
		t->answer[t->answer_len++] = byte;
		if (--t->expected == 0 || t->one_by_one)
			t->state = T0_HOST_PROCEDURE;
		break;
	case T0_HOST_SW2:
		t->answer[t->answer_len++] = byte;
		e = T0_HOST_DONE;
		break;
	case T0_HOST_IDLE:
		e = T0_HOST_FAILED;
		break;
	}
	if (e == T0_HOST_DONE || e == T0_HOST_FAILED)
		t->state = T0_HOST_IDLE;
	return e;
}

const uint8_t *
t0_host_output(const struct t0_host *t, size_t *len)
{
	*len = (size_t)(t->sent - t->out_at);
	return t->tpdu + t->out_at;
}

const uint8_t *
t0_host_answer(const struct t0_host *t, size_t *len)
{
	*len = t->answer_len;
	return t->answer;
}

void
t0_host_wipe(struct t0_host *t)
{
	mem_wipe(t, sizeof *t);
}
