// SPDX-License-Identifier: GPL-3.0-or-later
/* Token slots as they are defined, and what each card holds in them. */
#include "headend/slots.h"

#include "headend/text.h"

#include <stdio.h>
#include <string.h>

#define DECIMALS_MAX 4

static enum rc
check_slot(struct head *h, const struct head_slot *s)
{
	if (s->id == 0 || s->id > SLOT_IDS_MAX)
		return head_fail(h, RC_RANGE, "token slots are 1 to %u; 0 is the purse",
				 SLOT_IDS_MAX);
	if (strlen(s->unit) != UNIT_SIZE || !text_is_plain(s->unit, UNIT_SIZE))
		return head_fail(h, RC_RANGE, "a unit has %d letters, as PTS", UNIT_SIZE);
	if (s->label[0] == '\0' || !text_is_plain(s->label, SLOT_LABEL_BYTES))
		return head_fail(h, RC_RANGE, "a label has 1 to %d bytes of plain text",
				 SLOT_LABEL_BYTES);
	if (s->decimals > DECIMALS_MAX)
		return head_fail(h, RC_RANGE, "at most %d decimals", DECIMALS_MAX);
	if (s->maximum == 0 || s->maximum > CARD_BALANCE_MAX)
		return head_fail(h, RC_RANGE, "a slot holds 1 to %llu minor units",
				 (unsigned long long)CARD_BALANCE_MAX);
	return RC_OK;
}

enum rc
slot_add(struct head *h, const struct head_slot *s)
{
	int64_t change;
	enum rc rc = check_slot(h, s);

	if (rc == RC_OK)
		rc = head_begin(h, &change);
	if (rc != RC_OK)
		return rc;
	rc = store_run(h->store,
		       "INSERT INTO slot(id, unit, decimals, label, maximum)"
		       " VALUES(?, ?, ?, ?, ?)",
		       "ititi", (int64_t)s->id, s->unit, (int64_t)s->decimals, s->label,
		       (int64_t)s->maximum);
	if (rc == RC_CONFLICT)
		rc = head_fail(h, rc, "slot %u exists already", s->id);
	else
		rc = head_store(h, rc);
	return head_end(h, rc);
}

enum rc
slot_next(struct head *h, int64_t after, struct head_slot *s)
{
	struct store_rows *rows;
	bool found;
	enum rc rc = store_select(h->store, &rows,
				  "SELECT id, unit, decimals, label, maximum FROM slot"
				  " WHERE id > ? ORDER BY id LIMIT 1",
				  "i", after);

	if (rc != RC_OK)
		return head_store(h, rc);
	found = store_next(rows);
	if (found) {
		*s = (struct head_slot) { .id = (uint8_t)store_int(rows, 0),
					  .decimals = (uint8_t)store_int(rows, 2),
					  .maximum = (uint64_t)store_int(rows, 4) };
		snprintf(s->unit, sizeof s->unit, "%s", store_text(rows, 1));
		snprintf(s->label, sizeof s->label, "%s", store_text(rows, 3));
	}
	rc = head_store(h, store_done(&rows));
	return rc == RC_OK && !found ? RC_NOT_FOUND : rc;
}

enum rc
slot_get(struct head *h, uint8_t id, struct head_slot *s)
{
	enum rc rc;

	memset(s, 0, sizeof *s);
	rc = slot_next(h, (int64_t)id - 1, s);

	if (rc == RC_NOT_FOUND || (rc == RC_OK && s->id != id))
		return head_fail(h, RC_NOT_FOUND, "there is no slot %u", id);
	return rc;
}

