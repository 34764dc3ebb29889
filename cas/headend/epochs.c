// SPDX-License-Identifier: GPL-3.0-or-later
/* Epoch keys in the database. Wrapped: nonce 12, ciphered key 16, tag 16; additional data are group
 * and epoch, so that no key can be put in another's place. */
#include "headend/epochs.h"

#include "base/bytes.h"
#include "base/mem.h"

#define WRAPPED (CRYPTO_AEAD_NONCE + CRYPTO_KEY + CRYPTO_AEAD_TAG)
#define AAD 3

static void
make_aad(uint8_t group, uint16_t epoch, uint8_t aad[AAD])
{
	aad[0] = group;
	put_be16(aad + 1, epoch);
}

static enum rc
wrap(const struct head_keys *keys, uint8_t group, uint16_t epoch, const uint8_t key[CRYPTO_KEY],
     uint8_t wrapped[WRAPPED])
{
	uint8_t aead[CRYPTO_AEAD_KEY], aad[AAD];
	enum rc rc = keystore_database_key(keys->keystore, aead);

	make_aad(group, epoch, aad);
	if (rc == RC_OK)
		rc = keys->crypto->random(keys->crypto->ctx, wrapped, CRYPTO_AEAD_NONCE);
	if (rc == RC_OK)
		rc = crypto_openssl_seal(keys->openssl, aead, wrapped, aad, sizeof aad, key,
					 CRYPTO_KEY, wrapped + CRYPTO_AEAD_NONCE,
					 wrapped + CRYPTO_AEAD_NONCE + CRYPTO_KEY);
	mem_wipe(aead, sizeof aead);
	return rc;
}

static enum rc
unwrap(const struct head_keys *keys, uint8_t group, uint16_t epoch, const uint8_t *wrapped,
       uint8_t key[CRYPTO_KEY])
{
	uint8_t aead[CRYPTO_AEAD_KEY], aad[AAD];
	enum rc rc = keystore_database_key(keys->keystore, aead);

	make_aad(group, epoch, aad);
	if (rc == RC_OK)
		rc = crypto_openssl_open(keys->openssl, aead, wrapped, aad, sizeof aad,
					 wrapped + CRYPTO_AEAD_NONCE, CRYPTO_KEY, key,
					 wrapped + CRYPTO_AEAD_NONCE + CRYPTO_KEY);
	mem_wipe(aead, sizeof aead);
	return rc;
}

enum rc
epoch_add(struct head *h, const struct head_keys *keys, uint8_t group, uint16_t epoch, uint32_t now,
	  uint32_t starts_at, int64_t change)
{
	uint8_t key[CRYPTO_KEY], wrapped[WRAPPED];
	int64_t sequence = 0;
	enum rc rc = keys->crypto->random(keys->crypto->ctx, key, sizeof key);

	if (rc == RC_OK)
		rc = wrap(keys, group, epoch, key, wrapped);
	mem_wipe(key, sizeof key);
	if (rc != RC_OK)
		return head_fail(h, rc, "epoch key: %s", rc_text(rc));
	rc = store_number(h->store, &sequence, "SELECT coalesce(max(sequence), 0) + 1 FROM epoch",
			  "");
	if (rc != RC_OK)
		return head_store(h, rc);
	sequence = sequence > (int64_t)now ? sequence : (int64_t)now;
	return head_store(h, store_run(h->store,
				       "INSERT INTO epoch(key_group, epoch, starts_at, change,"
				       " sequence, wrapped) VALUES(?, ?, ?, ?, ?, ?)",
				       "iiiiib", (int64_t)group, (int64_t)epoch, (int64_t)starts_at,
				       change, sequence, wrapped, sizeof wrapped));
}

/* Columns: group, epoch, starts_at, change, wrapped, sequence. */
static enum rc
take_row(struct head *h, const struct head_keys *keys, const struct store_rows *rows,
	 struct epoch_key *out)
{
	size_t len;
	const uint8_t *wrapped = store_blob(rows, 4, &len);
	enum rc rc = RC_FORMAT;

