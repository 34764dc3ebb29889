// SPDX-License-Identifier: GPL-3.0-or-later
/* What the input's PAT, PMTs and CAT say (ISO/IEC 13818-1 2.4.4): which PIDs to scramble, and which
 * are free.
 *
 * A PID that a service shares with one that stays clear stays clear. Services to be scrambled that
 * share a PID share control words; each still has its own ECMs. Streams of sections stay clear. */
#include "mux/mux_private.h"

#include "base/bytes.h"
#include "base/crc32.h"

#include <stdlib.h>

#define PID_FROM 0x1F00U /* free PIDs are taken from here downwards */
#define PMT_PID_MIN 0x0010U
#define STRAYS_MAX 3U
#define FORMAT_HDMV 0x48444D56U /* registration_descriptor "HDMV" */

/* Context of the section callback: it cannot return a result. */
struct scan {
	struct mux *m;
	uint16_t pid;
	enum rc rc;
};

static bool
is_ours(const struct mux *m, uint16_t pid)
{
	for (size_t i = 0; i < m->options.service_count; i++) {
		if (m->services[i].ecm_packetiser.pid == pid)
			return true;
	}
	return m->emm_packetiser.pid == pid;
}

static bool
find_free_pid(const struct mux *m, uint16_t *pid)
{
	for (unsigned int p = PID_FROM; p >= TS_PID_FREE; p--) {
		if (m->flags[p] == 0 && !is_ours(m, (uint16_t)p)) {
			*pid = (uint16_t)p;
			return true;
		}
	}
	return false;
}

static enum rc
choose_pid(struct mux *m, uint16_t wanted, struct ts_packetiser *p, const char *what)
{
	p->pid = wanted;
	p->cc = 0;
	if (wanted == 0 && !find_free_pid(m, &p->pid))
		return mux_fail(m, RC_CONFLICT, "no PID is free for %s", what);
	if (m->flags[p->pid] != 0)
		return mux_fail(m, RC_CONFLICT, "PID 0x%04X for %s is in use in the stream",
				(unsigned int)p->pid, what);
	return RC_OK;
}

enum rc
tables_choose_pids(struct mux *m)
{
	const struct mux_options *o = &m->options;
	enum rc rc;

	for (size_t i = 0; i < o->service_count; i++) {
		uint16_t wanted = o->ecm_pid_first == 0 ? 0 : (uint16_t)(o->ecm_pid_first + i);

		rc = choose_pid(m, wanted, &m->services[i].ecm_packetiser, "ECMs");
		if (rc != RC_OK)
			return rc;
	}
	if (o->emm_bitrate == 0)
		return RC_OK;
	return choose_pid(m, o->emm_pid, &m->emm_packetiser, "EMMs");
}

/* The stream has come to use a PID that is ours: ours moves, the tables follow at once. */
static enum rc
give_way(struct mux *m, uint16_t pid)
{
	enum rc rc;

	for (size_t i = 0; i < m->options.service_count; i++) {
		struct service *s = &m->services[i];

		if (s->ecm_packetiser.pid != pid)
			continue;
		rc = choose_pid(m, m->options.ecm_pid_first == 0 ? 0 : pid, &s->ecm_packetiser,
				"ECMs");
		if (rc != RC_OK)
			return rc;
		s->pmt_step++;
		s->ecm_now = s->keyed;
		m->attention = true;
		return rewrite_resend_pmt(m, s);
	}
	rc = choose_pid(m, m->options.emm_pid == 0 ? 0 : pid, &m->emm_packetiser, "EMMs");
	m->cat_step++;
	m->cat_sent = false;
	m->attention = true;
	return rc;
}

static enum rc
use_pid(struct mux *m, uint16_t pid, uint8_t flag)
{
	bool fresh = m->flags[pid] == 0;

	m->flags[pid] |= flag;
	return fresh && !m->holding && is_ours(m, pid) ? give_way(m, pid) : RC_OK;
}

static enum rc
use_ca_pids(struct mux *m, struct psi_loop descriptors)
{
	struct psi_descriptor d;
	enum rc rc = RC_OK;
	struct psi_ca ca;

	while (rc == RC_OK && psi_descriptor_next(&descriptors, &d)) {
		if (psi_ca_parse(&d, &ca))
			rc = use_pid(m, ca.pid, PID_NAMED);
	}
	return rc;
}

