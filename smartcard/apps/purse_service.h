/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The purse's named services for other applications of the card. Debit only, within limits that the
 * purse's issuer sets per caller; a credit passes through unread and counts only with the purse's
 * own cryptogram. Everything is staged in the caller's command and becomes durable with its one
 * commit. */
#ifndef TESSERA_APPS_PURSE_SERVICE_H
#define TESSERA_APPS_PURSE_SERVICE_H

#include "core/app.h"
#include "wire/ca_apdu.h"
#include "wire/record.h"

enum purse_result {
	PURSE_OK,
	PURSE_BALANCE_LOW,
	PURSE_LIMIT, /* above the caller's limit for a single debit */
	PURSE_NO_SLOT,
	PURSE_UNIT,      /* the slot holds another unit */
	PURSE_WRONG_MAC, /* credit: cryptogram wrong */
	PURSE_UNCHANGED, /* credit: seen before, or no greater than what is there */
	PURSE_CLOSED,    /* the purse is blocked by its issuer: slot 0 moves no money */
	PURSE_EXHAUSTED, /* transaction sequence number used up */
	PURSE_FAULT      /* memory or cryptography failed */
};

/* A new total of one writer of a slot, with the purse domain's cryptogram (wire/record.h). */
struct purse_credit {
	uint8_t slot;
	uint8_t source; /* enum credit_source */
	uint64_t total;
	uint32_t sequence;
	uint32_t record; /* CREDIT_REFUND: the record that is paid back */
	uint8_t cryptogram[8];
	uint16_t operator_id; /* who signed it: token slots take it from their owner only */
};

/* An operator's tokens. */
struct purse_token {
	uint16_t operator_id; /* who signed it */
	uint8_t slot;         /* 1… */
	bool limits_only;     /* overdraft, threshold and ceiling, else the rest */
	uint8_t unit[UNIT_SIZE], decimals, label_len, label[16];
	uint64_t maximum;
	uint32_t overdraft, threshold, ceiling;
};

/* door as card_service gives it. */
struct purse_service {
	/* Reads a slot. */
	enum purse_result (*slot)(struct card_env *door, uint8_t slot, struct ca_slot *out);
	/* Checks unit, balance and limit, then stages the debit of an amount and its log entry.
	 * Fills purse_sequence, balance_after and tac of *r from its other fields: price is what
	 * the record says in all, of which a slice is paid now; amount 0 pays nothing and only
	 * certifies the record (a booking). No limit holds for a pay-out, which takes all. */
	enum purse_result (*debit)(struct card_env *door, const uint8_t *caller_aid,
				   uint8_t caller_aid_len, struct record *r, uint32_t amount);
	/* Stages a new total of one writer, if the cryptogram is the purse domain's. Fills slot,
	 * unit, price, purse_sequence, balance_after and tac of *r (which may be NULL) from its
	 * other fields. */
	enum purse_result (*credit)(struct card_env *door, const struct purse_credit *credit,
				    struct record *r);
	/* Stages what an operator says of a slot of his, which is his from the first word on.
	 * PURSE_NO_SLOT: another's, or no token slot; PURSE_UNIT: there is money of another unit in
	 * it; PURSE_UNCHANGED. */
	enum purse_result (*define)(struct card_env *door, const struct purse_token *token);
	/* Stages the viewer's own threshold of a slot. PURSE_UNCHANGED. */
	enum purse_result (*threshold)(struct card_env *door, uint8_t slot, uint32_t threshold);
	/* Stages the top-up of a typed code (wire/code.h) on slot 0. Fills slot, unit, price,
	 * event_id (the code's counter), purse_sequence, balance_after and tac of *r from its other
	 * fields. PURSE_WRONG_MAC; PURSE_UNCHANGED: used before, or older than what still counts.
	 */
	enum purse_result (*code)(struct card_env *door, const uint8_t digits[TOPUP_CODE_DIGITS],
				  struct record *r);
};

#endif
