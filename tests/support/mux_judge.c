// SPDX-License-Identifier: GPL-3.0-or-later
/* A receiver that judges the multiplexer's output. */
#include "mux_judge.h"

#include "base/bytes.h"
#include "stream/psi.h"
#include "stream/section.h"

#include <stdlib.h>

#define ECM_LEN 44U /* section header 3, service 2, period 4, CW size 1, words 2·16, pad 2 */
#define MARGIN_TICKS (TS_CLOCK / 1000 / 2)

struct judged_service {
	uint16_t id, pmt_pid, ecm_pid, pcr_pid;
	bool has_pmt, has_words, has_ecm_behind_pmt;
	uint8_t version;
	uint8_t table_id;
	uint8_t content[ECM_LEN];
	struct scr_key *key[2];
	/* Time by its PCRs. */
	bool has_pcr, jumped;
	uint64_t pcr, elapsed;
	uint64_t ecms_since; /* ECMs since the last PCR, with their packet numbers */
	size_t pcr_at;
	size_t ecm_at[64];
	bool has_ecm_time;
	uint64_t ecm_time;
};

struct judge_state {
	const struct mux_options *o;
	struct judge_report *r;
	struct scr_engine *engine;
	struct judged_service services[MUX_SERVICES_MAX];
	uint8_t es[TS_PIDS]; /* index + 1 */
	bool pmt_pid[TS_PIDS];
	struct section_assembler *sections[TS_PIDS];
	uint8_t cat[PSI_SECTION_MAX];
	size_t cat_len;
	bool has_cc[TS_PIDS];
	uint8_t cc[TS_PIDS];
	uint16_t pid; /* of the section at hand */
	const uint8_t *in;
	size_t in_len, in_at, at;
};

static enum rc
source_ecm(void *ctx, struct ecm *ecm, uint8_t section[ECM_MAX], size_t *len)
{
	struct judge_source *s = ctx;
	struct writer w = writer_over(section, ECM_LEN);

	write_u8(&w, ecm->table_id);
	write_be16(&w, (uint16_t)(0x7000U | (ECM_LEN - 3)));
	write_be16(&w, ecm->service_id);
	write_be32(&w, ecm->period);
	write_u8(&w, ecm->cw_size);
	write_bytes(&w, ecm->cw_even, ECM_CW_MAX);
	write_bytes(&w, ecm->cw_odd, ECM_CW_MAX);
	write_be16(&w, 0);
	*len = w.len;
	s->ecms++;
	return s->ecm_result;
}

static enum rc
source_emm(void *ctx, uint32_t now, uint8_t section[EMM_SECTION_MAX], size_t *len)
{
	struct judge_source *s = ctx;
	size_t size = s->emm_size == 0 ? 100 : s->emm_size;

	(void)now;
	*len = 0;
	if (s->emms >= s->emm_limit)
		return s->emm_result;
	memset(section, (int)s->emms, size);
	section[0] = EMM_UNIQUE;
	put_be16(section + 1, (uint16_t)(0x7000U | (size - 3)));
	put_be32(section + 3, s->emms++);
	*len = size;
	return s->emm_result;
}

static enum rc
source_random(void *ctx, uint8_t *out, size_t len)
{
	struct judge_source *s = ctx;

	for (size_t i = 0; i < len; i++) {
		s->seed = s->seed * 1664525U + 1013904223U;
		out[i] = (uint8_t)(s->seed >> 16);
	}
	return s->random_result;
}

static void
source_cw(void *ctx, uint16_t service_id, uint32_t period, unsigned int parity, const uint8_t *cw,
	  size_t len)
{
	struct judge_source *s = ctx;

	(void)service_id;
	(void)cw;
	if (parity == (period & 1U) && (len == 8 || len == 16))
		s->words++;
}

void
judge_source_init(struct judge_source *s)
{
	memset(s, 0, sizeof *s);
	s->source = (struct mux_source) { s, source_ecm, source_emm, source_random, source_cw };
	s->seed = 99;
	s->emm_limit = UINT32_MAX;
}

