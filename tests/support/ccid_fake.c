// SPDX-License-Identifier: GPL-3.0-or-later
/* The reader's side of CCID, for tests of the driver. */
#include "ccid_fake.h"

#include "test.h"
#include "wire/iso7816/apdu.h"

#include <string.h>

static bool
has_data(const void *ctx, const uint8_t header[4])
{
	(void)ctx;
	return header[0] == 0x80;
}

void
ccid_fake_init(struct ccid_fake *f, const struct ccid_class *class, const char *atr)
{
	memset(f, 0, sizeof *f);
	f->class = *class;
	f->atr_len = test_hex(atr, f->atr, sizeof f->atr);
	f->cards[0].present = true;
}

void
ccid_fake_notice(struct ccid_fake *f, uint8_t bits)
{
	struct ccid_fake_frame *n = &f->notices[f->noticed++ % 4];

	n->bytes[0] = 0x50;
	n->bytes[1] = bits;
	n->len = 2;
}

static void
push_bytes(struct ccid_fake *f, const uint8_t *bytes, size_t len)
{
	struct ccid_fake_frame *q = &f->queue[f->queued++ % CCID_FAKE_QUEUE];

	memcpy(q->bytes, bytes, len);
	q->len = len;
}

static struct ccid_answer
answer_to(const struct ccid_fake *f, const struct ccid_command *c, enum ccid_answer_type type)
{
	const struct ccid_fake_card *card = &f->cards[c->slot % CCID_SLOTS_MAX];

	return (struct ccid_answer) {
		.type = type,
		.slot = c->slot,
		.seq = c->seq,
		.icc = !card->present  ? CCID_ICC_ABSENT
		       : card->powered ? CCID_ICC_ACTIVE
				       : CCID_ICC_INACTIVE,
	};
}

static void
push(struct ccid_fake *f, const struct ccid_answer *a)
{
	uint8_t bytes[CCID_FRAME_MAX];
	size_t len = 0;

	CHECK_RC(ccid_answer_encode(a, bytes, sizeof bytes, &len), RC_OK);
	push_bytes(f, bytes, len);
}

static void
fail_with(struct ccid_fake *f, struct ccid_answer *a, uint8_t error)
{
	a->outcome = CCID_FAILED;
	a->error = error;
	push(f, a);
}

/* The application: data as long as P1 P2 say, and 9000. */
static size_t
execute(struct ccid_fake_card *card, const uint8_t *apdu, size_t len)
{
	const size_t n = (size_t)apdu[2] * 256 + apdu[3];

	memmove(card->apdu, apdu, len);
	card->apdu_len = len;
	card->executed++;
	for (size_t i = 0; i < n; i++)
		card->answer[i] = (uint8_t)(i * 7 + 3);
	card->answer[n] = 0x90;
	card->answer[n + 1] = 0x00;
	card->answer_len = n + 2;
	return n + 2;
}

static void
power_on(struct ccid_fake *f, const struct ccid_command *c)
{
	struct ccid_fake_card *card = &f->cards[c->slot];
	struct ccid_answer a;
	struct atr atr = { 0 };

	f->voltages[f->powers++ % sizeof f->voltages] = c->specific[0];
	if (f->emv_mode || !card->present ||
	    (f->voltage_needed != 0 && c->specific[0] != f->voltage_needed)) {
		a = answer_to(f, c, CCID_DATA_BLOCK);
		a.data = f->atr; /* QEMU sends one with its failure */
		a.len = f->atr_len;
		fail_with(f, &a, f->emv_mode ? CCID_ERROR_EMV : CCID_ERROR_MUTE);
		return;
	}
	CHECK_RC(atr_parse(f->atr, f->atr_len, &atr), RC_OK);
	card->powered = true;
	card->t1_in_use = atr.first_protocol == 1;
	t0_card_reset(&card->t0, has_data, NULL);
	t1_card_reset(&card->t1, atr.edc, atr.ifsc);
	a = answer_to(f, c, CCID_DATA_BLOCK);
	a.data = f->atr;
	a.len = f->atr_len;
	push(f, &a);
}

