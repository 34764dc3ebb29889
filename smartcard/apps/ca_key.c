// SPDX-License-Identifier: GPL-3.0-or-later
/* Epoch keys and service keys. */
#include "apps/ca_key.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "derive/ladder.h"

#define NO_PLACE CA_EPOCH_SLOTS

/* One of the two slots of a group; the pair 2n, 2n + 1 belongs to one group. */
struct epoch_slot {
	bool used;
	uint8_t group;
	uint16_t epoch;
	uint8_t key[CRYPTO_KEY];
};

static uint32_t
slot_place(unsigned int place)
{
	return place < CA_EPOCH_SLOTS_FIRST
		       ? CA_AT_EPOCHS + place * CA_EPOCH_SIZE
		       : CA_AT_EPOCHS_MORE + (place - CA_EPOCH_SLOTS_FIRST) * CA_EPOCH_SIZE;
}

static enum rc
slot_load(const struct card_env *env, unsigned int place, struct epoch_slot *s)
{
	uint8_t raw[CA_EPOCH_SIZE] = { 0 };
	struct reader r = reader_over(raw, sizeof raw);
	enum rc rc = nv_part_read(&env->part, slot_place(place), raw, sizeof raw);

	if (rc == RC_OK) {
		s->used = read_u8(&r) != 0;
		s->group = read_u8(&r);
		s->epoch = read_be16(&r);
		read_bytes(&r, s->key, sizeof s->key);
	}
	mem_wipe(raw, sizeof raw);
	return rc;
}

static enum rc
slot_stage(const struct card_env *env, unsigned int place, const struct epoch_slot *s)
{
	uint8_t raw[CA_EPOCH_SIZE];
	struct writer w = writer_over(raw, sizeof raw);
	enum rc rc;

	write_u8(&w, s->used ? 1 : 0);
	write_u8(&w, s->group);
	write_be16(&w, s->epoch);
	write_bytes(&w, s->key, sizeof s->key);
	rc = nv_part_stage(&env->part, slot_place(place), raw, sizeof raw);
	mem_wipe(raw, sizeof raw);
	return rc;
}

/* The place of a group's slot of one parity: in the group's pair, else in the first free pair.
 * NO_PLACE: every pair belongs to another group. */
static enum rc
find_place(const struct card_env *env, uint8_t group, unsigned int parity, unsigned int *place)
{
	unsigned int free_pair = NO_PLACE;

	for (unsigned int pair = 0; pair < CA_EPOCH_SLOTS; pair += 2) {
		struct epoch_slot even, odd;
		enum rc rc = slot_load(env, pair, &even);

		if (rc == RC_OK)
			rc = slot_load(env, pair + 1, &odd);
		mem_wipe(even.key, sizeof even.key);
		mem_wipe(odd.key, sizeof odd.key);
		if (rc != RC_OK)
			return rc;
		if ((even.used && even.group == group) || (odd.used && odd.group == group)) {
			*place = pair + parity;
			return RC_OK;
		}
		if (!even.used && !odd.used && free_pair == NO_PLACE)
			free_pair = pair;
	}
	*place = free_pair == NO_PLACE ? NO_PLACE : free_pair + parity;
	return RC_OK;
}

static enum rc
sequence_load(const struct card_env *env, unsigned int place, uint32_t *sequence)
{
	uint8_t raw[4] = { 0 };
	enum rc rc = nv_part_read(&env->part, CA_AT_EPOCH_SEQUENCES + place * 4, raw, sizeof raw);

	*sequence = get_be32(raw);
	return rc;
}

/* A new key, and the sequence that brought it; keys of services below an old one are forgotten. */
static enum rc
slot_replace(const struct card_env *env, unsigned int place, const struct epoch_slot *s,
	     uint32_t sequence)
{
	struct ca_ram *ram = ca_ram(env);
	uint8_t raw[4];
	enum rc rc;

	put_be32(raw, sequence);
	mem_wipe(ram->services, sizeof ram->services);
	rc = ca_stage_changed(env, CA_AT_EPOCH_SEQUENCES + place * 4, raw, sizeof raw);
	return rc == RC_OK ? slot_stage(env, place, s) : rc;
}

