// SPDX-License-Identifier: GPL-3.0-or-later
/* Epoch keys out of tables 84 and 87, and the signatures that vouch for them: address, date, epoch
 * and sequence first, then who signed, then the key. A signature shared by many sections is
 * verified once and remembered in RAM. */
#include "apps/ca_vouch.h"

#include "apps/ca_clock.h"
#include "apps/ca_key.h"
#include "apps/common.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "base/time2000.h"

/* A key on its way to this card. */
struct delivery {
	struct emm_header h;
	struct emm_tree_key key;
	struct emm_tree_entry entry;
};

bool
ca_may_verify(const struct card_env *env)
{
	struct ca_ram *ram = ca_ram(env);

	if (ram->verifications >= CA_VERIFICATIONS_MAX)
		return false;
	ram->verifications++;
	return true;
}

/* Address, date, epoch and sequence; CA_EMM_APPLIED: go on. */
static enum rc
screen(const struct card_env *env, const struct ca_identity *id, const struct delivery *d,
       enum ca_emm_outcome *outcome)
{
	struct emm_bucket bucket;
	bool is_mine = false;
	uint8_t profile;
	uint32_t now;
	enum rc rc = ca_tree_profile(env, &profile);

	*outcome = CA_EMM_NOT_MINE;
	if (rc == RC_OK)
		rc = emm_bucket_from_address(d->h.address, &bucket);
	if (rc == RC_OK)
		rc = emm_tree_entry_is_for(&d->entry, id->leaf, &is_mine);
	if (rc != RC_OK || profile != (d->entry.complete ? CA_TREE_SMALL : CA_TREE_FULL) ||
	    !is_mine || d->h.operator_id != id->operator_id || !emm_bucket_holds(&bucket, id->leaf))
		return rc;
	rc = ca_clock_now(env, &now);
	if (rc != RC_OK)
		return rc;
	if (now != TIME2000_UNKNOWN && now > d->h.valid_until) {
		*outcome = CA_EMM_EXPIRED;
		return RC_OK;
	}
	return ca_epoch_screen(env, d->key.group, d->key.epoch, d->h.sequence, outcome);
}

static uint16_t
version_status(const struct ca_identity *id, uint8_t version)
{
	if (version == id->signing_version)
		return SW_OK;
	return version < id->signing_version ? SW_SECURITY_STATUS : SW_REFERENCE;
}

/* Deciphers and stages the key of an entry that somebody vouches for. */
static uint16_t
install(const struct card_env *env, const struct ca_identity *id, const struct delivery *d,
	enum ca_emm_outcome *outcome)
{
	const struct crypto *c = env->crypto;
	uint8_t subset[CRYPTO_KEY], key[CRYPTO_KEY], check[CRYPTO_KCV];
	enum rc rc = ca_tree_subset_key(env, id->leaf, &d->entry, subset);

	if (rc == RC_OK)
		rc = c->block(c->ctx, subset, sizeof subset, CRYPTO_DECRYPT, d->entry.wrapped, key);
	if (rc == RC_OK)
		rc = crypto_kcv(c, key, check);
	if (rc == RC_OK && !mem_equal_ct(check, d->key.check, sizeof check))
		rc = RC_AUTH;
	if (rc == RC_OK)
		rc = ca_epoch_put(env, d->key.group, d->key.epoch, d->h.sequence, key);
	mem_wipe(subset, sizeof subset);
	mem_wipe(key, sizeof key);
	if (rc == RC_OK && !nv_is_staged(env->part.nv))
		*outcome = CA_EMM_REPEATED;
	return rc == RC_CONFLICT ? SW_DATA : app_status(rc);
}

static bool
is_vouched(const struct ca_ram *ram, const uint8_t hash[EMM_TRUNCATED_HASH])
{
	for (size_t i = 0; i < CA_VOUCHERS; i++) {
		for (size_t k = 0; k < ram->vouchers[i].count; k++) {
			if (memcmp(ram->vouchers[i].hashes[k], hash, EMM_TRUNCATED_HASH) == 0)
				return true;
		}
	}
	return false;
}

static struct ca_voucher *
next_voucher(struct ca_ram *ram)
{
	struct ca_voucher *v = &ram->vouchers[ram->next_voucher];

	ram->next_voucher = (uint8_t)((ram->next_voucher + 1U) % CA_VOUCHERS);
	return v;
}

/* The entry of a section of table 84 that is for this leaf and profile; others' are looked at, too:
 * a section that is damaged anywhere is worth nothing. */
static enum rc
find_entry(const uint8_t *section, size_t count, uint32_t leaf, uint8_t profile,
	   struct emm_tree_entry *out)
{
	struct emm_tree_entry e;
	bool is_for, found = false;

	for (size_t i = 0; i < count; i++) {
		enum rc rc = emm_tree_entry_at(section, i, &e);

		if (rc == RC_OK)
			rc = emm_tree_entry_is_for(&e, leaf, &is_for);
		if (rc != RC_OK)
			return rc;
		if (is_for && !found && e.complete == (profile == CA_TREE_SMALL)) {
			*out = e;
			found = true;
		}
	}
	return found ? RC_OK : RC_NOT_FOUND;
}