static size_t
tpdu_t0(struct ccid_fake_card *card, const uint8_t *in, size_t len, uint8_t *out)
{
	enum t0_event e = T0_NONE;
	const uint8_t *p;
	size_t at = 0, n;

	CHECK(len >= 5);
	for (; at < 5 && at < len; at++)
		e = t0_card_feed(&card->t0, in[at]);
	if (e == T0_OUTPUT && len > 5) {
		for (; at < len; at++)
			e = t0_card_feed(&card->t0, in[at]);
	}
	if (e == T0_COMMAND) {
		p = t0_card_command(&card->t0, &n);
		n = execute(card, p, n);
		(void)t0_card_answer(&card->t0, card->answer, n);
	}
	p = t0_card_output(&card->t0, &n);
	if (n > 2) { /* the procedure byte stays with the reader */
		p++;
		n--;
	}
	memcpy(out, p, n);
	return n;
}

static size_t
tpdu_t1(struct ccid_fake_card *card, const uint8_t *in, size_t len, uint8_t *out)
{
	enum t1_event e = T1_NONE;
	const uint8_t *p;
	size_t n;

	for (size_t i = 0; i < len; i++)
		e = t1_card_feed(&card->t1, in[i], true);
	if (e == T1_COMMAND) {
		p = t1_card_command(&card->t1, &n);
		n = execute(card, p, n);
		(void)t1_card_answer(&card->t1, card->answer, n);
	}
	p = t1_card_output(&card->t1, &n);
	memcpy(out, p, n);
	return n;
}

/* One part of an extended APDU; *chain and what is sent back. */
static size_t
extended(struct ccid_fake *f, const struct ccid_command *c, uint8_t *out, uint8_t *chain)
{
	struct ccid_fake_card *card = &f->cards[c->slot];
	const size_t room = f->class.max_message - CCID_HEADER;
	const uint8_t level = c->specific[1];
	size_t n;

	*chain = CCID_WHOLE;
	if (level == CCID_WHOLE || level == CCID_BEGINS)
		card->apdu_len = 0;
	if (level != CCID_CONTINUE) {
		if (c->len > 0)
			memcpy(card->apdu + card->apdu_len, c->data, c->len);
		card->apdu_len += c->len;
		if (level == CCID_BEGINS || level == CCID_MIDDLE) {
			*chain = CCID_CONTINUE;
			return 0;
		}
		(void)execute(card, card->apdu, card->apdu_len);
		card->answer_at = 0;
	}
	n = card->answer_len - card->answer_at;
	if (n > room) {
		n = room;
		*chain = card->answer_at == 0 ? CCID_BEGINS : CCID_MIDDLE;
	} else if (card->answer_at > 0) {
		*chain = CCID_ENDS;
	}
	memcpy(out, card->answer + card->answer_at, n);
	card->answer_at += n;
	return n;
}

static void
transfer(struct ccid_fake *f, const struct ccid_command *c)
{
	struct ccid_fake_card *card = &f->cards[c->slot];
	uint8_t out[CCID_FRAME_MAX];
	struct ccid_answer a = answer_to(f, c, CCID_DATA_BLOCK);

	a.data = out;
	if (c->len > 0 && c->data[0] == 0xFF && f->class.level == CCID_TPDU) {
		f->pps++;
		a.len = c->len;
		memcpy(out, c->data, c->len);
		card->t1_in_use = (c->data[1] & 15) == 1;
	} else if (f->class.level == CCID_EXTENDED_APDU) {
		a.len = extended(f, c, out, &a.specific);
	} else if (f->class.level == CCID_SHORT_APDU) {
		a.len = execute(card, c->data, c->len);
		CHECK(c->len <= 261);
		memcpy(out, card->answer, a.len);
	} else if (card->t1_in_use) {
		a.len = tpdu_t1(card, c->data, c->len, out);
	} else {
		a.len = tpdu_t0(card, c->data, c->len, out);
	}
	if (f->chain_is_garbage)
		a.specific = CCID_BEGINS;
	push(f, &a);
}

