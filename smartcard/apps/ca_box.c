// SPDX-License-Identifier: GPL-3.0-or-later
/* The list of boxes in the annex: a place holds the hash of a box's key, or zeros. */
#include "apps/ca_box.h"

#include "base/mem.h"

#define RULE_FIRST_USE 2U
#define RULE_FLAGS 3U
#define OPERATOR_ONLY 0x01U

static enum rc
read_place(const struct card_env *env, unsigned int index, uint8_t hash[CRYPTO_HASH])
{
	return nv_part_read(&env->annex, CA_ANNEX_BOXES + index * CRYPTO_HASH, hash, CRYPTO_HASH);
}

/* RC_NOT_FOUND. */
static enum rc
find(const struct card_env *env, const uint8_t hash[CRYPTO_HASH], unsigned int *index)
{
	uint8_t place[CRYPTO_HASH];

	for (unsigned int i = 0; i < CA_BOXES_MAX; i++) {
		enum rc rc = read_place(env, i, place);

		if (rc != RC_OK)
			return rc;
		if (memcmp(place, hash, CRYPTO_HASH) == 0) {
			*index = i;
			return RC_OK;
		}
	}
	return RC_NOT_FOUND;
}

static enum rc
count(const struct card_env *env, uint8_t *n)
{
	static const uint8_t nobody[CRYPTO_HASH];
	uint8_t place[CRYPTO_HASH];
	enum rc rc = RC_OK;

	*n = 0;
	for (unsigned int i = 0; rc == RC_OK && i < CA_BOXES_MAX; i++) {
		rc = read_place(env, i, place);
		if (rc == RC_OK && memcmp(place, nobody, CRYPTO_HASH) != 0)
			(*n)++;
	}
	return rc;
}

static enum rc
read_rules(const struct card_env *env, uint8_t rules[CA_ANNEX_RULES_SIZE])
{
	return nv_part_read(&env->annex, CA_ANNEX_RULES, rules, CA_ANNEX_RULES_SIZE);
}

enum rc
ca_box_is_paired(const struct card_env *env, const uint8_t hash[CRYPTO_HASH])
{
	unsigned int index;

	return find(env, hash, &index);
}

enum rc
ca_box_standing(const struct card_env *env, const uint8_t hash[CRYPTO_HASH],
		enum ca_standing *standing)
{
	uint8_t rules[CA_ANNEX_RULES_SIZE] = { 0 }, taken = 0;
	unsigned int index;
	enum rc rc = find(env, hash, &index);

	if (rc == RC_OK) {
		*standing = CA_STANDING_PAIRED;
		return RC_OK;
	}
	if (rc == RC_NOT_FOUND)
		rc = read_rules(env, rules);
	if (rc == RC_OK)
		rc = count(env, &taken);
	if (rc != RC_OK)
		return rc;
	if (taken >= CA_BOXES_MAX)
		*standing = CA_STANDING_FULL;
	else if ((rules[RULE_FLAGS] & OPERATOR_ONLY) || taken >= rules[RULE_FIRST_USE])
		*standing = taken > 0 ? CA_STANDING_OTHERS : CA_STANDING_OPERATOR;
	else
		*standing = CA_STANDING_NEW;
	return RC_OK;
}

enum rc
ca_box_put(const struct card_env *env, const uint8_t hash[CRYPTO_HASH])
{
	static const uint8_t nobody[CRYPTO_HASH];
	unsigned int index;
	enum rc rc = find(env, hash, &index);

	if (rc != RC_NOT_FOUND)
		return rc;
	rc = find(env, nobody, &index);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RC_SPACE : rc;
	return nv_part_stage(&env->annex, CA_ANNEX_BOXES + index * CRYPTO_HASH, hash, CRYPTO_HASH);
}

enum rc
ca_box_remove(const struct card_env *env, const uint8_t hash[CRYPTO_HASH])
{
	static const uint8_t nobody[CRYPTO_HASH];
	uint8_t rules[CA_ANNEX_RULES_SIZE];
	unsigned int index;
	enum rc rc = find(env, hash, &index);

	if (rc == RC_OK)
		rc = nv_part_stage(&env->annex, CA_ANNEX_BOXES + index * CRYPTO_HASH, nobody,
				   CRYPTO_HASH);
	if (rc == RC_OK || rc == RC_NOT_FOUND)
		rc = read_rules(env, rules);
	if (rc != RC_OK || (rules[RULE_FLAGS] & OPERATOR_ONLY))
		return rc;
	rules[RULE_FLAGS] |= OPERATOR_ONLY;
	return nv_part_stage(&env->annex, CA_ANNEX_RULES, rules, sizeof rules);
}

enum rc
ca_box_list(const struct card_env *env, struct ca_boxes *boxes)
{
	static const uint8_t nobody[CRYPTO_HASH];
	uint8_t rules[CA_ANNEX_RULES_SIZE] = { 0 }, place[CRYPTO_HASH];
	enum rc rc = read_rules(env, rules);

	boxes->max = CA_BOXES_MAX;
	boxes->first_use = rules[RULE_FIRST_USE];
	boxes->operator_only = (rules[RULE_FLAGS] & OPERATOR_ONLY) != 0;
	boxes->count = 0;
	for (unsigned int i = 0; rc == RC_OK && i < CA_BOXES_MAX; i++) {
		rc = read_place(env, i, place);
		if (rc == RC_OK && memcmp(place, nobody, CRYPTO_HASH) != 0)
			memcpy(boxes->names[boxes->count++], place, CA_BOX_NAME);
	}
	return rc;
}
