// SPDX-License-Identifier: GPL-3.0-or-later
/* The reader's end of ISO/IEC 14443-4, with nothing ever going wrong, against the card's real
 * machine; type A of part 3 below it: nine bits a byte (8 and parity), one bit before and one after
 * a frame, two bytes CRC, and a frame delay of 1,236/fc after each frame (part 3, 6.2.1.1). */
#include "emulator/timing_private.h"

#include "base/mem.h"

#define PS_PER_S 1000000000000ULL
#define CARRIER_HZ 13560000U
#define BIT_CLOCKS 128U /* at 106 kbit/s */
#define DELAY_CLOCKS 1236U
#define FRAME_WAIT_CLOCKS (256U * 16U)
/* REQA, two rounds of anticollision and SELECT: 3 to 5 ms. */
#define DISCOVERY_PS 5000000000ULL
#define FSDI 8U /* 256 bytes */
#define FSCI 8U
#define FWI 8U      /* 77 ms */
#define RATES 0xF7U /* TA(1): 212, 424, 848, the same in both directions */
#define WTX_MAX 59U

#define PCB_I 0x02
#define PCB_R 0xA2
#define PCB_S_WTX 0xF2
#define PCB_MORE 0x10

static uint64_t
clocks_ps(uint64_t clocks)
{
	return clocks * PS_PER_S / CARRIER_HZ;
}

/* divisor: 0 is 106, 3 is 848 kbit/s. */
static void
set_speed(struct timing_model *m, unsigned int divisor)
{
	const uint64_t bit_ps = clocks_ps(BIT_CLOCKS) >> divisor;

	m->meter.to_card_ps = 9 * bit_ps;
	m->meter.from_card_ps = 9 * bit_ps;
	m->meter.frame_ps = 2 * bit_ps + 2 * 9 * bit_ps;
	m->meter.turn_ps = clocks_ps(DELAY_CLOCKS);
	m->meter.patience_ns = clocks_ps(FRAME_WAIT_CLOCKS << FWI) / 1000;
}

static enum picc_event
run_picc(struct timing_model *m)
{
	uint8_t rsp[APDU_RESPONSE_MAX];
	unsigned int extensions;
	size_t len;
	const uint8_t *command = picc_command(&m->end.picc, &len);
	enum picc_event e;

	len = timing_run(m, command, len, rsp, &extensions);
	while (extensions > 0) { /* S(WTX), and the reader's consent */
		const unsigned int n = extensions > WTX_MAX ? WTX_MAX : extensions;
		const uint8_t agreed[2] = { PCB_S_WTX, (uint8_t)n };

		(void)picc_more_time(&m->end.picc, (uint8_t)n);
		timing_send(m, true, 2);
		timing_send(m, false, sizeof agreed);
		(void)picc_frame(&m->end.picc, agreed, sizeof agreed);
		extensions -= n;
	}
	e = picc_answer(&m->end.picc, rsp, len);
	mem_wipe(rsp, sizeof rsp);
	return e;
}

/* Sends one frame; yields the card's, which stays in its machine. */
static enum rc
frame(struct timing_model *m, const uint8_t *out, size_t len, const uint8_t **in, size_t *in_len)
{
	enum picc_event e;

	timing_send(m, false, len);
	e = picc_frame(&m->end.picc, out, len);
	if (e == PICC_COMMAND)
		e = run_picc(m);
	if (e != PICC_OUTPUT)
		return RC_READER;
	*in = picc_output(&m->end.picc, in_len);
	timing_send(m, true, *in_len);
	return RC_OK;
}

enum rc
timing_air_activate(struct timing_model *m)
{
	static const struct picc_options options = {
		.fsci = FSCI,
		.ta1 = RATES,
		.fwi = FWI,
		.historical_len = 7,
		.historical = { 'T', 'E', 'S', 'S', 'E', 'R', 'A' },
	};
	static const uint8_t rats[2] = { 0xE0, FSDI << 4 };
	uint8_t pps[3] = { 0xD0, 0x11, 0 };
	unsigned int divisor = 0;
	const uint8_t *in;
	size_t len;
	enum rc rc;

	while (divisor < 3 && m->link.rate_kbit_s != (unsigned int)106 << divisor)
		divisor++;
	if (m->link.rate_kbit_s != (unsigned int)106 << divisor)
		return RC_RANGE;
	picc_reset(&m->end.picc, &options);
	set_speed(m, 0);
	m->meter.line_ps += DISCOVERY_PS;
	m->meter.from_card = true;
	rc = frame(m, rats, sizeof rats, &in, &len);
	pps[2] = (uint8_t)(divisor << 2 | divisor);
	if (rc == RC_OK && divisor > 0)
		rc = frame(m, pps, sizeof pps, &in, &len);
	set_speed(m, divisor);
	m->frame_max = PICC_FRAME_MAX - 1;
	return rc;
}

enum rc
timing_air_exchange(struct timing_model *m, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp,
		    size_t *rsp_len)
{
	uint8_t out[PICC_FRAME_MAX];
	const uint8_t *in = NULL;
	size_t at = 0, have = 0, in_len = 0;
	enum rc rc = cmd_len > 0 ? RC_OK : RC_RANGE;

	while (rc == RC_OK && at < cmd_len) {
		const size_t left = cmd_len - at;
		const bool more = left > m->frame_max;
		const size_t n = more ? m->frame_max : left;

		out[0] = (uint8_t)(PCB_I | (more ? PCB_MORE : 0) | (m->reader_sequence ? 1 : 0));
		memcpy(out + 1, cmd + at, n);
		rc = frame(m, out, n + 1, &in, &in_len);
		m->reader_sequence = !m->reader_sequence; /* 7.5.4 rule B */
		at += n;
		if (rc == RC_OK && more != ((in[0] & 0xE6) == PCB_R))
			rc = RC_READER;
	}
	while (rc == RC_OK) {
		if ((in[0] & 0xE2) != PCB_I || have + in_len - 1 > APDU_RESPONSE_MAX)
			return RC_READER;
		memcpy(rsp + have, in + 1, in_len - 1);
		have += in_len - 1;
		if ((in[0] & PCB_MORE) == 0)
			break;
		out[0] = (uint8_t)(PCB_R | (m->reader_sequence ? 1 : 0));
		rc = frame(m, out, 1, &in, &in_len);
		m->reader_sequence = !m->reader_sequence;
	}
	mem_wipe(out, sizeof out);
	*rsp_len = have;
	return rc;
}
