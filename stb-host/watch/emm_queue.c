// SPDX-License-Identifier: GPL-3.0-or-later
/* EMMs of a live stream wait here until what was fed has been searched for ECMs: an ECM never waits
 * for more than the one EMM that the card is at. */
#include "watch/watch_private.h"

#include "base/mem.h"

static bool
is_waiting(const struct emm_queue *q, const uint8_t *section, size_t len)
{
	for (size_t i = 0; i < q->count; i++) {
		size_t at = (q->first + i) % EMM_WAITING;

		if (q->len[at] == len && memcmp(q->sections[at], section, len) == 0)
			return true;
	}
	return false;
}

void
watch_emm_enqueue(struct watch *w, const uint8_t *section, size_t len)
{
	struct emm_queue *q = &w->waiting;
	size_t at = (q->first + q->count) % EMM_WAITING;

	if (is_waiting(q, section, len))
		return;
	if (q->count == EMM_WAITING) {
		w->stats.emms_dropped++;
		return;
	}
	memcpy(q->sections[at], section, len);
	q->len[at] = len;
	q->count++;
}

bool
watch_emm_next(struct watch *w)
{
	struct emm_queue *q = &w->waiting;
	size_t at = q->first;

	if (q->count == 0)
		return false;
	q->first = (q->first + 1) % EMM_WAITING;
	q->count--;
	watch_emm_to_card(w, q->sections[at], q->len[at]);
	return true;
}
