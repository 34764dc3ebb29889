// SPDX-License-Identifier: GPL-3.0-or-later
/* ISO/IEC 14443-4: activation (5), block protocol (7), the card's rules C–E and 9–13
 * (7.5.4, 7.5.5). */
#include "link/picc.h"

#include "base/mem.h"

#define RATS 0xE0
#define PPS_MASK 0xF0
#define PPS_START 0xD0
#define PCB_CID 0x08
#define PCB_NAD 0x04
#define PCB_MORE 0x10
#define PCB_I 0x02
#define PCB_R 0xA2
#define PCB_NAK 0x10
#define PCB_S_DESELECT 0xC2
#define PCB_S_WTX 0xF2
#define CRC_SIZE 2U

static const uint16_t frame_size[] = { 16, 24, 32, 40, 48, 64, 96, 128, 256 };
static const uint8_t sw_wrong_length[2] = { 0x67, 0x00 };

void
picc_reset(struct picc *p, const struct picc_options *options)
{
	const struct picc_options kept = *options; /* may lie inside *p */

	mem_wipe(p, sizeof *p);
	p->options = kept;
	p->number = true; /* rule C */
}

static enum picc_event
send_frame(struct picc *p, uint8_t pcb, const uint8_t *inf, size_t len)
{
	size_t n = 0;

	p->last[n++] = (uint8_t)(pcb | (p->with_cid ? PCB_CID : 0));
	if (p->with_cid)
		p->last[n++] = p->cid;
	if (len > 0)
		memcpy(p->last + n, inf, len);
	p->last_len = (uint16_t)(n + len);
	return PICC_OUTPUT;
}

static enum picc_event
send_ack(struct picc *p)
{
	return send_frame(p, (uint8_t)(PCB_R | (p->number ? 1 : 0)), NULL, 0);
}

static enum picc_event
send_i(struct picc *p)
{
	const uint16_t room = (uint16_t)(p->fsd - CRC_SIZE - 1 - (p->with_cid ? 1 : 0));
	const uint16_t left = (uint16_t)(p->apdu_len - p->sent);
	const bool more = left > room;

	p->sending = more ? room : left;
	p->answering = true;
	return send_frame(p, (uint8_t)(PCB_I | (more ? PCB_MORE : 0) | (p->number ? 1 : 0)),
			  p->apdu + p->sent, p->sending);
}

static void
drop_apdu(struct picc *p)
{
	mem_wipe(p->apdu, sizeof p->apdu);
	p->apdu_len = 0;
	p->sent = 0;
	p->sending = 0;
	p->busy = false;
	p->answering = false;
	p->wtx_asked = false;
	p->overlong = false;
}

static enum picc_event
activate(struct picc *p, uint8_t parameter)
{
	const struct picc_options *o = &p->options;
	uint8_t ats[20];
	size_t n = 1;

	if ((parameter & 15) == 15)
		return PICC_NONE;
	p->cid = parameter & 15;
	p->fsd = (parameter >> 4) < 8 ? frame_size[parameter >> 4] : frame_size[8];
	p->state = PICC_ACTIVATED;
	ats[n++] = (uint8_t)(0x70 | o->fsci);
	ats[n++] = o->ta1;
	ats[n++] = (uint8_t)(o->fwi << 4 | o->sfgi);
	ats[n++] = o->cid ? 0x02 : 0x00;
	memcpy(ats + n, o->historical, o->historical_len);
	n += o->historical_len;
	ats[0] = (uint8_t)n;
	memcpy(p->last, ats, n);
	p->last_len = (uint16_t)n;
	return PICC_OUTPUT;
}

/* PPSS, PPS0, PPS1 (5.3): rates that TA1 does not offer are not answered. */
static enum picc_event
choose_rates(struct picc *p, const uint8_t *frame, size_t len)
{
	const uint8_t pps1 = len == 3 ? frame[2] : 0;
	const uint8_t dsi = pps1 >> 2 & 3, dri = pps1 & 3;
	const uint8_t ta1 = p->options.ta1;

	if ((frame[0] & 15) != p->cid || (len == 3) != ((frame[1] & 0x10) != 0) ||
	    (frame[1] & 0xEF) != 0x01 || (pps1 & 0xF0) != 0)
		return PICC_NONE;
	if ((dsi != 0 && (ta1 >> (3 + dsi) & 1) == 0) ||
	    (dri != 0 && (ta1 >> (dri - 1) & 1) == 0) || ((ta1 & 0x80) != 0 && dsi != dri))
		return PICC_NONE;
	p->dsi = dsi;
	p->dri = dri;
	p->state = PICC_ACTIVE;
	p->last[0] = frame[0];
	p->last_len = 1;
	return PICC_OUTPUT;
}

