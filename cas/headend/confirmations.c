// SPDX-License-Identifier: GPL-3.0-or-later
/* Proofs that a card executed a cancellation: compared with every right that it was ever granted.
 */
#include "headend/accounts.h"

#include "base/mem.h"

#define COUNTER_CYCLE 1000U
#define COUNTER_BEHIND 100U /* older than the newest proof, and still told apart */

static enum rc
confirm_key(const struct head_keys *keys, uint32_t leaf, uint8_t key[CRYPTO_KEY])
{
	uint8_t ca[CRYPTO_KEY];
	enum rc rc = keystore_card_key(keys->keystore, DOMAIN_CA, leaf, ca);

	if (rc == RC_OK)
		rc = ladder_derive(keys->crypto, ca, LABEL_CONFIRM, NULL, 0, key);
	mem_wipe(ca, sizeof ca);
	return rc;
}

/* The counter that its last three digits mean: one for each remainder. */
static uint32_t
whole_counter(uint32_t newest, uint16_t remainder)
{
	uint32_t first = newest > COUNTER_BEHIND ? newest - COUNTER_BEHIND : 1;

	return first + (remainder + COUNTER_CYCLE - first % COUNTER_CYCLE) % COUNTER_CYCLE;
}

/* Looks for the right whose proof has these digits. RC_AUTH: none has. */
static enum rc
find_right(struct head *h, const struct crypto *c, const uint8_t key[CRYPTO_KEY], uint32_t leaf,
	   const uint8_t digits[CONFIRMATION_DIGITS], struct head_confirmed *found)
{
	int64_t shard = STORE_SHARD(leaf);
	struct store_rows *rows;
	bool is_found = false;
	enum rc closed, rc = store_select(h->store, &rows,
					  "SELECT product, start_at, end_at FROM granted"
					  " WHERE shard = ? AND leaf = ?"
					  " UNION SELECT product, start_at, end_at FROM entitlement"
					  " WHERE shard = ? AND leaf = ?",
					  "iiii", shard, (int64_t)leaf, shard, (int64_t)leaf);

	if (rc != RC_OK)
		return head_store(h, rc);
	while (rc == RC_OK && !is_found && store_next(rows)) {
		const struct confirmation what = { (uint16_t)store_int(rows, 0),
						   (uint32_t)store_int(rows, 1),
						   (uint32_t)store_int(rows, 2), found->counter };
		uint8_t made[CONFIRMATION_DIGITS];

		rc = confirmation_make(c, key, &what, made);
		is_found = rc == RC_OK && mem_equal_ct(made, digits, sizeof made);
		if (is_found)
			*found = (struct head_confirmed) { what.product, what.start, what.end,
							   what.counter };
	}
	closed = head_store(h, store_done(&rows));
	if (rc == RC_OK)
		rc = closed;
	if (rc == RC_OK && !is_found)
		return head_fail(h, RC_AUTH, "card %u: this proves no cancellation of its rights",
				 leaf);
	return rc;
}

static enum rc
enter_rows(struct head *h, const struct crypto *c, const uint8_t key[CRYPTO_KEY], uint32_t leaf,
	   const uint8_t digits[CONFIRMATION_DIGITS], uint32_t now, struct head_confirmed *out)
{
	struct head_account a;
	struct head_card card;
	uint16_t remainder = 0;
	enum rc rc = card_get(h, leaf, &card);

	if (rc == RC_OK)
		rc = account_get(h, leaf, &a);
	if (rc == RC_OK)
		rc = confirmation_read(digits, &remainder);
	if (rc != RC_OK)
		return rc;
	out->counter = whole_counter(a.confirmed, remainder);
	rc = find_right(h, c, key, leaf, digits, out);
	if (rc != RC_OK)
		return rc;
	rc = store_run(h->store,
		       "INSERT INTO confirmation(shard, leaf, counter, product, start_at, end_at,"
		       " at) VALUES(?, ?, ?, ?, ?, ?, ?)",
		       "iiiiiii", STORE_SHARD(leaf), (int64_t)leaf, (int64_t)out->counter,
		       (int64_t)out->product, (int64_t)out->start, (int64_t)out->end, (int64_t)now);
	if (rc == RC_CONFLICT)
		return head_fail(h, rc, "card %u: this proof was brought before", leaf);
	if (rc != RC_OK || out->counter <= a.confirmed)
		return head_store(h, rc);
	a.confirmed = out->counter;
	return account_put(h, leaf, &a);
}

enum rc
confirmation_enter(struct head *h, const struct head_keys *keys, uint32_t leaf,
		   const uint8_t digits[CONFIRMATION_DIGITS], uint32_t now,
		   struct head_confirmed *out)
{
	struct head_confirmed got = { .product = 0 };
	uint8_t key[CRYPTO_KEY];
	uint16_t remainder;
	int64_t change;
	enum rc rc = confirmation_read(digits, &remainder);

	if (rc != RC_OK)
		return head_fail(h, rc, "%s",
				 rc == RC_INTEGRITY ? "a digit is wrong" : rc_text(rc));
	rc = head_begin(h, &change);
	if (rc != RC_OK)
		return rc;
	rc = confirm_key(keys, leaf, key);
	if (rc == RC_OK)
		rc = enter_rows(h, keys->crypto, key, leaf, digits, now, &got);
	rc = head_end(h, rc);
	mem_wipe(key, sizeof key);
	if (rc == RC_OK)
		*out = got;
	return rc;
}
