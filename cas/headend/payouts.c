// SPDX-License-Identifier: GPL-3.0-or-later
/* Pay-outs in cash against the card's proof. The TAC covers the purse's sequence but not the
 * record's, so that the former tells whether a proof was brought before. */
#include "headend/accounts.h"

#include "base/mem.h"

static enum rc
check_tac(struct head *h, const struct head_keys *keys, uint32_t leaf, const struct record *r)
{
	uint8_t purse[CRYPTO_KEY], key[CRYPTO_KEY], tac[RECORD_TAC];
	enum rc rc = keystore_card_key(keys->keystore, DOMAIN_PURSE, leaf, purse);

	if (rc == RC_OK)
		rc = ladder_derive(keys->crypto, purse, LABEL_TAC, NULL, 0, key);
	if (rc == RC_OK)
		rc = record_tac(keys->crypto, key, r, tac);
	if (rc == RC_OK && !mem_equal_ct(tac, r->tac, sizeof tac))
		rc = RC_AUTH;
	mem_wipe(purse, sizeof purse);
	mem_wipe(key, sizeof key);
	if (rc == RC_AUTH)
		return head_fail(h, rc, "card %u: this is not the card's proof", leaf);
	return rc == RC_OK ? rc : head_fail(h, rc, "proof: %s", rc_text(rc));
}

static enum rc
check_new(struct head *h, uint32_t leaf, const struct record *r)
{
	struct store_rows *rows;
	bool known = false;
	enum rc rc = store_select(h->store, &rows,
				  "SELECT bytes FROM payout WHERE shard = ? AND leaf = ?", "ii",
				  STORE_SHARD(leaf), (int64_t)leaf);

	if (rc != RC_OK)
		return head_store(h, rc);
	while (store_next(rows)) {
		struct record paid;
		size_t len = 0;
		const uint8_t *bytes = store_blob(rows, 0, &len);

		known = known || len != RECORD_SIZE || record_decode(bytes, &paid) != RC_OK ||
			paid.purse_sequence == r->purse_sequence;
	}
	rc = head_store(h, store_done(&rows));
	if (rc == RC_OK && known)
		return head_fail(h, RC_CONFLICT, "card %u: this has been paid out before", leaf);
	return rc;
}

/* What is settled already must be this very record. */
static enum rc
check_settled(struct head *h, const struct head_card *card, const struct record *r,
	      const uint8_t bytes[RECORD_SIZE])
{
	int64_t n = 0;
	enum rc rc;

	if (r->sequence > card->record_head)
		return RC_OK;
	rc = store_number(h->store, &n,
			  "SELECT count(*) FROM record WHERE shard = ? AND leaf = ?"
			  " AND sequence = ? AND bytes = ?",
			  "iiib", STORE_SHARD(card->leaf), (int64_t)card->leaf,
			  (int64_t)r->sequence, bytes, (size_t)RECORD_SIZE);
	if (rc == RC_OK && n == 0)
		return head_fail(h, RC_INTEGRITY, "card %u: it reported another record %u",
				 card->leaf, r->sequence);
	return head_store(h, rc);
}

static enum rc
enter_rows(struct head *h, const struct payout_proof *p, const uint8_t bytes[RECORD_SIZE],
	   uint32_t now)
{
	struct head_card card;
	enum rc rc = card_get(h, p->leaf, &card);

	if (rc == RC_OK)
		rc = check_new(h, p->leaf, &p->record);
	if (rc == RC_OK)
		rc = check_settled(h, &card, &p->record, bytes);
	if (rc != RC_OK)
		return rc;
	rc = store_run(h->store,
		       "INSERT INTO payout(shard, leaf, record, bytes, amount, at)"
		       " VALUES(?, ?, ?, ?, ?, ?)",
		       "iiibii", STORE_SHARD(p->leaf), (int64_t)p->leaf,
		       (int64_t)p->record.sequence, bytes, (size_t)RECORD_SIZE,
		       (int64_t)p->record.price, (int64_t)now);
	if (rc == RC_CONFLICT)
		return head_fail(h, rc, "card %u: record %u has been paid out before", p->leaf,
				 p->record.sequence);
	return head_store(h, rc);
}

enum rc
payouts_unsettled(struct head *h, const struct head_card *card, uint64_t *sum)
{
	struct store_rows *rows;
	uint64_t total = 0;
	enum rc rc = store_select(h->store, &rows,
				  "SELECT amount, bytes FROM payout"
				  " WHERE shard = ? AND leaf = ? AND record > ?",
				  "iii", STORE_SHARD(card->leaf), (int64_t)card->leaf,
				  (int64_t)card->record_head);

	if (rc != RC_OK)
		return head_store(h, rc);
	while (store_next(rows)) {
		struct record paid;
		size_t len = 0;
		const uint8_t *bytes = store_blob(rows, 1, &len);

		if (len == RECORD_SIZE && record_decode(bytes, &paid) == RC_OK && paid.slot == 0)
			total += (uint64_t)store_int(rows, 0);
	}
	rc = head_store(h, store_done(&rows));
	if (rc == RC_OK)
		*sum = total;
	return rc;
}

enum rc
payout_enter(struct head *h, const struct head_keys *keys, const struct payout_proof *p,
	     uint32_t now)
{
	uint8_t bytes[RECORD_SIZE];
	int64_t change;
	enum rc rc;

	if (p->record.type != RECORD_PAYOUT)
		return head_fail(h, RC_FORMAT, "a %s is no pay-out",
				 record_type_text(p->record.type));
	if (p->record.operator_id != h->op.id)
		return head_fail(h, RC_CONFLICT, "a pay-out of operator %u", p->record.operator_id);
	rc = check_tac(h, keys, p->leaf, &p->record);
	if (rc != RC_OK)
		return rc;
	record_encode(&p->record, bytes);
	rc = head_begin(h, &change);
	return rc == RC_OK ? head_end(h, enter_rows(h, p, bytes, now)) : rc;
}
