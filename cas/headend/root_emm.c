// SPDX-License-Identifier: GPL-3.0-or-later
/* Root-signed EMMs: one row a command, sealed together (FORMATS.md, "EMM commands", 92 and D1). */
#include "headend/root_emm.h"

#include "base/mem.h"

#define FOR_YEARS_S (10U * 365U * 86400U) /* a card may have been off for as long */

/* A command that is pending, and how it goes on air. */
struct row {
	uint8_t tag;
	uint8_t version; /* of a signing key; 0 for others */
	uint32_t valid_until;
	size_t len;
	uint8_t body[EMM_PACKET_MAX];
};

static uint32_t
later(uint32_t t, uint32_t seconds)
{
	return t < UINT32_MAX - seconds ? t + seconds : UINT32_MAX;
}

/* Reads the commands that are still valid. */
static enum rc
pending(struct head *h, uint32_t now, struct row rows[ROOT_EMM_MAX], size_t *count)
{
	struct store_rows *found;
	size_t n = 0;
	enum rc done, rc = store_select(h->store, &found,
					"SELECT tag, version, valid_until, body FROM root_emm"
					" WHERE valid_until > ? ORDER BY tag LIMIT ?",
					"ii", (int64_t)now, (int64_t)ROOT_EMM_MAX);

	if (rc != RC_OK)
		return head_store(h, rc);
	while (rc == RC_OK && store_next(found)) {
		struct row *r = &rows[n++];
		const uint8_t *body = store_blob(found, 3, &r->len);

		r->tag = (uint8_t)store_int(found, 0);
		r->version = (uint8_t)store_int(found, 1);
		r->valid_until = (uint32_t)store_int(found, 2);
		if (body && r->len <= sizeof r->body)
			memcpy(r->body, body, r->len);
		else
			rc = RC_FORMAT;
	}
	done = head_store(h, store_done(&found));
	if (rc != RC_OK)
		return head_fail(h, rc, "root-signed EMM: %s", rc_text(rc));
	*count = n;
	return done;
}

static enum rc
sign_by_root(void *ctx, const uint8_t digest[CRYPTO_HASH], uint8_t signature[CRYPTO_SIGNATURE])
{
	return keystore_sign(ctx, KEYSTORE_ROOT_SIGNING, digest, signature);
}

static enum rc
seal_row(struct head *h, const struct head_keys *keys, const struct row *r, uint32_t sequence,
	 size_t part, size_t parts)
{
	uint8_t root_key[CRYPTO_PUBLIC], section[EMM_MAX];
	struct emm_header header = { .table_id = EMM_GLOBAL,
				     .operator_id = h->op.id,
				     .flags = EMM_ROOT,
				     .sequence = sequence,
				     .part = (uint8_t)part,
				     .parts = (uint8_t)parts,
				     .valid_until = r->valid_until };
	size_t len = 0;
	enum rc rc = keystore_public(keys->keystore, KEYSTORE_ROOT_SIGNING, &header.signing_version,
				     root_key);

	if (rc == RC_OK)
		rc = emm_seal(keys->crypto, &header, r->body, r->len, NULL, sign_by_root,
			      keys->keystore, section, &len);
	if (rc == RC_NOT_FOUND)
		return head_fail(h, rc, "this keystore does not hold the root-signing key");
	if (rc != RC_OK)
		return head_fail(h, rc, "root-signed EMM: %s", rc_text(rc));
	return head_store(h,
			  store_run(h->store,
				    "UPDATE root_emm SET sequence = ?, section = ? WHERE tag = ?",
				    "ibi", (int64_t)sequence, section, len, (int64_t)r->tag));
}

/* Seals all that is pending under the next sequence. */
static enum rc
seal_set(struct head *h, const struct head_keys *keys, uint32_t now)
{
	struct row rows[ROOT_EMM_MAX];
	int64_t sequence = 0;
	size_t count = 0;
	enum rc rc = head_store(h, store_number(h->store, &sequence,
						"SELECT coalesce(max(sequence), 0) + 1 FROM"
						" root_emm",
						""));

	if (rc == RC_OK)
		rc = pending(h, now, rows, &count);
	if (sequence < (int64_t)now)
		sequence = now;
	for (size_t i = 0; rc == RC_OK && i < count; i++)
		rc = seal_row(h, keys, &rows[i], (uint32_t)sequence, i + 1, count);
	return rc;
}