static uint16_t
take_section(const struct card_env *env, const struct ca_identity *id, const uint8_t *section,
	     size_t len, enum ca_emm_outcome *outcome)
{
	uint8_t hash[EMM_TRUNCATED_HASH];
	struct delivery d;
	uint8_t profile;
	size_t count;
	uint16_t sw;
	enum rc rc = emm_tree_parse(section, len, &d.h, &d.key, &count);

	if (rc == RC_OK)
		rc = ca_tree_profile(env, &profile);
	if (rc == RC_OK)
		rc = find_entry(section, count, id->leaf, profile, &d.entry);
	if (rc == RC_NOT_FOUND)
		return SW_OK;
	if (rc == RC_OK)
		rc = screen(env, id, &d, outcome);
	if (rc != RC_OK || *outcome != CA_EMM_APPLIED)
		return app_status(rc);
	sw = version_status(id, d.h.signing_version);
	if (sw != SW_OK)
		return sw;
	rc = emm_section_hash(env->crypto, section, len, hash);
	if (rc != RC_OK)
		return app_status(rc);
	if (!is_vouched(ca_ram(env), hash)) {
		*outcome = CA_EMM_UNVOUCHED;
		return SW_OK;
	}
	return install(env, id, &d, outcome);
}

static uint16_t
verify(const struct card_env *env, const uint8_t digest[CRYPTO_HASH], const uint8_t *signature)
{
	uint8_t key[CRYPTO_PUBLIC];
	enum rc rc = nv_part_read(&env->part, CA_AT_SIGNING, key, sizeof key);

	if (rc == RC_OK)
		rc = env->crypto->verify(env->crypto->ctx, key, digest, signature);
	return app_status(rc);
}

static uint16_t
take_auth(const struct card_env *env, const struct ca_identity *id, const uint8_t *section,
	  size_t len, enum ca_emm_outcome *outcome)
{
	const struct crypto_part part = { section, len - CRYPTO_SIGNATURE };
	struct ca_ram *ram = ca_ram(env);
	uint8_t digest[CRYPTO_HASH];
	struct ca_voucher *v;
	struct emm_auth a;
	uint16_t sw;
	enum rc rc = emm_auth_parse(section, len, &a);

	if (rc != RC_OK)
		return app_status(rc);
	if (a.operator_id != id->operator_id || !emm_bucket_holds(&a.bucket, id->leaf))
		return SW_OK;
	sw = version_status(id, a.signing_version);
	if (sw != SW_OK)
		return sw;
	*outcome = CA_EMM_NOTED;
	rc = env->crypto->hash(env->crypto->ctx, &part, 1, digest);
	if (rc != RC_OK)
		return app_status(rc);
	for (size_t i = 0; i < CA_VOUCHERS; i++) {
		if (ram->vouchers[i].count == a.count &&
		    memcmp(ram->vouchers[i].hashes, a.hashes,
			   (size_t)a.count * EMM_TRUNCATED_HASH) == 0)
			return SW_OK;
	}
	if (!ca_may_verify(env)) {
		*outcome = CA_EMM_LATER;
		return SW_OK;
	}
	sw = verify(env, digest, section + part.len);
	if (sw != SW_OK)
		return sw;
	v = next_voucher(ram);
	v->count = a.count;
	memcpy(v->hashes, a.hashes, sizeof v->hashes);
	return SW_OK;
}

/* A short form: the digest that its batch's signature stands under counts as one hash. */
static uint16_t
take_extract(const struct card_env *env, const struct ca_identity *id, const uint8_t *section,
	     size_t len, enum ca_emm_outcome *outcome)
{
	uint8_t digest[CRYPTO_HASH];
	struct ca_voucher *v;
	struct delivery d;
	uint16_t sw;
	enum rc rc = emm_extract_parse(section, len, &d.h, &d.key, &d.entry);

	if (rc == RC_OK)
		rc = screen(env, id, &d, outcome);
	if (rc != RC_OK || *outcome != CA_EMM_APPLIED)
		return app_status(rc);
	sw = version_status(id, d.h.signing_version);
	if (sw != SW_OK)
		return sw;
	rc = emm_extract_digest(env->crypto, section, len, digest);
	if (rc != RC_OK)
		return app_status(rc);
	if (!is_vouched(ca_ram(env), digest)) {
		if (!ca_may_verify(env)) {
			*outcome = CA_EMM_LATER;
			return SW_OK;
		}
		sw = verify(env, digest, emm_extract_signature(section, len));
		if (sw != SW_OK)
			return sw;
		v = next_voucher(ca_ram(env));
		v->count = 1;
		memcpy(v->hashes[0], digest, EMM_TRUNCATED_HASH);
	}
	return install(env, id, &d, outcome);
}

uint16_t
ca_tree_command(const struct card_env *env, const struct ca_identity *id, const uint8_t *section,
		size_t len, enum ca_emm_outcome *outcome)
{
	*outcome = CA_EMM_NOT_MINE;
	if (section[0] == EMM_TREE)
		return take_section(env, id, section, len, outcome);
	if (section[0] == EMM_AUTH)
		return take_auth(env, id, section, len, outcome);
	return take_extract(env, id, section, len, outcome);
}

void
ca_tree_forget(const struct card_env *env)
{
	struct ca_ram *ram = ca_ram(env);

	memset(ram->vouchers, 0, sizeof ram->vouchers);
}
