/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Access criteria of a crypto period, from the catalogue as it stands at that moment. */
#ifndef TESSERA_HEADEND_CRITERIA_H
#define TESSERA_HEADEND_CRITERIA_H

#include "headend/catalogue.h"

/* What a service's ECM says at time t: its products (unless an exclusive event is on), the event or
 * its offer, the next offer once it is for sale, titles, rating. Without negative list, not yet
 * fitted. */
enum rc criteria_build(struct head *h, const struct head_service *s, uint32_t t,
		       struct ecm_criteria *out) RC_CHECKED;
/* Adds cards that were revoked after the epoch key of transaction `epoch_change` was given out.
 * When there are more than one ECM carries, each period names others. */
enum rc criteria_add_revoked(struct head *h, int64_t epoch_change, uint32_t period, uint8_t cw_size,
			     struct ecm_criteria *out) RC_CHECKED;
/* RC_SPACE: with this event on, what must stay in an ECM would not fit into the smallest one. */
enum rc criteria_must_fit(struct head *h, const struct head_service *s,
			  const struct head_event *e) RC_CHECKED;

#endif
