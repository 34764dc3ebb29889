// SPDX-License-Identifier: GPL-3.0-or-later
/* What a card may watch and what money it holds: grant, cancel, top up. */
#include "headend/accounts.h"

#include "headend/catalogue.h"
#include "headend/text.h"
#include "wire/emm.h"

#include <stdio.h>
#include <string.h>

#define PENDING_MAX \
	264 /* entitlement commands in an EMM set: 24 parts of 11 beside keys and money */

enum rc
card_entitlement_next(struct head *h, uint32_t leaf, uint32_t after, struct head_entitlement *e)
{
	struct store_rows *rows;
	bool found;
	enum rc rc = store_select(h->store, &rows,
				  "SELECT product, start_at, end_at, flags, cancelled, changed_at"
				  " FROM entitlement WHERE shard = ? AND leaf = ? AND product > ?"
				  " ORDER BY product LIMIT 1",
				  "iii", STORE_SHARD(leaf), (int64_t)leaf, (int64_t)after);

	if (rc != RC_OK)
		return head_store(h, rc);
	found = store_next(rows);
	if (found)
		*e = (struct head_entitlement) { .product = (uint16_t)store_int(rows, 0),
						 .start = (uint32_t)store_int(rows, 1),
						 .end = (uint32_t)store_int(rows, 2),
						 .flags = (uint8_t)store_int(rows, 3),
						 .cancelled = store_int(rows, 4) != 0,
						 .changed_at = (uint32_t)store_int(rows, 5) };
	rc = head_store(h, store_done(&rows));
	return rc == RC_OK && !found ? RC_NOT_FOUND : rc;
}

static enum rc
pending_must_fit(struct head *h, uint32_t leaf, uint32_t now)
{
	int64_t n = 0, since = now > HEAD_PENDING_S ? (int64_t)now - HEAD_PENDING_S : 0;
	enum rc rc = store_number(h->store, &n,
				  "SELECT count(*) FROM entitlement WHERE shard = ? AND leaf = ?"
				  " AND changed_at > ?",
				  "iii", STORE_SHARD(leaf), (int64_t)leaf, since);

	if (rc == RC_OK && n > PENDING_MAX)
		return head_fail(h, RC_SPACE, "card %u has %lld changes on their way, %d fit", leaf,
				 (long long)n, PENDING_MAX);
	return head_store(h, rc);
}

static enum rc
put_entitlement(struct head *h, uint32_t leaf, const struct head_entitlement *e, uint32_t now)
{
	int64_t shard = STORE_SHARD(leaf);
	enum rc rc = store_run(
		h->store, "DELETE FROM entitlement WHERE shard = ? AND leaf = ? AND product = ?",
		"iii", shard, (int64_t)leaf, (int64_t)e->product);

	if (rc == RC_OK)
		rc = store_run(
			h->store,
			"INSERT INTO entitlement(shard, leaf, product, start_at, end_at, flags,"
			" cancelled, changed_at) VALUES(?, ?, ?, ?, ?, ?, 0, ?)",
			"iiiiiii", shard, (int64_t)leaf, (int64_t)e->product, (int64_t)e->start,
			(int64_t)e->end, (int64_t)e->flags, (int64_t)now);
	return head_store(h, rc);
}

/* A proof of cancellation names the right as the card held it, which need not be the newest. */
static enum rc
note_granted(struct head *h, uint32_t leaf, const struct head_entitlement *e, uint32_t now)
{
	int64_t shard = STORE_SHARD(leaf);
	enum rc rc = store_run(h->store,
			       "DELETE FROM granted WHERE shard = ? AND leaf = ? AND product = ?"
			       " AND start_at = ? AND end_at = ?",
			       "iiiii", shard, (int64_t)leaf, (int64_t)e->product,
			       (int64_t)e->start, (int64_t)e->end);

	if (rc == RC_OK)
		rc = store_run(h->store,
			       "INSERT INTO granted(shard, leaf, product, start_at, end_at, at)"
			       " VALUES(?, ?, ?, ?, ?, ?)",
			       "iiiiii", shard, (int64_t)leaf, (int64_t)e->product,
			       (int64_t)e->start, (int64_t)e->end, (int64_t)now);
	return head_store(h, rc);
}

