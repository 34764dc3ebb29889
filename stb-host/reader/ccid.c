// SPDX-License-Identifier: GPL-3.0-or-later
/* CCID readers: power, negotiation, presence. CCID Rev. 1.1 clauses 5.1 and 6; ISO 7816-3 clauses
 * 6, 8 and 9. */
#include "reader/ccid.h"

#include "base/mem.h"
#include "reader/card_line.h"
#include "reader/ccid_apdu.h"
#include "reader/ccid_talk.h"

#include <stdio.h>

#define PATIENCE_MS 5000U
#define POWER_MS 10000U
#define STATUS_MS 3000U
#define FIRST_NOTICE_MS 100U
#define POLL_MS 200U /* readers that say nothing by themselves */

enum rc
ccid_init(struct ccid *r, const struct ccid_port *port, const struct ccid_class *class,
	  char why[READER_WHY])
{
	uint8_t first[64];
	size_t len;

	memset(r, 0, sizeof *r);
	r->port = *port;
	r->class = *class;
	r->patience_ms = PATIENCE_MS;
	if (class->level == CCID_CHARACTER) {
		snprintf(why, READER_WHY, "the reader knows single characters only");
		return RC_READER;
	}
	/* Most readers begin with a notice of what is in: no news. */
	if (port->notice &&
	    port->notice(port->ctx, first, sizeof first, &len, FIRST_NOTICE_MS) == RC_NOT_FOUND)
		return RC_NOT_FOUND;
	return RC_OK;
}

void
ccid_wipe(struct ccid *r)
{
	mem_wipe(r, sizeof *r);
}

enum rc
ccid_presence(struct ccid *r, uint8_t slot, bool *present)
{
	struct ccid_command c = { .type = CCID_GET_SLOT_STATUS, .slot = slot };
	struct ccid_answer a;
	enum rc rc = ccid_take_notices(r);

	if (rc == RC_OK)
		rc = ccid_talk(r, &c, STATUS_MS, &a);
	if (rc == RC_OK)
		*present = a.icc == CCID_ICC_ACTIVE || a.icc == CCID_ICC_INACTIVE;
	return rc;
}

enum rc
ccid_await_card(struct ccid *r, uint8_t slot, unsigned int timeout_ms)
{
	unsigned int waited_ms = 0;

	for (;;) {
		uint8_t dropped[CCID_HEADER];
		bool present = false;
		size_t len = 0;
		enum rc rc = ccid_presence(r, slot, &present);

		if (rc != RC_OK || present)
			return rc;
		if (waited_ms >= timeout_ms)
			return RC_TIMEOUT;
		/* Nothing is asked, so nothing comes: this is only the wait for a notice. */
		rc = r->port.bulk_in(r->port.ctx, dropped, sizeof dropped, &len, POLL_MS);
		if (rc == RC_NOT_FOUND)
			return rc;
		waited_ms += POLL_MS;
	}
}

void
ccid_power_off(struct ccid *r, uint8_t slot)
{
	struct ccid_command c = { .type = CCID_POWER_OFF, .slot = slot };
	struct ccid_answer a;
	enum rc rc;

	r->slots[slot].powered = false;
	rc = ccid_talk(r, &c, STATUS_MS, &a);
	(void)rc; /* nothing else can be done for a card that is given up */
}

/* One try at one voltage (0: the reader chooses). RC_TIMEOUT: the card is mute. */
static enum rc
power_once(struct ccid *r, uint8_t slot, uint8_t voltage, char why[READER_WHY])
{
	struct ccid_command c = { .type = CCID_POWER_ON,
				  .slot = slot,
				  .specific = { voltage, 0, 0 } };
	struct ccid_slot_state *s = &r->slots[slot];
	struct ccid_answer a;
	enum rc rc = ccid_talk(r, &c, POWER_MS, &a);

	if (rc == RC_TIMEOUT)
		snprintf(why, READER_WHY, "the reader does not answer");
	if (rc != RC_OK)
		return rc;
	if (a.outcome == CCID_FAILED) { /* whatever data came with it */
		if (a.icc == CCID_ICC_ABSENT) {
			snprintf(why, READER_WHY, "no card in the reader");
			return RC_READER;
		}
		snprintf(why, READER_WHY, "the card does not answer (reader's error %02X)",
			 a.error);
		return a.error == CCID_ERROR_EMV ? RC_STATE : RC_TIMEOUT;
	}
	if (a.len < 2 || a.len > ATR_MAX) {
		snprintf(why, READER_WHY, "the card's answer to reset is no such thing");
		return RC_READER;
	}
	memcpy(s->atr, a.data, a.len);
	s->atr_len = a.len;
	return RC_OK;
}

