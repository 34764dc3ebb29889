/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a card of the television profile knows, read out of its memory as structs: what the payment
 * invariants speak about. Reading writes nothing. */
#ifndef TESSERA_CARD_VIEW_H
#define TESSERA_CARD_VIEW_H

#include "apps/ca_record.h"
#include "apps/ca_right.h"
#include "apps/purse_store.h"
#include "card_fixture.h"
#include "core/kernel.h"

#define VIEW_ENTRIES (1 + CARD_APPS_MAX + CARD_DOMAINS_MAX)
#define VIEW_WORN 0xFFFFFFFFU /* value of a cell that cannot be read */

/* VIEW_SECOND: the second operator's instance of the CA application, not there at first. */
enum view_entry {
	VIEW_ISSUER,
	VIEW_CA,
	VIEW_PURSE,
	VIEW_CA_DOMAIN,
	VIEW_PURSE_DOMAIN,
	VIEW_SECOND,
	VIEW_SECOND_DOMAIN
};

struct card_view {
	uint8_t life;
	struct entry entries[VIEW_ENTRIES];
	/* Of each security domain, by its entry. */
	uint32_t scp_sequence[VIEW_ENTRIES], scp_failures[VIEW_ENTRIES];
	uint32_t keys_check[VIEW_ENTRIES]; /* CRC over its key sets */
	bool has_keys[VIEW_ENTRIES];

	bool has_purse; /* the application is there */
	struct purse_head purse;
	struct purse_slot slot; /* slot 0 */
	bool has_slot;
	uint8_t log[PURSE_LOG_MAX][PURSE_LOG_SIZE]; /* newest first */
	unsigned int log_count;

	bool has_ca;
	struct ca_identity id;
	uint8_t pin[PIN_MAX + 1];
	uint32_t pin_tries;
	uint32_t emm_sequence[2], emm_parts[2]; /* unique, global */
	uint32_t clock, signed_time;            /* as stored */
	struct ca_journal journal;
	uint64_t recorded; /* sum of the prices of all records, of a card with ≤ CA_RECORDS_MAX */
	struct record newest;
	uint16_t events, entitlements;
};

/* Entry of an application or domain of the profile. */
unsigned int view_index(enum view_entry what);
/* The card is powered up. Aborts when something cannot be read that must be. */
void card_view(struct card_fixture *f, struct card_view *v);
/* Whether the memories are the same but for cells and for what belongs to entries that are deleted
 * in v. */
bool view_homes_equal(const struct card_fixture *f, const struct card_view *v,
		      const uint8_t *bytes);

#endif
