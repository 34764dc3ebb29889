/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A card's money beside top-ups and purchases: refunds, codes, what was reported. */
#ifndef TESSERA_HEADEND_ACCOUNTS_H
#define TESSERA_HEADEND_ACCOUNTS_H

#include "headend/cards.h"
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

#endif
