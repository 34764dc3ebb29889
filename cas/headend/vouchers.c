// SPDX-License-Identifier: GPL-3.0-or-later
/* Vouchers in the database: made in batches, redeemed once. Guessing is made slow for each card. */
#include "headend/vouchers.h"

#include "base/mem.h"

#include <stdio.h>

#define WHO 16
#define UNBIASED 250U /* a random byte below it has each last digit as often */

struct voucher_row {
	uint64_t amount;
	uint32_t valid_until;
	bool is_redeemed;
};

static enum rc
hash_of(const struct crypto *c, const uint8_t digits[VOUCHER_DIGITS], uint8_t hash[CRYPTO_HASH])
{
	const struct crypto_part part = { digits, VOUCHER_DIGITS };

	return c->hash(c->ctx, &part, 1, hash);
}

static enum rc
draw(const struct crypto *c, uint8_t digits[VOUCHER_DIGITS])
{
	uint8_t random[32];
	size_t n = 0;
	enum rc rc = RC_OK;

	while (rc == RC_OK && n < VOUCHER_DIGITS - 1) {
		rc = c->random(c->ctx, random, sizeof random);
		for (size_t i = 0; rc == RC_OK && i < sizeof random && n < VOUCHER_DIGITS - 1;
		     i++) {
			if (random[i] < UNBIASED)
				digits[n++] = (uint8_t)('0' + random[i] % 10);
		}
	}
	mem_wipe(random, sizeof random);
	if (rc == RC_OK)
		digits[n] = code_check_digit(digits, n);
	return rc;
}

static enum rc
make_one(struct head *h, const struct crypto *c, const struct voucher_batch *b, int64_t number,
	 uint32_t now, char text[VOUCHER_TEXT])
{
	uint8_t digits[VOUCHER_DIGITS], hash[CRYPTO_HASH];
	enum rc rc = draw(c, digits);

	if (rc == RC_OK)
		rc = hash_of(c, digits, hash);
	if (rc != RC_OK) {
		rc = head_fail(h, rc, "voucher: %s", rc_text(rc));
	} else {
		code_to_text(digits, VOUCHER_DIGITS, text);
		rc = head_store(h, store_run(h->store,
					     "INSERT INTO voucher(hash, value, valid_until, batch,"
					     " made_at) VALUES(?, ?, ?, ?, ?)",
					     "biiii", hash, sizeof hash, (int64_t)b->amount_minor,
					     (int64_t)b->valid_until, number, (int64_t)now));
	}
	mem_wipe(digits, sizeof digits);
	return rc;
}

enum rc
voucher_generate(struct head *h, const struct crypto *c, const struct voucher_batch *b,
		 uint32_t now, voucher_fn each, void *ctx, int64_t *number)
{
	char text[VOUCHER_TEXT];
	int64_t change;
	enum rc rc;

	if (b->count == 0 || b->count > VOUCHER_BATCH_MAX)
		return head_fail(h, RC_RANGE, "a batch has 1 to %u vouchers", VOUCHER_BATCH_MAX);
	if (b->amount_minor == 0 || b->amount_minor > CARD_BALANCE_MAX)
		return head_fail(h, RC_RANGE, "an amount is 1 to %llu minor units",
				 (unsigned long long)CARD_BALANCE_MAX);
	if (b->valid_until <= now)
		return head_fail(h, RC_RANGE, "the vouchers would have run out already");
	rc = head_begin(h, &change);
	if (rc != RC_OK)
		return rc;
	for (uint32_t i = 0; rc == RC_OK && i < b->count; i++) {
		rc = make_one(h, c, b, change, now, text);
		if (rc == RC_OK)
			rc = each(ctx, text);
	}
	mem_wipe(text, sizeof text);
	rc = head_end(h, rc);
	if (rc == RC_OK)
		*number = change;
	return rc;
}

enum rc
voucher_forget(struct head *h, int64_t number)
{
	int64_t change;
	enum rc rc = head_begin(h, &change);

	if (rc != RC_OK)
		return rc;
	return head_end(h, head_store(h, store_run(h->store,
						   "DELETE FROM voucher WHERE batch = ?"
						   " AND redeemed_at IS NULL",
						   "i", number)));
}

static void
name_of(uint32_t leaf, char who[WHO])
{
	snprintf(who, WHO, "card %u", leaf);
}

/* Wrong codes of this card in the last VOUCHER_TRIES_S. */
static enum rc
count_tries(struct head *h, const char *who, uint32_t now, int64_t *tries, int64_t *since)
{
	struct store_rows *rows;
	enum rc rc = store_select(h->store, &rows,
				  "SELECT tries, since FROM voucher_try WHERE who = ?", "t", who);

	if (rc != RC_OK)
		return head_store(h, rc);
	*tries = 0;
	*since = now;
	if (store_next(rows) && (int64_t)now - store_int(rows, 1) < VOUCHER_TRIES_S) {
		*tries = store_int(rows, 0);
		*since = store_int(rows, 1);
	}
	return head_store(h, store_done(&rows));
}