static enum rc
grant_rows(struct head *h, uint32_t leaf, const struct head_entitlement *e, uint32_t now,
	   int64_t change)
{
	struct head_card card;
	struct head_product product;
	enum rc rc = card_get_active(h, leaf, &card);

	if (rc == RC_OK)
		rc = product_get(h, e->product, &product);
	if (rc == RC_OK)
		rc = put_entitlement(h, leaf, e, now);
	if (rc == RC_OK)
		rc = note_granted(h, leaf, e, now);
	if (rc == RC_OK)
		rc = pending_must_fit(h, leaf, now);
	if (rc == RC_OK)
		rc = card_touch(h, leaf, "grant", change, now);
	return rc;
}

enum rc
card_grant(struct head *h, uint32_t leaf, const struct head_entitlement *e, uint32_t now)
{
	int64_t change;
	enum rc rc;

	if (e->start >= e->end)
		return head_fail(h, RC_RANGE, "the right ends before it starts");
	rc = head_begin(h, &change);
	if (rc != RC_OK)
		return rc;
	return head_end(h, grant_rows(h, leaf, e, now, change));
}

static enum rc
cancel_rows(struct head *h, uint32_t leaf, uint16_t product, uint32_t now, int64_t change)
{
	struct head_card card;
	int64_t all = product == PRODUCT_ALL;
	enum rc rc = card_get_active(h, leaf, &card);

	if (rc != RC_OK)
		return rc;
	rc = head_store(h, store_run(h->store,
				     "UPDATE entitlement SET cancelled = 1, changed_at = ?"
				     " WHERE shard = ? AND leaf = ? AND (? = 1 OR product = ?)"
				     " AND cancelled = 0",
				     "iiiii", (int64_t)now, STORE_SHARD(leaf), (int64_t)leaf, all,
				     (int64_t)product));
	if (rc == RC_OK && store_changed(h->store) == 0)
		rc = all ? head_fail(h, RC_NOT_FOUND, "card %u has no entitlement", leaf)
			 : head_fail(h, RC_NOT_FOUND, "card %u has no entitlement to product %u",
				     leaf, product);
	if (rc == RC_OK)
		rc = card_touch(h, leaf, "cancel", change, now);
	return rc;
}

enum rc
card_cancel(struct head *h, uint32_t leaf, uint16_t product, uint32_t now)
{
	int64_t change;
	enum rc rc = head_begin(h, &change);

	if (rc != RC_OK)
		return rc;
	return head_end(h, cancel_rows(h, leaf, product, now, change));
}

static enum rc
put_topup(struct head *h, const struct head_card *card, uint64_t amount, const char *reference,
	  uint32_t now)
{
	int64_t shard = STORE_SHARD(card->leaf), leaf = card->leaf;
	int64_t sequence = (int64_t)card->credit_sequence + 1;
	enum rc rc;

	if (sequence < (int64_t)now)
		sequence = now;
	rc = store_run(h->store,
		       "INSERT INTO topup(shard, leaf, sequence, amount, at, reference)"
		       " VALUES(?, ?, ?, ?, ?, ?)",
		       "iiiiit", shard, leaf, sequence, (int64_t)amount, (int64_t)now, reference);
	if (rc == RC_CONFLICT)
		return head_fail(h, rc, "card %u: reference %s has been paid in before", card->leaf,
				 reference ? reference : "");
	if (rc == RC_OK)
		rc = store_run(h->store,
			       "UPDATE card SET credit_total = credit_total + ?,"
			       " credit_sequence = ?, credit_at = ? WHERE shard = ? AND leaf = ?",
			       "iiiii", (int64_t)amount, sequence, (int64_t)now, shard, leaf);
	return head_store(h, rc);
}

/* What holds for every top-up, wherever it comes from. */
static enum rc
check_topup(struct head *h, uint64_t amount, const char *reference)
{
	if (amount == 0 || amount > CARD_BALANCE_MAX)
		return head_fail(h, RC_RANGE, "an amount is 1 to %llu minor units",
				 (unsigned long long)CARD_BALANCE_MAX);
	if (reference && !text_is_plain(reference, CARD_REFERENCE - 1))
		return head_fail(h, RC_RANGE, "a reference has 1 to %d bytes of plain text",
				 CARD_REFERENCE - 1);
	return RC_OK;
}

enum rc
card_topup_rows(struct head *h, uint32_t leaf, uint64_t amount, const char *reference, uint32_t now,
		int64_t change, uint64_t *total)
{
	struct head_card card;
	enum rc rc = check_topup(h, amount, reference);

	if (rc == RC_OK)
		rc = card_get_active(h, leaf, &card);
	if (rc == RC_OK)
		rc = put_topup(h, &card, amount, reference, now);
	if (rc == RC_OK)
		rc = account_must_fit(h, &card, amount);
	if (rc == RC_OK)
		rc = card_touch(h, leaf, "topup", change, now);
	if (rc == RC_OK)
		*total = card.credit_total + amount;
	return rc;
}