/* Puts a command in the place of the one with its tag; the sequence goes on from there. */
static enum rc
put(struct head *h, const struct head_keys *keys, uint32_t now, const struct emm_command *cmd,
    uint8_t version, uint32_t valid_until)
{
	uint8_t body[EMM_PACKET_MAX];
	int64_t sequence = 0;
	size_t len = 0;
	enum rc rc = emm_command_encode(cmd, body, sizeof body, &len);

	if (rc != RC_OK)
		return head_fail(h, rc, "root-signed EMM: %s", rc_text(rc));
	rc = store_number(h->store, &sequence, "SELECT coalesce(max(sequence), 0) FROM root_emm",
			  "");
	if (rc == RC_OK)
		rc = store_run(h->store, "DELETE FROM root_emm WHERE tag = ?", "i",
			       (int64_t)cmd->tag);
	if (rc == RC_OK)
		rc = store_run(h->store,
			       "INSERT INTO root_emm(tag, version, sequence, valid_until, made_at,"
			       " body, section) VALUES(?, ?, ?, ?, ?, ?, ?)",
			       "iiiiibb", (int64_t)cmd->tag, (int64_t)version, sequence,
			       (int64_t)valid_until, (int64_t)now, body, len, body, (size_t)0);
	rc = head_store(h, rc);
	return rc == RC_OK ? seal_set(h, keys, now) : rc;
}

static enum rc
check_version(struct head *h, uint8_t version)
{
	int64_t announced = 1;
	enum rc rc =
		store_number(h->store, &announced, "SELECT version FROM root_emm WHERE tag = ?",
			     "i", (int64_t)EMM_TAG_SIGNING_KEY);

	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return head_store(h, rc);
	if (version <= announced)
		return head_fail(h, RC_STATE,
				 "version %u of the signing key is in use already; the keystore has"
				 " no newer one",
				 version);
	return RC_OK;
}

enum rc
root_emm_signing_key(struct head *h, const struct head_keys *keys, uint32_t now, uint8_t *version)
{
	struct emm_command cmd = { .tag = EMM_TAG_SIGNING_KEY };
	int64_t change;
	enum rc rc = keystore_public(keys->keystore, KEYSTORE_SIGNING, &cmd.u.signing_key.version,
				     cmd.u.signing_key.public_key);

	if (rc != RC_OK)
		return head_fail(h, rc, "signing key: %s", rc_text(rc));
	cmd.u.signing_key.floor = cmd.u.signing_key.version;
	rc = head_begin(h, &change);
	if (rc != RC_OK)
		return rc;
	rc = check_version(h, cmd.u.signing_key.version);
	if (rc == RC_OK)
		rc = put(h, keys, now, &cmd, cmd.u.signing_key.version, later(now, FOR_YEARS_S));
	rc = head_end(h, rc);
	if (rc == RC_OK)
		*version = cmd.u.signing_key.version;
	return rc;
}

enum rc
root_emm_clock(struct head *h, const struct head_keys *keys, uint32_t now, uint32_t moment)
{
	const struct emm_command cmd = { .tag = EMM_TAG_CLOCK_SET, .u.time.now = moment };
	uint32_t newest = 0;
	int64_t change;
	enum rc rc = head_begin(h, &change);

	if (rc != RC_OK)
		return rc;
	/* A card judges it by the wrong clock that it has. */
	rc = head_signed_time(h, &newest);
	if (newest < moment)
		newest = moment;
	if (rc == RC_OK)
		rc = put(h, keys, now, &cmd, 0, later(newest, HEAD_PENDING_S));
	if (rc == RC_OK)
		rc = head_store(h,
				store_run(h->store,
					  "UPDATE meta SET number = ? WHERE name = 'signed_time'",
					  "i", (int64_t)moment));
	return head_end(h, rc);
}

enum rc
root_emm_load(struct head *h, const struct head_keys *keys, uint32_t now, struct root_emms *out)
{
	uint8_t version = 0, public_key[CRYPTO_PUBLIC];
	struct store_rows *rows;
	size_t n = 0;
	enum rc rc = keystore_public(keys->keystore, KEYSTORE_SIGNING, &version, public_key);

	if (rc != RC_OK)
		return head_fail(h, rc, "signing key: %s", rc_text(rc));
	rc = store_select(h->store, &rows,
			  "SELECT section FROM root_emm WHERE valid_until > ? AND"
			  " (tag <> ? OR version = ?) ORDER BY tag LIMIT ?",
			  "iiii", (int64_t)now, (int64_t)EMM_TAG_SIGNING_KEY, (int64_t)version,
			  (int64_t)ROOT_EMM_MAX);
	if (rc != RC_OK)
		return head_store(h, rc);
	while (store_next(rows)) {
		struct emm_section *s = &out->sections[n];
		size_t len = 0;
		const uint8_t *bytes = store_blob(rows, 0, &len);

		if (!bytes || len == 0 || len > sizeof s->bytes)
			continue;
		memcpy(s->bytes, bytes, len);
		s->len = (uint8_t)len;
		n++;
	}
	rc = head_store(h, store_done(&rows));
	if (rc == RC_OK)
		out->count = n;
	return rc;
}
