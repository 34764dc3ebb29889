/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the viewer reads when the card has decided: one table. */
#ifndef TESSERA_CA_WORDS_H
#define TESSERA_CA_WORDS_H

#include "ca/session.h"

/* One sentence without a full stop; never NULL. */
const char *ca_outcome_words(enum ca_outcome outcome);
const char *ca_emm_words(enum ca_emm_outcome outcome);
const char *ca_pin_words(enum ca_pin_result result);
/* "laboratory", "paired" or "unknown". */
const char *ca_profile_words(uint8_t profile);

#endif