enum rc
card_topup(struct head *h, uint32_t leaf, uint64_t amount_minor, const char *reference,
	   uint32_t now, uint64_t *credit_total)
{
	uint64_t total = 0;
	int64_t change;
	enum rc rc = head_begin(h, &change);

	if (rc != RC_OK)
		return rc;
	rc = head_end(h, card_topup_rows(h, leaf, amount_minor, reference, now, change, &total));
	if (rc == RC_OK)
		*credit_total = total;
	return rc;
}

/* The new card is new: what it already had would be mixed with what comes. */
static enum rc
must_be_empty(struct head *h, const struct head_card *card)
{
	int64_t rights = 0;
	enum rc rc = store_number(h->store, &rights,
				  "SELECT count(*) FROM entitlement WHERE shard = ? AND leaf = ?",
				  "ii", STORE_SHARD(card->leaf), (int64_t)card->leaf);

	if (rc == RC_OK && (rights > 0 || card->credit_total > 0))
		return head_fail(h, RC_CONFLICT, "card %u has rights or money of its own",
				 card->leaf);
	return head_store(h, rc);
}

static enum rc
move_rights(struct head *h, uint32_t from, uint32_t to, uint32_t now, uint64_t *count)
{
	int64_t a = from, b = to, t = now;
	enum rc rc = store_run(
		h->store,
		"INSERT INTO entitlement(shard, leaf, product, start_at, end_at, flags,"
		" cancelled, changed_at) SELECT ?, ?, product, start_at, end_at, flags, 0, ?"
		" FROM entitlement WHERE shard = ? AND leaf = ? AND cancelled = 0 AND end_at > ?",
		"iiiiii", STORE_SHARD(to), b, t, STORE_SHARD(from), a, t);

	*count = (uint64_t)store_changed(h->store);
	return rc == RC_OK ? pending_must_fit(h, to, now) : head_store(h, rc);
}

/* The amount is paid in under a reference that names the old card, so that it goes over once. */
static enum rc
move_balance(struct head *h, const struct head_card *from, const struct head_card *to, uint32_t now,
	     uint64_t *balance)
{
	char reference[CARD_REFERENCE], number[CARD_NUMBER_SIZE];
	struct head_account a;
	enum rc rc = account_get(h, from->leaf, &a);
	uint64_t in, out = 0;

	if (rc == RC_OK)
		rc = payouts_unsettled(h, from, &out);
	if (rc != RC_OK)
		return rc;
	in = from->credit_total + a.code_total + a.refund_total;
	out += from->spent;
	*balance = in > out ? in - out : 0;
	if (*balance == 0)
		return RC_OK;
	card_number_format(h->op.id, from->leaf, number);
	snprintf(reference, sizeof reference, "balance of %s", number);
	rc = account_must_fit(h, to, *balance);
	return rc == RC_OK ? put_topup(h, to, *balance, reference, now) : rc;
}

static enum rc
replace_rows(struct head *h, uint32_t from, uint32_t to, uint32_t now, int64_t change,
	     struct head_replacement *r)
{
	char reason[CARD_REASON], number[CARD_NUMBER_SIZE];
	struct head_card old, new;
	enum rc rc = card_get_active(h, from, &old);

	if (rc == RC_OK)
		rc = card_get_active(h, to, &new);
	if (rc == RC_OK)
		rc = must_be_empty(h, &new);
	if (rc == RC_OK)
		rc = move_rights(h, from, to, now, &r->rights);
	if (rc == RC_OK)
		rc = move_balance(h, &old, &new, now, &r->balance);
	if (rc == RC_OK && (r->rights > 0 || r->balance > 0))
		rc = card_touch(h, to, "replace", change, now);
	card_number_format(h->op.id, to, number);
	snprintf(reason, sizeof reason, "replaced by %s", number);
	return rc == RC_OK ? card_revoke_within(h, from, reason, now, change) : rc;
}

enum rc
card_replace(struct head *h, uint32_t from, uint32_t to, uint32_t now, struct head_replacement *r)
{
	struct head_replacement moved = { 0 };
	int64_t change;
	enum rc rc;

	if (from == to)
		return head_fail(h, RC_CONFLICT, "a card cannot replace itself");
	rc = head_begin(h, &change);
	if (rc != RC_OK)
		return rc;
	rc = head_end(h, replace_rows(h, from, to, now, change, &moved));
	if (rc == RC_OK)
		*r = moved;
	return rc;
}
