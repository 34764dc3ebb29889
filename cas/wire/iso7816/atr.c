// SPDX-License-Identifier: GPL-3.0-or-later
/* ATR and PPS (ISO 7816-3 clauses 8 and 9). */
#include "wire/iso7816/atr.h"

#include "base/bytes.h"
#include "base/mem.h"

#define TS_DIRECT 0x3B
#define TS_INVERSE 0x3F
#define PPS_START 0xFF

static const uint16_t f_of[16] = { 372, 372, 558, 744,  1116, 1488, 1860, 0,
				   0,   512, 768, 1024, 1536, 2048, 0,    0 };
static const uint8_t d_of[16] = { 0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0 };

enum rc
fi_di_values(uint8_t fi_di, uint16_t *f, uint16_t *d)
{
	if (f_of[fi_di >> 4] == 0 || d_of[fi_di & 15] == 0)
		return RC_FORMAT;
	*f = f_of[fi_di >> 4];
	*d = d_of[fi_di & 15];
	return RC_OK;
}

/* Bytes of the i-th group (i ≥ 1) of the protocol that its TD(i−1) named. */
struct group {
	unsigned int i;
	uint8_t protocol;
	uint8_t y;
	bool first_of_t1;
};

static void
take_global(struct atr *a, const struct group *g, uint8_t ta, uint8_t tc)
{
	if (g->i == 1 && (g->y & 1) != 0) {
		a->has_ta1 = true;
		a->fi_di = ta;
	}
	if (g->i == 1 && (g->y & 4) != 0)
		a->extra_guard = tc;
	if (g->i == 2 && (g->y & 1) != 0) {
		a->specific = true;
		a->implicit = (ta & 0x10) != 0;
		a->first_protocol = ta & 15;
	}
	if (g->i == 2 && (g->y & 4) != 0)
		a->wi = tc;
}

static bool
take_t1(struct atr *a, const struct group *g, uint8_t ta, uint8_t tb, uint8_t tc)
{
	if ((g->y & 1) != 0)
		a->ifsc = ta;
	if ((g->y & 2) != 0) {
		a->bwi = tb >> 4;
		a->cwi = tb & 15;
	}
	if ((g->y & 4) != 0)
		a->edc = (tc & 1) != 0 ? T1_CRC : T1_LRC;
	return a->ifsc != 0 && a->ifsc != 0xFF && a->bwi <= 9;
}

/* Interface bytes up to the last TD. */
static enum rc
take_groups(struct reader *r, uint8_t y, struct atr *a, bool *needs_tck)
{
	struct group g = { .i = 1, .protocol = 0, .y = y, .first_of_t1 = false };
	bool t1_seen = false, first = true;

	for (;; g.i++) {
		const uint8_t ta = (g.y & 1) != 0 ? read_u8(r) : 0;
		const uint8_t tb = (g.y & 2) != 0 ? read_u8(r) : 0;
		const uint8_t tc = (g.y & 4) != 0 ? read_u8(r) : 0;
		uint8_t td;

		take_global(a, &g, ta, tc);
		if (g.first_of_t1 && !take_t1(a, &g, ta, tb, tc))
			return RC_FORMAT;
		if ((g.y & 8) == 0)
			break;
		td = read_u8(r);
		g.y = td >> 4;
		g.protocol = td & 15;
		*needs_tck = *needs_tck || g.protocol != 0;
		if (g.protocol != 15) {
			a->protocols |= (uint16_t)(1U << g.protocol);
			if (first)
				a->first_protocol = g.protocol;
			first = false;
		}
		/* 11.4: the first specific group of T=1, from TA3 on. */
		g.first_of_t1 = g.i >= 2 && g.protocol == 1 && !t1_seen;
		t1_seen = t1_seen || g.first_of_t1;
	}
	if (a->protocols == 0)
		a->protocols = 1;
	return RC_OK;
}

enum rc
atr_parse(const uint8_t *in, size_t len, struct atr *a)
{
	struct atr got = { .fi_di = FI_DI_DEFAULT,
			   .wi = 10,
			   .ifsc = T1_IFS_DEFAULT,
			   .bwi = 4,
			   .cwi = 13,
			   .edc = T1_LRC };
	struct reader r = reader_over(in, len);
	const uint8_t ts = read_u8(&r), t0 = read_u8(&r);
	bool needs_tck = false;
	uint8_t check = 0;
	enum rc rc;

	if (r.failed)
		return RC_TRUNCATED;
	if (ts != TS_DIRECT && ts != TS_INVERSE)
		return RC_FORMAT;
	got.inverse = ts == TS_INVERSE;
	rc = take_groups(&r, t0 >> 4, &got, &needs_tck);
	if (rc != RC_OK)
		return rc;
	got.historical_len = t0 & 15;
	read_bytes(&r, got.historical, got.historical_len);
	if (needs_tck)
		(void)read_u8(&r);
	if (r.failed)
		return RC_TRUNCATED;
	if (!reader_at_end(&r))
		return RC_FORMAT;
	for (size_t i = 1; needs_tck && i < len; i++)
		check ^= in[i];
	if (check != 0)
		return RC_INTEGRITY;
	*a = got;
	return RC_OK;
}