static enum picc_event
receive_i(struct picc *p, uint8_t pcb, const uint8_t *inf, size_t len)
{
	if (p->busy)
		return PICC_NONE;
	if (p->answering)
		drop_apdu(p);
	p->number = !p->number; /* rule D */
	if (len > sizeof p->apdu - p->apdu_len) {
		p->overlong = true;
	} else if (len > 0) {
		memcpy(p->apdu + p->apdu_len, inf, len);
		p->apdu_len = (uint16_t)(p->apdu_len + len);
	}
	if ((pcb & PCB_MORE) != 0)
		return send_ack(p); /* rule 10 */
	p->busy = true;
	return p->overlong ? picc_answer(p, sw_wrong_length, sizeof sw_wrong_length) : PICC_COMMAND;
}

static enum picc_event
receive_r(struct picc *p, uint8_t pcb)
{
	const bool number = (pcb & 1) != 0;

	if (number == p->number) /* rule 11 */
		return p->last_len > 0 ? PICC_OUTPUT : PICC_NONE;
	if ((pcb & PCB_NAK) != 0) /* rule 12 */
		return send_ack(p);
	if (!p->answering || p->sent + p->sending >= p->apdu_len)
		return PICC_NONE;
	p->number = !p->number; /* rules E and 13 */
	p->sent = (uint16_t)(p->sent + p->sending);
	return send_i(p);
}

static enum picc_event
receive_s(struct picc *p, uint8_t pcb, const uint8_t *inf, size_t len)
{
	if (pcb == PCB_S_DESELECT && len == 0) {
		(void)send_frame(p, PCB_S_DESELECT, NULL, 0);
		drop_apdu(p);
		p->state = PICC_IDLE;
		p->number = true;
		return PICC_DESELECT;
	}
	if (pcb == PCB_S_WTX && len == 1 && p->wtx_asked && (inf[0] & 0x3F) != 0)
		p->wtx_asked = false;
	return PICC_NONE;
}

static enum picc_event
receive_block(struct picc *p, const uint8_t *frame, size_t len)
{
	const uint8_t pcb = frame[0];
	size_t at = 1;
	const bool is_i = (pcb & 0xE2) == PCB_I;

	p->with_cid = (pcb & PCB_CID) != 0;
	if (p->with_cid && (len < 2 || !p->options.cid || (frame[at++] & 15) != p->cid))
		return PICC_NONE;
	if (!p->with_cid && p->cid != 0 && p->options.cid)
		return PICC_NONE; /* 7.1.1.2: addressed to another card */
	if ((pcb & PCB_NAD) != 0) /* no NAD in our ATS */
		return PICC_NONE;
	if (is_i)
		return receive_i(p, pcb, frame + at, len - at);
	if ((pcb & 0xE6) == PCB_R && len == at)
		return receive_r(p, pcb);
	return receive_s(p, (uint8_t)(pcb & ~PCB_CID), frame + at, len - at);
}

enum picc_event
picc_frame(struct picc *p, const uint8_t *frame, size_t len)
{
	if (len == 0 || len > PICC_FRAME_MAX)
		return PICC_NONE;
	switch (p->state) {
	case PICC_IDLE:
		return len == 2 && frame[0] == RATS ? activate(p, frame[1]) : PICC_NONE;
	case PICC_ACTIVATED:
		if ((frame[0] & PPS_MASK) == PPS_START && (len == 2 || len == 3))
			return choose_rates(p, frame, len);
		p->state = PICC_ACTIVE;
		return receive_block(p, frame, len);
	case PICC_ACTIVE:
		break;
	}
	return receive_block(p, frame, len);
}

const uint8_t *
picc_output(const struct picc *p, size_t *len)
{
	*len = p->last_len;
	return p->last;
}

const uint8_t *
picc_command(const struct picc *p, size_t *len)
{
	*len = p->apdu_len;
	return p->apdu;
}

enum picc_event
picc_answer(struct picc *p, const uint8_t *answer, size_t len)
{
	if (!p->busy || len < 2 || len > sizeof p->apdu)
		return PICC_NONE;
	drop_apdu(p);
	memcpy(p->apdu, answer, len);
	p->apdu_len = (uint16_t)len;
	return send_i(p);
}

enum picc_event
picc_more_time(struct picc *p, uint8_t multiplier)
{
	if (!p->busy || multiplier == 0 || multiplier > 59)
		return PICC_NONE;
	p->wtx_asked = true;
	return send_frame(p, PCB_S_WTX, &multiplier, 1);
}
