/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A card in a shop's reader: its report is settled and acknowledged while it is there. */
#ifndef TESSERA_HEADEND_SHOP_H
#define TESSERA_HEADEND_SHOP_H

#include "base/apdu_link.h"
#include "headend/settlement.h"

struct shop_visit {
	uint32_t leaf;
	struct settlement settlement;
	uint32_t emm_parts;    /* handed to the card */
	uint32_t record_head;  /* newest record of the card, and the newest that */
	uint32_t record_acked; /* it knows to be settled */
};

/* Resets the card, imports its report as settle_import does, and hands its EMM set over, with the
 * acknowledgement and whatever else waits for it. why: one clause, set on failure. What was settled
 * stays settled when the card goes before it has heard so: *out is set from there on. RC_CONFLICT:
 * a card of another operator; RC_STATE: not personalised; RC_READER, RC_TIMEOUT; results of
 * settle_import and emm_set_build. */
enum rc shop_collect(struct head *h, const struct head_keys *keys, const struct apdu_link *link,
		     uint32_t now, struct shop_visit *out, char why[STORE_WHY]) RC_CHECKED;

#endif
