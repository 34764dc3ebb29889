/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Vouchers: codes that are paid for in a shop and bring their value onto one card, once. The
 * database keeps their hashes alone. */
#ifndef TESSERA_HEADEND_VOUCHERS_H
#define TESSERA_HEADEND_VOUCHERS_H

#include "headend/cards.h"
#include "wire/code.h"

#define VOUCHER_DIGITS 20 /* 19 random ones, about 63 bits, and a check digit */
#define VOUCHER_TEXT 26   /* in groups of four, with NUL */
#define VOUCHER_BATCH_MAX 100000U
#define VOUCHER_TRIES 5U /* wrong codes of a card in VOUCHER_TRIES_S */
#define VOUCHER_TRIES_S 3600U

struct voucher_batch {
	uint32_t count;
	uint64_t amount_minor;
	uint32_t valid_until; /* seconds since 2000 */
};
/* Takes a voucher's text; anything but RC_OK undoes the whole batch. */
typedef enum rc (*voucher_fn)(void *ctx, const char *text);
/* Makes a batch, all or nothing. RC_RANGE: no count, amount or time; RC_CRYPTO; or what each
 * returns. *number: of the batch. */
enum rc voucher_generate(struct head *h, const struct crypto *c, const struct voucher_batch *batch,
			 uint32_t now, voucher_fn each, void *ctx, int64_t *number) RC_CHECKED;
/* Takes those of a batch out again that nobody has redeemed. */
enum rc voucher_forget(struct head *h, int64_t number) RC_CHECKED;

struct voucher_redeemed {
	uint64_t amount_minor;
	uint64_t credit_total; /* of the card, by EMM, with it */
};
/* Becomes a top-up of the card in one transaction. RC_FORMAT, RC_INTEGRITY: no voucher's digits,
 * which costs no try; RC_NOT_FOUND: no such card, or no such voucher, which does; RC_CONFLICT:
 * redeemed before; RC_STATE: revoked card; RC_REFUSED: run out, no room in the purse, or too many
 * tries. */
enum rc voucher_redeem(struct head *h, const struct crypto *c, uint32_t leaf,
		       const uint8_t digits[VOUCHER_DIGITS], uint32_t now,
		       struct voucher_redeemed *out) RC_CHECKED;

#endif
