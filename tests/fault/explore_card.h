/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The real card behind the model's actions: the whole of it (struct, RAM, memory) is copied out and
 * back, so that every edge of the model begins from a card that got there by itself. */
#ifndef TESSERA_EXPLORE_CARD_H
#define TESSERA_EXPLORE_CARD_H

#include "explore_model.h"

#include <stddef.h>

struct snapshot; /* from malloc: what differs from the first card */

/* The first card: personalised, empty, CA application selected. */
void explore_card_begin(void);
struct snapshot *explore_card_save(void);
void explore_card_restore(const struct snapshot *s);

/* What a drive found: each outcome of the model was reached, and nothing else. */
struct drive {
	struct snapshot *to[MODEL_NEXT_MAX]; /* of each outcome; the caller frees */
	unsigned int runs;                   /* commands sent, or cuts made */
};
/* Does the action on the card as it is, whose abstract state is m's, and compares what came of it
 * with next. False, with a line on stderr, when model and card do not agree. */
bool explore_card_drive(const struct model *m, struct model_action a, const struct model_next *next,
			struct drive *d);

#endif