	out->group = (uint8_t)store_int(rows, 0);
	out->epoch = (uint16_t)store_int(rows, 1);
	out->starts_at = (uint32_t)store_int(rows, 2);
	out->change = store_int(rows, 3);
	out->sequence = (uint32_t)store_int(rows, 5);
	if (wrapped && len == WRAPPED)
		rc = unwrap(keys, out->group, out->epoch, wrapped, out->key);
	if (rc != RC_OK)
		return head_fail(h, rc, "epoch key %u of group %u: %s", out->epoch, out->group,
				 rc == RC_AUTH ? "wrapped under another keystore, or altered"
					       : rc_text(rc));
	return RC_OK;
}

enum rc
epoch_at(struct head *h, const struct head_keys *keys, uint8_t group, uint32_t t,
	 struct epoch_key *out)
{
	/* Epochs that have begun come first, the newest of them in front; then the oldest to come.
	 */
	static const char sql[] =
		"SELECT key_group, epoch, starts_at, change, wrapped, sequence FROM epoch WHERE "
		"key_group = ?"
		" ORDER BY starts_at > ?, CASE WHEN starts_at > ? THEN epoch ELSE -epoch END LIMIT "
		"1";
	struct store_rows *rows;
	enum rc rc, taken = RC_NOT_FOUND;

	rc = store_select(h->store, &rows, sql, "iii", (int64_t)group, (int64_t)t, (int64_t)t);
	if (rc != RC_OK)
		return head_store(h, rc);
	if (store_next(rows))
		taken = take_row(h, keys, rows, out);
	rc = store_done(&rows);
	if (rc != RC_OK)
		return head_store(h, rc);
	if (taken == RC_NOT_FOUND)
		return head_fail(h, taken, "key group %u has no key yet", group);
	return taken;
}

enum rc
epoch_live(struct head *h, const struct head_keys *keys, uint32_t t, struct epoch_key *out,
	   size_t *count)
{
	static const char sql[] =
		"SELECT key_group, epoch, starts_at, change, wrapped, sequence FROM epoch AS e"
		" WHERE NOT EXISTS(SELECT 1 FROM epoch AS later WHERE later.key_group = e.key_group"
		" AND later.epoch > e.epoch AND later.starts_at <= ?)"
		" ORDER BY key_group, epoch LIMIT ?";
	struct store_rows *rows;
	enum rc rc, taken = RC_OK;
	size_t n = 0;

	rc = store_select(h->store, &rows, sql, "ii", (int64_t)t,
			  (int64_t)(EPOCH_GROUPS_MAX * EPOCH_LIVE_MAX));
	if (rc != RC_OK)
		return head_store(h, rc);
	while (taken == RC_OK && store_next(rows))
		taken = take_row(h, keys, rows, &out[n++]);
	rc = head_store(h, store_done(&rows));
	if (rc == RC_OK)
		rc = taken;
	if (rc == RC_OK)
		*count = n;
	else
		mem_wipe(out, n * sizeof *out);
	return rc;
}

enum rc
epoch_group_exists(struct head *h, uint8_t group, bool *exists)
{
	int64_t n = 0;
	enum rc rc = store_number(h->store, &n, "SELECT count(*) FROM epoch WHERE key_group = ?",
				  "i", (int64_t)group);

	*exists = n > 0;
	return head_store(h, rc);
}

/* RC_NOT_FOUND: the group is new. */
static enum rc
newest(struct head *h, uint8_t group, uint16_t *epoch, uint32_t *starts_at)
{
	struct store_rows *rows;
	bool found;
	enum rc rc = store_select(h->store, &rows,
				  "SELECT epoch, starts_at FROM epoch WHERE key_group = ?"
				  " ORDER BY epoch DESC LIMIT 1",
				  "i", (int64_t)group);

	if (rc != RC_OK)
		return head_store(h, rc);
	found = store_next(rows);
	if (found) {
		*epoch = (uint16_t)store_int(rows, 0);
		*starts_at = (uint32_t)store_int(rows, 1);
	}
	rc = head_store(h, store_done(&rows));
	return rc == RC_OK && !found ? RC_NOT_FOUND : rc;
}

