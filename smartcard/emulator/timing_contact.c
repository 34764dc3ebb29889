// SPDX-License-Identifier: GPL-3.0-or-later
/* The reader's ends of T=0 and T=1 (ISO 7816-3 clauses 6–11), with nothing ever going wrong,
 * against the card's real machines; each character is counted.
 *
 * A character takes 12 etu and the extra guard time N towards the card (10.2 and 11.2: 11 etu in
 * T=1 when N is 255); between the leading edges of two characters of opposite directions lie at
 * least 16 etu in T=0 (10.2) and 22 in T=1 (11.2, BGT). */
#include "emulator/timing_private.h"

#include "base/bytes.h"
#include "base/mem.h"

#define PS_PER_S 1000000000000ULL
#define RESET_CLOCKS 40000U /* 6.2.2: the card may let the reader wait so long for TS */
#define CHARACTER_ETU 12U
#define TURN_T0_ETU 16U
#define TURN_T1_ETU 22U
#define WI_CLOCKS 960U /* 10.2: WT = WI × 960 × Fi/f */
#define BWT_CLOCKS (960U * 372U)
#define PROCEDURE_NULL 0x60

static uint64_t
clocks_ps(uint64_t clocks)
{
	return clocks * PS_PER_S / TIMING_CLOCK_HZ;
}

static void
set_speed(struct timing_model *m, const struct atr *atr, uint16_t f, uint16_t d)
{
	const bool t1 = m->link.protocol == TIMING_T1;
	const uint64_t etu_ps = clocks_ps(f) / d;
	const uint64_t from_etu = t1 && atr->extra_guard == 255 ? 11 : CHARACTER_ETU;
	const uint64_t to_etu =
		atr->extra_guard == 255 ? from_etu : CHARACTER_ETU + atr->extra_guard;

	m->meter.to_card_ps = to_etu * etu_ps;
	m->meter.from_card_ps = from_etu * etu_ps;
	m->meter.frame_ps = 0;
	m->meter.turn_ps = ((t1 ? TURN_T1_ETU : TURN_T0_ETU) - from_etu) * etu_ps;
	m->meter.patience_ns = t1 ? ((clocks_ps(BWT_CLOCKS) << atr->bwi) + 11 * etu_ps) / 1000
				  : clocks_ps((uint64_t)atr->wi * WI_CLOCKS * f) / 1000;
}

static bool
takes_data(const void *ctx, const uint8_t header[4])
{
	return card_takes_data(ctx, header);
}

/* PPS (clause 9), both ways at the default speed. */
static enum rc
choose_parameters(struct timing_model *m, const struct atr *atr)
{
	const struct pps wish = { .protocol = m->link.protocol == TIMING_T1,
				  .has_pps1 = m->link.fi_di != FI_DI_DEFAULT,
				  .pps1 = m->link.fi_di };
	struct pps answer, request;
	uint8_t bytes[PPS_MAX];
	size_t len = pps_build(&wish, bytes);

	timing_send(m, false, len);
	if (pps_parse(bytes, len, &request) != RC_OK || pps_answer(atr, &request, &answer) != RC_OK)
		return RC_REFUSED;
	len = pps_build(&answer, bytes);
	timing_send(m, true, len);
	return answer.has_pps1 == wish.has_pps1 && answer.pps1 == wish.pps1 ? RC_OK : RC_REFUSED;
}

/* The largest blocks towards the reader (11.4.2). */
static enum rc
announce_ifsd(struct timing_model *m)
{
	static const uint8_t size = T1_INF_MAX;
	const struct t1_block request = { .pcb = T1_PCB_S | T1_S_IFS, .len = 1, .inf = &size };
	uint8_t block[T1_BLOCK_MAX];
	const size_t len = t1_block_build(m->end.t1.edc, &request, block);
	enum t1_event e = T1_NONE;
	size_t n;

	timing_send(m, false, len);
	for (size_t i = 0; i < len; i++)
		e = t1_card_feed(&m->end.t1, block[i], true);
	if (e != T1_OUTPUT)
		return RC_READER;
	(void)t1_card_output(&m->end.t1, &n);
	timing_send(m, true, n);
	return RC_OK;
}