/* Streams of sections are filtered by table_id and stay clear (ISO/IEC 13818-1 table 2-34; SCTE
 * 35). Type 86 is DTS sound in streams registered as HDMV. */
static bool
carries_sections(uint8_t type, bool hdmv)
{
	return type == 0x05 || (type >= 0x0A && type <= 0x0D) || type == 0x14 || type == 0x16 ||
	       (type == 0x86 && !hdmv);
}

static bool
is_hdmv(struct psi_loop descriptors)
{
	struct psi_descriptor d;

	while (psi_descriptor_next(&descriptors, &d)) {
		if (d.tag == PSI_TAG_REGISTRATION && d.len >= 4 && get_be32(d.body) == FORMAT_HDMV)
			return true;
	}
	return false;
}

/* Joins two sets of services that use the same control words. */
static void
share_words(struct mux *m, size_t a, size_t b)
{
	size_t low = a < b ? a : b, high = a < b ? b : a;

	for (size_t i = 0; i < m->options.service_count; i++) {
		if (m->services[i].owner == high)
			m->services[i].owner = low;
	}
}

static void
claim_stream(struct mux *m, struct service *s, uint16_t pid)
{
	size_t index = (size_t)(s - m->services), other;

	if (pid < TS_PID_FREE || pid == TS_PID_NULL || m->psi[pid] != NULL)
		return;
	if ((m->flags[pid] & PID_FREE_SERVICE) != 0) {
		m->flags[pid] |= PID_LEFT_CLEAR;
		return;
	}
	if (m->es[pid] == NO_SERVICE)
		m->es[pid] = (uint8_t)(index + 1);
	other = m->es[pid] - 1U;
	share_words(m, m->services[other].owner, s->owner);
}

static enum rc
map_program(struct mux *m, const struct program *program, bool free_services)
{
	struct service *s = mux_service(m, program->number);
	struct psi_stream stream;
	struct psi_pmt pmt;
	bool hdmv;
	enum rc rc;

	if (program->pmt_len == 0 || (s == NULL) != free_services ||
	    psi_pmt_parse(program->pmt, program->pmt_len, &pmt) != RC_OK)
		return RC_OK;
	rc = use_pid(m, pmt.pcr_pid, PID_NAMED);
	if (rc == RC_OK)
		rc = use_ca_pids(m, pmt.descriptors);
	hdmv = is_hdmv(pmt.descriptors);
	while (rc == RC_OK && psi_stream_next(&pmt.streams, &stream)) {
		rc = use_pid(m, stream.pid, s == NULL ? PID_NAMED | PID_FREE_SERVICE : PID_NAMED);
		if (rc == RC_OK)
			rc = use_ca_pids(m, stream.descriptors);
		if (s == NULL)
			m->es[stream.pid] = NO_SERVICE;
		else if (!carries_sections(stream.type, hdmv))
			claim_stream(m, s, stream.pid);
	}
	return rc;
}

/* Who scrambles what, from all PMTs that are known. While packets are held nothing is taken back:
 * what a table of the held part names is scrambled in all of it. */
static enum rc
map_pids(struct mux *m)
{
	size_t owners[MUX_SERVICES_MAX] = { 0 };
	enum rc rc = RC_OK;

	m->attention = true;
	if (!m->holding) {
		memset(m->es, NO_SERVICE, sizeof m->es);
		for (size_t pid = 0; pid < TS_PIDS; pid++)
			m->flags[pid] &= (uint8_t) ~(PID_FREE_SERVICE | PID_LEFT_CLEAR);
	}
	for (size_t i = 0; i < m->options.service_count; i++) {
		owners[i] = m->services[i].owner;
		m->services[i].owner = i;
	}
	for (size_t i = 0; i < m->program_count && rc == RC_OK; i++)
		rc = map_program(m, &m->programs[i], true);
	for (size_t i = 0; i < m->options.service_count && rc == RC_OK; i++) {
		const struct program *program = mux_program(m, m->services[i].id);

		if (program != NULL)
			rc = map_program(m, program, false);
	}
	/* Other control words than before: a new ECM at once. */
	for (size_t i = 0; i < m->options.service_count; i++) {
		if (owners[i] != m->services[i].owner)
			m->services[i].keyed = false;
	}
	return rc;
}

