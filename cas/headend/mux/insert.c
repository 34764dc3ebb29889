// SPDX-License-Identifier: GPL-3.0-or-later
/* When our own packets go out: a new ECM at once, before the packet that needs it and behind the
 * first PMT; then at least every interval, with a null packet's place taken from half of it on, and
 * a packet added at a PCR, where the time is exact, rather than at an estimated one.
 * EMMs by a token bucket in stream time; null packets serve them first, one packet's worth later
 * they are added. */
#include "mux/mux_private.h"

#define TICKS_MS (TS_CLOCK / 1000)
#define CAT_TICKS ((uint64_t)400 * TICKS_MS) /* repetition of a CAT of our own */
#define EMM_RETRY ((uint64_t)50 * TICKS_MS)  /* after the source had none */
#define EMM_BURST 8                          /* packets */
#define EMM_PACKET \
	((int64_t)TS_SIZE * 8 * TS_CLOCK) /* credit that a packet costs: bits × ticks a second */

/* A packet whose time is known and the distance to the next one: ECMs that would be late by then,
 * or nearly so, go now. */
static uint64_t
reach(const struct mux *m, const uint8_t *packet)
{
	uint64_t pcr;

	return ts_pid(packet) == m->clock.pid && ts_pcr(packet, &pcr) ? m->clock.step : 0;
}

/* The packet needs the words that this service's ECM carries. */
static bool
needs_words(const struct mux *m, const struct service *s, const uint8_t *packet)
{
	uint8_t es = m->es[ts_pid(packet)];

	return es != NO_SERVICE && m->services[es - 1].owner == s->owner;
}

static uint64_t
ecm_interval(const struct mux *m)
{
	return (uint64_t)m->options.ecm_interval_ms * TICKS_MS;
}

/* Ticks that a packet with a PCR lets pass till the next one. */
static uint64_t
ecm_patience(const struct mux *m)
{
	return ecm_interval(m) / 10 * 9;
}

static bool
ecm_is_due(const struct mux *m, struct service *s, const uint8_t *packet, uint64_t now)
{
	/* The first one waits for the PMT, without which no receiver finds it. */
	if (s->stats.ecms == 0)
		return s->pmt_sent || needs_words(m, s, packet);
	if (s->ecm_now)
		return true;
	if (now < s->ecm_at)
		s->ecm_at = now;
	if (m->null_slot && now >= s->ecm_at + ecm_interval(m) / 2)
		return true;
	return now + reach(m, packet) > s->ecm_at + ecm_patience(m) ||
	       now >= s->ecm_at + ecm_interval(m);
}

static enum rc
send_ecm(struct mux *m, struct service *s, uint64_t now)
{
	enum rc rc;

	memcpy(m->sections, s->ecm, s->ecm_len);
	m->sections_len = s->ecm_len;
	rc = rewrite_emit(m, &s->ecm_packetiser, true);
	s->ecm_now = false;
	s->ecm_at = now;
	s->stats.ecms++;
	m->stats.ecm_packets++;
	return rc;
}

static enum rc
insert_ecms(struct mux *m, const uint8_t *packet, uint64_t now)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < m->options.service_count && rc == RC_OK; i++) {
		struct service *s = &m->services[i];

		if (s->keyed && ecm_is_due(m, s, packet, now))
			rc = send_ecm(m, s, now);
	}
	return rc;
}

static enum rc
insert_cat(struct mux *m, uint64_t now)
{
	if (m->emm_packetiser.pid == TS_PID_NONE || m->cat_seen)
		return RC_OK;
	if (m->cat_sent && now < m->cat_at + (m->null_slot ? CAT_TICKS / 2 : CAT_TICKS))
		return RC_OK;
	m->cat_at = now;
	return rewrite_own_cat(m);
}