enum rc
ca_epoch_put(const struct card_env *env, uint8_t group, uint16_t epoch, uint32_t sequence,
	     const uint8_t key[CRYPTO_KEY])
{
	struct epoch_slot s = { 0 };
	uint32_t last = 0;
	unsigned int place;
	enum rc rc = find_place(env, group, epoch & 1U, &place);

	if (rc == RC_OK && place == NO_PLACE)
		rc = RC_SPACE;
	if (rc == RC_OK)
		rc = slot_load(env, place, &s);
	if (rc == RC_OK)
		rc = sequence_load(env, place, &last);
	if (rc != RC_OK || (s.used && epoch < s.epoch))
		goto out;
	if (s.used && epoch == s.epoch) {
		if (mem_equal_ct(s.key, key, CRYPTO_KEY))
			goto out;
		rc = sequence > last ? RC_OK : RC_CONFLICT;
	}
	s.used = true;
	s.group = group;
	s.epoch = epoch;
	memcpy(s.key, key, CRYPTO_KEY);
	if (rc == RC_OK)
		rc = slot_replace(env, place, &s, sequence);
out:
	mem_wipe(&s, sizeof s);
	return rc;
}

enum rc
ca_epoch_screen(const struct card_env *env, uint8_t group, uint16_t epoch, uint32_t sequence,
		enum ca_emm_outcome *outcome)
{
	struct epoch_slot s = { 0 };
	uint32_t last = 0;
	unsigned int place;
	enum rc rc = find_place(env, group, epoch & 1U, &place);

	*outcome = CA_EMM_APPLIED;
	if (rc != RC_OK || place == NO_PLACE)
		return rc;
	rc = slot_load(env, place, &s);
	mem_wipe(s.key, sizeof s.key);
	if (rc == RC_OK)
		rc = sequence_load(env, place, &last);
	if (rc != RC_OK || !s.used)
		return rc;
	if (epoch < s.epoch || sequence < last)
		*outcome = CA_EMM_OLD;
	else if (epoch == s.epoch && sequence == last)
		*outcome = CA_EMM_REPEATED;
	return rc;
}

enum rc
ca_epoch_list(const struct card_env *env, struct ca_status *s)
{
	const unsigned int room = sizeof s->keys / sizeof s->keys[0];
	struct epoch_slot slot;

	s->key_count = 0;
	for (unsigned int place = 0; place < CA_EPOCH_SLOTS && s->key_count < room; place++) {
		enum rc rc = slot_load(env, place, &slot);

		mem_wipe(slot.key, sizeof slot.key);
		if (rc != RC_OK)
			return rc;
		if (slot.used) {
			s->keys[s->key_count].group = slot.group;
			s->keys[s->key_count].epoch = slot.epoch;
			s->key_count++;
		}
	}
	return RC_OK;
}

static enum rc
epoch_key(const struct card_env *env, uint8_t group, uint16_t epoch, uint8_t key[CRYPTO_KEY])
{
	struct epoch_slot s = { 0 };
	unsigned int place;
	enum rc rc = find_place(env, group, epoch & 1U, &place);

	if (rc == RC_OK && place == NO_PLACE)
		rc = RC_NOT_FOUND;
	if (rc == RC_OK)
		rc = slot_load(env, place, &s);
	if (rc == RC_OK && (!s.used || s.epoch != epoch))
		rc = RC_NOT_FOUND;
	if (rc == RC_OK)
		memcpy(key, s.key, CRYPTO_KEY);
	mem_wipe(&s, sizeof s);
	return rc;
}

static struct ca_service_key *
find_kept(struct ca_ram *ram, const struct ecm *ecm)
{
	for (unsigned int i = 0; i < CA_SERVICES_MAX; i++) {
		struct ca_service_key *k = &ram->services[i];

		if (k->used && k->group == ecm->group && k->epoch == ecm->epoch &&
		    k->service_id == ecm->service_id)
			return k;
	}
	return NULL;
}

enum rc
ca_service_key_get(const struct card_env *env, const struct ecm *ecm, uint8_t key[CRYPTO_KEY])
{
	struct ca_ram *ram = ca_ram(env);
	struct ca_service_key *kept = find_kept(ram, ecm);
	uint8_t parent[CRYPTO_KEY];
	enum rc rc;

	if (kept) {
		memcpy(key, kept->key, CRYPTO_KEY);
		return RC_OK;
	}
	rc = epoch_key(env, ecm->group, ecm->epoch, parent);
	if (rc == RC_OK)
		rc = ladder_service_key(env->crypto, parent, ecm->operator_id, ecm->service_id,
					key);
	mem_wipe(parent, sizeof parent);
	if (rc != RC_OK)
		return rc;
	kept = &ram->services[ram->next_service];
	ram->next_service = (uint8_t)((ram->next_service + 1U) % CA_SERVICES_MAX);
	kept->used = true;
	kept->group = ecm->group;
	kept->epoch = ecm->epoch;
	kept->service_id = ecm->service_id;
	memcpy(kept->key, key, CRYPTO_KEY);
	return RC_OK;
}