static enum rc
take_pmt(struct mux *m, uint16_t pid, const uint8_t *section, size_t len)
{
	struct program *program;
	struct service *s;
	struct psi_pmt pmt;

	if (psi_pmt_parse(section, len, &pmt) != RC_OK || !pmt.h.current)
		return RC_OK;
	program = mux_program(m, pmt.h.extension);
	if (program == NULL || program->pmt_pid != pid)
		return RC_OK;
	if (program->pmt_len == len && memcmp(program->pmt, section, len) == 0)
		return RC_OK;
	memcpy(program->pmt, section, len);
	program->pmt_len = (uint16_t)len;
	s = mux_service(m, program->number);
	if (s != NULL) {
		s->known = true;
		s->pcr_pid = pmt.pcr_pid;
	}
	return map_pids(m);
}

static enum rc
psi_pid_open(struct mux *m, uint16_t pid)
{
	struct psi_pid *p;

	if (m->psi[pid] != NULL)
		return RC_OK;
	p = calloc(1, sizeof *p);
	if (p == NULL)
		return mux_fail(m, RC_NO_MEMORY, "out of memory");
	section_init(&p->scan);
	section_init(&p->out);
	p->packetiser.pid = pid;
	m->psi[pid] = p;
	return use_pid(m, pid, PID_NAMED);
}

static void
psi_pids_close(struct mux *m, bool all)
{
	for (size_t pid = 0; pid < TS_PIDS; pid++) {
		bool wanted = pid == TS_PID_PAT || pid == TS_PID_CAT;

		if (m->psi[pid] == NULL)
			continue;
		for (size_t i = 0; i < m->program_count && !wanted; i++)
			wanted = m->programs[i].pmt_pid == pid;
		if (all || !wanted) {
			free(m->psi[pid]);
			m->psi[pid] = NULL;
		}
	}
}

/* Takes over what was known of a program. A service to be scrambled that the PAT names no longer
 * stays, lest its packets go out clear. */
static void
carry_over(struct mux *m, const struct program *old)
{
	struct program *program = mux_program(m, old->number);

	if (program != NULL) {
		program->pmt_len = old->pmt_len;
		memcpy(program->pmt, old->pmt, old->pmt_len);
	} else if (mux_service(m, old->number) != NULL) {
		m->programs[m->program_count++] = *old;
	}
}

/* A whole PAT is there: its programs become the current ones. */
static enum rc
adopt_pat(struct mux *m)
{
	struct program *old = m->programs;
	size_t old_count = m->program_count;
	enum rc rc = RC_OK;

	m->programs = m->pat.next;
	m->program_count = m->pat.next_count;
	m->pat.next = NULL;
	m->pat.next_count = 0;
	m->pat.complete = true;
	for (size_t i = 0; i < old_count; i++)
		carry_over(m, &old[i]);
	free(old);
	psi_pids_close(m, false);
	for (size_t i = 0; i < m->program_count && rc == RC_OK; i++) {
		rc = psi_pid_open(m, m->programs[i].pmt_pid);
		if (rc == RC_OK && mux_service(m, m->programs[i].number) != NULL)
			m->psi[m->programs[i].pmt_pid]->rewritten = true;
	}
	for (size_t i = 0; i < m->options.service_count && rc == RC_OK && m->holding; i++) {
		if (mux_program(m, m->services[i].id) == NULL)
			rc = mux_fail(m, RC_NOT_FOUND, "the stream has no service %u",
				      (unsigned int)m->services[i].id);
	}
	return rc == RC_OK ? map_pids(m) : rc;
}

static enum rc
pat_restart(struct mux *m, const struct psi_pat *pat)
{
	free(m->pat.next);
	memset(&m->pat, 0, sizeof m->pat);
	m->pat.started = true;
	m->pat.version = pat->h.version;
	m->pat.last_section = pat->h.last_section;
	m->pat.next = calloc(PROGRAMS_MAX + MUX_SERVICES_MAX, sizeof *m->pat.next);
	return m->pat.next == NULL ? mux_fail(m, RC_NO_MEMORY, "out of memory") : RC_OK;
}

