// SPDX-License-Identifier: GPL-3.0-or-later
/* T=0, the card's end (ISO 7816-3 10.3 and 12.2). An answer that was computed is kept until it has
 * been fetched or another command comes: a wrong Le never runs a command twice. */
#include "link/t0.h"

#include "base/mem.h"

#define INS_GET_RESPONSE 0xC0
#define INS_ENVELOPE 0xC2
#define PROCEDURE_NULL 0x60
#define SHORT_MAX 256U

void
t0_card_reset(struct t0_card *t, t0_has_data_fn has_data, const void *ctx)
{
	mem_wipe(t, sizeof *t);
	t->has_data = has_data;
	t->ctx = ctx;
}

static void
drop_answer(struct t0_card *t)
{
	if (t->answer_len > 0)
		mem_wipe(t->apdu, sizeof t->apdu);
	t->answer_len = 0;
	t->answer_at = 0;
	t->answer_is_whole = false;
}

static void
drop_command(struct t0_card *t)
{
	mem_wipe(t->apdu, sizeof t->apdu);
	t->apdu_len = 0;
	t->enveloping = false;
}

static enum t0_event
send_sw(struct t0_card *t, uint8_t sw1, uint8_t sw2)
{
	t->state = T0_HEADER;
	t->have_header = 0;
	t->out[0] = sw1;
	t->out[1] = sw2;
	t->out_len = 2;
	return T0_OUTPUT;
}

static uint16_t
answer_left(const struct t0_card *t)
{
	return (uint16_t)(t->answer_len - 2 - t->answer_at);
}

/* 61xx for what waits, or its status word when nothing does. */
static enum t0_event
announce(struct t0_card *t)
{
	const uint16_t left = answer_left(t);
	const uint8_t *sw = t->apdu + t->answer_len - 2;

	if (left > 0)
		return send_sw(t, 0x61, (uint8_t)(left >= SHORT_MAX ? 0 : left));
	(void)send_sw(t, sw[0], sw[1]);
	drop_answer(t);
	return T0_OUTPUT;
}

/* Procedure byte, n data bytes, then SW or 61xx for the rest. */
static enum t0_event
send_data(struct t0_card *t, uint16_t n)
{
	t->out[0] = t->header[1];
	memcpy(t->out + 1, t->apdu + t->answer_at, n);
	t->answer_at = (uint16_t)(t->answer_at + n);
	t->state = T0_HEADER;
	t->have_header = 0;
	if (answer_left(t) > 0) {
		t->out[1 + n] = 0x61;
		t->out[2 + n] = (uint8_t)(answer_left(t) >= SHORT_MAX ? 0 : answer_left(t));
	} else {
		memcpy(t->out + 1 + n, t->apdu + t->answer_len - 2, 2);
		drop_answer(t);
	}
	t->out_len = (uint16_t)(3 + n);
	return T0_OUTPUT;
}

static uint16_t
expected(const struct t0_card *t)
{
	return t->header[4] == 0 ? (uint16_t)SHORT_MAX : t->header[4];
}

static enum t0_event
get_response(struct t0_card *t)
{
	const uint16_t left = t->answer_len > 0 ? answer_left(t) : 0;
	const uint16_t at_once = left < SHORT_MAX ? left : (uint16_t)SHORT_MAX;

	if (t->answer_len == 0 || t->answer_is_whole || t->header[2] != 0 || t->header[3] != 0) {
		drop_answer(t);
		return send_sw(t, t->header[2] != 0 || t->header[3] != 0 ? 0x6A : 0x69,
			       t->header[2] != 0 || t->header[3] != 0 ? 0x86 : 0x85);
	}
	if (expected(t) > at_once)
		return send_sw(t, 0x6C, (uint8_t)at_once);
	return send_data(t, expected(t));
}

static enum t0_event
give_command(struct t0_card *t)
{
	t->state = T0_BUSY;
	return T0_COMMAND;
}

