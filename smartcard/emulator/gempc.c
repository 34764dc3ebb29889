// SPDX-License-Identifier: GPL-3.0-or-later
/* GemPC Twin framing (03 06, message, XOR of all; the reader repeats each command before it
 * answers) around CCID messages (CCID Rev 1.1 chapter 6). */
#include "emulator/gempc.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "emulator/tpdu.h"

#define SYNC 0x03
#define ACK 0x06
#define CCID_HEADER 10U

#define SLOT_ACTIVE 0x00 /* bStatus: ICC present and active; failed commands add 40 */
#define SLOT_INACTIVE 0x01
#define COMMAND_FAILED 0x40
#define ERROR_MUTE 0xFE
#define ERROR_OVERRUN 0xFC
#define ERROR_SLOT 0x05 /* bError names the offset of the field that is wrong */
#define ERROR_UNSUPPORTED 0x00

enum ccid_type {
	SET_PARAMETERS = 0x61,
	POWER_ON = 0x62,
	POWER_OFF = 0x63,
	SLOT_STATUS = 0x65,
	ESCAPE = 0x6B,
	GET_PARAMETERS = 0x6C,
	RESET_PARAMETERS = 0x6D,
	XFR_BLOCK = 0x6F,
	ANSWER_DATA = 0x80,
	ANSWER_STATUS = 0x81,
	ANSWER_PARAMETERS = 0x82,
	ANSWER_ESCAPE = 0x83
};

struct answer {
	uint8_t type;
	uint8_t status; /* bmCommandStatus */
	uint8_t error;
	uint8_t last; /* chain parameter, clock status or protocol number */
	size_t len;
	uint8_t *data; /* in the message */
};

void
gempc_init(struct gempc *g, struct apdu_link link, t0_has_data_fn has_data, const void *ctx,
	   uint8_t offer)
{
	memset(g, 0, sizeof *g);
	g->link = link;
	g->has_data = has_data;
	g->has_data_ctx = ctx;
	g->offer = offer;
}

static bool
is_t1(const struct gempc *g)
{
	return g->contact.state == CONTACT_T1 ||
	       (g->contact.state == CONTACT_NEGOTIABLE && g->contact.atr.first_protocol == 1);
}

static void
put_frame(struct gempc *g, const uint8_t *message, size_t len)
{
	uint8_t lrc = SYNC ^ ACK;
	uint8_t *p = g->out + g->out_len;

	p[0] = SYNC;
	p[1] = ACK;
	memcpy(p + 2, message, len);
	for (size_t i = 0; i < len; i++)
		lrc ^= message[i];
	p[2 + len] = lrc;
	g->out_len += len + 3;
}

static void
put_answer(struct gempc *g, const uint8_t *command, const struct answer *a)
{
	uint8_t *message = g->message;

	memset(message, 0, CCID_HEADER);
	message[0] = a->type;
	message[1] = (uint8_t)a->len;
	message[2] = (uint8_t)(a->len >> 8);
	message[5] = command[5];
	message[6] = command[6];
	message[7] = (uint8_t)(a->status | (g->powered ? SLOT_ACTIVE : SLOT_INACTIVE));
	message[8] = a->error;
	message[9] = a->last;
	put_frame(g, message, CCID_HEADER + a->len);
	mem_wipe(g->message, sizeof g->message);
}

static void
fail(struct answer *a, uint8_t error)
{
	a->status = COMMAND_FAILED;
	a->error = error;
	a->len = 0;
}

/* The card's ATR with the speed that is to be offered. */
static enum rc
read_atr(const struct gempc *g, uint8_t out[ATR_MAX], size_t *len)
{
	struct atr atr;
	enum rc rc = g->link.atr(g->link.ctx, out, len);

	if (rc != RC_OK || g->offer == 0)
		return rc;
	rc = atr_parse(out, *len, &atr);
	atr.has_ta1 = true;
	atr.fi_di = g->offer;
	return rc == RC_OK ? atr_build(&atr, out, ATR_MAX, len) : rc;
}

/* A cold reset, or a warm one when the power is on already. */
static void
power_on(struct gempc *g, struct answer *a)
{
	uint8_t atr[ATR_MAX];
	size_t len = 0;

	a->type = ANSWER_DATA;
	if (g->link.reset(g->link.ctx) != RC_OK || read_atr(g, atr, &len) != RC_OK ||
	    contact_reset(&g->contact, atr, len, g->has_data, g->has_data_ctx) != RC_OK) {
		g->powered = false;
		fail(a, ERROR_MUTE);
		return;
	}
	g->powered = true;
	memcpy(a->data, atr, len);
	a->len = len;
}

/* Parameters as CCID 6.2.3 has them for the protocol in use. */
static void
parameters(const struct gempc *g, struct answer *a)
{
	const struct atr *atr = &g->contact.atr;
	const bool t1 = is_t1(g);

	a->type = ANSWER_PARAMETERS;
	a->last = t1 ? 1 : 0;
	a->len = t1 ? 7 : 5;
	a->data[0] = g->contact.fi_di;
	a->data[1] = (uint8_t)(t1 ? (atr->edc == T1_CRC ? 0x11 : 0x10) : 0);
	a->data[2] = atr->extra_guard;
	a->data[3] = (uint8_t)(t1 ? atr->bwi << 4 | atr->cwi : atr->wi);
	a->data[4] = 0;
	if (t1) {
		a->data[5] = atr->ifsc;
		a->data[6] = 0;
	}
}