enum rc
timing_contact_activate(struct timing_model *m)
{
	uint8_t bytes[ATR_MAX];
	struct atr atr;
	uint16_t f, d;
	size_t len = card_atr(&m->card, bytes);
	enum rc rc = fi_di_values(m->link.fi_di, &f, &d);

	if (rc != RC_OK)
		return RC_RANGE;
	rc = atr_parse(bytes, len, &atr);
	/* A card that is made for this speed offers it in TA1. */
	atr.has_ta1 = m->link.fi_di != FI_DI_DEFAULT;
	atr.fi_di = m->link.fi_di;
	if (rc == RC_OK)
		rc = atr_build(&atr, bytes, sizeof bytes, &len);
	if (rc != RC_OK)
		return rc;
	set_speed(m, &atr, 372, 1);
	m->meter.line_ps += clocks_ps(RESET_CLOCKS);
	m->meter.from_card = true;
	timing_send(m, true, len);
	if (m->link.fi_di != FI_DI_DEFAULT ||
	    atr.first_protocol != (m->link.protocol == TIMING_T1 ? 1 : 0))
		rc = choose_parameters(m, &atr);
	if (rc != RC_OK)
		return rc;
	set_speed(m, &atr, f, d);
	if (m->link.protocol == TIMING_T0) {
		t0_card_reset(&m->end.t0, takes_data, &m->card);
		return RC_OK;
	}
	m->frame_max = atr.ifsc;
	t1_card_reset(&m->end.t1, atr.edc, atr.ifsc);
	return announce_ifsd(m);
}

/* The command that T=0 has received; NULL bytes while the card is at work. */
static enum t0_event
run_t0(struct timing_model *m)
{
	uint8_t rsp[APDU_RESPONSE_MAX];
	unsigned int extensions;
	size_t len;
	const uint8_t *command = t0_card_command(&m->end.t0, &len);
	enum t0_event e;

	len = timing_run(m, command, len, rsp, &extensions);
	for (; extensions > 0; extensions--) {
		size_t n;

		(void)t0_card_more_time(&m->end.t0);
		(void)t0_card_output(&m->end.t0, &n);
		timing_send(m, true, n);
	}
	e = t0_card_answer(&m->end.t0, rsp, len);
	mem_wipe(rsp, sizeof rsp);
	return e;
}

/* One TPDU: header, perhaps data, answer with SW behind it. */
static enum rc
tpdu(struct timing_model *m, const uint8_t header[5], const uint8_t *data, uint8_t *rsp,
     size_t *len)
{
	enum t0_event e = T0_NONE;
	const uint8_t *out;
	size_t n;

	timing_send(m, false, 5);
	for (unsigned int i = 0; i < 5; i++)
		e = t0_card_feed(&m->end.t0, header[i]);
	out = t0_card_output(&m->end.t0, &n);
	if (e == T0_OUTPUT && n == 1 && out[0] == header[1]) { /* all data at once */
		timing_send(m, true, 1);
		timing_send(m, false, header[4]);
		for (unsigned int i = 0; i < header[4]; i++)
			e = t0_card_feed(&m->end.t0, data[i]);
	}
	if (e == T0_COMMAND)
		e = run_t0(m);
	out = t0_card_output(&m->end.t0, &n);
	if (e != T0_OUTPUT || n < 2)
		return RC_READER;
	timing_send(m, true, n);
	*len = n > 2 ? n - 1 : n; /* the procedure byte stays here */
	memcpy(rsp, out + (n - *len), *len);
	return RC_OK;
}

enum rc
timing_t0_exchange(struct timing_model *m, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp,
		   size_t *rsp_len)
{
	uint8_t header[5] = { cmd[0], cmd[1], cmd[2], cmd[3], cmd_len > 4 ? cmd[4] : 0 };
	uint8_t part[T0_OUT_MAX];
	size_t have = 0, n = 0;
	enum rc rc = tpdu(m, header, cmd + 5, part, &n);

	while (rc == RC_OK) {
		const uint8_t sw1 = part[n - 2], sw2 = part[n - 1];

		if (have + n > APDU_RESPONSE_MAX)
			return RC_SPACE;
		memcpy(rsp + have, part, n);
		if (sw1 == 0x6C) {
			header[4] = sw2;
		} else if (sw1 == 0x61) {
			have += n - 2;
			header[1] = 0xC0;
			header[2] = header[3] = 0;
			header[4] = sw2;
		} else {
			*rsp_len = have + n;
			break;
		}
		rc = tpdu(m, header, NULL, part, &n);
	}
	mem_wipe(part, sizeof part);
	return rc;
}

