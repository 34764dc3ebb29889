// SPDX-License-Identifier: GPL-3.0-or-later
/* A card that went comes back, or another one does. */
#include "watch/watch_private.h"

#include "base/mem.h"

bool
watch_card_is_gone(const struct watch *w)
{
	return w->card_is_gone;
}

/* What was remembered is about the card before. */
static void
meet(struct watch *w, const struct ca_info *info)
{
	if (info->operator_id == w->operator_id && info->leaf == w->leaf)
		return;
	w->operator_id = info->operator_id;
	w->leaf = info->leaf;
	memset(w->emms, 0, sizeof w->emms);
	memset(&w->waiting, 0, sizeof w->waiting);
	memset(&w->tree, 0, sizeof w->tree);
	for (size_t i = 0; i < CHANNELS_MAX; i++)
		memset(w->channels[i].offers, 0, sizeof w->channels[i].offers);
	watch_map_again(w);
}

enum rc
watch_card_return(struct watch *w, char why[CA_WHY])
{
	struct watch_event event = { .kind = WATCH_CARD, .on = true };
	enum rc rc = ca_session_reopen(w->session, why);

	if (rc != RC_OK)
		return rc;
	w->card_is_gone = false;
	watch_raise(w, &event);
	meet(w, ca_session_info(w->session));
	for (size_t i = 0; i < CHANNELS_MAX && rc == RC_OK; i++) {
		struct channel *ch = &w->channels[i];

		if (ch->used && ch->last_len > 0)
			rc = watch_ask_again(w, ch);
	}
	return rc == RC_OK ? w->failed : rc;
}
