/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who stands behind a command of the purse: counters of failures that are durable before anything
 * is compared (payment invariant 9), the challenge of the command before, the MAC of secured
 * commands. */
#ifndef TESSERA_APPS_PURSE_GUARD_H
#define TESSERA_APPS_PURSE_GUARD_H

#include "apps/purse_store.h"

/* Cells: failures in a row. */
enum purse_guard { PURSE_GUARD_PIN, PURSE_GUARD_UNBLOCK, PURSE_GUARD_MAC };

/* Makes the cells usable while the card is personalised; writes at once. */
enum rc purse_guard_prepare(const struct card_env *env) RC_CHECKED;
/* Counts a failure before the comparison; writes at once. 9000, 6983; 6581 also for a card that was
 * made without cells. */
uint16_t purse_guard_spend(const struct card_env *env, enum purse_guard guard);
/* The comparison succeeded: no failures. 9000 or 6581. */
uint16_t purse_guard_restore(const struct card_env *env, enum purse_guard guard);
uint8_t purse_guard_left(const struct card_env *env, enum purse_guard guard);
enum rc purse_guard_is_used_up(const struct card_env *env, enum purse_guard guard,
			       bool *used_up) RC_CHECKED;

/* Takes the challenge of the command just before this one, with zeros behind it; it is gone
 * afterwards. 9000 or 6984. */
uint16_t purse_challenge_take(const struct card_env *env, uint8_t challenge[8]);
/* Checks the MAC at the end of a secured command under the key of this type, index 1, and leaves
 * the data before it. 9000, 6984, 6988, 6983; 6985: no such key. */
uint16_t purse_secured(const struct card_env *env, const struct card_call *call,
		       enum purse_guard guard, enum pboc_key_type type, const uint8_t **data,
		       size_t *len);
/* What a purse in its state answers to whoever wants to move money: 9000, 6985 or 9303. */
uint16_t purse_is_open(const struct card_env *env);

#endif
