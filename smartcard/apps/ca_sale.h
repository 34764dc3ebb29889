/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sale of an event: debit, record and right in one transaction; and the booking of one that has
 * not begun, which is paid when it does. */
#ifndef TESSERA_APPS_CA_SALE_H
#define TESSERA_APPS_CA_SALE_H

#include "apps/ca_state.h"

struct ca_sale {
	const struct ecm_offer *offer;
	uint16_t operator_id, service_id;
	uint32_t price; /* that was agreed */
	bool record;    /* with the right to record */
	uint32_t time;  /* of the ECM that carried the offer */
	uint32_t now;   /* the card's clock */
};

/* Stages debit, record and right, completes *r. *outcome: OPEN; BALANCE_LOW, LIMIT, NO_SLOT,
 * RECORDS_FULL: nothing is staged. RC_SPACE: no room for the right; the command must then stage
 * nothing. */
enum rc ca_sale_make(const struct card_env *env, const struct ca_sale *sale, struct record *r,
		     enum ca_outcome *outcome) RC_CHECKED;
/* Stages a booking: record, and a right that waits to be paid. *outcome: BOOKED; BOOKED_SHORT: the
 * balance will not suffice for all that is booked; or as above. */
enum rc ca_sale_book(const struct card_env *env, const struct ca_sale *sale, struct record *r,
		     enum ca_outcome *outcome) RC_CHECKED;

#endif