enum rc
judge_run(const struct mux_options *o, const struct mux_source *source, const uint8_t *in,
	  size_t len, size_t piece, uint8_t **out, size_t *out_len)
{
	struct mux *m = mux_new(o, source);
	size_t cap = len * 2 + 1024 * TS_SIZE, have = 0, n = 1;
	uint8_t *bytes = malloc(cap);
	enum rc rc = m == NULL || bytes == NULL ? RC_NO_MEMORY : RC_OK;

	for (size_t at = 0; at < len && rc == RC_OK; at += piece) {
		rc = mux_feed(m, in + at, len - at < piece ? len - at : piece);
		if (rc == RC_OK)
			rc = mux_drain(m, bytes + have, cap - have, &n);
		have += rc == RC_OK ? n : 0;
	}
	if (rc == RC_OK)
		rc = mux_finish(m);
	for (n = 1; rc == RC_OK && n > 0; have += n)
		rc = mux_drain(m, bytes + have, cap - have, &n);
	mux_free(&m);
	*out = bytes;
	*out_len = have;
	return rc;
}

static void
judge_pmt(struct judge_state *j, const struct psi_pmt *pmt)
{
	struct psi_loop streams = pmt->streams;
	struct psi_stream stream;
	struct psi_ca ca;

	for (size_t i = 0; i < j->o->service_count; i++) {
		struct judged_service *s = &j->services[i];

		if (s->id != pmt->h.extension)
			continue;
		if (!psi_ca_find(pmt->descriptors, JUDGE_SYSTEM, &ca) || ca.private_len != 3 ||
		    get_be16(ca.private_data) != JUDGE_OPERATOR || ca.private_data[2] != 1) {
			j->r->psi_errors++;
			return;
		}
		if (s->has_pmt && s->version != pmt->h.version)
			j->r->pmt_versions++;
		j->r->pmts += s->has_pmt ? 0 : 1;
		s->has_pmt = true;
		s->version = pmt->h.version;
		s->ecm_pid = ca.pid;
		s->pcr_pid = pmt->pcr_pid;
		j->r->ecm_pid[i] = ca.pid;
		while (psi_stream_next(&streams, &stream))
			j->es[stream.pid] =
				j->es[stream.pid] == 0 ? (uint8_t)(i + 1) : j->es[stream.pid];
	}
}

/* Other content needs another version. */
static void
judge_cat(struct judge_state *j, const struct psi_cat *cat, const uint8_t *section, size_t len)
{
	bool same = j->cat_len == len && memcmp(j->cat, section, len) == 0;
	struct psi_ca ca;

	j->r->cats++;
	if (j->cat_len > 0 && !same && j->cat[5] == section[5])
		j->r->psi_errors++;
	memcpy(j->cat, section, len);
	j->cat_len = len;
	if (psi_ca_find(cat->descriptors, JUDGE_SYSTEM, &ca))
		j->r->emm_pid = ca.pid;
	else
		j->r->psi_errors++;
}

static void
judge_pat(struct judge_state *j, struct psi_pat *pat)
{
	struct psi_program program;

	while (psi_program_next(&pat->programs, &program)) {
		if (program.number != 0)
			j->pmt_pid[program.pid] = true;
		for (size_t i = 0; i < j->o->service_count; i++) {
			if (j->services[i].id == program.number)
				j->services[i].pmt_pid = program.pid;
		}
	}
}

static void
judge_ecm(struct judge_state *j, const uint8_t *section, size_t len)
{
	struct scr_engine *e = j->engine;

	for (size_t i = 0; i < j->o->service_count; i++) {
		struct judged_service *s = &j->services[i];

		if (len != ECM_LEN || get_be16(section + 3) != s->id)
			continue;
		j->r->ecms++;
		s->has_ecm_behind_pmt = s->has_pmt;
		if (s->ecms_since < 64)
			s->ecm_at[s->ecms_since++] = j->at;
		if (s->has_words && memcmp(s->content + 3, section + 3, ECM_LEN - 3) != 0 &&
		    s->table_id == section[0])
			j->r->toggles_missed++;
		if (s->has_words && memcmp(s->content, section, ECM_LEN) == 0)
			continue;
		memcpy(s->content, section, ECM_LEN);
		s->table_id = section[0];
		s->has_words = true;
		if (scr_key_set(e, s->key[0], section + 10) != RC_OK ||
		    scr_key_set(e, s->key[1], section + 26) != RC_OK)
			abort();
	}
}

