// SPDX-License-Identifier: GPL-3.0-or-later
/* From PAT and CAT to the PIDs of ECMs, EMMs and scrambled streams. ISO/IEC 13818-1 2.4.4, 2.6.16.
 * Every PMT is kept as it came; when one changes, the map of PIDs is made anew from all of them. */
#include "watch/watch_private.h"

#include "base/bytes.h"
#include "base/mem.h"

#include <stdlib.h>

#define PRIVATE_VERSION 1

bool
watch_is_wanted(const struct watch *w, uint16_t program)
{
	if (w->options.service_count == 0)
		return true;
	for (size_t i = 0; i < w->options.service_count; i++) {
		if (w->options.services[i] == program)
			return true;
	}
	return false;
}

/* The next CA_descriptor for this card: system, and operator u16 | version u8 in its private bytes.
 */
static bool
next_ca(const struct watch *w, struct psi_loop *loop, struct psi_ca *ca)
{
	struct psi_descriptor d;
	uint32_t leaf;

	while (psi_descriptor_next(loop, &d)) {
		if (!psi_ca_parse(&d, ca) || ca->system_id != w->options.ca_system_id ||
		    ca->private_len < 3)
			continue;
		if (ca->private_data[2] == PRIVATE_VERSION && ca->pid != TS_PID_NULL &&
		    watch_is_ours(w, get_be16(ca->private_data), &leaf))
			return true;
	}
	return false;
}

static bool
find_ca(const struct watch *w, struct psi_loop loop, struct psi_ca *ca)
{
	return next_ca(w, &loop, ca);
}

static bool
has_other_ca(struct psi_loop loop)
{
	struct psi_descriptor d;

	while (psi_descriptor_next(&loop, &d)) {
		if (d.tag == PSI_TAG_CA)
			return true;
	}
	return false;
}

static uint8_t
channel_get(struct watch *w, uint16_t pid, uint16_t program)
{
	struct channel *ch = NULL;

	for (unsigned int i = 0; i < CHANNELS_MAX; i++) {
		if (w->channels[i].used && w->channels[i].pid == pid) {
			w->channels[i].referenced = true;
			return (uint8_t)i;
		}
		if (!ch && !w->channels[i].used)
			ch = &w->channels[i];
	}
	if (!ch)
		return NO_CHANNEL;
	ch->sections = malloc(sizeof *ch->sections);
	if (!ch->sections) {
		w->failed = RC_NO_MEMORY;
		return NO_CHANNEL;
	}
	section_init(ch->sections);
	ch->used = ch->referenced = true;
	ch->pid = pid;
	ch->program = program;
	return (uint8_t)(ch - w->channels);
}

static void
channel_drop(struct watch *w, struct channel *ch)
{
	enum rc rc;

	keyring_wipe(&ch->keys);
	rc = watch_output_keys(w, ch);
	if (rc != RC_OK)
		w->failed = rc;
	free(ch->sections);
	mem_wipe(ch, sizeof *ch);
}

static void
claim_stream(struct watch *w, uint16_t pid, uint8_t channel)
{
	/* Two programs may share a stream: the first one's ECM counts. */
	if (pid < TS_PIDS && w->channel_of[pid] == NO_CHANNEL)
		w->channel_of[pid] = channel;
}

static void
map_program(struct watch *w, struct program *p)
{
	struct psi_stream stream;
	struct psi_pmt pmt;
	struct psi_ca ca;
	uint8_t whole = NO_CHANNEL;
	bool foreign;

	if (psi_pmt_parse(p->pmt, p->pmt_len, &pmt) != RC_OK)
		return;
	foreign = has_other_ca(pmt.descriptors);
	if (find_ca(w, pmt.descriptors, &ca))
		whole = channel_get(w, ca.pid, p->number);
	p->channel = whole;
	while (psi_stream_next(&pmt.streams, &stream)) {
		uint8_t channel = whole;

		foreign = foreign || has_other_ca(stream.descriptors);
		if (find_ca(w, stream.descriptors, &ca))
			channel = channel_get(w, ca.pid, p->number);
		if (channel == NO_CHANNEL)
			continue;
		claim_stream(w, stream.pid, channel);
		if (p->channel == NO_CHANNEL)
			p->channel = channel;
	}
	if (p->channel != NO_CHANNEL)
		p->access = WATCH_NO_ECM;
	else
		p->access = foreign ? WATCH_FOREIGN : WATCH_CLEAR;
}