/* GemPC 433 and its kin, left in EMV mode by somebody. */
static void
leave_emv_mode(struct ccid *r, uint8_t slot)
{
	static const uint8_t iso_mode[] = { 0x1F, 0x01 };
	struct ccid_command c = {
		.type = CCID_ESCAPE, .slot = slot, .data = iso_mode, .len = sizeof iso_mode
	};
	struct ccid_answer a;
	enum rc rc = ccid_talk(r, &c, STATUS_MS, &a);

	(void)rc; /* the next try shows whether it helped */
}

/* 6.1.1: 5 V, 3 V, 1.8 V where nobody else chooses. */
static enum rc
walk_voltages(struct ccid *r, uint8_t slot, char why[READER_WHY])
{
	static const uint8_t bits[] = { CCID_5_V, CCID_3_V, CCID_1_8_V };
	const bool automatic =
		(r->class.features & (CCID_AUTO_VOLTAGE | CCID_AUTO_ACTIVATION)) != 0;
	enum rc rc = RC_TIMEOUT;

	for (uint8_t i = 0; i < sizeof bits && rc == RC_TIMEOUT; i++) {
		const uint8_t voltage = automatic ? 0 : (uint8_t)(i + 1);

		if (!automatic && (r->class.voltages & bits[i]) == 0)
			continue;
		ccid_power_off(r, slot);
		rc = power_once(r, slot, voltage, why);
		if (rc == RC_STATE) {
			leave_emv_mode(r, slot);
			rc = power_once(r, slot, voltage, why);
			rc = rc == RC_STATE ? RC_TIMEOUT : rc;
		}
		if (automatic)
			break;
	}
	return rc;
}

/* 6.1.7: what reader and card use from now on. */
static enum rc
set_parameters(struct ccid *r, uint8_t slot, const struct atr *atr, const struct pps *p)
{
	const uint8_t t0[5] = { p->pps1, atr->inverse ? 0x02 : 0x00, atr->extra_guard, atr->wi, 0 };
	const uint8_t t1[7] = { p->pps1,
				(uint8_t)(0x10 + (atr->inverse ? 2 : 0) +
					  (atr->edc == T1_CRC ? 1 : 0)),
				atr->extra_guard,
				(uint8_t)(atr->bwi * 16 + atr->cwi),
				0,
				atr->ifsc,
				0 };
	struct ccid_command c = { .type = CCID_SET_PARAMETERS,
				  .slot = slot,
				  .specific = { p->protocol, 0, 0 },
				  .data = p->protocol == 1 ? t1 : t0,
				  .len = p->protocol == 1 ? sizeof t1 : sizeof t0 };
	struct ccid_answer a;
	enum rc rc = ccid_talk(r, &c, STATUS_MS, &a);

	if (rc != RC_OK || a.outcome == CCID_OK)
		return rc;
	/* Readers that have set themselves by the ATR need not know the command. */
	return a.error == CCID_ERROR_UNSUPPORTED && (r->class.features & CCID_AUTO_PARAMETERS) != 0
		       ? RC_OK
		       : RC_READER;
}

/* Asks a reader that has done all by itself. */
static enum rc
learn_protocol(struct ccid *r, uint8_t slot, const struct atr *atr)
{
	struct ccid_command c = { .type = CCID_GET_PARAMETERS, .slot = slot };
	struct ccid_slot_state *s = &r->slots[slot];
	struct ccid_answer a;
	enum rc rc = ccid_talk(r, &c, STATUS_MS, &a);

	if (rc != RC_OK)
		return rc;
	if (a.outcome == CCID_OK && a.type == CCID_PARAMETERS && a.specific <= 1)
		s->protocol = a.specific;
	else
		s->protocol = (r->class.protocols >> atr->first_protocol & 1) != 0
				      ? atr->first_protocol & 1
				      : (uint8_t)(r->class.protocols == 2);
	return RC_OK;
}

