// SPDX-License-Identifier: GPL-3.0-or-later
/* Sections of the EMM PID: what is for this card goes to it, now or (live) when no ECM waits. */
#include "watch/watch_private.h"

static bool
is_for_this_card(const struct watch *w, const struct emm_header *h)
{
	uint32_t leaf;

	if (!watch_is_ours(w, h->operator_id, &leaf))
		return false;
	return (h->table_id == EMM_UNIQUE && h->address == leaf) || h->table_id == EMM_GLOBAL;
}

static bool
is_new(const struct watch *w, const uint8_t *section, size_t len)
{
	struct emm_header header;

	return len <= EMM_MAX && emm_parse(section, len, &header) == RC_OK &&
	       is_for_this_card(w, &header) && !watch_emm_is_known(w, section, len);
}

void
watch_emm_section(void *ctx, const uint8_t *section, size_t len)
{
	struct watch *w = ctx;
	struct emm_header header;

	if (watch_tree_section(w, section, len) || w->failed != RC_OK || w->card_is_gone ||
	    len > EMM_MAX || emm_parse(section, len, &header) != RC_OK ||
	    !is_for_this_card(w, &header))
		return;
	if (watch_emm_is_known(w, section, len))
		w->stats.emms_repeated++;
	else
		watch_emm_to_card(w, section, len);
}

void
watch_emm_later(void *ctx, const uint8_t *section, size_t len)
{
	struct watch *w = ctx;

	if (watch_tree_section(w, section, len))
		return;
	if (is_new(w, section, len))
		watch_emm_enqueue(w, section, len);
	else
		watch_emm_section(w, section, len); /* counted there */
}
