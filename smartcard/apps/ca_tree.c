// SPDX-License-Identifier: GPL-3.0-or-later
/* Labels in the key tree: personalisation, and the way from a label to the key of a subset. */
#include "apps/ca_tree.h"

#include "apps/common.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"

#define LABELS_IN_COMMAND 12U

/* State: profile in force u8, profile that is being stored u8, labels stored u16. */
struct tree_state {
	uint8_t profile, storing;
	uint16_t stored;
};

static enum rc
state_load(const struct card_env *env, struct tree_state *s)
{
	uint8_t raw[CA_TREE_STATE];
	enum rc rc = nv_part_read(&env->part, CA_AT_TREE, raw, sizeof raw);

	if (rc == RC_OK) {
		s->profile = raw[0];
		s->storing = raw[1];
		s->stored = get_be16(raw + 2);
	}
	return rc;
}

static enum rc
state_stage(const struct card_env *env, const struct tree_state *s)
{
	uint8_t raw[CA_TREE_STATE] = { s->profile, s->storing };

	put_be16(raw + 2, s->stored);
	return nv_part_stage(&env->part, CA_AT_TREE, raw, sizeof raw);
}

static unsigned int
label_count(uint8_t profile)
{
	return profile == CA_TREE_FULL ? TREE_LABELS_MAX : TREE_HEIGHT_MAX + 1U;
}

static uint32_t
label_place(unsigned int index)
{
	return CA_AT_LABELS + index * CRYPTO_KEY;
}

enum rc
ca_tree_profile(const struct card_env *env, uint8_t *profile)
{
	struct tree_state s;
	enum rc rc = state_load(env, &s);

	if (rc == RC_OK)
		*profile = s.profile;
	return rc;
}

static bool
profile_is_possible(uint8_t profile)
{
	return (profile == CA_TREE_FULL || profile == CA_TREE_SMALL) &&
	       label_count(profile) <= CA_LABELS_MAX;
}

uint16_t
ca_tree_store_labels(const struct card_env *env, struct reader *r)
{
	const uint8_t profile = read_u8(r);
	const uint16_t first = read_be16(r);
	const size_t count = r->left / CRYPTO_KEY;
	uint8_t label[CRYPTO_KEY];
	struct tree_state s;
	enum rc rc = state_load(env, &s);

	if (rc != RC_OK)
		return app_status(rc);
	if (r->failed || r->left % CRYPTO_KEY != 0 || count < 1 || count > LABELS_IN_COMMAND ||
	    !profile_is_possible(profile) || first + count > label_count(profile))
		return SW_DATA;
	if (first != 0 && (s.storing != profile || s.stored != first))
		return SW_CONDITIONS;
	for (size_t i = 0; rc == RC_OK && i < count; i++) {
		rc = card_unwrap_key(env->card, read_slice(r, CRYPTO_KEY), NULL, label);
		if (rc == RC_OK)
			rc = nv_part_stage(&env->part, label_place(first + (unsigned int)i), label,
					   sizeof label);
	}
	mem_wipe(label, sizeof label);
	s = (struct tree_state) { .storing = profile, .stored = (uint16_t)(first + count) };
	if (rc == RC_OK)
		rc = state_stage(env, &s);
	return app_status(rc);
}

/* c = AES(label, c) over all labels, beginning with 01 × 16: its first three bytes. */
static enum rc
labels_check(const struct card_env *env, unsigned int count, uint8_t check[CRYPTO_KCV])
{
	uint8_t label[CRYPTO_KEY], c[CRYPTO_BLOCK];
	const struct crypto *crypto = env->crypto;
	enum rc rc = RC_OK;

	memset(c, 0x01, sizeof c);
	for (unsigned int i = 0; rc == RC_OK && i < count; i++) {
		rc = nv_part_read(&env->part, label_place(i), label, sizeof label);
		if (rc == RC_OK)
			rc = crypto->block(crypto->ctx, label, sizeof label, CRYPTO_ENCRYPT, c, c);
	}
	memcpy(check, c, CRYPTO_KCV);
	mem_wipe(label, sizeof label);
	mem_wipe(c, sizeof c);
	return rc;
}

uint16_t
ca_tree_store_check(const struct card_env *env, struct reader *r)
{
	uint8_t wanted[CRYPTO_KCV], check[CRYPTO_KCV];
	struct tree_state s;
	enum rc rc = state_load(env, &s);

	read_bytes(r, wanted, sizeof wanted);
	if (!reader_at_end(r))
		return SW_DATA;
	if (rc == RC_OK && (!profile_is_possible(s.storing) || s.stored != label_count(s.storing)))
		return SW_CONDITIONS;
	if (rc == RC_OK)
		rc = labels_check(env, s.stored, check);
	if (rc != RC_OK)
		return app_status(rc);
	if (!mem_equal_ct(wanted, check, sizeof check))
		return SW_DATA;
	s.profile = s.storing;
	return app_status(state_stage(env, &s));
}

enum rc
ca_tree_subset_key(const struct card_env *env, uint32_t leaf, const struct emm_tree_entry *e,
		   uint8_t key[CRYPTO_KEY])
{
	unsigned int index = e->subset.depth_i, depth = 0;
	uint8_t label[CRYPTO_KEY];
	enum rc rc = RC_OK;

	if (!e->complete)
		rc = subset_label_index(TREE_HEIGHT_MAX, &e->subset, leaf, &index, &depth);
	if (rc == RC_OK)
		rc = nv_part_read(&env->part, label_place(index), label, sizeof label);
	if (rc == RC_OK && e->complete)
		memcpy(key, label, CRYPTO_KEY);
	else if (rc == RC_OK)
		rc = subset_walk(env->crypto, TREE_HEIGHT_MAX, &e->subset, label, depth, key);
	mem_wipe(label, sizeof label);
	return rc;
}