enum rc
slot_account_get(struct head *h, uint32_t leaf, uint8_t slot, struct slot_account *a)
{
	struct store_rows *rows;
	enum rc rc = store_select(h->store, &rows,
				  "SELECT credit_total, credit_sequence, credit_at, spent,"
				  " overdraft, threshold, ceiling, limits_at FROM slot_account"
				  " WHERE shard = ? AND leaf = ? AND slot = ?",
				  "iii", STORE_SHARD(leaf), (int64_t)leaf, (int64_t)slot);

	*a = (struct slot_account) { .slot = slot };
	if (rc != RC_OK)
		return head_store(h, rc);
	if (store_next(rows))
		*a = (struct slot_account) { .slot = slot,
					     .credit_total = (uint64_t)store_int(rows, 0),
					     .credit_sequence = (uint32_t)store_int(rows, 1),
					     .credit_at = (uint32_t)store_int(rows, 2),
					     .spent = (uint64_t)store_int(rows, 3),
					     .limits = { (uint32_t)store_int(rows, 4),
							 (uint32_t)store_int(rows, 5),
							 (uint32_t)store_int(rows, 6) },
					     .limits_at = (uint32_t)store_int(rows, 7) };
	return head_store(h, store_done(&rows));
}

enum rc
slot_account_put(struct head *h, uint32_t leaf, const struct slot_account *a)
{
	int64_t shard = STORE_SHARD(leaf);
	enum rc rc = store_run(h->store,
			       "DELETE FROM slot_account WHERE shard = ? AND leaf = ? AND slot = ?",
			       "iii", shard, (int64_t)leaf, (int64_t)a->slot);

	if (rc == RC_OK)
		rc = store_run(h->store,
			       "INSERT INTO slot_account(shard, leaf, slot, credit_total,"
			       " credit_sequence, credit_at, spent, overdraft, threshold, ceiling,"
			       " limits_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			       "iiiiiiiiiii", shard, (int64_t)leaf, (int64_t)a->slot,
			       (int64_t)a->credit_total, (int64_t)a->credit_sequence,
			       (int64_t)a->credit_at, (int64_t)a->spent,
			       (int64_t)a->limits.overdraft, (int64_t)a->limits.threshold,
			       (int64_t)a->limits.ceiling, (int64_t)a->limits_at);
	return head_store(h, rc);
}

enum rc
slot_account_spend(struct head *h, uint32_t leaf, uint8_t slot, uint64_t amount)
{
	struct slot_account a;
	enum rc rc = slot_account_get(h, leaf, slot, &a);

	if (rc != RC_OK)
		return rc;
	a.spent += amount;
	return slot_account_put(h, leaf, &a);
}

enum rc
slot_totals(struct head *h, uint8_t slot, uint64_t *credit, uint64_t *spent)
{
	int64_t in = 0, out = 0;
	enum rc rc = store_number(h->store, &in,
				  "SELECT coalesce(sum(credit_total), 0) FROM slot_account"
				  " WHERE slot = ?",
				  "i", (int64_t)slot);

	if (rc == RC_OK)
		rc = store_number(h->store, &out,
				  "SELECT coalesce(sum(spent), 0) FROM slot_account WHERE slot = ?",
				  "i", (int64_t)slot);
	*credit = (uint64_t)in;
	*spent = (uint64_t)out;
	return head_store(h, rc);
}

static enum rc
active_card(struct head *h, uint32_t leaf)
{
	struct head_card card = { 0 };
	enum rc rc = card_get(h, leaf, &card);

	if (rc == RC_OK && card.state != CARD_ACTIVE)
		rc = head_fail(h, RC_STATE, "card %u is revoked", leaf);
	return rc;
}

