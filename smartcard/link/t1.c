// SPDX-License-Identifier: GPL-3.0-or-later
/* T=1, the card's end (ISO 7816-3 11.6: rules 1–9). The card never begins: every block it sends
 * answers one of the reader's. */
#include "link/t1.h"

#include "base/mem.h"
#include "base/bytes.h"

static const uint8_t sw_wrong_length[2] = { 0x67, 0x00 };

void
t1_card_reset(struct t1_card *t, enum t1_edc edc, uint8_t ifsc)
{
	mem_wipe(t, sizeof *t);
	t->edc = edc;
	t->ifsc = ifsc;
	t->ifsd = T1_IFS_DEFAULT;
}

static enum t1_event
send_block(struct t1_card *t, uint8_t pcb, const uint8_t *inf, uint8_t len)
{
	const struct t1_block b = {
		.nad = (uint8_t)(t->nad << 4 | t->nad >> 4), .pcb = pcb, .len = len, .inf = inf
	};

	t->last_len = (uint16_t)t1_block_build(t->edc, &b, t->last);
	t->last_was_i = (pcb & 0x80) == 0;
	return T1_OUTPUT;
}

static enum t1_event
send_r(struct t1_card *t, uint8_t error)
{
	return send_block(t, (uint8_t)(T1_PCB_R | (t->nr ? T1_R_SEQUENCE : 0) | error), NULL, 0);
}

/* The next piece of the answer. */
static enum t1_event
send_i(struct t1_card *t)
{
	const uint16_t left = (uint16_t)(t->apdu_len - t->sent);
	const bool more = left > t->ifsd;
	const uint8_t n = (uint8_t)(more ? t->ifsd : left);
	const uint8_t pcb = (uint8_t)((t->ns ? T1_I_SEQUENCE : 0) | (more ? T1_I_MORE : 0));

	t->sending = n;
	t->answering = true;
	return send_block(t, pcb, t->apdu + t->sent, n);
}

/* Forgets the exchange, not the line's parameters. */
static void
drop_apdu(struct t1_card *t)
{
	mem_wipe(t->apdu, sizeof t->apdu);
	t->apdu_len = 0;
	t->sent = 0;
	t->sending = 0;
	t->overlong = false;
	t->busy = false;
	t->answering = false;
	t->wtx_asked = false;
}

static enum t1_event
receive_i(struct t1_card *t, const struct t1_block *b)
{
	const bool sequence = (b->pcb & T1_I_SEQUENCE) != 0;

	if (t->busy || sequence != t->nr || b->len > t->ifsc)
		return send_r(t, T1_R_OTHER);
	if (t->answering) { /* rule 2.1: the new block acknowledges our last one */
		if (t->sent + t->sending < t->apdu_len)
			return send_r(t, T1_R_OTHER);
		t->ns = !t->ns;
		drop_apdu(t);
	}
	t->nr = !t->nr;
	if (b->len > sizeof t->apdu - t->apdu_len) {
		t->overlong = true;
	} else if (b->len > 0) {
		memcpy(t->apdu + t->apdu_len, b->inf, b->len);
		t->apdu_len = (uint16_t)(t->apdu_len + b->len);
	}
	if ((b->pcb & T1_I_MORE) != 0)
		return send_r(t, 0);
	t->busy = true;
	return t->overlong ? t1_card_answer(t, sw_wrong_length, sizeof sw_wrong_length)
			   : T1_COMMAND;
}

static enum t1_event
receive_r(struct t1_card *t, const struct t1_block *b)
{
	const bool wanted = (b->pcb & T1_R_SEQUENCE) != 0;

	if (b->len != 0)
		return send_r(t, T1_R_OTHER);
	if (t->busy || t->last_len == 0)
		return t->wtx_asked ? T1_OUTPUT : send_r(t, T1_R_OTHER);
	if (!t->answering)
		return T1_OUTPUT; /* rule 7: once more, whatever it was */
	if (wanted ==
	    t->ns) /* an S-block in between: the piece is cut anew, the IFS may have changed */
		return t->last_was_i ? T1_OUTPUT : send_i(t);
	if (t->sent + t->sending >= t->apdu_len)
		return send_r(t, T1_R_OTHER);
	t->sent = (uint16_t)(t->sent + t->sending);
	t->ns = !t->ns;
	return send_i(t);
}

