// SPDX-License-Identifier: GPL-3.0-or-later
/* The multiplexer's way of a packet: tables read, held until they are known, placed, scrambled,
 * out.
 *
 * Until PAT and the PMTs of all services to be scrambled are there everything is held, so that
 * nothing of them leaves clear. After 8 MiB what is held goes on as it is: PIDs that no table has
 * named belong to nobody known, and a service whose PMT comes later is scrambled from there on. */
#include "mux/mux_private.h"

#include "base/mem.h"

#include <stdlib.h>

static enum rc
services_open(struct mux *m)
{
	struct pipe_options o = { .cipher = m->options.cipher,
				  .direction = SCR_ENCRYPT,
				  .engine = m->options.engine,
				  .threads = m->options.threads,
				  .latency_us = m->options.latency_ms * 1000 };
	enum rc rc = RC_OK;

	m->pipe = pipe_new(&o);
	if (m->pipe == NULL)
		return RC_NO_MEMORY;
	for (size_t i = 0; i < m->options.service_count && rc == RC_OK; i++) {
		struct service *s = &m->services[i];

		s->id = m->options.services[i];
		s->stats.service_id = s->id;
		s->owner = i;
		s->pcr_pid = TS_PID_NONE;
		s->pmt_step = 1;
		s->ecm_packetiser.pid = TS_PID_NONE;
		rc = pipe_service_new(m->pipe, &s->pipe);
	}
	return rc;
}

/* In EMM credit, so that a card whose right is still on its way loses nothing of the beginning. */
static int64_t
start_allowance(uint32_t emm_bitrate)
{
	const int64_t packet = (int64_t)TS_SIZE * 8 * TS_CLOCK;
	int64_t second = (int64_t)emm_bitrate * TS_CLOCK;

	if (second < 2 * packet)
		return 2 * packet;
	return second < MUX_EMM_START * packet ? second : MUX_EMM_START * packet;
}

struct mux *
mux_new(const struct mux_options *options, const struct mux_source *source)
{
	struct mux *m = calloc(1, sizeof *m);

	if (m == NULL)
		return NULL;
	m->options = *options;
	m->source = *source;
	m->holding = true;
	m->cat_step = 1;
	m->emm_packetiser.pid = TS_PID_NONE;
	m->cat_packetiser.pid = TS_PID_CAT;
	m->emm_credit = start_allowance(options->emm_bitrate);
	ts_sync_init(&m->sync);
	clock_init(&m->clock, TS_PID_NONE);
	if (services_open(m) != RC_OK)
		mux_free(&m);
	return m;
}

void
mux_free(struct mux **mux)
{
	struct mux *m = *mux;

	if (m == NULL)
		return;
	pipe_free(&m->pipe);
	tables_free(m);
	free(m->held);
	free(m->out);
	mem_wipe(m, sizeof *m);
	free(m);
	*mux = NULL;
}

static enum rc
scramble(struct mux *m, const uint8_t *packet, struct service *s)
{
	const struct service *owner = &m->services[s->owner];

	if (ts_payload_offset(packet) == TS_SIZE)
		return mux_push(m, packet, NULL);
	if (ts_get_scrambling(packet) != TS_CLEAR) {
		m->stats.packets_scrambled_before++;
		if (!s->clear_seen && ++s->scrambled_before == SCRAMBLED_BEFORE)
			return mux_fail(m, RC_CONFLICT, "service %u is scrambled already",
					(unsigned int)s->id);
		return mux_push(m, packet, NULL);
	}
	s->clear_seen = true;
	m->stats.packets_scrambled++;
	s->stats.packets_scrambled++;
	return mux_push(m, packet, owner);
}

/* A packet whose surroundings are known goes to the output. */
static enum rc
place(struct mux *m, const uint8_t *packet)
{
	uint16_t pid = ts_pid(packet);
	bool is_null = pid == TS_PID_NULL;
	enum rc rc;

	clock_packet(&m->clock, packet);
	m->null_slot = is_null;
	rc = insert_due(m, packet);
	if (rc != RC_OK)
		return rc;
	if (is_null && !m->null_slot)
		return RC_OK;
	m->null_slot = false;
	if (m->psi[pid] != NULL && m->psi[pid]->rewritten)
		return rewrite_packet(m, packet);
	if (m->es[pid] != NO_SERVICE)
		return scramble(m, packet, &m->services[m->es[pid] - 1]);
	m->stats.packets_left_clear += (m->flags[pid] & PID_LEFT_CLEAR) != 0;
	return mux_push(m, packet, NULL);
}