static void
set_roles(struct watch *w)
{
	const struct watch_event event = { .kind = WATCH_FILTERS };

	memset(w->role, PID_OTHER, sizeof w->role);
	for (size_t i = 0; i < w->program_count; i++) {
		if (w->programs[i].wanted && w->programs[i].pmt_pid < TS_PIDS)
			w->role[w->programs[i].pmt_pid] = PID_PMT;
	}
	for (unsigned int i = 0; i < CHANNELS_MAX; i++) {
		if (!w->channels[i].used)
			continue;
		w->role[w->channels[i].pid] = PID_ECM;
		w->channel_of[w->channels[i].pid] = (uint8_t)i;
	}
	for (size_t i = 0; i < w->emm_count; i++)
		w->role[w->emm_pid[i]] = PID_EMM;
	if (!w->by_host)
		w->role[TS_PID_PAT] = PID_PAT;
	w->role[TS_PID_CAT] = PID_CAT;
	if (w->options.hardware)
		watch_raise(w, &event);
}

void
watch_map_programs(struct watch *w)
{
	memset(w->channel_of, NO_CHANNEL, sizeof w->channel_of);
	for (unsigned int i = 0; i < CHANNELS_MAX; i++)
		w->channels[i].referenced = false;
	for (size_t i = 0; i < w->program_count; i++) {
		struct program *p = &w->programs[i];

		p->channel = NO_CHANNEL;
		if (p->wanted && p->pmt_len > 0)
			map_program(w, p);
	}
	for (unsigned int i = 0; i < CHANNELS_MAX; i++) {
		if (w->channels[i].used && !w->channels[i].referenced)
			channel_drop(w, &w->channels[i]);
	}
	set_roles(w);
	watch_output_tell_words(w);
}

/* Sections on PIDs that carry PMTs; a PID may carry those of several programs. */
static void
open_pmt_pids(struct watch *w)
{
	for (size_t i = 0; i < w->program_count; i++) {
		const struct program *p = &w->programs[i];

		if (!p->wanted || p->pmt_pid >= TS_PIDS || w->pmt_sections[p->pmt_pid])
			continue;
		w->pmt_sections[p->pmt_pid] = malloc(sizeof(struct section_assembler));
		if (!w->pmt_sections[p->pmt_pid]) {
			w->failed = RC_NO_MEMORY;
			return;
		}
		section_init(w->pmt_sections[p->pmt_pid]);
	}
}

static void
add_program(struct watch *w, const struct psi_program *entry)
{
	struct program *p = NULL;

	if (entry->number == 0 || entry->pid >= TS_PID_NULL || entry->pid <= TS_PID_CAT)
		return;
	for (size_t i = 0; i < w->program_count && !p; i++) {
		if (w->programs[i].number == entry->number)
			p = &w->programs[i];
	}
	if (!p) {
		if (w->program_count == PROGRAMS_MAX)
			return;
		p = &w->programs[w->program_count++];
		memset(p, 0, sizeof *p);
		p->number = entry->number;
		p->channel = NO_CHANNEL;
	}
	if (p->pmt_pid != entry->pid)
		p->pmt_len = 0;
	p->pmt_pid = entry->pid;
	p->wanted = watch_is_wanted(w, entry->number);
	p->stale = false;
}

static void
remove_stale(struct watch *w)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->program_count; i++) {
		if (w->programs[i].stale)
			continue;
		if (kept != i)
			w->programs[kept] = w->programs[i];
		kept++;
	}
	w->program_count = kept;
}

void
watch_map_again(struct watch *w)
{
	w->has_cat = false;
	w->emm_count = 0;
	watch_map_programs(w);
}

enum rc
watch_select(struct watch *w, const uint16_t *services, size_t count)
{
	if (count > WATCH_SERVICES_MAX)
		return RC_RANGE;
	memcpy(w->options.services, services, count * sizeof services[0]);
	w->options.service_count = count;
	for (size_t i = 0; i < w->program_count; i++) {
		struct program *p = &w->programs[i];

		p->wanted = watch_is_wanted(w, p->number);
		if (p->wanted)
			continue;
		if (p->pmt_pid < TS_PIDS)
			p->pmt_len = 0; /* it may be another when it is wanted again */
		p->access = WATCH_ABSENT;
	}
	open_pmt_pids(w);
	watch_map_programs(w);
	return w->failed;
}

static bool
pat_is_complete(const struct watch *w, uint8_t last)
{
	for (unsigned int i = 0; i <= last; i++) {
		if (!(w->pat_done[i / 8] & 1U << (i % 8)))
			return false;
	}
	return true;
}