static enum rc
topup_rows(struct head *h, uint32_t leaf, const struct head_slot *s, uint64_t amount,
	   const char *reference, uint32_t now, int64_t change, uint64_t *total)
{
	struct slot_account a = { 0 };
	uint64_t held;
	enum rc rc = active_card(h, leaf);

	if (rc == RC_OK)
		rc = slot_account_get(h, leaf, s->id, &a);
	if (rc != RC_OK)
		return rc;
	held = a.credit_total > a.spent ? a.credit_total - a.spent : 0;
	if (held > s->maximum || amount > s->maximum - held)
		return head_fail(h, RC_REFUSED,
				 "card %u: slot %u holds at most %llu, and %llu are in it or not"
				 " known to be spent",
				 leaf, s->id, (unsigned long long)s->maximum,
				 (unsigned long long)held);
	a.credit_sequence = a.credit_sequence < now ? now : a.credit_sequence + 1;
	a.credit_at = now;
	a.credit_total += amount;
	rc = store_run(h->store,
		       "INSERT INTO slot_topup(shard, leaf, slot, sequence, amount, at, reference)"
		       " VALUES(?, ?, ?, ?, ?, ?, ?)",
		       "iiiiiit", STORE_SHARD(leaf), (int64_t)leaf, (int64_t)s->id,
		       (int64_t)a.credit_sequence, (int64_t)amount, (int64_t)now, reference);
	if (rc == RC_CONFLICT)
		return head_fail(h, rc, "card %u: reference %s has been paid in before", leaf,
				 reference ? reference : "");
	rc = rc == RC_OK ? slot_account_put(h, leaf, &a) : head_store(h, rc);
	if (rc == RC_OK)
		rc = card_touch(h, leaf, "topup", change, now);
	*total = a.credit_total;
	return rc;
}

enum rc
card_slot_topup(struct head *h, uint32_t leaf, uint8_t slot, uint64_t amount, const char *reference,
		uint32_t now, uint64_t *credit_total)
{
	struct head_slot s;
	uint64_t total = 0;
	int64_t change;
	enum rc rc = slot_get(h, slot, &s);

	if (rc != RC_OK)
		return rc;
	if (amount == 0 || amount > UINT32_MAX)
		return head_fail(h, RC_RANGE, "an amount is 1 to %lu minor units",
				 (unsigned long)UINT32_MAX);
	if (reference && !text_is_plain(reference, CARD_REFERENCE - 1))
		return head_fail(h, RC_RANGE, "a reference has 1 to %d bytes of plain text",
				 CARD_REFERENCE - 1);
	rc = head_begin(h, &change);
	if (rc != RC_OK)
		return rc;
	rc = head_end(h, topup_rows(h, leaf, &s, amount, reference, now, change, &total));
	if (rc == RC_OK)
		*credit_total = total;
	return rc;
}

static enum rc
limit_one(struct head *h, uint32_t leaf, uint8_t slot, const struct slot_limits *limits,
	  uint32_t now, int64_t change)
{
	struct slot_account a;
	enum rc rc = slot_account_get(h, leaf, slot, &a);

	if (rc != RC_OK)
		return rc;
	a.limits = *limits;
	a.limits_at = now;
	rc = slot_account_put(h, leaf, &a);
	return rc == RC_OK ? card_touch(h, leaf, "limits", change, now) : rc;
}

static enum rc
limit_all(struct head *h, uint8_t slot, const struct slot_limits *limits, uint32_t now,
	  int64_t change, size_t *changed)
{
	struct head_card card = { .leaf = 0 };
	int64_t after = -1;
	enum rc rc;

	while ((rc = card_next(h, after, &card)) == RC_OK) {
		after = card.leaf;
		if (card.state != CARD_ACTIVE)
			continue;
		rc = limit_one(h, card.leaf, slot, limits, now, change);
		if (rc != RC_OK)
			return rc;
		++*changed;
	}
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc
limit_some(struct head *h, uint8_t slot, const struct slot_limits *limits, const uint32_t *leaves,
	   size_t count, uint32_t now, int64_t change)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < count; i++) {
		rc = active_card(h, leaves[i]);
		if (rc == RC_OK)
			rc = limit_one(h, leaves[i], slot, limits, now, change);
	}
	return rc;
}

enum rc
card_slot_limits(struct head *h, uint8_t slot, const struct slot_limits *limits,
		 const uint32_t *leaves, size_t count, uint32_t now, size_t *changed)
{
	struct head_slot s;
	size_t n = leaves ? count : 0;
	int64_t change;
	enum rc rc = slot_get(h, slot, &s);

	if (rc == RC_OK)
		rc = head_begin(h, &change);
	if (rc != RC_OK)
		return rc;
	rc = head_end(h, leaves ? limit_some(h, slot, limits, leaves, count, now, change)
				: limit_all(h, slot, limits, now, change, &n));
	if (rc == RC_OK)
		*changed = n;
	return rc;
}
