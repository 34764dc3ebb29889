// SPDX-License-Identifier: GPL-3.0-or-later
/* Activation: ATR, PPS, protocol (ISO 7816-3 6.3, 9). */
#include "link/contact.h"

#include "base/mem.h"

#define PPS_START 0xFF

static void
start_protocol(struct contact_card *c, uint8_t protocol)
{
	if (protocol == 1) {
		c->state = CONTACT_T1;
		t1_card_reset(&c->link.t1, c->atr.edc, c->atr.ifsc);
	} else {
		c->state = CONTACT_T0;
		t0_card_reset(&c->link.t0, c->has_data, c->ctx);
	}
}

enum rc
contact_reset(struct contact_card *c, const uint8_t *atr, size_t len, t0_has_data_fn has_data,
	      const void *ctx)
{
	enum rc rc;

	mem_wipe(c, sizeof *c);
	c->has_data = has_data;
	c->ctx = ctx;
	c->fi_di = FI_DI_DEFAULT;
	rc = atr_parse(atr, len, &c->atr);
	if (rc != RC_OK)
		return rc;
	if (c->atr.first_protocol > 1)
		return RC_RANGE;
	if (!c->atr.specific) {
		c->state = CONTACT_NEGOTIABLE;
		return RC_OK;
	}
	if (!c->atr.implicit)
		c->fi_di = c->atr.fi_di;
	start_protocol(c, c->atr.first_protocol);
	return RC_OK;
}

static enum contact_event
go_mute(struct contact_card *c)
{
	c->state = CONTACT_MUTE;
	c->have = 0;
	return CONTACT_NONE;
}

static enum contact_event
take_pps(struct contact_card *c, uint8_t byte)
{
	struct pps request, answer;
	size_t whole;

	c->pps[c->have++] = byte;
	whole = pps_length(c->pps, c->have);
	if (whole == 0 || c->have < whole)
		return CONTACT_NONE;
	if (pps_parse(c->pps, c->have, &request) != RC_OK ||
	    pps_answer(&c->atr, &request, &answer) != RC_OK)
		return go_mute(c);
	c->pps_len = (uint8_t)pps_build(&answer, c->pps);
	c->fi_di = answer.has_pps1 ? answer.pps1 : FI_DI_DEFAULT;
	start_protocol(c, answer.protocol);
	return CONTACT_OUTPUT;
}

static enum contact_event
t0_event(enum t0_event e)
{
	switch (e) {
	case T0_OUTPUT:
		return CONTACT_OUTPUT;
	case T0_COMMAND:
		return CONTACT_COMMAND;
	case T0_NONE:
		break;
	}
	return CONTACT_NONE;
}

static enum contact_event
t1_event(enum t1_event e)
{
	switch (e) {
	case T1_OUTPUT:
		return CONTACT_OUTPUT;
	case T1_COMMAND:
		return CONTACT_COMMAND;
	case T1_NONE:
		break;
	}
	return CONTACT_NONE;
}

void
contact_begin(struct contact_card *c)
{
	if (c->state == CONTACT_NEGOTIABLE)
		start_protocol(c, c->atr.first_protocol);
}

enum contact_event
contact_feed(struct contact_card *c, uint8_t byte, bool parity_ok)
{
	if (c->state == CONTACT_NEGOTIABLE && byte == PPS_START)
		c->state = CONTACT_PPS;
	contact_begin(c);
	if (c->state == CONTACT_PPS)
		return parity_ok ? take_pps(c, byte) : go_mute(c);
	c->pps_len = 0;
	if (c->state == CONTACT_T0)
		return t0_event(t0_card_feed(&c->link.t0, byte));
	if (c->state == CONTACT_T1)
		return t1_event(t1_card_feed(&c->link.t1, byte, parity_ok));
	return CONTACT_NONE;
}

enum contact_event
contact_silence(struct contact_card *c)
{
	if (c->state == CONTACT_PPS)
		return go_mute(c);
	c->pps_len = 0;
	if (c->state == CONTACT_T1)
		return t1_event(t1_card_silence(&c->link.t1));
	if (c->state == CONTACT_T0)
		t0_card_silence(&c->link.t0);
	return CONTACT_NONE;
}

const uint8_t *
contact_output(const struct contact_card *c, size_t *len)
{
	if (c->pps_len > 0) {
		*len = c->pps_len;
		return c->pps;
	}
	if (c->state == CONTACT_T1)
		return t1_card_output(&c->link.t1, len);
	if (c->state == CONTACT_T0)
		return t0_card_output(&c->link.t0, len);
	*len = 0;
	return c->pps;
}

const uint8_t *
contact_command(const struct contact_card *c, size_t *len)
{
	return c->state == CONTACT_T1 ? t1_card_command(&c->link.t1, len)
				      : t0_card_command(&c->link.t0, len);
}

enum contact_event
contact_answer(struct contact_card *c, const uint8_t *answer, size_t len)
{
	return c->state == CONTACT_T1 ? t1_event(t1_card_answer(&c->link.t1, answer, len))
				      : t0_event(t0_card_answer(&c->link.t0, answer, len));
}

enum contact_event
contact_more_time(struct contact_card *c)
{
	return c->state == CONTACT_T1 ? t1_event(t1_card_more_time(&c->link.t1, 1))
				      : t0_event(t0_card_more_time(&c->link.t0));
}

void
contact_wipe(struct contact_card *c)
{
	mem_wipe(c, sizeof *c);
}
