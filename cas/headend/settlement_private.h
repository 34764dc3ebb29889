/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of settlement: one import and the card that it is at. */
#ifndef TESSERA_HEADEND_SETTLEMENT_PRIVATE_H
#define TESSERA_HEADEND_SETTLEMENT_PRIVATE_H

#include "headend/accounts.h"
#include "headend/settlement.h"

#define SETTLE_FOLDS 16 /* wallet slots */

struct settle_keys {
	struct report_keys report;
	uint8_t chain[CRYPTO_KEY];
	uint8_t tac[CRYPTO_KEY];
};

/* Folds of the current report, until all pages are there. */
struct settle_folds {
	uint8_t count;
	uint32_t sum; /* of their records */
	struct record_fold folds[SETTLE_FOLDS];
};

/* One import: the card of the current batch as the transaction sees it. */
struct import {
	struct head *head;
	const struct head_keys *keys;
	struct settlement result;
	int64_t change;
	uint32_t now;
	struct head_card card;
	struct head_account account;
	struct settle_keys card_keys;
	struct settle_folds folds;
	bool has_card;
	bool any_new;
};

/* What makes somebody look at a card: kept in its row when the import has been undone. */
enum rc settle_alarm(struct import *m, enum rc rc, const char *kind, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Bytes and chain value of a record that is known. RC_NOT_FOUND: it is not. */
enum rc settle_known(struct import *m, uint32_t sequence, uint8_t bytes[RECORD_SIZE],
		     uint8_t chain[CRYPTO_MAC]) RC_CHECKED;
/* The chain value after a record up to the newest that is known. RC_NOT_FOUND: it was folded. */
enum rc settle_chain_at(struct import *m, uint32_t sequence, uint8_t chain[CRYPTO_MAC]) RC_CHECKED;
/* One record behind the newest, or one that must be the same as before. */
enum rc settle_record(struct import *m, const struct record *r, uint32_t sequence) RC_CHECKED;
/* A batch of folds; with the last page they are entered. */
enum rc settle_folded(struct import *m, const struct report *r) RC_CHECKED;

#endif