static enum rc
send_emm(struct mux *m, uint64_t now, bool *sent)
{
	uint64_t before = m->stats.packets_added + m->stats.nulls_replaced, packets;
	size_t len = 0;
	enum rc rc = m->source.emm(m->source.ctx, (uint32_t)(mux_stream_ms(m) / 1000), m->sections,
				   &len);

	*sent = false;
	if (rc != RC_OK)
		return mux_fail(m, rc, "no EMM");
	if (len == 0) {
		m->emm_retry_at = now + EMM_RETRY;
		return RC_OK;
	}
	if (len > EMM_SECTION_MAX)
		return mux_fail(m, RC_SPACE, "an EMM is too long");
	m->sections_len = len;
	rc = rewrite_emit(m, &m->emm_packetiser, true);
	packets = m->stats.packets_added + m->stats.nulls_replaced - before;
	m->emm_credit -= (int64_t)packets * EMM_PACKET;
	m->stats.emm_packets += packets;
	*sent = true;
	return rc;
}

static enum rc
insert_emms(struct mux *m, uint64_t now)
{
	int64_t most = EMM_BURST * EMM_PACKET;
	enum rc rc = RC_OK;
	bool sent = true;

	if (m->emm_packetiser.pid == TS_PID_NONE)
		return RC_OK;
	if (now > m->emm_last) {
		uint64_t ticks = now - m->emm_last < TS_CLOCK ? now - m->emm_last : TS_CLOCK;

		if (m->emm_credit < most) { /* above it: what is left of the start's allowance */
			m->emm_credit += (int64_t)(ticks * m->options.emm_bitrate);
			m->emm_credit = m->emm_credit < most ? m->emm_credit : most;
		}
		m->emm_last = now;
	}
	while (rc == RC_OK && sent && now >= m->emm_retry_at &&
	       m->emm_credit >= (m->null_slot ? EMM_PACKET : 2 * EMM_PACKET))
		rc = send_emm(m, now, &sent);
	return rc;
}

/* When a packet without a PCR may have something to do again. */
static uint64_t
quiet_until(const struct mux *m, uint64_t now)
{
	uint64_t period = mux_stream_ms(m) / m->options.period_ms + 1;
	uint64_t start = (uint64_t)m->options.start_time * 1000;
	uint64_t until = (period * m->options.period_ms - start) * TICKS_MS;

	for (size_t i = 0; i < m->options.service_count; i++) {
		uint64_t due = m->services[i].ecm_at + ecm_interval(m);

		if (m->services[i].keyed && due < until)
			until = due;
	}
	if (m->emm_packetiser.pid != TS_PID_NONE) {
		int64_t lacks = 2 * EMM_PACKET - m->emm_credit;
		uint64_t due = now + (lacks > 0 ? (uint64_t)lacks / m->options.emm_bitrate : 0);

		due = due > m->emm_retry_at ? due : m->emm_retry_at;
		until = due < until ? due : until;
		if (!m->cat_seen && m->cat_at + CAT_TICKS < until)
			until = m->cat_at + CAT_TICKS;
	}
	return until;
}

/* True: some service has yet to send its first ECM, or a new one. */
static bool
someone_waits(const struct mux *m)
{
	for (size_t i = 0; i < m->options.service_count; i++) {
		const struct service *s = &m->services[i];

		if (s->known && (!s->keyed || s->ecm_now || s->stats.ecms == 0))
			return true;
	}
	return false;
}

enum rc
insert_due(struct mux *m, const uint8_t *packet)
{
	uint64_t now = clock_now(&m->clock);
	enum rc rc;

	if (!m->attention && now < m->quiet_until && !m->null_slot && reach(m, packet) == 0)
		return RC_OK;
	rc = periods_update(m);
	if (rc == RC_OK)
		rc = insert_cat(m, now);
	if (rc == RC_OK)
		rc = insert_ecms(m, packet, now);
	if (rc == RC_OK)
		rc = insert_emms(m, now);
	m->attention = someone_waits(m);
	m->quiet_until = quiet_until(m, now);
	return rc;
}
