// SPDX-License-Identifier: GPL-3.0-or-later
/* Cards: issue, look up, revoke. */
#include "headend/cards.h"

#include "base/mem.h"
#include "headend/text.h"

#include <stdio.h>

/* Of an enum ladder_domain. */
#define DOMAIN_KEYS(domain)                                                                     \
	"(SELECT coalesce(max(version), 0) FROM domain_key WHERE domain_key.shard = card.shard" \
	" AND domain_key.leaf = card.leaf AND domain_key.domain = " domain ")"
#define CARD_COLUMNS                                                                               \
	"SELECT leaf, state, profile, key_version, issued_at, revoked_at, reason, emm_sequence,"   \
	" changed_at, credit_total, credit_sequence, credit_at, record_head, record_chain, spent," \
	" ack_at, tree, (SELECT count(*) FROM alarm WHERE alarm.shard = card.shard"                \
	" AND alarm.leaf = card.leaf)," DOMAIN_KEYS("2") ", " DOMAIN_KEYS("3") " FROM card "

static enum rc
next_leaf(struct head *h, uint32_t *leaf)
{
	int64_t v = 0;
	enum rc rc = store_number(h->store, &v,
				  "SELECT CASE WHEN max(leaf) IS NULL THEN 1 ELSE max(leaf) + 1 END"
				  " FROM card WHERE shard = (SELECT max(shard) FROM card)",
				  "");

	if (rc != RC_OK)
		return head_store(h, rc);
	if (v > (int64_t)CARD_LEAF_MAX)
		return head_fail(h, RC_SPACE, "all leaves of the key tree are in use");
	*leaf = (uint32_t)v;
	return RC_OK;
}

static enum rc
insert_card(struct head *h, uint32_t leaf, uint8_t profile, uint8_t key_version, uint32_t now)
{
	static const uint8_t chain[CRYPTO_MAC];
	enum rc rc =
		store_run(h->store,
			  "INSERT INTO card(shard, leaf, state, profile, key_version, issued_at,"
			  " emm_sequence, changed_at, credit_total, credit_sequence, credit_at,"
			  " record_head, record_chain, spent, ack_at)"
			  " VALUES(?, ?, 0, ?, ?, ?, 0, 0, 0, 0, 0, 0, ?, 0, 0)",
			  "iiiiib", STORE_SHARD(leaf), (int64_t)leaf, (int64_t)profile,
			  (int64_t)key_version, (int64_t)now, chain, sizeof chain);

	if (rc == RC_CONFLICT)
		return head_fail(h, rc, "card %u exists already", leaf);
	return head_store(h, rc);
}

enum rc
card_new(struct head *h, uint8_t profile, uint8_t key_version, uint32_t now, uint32_t *leaf)
{
	int64_t change;
	uint32_t next = 0;
	enum rc rc = head_begin(h, &change);

	if (rc != RC_OK)
		return rc;
	rc = next_leaf(h, &next);
	if (rc == RC_OK)
		rc = insert_card(h, next, profile, key_version, now);
	rc = head_end(h, rc);
	if (rc == RC_OK)
		*leaf = next;
	return rc;
}

enum rc
card_add(struct head *h, uint32_t leaf, uint8_t profile, uint8_t key_version, uint32_t now)
{
	int64_t change;
	enum rc rc;

	if (leaf == 0 || leaf > CARD_LEAF_MAX)
		return head_fail(h, RC_RANGE, "leaves are 1 to %u", CARD_LEAF_MAX);
	rc = head_begin(h, &change);
	if (rc != RC_OK)
		return rc;
	return head_end(h, insert_card(h, leaf, profile, key_version, now));
}

enum rc
card_set_tree(struct head *h, uint32_t leaf, uint8_t tree)
{
	int64_t change;
	enum rc rc = head_begin(h, &change);

	if (rc != RC_OK)
		return rc;
	rc = head_store(h,
			store_run(h->store, "UPDATE card SET tree = ? WHERE shard = ? AND leaf = ?",
				  "iii", (int64_t)tree, STORE_SHARD(leaf), (int64_t)leaf));
	return head_end(h, rc);
}

enum rc
card_forget(struct head *h, uint32_t leaf)
{
	int64_t change;
	enum rc rc = head_begin(h, &change);

	if (rc != RC_OK)
		return rc;
	rc = head_store(h, store_run(h->store, "DELETE FROM card WHERE shard = ? AND leaf = ?",
				     "ii", STORE_SHARD(leaf), (int64_t)leaf));
	return head_end(h, rc);
}

