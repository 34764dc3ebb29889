/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Purchase reports in: verified against keys, chain, price lists and what is known already, then
 * entered in one transaction together with the acknowledgement for the card. */
#ifndef TESSERA_HEADEND_SETTLEMENT_H
#define TESSERA_HEADEND_SETTLEMENT_H

#include "headend/cards.h"
#include "wire/record.h"

#define SETTLE_KIND 12

struct settlement {
	uint32_t batches;
	uint32_t records_new;
	uint32_t records_known;  /* duplicates, byte for byte */
	uint32_t records_folded; /* that came as sums only */
	uint64_t amount_minor;   /* of the new ones */
	bool alarmed;            /* nothing was entered but this alarm */
	uint32_t alarm_leaf;
	char alarm_kind[SETTLE_KIND]; /* fork, rollback, totals, price, credit, tac */
};

/* Imports a report file: batches, each preceded by its length u16, of any number of cards. All or
 * nothing. RC_AUTH: a tag or TAC is wrong; RC_INTEGRITY: fork, rollback, totals or price do not
 * match, and the card is marked; RC_REFUSED: records are missing before the first; RC_NOT_FOUND: no
 * such card; RC_CONFLICT: of another operator; RC_TRUNCATED; RC_FORMAT; RC_VERSION. */
enum rc settle_import(struct head *h, const struct head_keys *keys, const uint8_t *file, size_t len,
		      uint32_t now, struct settlement *out) RC_CHECKED;

#endif
