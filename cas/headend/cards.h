/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cards and what changes on them. Each change is one transaction: the row, a new EMM sequence of
 * max(last + 1, now), and a row in the outbox. */
#ifndef TESSERA_HEADEND_CARDS_H
#define TESSERA_HEADEND_CARDS_H

#include "base/card_number.h"
#include "headend/head.h"
#include "wire/ca_apdu.h"

#define CARD_REASON 80
#define CARD_REFERENCE 64
#define CARD_BALANCE_MAX \
	0xFFFFFFFFULL /* that a card of this release takes on slot 0, minor units */

enum card_state { CARD_ACTIVE = 0, CARD_REVOKED = 1 };

struct head_card {
	uint32_t leaf;
	uint8_t state;   /* enum card_state */
	uint8_t profile; /* enum card_profile */
	uint8_t key_version;
	uint32_t issued_at;
	uint32_t revoked_at; /* 0: not revoked */
	char reason[CARD_REASON];
	uint32_t emm_sequence; /* of its newest unique set, 0 none yet */
	uint32_t changed_at;   /* when that set was made */
	uint64_t credit_total; /* minor units, ever, by EMM */
	uint32_t credit_sequence;
	uint32_t credit_at;   /* last top-up, 0 none */
	uint32_t record_head; /* newest record imported, 0 none */
	uint8_t record_chain[CRYPTO_MAC];
	uint64_t spent;              /* sum of its records on slot 0 */
	uint32_t ack_at;             /* when record_head was last acknowledged, 0 never */
	uint8_t tree;                /* enum ca_tree_profile: what it has of the key tree */
	uint32_t alarms;             /* settlement found something wrong so many times */
	uint8_t ca_keys, purse_keys; /* version of the domain's own key set, 0 none */
};

struct head_entitlement {
	uint16_t product;
	uint32_t start, end;
	uint8_t flags;
	bool cancelled;
	uint32_t changed_at;
};

/* Enters a new card at the next leaf. RC_SPACE: all 2^24 are in use. */
enum rc card_new(struct head *h, uint8_t profile, uint8_t key_version, uint32_t now,
		 uint32_t *leaf) RC_CHECKED;
/* Enters a card at a leaf of the caller's. RC_CONFLICT: it is taken; RC_RANGE. */
enum rc card_add(struct head *h, uint32_t leaf, uint8_t profile, uint8_t key_version,
		 uint32_t now) RC_CHECKED;
/* Which part of the key tree it was given (enum ca_tree_profile). */
enum rc card_set_tree(struct head *h, uint32_t leaf, uint8_t tree) RC_CHECKED;
/* Takes a card out again that could not be personalised. */
enum rc card_forget(struct head *h, uint32_t leaf) RC_CHECKED;
/* RC_NOT_FOUND. */
enum rc card_get(struct head *h, uint32_t leaf, struct head_card *card) RC_CHECKED;
/* The first with a greater leaf; RC_NOT_FOUND: there is none. */
enum rc card_next(struct head *h, int64_t after, struct head_card *card) RC_CHECKED;
enum rc card_entitlement_next(struct head *h, uint32_t leaf, uint32_t after,
			      struct head_entitlement *e) RC_CHECKED;
/* The same, and RC_STATE: it is revoked. */
enum rc card_get_active(struct head *h, uint32_t leaf, struct head_card *card) RC_CHECKED;
/* It gets no later key and stands in negative lists until then. RC_STATE: revoked already. */
enum rc card_revoke(struct head *h, uint32_t leaf, const char *reason, uint32_t now) RC_CHECKED;

/* RC_NOT_FOUND: card or product; RC_STATE: revoked; RC_RANGE: times; RC_SPACE: more than one set
 * carries. */
enum rc card_grant(struct head *h, uint32_t leaf, const struct head_entitlement *e,
		   uint32_t now) RC_CHECKED;
/* product PRODUCT_ALL: every one. RC_NOT_FOUND: the card has no such entitlement. */
enum rc card_cancel(struct head *h, uint32_t leaf, uint16_t product, uint32_t now) RC_CHECKED;
/* reference may be NULL. RC_CONFLICT: that reference has been paid in before; RC_REFUSED: the purse
 * may have no room for it; RC_RANGE. */
enum rc card_topup(struct head *h, uint32_t leaf, uint64_t amount_minor, const char *reference,
		   uint32_t now, uint64_t *credit_total) RC_CHECKED;

/* The same inside a transaction, with its number. */
enum rc card_topup_rows(struct head *h, uint32_t leaf, uint64_t amount_minor, const char *reference,
			uint32_t now, int64_t change, uint64_t *credit_total) RC_CHECKED;
struct head_replacement {
	uint64_t rights;  /* entitlements that went over */
	uint64_t balance; /* minor units: paid in, refunded, less what its records prove spent */
};
/* Rights that have not run out and the proven balance go from one card to another, and the old one
 * is revoked for ever, all in one transaction. RC_NOT_FOUND; RC_STATE: one of them is revoked;
 * RC_CONFLICT: they are the same, or the new one has rights or money of its own already; RC_SPACE;
 * RC_REFUSED: the balance is more than a purse holds. */
enum rc card_replace(struct head *h, uint32_t from, uint32_t to, uint32_t now,
		     struct head_replacement *r) RC_CHECKED;

#define HEAD_BOXES_MAX 16 /* pairings on their way to one card */
struct head_box {
	uint8_t key_hash[CRYPTO_HASH];
	bool paired; /* false: taken off the card */
	uint32_t changed_at;
};
/* The operator's last word on a card and a box. RC_NOT_FOUND; RC_STATE: revoked, or no card of
 * profile paired; RC_SPACE: all its places are taken, or too much is on its way. */
enum rc card_pair(struct head *h, uint32_t leaf, const uint8_t key_hash[CRYPTO_HASH], bool paired,
		  uint32_t now) RC_CHECKED;
/* What changed after a time, oldest first. */
enum rc card_boxes(struct head *h, uint32_t leaf, uint32_t since,
		   struct head_box boxes[HEAD_BOXES_MAX], size_t *count) RC_CHECKED;

/* As card_revoke; inside a transaction. */
enum rc card_revoke_within(struct head *h, uint32_t leaf, const char *reason, uint32_t now,
			   int64_t change) RC_CHECKED;
/* New sequence and outbox row; inside a transaction. */
enum rc card_touch(struct head *h, uint32_t leaf, const char *kind, int64_t change,
		   uint32_t now) RC_CHECKED;

#endif
