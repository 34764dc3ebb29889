// SPDX-License-Identifier: GPL-3.0-or-later
/* Several operators on one card: whose messages are for it. */
#include "watch/watch_private.h"

bool
watch_is_ours(const struct watch *w, uint16_t operator_id, uint32_t *leaf)
{
	const struct ca_info *info;

	*leaf = w->leaf;
	if (operator_id == w->operator_id)
		return true;
	info = w->card_is_gone ? NULL : ca_session_operator(w->session, operator_id);
	if (info)
		*leaf = info->leaf;
	return info != NULL;
}
