// SPDX-License-Identifier: GPL-3.0-or-later
/* Which boxes the operator pairs with a card, and which he takes off it: the last word on each. */
#include "headend/cards.h"

#include "base/mem.h"

static enum rc
put_box(struct head *h, uint32_t leaf, const uint8_t key_hash[CRYPTO_HASH], bool paired,
	uint32_t now)
{
	int64_t shard = STORE_SHARD(leaf);
	enum rc rc =
		store_run(h->store, "DELETE FROM box WHERE shard = ? AND leaf = ? AND key_hash = ?",
			  "iib", shard, (int64_t)leaf, key_hash, (size_t)CRYPTO_HASH);

	if (rc == RC_OK)
		rc = store_run(h->store,
			       "INSERT INTO box(shard, leaf, key_hash, paired, changed_at)"
			       " VALUES(?, ?, ?, ?, ?)",
			       "iibii", shard, (int64_t)leaf, key_hash, (size_t)CRYPTO_HASH,
			       (int64_t)paired, (int64_t)now);
	return head_store(h, rc);
}

static enum rc
boxes_must_fit(struct head *h, uint32_t leaf, bool paired, uint32_t now)
{
	int64_t all = 0, pending = 0,
		since = now > HEAD_PENDING_S ? (int64_t)now - HEAD_PENDING_S : 0;
	enum rc rc =
		store_number(h->store, &all,
			     "SELECT count(*) FROM box WHERE shard = ? AND leaf = ? AND paired = 1",
			     "ii", STORE_SHARD(leaf), (int64_t)leaf);

	if (rc == RC_OK)
		rc = store_number(h->store, &pending,
				  "SELECT count(*) FROM box WHERE shard = ? AND leaf = ?"
				  " AND changed_at > ?",
				  "iii", STORE_SHARD(leaf), (int64_t)leaf, since);
	if (rc == RC_OK && paired && all > CA_BOXES_MAX)
		return head_fail(h, RC_SPACE, "card %u has %d boxes already: unpair one first",
				 leaf, CA_BOXES_MAX);
	if (rc == RC_OK && pending > HEAD_BOXES_MAX)
		return head_fail(h, RC_SPACE, "card %u has %lld pairings on their way, %d fit",
				 leaf, (long long)pending, HEAD_BOXES_MAX);
	return head_store(h, rc);
}

static enum rc
pair_rows(struct head *h, uint32_t leaf, const uint8_t key_hash[CRYPTO_HASH], bool paired,
	  uint32_t now, int64_t change)
{
	struct head_card card;
	enum rc rc = card_get(h, leaf, &card);

	if (rc != RC_OK)
		return rc;
	if (card.state != CARD_ACTIVE)
		return head_fail(h, RC_STATE, "card %u is revoked", leaf);
	if (card.profile != PROFILE_PAIRED)
		return head_fail(h, RC_STATE,
				 "card %u is a laboratory card: it opens for every box", leaf);
	rc = put_box(h, leaf, key_hash, paired, now);
	if (rc == RC_OK)
		rc = boxes_must_fit(h, leaf, paired, now);
	if (rc == RC_OK)
		rc = card_touch(h, leaf, paired ? "pair" : "unpair", change, now);
	return rc;
}

enum rc
card_pair(struct head *h, uint32_t leaf, const uint8_t key_hash[CRYPTO_HASH], bool paired,
	  uint32_t now)
{
	int64_t change;
	enum rc rc = head_begin(h, &change);

	if (rc != RC_OK)
		return rc;
	return head_end(h, pair_rows(h, leaf, key_hash, paired, now, change));
}

enum rc
card_boxes(struct head *h, uint32_t leaf, uint32_t since, struct head_box boxes[HEAD_BOXES_MAX],
	   size_t *count)
{
	struct store_rows *rows;
	size_t n = 0, len;
	enum rc rc = store_select(h->store, &rows,
				  "SELECT key_hash, paired, changed_at FROM box WHERE shard = ?"
				  " AND leaf = ? AND changed_at > ? ORDER BY changed_at, key_hash",
				  "iii", STORE_SHARD(leaf), (int64_t)leaf, (int64_t)since);

	if (rc != RC_OK)
		return head_store(h, rc);
	while (n < HEAD_BOXES_MAX && store_next(rows)) {
		const uint8_t *hash = store_blob(rows, 0, &len);

		if (!hash || len != CRYPTO_HASH)
			continue;
		memcpy(boxes[n].key_hash, hash, CRYPTO_HASH);
		boxes[n].paired = store_int(rows, 1) != 0;
		boxes[n].changed_at = (uint32_t)store_int(rows, 2);
		n++;
	}
	*count = n;
	return head_store(h, store_done(&rows));
}