static void
push_stale(struct ccid_fake *f, const struct ccid_command *c)
{
	struct ccid_answer a = answer_to(f, c, CCID_DATA_BLOCK);
	static const uint8_t wrong[4] = { 0xDE, 0xAD, 0x90, 0x00 };

	a.data = wrong;
	a.len = sizeof wrong;
	a.seq = (uint8_t)(c->seq - 1);
	push(f, &a);
	a.seq = c->seq;
	a.slot = (uint8_t)(c->slot + 1);
	push(f, &a);
	a.slot = c->slot;
	a.type = CCID_PARAMETERS;
	push(f, &a);
	push_bytes(f, wrong, sizeof wrong);
	push_bytes(f, wrong, 0);
}

static void
moody_transfer(struct ccid_fake *f, const struct ccid_command *c)
{
	struct ccid_fake_card *card = &f->cards[c->slot];
	const enum ccid_fake_mood mood = f->mood;
	struct ccid_answer a = answer_to(f, c, CCID_DATA_BLOCK);
	unsigned int before = f->queued;

	f->mood = CCID_FAKE_FINE;
	switch (mood) {
	case CCID_FAKE_FINE:
		transfer(f, c);
		if (f->late.len > 0) { /* in front of it */
			f->queue[f->queued % CCID_FAKE_QUEUE] = f->queue[before % CCID_FAKE_QUEUE];
			f->queue[before % CCID_FAKE_QUEUE] = f->late;
			f->queued++;
			f->late.len = 0;
		}
		break;
	case CCID_FAKE_SILENT:
		break;
	case CCID_FAKE_LATE:
		transfer(f, c);
		f->late = f->queue[--f->queued % CCID_FAKE_QUEUE];
		break;
	case CCID_FAKE_STALE_FIRST:
		push_stale(f, c);
		transfer(f, c);
		break;
	case CCID_FAKE_SLOW:
		a.outcome = CCID_MORE_TIME;
		for (a.error = 0; a.error < 3; a.error++)
			push(f, &a);
		transfer(f, c);
		break;
	case CCID_FAKE_PULLED:
		card->present = false;
		card->powered = false;
		ccid_fake_notice(f, 0x02);
		break;
	case CCID_FAKE_SWAPPED:
		ccid_fake_notice(f, 0x03);
		transfer(f, c);
		break;
	case CCID_FAKE_POWERLESS:
		a.icc = CCID_ICC_INACTIVE;
		push(f, &a);
		break;
	case CCID_FAKE_ERROR:
		fail_with(f, &a, f->error);
		break;
	case CCID_FAKE_UNPLUGGED:
		f->gone = true;
		break;
	}
}

static void
parameters(struct ccid_fake *f, const struct ccid_command *c)
{
	struct ccid_fake_card *card = &f->cards[c->slot];
	static const uint8_t values[7] = { 0x11, 0x10, 0, 0x4D, 0, 0xFE, 0 };
	struct ccid_answer a = answer_to(f, c, CCID_PARAMETERS);
	uint8_t bytes[CCID_HEADER + sizeof values];
	size_t len = 0;

	if (c->type == CCID_SET_PARAMETERS) {
		f->set_parameters++;
		f->fi_di = c->data[0];
		card->t1_in_use = c->specific[0] == 1;
		CHECK(c->len == (card->t1_in_use ? 7 : 5));
	}
	a.specific = card->t1_in_use ? 1 : 0;
	a.data = values;
	a.len = card->t1_in_use ? 7 : 5;
	CHECK_RC(ccid_answer_encode(&a, bytes, sizeof bytes, &len), RC_OK);
	if (f->parameters_without_length)
		memset(bytes + 1, 0, 4);
	push_bytes(f, bytes, len);
}

