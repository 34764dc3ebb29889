// SPDX-License-Identifier: GPL-3.0-or-later
/* The head of a stream: what comes before PAT and PMTs are known is kept, and gone through from its
 * start once they are, so that a stream that begins in the middle loses none of its packets. Kept
 * within bounds: a service whose PMT never comes must not stop the others. */
#include "watch/watch_private.h"

#include "base/mem.h"

#include <stdlib.h>

#define HEAD_LIVE_MAX 16384U /* packets, 3 MiB */

static bool
tables_are_known(const struct watch *w)
{
	if (!w->pat_is_whole)
		return false;
	for (size_t i = 0; i < w->program_count; i++) {
		if (w->programs[i].wanted && w->programs[i].pmt_len == 0)
			return false;
	}
	return true;
}

static enum rc
keep(struct watch_head *h, const uint8_t *packet)
{
	if (h->count == h->cap) {
		const size_t cap = h->cap == 0 ? 1024 : 2 * h->cap;
		uint8_t *packets = realloc(h->packets, cap * TS_SIZE);

		if (!packets)
			return RC_NO_MEMORY;
		h->packets = packets;
		h->cap = cap;
	}
	memcpy(h->packets + h->count++ * TS_SIZE, packet, TS_SIZE);
	return RC_OK;
}

void
watch_head_end(struct watch *w)
{
	if (w->head.state != HEAD_KEEPING)
		return;
	w->head.state = HEAD_REPLAYING;
	/* The same packets are fed again, and counted then. */
	memset(&w->stats, 0, sizeof w->stats);
	section_init(&w->pat);
	section_init(&w->cat);
	for (size_t i = 0; i < TS_PIDS; i++) {
		if (w->pmt_sections[i])
			section_init(w->pmt_sections[i]);
	}
}

enum rc
watch_head_keep(struct watch *w, const uint8_t *packet)
{
	const size_t most = w->options.hold_back ? HELD_MAX : HEAD_LIVE_MAX;
	enum rc rc = keep(&w->head, packet);

	watch_scan_tables(w, packet);
	if (rc == RC_OK)
		rc = w->failed;
	if (rc == RC_OK && (tables_are_known(w) || w->head.count >= most))
		watch_head_end(w);
	return rc;
}

const uint8_t *
watch_head_next(struct watch *w)
{
	struct watch_head *h = &w->head;

	if (h->state != HEAD_REPLAYING)
		return NULL;
	if (h->at < h->count)
		return h->packets + h->at++ * TS_SIZE;
	watch_head_free(w);
	return NULL;
}

void
watch_head_free(struct watch *w)
{
	free(w->head.packets);
	memset(&w->head, 0, sizeof w->head);
	w->head.state = HEAD_OVER;
}
