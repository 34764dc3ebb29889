// SPDX-License-Identifier: GPL-3.0-or-later
/* Crypto periods. Their numbers are absolute, stream time / period, so parity follows from the
 * time; the ECM of period n carries the words of n and n + 1, so a receiver always holds the next
 * one. */
#include "mux/mux_private.h"

#include "base/mem.h"

static enum rc
new_word(struct mux *m, struct service *s, uint32_t period)
{
	uint8_t *cw = s->cw[period & 1U];
	size_t size = scr_cw_size(m->options.cipher);
	enum rc rc = m->source.random(m->source.ctx, cw, size);

	if (rc != RC_OK)
		return mux_fail(m, rc, "no random bytes for a control word");
	if (m->options.cipher == SCR_CSA2 && !m->options.full_entropy)
		scr_cw_reduce(cw);
	return RC_OK;
}

/* Words for this period and the next; the owner's when they are shared. */
static enum rc
words_of(struct mux *m, struct service *s, uint32_t period)
{
	const struct service *owner = &m->services[s->owner];
	bool next_only = s->keyed && period == s->period + 1;
	enum rc rc = RC_OK;

	if (owner != s) {
		memcpy(s->cw, owner->cw, sizeof s->cw);
	} else {
		if (!next_only)
			rc = new_word(m, s, period);
		if (rc == RC_OK)
			rc = new_word(m, s, period + 1);
	}
	for (uint32_t n = next_only ? period + 1 : period; rc == RC_OK && n <= period + 1; n++) {
		if (m->source.cw != NULL)
			m->source.cw(m->source.ctx, s->id, n, n & 1U, s->cw[n & 1U],
				     scr_cw_size(m->options.cipher));
	}
	return rc;
}

static enum rc
make_ecm(struct mux *m, struct service *s)
{
	uint64_t start = (uint64_t)s->period * m->options.period_ms / 1000;
	struct ecm ecm = { 0 };
	uint8_t section[ECM_MAX];
	size_t len = 0;
	enum rc rc;

	ecm.table_id = (uint8_t)(0x80U | (s->contents & 1U));
	ecm.cw_size = (uint8_t)scr_cw_size(m->options.cipher);
	ecm.service_id = s->id;
	ecm.time = start > m->options.start_time ? (uint32_t)start : m->options.start_time;
	ecm.period = s->period;
	ecm.period_100ms = (uint16_t)(m->options.period_ms / 100);
	memcpy(ecm.cw_even, s->cw[0], ecm.cw_size);
	memcpy(ecm.cw_odd, s->cw[1], ecm.cw_size);
	rc = m->source.ecm(m->source.ctx, &ecm, section, &len);
	mem_wipe(&ecm, sizeof ecm);
	if (rc != RC_OK)
		return mux_fail(m, rc, "no ECM for service %u", (unsigned int)s->id);
	if (len < SECTION_HEADER || len > ECM_MAX)
		return mux_fail(m, RC_SPACE, "the ECM of service %u does not fit a packet",
				(unsigned int)s->id);
	memcpy(s->ecm, section, len);
	s->ecm_len = len;
	s->contents++;
	s->ecm_now = true;
	return RC_OK;
}

static enum rc
begin(struct mux *m, struct service *s, uint32_t period)
{
	enum rc rc = words_of(m, s, period);

	if (rc == RC_OK && s == &m->services[s->owner]) {
		rc = pipe_key_set(m->pipe, s->pipe, period & 1U, s->cw[period & 1U]);
		if (rc != RC_OK)
			return mux_fail(m, rc, "cannot set a control word");
	}
	if (rc != RC_OK)
		return rc;
	s->period = period;
	s->keyed = true;
	s->stats.periods++;
	return make_ecm(m, s);
}

enum rc
periods_update(struct mux *m)
{
	uint32_t period = (uint32_t)(mux_stream_ms(m) / m->options.period_ms);
	enum rc rc = RC_OK;

	/* Owners come before those who share their words. Time that steps back is the same period.
	 */
	for (size_t i = 0; i < m->options.service_count && rc == RC_OK; i++) {
		struct service *s = &m->services[i];

		if (s->known && !s->keyed)
			rc = begin(m, s, s->period > period ? s->period : period);
		else if (s->known && period > s->period)
			rc = begin(m, s, period);
	}
	return rc;
}
