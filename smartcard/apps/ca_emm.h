/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of EMM processing: authority, commands, sequence. */
#ifndef TESSERA_APPS_CA_EMM_H
#define TESSERA_APPS_CA_EMM_H

#include "apps/ca_cancelled.h"

/* What vouches for an EMM's commands. */
enum ca_authority { CA_BY_CARD_KEY, CA_BY_SIGNING_KEY, CA_BY_ROOT };

struct ca_emm_effect {
	struct ca_cancelled cancelled;
	bool only_time;  /* no command but the time */
	bool time_moved; /* the clock in RAM went forward */
};

/* Stages every command of a body. Any status word but 9000: the caller discards what was staged. */
uint16_t ca_emm_apply(const struct card_env *env, enum ca_authority authority, const uint8_t *body,
		      size_t len, struct ca_emm_effect *effect);
/* Newest sequence of the unique class. */
enum rc ca_emm_sequence(const struct card_env *env, uint32_t *sequence) RC_CHECKED;

#endif
