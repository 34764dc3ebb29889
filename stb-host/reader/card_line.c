// SPDX-License-Identifier: GPL-3.0-or-later
/* Negotiation after the ATR, and extended commands for those who know only short ones. ISO 7816-3
 * clause 9, 12.2.5–12.2.8; ISO 7816-4 5.3.4 and 11.7.2 (ENVELOPE). */
#include "reader/card_line.h"

#include "base/mem.h"
#include "wire/iso7816/apdu.h"

#define INS_ENVELOPE 0xC2
#define SHORT_DATA_MAX 255U
#define SHORT_LE_MAX 256U
#define SHORT_COMMAND_MAX 261U

/* Whether the reader keeps up with it: bit rate = f × D / F. */
static bool
is_fast_enough(const struct line_limits *limits, uint8_t fi_di)
{
	uint16_t f = 0, d = 0;

	if (fi_di_values(fi_di, &f, &d) != RC_OK)
		return false;
	return limits->max_bit_rate == 0 ||
	       (uint64_t)limits->clock_hz * d / f <= limits->max_bit_rate;
}

enum rc
line_propose(const struct atr *a, const struct line_limits *limits, struct pps *p, bool *needed)
{
	const uint16_t common = a->protocols & limits->protocols;
	const bool first_is_common = (limits->protocols >> a->first_protocol & 1) != 0;

	*p = (struct pps) { .protocol = a->first_protocol, .pps1 = FI_DI_DEFAULT };
	*needed = false;
	if (a->specific) {
		p->pps1 = a->implicit ? FI_DI_DEFAULT : a->fi_di;
		p->has_pps1 = p->pps1 != FI_DI_DEFAULT;
		if (!first_is_common || a->first_protocol > 1 || a->implicit ||
		    !is_fast_enough(limits, p->pps1))
			return RC_READER;
		return RC_OK;
	}
	if (!first_is_common || a->first_protocol > 1) {
		if ((common & 3) == 0)
			return RC_READER;
		p->protocol = (common & 1) != 0 ? 0 : 1;
		*needed = true;
	}
	if (a->fi_di != FI_DI_DEFAULT && is_fast_enough(limits, a->fi_di)) {
		p->has_pps1 = true;
		p->pps1 = a->fi_di;
		*needed = true;
	}
	return RC_OK;
}

enum rc
line_agree(const struct pps *asked, const uint8_t *answer, size_t len, struct pps *in_use)
{
	struct pps got;

	if (pps_parse(answer, len, &got) != RC_OK || got.protocol != asked->protocol)
		return RC_READER;
	if (got.has_pps1 && (!asked->has_pps1 || got.pps1 != asked->pps1))
		return RC_READER;
	if (!got.has_pps1)
		got.pps1 = FI_DI_DEFAULT;
	*in_use = got;
	return RC_OK;
}

/* 6Cxx to a command whose long Le became 00: nobody above could repeat it. */
static enum rc
with_exact_le(const struct short_line *line, uint8_t cmd[SHORT_COMMAND_MAX], size_t len,
	      uint8_t *rsp, size_t cap, size_t *rsp_len)
{
	enum rc rc = line->transmit(line->ctx, cmd, len, rsp, cap, rsp_len);

	if (rc != RC_OK || *rsp_len != 2 || rsp[0] != 0x6C)
		return rc;
	cmd[len - 1] = rsp[1];
	return line->transmit(line->ctx, cmd, len, rsp, cap, rsp_len);
}

static enum rc
send_short(const struct short_line *line, const struct apdu *a, uint8_t *rsp, size_t cap,
	   size_t *rsp_len)
{
	const bool long_le = a->le > SHORT_LE_MAX;
	struct apdu b = *a;
	uint8_t cmd[SHORT_COMMAND_MAX];
	size_t len = 0;
	enum rc rc;

	b.le = long_le ? SHORT_LE_MAX : a->le;
	if (line->is_t0 && b.lc > 0)
		b.le = 0;
	rc = apdu_build(&b, cmd, sizeof cmd, &len);
	if (rc == RC_OK && long_le && b.le > 0)
		rc = with_exact_le(line, cmd, len, rsp, cap, rsp_len);
	else if (rc == RC_OK)
		rc = line->transmit(line->ctx, cmd, len, rsp, cap, rsp_len);
	mem_wipe(cmd, sizeof cmd);
	return rc;
}

/* The command in pieces; all but the last are answered 9000 alone. */
static enum rc
send_envelopes(const struct short_line *line, const uint8_t *cmd, size_t len, uint8_t *rsp,
	       size_t cap, size_t *rsp_len)
{
	uint8_t piece[SHORT_COMMAND_MAX];
	enum rc rc = RC_OK;

	for (size_t at = 0; at < len && rc == RC_OK;) {
		const size_t n = len - at > SHORT_DATA_MAX ? SHORT_DATA_MAX : len - at;
		size_t piece_len = 5 + n;

		piece[0] = cmd[0] & 0x03;
		piece[1] = INS_ENVELOPE;
		piece[2] = 0;
		piece[3] = 0;
		piece[4] = (uint8_t)n;
		memcpy(piece + 5, cmd + at, n);
		at += n;
		if (at == len && !line->is_t0)
			piece[piece_len++] = 0;
		rc = line->transmit(line->ctx, piece, piece_len, rsp, cap, rsp_len);
		if (rc == RC_OK && at < len && (*rsp_len != 2 || rsp[0] != 0x90 || rsp[1] != 0x00))
			break; /* its refusal is the answer */
	}
	mem_wipe(piece, sizeof piece);
	return rc;
}

enum rc
short_line_transmit(const struct short_line *line, const uint8_t *cmd, size_t len, uint8_t *rsp,
		    size_t cap, size_t *rsp_len)
{
	struct apdu a;

	if (apdu_parse(cmd, len, &a) != RC_OK)
		return RC_RANGE;
	if (a.lc > SHORT_DATA_MAX)
		return send_envelopes(line, cmd, len, rsp, cap, rsp_len);
	return send_short(line, &a, rsp, cap, rsp_len);
}