/* S(WTX) (11.6.2.3): the card asks, the reader agrees. */
static void
extend_t1(struct timing_model *m, unsigned int extensions)
{
	struct t1_block agreed = { .pcb = T1_PCB_S | T1_S_RESPONSE | T1_S_WTX, .len = 1 };
	uint8_t block[T1_BLOCK_MAX];
	const uint8_t multiplier = extensions > 255 ? 255 : (uint8_t)extensions;
	size_t n;

	(void)t1_card_more_time(&m->end.t1, multiplier);
	(void)t1_card_output(&m->end.t1, &n);
	timing_send(m, true, n);
	agreed.inf = &multiplier;
	n = t1_block_build(m->end.t1.edc, &agreed, block);
	timing_send(m, false, n);
	for (size_t i = 0; i < n; i++)
		(void)t1_card_feed(&m->end.t1, block[i], true);
}

static enum t1_event
run_t1(struct timing_model *m)
{
	uint8_t rsp[APDU_RESPONSE_MAX];
	unsigned int extensions;
	size_t len;
	const uint8_t *command = t1_card_command(&m->end.t1, &len);
	enum t1_event e;

	len = timing_run(m, command, len, rsp, &extensions);
	if (extensions > 0)
		extend_t1(m, extensions);
	e = t1_card_answer(&m->end.t1, rsp, len);
	mem_wipe(rsp, sizeof rsp);
	return e;
}

/* Sends one block; yields the card's. */
static enum rc
block_t1(struct timing_model *m, const struct t1_block *b, struct t1_block *answer)
{
	uint8_t block[T1_BLOCK_MAX];
	const size_t len = t1_block_build(m->end.t1.edc, b, block);
	enum t1_event e = T1_NONE;
	const uint8_t *out;
	size_t n;

	timing_send(m, false, len);
	for (size_t i = 0; i < len; i++)
		e = t1_card_feed(&m->end.t1, block[i], true);
	mem_wipe(block, sizeof block);
	if (e == T1_COMMAND)
		e = run_t1(m);
	if (e != T1_OUTPUT)
		return RC_READER;
	out = t1_card_output(&m->end.t1, &n);
	timing_send(m, true, n);
	return t1_block_parse(m->end.t1.edc, out, n, answer);
}

enum rc
timing_t1_exchange(struct timing_model *m, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp,
		   size_t *rsp_len)
{
	struct t1_block b = { 0 }, in = { 0 };
	size_t at = 0, have = 0;
	enum rc rc = RC_OK;

	while (rc == RC_OK && at < cmd_len) { /* towards the card, chained (11.6.2.2) */
		const size_t left = cmd_len - at;
		const bool more = left > m->frame_max;

		b.pcb = (uint8_t)((m->reader_sequence ? T1_I_SEQUENCE : 0) |
				  (more ? T1_I_MORE : 0));
		b.len = (uint8_t)(more ? m->frame_max : left);
		b.inf = cmd + at;
		rc = block_t1(m, &b, &in);
		m->reader_sequence = !m->reader_sequence;
		at += b.len;
		if (rc == RC_OK && more != ((in.pcb & 0xC0) == T1_PCB_R))
			rc = RC_READER;
	}
	while (rc == RC_OK) { /* and back */
		if ((in.pcb & 0x80) != 0 || have + in.len > APDU_RESPONSE_MAX)
			return RC_READER;
		if (in.len > 0)
			memcpy(rsp + have, in.inf, in.len);
		have += in.len;
		m->card_sequence = !m->card_sequence;
		if ((in.pcb & T1_I_MORE) == 0)
			break;
		b = (struct t1_block) { .pcb = (uint8_t)(T1_PCB_R |
							 (m->card_sequence ? T1_R_SEQUENCE : 0)) };
		rc = block_t1(m, &b, &in);
	}
	*rsp_len = have;
	return rc;
}