static enum t1_event
receive_s_request(struct t1_card *t, const struct t1_block *b)
{
	const uint8_t kind = b->pcb & 0x1F;
	const uint8_t pcb = (uint8_t)(b->pcb | T1_S_RESPONSE);

	if (kind == T1_S_IFS && b->len == 1 && b->inf[0] >= 1 && b->inf[0] <= T1_INF_MAX) {
		t->ifsd = b->inf[0];
		return send_block(t, pcb, b->inf, 1);
	}
	if (kind == T1_S_RESYNCH && b->len == 0) {
		const enum t1_edc edc = t->edc;
		const uint8_t ifsc = t->ifsc, nad = t->nad;

		t1_card_reset(t, edc, ifsc);
		t->nad = nad;
		return send_block(t, pcb, NULL, 0);
	}
	if (kind == T1_S_ABORT && b->len == 0) {
		drop_apdu(t);
		return send_block(t, pcb, NULL, 0);
	}
	return send_r(t, T1_R_OTHER);
}

static enum t1_event
receive_block(struct t1_card *t)
{
	struct t1_block b;
	enum rc rc = t->parity_wrong ? RC_INTEGRITY : t1_block_parse(t->edc, t->block, t->have, &b);

	t->have = 0;
	t->parity_wrong = false;
	if (rc != RC_OK)
		return send_r(t, rc == RC_INTEGRITY ? T1_R_EDC : T1_R_OTHER);
	t->nad = b.nad;
	if ((b.pcb & 0x80) == 0)
		return receive_i(t, &b);
	if ((b.pcb & 0xC0) == T1_PCB_R)
		return receive_r(t, &b);
	if ((b.pcb & T1_S_RESPONSE) == 0)
		return receive_s_request(t, &b);
	if (t->wtx_asked && b.pcb == (T1_PCB_S | T1_S_RESPONSE | T1_S_WTX) && b.len == 1) {
		t->wtx_asked = false;
		return T1_NONE;
	}
	return send_r(t, T1_R_OTHER);
}

enum t1_event
t1_card_feed(struct t1_card *t, uint8_t byte, bool parity_ok)
{
	size_t need;

	t->block[t->have++] = byte;
	t->parity_wrong = t->parity_wrong || !parity_ok;
	if (t->have < 3)
		return T1_NONE;
	/* LEN FF is reserved: nothing sensible follows, so the block ends at once. */
	need = t->block[2] > T1_INF_MAX ? 3 : 3 + (size_t)t->block[2] + t1_edc_size(t->edc);
	return t->have < need ? T1_NONE : receive_block(t);
}

enum t1_event
t1_card_silence(struct t1_card *t)
{
	if (t->have == 0)
		return T1_NONE;
	t->have = 0;
	t->parity_wrong = false;
	return send_r(t, T1_R_OTHER);
}

const uint8_t *
t1_card_output(const struct t1_card *t, size_t *len)
{
	*len = t->last_len;
	return t->last;
}

const uint8_t *
t1_card_command(const struct t1_card *t, size_t *len)
{
	*len = t->apdu_len;
	return t->apdu;
}

enum t1_event
t1_card_answer(struct t1_card *t, const uint8_t *answer, size_t len)
{
	if (!t->busy || len < 2 || len > sizeof t->apdu)
		return T1_NONE;
	drop_apdu(t);
	memcpy(t->apdu, answer, len);
	t->apdu_len = (uint16_t)len;
	return send_i(t);
}

enum t1_event
t1_card_more_time(struct t1_card *t, uint8_t multiplier)
{
	if (!t->busy || multiplier == 0)
		return T1_NONE;
	t->wtx_asked = true;
	return send_block(t, T1_PCB_S | T1_S_WTX, &multiplier, 1);
}
