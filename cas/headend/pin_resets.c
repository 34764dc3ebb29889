// SPDX-License-Identifier: GPL-3.0-or-later
/* PIN resets in the database. Wrapped: nonce 12, ciphered block 16 (length, digits, zeros), tag 16;
 * additional data are leaf and number, so that no card gets another's PIN. */
#include "headend/pin_resets.h"

#include "base/bytes.h"
#include "base/mem.h"

#define WRAPPED (CRYPTO_AEAD_NONCE + CRYPTO_BLOCK + CRYPTO_AEAD_TAG)
#define AAD 11

static void
make_aad(uint32_t leaf, uint32_t number, uint8_t aad[AAD])
{
	memcpy(aad, "PIN", 3);
	put_be32(aad + 3, leaf);
	put_be32(aad + 7, number);
}

static enum rc
wrap(const struct head_keys *keys, uint32_t leaf, const struct head_pin_reset *reset,
     uint8_t wrapped[WRAPPED])
{
	uint8_t aead[CRYPTO_AEAD_KEY], aad[AAD], block[CRYPTO_BLOCK] = { reset->len };
	enum rc rc = keystore_database_key(keys->keystore, aead);

	make_aad(leaf, reset->number, aad);
	memcpy(block + 1, reset->digits, reset->len);
	if (rc == RC_OK)
		rc = keys->crypto->random(keys->crypto->ctx, wrapped, CRYPTO_AEAD_NONCE);
	if (rc == RC_OK)
		rc = crypto_openssl_seal(keys->openssl, aead, wrapped, aad, sizeof aad, block,
					 sizeof block, wrapped + CRYPTO_AEAD_NONCE,
					 wrapped + CRYPTO_AEAD_NONCE + CRYPTO_BLOCK);
	mem_wipe(aead, sizeof aead);
	mem_wipe(block, sizeof block);
	return rc;
}

static enum rc
unwrap(const struct head_keys *keys, uint32_t leaf, const uint8_t *wrapped,
       struct head_pin_reset *reset)
{
	uint8_t aead[CRYPTO_AEAD_KEY], aad[AAD], block[CRYPTO_BLOCK] = { 0 };
	enum rc rc = keystore_database_key(keys->keystore, aead);

	make_aad(leaf, reset->number, aad);
	if (rc == RC_OK)
		rc = crypto_openssl_open(keys->openssl, aead, wrapped, aad, sizeof aad,
					 wrapped + CRYPTO_AEAD_NONCE, CRYPTO_BLOCK, block,
					 wrapped + CRYPTO_AEAD_NONCE + CRYPTO_BLOCK);
	if (rc == RC_OK && block[0] > PIN_MAX)
		rc = RC_FORMAT;
	if (rc == RC_OK) {
		reset->len = block[0];
		memcpy(reset->digits, block + 1, reset->len);
	}
	mem_wipe(aead, sizeof aead);
	mem_wipe(block, sizeof block);
	return rc;
}

static enum rc
put_reset(struct head *h, const struct head_keys *keys, uint32_t leaf, struct head_pin_reset *reset)
{
	int64_t shard = STORE_SHARD(leaf), last = 0;
	uint8_t wrapped[WRAPPED];
	enum rc rc = store_number(h->store, &last,
				  "SELECT coalesce(max(number), 0) FROM pin_reset"
				  " WHERE shard = ? AND leaf = ?",
				  "ii", shard, (int64_t)leaf);

	if (rc != RC_OK)
		return head_store(h, rc);
	reset->number = last < (int64_t)reset->changed_at ? reset->changed_at : (uint32_t)last + 1;
	rc = wrap(keys, leaf, reset, wrapped);
	if (rc != RC_OK)
		return head_fail(h, rc, "PIN of card %u: %s", leaf, rc_text(rc));
	rc = store_run(h->store, "DELETE FROM pin_reset WHERE shard = ? AND leaf = ?", "ii", shard,
		       (int64_t)leaf);
	if (rc == RC_OK)
		rc = store_run(h->store,
			       "INSERT INTO pin_reset(shard, leaf, number, wrapped, changed_at)"
			       " VALUES(?, ?, ?, ?, ?)",
			       "iiibi", shard, (int64_t)leaf, (int64_t)reset->number, wrapped,
			       sizeof wrapped, (int64_t)reset->changed_at);
	return head_store(h, rc);
}

static enum rc
reset_rows(struct head *h, const struct head_keys *keys, uint32_t leaf,
	   struct head_pin_reset *reset, int64_t change)
{
	struct head_card card;
	enum rc rc = card_get(h, leaf, &card);

	if (rc != RC_OK)
		return rc;
	if (card.state != CARD_ACTIVE)
		return head_fail(h, RC_STATE, "card %u is revoked", leaf);
	rc = put_reset(h, keys, leaf, reset);
	return rc == RC_OK ? card_touch(h, leaf, "pin", change, reset->changed_at) : rc;
}

enum rc
card_pin_reset(struct head *h, const struct head_keys *keys, uint32_t leaf, const uint8_t *pin,
	       size_t len, uint32_t now)
{
	struct head_pin_reset reset = { .changed_at = now };
	int64_t change;
	enum rc rc;

	if (!ca_pin_is_fit(pin, len))
		return head_fail(h, RC_RANGE, "a PIN has 4 to 8 digits, not 1111 or 1234");
	reset.len = (uint8_t)len;
	memcpy(reset.digits, pin, len);
	rc = head_begin(h, &change);
	if (rc == RC_OK)
		rc = head_end(h, reset_rows(h, keys, leaf, &reset, change));
	mem_wipe(&reset, sizeof reset);
	return rc;
}

enum rc
card_pin_reset_get(struct head *h, const struct head_keys *keys, uint32_t leaf,
		   struct head_pin_reset *out)
{
	struct store_rows *rows;
	enum rc rc, taken = RC_NOT_FOUND;
	size_t len = 0;

	rc = store_select(h->store, &rows,
			  "SELECT number, wrapped, changed_at FROM pin_reset"
			  " WHERE shard = ? AND leaf = ?",
			  "ii", STORE_SHARD(leaf), (int64_t)leaf);
	if (rc != RC_OK)
		return head_store(h, rc);
	*out = (struct head_pin_reset) { .number = 0 };
	if (store_next(rows)) {
		const uint8_t *wrapped = store_blob(rows, 1, &len);

		out->number = (uint32_t)store_int(rows, 0);
		out->changed_at = (uint32_t)store_int(rows, 2);
		taken = wrapped && len == WRAPPED ? unwrap(keys, leaf, wrapped, out) : RC_FORMAT;
	}
	rc = head_store(h, store_done(&rows));
	if (rc == RC_OK && taken != RC_OK && taken != RC_NOT_FOUND)
		rc = head_fail(h, taken, "PIN of card %u: %s", leaf,
			       taken == RC_AUTH ? "wrapped under another keystore, or altered"
						: rc_text(taken));
	return rc == RC_OK ? taken : rc;
}
