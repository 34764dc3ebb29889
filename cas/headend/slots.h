/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Token slots: what the operator's tokens are, and each card's account of them. The purse, slot 0,
 * is none of them. */
#ifndef TESSERA_HEADEND_SLOTS_H
#define TESSERA_HEADEND_SLOTS_H

#include "headend/cards.h"

#define SLOT_IDS_MAX 15U /* 1…15 */

struct head_slot {
	uint8_t id;
	char unit[UNIT_SIZE + 1];
	uint8_t decimals;
	char label[SLOT_LABEL_BYTES + 1];
	uint64_t maximum; /* balance, minor units */
};

struct slot_limits {
	uint32_t overdraft, threshold, ceiling; /* minor units; 0: none */
};

/* Of one card and one slot; zeros before the first money or limit. */
struct slot_account {
	uint8_t slot;
	uint64_t credit_total; /* ever, minor units */
	uint32_t credit_sequence, credit_at;
	uint64_t spent; /* sum of the records imported */
	struct slot_limits limits;
	uint32_t limits_at; /* 0: none were ever set */
};

/* One transaction. RC_CONFLICT: the number is taken; RC_RANGE. */
enum rc slot_add(struct head *h, const struct head_slot *s) RC_CHECKED;
/* RC_NOT_FOUND. */
enum rc slot_get(struct head *h, uint8_t id, struct head_slot *s) RC_CHECKED;
/* The first with a greater number; RC_NOT_FOUND: there is none. */
enum rc slot_next(struct head *h, int64_t after, struct head_slot *s) RC_CHECKED;

enum rc slot_account_get(struct head *h, uint32_t leaf, uint8_t slot,
			 struct slot_account *a) RC_CHECKED;
/* Inside a transaction. */
enum rc slot_account_put(struct head *h, uint32_t leaf, const struct slot_account *a) RC_CHECKED;
/* Tokens that a card's records spent; inside a transaction. */
enum rc slot_account_spend(struct head *h, uint32_t leaf, uint8_t slot, uint64_t amount) RC_CHECKED;
/* Totals of a slot over all cards, minor units. */
enum rc slot_totals(struct head *h, uint8_t slot, uint64_t *credit, uint64_t *spent) RC_CHECKED;

/* Tokens onto a card. As card_topup; RC_NOT_FOUND also: no such slot. */
enum rc card_slot_topup(struct head *h, uint32_t leaf, uint8_t slot, uint64_t amount,
			const char *reference, uint32_t now, uint64_t *credit_total) RC_CHECKED;
/* The limits of a slot on these cards, or on every active one (leaves NULL), in one transaction.
 * *changed: cards. RC_NOT_FOUND: slot or card; RC_STATE: a card is revoked. */
enum rc card_slot_limits(struct head *h, uint8_t slot, const struct slot_limits *limits,
			 const uint32_t *leaves, size_t count, uint32_t now,
			 size_t *changed) RC_CHECKED;

#endif