static enum rc
fake_out(void *ctx, const uint8_t *data, size_t len, unsigned int timeout_ms)
{
	struct ccid_fake *f = ctx;
	struct ccid_command c;
	struct ccid_answer a;

	(void)timeout_ms;
	if (f->gone)
		return RC_NOT_FOUND;
	CHECK_RC(ccid_command_decode(data, len, &c), RC_OK);
	CHECK(c.slot < f->class.slots);
	CHECK(len <= f->class.max_message);
	a = answer_to(f, &c, CCID_SLOT_STATUS);
	switch (c.type) {
	case CCID_POWER_ON:
		power_on(f, &c);
		return RC_OK;
	case CCID_POWER_OFF:
		f->cards[c.slot].powered = false;
		a = answer_to(f, &c, CCID_SLOT_STATUS);
		break;
	case CCID_XFR_BLOCK:
		f->xfrs++;
		if (c.len > f->longest)
			f->longest = c.len;
		moody_transfer(f, &c);
		return RC_OK;
	case CCID_GET_PARAMETERS:
	case CCID_RESET_PARAMETERS:
	case CCID_SET_PARAMETERS:
		parameters(f, &c);
		return RC_OK;
	case CCID_ESCAPE:
		f->escapes++;
		f->emv_mode = false;
		a.type = CCID_ESCAPE_ANSWER;
		break;
	case CCID_ABORT:
		f->aborts++;
		if (f->no_abort)
			return RC_OK;
		a.outcome = CCID_FAILED; /* as QEMU */
		break;
	case CCID_GET_SLOT_STATUS:
		break;
	}
	push(f, &a);
	return RC_OK;
}

static void
shift(struct ccid_fake_frame *queue, unsigned int *count, uint8_t *buf, size_t cap, size_t *len)
{
	*len = queue[0].len < cap ? queue[0].len : cap;
	memcpy(buf, queue[0].bytes, *len);
	(*count)--;
	memmove(queue, queue + 1, *count * sizeof queue[0]);
}

static enum rc
fake_in(void *ctx, uint8_t *buf, size_t cap, size_t *len, unsigned int timeout_ms)
{
	struct ccid_fake *f = ctx;

	(void)timeout_ms;
	if (f->gone)
		return RC_NOT_FOUND;
	if (f->noticed > 0)
		return RC_STATE;
	if (f->queued == 0)
		return RC_TIMEOUT;
	shift(f->queue, &f->queued, buf, cap, len);
	return RC_OK;
}

static enum rc
fake_in_without_notices(void *ctx, uint8_t *buf, size_t cap, size_t *len, unsigned int timeout_ms)
{
	struct ccid_fake *f = ctx;

	f->noticed = 0;
	return fake_in(ctx, buf, cap, len, timeout_ms);
}

static enum rc
fake_notice(void *ctx, uint8_t *buf, size_t cap, size_t *len, unsigned int timeout_ms)
{
	struct ccid_fake *f = ctx;

	(void)timeout_ms;
	if (f->gone)
		return RC_NOT_FOUND;
	if (f->noticed == 0)
		return RC_TIMEOUT;
	shift(f->notices, &f->noticed, buf, cap, len);
	return RC_OK;
}

static enum rc
fake_abort(void *ctx, uint8_t slot, uint8_t seq)
{
	(void)ctx;
	(void)slot;
	(void)seq;
	return RC_READER; /* most readers stall it */
}

static enum rc
fake_recover(void *ctx)
{
	struct ccid_fake *f = ctx;

	f->recovers++;
	f->queued = 0;
	f->late.len = 0;
	return RC_OK;
}

struct ccid_port
ccid_fake_port(struct ccid_fake *f, bool with_notices)
{
	return (struct ccid_port) { f,
				    fake_out,
				    with_notices ? fake_in : fake_in_without_notices,
				    with_notices ? fake_notice : NULL,
				    fake_abort,
				    fake_recover };
}
