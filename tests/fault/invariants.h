/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The invariants of a purse that survives tearing, by number: what must hold after every recovery.
 *
 * Three of the twenty speak of what this card does not have, and have no function:
 *   17 (two interfaces at once: the second must not hold a pending transaction): one interface is
 *      powered at a time, and there is one transaction context in RAM, which a reset clears;
 *   18 (HCE token: its use counter before its cryptogram): there is no token application;
 *   19 (split payment: offline part, online record and credit mark): there is no online part. */
#ifndef TESSERA_INVARIANTS_H
#define TESSERA_INVARIANTS_H

#include "nv_sweep.h"

/* Those that need only the card as it is. */
bool invariant_02_balance_is_within_bounds(const struct card_view *v);
bool invariant_03_money_is_conserved(const struct card_view *v);
bool invariant_14_log_pointer_and_entries_agree(const struct card_view *v);
bool invariant_20_rights_and_records_agree(const struct card_fixture *f, const struct card_view *v);

/* Those that compare with what was there before; they say so in a CHECK each. */
void invariants_hold(struct sweep_moment *m);

#endif
