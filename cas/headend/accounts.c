// SPDX-License-Identifier: GPL-3.0-or-later
/* Accounts as they stand in the database. */
#include "headend/accounts.h"

enum rc
account_get(struct head *h, uint32_t leaf, struct head_account *a)
{
	struct store_rows *rows;
	enum rc rc = store_select(h->store, &rows,
				  "SELECT report_clock, refund_total, refund_sequence, refund_at,"
				  " code_counter, code_total, confirmed FROM account"
				  " WHERE shard = ? AND leaf = ?",
				  "ii", STORE_SHARD(leaf), (int64_t)leaf);

	if (rc != RC_OK)
		return head_store(h, rc);
	*a = (struct head_account) { .report_clock = 0 };
	if (store_next(rows))
		*a = (struct head_account) { .report_clock = (uint32_t)store_int(rows, 0),
					     .refund_total = (uint64_t)store_int(rows, 1),
					     .refund_sequence = (uint32_t)store_int(rows, 2),
					     .refund_at = (uint32_t)store_int(rows, 3),
					     .code_counter = (uint32_t)store_int(rows, 4),
					     .code_total = (uint64_t)store_int(rows, 5),
					     .confirmed = (uint32_t)store_int(rows, 6) };
	return head_store(h, store_done(&rows));
}

enum rc
account_put(struct head *h, uint32_t leaf, const struct head_account *a)
{
	int64_t shard = STORE_SHARD(leaf);
	enum rc rc = store_run(h->store, "DELETE FROM account WHERE shard = ? AND leaf = ?", "ii",
			       shard, (int64_t)leaf);

	if (rc == RC_OK)
		rc = store_run(h->store,
			       "INSERT INTO account(shard, leaf, report_clock, refund_total,"
			       " refund_sequence, refund_at, code_counter, code_total, confirmed)"
			       " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
			       "iiiiiiiii", shard, (int64_t)leaf, (int64_t)a->report_clock,
			       (int64_t)a->refund_total, (int64_t)a->refund_sequence,
			       (int64_t)a->refund_at, (int64_t)a->code_counter,
			       (int64_t)a->code_total, (int64_t)a->confirmed);
	return head_store(h, rc);
}

enum rc
account_must_fit(struct head *h, const struct head_card *card, uint64_t amount)
{
	struct head_account a = { 0 };
	uint64_t in, held;
	enum rc rc = account_get(h, card->leaf, &a);

	if (rc != RC_OK)
		return rc;
	in = card->credit_total + a.refund_total + a.code_total;
	held = in > card->spent ? in - card->spent : 0;
	if (held <= CARD_BALANCE_MAX && amount <= CARD_BALANCE_MAX - held)
		return RC_OK;
	return head_fail(h, RC_REFUSED,
			 "card %u: with %llu minor units paid in and not known to be spent, a"
			 " purse of %llu has no room for %llu",
			 card->leaf, (unsigned long long)held, (unsigned long long)CARD_BALANCE_MAX,
			 (unsigned long long)amount);
}
