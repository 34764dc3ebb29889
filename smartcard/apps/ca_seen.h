/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Offers seen: per service the last fresh, verified ECM, so that PURCHASE can compare and answer.
 */
#ifndef TESSERA_APPS_CA_SEEN_H
#define TESSERA_APPS_CA_SEEN_H

#include "apps/ca_state.h"

/* Takes the place of what was seen of its service before, unless that is newer; an ECM without an
 * offer ends the older offer. */
void ca_seen_remember(const struct card_env *env, const struct ecm *ecm);
void ca_seen_forget(const struct card_env *env, uint16_t service_id);
/* NULL: no offer of this service that is fresh at this time. Lives until the next ECM. */
const struct ca_seen *ca_seen_find(const struct card_env *env, uint16_t service_id, uint32_t now);
/* Whether an offer is for sale at a moment. */
bool ca_offer_is_on(const struct ecm_offer *offer, uint32_t moment);
bool ca_slice_is_on(const struct ecm_slice *slice, uint32_t moment);

#endif
