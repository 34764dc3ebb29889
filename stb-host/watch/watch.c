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
	watch_head_free(w);
	for (size_t i = 0; i < CHANNELS_MAX; i++)
		free(w->channels[i].sections);
	for (size_t i = 0; i < TS_PIDS; i++)
		free(w->pmt_sections[i]);
	free(w->programs);
	mem_wipe(w, sizeof *w);
	free(w);
	*watch = NULL;
}

static struct section_assembler *
emm_sections(struct watch *w, const uint8_t *packet)
{
	size_t i = 0;

	while (i + 1 < w->emm_count && w->emm_pid[i] != ts_pid(packet))
		i++;
	return &w->emm[i];
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
	case PID_CAT:
	case PID_PMT:
		watch_scan_tables(w, packet);
		break;
	case PID_ECM:
		call.ch = &w->channels[w->channel_of[pid]];
		section_feed(call.ch->sections, packet, on_ecm, &call);
		break;
	case PID_EMM:
		section_feed(emm_sections(w, packet), packet,
			     w->options.live ? watch_emm_later : watch_emm_section, w);
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

/* The next packet to go through, from the head that was kept or from the input. ended: the input
 * has. NULL: none, or the head must be kept further. */
static const uint8_t *
next_packet(struct watch *w, const uint8_t **at, size_t *left, bool ended)
{
	for (;;) {
		const uint8_t *packet = watch_head_next(w);

		if (packet)
			return packet;
		packet = ended ? ts_sync_finish(&w->sync) : ts_sync_next(&w->sync, at, left);
		if (w->head.state == HEAD_OVER)
			return packet;
		if (packet)
			w->failed = watch_head_keep(w, packet);
		else if (ended)
			watch_head_end(w);
		if (w->failed != RC_OK || (!packet && !ended))
			return NULL;
	}
}

/* Goes through packets until an event waits, the output is full or there are none. True: none. */
static bool
go_through(struct watch *w, const uint8_t **at, size_t *left, bool ended)
{
	while (w->failed == RC_OK && w->event_count == 0 && !watch_output_is_full(w)) {
		const uint8_t *packet = next_packet(w, at, left, ended);

		if (!packet)
			return true;
		w->failed = take_packet(w, packet);
	}
	return false;
}

enum rc
watch_feed(struct watch *w, const uint8_t *data, size_t len, size_t *taken)
{
	const uint8_t *at = data;
	size_t left = len;

	if (go_through(w, &at, &left, false) && w->failed == RC_OK)
		(void)watch_emm_next(w);
	if (w->failed == RC_OK && watch_output_is_full(w))
		w->failed = watch_output_advance(w);
	*taken = len - left;
	return w->failed;
}

enum rc
watch_flush(struct watch *w)
{
	if (w->event_count == 0)
		(void)watch_emm_next(w);
	return w->failed == RC_OK ? watch_output_flush(w) : w->failed;
}

enum rc
watch_finish(struct watch *w, bool *done)
{
	*done = go_through(w, NULL, NULL, true) && !watch_emm_next(w) && w->failed == RC_OK;
	if (w->failed == RC_OK && *done && w->holding)
		w->failed = watch_output_hold(w, false);
	if (w->failed == RC_OK)
		w->failed = watch_output_flush(w);
	return w->failed;
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
	service->has_session = ch->has_session;
	service->session = ch->session;
	service->session_event = ch->session_event;
	service->session_receipt = ch->session_receipt;
	memcpy(service->session_unit, ch->session_unit, sizeof service->session_unit);
	service->session_decimals = ch->session_decimals;
	service->picture = ch->picture;
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