static enum rc
hold(struct mux *m, const uint8_t *packet)
{
	if (m->held_count == m->held_cap) {
		size_t cap = m->held_cap == 0 ? 1024 : m->held_cap * 2;
		uint8_t *held = realloc(m->held, cap * TS_SIZE);

		if (held == NULL)
			return mux_fail(m, RC_NO_MEMORY, "out of memory");
		m->held = held;
		m->held_cap = cap;
	}
	memcpy(m->held + m->held_count++ * TS_SIZE, packet, TS_SIZE);
	if (tables_ready(m))
		m->held_since_ready++;
	return RC_OK;
}

static uint16_t
first_pcr_pid(const struct mux *m)
{
	for (size_t i = 0; i < m->options.service_count; i++) {
		uint16_t pid = m->services[i].pcr_pid;

		if (pid < TS_PID_NULL && (m->flags[pid] & PID_SEEN) != 0)
			return pid;
	}
	return TS_PID_NONE;
}

static enum rc
release(struct mux *m)
{
	enum rc rc = tables_choose_pids(m);

	clock_init(&m->clock, first_pcr_pid(m));
	m->holding = false;
	for (size_t i = 0; i < m->held_count && rc == RC_OK; i++)
		rc = place(m, m->held + i * TS_SIZE);
	free(m->held);
	m->held = NULL;
	m->held_count = m->held_cap = 0;
	return rc;
}

static enum rc
take(struct mux *m, const uint8_t *packet)
{
	enum rc rc;

	m->stats.packets_in++;
	rc = tables_scan(m, packet);
	if (rc != RC_OK)
		return rc;
	if (!m->holding)
		return place(m, packet);
	rc = hold(m, packet);
	if (rc == RC_OK &&
	    (tables_complete(m) || m->held_count >= HOLD_MAX || m->held_since_ready >= HOLD_OTHERS))
		rc = release(m);
	return rc;
}

enum rc
mux_feed(struct mux *m, const uint8_t *data, size_t len)
{
	const uint8_t *packet;
	enum rc rc = m->failed;

	while (rc == RC_OK && (packet = ts_sync_next(&m->sync, &data, &len)) != NULL)
		rc = take(m, packet);
	return rc == RC_OK ? mux_pump(m) : mux_fail(m, rc, "%s", rc_text(rc));
}

enum rc
mux_flush(struct mux *m)
{
	enum rc rc = m->failed != RC_OK ? m->failed : pipe_flush(m->pipe);

	if (rc != RC_OK)
		return mux_fail(m, rc, "scrambling failed");
	return mux_pump(m);
}

enum rc
mux_tick(struct mux *m, uint64_t now_us)
{
	enum rc rc = m->failed != RC_OK ? m->failed : pipe_tick(m->pipe, now_us);

	if (rc != RC_OK)
		return mux_fail(m, rc, "scrambling failed");
	return mux_pump(m);
}

enum rc
mux_finish(struct mux *m)
{
	const uint8_t *packet;
	enum rc rc = m->failed;
	uint16_t missing;

	while (rc == RC_OK && (packet = ts_sync_finish(&m->sync)) != NULL)
		rc = take(m, packet);
	if (rc != RC_OK)
		return mux_fail(m, rc, "%s", rc_text(rc));
	if (m->holding && tables_ready(m))
		rc = release(m);
	if (rc == RC_OK)
		rc = mux_flush(m);
	if (rc == RC_OK && !m->pat.complete)
		rc = mux_fail(m, RC_NOT_FOUND, "the stream has no program association table");
	if (rc == RC_OK && mux_missing_service(m, &missing))
		rc = mux_fail(m, RC_NOT_FOUND, "the stream has no service %u",
			      (unsigned int)missing);
	return rc;
}

enum rc
mux_drain(struct mux *m, uint8_t *out, size_t cap, size_t *len)
{
	size_t n = cap / TS_SIZE * TS_SIZE;

	n = n < m->out_len ? n : m->out_len;
	if (n > 0)
		memcpy(out, m->out + m->out_head, n);
	m->out_head += n;
	m->out_len -= n;
	*len = n;
	return RC_OK;
}

bool
mux_missing_service(const struct mux *m, uint16_t *service_id)
{
	for (size_t i = 0; i < m->options.service_count; i++) {
		if (!m->services[i].known) {
			*service_id = m->services[i].id;
			return true;
		}
	}
	return false;
}

const char *
mux_error(const struct mux *m)
{
	return m->error;
}

void
mux_get_stats(const struct mux *m, struct mux_stats *stats)
{
	*stats = m->stats;
	stats->resyncs = m->sync.resyncs;
	stats->stream_time = (uint32_t)(mux_stream_ms(m) / 1000);
	stats->service_count = m->options.service_count;
	for (size_t i = 0; i < m->options.service_count; i++)
		stats->services[i] = m->services[i].stats;
}
