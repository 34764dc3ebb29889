/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a card says of itself, as JSON: for the verbs that list and for the control socket. Money in
 * minor units. Every json_t * is the caller's; NULL: out of memory. */
#ifndef TESSERA_CONTROL_CARD_JSON_H
#define TESSERA_CONTROL_CARD_JSON_H

#include "ca/session.h"

#include <jansson.h>

/* ISO 8601, or null for "unknown" and "never". */
json_t *stb_json_time(uint32_t t);
/* A unit without trailing zeros. */
void stb_unit(const uint8_t unit[UNIT_SIZE], char text[UNIT_SIZE + 1]);

/* The balance is below the viewer's threshold. */
bool control_slot_is_low(const struct ca_slot *s);
json_t *control_slot_json(const struct ca_slot *s);
json_t *control_rights_json(const struct ca_entitlement *e, size_t n,
			    const struct ca_event_right *r, size_t m);
/* acked: newest record that the operator has settled. */
json_t *control_record_json(const struct record *r, unsigned int decimals, uint32_t acked);
/* Records do not say how many decimals their unit has; the wallet does. */
unsigned int control_decimals_of(const struct ca_slot *slots, size_t count, uint8_t slot);
/* code, name, words */
json_t *control_outcome_json(enum ca_outcome outcome);
json_t *control_receipt_json(const struct ca_receipt *r);
json_t *control_card_json(const struct ca_info *info);

/* Asked from the card; results of ca_wallet and its kind. *out is written on success. */
enum rc control_wallet_json(struct ca_session *session, json_t **list) RC_CHECKED;
/* The newest first, at most `most`. */
enum rc control_history_json(struct ca_session *session, size_t most, json_t **list) RC_CHECKED;
enum rc control_entitlements_json(struct ca_session *session, json_t **rights) RC_CHECKED;

#endif