static void
take_card(const struct store_rows *rows, struct head_card *c)
{
	size_t len;
	const uint8_t *chain = store_blob(rows, 13, &len);

	*c = (struct head_card) { .leaf = (uint32_t)store_int(rows, 0),
				  .state = (uint8_t)store_int(rows, 1),
				  .profile = (uint8_t)store_int(rows, 2),
				  .key_version = (uint8_t)store_int(rows, 3),
				  .issued_at = (uint32_t)store_int(rows, 4),
				  .revoked_at = (uint32_t)store_int(rows, 5),
				  .emm_sequence = (uint32_t)store_int(rows, 7),
				  .changed_at = (uint32_t)store_int(rows, 8),
				  .credit_total = (uint64_t)store_int(rows, 9),
				  .credit_sequence = (uint32_t)store_int(rows, 10),
				  .credit_at = (uint32_t)store_int(rows, 11),
				  .record_head = (uint32_t)store_int(rows, 12),
				  .spent = (uint64_t)store_int(rows, 14),
				  .ack_at = (uint32_t)store_int(rows, 15),
				  .tree = (uint8_t)store_int(rows, 16),
				  .alarms = (uint32_t)store_int(rows, 17),
				  .ca_keys = (uint8_t)store_int(rows, 18),
				  .purse_keys = (uint8_t)store_int(rows, 19) };
	snprintf(c->reason, sizeof c->reason, "%s", store_text(rows, 6));
	if (chain && len == sizeof c->record_chain)
		memcpy(c->record_chain, chain, len);
}

static enum rc
finish_one(struct head *h, enum rc rc, struct store_rows **rows, struct head_card *card)
{
	bool found;

	if (rc != RC_OK)
		return head_store(h, rc);
	found = store_next(*rows);
	if (found)
		take_card(*rows, card);
	rc = head_store(h, store_done(rows));
	return rc == RC_OK && !found ? RC_NOT_FOUND : rc;
}

enum rc
card_get(struct head *h, uint32_t leaf, struct head_card *card)
{
	struct store_rows *rows;
	enum rc rc = store_select(h->store, &rows, CARD_COLUMNS "WHERE shard = ? AND leaf = ?",
				  "ii", STORE_SHARD(leaf), (int64_t)leaf);

	rc = finish_one(h, rc, &rows, card);
	if (rc == RC_NOT_FOUND)
		return head_fail(h, rc, "there is no card %u", leaf);
	return rc;
}

enum rc
card_get_active(struct head *h, uint32_t leaf, struct head_card *card)
{
	enum rc rc = card_get(h, leaf, card);

	if (rc == RC_OK && card->state != CARD_ACTIVE)
		rc = head_fail(h, RC_STATE, "card %u is revoked", leaf);
	return rc;
}

enum rc
card_next(struct head *h, int64_t after, struct head_card *card)
{
	struct store_rows *rows;
	enum rc rc = store_select(h->store, &rows,
				  CARD_COLUMNS "WHERE shard >= ? AND leaf > ?"
					       " ORDER BY shard, leaf LIMIT 1",
				  "ii", after < 0 ? 0 : STORE_SHARD(after), after);

	return finish_one(h, rc, &rows, card);
}

enum rc
card_touch(struct head *h, uint32_t leaf, const char *kind, int64_t change, uint32_t now)
{
	int64_t shard = STORE_SHARD(leaf), t = now;
	enum rc rc = store_run(h->store,
			       "UPDATE card SET emm_sequence = CASE WHEN emm_sequence + 1 > ?"
			       " THEN emm_sequence + 1 ELSE ? END, changed_at = ?"
			       " WHERE shard = ? AND leaf = ?",
			       "iiiii", t, t, t, shard, (int64_t)leaf);

	if (rc == RC_OK)
		rc = store_run(h->store,
			       "INSERT INTO outbox(shard, change, leaf, kind, at)"
			       " SELECT ?, ?, ?, ?, ? WHERE NOT EXISTS(SELECT 1 FROM outbox"
			       " WHERE shard = ? AND change = ? AND leaf = ?)",
			       "iiitiiii", shard, change, (int64_t)leaf, kind, t, shard, change,
			       (int64_t)leaf);
	return head_store(h, rc);
}

enum rc
card_revoke_within(struct head *h, uint32_t leaf, const char *reason, uint32_t now, int64_t change)
{
	struct head_card card = { 0 };
	enum rc rc = card_get(h, leaf, &card);

	if (rc != RC_OK)
		return rc;
	if (card.state == CARD_REVOKED)
		return head_fail(h, RC_STATE, "card %u is revoked already", leaf);
	rc = store_run(h->store,
		       "UPDATE card SET state = 1, revoked_at = ?, revoked_change = ?, reason = ?"
		       " WHERE shard = ? AND leaf = ?",
		       "iitii", (int64_t)now, change, reason, STORE_SHARD(leaf), (int64_t)leaf);
	if (rc != RC_OK)
		return head_store(h, rc);
	return card_touch(h, leaf, "revoke", change, now);
}

enum rc
card_revoke(struct head *h, uint32_t leaf, const char *reason, uint32_t now)
{
	int64_t change;
	enum rc rc;

	if (reason && !text_is_plain(reason, CARD_REASON - 1))
		return head_fail(h, RC_RANGE, "a reason has 1 to %d bytes of plain text",
				 CARD_REASON - 1);
	rc = head_begin(h, &change);
	if (rc != RC_OK)
		return rc;
	return head_end(h, card_revoke_within(h, leaf, reason, now, change));
}