static enum t0_event
start_command(struct t0_card *t)
{
	const bool again = t->answer_len > 0 && t->answer_is_whole &&
			   memcmp(t->answer_header, t->header, 4) == 0;

	if (t->header[1] == INS_GET_RESPONSE)
		return get_response(t);
	if (again && expected(t) <= answer_left(t))
		return send_data(t, expected(t));
	drop_answer(t);
	if (t->header[1] != INS_ENVELOPE)
		drop_command(t);
	if ((t->header[1] & 0xF0) == 0x60 || (t->header[1] & 0xF0) == 0x90)
		return send_sw(t, 0x6D, 0x00); /* 10.3.2: such an INS cannot be acknowledged */
	t->case_two = t->header[1] != INS_ENVELOPE && !t->has_data(t->ctx, t->header);
	if (t->case_two) {
		memcpy(t->apdu, t->header, 5);
		t->apdu_len = 5;
		return give_command(t);
	}
	if (t->header[4] == 0) { /* case 1, or the empty ENVELOPE that ends a chain */
		if (t->header[1] == INS_ENVELOPE && t->apdu_len > 0)
			return give_command(t);
		memcpy(t->apdu, t->header, 4);
		t->apdu_len = 4;
		return give_command(t);
	}
	if (t->header[1] == INS_ENVELOPE) {
		t->enveloping = true;
	} else {
		memcpy(t->apdu, t->header, 5);
		t->apdu_len = 5;
	}
	if (t->header[4] > sizeof t->apdu - t->apdu_len) {
		drop_command(t);
		return send_sw(t, 0x67, 0x00);
	}
	t->state = T0_DATA;
	t->out[0] = t->header[1];
	t->out_len = 1;
	t->have_header = 0; /* counts data bytes from here */
	return T0_OUTPUT;
}

/* Whether the pieces of ENVELOPE make a whole command: header, Lc and data as long as Lc says. */
static bool
envelope_is_whole(const struct t0_card *t)
{
	size_t lc;

	if (t->apdu_len < 5)
		return t->apdu_len == 4;
	if (t->apdu[4] != 0)
		return t->apdu_len >= 5U + t->apdu[4];
	if (t->apdu_len < 7)
		return t->apdu_len == 5;
	lc = (size_t)t->apdu[5] * 256 + t->apdu[6];
	return t->apdu_len == 7 || t->apdu_len >= 7 + lc;
}

static enum t0_event
take_data(struct t0_card *t, uint8_t byte)
{
	t->apdu[t->apdu_len++] = byte;
	if (++t->have_header < t->header[4])
		return T0_NONE;
	t->have_header = 0;
	if (t->enveloping && !envelope_is_whole(t))
		return send_sw(t, 0x90, 0x00);
	return give_command(t);
}

enum t0_event
t0_card_feed(struct t0_card *t, uint8_t byte)
{
	switch (t->state) {
	case T0_HEADER:
		t->header[t->have_header++] = byte;
		return t->have_header < sizeof t->header ? T0_NONE : start_command(t);
	case T0_DATA:
		return take_data(t, byte);
	case T0_BUSY:
		break;
	}
	return T0_NONE; /* the reader may not speak now */
}

void
t0_card_silence(struct t0_card *t)
{
	if (t->state == T0_BUSY)
		return;
	if (t->state == T0_DATA)
		drop_command(t);
	t->state = T0_HEADER;
	t->have_header = 0;
}

const uint8_t *
t0_card_output(const struct t0_card *t, size_t *len)
{
	*len = t->out_len;
	return t->out;
}

const uint8_t *
t0_card_command(const struct t0_card *t, size_t *len)
{
	*len = t->apdu_len;
	return t->apdu;
}

enum t0_event
t0_card_answer(struct t0_card *t, const uint8_t *answer, size_t len)
{
	if (t->state != T0_BUSY || len < 2 || len > sizeof t->apdu)
		return T0_NONE;
	drop_command(t);
	drop_answer(t);
	memcpy(t->apdu, answer, len);
	t->answer_len = (uint16_t)len;
	if (!t->case_two || answer_left(t) == 0)
		return announce(t);
	if (expected(t) == answer_left(t) ||
	    (expected(t) == SHORT_MAX && answer_left(t) > SHORT_MAX))
		return send_data(t, expected(t));
	memcpy(t->answer_header, t->header, 4);
	t->answer_is_whole = true;
	return send_sw(t, 0x6C, (uint8_t)(answer_left(t) > SHORT_MAX ? 0 : answer_left(t)));
}

enum t0_event
t0_card_more_time(struct t0_card *t)
{
	if (t->state != T0_BUSY)
		return T0_NONE;
	t->out[0] = PROCEDURE_NULL;
	t->out_len = 1;
	return T0_OUTPUT;
}