/* Gives a whole command to the card. Returns the answer's length, 0 when the card is gone. */
static size_t
transmit(const struct gempc *g, const uint8_t *command, size_t len, uint8_t *rsp, size_t cap)
{
	size_t rsp_len = 0;

	return g->link.transmit(g->link.ctx, command, len, rsp, cap, &rsp_len) == RC_OK ? rsp_len
											: 0;
}

/* Bytes to the card as they are; what it says at the end of them is the answer. */
static void
exchange_bytes(struct gempc *g, const uint8_t *in, size_t len, struct answer *a)
{
	uint8_t rsp[APDU_RESPONSE_MAX];
	enum contact_event e = CONTACT_NONE;
	const uint8_t *bytes;
	size_t n;

	for (size_t i = 0; i < len; i++) {
		e = contact_feed(&g->contact, in[i], true);
		if (e == CONTACT_COMMAND) {
			bytes = contact_command(&g->contact, &n);
			n = transmit(g, bytes, n, rsp, sizeof rsp);
			e = n > 0 ? contact_answer(&g->contact, rsp, n) : CONTACT_NONE;
		}
	}
	if (e == CONTACT_NONE)
		e = contact_silence(&g->contact);
	mem_wipe(rsp, sizeof rsp);
	if (e != CONTACT_OUTPUT) {
		fail(a, ERROR_MUTE);
		return;
	}
	bytes = contact_output(&g->contact, &n);
	memcpy(a->data, bytes, n);
	a->len = n;
}

static void
exchange_t0(struct gempc *g, const uint8_t *in, size_t len, struct answer *a)
{
	a->len = tpdu_t0(&g->contact.link.t0, &g->link, in, len, a->data);
	if (a->len == 0)
		fail(a, ERROR_MUTE);
}

static void
xfr_block(struct gempc *g, const uint8_t *in, size_t len, struct answer *a)
{
	a->type = ANSWER_DATA;
	if (!g->powered) {
		fail(a, ERROR_MUTE);
		return;
	}
	if (len > 0 && in[0] != 0xFF) /* else a PPS, where the card takes one */
		contact_begin(&g->contact);
	if (g->contact.state == CONTACT_T0)
		exchange_t0(g, in, len, a);
	else
		exchange_bytes(g, in, len, a);
}

static void
run_message(struct gempc *g, const uint8_t *message, size_t len)
{
	struct answer a = { .type = ANSWER_STATUS, .data = g->message + CCID_HEADER };
	const uint8_t *data = message + CCID_HEADER;

	switch (message[0]) {
	case POWER_ON:
		power_on(g, &a);
		break;
	case POWER_OFF:
		g->powered = false;
		a.last = 1; /* clock stopped */
		break;
	case SLOT_STATUS:
		break;
	case SET_PARAMETERS: /* after PPS they are what they are */
	case GET_PARAMETERS:
	case RESET_PARAMETERS:
		parameters(g, &a);
		break;
	case XFR_BLOCK:
		xfr_block(g, data, len - CCID_HEADER, &a);
		break;
	case ESCAPE:
		a.type = ANSWER_ESCAPE;
		break;
	default:
		fail(&a, ERROR_UNSUPPORTED);
		break;
	}
	if (message[5] != 0)
		fail(&a, ERROR_SLOT);
	put_answer(g, message, &a);
}

/* Bytes of the frame that is coming in; 0: not known yet, more than in[] holds: hopeless. */
static size_t
frame_length(const struct gempc *g)
{
	if (g->have < 2 + CCID_HEADER)
		return 0;
	return 2 + CCID_HEADER + 1 +
	       ((size_t)g->in[3] | (size_t)g->in[4] << 8 | (size_t)g->in[5] << 16 |
		(size_t)g->in[6] << 24);
}

bool
gempc_feed(struct gempc *g, uint8_t byte)
{
	const uint8_t start[2] = { SYNC, ACK };
	size_t len;
	uint8_t lrc = 0;

	if (g->have < 2 && byte != start[g->have]) {
		g->have = byte == SYNC ? 1 : 0;
		return false;
	}
	g->in[g->have++] = byte;
	len = frame_length(g);
	if (len > sizeof g->in)
		g->have = 0;
	if (len == 0 || g->have < len)
		return false;
	for (size_t i = 0; i < len; i++)
		lrc ^= g->in[i];
	g->have = 0;
	g->out_len = 0;
	if (lrc != 0)
		return false;
	put_frame(g, g->in + 2, len - 3);
	run_message(g, g->in + 2, len - 3);
	return true;
}

const uint8_t *
gempc_output(struct gempc *g, size_t *len)
{
	*len = g->out_len;
	g->out_len = 0;
	return g->out;
}

bool
gempc_in_use(const struct gempc *g, unsigned int *protocol, uint8_t *fi_di)
{
	*protocol = g->contact.state == CONTACT_T1 ? 1 : 0;
	*fi_di = g->contact.fi_di;
	return g->powered && (g->contact.state == CONTACT_T0 || g->contact.state == CONTACT_T1);
}

void
gempc_wipe(struct gempc *g)
{
	mem_wipe(g, sizeof *g);
}
