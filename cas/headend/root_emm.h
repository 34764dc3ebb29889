/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the root tells every card: global EMMs under the root-signing key, made once and kept. A
 * card counts their sequence apart from all others, so each change seals all that is pending anew,
 * as parts of one set. */
#ifndef TESSERA_HEADEND_ROOT_EMM_H
#define TESSERA_HEADEND_ROOT_EMM_H

#include "headend/emm_set.h"

#define ROOT_EMM_MAX 2 /* the signing key, the clock */

struct root_emms {
	size_t count;
	struct emm_section sections[ROOT_EMM_MAX];
};

/* Announces the keystore's signing key: cards take none below its version any more. RC_STATE: it is
 * announced already, or is the first one; RC_NOT_FOUND: the keystore does not hold the root-signing
 * key; RC_IO; RC_TIMEOUT. */
enum rc root_emm_signing_key(struct head *h, const struct head_keys *keys, uint32_t now,
			     uint8_t *version) RC_CHECKED;
/* Sets every card's clock, and the newest signed time, to a moment, also backwards. As above. */
enum rc root_emm_clock(struct head *h, const struct head_keys *keys, uint32_t now,
		       uint32_t moment) RC_CHECKED;
/* What is to be sent at stream time now. A signing key that is not the keystore's is left out: who
 * still signs with the one before must not take it from the cards. */
enum rc root_emm_load(struct head *h, const struct head_keys *keys, uint32_t now,
		      struct root_emms *out) RC_CHECKED;

#endif