static void
on_section(void *ctx, const uint8_t *section, size_t len)
{
	struct judge_state *j = ctx;
	struct psi_pat pat;
	struct psi_pmt pmt;
	struct psi_cat cat;

	if (section[0] == 0x80 || section[0] == 0x81) {
		judge_ecm(j, section, len);
	} else if (section[0] == EMM_UNIQUE) {
		j->r->psi_errors += j->pid != j->r->emm_pid;
		j->r->emms++;
	} else if (j->pid == TS_PID_PAT && psi_pat_parse(section, len, &pat) == RC_OK) {
		judge_pat(j, &pat);
	} else if (j->pid == TS_PID_CAT && psi_cat_parse(section, len, &cat) == RC_OK) {
		judge_cat(j, &cat, section, len);
	} else if (j->pmt_pid[j->pid] && psi_pmt_parse(section, len, &pmt) == RC_OK) {
		judge_pmt(j, &pmt);
	} else {
		j->r->psi_errors++;
	}
}

/* ECMs between two PCRs happened at times in proportion to their places. */
static void
judge_time(struct judge_state *j, struct judged_service *s, const uint8_t *packet)
{
	uint64_t limit = (uint64_t)j->o->ecm_interval_ms * (TS_CLOCK / 1000) + MARGIN_TICKS;
	uint64_t pcr, step = 0, period;

	if (ts_pid(packet) != s->pcr_pid || !ts_pcr(packet, &pcr))
		return;
	if (s->has_pcr)
		step = ts_pcr_delta(s->pcr, pcr);
	s->jumped = s->jumped || step > (uint64_t)5 * TS_CLOCK;
	for (size_t i = 0; i < s->ecms_since && s->has_pcr && !s->jumped; i++) {
		uint64_t t = s->elapsed + step * (s->ecm_at[i] - s->pcr_at) / (j->at - s->pcr_at);

		if (s->has_ecm_time && t > s->ecm_time + limit)
			j->r->late_ecms++;
		s->ecm_time = t;
		s->has_ecm_time = true;
	}
	s->ecms_since = 0;
	s->elapsed += step;
	s->has_pcr = true;
	s->pcr = pcr;
	s->pcr_at = j->at;
	period = ((uint64_t)j->o->start_time * 1000 + s->elapsed / (TS_CLOCK / 1000)) /
		 j->o->period_ms;
	if (!s->jumped && ts_payload_offset(packet) < TS_SIZE &&
	    ts_get_scrambling(packet) != TS_EVEN + (period & 1U))
		j->r->wrong_parity++;
}

/* Continuity, with adaptation-only packets and repetitions allowed (ISO/IEC 13818-1 2.4.3.3). */
static void
judge_cc(struct judge_state *j, const uint8_t *packet)
{
	uint16_t pid = ts_pid(packet);
	uint8_t step = ts_has_payload(packet) ? 1 : 0;

	if (ts_is_null(packet))
		return;
	if (j->has_cc[pid] && ts_get_cc(packet) != ((j->cc[pid] + step) & 15U))
		j->r->cc_errors++;
	j->has_cc[pid] = true;
	j->cc[pid] = ts_get_cc(packet);
}

static bool
is_compared(const struct judge_state *j, const uint8_t *packet)
{
	uint16_t pid = ts_pid(packet);

	return pid != TS_PID_NULL && !j->pmt_pid[pid] && pid != TS_PID_CAT;
}

static bool
is_own(const struct judge_state *j, const uint8_t *packet)
{
	uint16_t pid = ts_pid(packet);

	/* ECMs and EMMs fill a packet each; anything else on their PIDs is the stream's. */
	if (!ts_get_unitstart(packet) || packet[TS_HEADER_SIZE + 1] < 0x80 ||
	    packet[TS_HEADER_SIZE + 1] > EMM_UNIQUE)
		return false;
	for (size_t i = 0; i < j->o->service_count; i++) {
		if (j->r->ecm_pid[i] == pid && pid != 0)
			return true;
	}
	return pid == j->r->emm_pid && pid != 0;
}

