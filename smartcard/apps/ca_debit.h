/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the CA application has the purse pay. */
#ifndef TESSERA_APPS_CA_DEBIT_H
#define TESSERA_APPS_CA_DEBIT_H

#include "apps/ca_state.h"

/* Stages a debit of amount and completes the record; its price is the sum of all that was debited
 * for it. *outcome: OPEN; BALANCE_LOW, LIMIT, NO_SLOT: nothing is staged. RC_SPACE: the
 * purse's numbers are used up. */
enum rc ca_debit(const struct card_env *env, struct record *r, uint32_t amount,
		 enum ca_outcome *outcome) RC_CHECKED;
/* Puts the receipt of a completed record into an answer. */
void ca_answer_receipt(struct ca_answer *a, const struct record *r);

#endif
