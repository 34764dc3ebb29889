/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A card's money beside top-ups and purchases: refunds, codes, what was reported. */
#ifndef TESSERA_HEADEND_ACCOUNTS_H
#define TESSERA_HEADEND_ACCOUNTS_H

#include "headend/cards.h"
#include "wire/code.h"
#include "wire/record.h"

struct head_account {
	uint32_t report_clock; /* the card's, of the newest report */
	uint64_t refund_total; /* minor units, ever, slot 0 */
	uint32_t refund_sequence, refund_at;
	uint32_t code_counter; /* of the newest top-up code */
	uint64_t code_total;
	uint32_t confirmed; /* counter of the newest proof of cancellation */
};

/* A card without money of this kind has an account of zeros. */
enum rc account_get(struct head *h, uint32_t leaf, struct head_account *a) RC_CHECKED;
/* Inside a transaction. */
enum rc account_put(struct head *h, uint32_t leaf, const struct head_account *a) RC_CHECKED;
/* What the card holds at most, purchases that nobody has reported yet among it, and this amount.
 * RC_REFUSED: the purse may have no room for it. */
enum rc account_must_fit(struct head *h, const struct head_card *card, uint64_t amount) RC_CHECKED;

#define HEAD_REFUNDS_MAX 6 /* on their way to one card */
struct head_refund {
	uint32_t record; /* that was paid back */
	uint32_t sequence;
	uint8_t slot;
	uint64_t amount, total; /* minor units; total: of all refunds of the slot with it */
};
/* Pays a settled purchase or session back, once. reference may be NULL. RC_NOT_FOUND: no such card,
 * or the record is not settled; RC_CONFLICT: paid back before; RC_REFUSED: nothing was paid with
 * it, or the purse may have no room; RC_STATE: revoked; RC_SPACE: too many are on their way. */
enum rc refund_make(struct head *h, uint32_t leaf, uint32_t record, const char *reference,
		    uint32_t now, struct head_refund *out) RC_CHECKED;
/* Those made after a time whose record has not come back yet, oldest first. */
enum rc refunds_pending(struct head *h, uint32_t leaf, uint32_t since,
			struct head_refund list[HEAD_REFUNDS_MAX], size_t *count) RC_CHECKED;

/* Digits that put an amount onto this card without any EMM: the next of its top-up codes. reference
 * may be NULL. RC_RANGE: 0 or above TOPUP_CODE_AMOUNT_MAX; RC_CONFLICT: that reference has a code
 * already; RC_REFUSED: the purse may have no room; RC_STATE: revoked; RC_NOT_FOUND; RC_CRYPTO. */
enum rc topup_code_issue(struct head *h, const struct head_keys *keys, uint32_t leaf,
			 uint32_t amount_minor, const char *reference, uint32_t now,
			 uint8_t digits[TOPUP_CODE_DIGITS], uint32_t *counter) RC_CHECKED;

/* Enters the card's proof that it gave its balance back: to be paid out in cash, once. RC_AUTH: the
 * TAC is wrong; RC_FORMAT: no pay-out; RC_CONFLICT: brought before, or of another operator;
 * RC_INTEGRITY: what was reported says otherwise; RC_NOT_FOUND: no such card. */
enum rc payout_enter(struct head *h, const struct head_keys *keys, const struct payout_proof *proof,
		     uint32_t now) RC_CHECKED;

/* Paid out in cash on slot 0, and not yet among the records that the card reported. */
enum rc payouts_unsettled(struct head *h, const struct head_card *card, uint64_t *sum) RC_CHECKED;

struct head_confirmed {
	uint16_t product;
	uint32_t start, end; /* as the card held the right */
	uint32_t counter;
};
/* Verifies a card's proof that it executed a cancellation, and notes it. RC_FORMAT, RC_INTEGRITY:
 * no such digits; RC_AUTH: of no right that this card was granted; RC_CONFLICT: brought before;
 * RC_NOT_FOUND: no such card. */
enum rc confirmation_enter(struct head *h, const struct head_keys *keys, uint32_t leaf,
			   const uint8_t digits[CONFIRMATION_DIGITS], uint32_t now,
			   struct head_confirmed *out) RC_CHECKED;

#endif