/* Our own PPS as a block (readers without CCID_AUTO_PPS), then both sides change. */
static enum rc
negotiate(struct ccid *r, uint8_t slot, const struct atr *atr)
{
	const struct line_limits limits = { (uint16_t)(r->class.protocols & 3),
					    r->class.clock_khz * 1000U, r->class.max_bit_rate };
	struct pps p;
	bool needed = false;
	enum rc rc = line_propose(atr, &limits, &p, &needed);

	if (rc != RC_OK)
		return rc;
	if (needed && (r->class.features & CCID_AUTO_PPS) == 0) {
		uint8_t bytes[PPS_MAX];
		const size_t n = pps_build(&p, bytes);
		struct ccid_answer a;

		rc = ccid_xfr(r, slot, 0, CCID_WHOLE, bytes, n, &a);
		if (rc == RC_OK)
			rc = line_agree(&p, a.data, a.len, &p);
		if (rc != RC_OK)
			return rc;
	}
	r->slots[slot].protocol = p.protocol;
	return set_parameters(r, slot, atr, &p);
}

static enum rc
agree_upon_protocol(struct ccid *r, uint8_t slot, char why[READER_WHY])
{
	struct ccid_slot_state *s = &r->slots[slot];
	const uint8_t ifsd = (uint8_t)(r->class.max_ifsd >= 1 && r->class.max_ifsd <= T1_INF_MAX
					       ? r->class.max_ifsd
					       : T1_INF_MAX);
	struct atr atr;
	enum rc rc = atr_parse(s->atr, s->atr_len, &atr);

	if (rc != RC_OK) {
		snprintf(why, READER_WHY, "the card's answer to reset is no such thing");
		return RC_READER;
	}
	if (r->class.level != CCID_TPDU || (r->class.features & CCID_AUTO_NEGOTIATION) != 0)
		rc = learn_protocol(r, slot, &atr);
	else
		rc = negotiate(r, slot, &atr);
	if (rc != RC_OK) {
		snprintf(why, READER_WHY, "reader and card find no way to speak to each other");
		return rc;
	}
	t1_host_reset(&s->t1, atr.edc, atr.ifsc, ifsd, (r->class.features & CCID_AUTO_IFSD) != 0);
	return RC_OK;
}

enum rc
ccid_power_on(struct ccid *r, uint8_t slot, char why[READER_WHY])
{
	struct ccid_slot_state *s = &r->slots[slot];
	enum rc rc = ccid_take_notices(r);

	why[0] = '\0';
	s->powered = false;
	s->pulled = false;
	s->atr_len = 0;
	if (rc == RC_OK)
		rc = walk_voltages(r, slot, why);
	s->pulled = false;
	if (rc == RC_OK)
		rc = agree_upon_protocol(r, slot, why);
	s->powered = rc == RC_OK;
	if (rc != RC_OK && why[0] == '\0')
		snprintf(why, READER_WHY, "%s",
			 rc == RC_NOT_FOUND ? "the reader is unplugged" : rc_text(rc));
	return rc;
}

enum rc
ccid_transmit(struct ccid *r, uint8_t slot, const uint8_t *cmd, size_t len, uint8_t *rsp,
	      size_t cap, size_t *rsp_len)
{
	struct ccid_slot_state *s = &r->slots[slot];
	enum rc rc = ccid_take_notices(r);

	if (rc != RC_OK)
		return rc;
	if (len < 4)
		return RC_RANGE;
	if (!s->powered || s->pulled)
		return RC_READER;
	rc = ccid_apdu_transmit(r, slot, cmd, len, rsp, cap, rsp_len);
	if (rc == RC_TIMEOUT || s->pulled)
		s->powered = false;
	mem_wipe(r->in, sizeof r->in);
	return rc;
}
