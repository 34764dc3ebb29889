/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What this card may watch: entitlements to products and rights to events. One entry for each
 * product and for each event; a bitmap says which places are taken. */
#ifndef TESSERA_APPS_CA_RIGHT_H
#define TESSERA_APPS_CA_RIGHT_H

#include "apps/ca_state.h"

enum ca_right_state { CA_RIGHT_NONE, CA_RIGHT_OPEN, CA_RIGHT_EXPIRED, CA_RIGHT_NOT_YET };

/* Stages the entitlement in the place of the product's older one, on a free place or on that of an
 * expired one; stages nothing when it is there already. RC_SPACE: all places taken. */
enum rc ca_entitlement_put(const struct card_env *env, const struct ca_entitlement *e,
			   uint32_t now) RC_CHECKED;
enum rc ca_entitlement_cancel(const struct card_env *env, uint16_t product) RC_CHECKED;
/* Whether one of these products is open at a moment (start ≤ moment < end); *e is the one that
 * lasts longest. */
enum rc ca_entitlement_match(const struct card_env *env, const uint16_t *products,
			     unsigned int count, uint32_t moment, enum ca_right_state *state,
			     struct ca_entitlement *e) RC_CHECKED;
/* The index-th taken place. RC_NOT_FOUND: fewer are taken. */
enum rc ca_entitlement_at(const struct card_env *env, unsigned int index,
			  struct ca_entitlement *e) RC_CHECKED;
enum rc ca_entitlement_count(const struct card_env *env, uint16_t *count) RC_CHECKED;

/* The same for events; an event is open from its start to its end. start is kept as a distance of
 * at most 2^24 − 1 seconds from the end; 0: open at once. */
enum rc ca_event_put(const struct card_env *env, const struct ca_event_right *e,
		     uint32_t now) RC_CHECKED;
enum rc ca_event_cancel(const struct card_env *env, uint32_t event_id) RC_CHECKED;
enum rc ca_event_find(const struct card_env *env, uint32_t event_id,
		      struct ca_event_right *e) RC_CHECKED; /* RC_NOT_FOUND */
enum rc ca_event_at(const struct card_env *env, unsigned int index,
		    struct ca_event_right *e) RC_CHECKED;
enum rc ca_event_count(const struct card_env *env, uint16_t *count) RC_CHECKED;

#endif