static enum rc
take_pat(struct mux *m, const uint8_t *section, size_t len)
{
	struct psi_program program;
	struct psi_pat pat;
	uint32_t crc;
	uint8_t n;

	if (psi_pat_parse(section, len, &pat) != RC_OK || !pat.h.current)
		return RC_OK;
	n = pat.h.section;
	crc = get_be32(section + len - 4);
	if (m->pat.started && m->pat.has[n] && m->pat.crc[n] == crc &&
	    m->pat.version == pat.h.version)
		return RC_OK;
	if (!m->pat.started || m->pat.has[n] || m->pat.version != pat.h.version ||
	    m->pat.last_section != pat.h.last_section) {
		enum rc rc = pat_restart(m, &pat);

		if (rc != RC_OK)
			return rc;
	}
	m->pat.has[n] = true;
	m->pat.crc[n] = crc;
	m->pat.have++;
	while (psi_program_next(&pat.programs, &program)) {
		if (program.number == 0 || program.pid < PMT_PID_MIN ||
		    program.pid == TS_PID_NULL || m->pat.next_count == PROGRAMS_MAX)
			continue;
		m->pat.next[m->pat.next_count].number = program.number;
		m->pat.next[m->pat.next_count++].pmt_pid = program.pid;
	}
	return m->pat.have == m->pat.last_section + 1U ? adopt_pat(m) : RC_OK;
}

static enum rc
take_cat(struct mux *m, const uint8_t *section, size_t len)
{
	struct psi_cat cat;

	if (psi_cat_parse(section, len, &cat) != RC_OK)
		return RC_OK;
	m->cat_seen = true;
	return use_ca_pids(m, cat.descriptors);
}

static void
on_section(void *ctx, const uint8_t *section, size_t len)
{
	struct scan *scan = ctx;

	if (scan->rc != RC_OK)
		return;
	if (scan->pid == TS_PID_PAT)
		scan->rc = take_pat(scan->m, section, len);
	else if (scan->pid == TS_PID_CAT)
		scan->rc = take_cat(scan->m, section, len);
	else
		scan->rc = take_pmt(scan->m, scan->pid, section, len);
}

/* A packet of the stream. One whose header was damaged must not drive our PIDs away: they give way
 * to the third. */
static enum rc
see_packet(struct mux *m, const uint8_t *packet, uint16_t pid)
{
	if (m->flags[pid] == 0 && !m->holding && is_ours(m, pid) && ++m->strays[pid] < STRAYS_MAX)
		return RC_OK;
	return ts_get_transporterror(packet) ? RC_OK : use_pid(m, pid, PID_SEEN);
}

enum rc
tables_scan(struct mux *m, const uint8_t *packet)
{
	struct scan scan = { m, ts_pid(packet), RC_OK };

	if (scan.pid <= TS_PID_CAT && m->psi[scan.pid] == NULL) {
		scan.rc = psi_pid_open(m, scan.pid);
		if (scan.rc != RC_OK)
			return scan.rc;
		m->psi[scan.pid]->rewritten = scan.pid == TS_PID_CAT && m->options.emm_bitrate > 0;
	}
	scan.rc = see_packet(m, packet, scan.pid);
	if (scan.rc == RC_OK && m->psi[scan.pid] != NULL)
		section_feed(&m->psi[scan.pid]->scan, packet, on_section, &scan);
	return scan.rc;
}

bool
tables_ready(const struct mux *m)
{
	for (size_t i = 0; i < m->options.service_count; i++) {
		if (!m->services[i].known)
			return false;
	}
	return true;
}

bool
tables_complete(const struct mux *m)
{
	for (size_t i = 0; i < m->program_count; i++) {
		if (m->programs[i].pmt_len == 0)
			return false;
	}
	return m->pat.complete && tables_ready(m);
}

void
tables_free(struct mux *m)
{
	psi_pids_close(m, true);
	free(m->programs);
	free(m->pat.next);
}