/* TA3, TB3, TC3 of T=1 under the TD that announces them. */
static void
put_t1(struct writer *w, const struct atr *a)
{
	write_u8(w, 0x71);
	write_u8(w, a->ifsc);
	write_u8(w, (uint8_t)(a->bwi << 4 | a->cwi));
	write_u8(w, a->edc == T1_CRC ? 1 : 0);
}

enum rc
atr_build(const struct atr *a, uint8_t *out, size_t cap, size_t *len)
{
	struct writer w = writer_over(out, cap);
	const bool t0 = (a->protocols & 1) != 0, t1 = (a->protocols & 2) != 0;
	uint16_t f, d;
	uint8_t check = 0;

	if ((a->protocols & ~3U) != 0 || a->protocols == 0 || a->ifsc == 0 || a->ifsc == 0xFF ||
	    a->bwi > 9 || a->cwi > 15 || a->historical_len > ATR_HISTORICAL_MAX || a->specific ||
	    fi_di_values(a->fi_di, &f, &d) != RC_OK)
		return RC_RANGE;
	write_u8(&w, a->inverse ? TS_INVERSE : TS_DIRECT);
	write_u8(&w, (uint8_t)((a->has_ta1 ? 0x10 : 0) | (a->extra_guard != 0 ? 0x40 : 0) |
			       (t1 ? 0x80 : 0) | a->historical_len));
	if (a->has_ta1)
		write_u8(&w, a->fi_di);
	if (a->extra_guard != 0)
		write_u8(&w, a->extra_guard);
	if (t1) { /* TD1 names the first protocol, TD2 leads to the bytes of T=1 */
		write_u8(&w, t0 ? 0x80 : 0x81);
		put_t1(&w, a);
	}
	write_bytes(&w, a->historical, a->historical_len);
	for (size_t i = 1; t1 && i < w.len && !w.failed; i++)
		check ^= out[i];
	if (t1)
		write_u8(&w, check);
	if (w.failed || w.len > ATR_SIZE_MAX)
		return RC_SPACE;
	*len = w.len;
	return RC_OK;
}

size_t
pps_length(const uint8_t *in, size_t len)
{
	if (len < 2)
		return 0;
	return 3U + ((in[1] & 0x10) != 0) + ((in[1] & 0x20) != 0) + ((in[1] & 0x40) != 0);
}

enum rc
pps_parse(const uint8_t *in, size_t len, struct pps *p)
{
	uint8_t check = 0;

	if (len < 3 || len != pps_length(in, len))
		return RC_TRUNCATED;
	if (in[0] != PPS_START || (in[1] & 0x80) != 0)
		return RC_FORMAT;
	for (size_t i = 0; i < len; i++)
		check ^= in[i];
	if (check != 0)
		return RC_INTEGRITY;
	p->protocol = in[1] & 15;
	p->has_pps1 = (in[1] & 0x10) != 0;
	p->pps1 = p->has_pps1 ? in[2] : FI_DI_DEFAULT;
	return RC_OK;
}

size_t
pps_build(const struct pps *p, uint8_t out[PPS_MAX])
{
	size_t n = 0;
	uint8_t check = 0;

	out[n++] = PPS_START;
	out[n++] = (uint8_t)((p->has_pps1 ? 0x10 : 0) | p->protocol);
	if (p->has_pps1)
		out[n++] = p->pps1;
	for (size_t i = 0; i < n; i++)
		check ^= out[i];
	out[n++] = check;
	return n;
}

enum rc
pps_answer(const struct atr *a, const struct pps *request, struct pps *answer)
{
	uint16_t f, d, f_offered, d_offered;

	if (a->specific || request->protocol > 14 || (a->protocols >> request->protocol & 1) == 0)
		return RC_REFUSED;
	*answer = (struct pps) { .protocol = request->protocol, .pps1 = FI_DI_DEFAULT };
	if (!request->has_pps1 || fi_di_values(request->pps1, &f, &d) != RC_OK ||
	    fi_di_values(a->fi_di, &f_offered, &d_offered) != RC_OK)
		return RC_OK;
	/* 9.3: Fd…Fi and Dd…Di; the card takes what it offers and every slower rate. */
	if (request->pps1 == FI_DI_DEFAULT || (f == f_offered && d <= d_offered)) {
		answer->has_pps1 = true;
		answer->pps1 = request->pps1;
	}
	return RC_OK;
}
