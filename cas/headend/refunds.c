// SPDX-License-Identifier: GPL-3.0-or-later
/* Refunds: each tied to one settled record, once. The card gets the absolute total, so that a
 * refund that it never saw comes with the next one. */
#include "headend/accounts.h"
#include "headend/text.h"

/* What was paid with a settled record. */
static enum rc
find_paid(struct head *h, uint32_t leaf, uint32_t record, struct head_refund *r)
{
	struct store_rows *rows;
	bool found;
	int64_t type = 0;
	enum rc rc = store_select(h->store, &rows,
				  "SELECT type, slot, price FROM record"
				  " WHERE shard = ? AND leaf = ? AND sequence = ?",
				  "iii", STORE_SHARD(leaf), (int64_t)leaf, (int64_t)record);

	if (rc != RC_OK)
		return head_store(h, rc);
	found = store_next(rows);
	if (found) {
		type = store_int(rows, 0);
		*r = (struct head_refund) { .record = record,
					    .slot = (uint8_t)store_int(rows, 1),
					    .amount = (uint64_t)store_int(rows, 2) };
	}
	rc = head_store(h, store_done(&rows));
	if (rc != RC_OK)
		return rc;
	if (!found)
		return head_fail(h, RC_NOT_FOUND, "card %u: record %u is not settled", leaf,
				 record);
	if ((type != RECORD_EVENT && type != RECORD_SLICE) || r->amount == 0)
		return head_fail(h, RC_REFUSED, "card %u: record %u is a %s, which paid nothing",
				 leaf, record, record_type_text((uint8_t)type));
	return RC_OK;
}

/* Sum of a slot's refunds so far. */
static enum rc
add_total(struct head *h, uint32_t leaf, struct head_refund *r)
{
	int64_t sum = 0;
	enum rc rc = store_number(h->store, &sum,
				  "SELECT coalesce(sum(amount), 0) FROM refund"
				  " WHERE shard = ? AND leaf = ? AND slot = ?",
				  "iii", STORE_SHARD(leaf), (int64_t)leaf, (int64_t)r->slot);

	r->total = (uint64_t)sum + r->amount;
	return head_store(h, rc);
}

static enum rc
insert(struct head *h, uint32_t leaf, const struct head_refund *r, const char *reference,
       uint32_t now)
{
	enum rc rc = store_run(h->store,
			       "INSERT INTO refund(shard, leaf, record, sequence, slot, amount,"
			       " total, at, reference) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
			       "iiiiiiiit", STORE_SHARD(leaf), (int64_t)leaf, (int64_t)r->record,
			       (int64_t)r->sequence, (int64_t)r->slot, (int64_t)r->amount,
			       (int64_t)r->total, (int64_t)now, reference);

	if (rc == RC_CONFLICT)
		return head_fail(h, rc, "card %u: record %u has been paid back before", leaf,
				 r->record);
	return head_store(h, rc);
}

static enum rc
must_fit(struct head *h, const struct head_card *card, const struct head_refund *r, uint32_t now)
{
	struct head_refund list[HEAD_REFUNDS_MAX];
	size_t n = 0;
	uint32_t since = now > HEAD_PENDING_S ? now - HEAD_PENDING_S : 0;
	enum rc rc = refunds_pending(h, card->leaf, since, list, &n);

	if (rc == RC_OK && n == HEAD_REFUNDS_MAX)
		return head_fail(h, RC_SPACE, "card %u has %d refunds on their way: settle first",
				 card->leaf, HEAD_REFUNDS_MAX);
	if (rc == RC_OK && r->slot == 0)
		rc = account_must_fit(h, card, r->amount);
	return rc;
}

static enum rc
refund_rows(struct head *h, uint32_t leaf, struct head_refund *r, const char *reference,
	    uint32_t now, int64_t change)
{
	struct head_account a;
	struct head_card card;
	enum rc rc = card_get_active(h, leaf, &card);

	if (rc == RC_OK)
		rc = account_get(h, leaf, &a);
	if (rc == RC_OK)
		rc = find_paid(h, leaf, r->record, r);
	if (rc == RC_OK)
		rc = must_fit(h, &card, r, now);
	if (rc == RC_OK)
		rc = add_total(h, leaf, r);
	if (rc != RC_OK)
		return rc;
	r->sequence = a.refund_sequence < now ? now : a.refund_sequence + 1;
	a.refund_sequence = r->sequence;
	a.refund_total += r->slot == 0 ? r->amount : 0;
	a.refund_at = now;
	rc = insert(h, leaf, r, reference, now);
	if (rc == RC_OK)
		rc = account_put(h, leaf, &a);
	if (rc == RC_OK)
		rc = card_touch(h, leaf, "refund", change, now);
	return rc;
}

enum rc
refund_make(struct head *h, uint32_t leaf, uint32_t record, const char *reference, uint32_t now,
	    struct head_refund *out)
{
	struct head_refund r = { .record = record };
	int64_t change;
	enum rc rc;

	if (reference && !text_is_plain(reference, CARD_REFERENCE - 1))
		return head_fail(h, RC_RANGE, "a reference has 1 to %d bytes of plain text",
				 CARD_REFERENCE - 1);
	rc = head_begin(h, &change);
	if (rc != RC_OK)
		return rc;
	rc = head_end(h, refund_rows(h, leaf, &r, reference, now, change));
	if (rc == RC_OK)
		*out = r;
	return rc;
}

enum rc
refunds_pending(struct head *h, uint32_t leaf, uint32_t since,
		struct head_refund list[HEAD_REFUNDS_MAX], size_t *count)
{
	struct store_rows *rows;
	size_t n = 0;
	enum rc rc = store_select(
		h->store, &rows,
		"SELECT record, sequence, slot, amount, total FROM refund AS f"
		" WHERE shard = ? AND leaf = ? AND at > ? AND NOT EXISTS(SELECT 1 FROM record AS r"
		" WHERE r.shard = f.shard AND r.leaf = f.leaf AND r.type = 4"
		" AND r.event = f.record) ORDER BY sequence",
		"iii", STORE_SHARD(leaf), (int64_t)leaf, (int64_t)since);

	if (rc != RC_OK)
		return head_store(h, rc);
	while (n < HEAD_REFUNDS_MAX && store_next(rows))
		list[n++] = (struct head_refund) { .record = (uint32_t)store_int(rows, 0),
						   .sequence = (uint32_t)store_int(rows, 1),
						   .slot = (uint8_t)store_int(rows, 2),
						   .amount = (uint64_t)store_int(rows, 3),
						   .total = (uint64_t)store_int(rows, 4) };
	*count = n;
	return head_store(h, store_done(&rows));
}