static void
judge_content(struct judge_state *j, const uint8_t *packet)
{
	uint8_t es = j->es[ts_pid(packet)], control = ts_get_scrambling(packet);
	size_t offset = ts_payload_offset(packet);
	const uint8_t *want;
	uint8_t copy[TS_SIZE];

	while (j->in_at < j->in_len && !is_compared(j, j->in + j->in_at))
		j->in_at += TS_SIZE;
	if (j->in_at >= j->in_len) {
		j->r->differences++;
		return;
	}
	want = j->in + j->in_at;
	j->in_at += TS_SIZE;
	memcpy(copy, packet, TS_SIZE);
	if (es != 0 && offset < TS_SIZE && ts_get_scrambling(want) == TS_CLEAR) {
		struct judged_service *s = &j->services[es - 1];
		struct scr_lane lane = { copy + offset, s->key[control & 1U],
					 (uint8_t)(TS_SIZE - offset) };

		j->r->unfollowed += s->has_pmt && !s->has_ecm_behind_pmt;
		if (control < TS_EVEN) {
			j->r->left_clear++;
		} else if (!s->has_words) {
			j->r->no_word++;
		} else if (scr_batch(j->engine, SCR_DECRYPT, &lane, 1) == RC_OK) {
			ts_set_scrambling(copy, TS_CLEAR);
			j->r->descrambled++;
		}
	}
	if (memcmp(copy, want, TS_SIZE) == 0)
		j->r->compared++;
	else
		j->r->differences++;
}

static void
judge_packet(struct judge_state *j, const uint8_t *packet, bool tables_only)
{
	uint16_t pid = ts_pid(packet);

	if (pid == TS_PID_PAT || pid == TS_PID_CAT || j->pmt_pid[pid] || is_own(j, packet)) {
		if (j->sections[pid] == NULL)
			j->sections[pid] = calloc(1, sizeof *j->sections[pid]);
		if (j->sections[pid] == NULL)
			abort();
		j->pid = pid;
		section_feed(j->sections[pid], packet, on_section, j);
	}
	if (tables_only)
		return;
	judge_cc(j, packet);
	for (size_t i = 0; i < j->o->service_count; i++)
		judge_time(j, &j->services[i], packet);
	if (is_compared(j, packet) && !is_own(j, packet))
		judge_content(j, packet);
}

void
judge(const struct mux_options *o, const uint8_t *in, size_t in_len, const uint8_t *out,
      size_t out_len, struct judge_report *report)
{
	struct judge_state *j = calloc(1, sizeof *j);
	struct judge_report tables = { 0 };

	if (j == NULL)
		abort();
	memset(report, 0, sizeof *report);
	j->o = o;
	j->in = in;
	j->in_len = in_len;
	j->engine = scr_engine_new(o->cipher);
	for (size_t i = 0; i < o->service_count; i++) {
		j->services[i].id = o->services[i];
		j->services[i].key[0] = scr_key_new(j->engine);
		j->services[i].key[1] = scr_key_new(j->engine);
	}
	/* First the tables alone, so that PIDs are known from the first packet on. */
	j->r = &tables;
	for (size_t at = 0; at < out_len; at += TS_SIZE) {
		if (tables.pmts < o->service_count || (o->emm_bitrate > 0 && tables.emm_pid == 0))
			judge_packet(j, out + at, true);
	}
	for (size_t pid = 0; pid < TS_PIDS; pid++) {
		free(j->sections[pid]);
		j->sections[pid] = NULL;
	}
	for (size_t i = 0; i < o->service_count; i++) {
		report->ecm_pid[i] = tables.ecm_pid[i];
		j->services[i].has_pmt = false;
		j->services[i].has_words = false;
		j->services[i].has_ecm_behind_pmt = false;
		j->services[i].ecms_since = 0;
	}
	report->emm_pid = tables.emm_pid;
	j->cat_len = 0;
	j->r = report;
	for (size_t at = 0; at < out_len; at += TS_SIZE, j->at++)
		judge_packet(j, out + at, false);
	while (j->in_at < in_len && !is_compared(j, in + j->in_at))
		j->in_at += TS_SIZE;
	report->differences += (in_len - j->in_at) / TS_SIZE;
	report->packets = out_len / TS_SIZE;
	for (size_t i = 0; i < o->service_count; i++) {
		scr_key_free(&j->services[i].key[0]);
		scr_key_free(&j->services[i].key[1]);
	}
	for (size_t pid = 0; pid < TS_PIDS; pid++)
		free(j->sections[pid]);
	scr_engine_free(&j->engine);
	free(j);
}
