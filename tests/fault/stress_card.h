/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random lives of a card: what its viewer, its issuer and strangers may send, in any order, with
 * the power failing anywhere. One number decides everything but signatures. */
#ifndef TESSERA_STRESS_CARD_H
#define TESSERA_STRESS_CARD_H

#include "nv_sweep.h"

struct stress {
	struct sweep s;
	uint64_t random;
	bool by_issuer;  /* this life has its issuer's commands too */
	uint64_t issued; /* total of the top-ups that were ever sent */
	uint32_t credit_sequence;
	uint32_t now; /* of the next ECM, seconds since 2000 */
	unsigned long commands, cuts, purchases, topups;
};

uint32_t stress_below(struct stress *x, uint32_t limit);
/* One command of somebody, or a few that belong together. The card may have died in it. */
void stress_viewer(struct stress *x);
void stress_issuer(struct stress *x);
void stress_stranger(struct stress *x);

#endif