static enum rc
choose_epoch(struct head *h, uint8_t group, uint32_t now, uint32_t *starts_at, uint16_t *epoch)
{
	char text[TIME2000_TEXT_SIZE];
	uint32_t last_start = 0;
	uint16_t last = 0;
	enum rc rc = newest(h, group, &last, &last_start);

	if (rc == RC_NOT_FOUND) {
		*epoch = 0;
		*starts_at = EPOCH_ALWAYS;
		return RC_OK;
	}
	if (rc != RC_OK)
		return rc;
	time2000_format(last_start, text);
	if (last_start > now)
		return head_fail(h, RC_STATE, "epoch %u of group %u begins only at %s", last, group,
				 text);
	if (*starts_at <= last_start)
		return head_fail(h, RC_STATE, "epoch %u of group %u began at %s, not before", last,
				 group, text);
	if (last == UINT16_MAX)
		return head_fail(h, RC_STATE, "group %u has used up its epoch numbers", group);
	*epoch = (uint16_t)(last + 1);
	return RC_OK;
}

/* Cards that the key tree does not serve: without labels, or with a cancel that may not have
 * arrived, which then comes in one part with the key. */
#define BY_ITSELF                                                                 \
	" WHERE state = 0 AND (tree = 0 OR EXISTS(SELECT 1 FROM entitlement AS e" \
	" WHERE e.shard = card.shard AND e.leaf = card.leaf AND e.cancelled = 1"  \
	" AND e.changed_at > ?))"

static enum rc
tell_cards(struct head *h, uint32_t now, int64_t change, struct epoch_rotation *r)
{
	static const char touch[] = "UPDATE card SET emm_sequence = CASE WHEN emm_sequence + 1 > ? "
				    "THEN emm_sequence + 1"
				    " ELSE ? END, changed_at = ?" BY_ITSELF;
	static const char post[] = "INSERT INTO outbox(shard, change, leaf, kind, at)"
				   " SELECT shard, ?, leaf, 'rotate', ? FROM card" BY_ITSELF;
	int64_t t = now, since = now > HEAD_PENDING_S ? now - HEAD_PENDING_S : 0;
	enum rc rc = store_run(h->store, touch, "iiii", t, t, t, since);

	if (rc == RC_OK)
		rc = store_run(h->store, post, "iii", change, t, since);
	if (rc == RC_OK)
		r->unique = store_changed(h->store);
	if (rc == RC_OK)
		rc = store_number(h->store, &r->cards, "SELECT count(*) FROM card WHERE state = 0",
				  "");
	if (rc == RC_OK)
		rc = store_number(h->store, &r->revoked,
				  "SELECT count(*) FROM card WHERE state <> 0", "");
	return head_store(h, rc);
}

enum rc
epoch_rotate(struct head *h, const struct head_keys *keys, uint8_t group, uint32_t now,
	     uint32_t starts_at, struct epoch_rotation *out)
{
	struct epoch_rotation r = { .group = group, .starts_at = starts_at };
	int64_t change = 0;
	enum rc rc;

	if (group >= EPOCH_GROUPS_MAX)
		return head_fail(h, RC_RANGE, "key groups are 0 to %d", EPOCH_GROUPS_MAX - 1);
	rc = head_begin(h, &change);
	if (rc != RC_OK)
		return rc;
	rc = choose_epoch(h, group, now, &r.starts_at, &r.epoch);
	if (rc == RC_OK)
		rc = epoch_add(h, keys, group, r.epoch, now, r.starts_at, change);
	if (rc == RC_OK)
		rc = tell_cards(h, now, change, &r);
	rc = head_end(h, rc);
	if (rc == RC_OK)
		*out = r;
	return rc;
}
