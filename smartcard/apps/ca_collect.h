/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Report policy: when a card asks for collection, and when it sells nothing more until then. */
#ifndef TESSERA_APPS_CA_COLLECT_H
#define TESSERA_APPS_CA_COLLECT_H

#include "apps/ca_record.h"

/* Stages new limits; 0: none. */
enum rc ca_policy_put(const struct card_env *env, uint16_t count, uint32_t age_s,
		      uint32_t amount) RC_CHECKED;
enum rc ca_account_load(const struct card_env *env, struct ca_account *a) RC_CHECKED;
/* Tells the box; leaves the answer alone when the memory fails. */
void ca_answer_collection(const struct card_env *env, struct ca_answer *answer);
/* Whether purchases that must be collected wait for an acknowledgement. */
enum rc ca_collection_suspends(const struct card_env *env, bool *suspended) RC_CHECKED;

#endif
