// SPDX-License-Identifier: GPL-3.0-or-later
/* Settlement of folded records: their sums on each slot, less what of them is known already. */
#include "base/mem.h"
#include "headend/settlement_private.h"
#include "headend/slots.h"

/* Sums of the records after `from` that are known, on one slot. */
struct known_sums {
	int64_t count, debited, credited, refunded;
};

static enum rc
add_sums(struct import *m, const char *sql, uint32_t from, uint8_t slot, struct known_sums *sums)
{
	struct store_rows *rows;
	enum rc rc = store_select(m->head->store, &rows, sql, "iiii", STORE_SHARD(m->card.leaf),
				  (int64_t)m->card.leaf, (int64_t)from, (int64_t)slot);

	if (rc != RC_OK)
		return head_store(m->head, rc);
	if (store_next(rows)) {
		sums->count += store_int(rows, 0);
		sums->debited += store_int(rows, 1);
		sums->credited += store_int(rows, 2);
		sums->refunded += store_int(rows, 3);
	}
	return head_store(m->head, store_done(&rows));
}

static enum rc
known_sums(struct import *m, uint32_t from, uint8_t slot, struct known_sums *sums)
{
	enum rc rc;

	*sums = (struct known_sums) { .count = 0 };
	rc = add_sums(m,
		      "SELECT count(*), sum(CASE WHEN type IN (1, 2, 6) THEN price ELSE 0 END),"
		      " sum(CASE WHEN type = 3 THEN price ELSE 0 END),"
		      " sum(CASE WHEN type = 4 THEN price ELSE 0 END) FROM record"
		      " WHERE shard = ? AND leaf = ? AND sequence > ? AND slot = ?",
		      from, slot, sums);
	if (rc == RC_OK)
		rc = add_sums(m,
			      "SELECT sum(count), sum(debited), sum(credited), sum(refunded)"
			      " FROM fold WHERE shard = ? AND leaf = ? AND first > ? AND slot = ?",
			      from, slot, sums);
	return rc;
}

static enum rc
check_ends(struct import *m, const struct report *r)
{
	uint8_t chain[CRYPTO_MAC];
	enum rc rc;

	if (r->fold_from > m->card.record_head)
		return head_fail(m->head, RC_REFUSED,
				 "card %u: gap: records are folded from %u, known are %u",
				 m->card.leaf, r->fold_from + 1, m->card.record_head);
	rc = settle_chain_at(m, r->fold_from, chain);
	if (rc == RC_NOT_FOUND ||
	    (rc == RC_OK && memcmp(chain, r->chain_before, sizeof chain) != 0))
		return settle_alarm(m, RC_INTEGRITY, "fork",
				    "before the folded record %u the card tells another story",
				    r->fold_from + 1);
	if (rc != RC_OK || r->first - 1 > m->card.record_head)
		return rc;
	rc = settle_chain_at(m, r->first - 1, chain);
	if (rc == RC_OK && memcmp(chain, r->chain_folded, sizeof chain) != 0)
		return settle_alarm(m, RC_INTEGRITY, "fork",
				    "after the folded record %u the card tells another story",
				    r->first - 1);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* One slot: what is new of it. */
static enum rc
enter_fold(struct import *m, const struct report *r, const struct record_fold *fold)
{
	struct known_sums known;
	int64_t debited, credited, refunded, count;
	enum rc rc = known_sums(m, r->fold_from, fold->slot, &known);

	if (rc != RC_OK)
		return rc;
	count = (int64_t)fold->count - known.count;
	debited = (int64_t)fold->debited - known.debited;
	credited = (int64_t)fold->credited - known.credited;
	refunded = (int64_t)fold->refunded - known.refunded;
	if (count < 0 || debited < 0 || credited < 0 || refunded < 0)
		return settle_alarm(m, RC_INTEGRITY, "totals",
				    "slot %u: folded records say less than is known", fold->slot);
	if (count == 0)
		return RC_OK;
	m->result.records_folded += (uint32_t)count;
	m->result.amount_minor += fold->slot == 0 ? (uint64_t)debited : 0;
	m->card.spent += fold->slot == 0 ? (uint64_t)debited : 0;
	if (fold->slot != 0)
		rc = slot_account_spend(m->head, m->card.leaf, fold->slot, (uint64_t)debited);
	if (rc != RC_OK)
		return rc;
	return head_store(
		m->head,
		store_run(m->head->store,
			  "INSERT INTO fold(shard, leaf, first, slot, last, count, debited,"
			  " credited, refunded, value, imported_at)"
			  " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  "iiiiiiiiibi", STORE_SHARD(m->card.leaf), (int64_t)m->card.leaf,
			  (int64_t)m->card.record_head + 1, (int64_t)fold->slot,
			  (int64_t)r->first - 1, count, debited, credited, refunded, fold->value,
			  sizeof fold->value, (int64_t)m->now));
}

static enum rc
enter_all(struct import *m, const struct report *r)
{
	enum rc rc = RC_OK;

	if (m->folds.sum != r->first - 1 - r->fold_from)
		return settle_alarm(m, RC_INTEGRITY, "totals", "%u records are folded, sums of %u",
				    r->first - 1 - r->fold_from, m->folds.sum);
	if (r->first - 1 <= m->card.record_head)
		return RC_OK;
	for (uint8_t i = 0; rc == RC_OK && i < m->folds.count; i++)
		rc = enter_fold(m, r, &m->folds.folds[i]);
	if (rc != RC_OK)
		return rc;
	m->card.record_head = r->first - 1;
	memcpy(m->card.record_chain, r->chain_folded, CRYPTO_MAC);
	m->any_new = true;
	return RC_OK;
}

enum rc
settle_folded(struct import *m, const struct report *r)
{
	struct settle_folds *all = &m->folds;
	enum rc rc = check_ends(m, r);

	for (uint8_t i = 0; rc == RC_OK && i < r->record_count; i++) {
		if (all->count == SETTLE_FOLDS ||
		    (all->count > 0 && r->folds[i].slot <= all->folds[all->count - 1].slot))
			return head_fail(m->head, RC_FORMAT, "card %u: folds out of order",
					 m->card.leaf);
		all->sum += r->folds[i].count;
		all->folds[all->count++] = r->folds[i];
	}
	if (rc == RC_OK && (r->flags & REPORT_MORE) == 0) {
		rc = enter_all(m, r);
		*all = (struct settle_folds) { .count = 0 };
	}
	return rc;
}