static enum rc
put_tries(struct head *h, const char *who, int64_t tries, int64_t since)
{
	enum rc rc = store_run(h->store, "DELETE FROM voucher_try WHERE who = ?", "t", who);

	if (rc == RC_OK && tries > 0)
		rc = store_run(h->store,
			       "INSERT INTO voucher_try(who, tries, since) VALUES(?, ?, ?)", "tii",
			       who, tries, since);
	return head_store(h, rc);
}

static enum rc
find(struct head *h, const uint8_t hash[CRYPTO_HASH], struct voucher_row *row)
{
	struct store_rows *rows;
	bool found;
	enum rc rc = store_select(h->store, &rows,
				  "SELECT value, valid_until, redeemed_at FROM voucher"
				  " WHERE hash = ?",
				  "b", hash, (size_t)CRYPTO_HASH);

	if (rc != RC_OK)
		return head_store(h, rc);
	found = store_next(rows);
	if (found)
		*row = (struct voucher_row) { (uint64_t)store_int(rows, 0),
					      (uint32_t)store_int(rows, 1),
					      !store_is_null(rows, 2) };
	rc = head_store(h, store_done(&rows));
	return rc == RC_OK && !found ? RC_NOT_FOUND : rc;
}

static enum rc
take(struct head *h, uint32_t leaf, const uint8_t hash[CRYPTO_HASH], uint32_t now, int64_t change,
     struct voucher_redeemed *out)
{
	struct voucher_row row = { .amount = 0 };
	char reference[CARD_REFERENCE];
	enum rc rc = find(h, hash, &row);

	if (rc == RC_OK && row.is_redeemed)
		return head_fail(h, RC_CONFLICT, "this voucher has been redeemed before");
	if (rc == RC_OK && row.valid_until <= now)
		return head_fail(h, RC_REFUSED, "this voucher has run out");
	if (rc != RC_OK)
		return rc;
	snprintf(reference, sizeof reference, "voucher %02x%02x%02x%02x%02x%02x", hash[0], hash[1],
		 hash[2], hash[3], hash[4], hash[5]);
	rc = head_store(h, store_run(h->store,
				     "UPDATE voucher SET shard = ?, leaf = ?, redeemed_at = ?"
				     " WHERE hash = ? AND redeemed_at IS NULL",
				     "iiib", STORE_SHARD(leaf), (int64_t)leaf, (int64_t)now, hash,
				     (size_t)CRYPTO_HASH));
	if (rc == RC_OK && store_changed(h->store) != 1)
		rc = head_fail(h, RC_CONFLICT, "this voucher has been redeemed before");
	if (rc == RC_OK)
		rc = card_topup_rows(h, leaf, row.amount, reference, now, change,
				     &out->credit_total);
	out->amount_minor = row.amount;
	return rc;
}

/* *is_wrong: there is no such voucher, and the try that it cost must stay. */
static enum rc
redeem_rows(struct head *h, uint32_t leaf, const uint8_t hash[CRYPTO_HASH], uint32_t now,
	    int64_t change, struct voucher_redeemed *out, bool *is_wrong)
{
	struct head_card card;
	char who[WHO];
	int64_t tries = 0, since = 0;
	enum rc rc = card_get_active(h, leaf, &card);

	name_of(leaf, who);
	if (rc == RC_OK)
		rc = count_tries(h, who, now, &tries, &since);
	if (rc == RC_OK && tries >= VOUCHER_TRIES)
		return head_fail(h, RC_REFUSED, "card %u: %u wrong vouchers: again in %lld minutes",
				 leaf, VOUCHER_TRIES,
				 (long long)(since + VOUCHER_TRIES_S - now + 59) / 60);
	if (rc != RC_OK)
		return rc;
	rc = take(h, leaf, hash, now, change, out);
	if (rc == RC_NOT_FOUND) {
		*is_wrong = true;
		return put_tries(h, who, tries + 1, since);
	}
	return rc == RC_OK ? put_tries(h, who, 0, 0) : rc;
}

enum rc
voucher_redeem(struct head *h, const struct crypto *c, uint32_t leaf,
	       const uint8_t digits[VOUCHER_DIGITS], uint32_t now, struct voucher_redeemed *out)
{
	struct voucher_redeemed got = { 0 };
	uint8_t hash[CRYPTO_HASH];
	bool is_wrong = false;
	int64_t change;
	enum rc rc;

	if (!code_is_whole(digits, VOUCHER_DIGITS))
		return head_fail(h, RC_INTEGRITY, "a digit is wrong");
	rc = hash_of(c, digits, hash);
	if (rc != RC_OK)
		return head_fail(h, rc, "%s", rc_text(rc));
	rc = head_begin(h, &change);
	if (rc != RC_OK)
		return rc;
	rc = head_end(h, redeem_rows(h, leaf, hash, now, change, &got, &is_wrong));
	if (rc == RC_OK && is_wrong)
		return head_fail(h, RC_NOT_FOUND, "there is no such voucher");
	if (rc == RC_OK)
		*out = got;
	return rc;
}
