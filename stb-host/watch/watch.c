// SPDX-License-Identifier: GPL-3.0-or-later
/* The machine: bytes to packets, packets to tables, card and output. */
#include "watch/watch.h"

#include "base/mem.h"
#include "watch/watch_private.h"

#include <stdlib.h>

struct watch *
watch_new(const struct watch_options *options, struct ca_session *session)
{
	struct watch *w = calloc(1, sizeof *w);

	if (!w)
		return NULL;
	w->options = *options;
	if (w->options.ca_system_id == 0)
		w->options.ca_system_id = WATCH_CA_SYSTEM_ID;
	w->session = session;
	w->operator_id = ca_session_info(session)->operator_id;
	w->leaf = ca_session_info(session)->leaf;
	w->emm_pid = TS_PID_NONE;
	ts_sync_init(&w->sync);
	section_init(&w->pat);
	section_init(&w->cat);
	memset(w->channel_of, NO_CHANNEL, sizeof w->channel_of);
	w->role[TS_PID_PAT] = PID_PAT;
	w->role[TS_PID_CAT] = PID_CAT;
	w->programs = calloc(PROGRAMS_MAX, sizeof *w->programs);
	if (!w->programs || watch_output_new(w) != RC_OK)
		watch_free(&w);
	return w;
}

void
watch_free(struct watch **watch)
{
	struct watch *w = watch ? *watch : NULL;

	if (!w)
		return;
	watch_output_free(w);
	for (size_t i = 0; i < CHANNELS_MAX; i++)
		free(w->channels[i].sections);
	for (size_t i = 0; i < TS_PIDS; i++)
		free(w->pmt_sections[i]);
	free(w->programs);
	mem_wipe(w, sizeof *w);
	free(w);
	*watch = NULL;
}

struct ecm_call {
	struct watch *w;
	struct channel *ch;
};

static void
on_ecm(void *ctx, const uint8_t *section, size_t len)
{
	struct ecm_call *call = ctx;

	if (call->w->failed == RC_OK)
		watch_ecm_section(call->w, call->ch, section, len);
}

static void
look_into(struct watch *w, const uint8_t *packet)
{
	uint16_t pid = ts_pid(packet);
	struct ecm_call call = { w, NULL };

	switch ((enum pid_role)w->role[pid]) {
	case PID_OTHER:
		break;
	case PID_PAT:
		section_feed(&w->pat, packet, watch_pat_section, w);
		break;
	case PID_CAT:
		section_feed(&w->cat, packet, watch_cat_section, w);
		break;
	case PID_PMT:
		section_feed(w->pmt_sections[pid], packet, watch_pmt_section, w);
		break;
	case PID_ECM:
		call.ch = &w->channels[w->channel_of[pid]];
		section_feed(call.ch->sections, packet, on_ecm, &call);
		break;
	case PID_EMM:
		section_feed(&w->emm, packet, watch_emm_section, w);
		break;
	}
}

/* The card is asked first, so that the packets behind an ECM find its words. */
static enum rc
take_packet(struct watch *w, const uint8_t *packet)
{
	w->stats.packets_in++;
	look_into(w, packet);
	return w->failed == RC_OK ? watch_output_packet(w, packet) : w->failed;
}

enum rc
watch_feed(struct watch *w, const uint8_t *data, size_t len, size_t *taken)
{
	const uint8_t *at = data;
	size_t left = len;
	enum rc rc = w->failed;

	while (rc == RC_OK && w->event_count == 0 && !watch_output_is_full(w)) {
		const uint8_t *packet = ts_sync_next(&w->sync, &at, &left);

		if (!packet)
			break;
		rc = take_packet(w, packet);
	}
	if (rc == RC_OK && watch_output_is_full(w))
		rc = watch_flush(w);
	w->failed = rc;
	*taken = len - left;
	return rc;
}

enum rc
watch_finish(struct watch *w, bool *done)
{
	enum rc rc = w->failed;

	*done = false;
	while (rc == RC_OK && w->event_count == 0 && !watch_output_is_full(w) && !*done) {
		const uint8_t *packet = ts_sync_finish(&w->sync);

		*done = !packet;
		if (packet)
			rc = take_packet(w, packet);
	}
	if (rc == RC_OK && *done && w->holding)
		rc = watch_output_hold(w, false);
	if (rc == RC_OK)
		rc = watch_flush(w);
	w->failed = rc;
	return rc;
}

void
watch_get_stats(const struct watch *w, struct watch_stats *stats)
{
	*stats = w->stats;
	stats->resyncs = w->sync.resyncs;
	stats->bytes_skipped = w->sync.skipped;
}

static void
fill_service(const struct watch *w, const struct program *p, struct watch_service *service)
{
	const struct channel *ch = p->channel == NO_CHANNEL ? NULL : &w->channels[p->channel];

	memset(service, 0, sizeof *service);
	service->number = p->number;
	service->access = p->access;
	if (!ch)
		return;
	service->outcome = ch->outcome;
	service->was_open = ch->was_open;
	service->ecms = ch->ecms;
	service->descrambled = ch->descrambled;
	service->without_key = ch->without_key;
	if (!ch->decided)
		return;
	service->access = WATCH_DECIDED;
	memcpy(service->title, ch->ecm.criteria.title, ch->ecm.criteria.title_len);
}

static const struct program *
find_program(const struct watch *w, uint16_t number)
{
	for (size_t i = 0; i < w->program_count; i++) {
		if (w->programs[i].number == number && w->programs[i].pmt_len > 0)
			return &w->programs[i];
	}
	return NULL;
}

size_t
watch_get_services(const struct watch *w, struct watch_service *services, size_t cap)
{
	size_t count = 0;

	for (size_t i = 0; i < w->options.service_count && count < cap; i++) {
		const struct program *p = find_program(w, w->options.services[i]);

		memset(&services[count], 0, sizeof services[count]);
		services[count].number = w->options.services[i];
		if (p)
			fill_service(w, p, &services[count]);
		count++;
	}
	if (w->options.service_count > 0)
		return count;
	for (size_t i = 0; i < w->program_count && count < cap; i++) {
		if (w->programs[i].channel != NO_CHANNEL)
			fill_service(w, &w->programs[i], &services[count++]);
	}
	return count;
}
