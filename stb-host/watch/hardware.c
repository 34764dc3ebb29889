// SPDX-License-Identifier: GPL-3.0-or-later
/* For boxes whose hardware demultiplexes and descrambles: the filters it must set, sections instead
 * of packets, and control words for each elementary stream. */
#include "watch/watch_private.h"

#include "base/bytes.h"
#include "base/mem.h"

#define ECM_TABLES 0x80U /* and 81 */

struct filter_list {
	struct watch_filter *filters;
	size_t count, cap;
};

/* value: table_id, then section bytes 3 and on. */
static void
add(struct filter_list *l, uint16_t pid, const uint8_t *value, size_t len, uint8_t table_mask)
{
	struct watch_filter *f;

	if (l->count++ >= l->cap)
		return;
	f = &l->filters[l->count - 1];
	memset(f, 0, sizeof *f);
	f->pid = pid;
	f->len = (uint8_t)len;
	memcpy(f->value, value, len);
	memset(f->mask, 0xFF, len);
	f->mask[0] = table_mask;
}

static void
add_emms(const struct watch *w, size_t index, struct filter_list *l)
{
	static const uint8_t shared[] = { EMM_GROUP, EMM_TREE, EMM_GLOBAL, EMM_AUTH };
	uint8_t value[7] = { EMM_UNIQUE };

	uint32_t leaf;

	(void)watch_is_ours(w, w->emm_operator[index], &leaf);
	put_be16(value + 1, w->emm_operator[index]);
	put_be32(value + 3, leaf);
	add(l, w->emm_pid[index], value, sizeof value, 0xFF);
	for (size_t i = 0; i < sizeof shared; i++) {
		value[0] = shared[i];
		add(l, w->emm_pid[index], value, 3, 0xFF);
	}
}

size_t
watch_get_filters(const struct watch *w, struct watch_filter *filters, size_t cap)
{
	struct filter_list l = { filters, 0, cap };
	uint8_t value[3] = { PSI_TABLE_PAT };

	if (!w->by_host)
		add(&l, TS_PID_PAT, value, 1, 0xFF);
	value[0] = PSI_TABLE_CAT;
	add(&l, TS_PID_CAT, value, 1, 0xFF);
	for (size_t i = 0; i < w->program_count; i++) {
		const struct program *p = &w->programs[i];

		value[0] = PSI_TABLE_PMT;
		put_be16(value + 1, p->number);
		if (p->wanted && p->pmt_pid < TS_PIDS)
			add(&l, p->pmt_pid, value, 3, 0xFF);
	}
	value[0] = ECM_TABLES;
	for (size_t i = 0; i < CHANNELS_MAX && !w->options.standby; i++) {
		if (w->channels[i].used)
			add(&l, w->channels[i].pid, value, 1, 0xFE);
	}
	for (size_t i = 0; i < w->emm_count; i++)
		add_emms(w, i, &l);
	return l.count;
}

enum rc
watch_feed_section(struct watch *w, uint16_t pid, const uint8_t *section, size_t len)
{
	if (pid >= TS_PIDS || len < 3)
		return RC_RANGE;
	switch ((enum pid_role)w->role[pid]) {
	case PID_PAT:
	case PID_CAT:
	case PID_PMT:
		watch_table_section(w, pid, section, len);
		break;
	case PID_ECM:
		watch_ecm_section(w, &w->channels[w->channel_of[pid]], section, len);
		break;
	case PID_EMM:
		if (w->options.live)
			watch_emm_later(w, section, len);
		else
			watch_emm_section(w, section, len);
		break;
	case PID_OTHER:
		break;
	}
	return w->failed;
}