static void
pat_section(void *ctx, const uint8_t *section, size_t len)
{
	struct watch *w = ctx;
	struct psi_program entry;
	struct psi_pat pat;
	uint8_t bit;

	if (len < 1 || section[0] != PSI_TABLE_PAT)
		return;
	if (psi_pat_parse(section, len, &pat) != RC_OK) {
		w->stats.sections_wrong++;
		return;
	}
	if (!pat.h.current)
		return;
	if (!w->has_pat || pat.h.version != w->pat_version) {
		memset(w->pat_done, 0, sizeof w->pat_done);
		for (size_t i = 0; i < w->program_count; i++)
			w->programs[i].stale = true;
		w->has_pat = true;
		w->pat_version = pat.h.version;
	}
	bit = (uint8_t)(1U << (pat.h.section % 8));
	if (w->pat_done[pat.h.section / 8] & bit)
		return;
	w->pat_done[pat.h.section / 8] |= bit;
	while (psi_program_next(&pat.programs, &entry))
		add_program(w, &entry);
	if (pat_is_complete(w, pat.h.last_section)) {
		w->pat_is_whole = true;
		remove_stale(w);
	}
	open_pmt_pids(w);
	watch_map_programs(w);
}

static void
pmt_section(void *ctx, const uint8_t *section, size_t len)
{
	struct watch *w = ctx;
	struct psi_pmt pmt;

	if (len < 1 || section[0] != PSI_TABLE_PMT)
		return;
	if (psi_pmt_parse(section, len, &pmt) != RC_OK) {
		w->stats.sections_wrong++;
		return;
	}
	if (!pmt.h.current)
		return;
	for (size_t i = 0; i < w->program_count; i++) {
		struct program *p = &w->programs[i];

		if (p->number != pmt.h.extension || !p->wanted)
			continue;
		if (p->pmt_len == len && memcmp(p->pmt, section, len) == 0)
			return;
		memcpy(p->pmt, section, len);
		p->pmt_len = len;
		watch_map_programs(w);
		return;
	}
}

/* The PIDs of our operators' EMMs, each once. */
static size_t
find_emm_pids(const struct watch *w, struct psi_loop loop, uint16_t pids[OPERATORS_MAX],
	      uint16_t operators[OPERATORS_MAX])
{
	struct psi_ca ca;
	size_t count = 0;

	while (count < OPERATORS_MAX && next_ca(w, &loop, &ca)) {
		bool is_known = false;

		for (size_t i = 0; i < count; i++)
			is_known = is_known || pids[i] == ca.pid ||
				   operators[i] == get_be16(ca.private_data);
		if (is_known)
			continue;
		pids[count] = ca.pid;
		operators[count++] = get_be16(ca.private_data);
	}
	return count;
}

static void
cat_section(void *ctx, const uint8_t *section, size_t len)
{
	uint16_t pids[OPERATORS_MAX] = { 0 }, operators[OPERATORS_MAX] = { 0 };
	struct watch *w = ctx;
	struct psi_cat cat;
	size_t count;
	uint32_t crc;

	if (len < 1 || section[0] != PSI_TABLE_CAT)
		return;
	if (psi_cat_parse(section, len, &cat) != RC_OK) {
		w->stats.sections_wrong++;
		return;
	}
	crc = get_be32(section + len - 4);
	if (!cat.h.current || (w->has_cat && crc == w->cat_crc))
		return;
	count = find_emm_pids(w, cat.descriptors, pids, operators);
	if (count == 0 && cat.h.last_section > 0)
		return; /* another section may name it */
	w->has_cat = true;
	w->cat_crc = crc;
	memcpy(w->emm_operator, operators, sizeof operators);
	if (count == w->emm_count && memcmp(pids, w->emm_pid, count * sizeof pids[0]) == 0)
		return;
	memcpy(w->emm_pid, pids, sizeof pids);
	w->emm_count = count;
	for (size_t i = 0; i < count; i++)
		section_init(&w->emm[i]);
	set_roles(w);
}

void
watch_table_section(struct watch *w, uint16_t pid, const uint8_t *section, size_t len)
{
	if (w->role[pid] == PID_PAT)
		pat_section(w, section, len);
	else if (w->role[pid] == PID_CAT)
		cat_section(w, section, len);
	else if (w->role[pid] == PID_PMT)
		pmt_section(w, section, len);
}

void
watch_scan_tables(struct watch *w, const uint8_t *packet)
{
	const uint16_t pid = ts_pid(packet);

	switch ((enum pid_role)w->role[pid]) {
	case PID_PAT:
		section_feed(&w->pat, packet, pat_section, w);
		break;
	case PID_CAT:
		section_feed(&w->cat, packet, cat_section, w);
		break;
	case PID_PMT:
		section_feed(w->pmt_sections[pid], packet, pmt_section, w);
		break;
	case PID_ECM:
	case PID_EMM:
	case PID_OTHER:
		break;
	}
}
