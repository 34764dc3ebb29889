/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums of records that need no collecting and had to make room for newer ones: one for each wallet
 * slot, chained, from the last acknowledgement on. */
#ifndef TESSERA_APPS_CA_FOLD_H
#define TESSERA_APPS_CA_FOLD_H

#include "apps/ca_record.h"

/* The fold of a slot; count 0: nothing was folded since the last acknowledgement. */
enum rc ca_fold_load(const struct card_env *env, const struct ca_journal *j, uint8_t slot,
		     struct record_fold *fold) RC_CHECKED;
/* Stages the oldest record, which is at hand, into the fold of its slot and moves j->base behind
 * it. RC_SPACE: it must be collected. */
enum rc ca_fold_oldest(const struct card_env *env, struct ca_journal *j,
		       const uint8_t raw[RECORD_SIZE]) RC_CHECKED;
/* The folds from the index-th on; *count of them, at most REPORT_FOLDS_MAX; *more: there are
 * others. */
enum rc ca_fold_list(const struct card_env *env, const struct ca_journal *j, unsigned int index,
		     struct record_fold folds[REPORT_FOLDS_MAX], uint8_t *count,
		     bool *more) RC_CHECKED;

#endif
