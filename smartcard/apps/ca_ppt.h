/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pay per time: which slices of an event are paid, and what the viewer has agreed to. Time is that
 * of ECMs only. A session's slices lie on a grid that begins with the first one paid; a slice that
 * is paid opens for ever, whatever became of the session. */
#ifndef TESSERA_APPS_CA_PPT_H
#define TESSERA_APPS_CA_PPT_H

#include "apps/ca_state.h"

/* What the card is shown: the slice terms of a verified ECM, at its time. */
struct ca_slice_view {
	const struct ecm_slice *slice;
	uint16_t service_id;
	uint32_t time;
	uint32_t now; /* the card's clock */
	bool fresh;
};

/* Opens by a slice that is paid, or pays for the one that has begun, if the session allows it: what
 * was debited, its record and the session are staged for one commit. *outcome: OPEN; OFFER: no
 * session that could pay; OLD, CEILING, BALANCE_LOW, LIMIT, NO_SLOT, RECORDS_FULL. Fills opened,
 * session, receipt and balance of *a. */
enum rc ca_ppt_open(const struct card_env *env, const struct ca_slice_view *view,
		    struct ca_answer *a, enum ca_outcome *outcome) RC_CHECKED;
/* Begins a session as the viewer agreed to it, or gives one another ceiling, and opens as above.
 * *outcome also: OWNED: this slice is paid under other terms. */
enum rc ca_ppt_agree(const struct card_env *env, const struct ca_slice_view *view, uint32_t ceiling,
		     struct ca_answer *a, enum ca_outcome *outcome) RC_CHECKED;
/* Stages the end of an event's session, if there is one; what it came to goes into *a. */
enum rc ca_ppt_stop(const struct card_env *env, uint32_t event_id, struct ca_answer *a) RC_CHECKED;
#endif
