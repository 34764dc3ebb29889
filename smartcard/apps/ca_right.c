// SPDX-License-Identifier: GPL-3.0-or-later
/* Entitlements and event rights: two tables of fixed places behind one bitmap each. */
#include "apps/ca_right.h"

#include "base/bytes.h"
#include "base/mem.h"

#define ENTRY_MAX 16
#define DISTANCE_MAX 0xFFFFFFU
#define MAP_MAX CA_BITMAP_SIZE(CA_ENTITLEMENTS_MAX)

/* Entries begin with their key; `end` (u32) stands at end_at. */
struct right_table {
	uint32_t map, entries;
	uint16_t count;
	uint8_t map_size, size, key_len, end_at;
};

static const struct right_table entitlements = { CA_AT_ENTITLEMENT_MAP,
						 CA_AT_ENTITLEMENTS,
						 CA_ENTITLEMENTS_MAX,
						 MAP_MAX,
						 CA_ENTITLEMENT_SIZE,
						 2,
						 6 };
static const struct right_table events = { CA_AT_EVENT_MAP,
					   CA_AT_EVENTS,
					   CA_EVENTS_MAX,
					   CA_BITMAP_SIZE(CA_EVENTS_MAX),
					   CA_EVENT_SIZE,
					   4,
					   4 };

static bool
is_taken(const uint8_t *map, unsigned int place)
{
	return (map[place / 8] & (1U << (place % 8))) != 0;
}

static enum rc
read_map(const struct card_env *env, const struct right_table *t, uint8_t map[MAP_MAX])
{
	return nv_part_read(&env->part, t->map, map, t->map_size);
}

static enum rc
read_entry(const struct card_env *env, const struct right_table *t, unsigned int place,
	   uint8_t entry[ENTRY_MAX])
{
	return nv_part_read(&env->part, t->entries + place * t->size, entry, t->size);
}

/* Stages one byte of the bitmap. */
static enum rc
mark(const struct card_env *env, const struct right_table *t, uint8_t *map, unsigned int place,
     bool taken)
{
	uint8_t bit = (uint8_t)(1U << (place % 8));

	if (taken)
		map[place / 8] |= bit;
	else
		map[place / 8] &= (uint8_t)~bit;
	return ca_stage_changed(env, t->map + place / 8, map + place / 8, 1);
}

/* The taken place with this key. RC_NOT_FOUND. */
static enum rc
find(const struct card_env *env, const struct right_table *t, const uint8_t *map,
     const uint8_t *key, unsigned int *place, uint8_t entry[ENTRY_MAX])
{
	for (unsigned int i = 0; i < t->count; i++) {
		enum rc rc;

		if (!is_taken(map, i))
			continue;
		rc = read_entry(env, t, i, entry);
		if (rc != RC_OK)
			return rc;
		if (memcmp(entry, key, t->key_len) == 0) {
			*place = i;
			return RC_OK;
		}
	}
	return RC_NOT_FOUND;
}

/* A free place, else one whose right is over. RC_SPACE. */
static enum rc
find_room(const struct card_env *env, const struct right_table *t, const uint8_t *map, uint32_t now,
	  unsigned int *place)
{
	uint8_t entry[ENTRY_MAX];

	for (unsigned int i = 0; i < t->count; i++) {
		if (!is_taken(map, i)) {
			*place = i;
			return RC_OK;
		}
	}
	for (unsigned int i = 0; i < t->count; i++) {
		enum rc rc = read_entry(env, t, i, entry);

		if (rc != RC_OK)
			return rc;
		if (get_be32(entry + t->end_at) <= now) {
			*place = i;
			return RC_OK;
		}
	}
	return RC_SPACE;
}

static enum rc
put(const struct card_env *env, const struct right_table *t, const uint8_t *entry, uint32_t now)
{
	uint8_t map[MAP_MAX], old[ENTRY_MAX];
	unsigned int place = 0;
	enum rc rc = read_map(env, t, map);

	if (rc != RC_OK)
		return rc;
	rc = find(env, t, map, entry, &place, old);
	if (rc == RC_NOT_FOUND)
		rc = find_room(env, t, map, now, &place);
	if (rc == RC_OK)
		rc = ca_stage_changed(env, t->entries + place * t->size, entry, t->size);
	if (rc == RC_OK)
		rc = mark(env, t, map, place, true);
	return rc;
}

static enum rc
cancel(const struct card_env *env, const struct right_table *t, const uint8_t *key)
{
	uint8_t map[MAP_MAX], old[ENTRY_MAX];
	unsigned int place = 0;
	enum rc rc = read_map(env, t, map);

	if (rc == RC_OK)
		rc = find(env, t, map, key, &place, old);
	if (rc == RC_OK)
		rc = mark(env, t, map, place, false);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc
at(const struct card_env *env, const struct right_table *t, unsigned int index,
   uint8_t entry[ENTRY_MAX])
{
	uint8_t map[MAP_MAX];
	enum rc rc = read_map(env, t, map);

	if (rc != RC_OK)
		return rc;
	for (unsigned int i = 0; i < t->count; i++) {
		if (is_taken(map, i) && index-- == 0)
			return read_entry(env, t, i, entry);
	}
	return RC_NOT_FOUND;
}

static enum rc
count_taken(const struct card_env *env, const struct right_table *t, uint16_t *count)
{
	uint8_t map[MAP_MAX];
	enum rc rc = read_map(env, t, map);
	uint16_t n = 0;

	if (rc != RC_OK)
		return rc;
	for (unsigned int i = 0; i < t->count; i++)
		n = (uint16_t)(n + (is_taken(map, i) ? 1 : 0));
	*count = n;
	return RC_OK;
}

static void
entitlement_unpack(const uint8_t *entry, struct ca_entitlement *e)
{
	e->product = get_be16(entry);
	e->start = get_be32(entry + 2);
	e->end = get_be32(entry + 6);
	e->flags = entry[10];
}

enum rc
ca_entitlement_put(const struct card_env *env, const struct ca_entitlement *e, uint32_t now)
{
	uint8_t entry[CA_ENTITLEMENT_SIZE] = { 0 };

	put_be16(entry, e->product);
	put_be32(entry + 2, e->start);
	put_be32(entry + 6, e->end);
	entry[10] = e->flags;
	return put(env, &entitlements, entry, now);
}

enum rc
ca_entitlement_cancel(const struct card_env *env, uint16_t product)
{
	static const uint8_t none[MAP_MAX];
	uint8_t key[2];

	if (product == PRODUCT_ALL)
		return ca_stage_changed(env, CA_AT_ENTITLEMENT_MAP, none, sizeof none);
	put_be16(key, product);
	return cancel(env, &entitlements, key);
}

static bool
is_listed(uint16_t product, const uint16_t *products, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		if (products[i] == product)
			return true;
	}
	return false;
}

static enum ca_right_state
state_at(const struct ca_entitlement *e, uint32_t moment)
{
	if (moment < e->start)
		return CA_RIGHT_NOT_YET;
	return moment < e->end ? CA_RIGHT_OPEN : CA_RIGHT_EXPIRED;
}

/* Open is better than not begun, which is better than over; then what lasts longer. */
static bool
is_better(enum ca_right_state state, const struct ca_entitlement *e, enum ca_right_state best,
	  const struct ca_entitlement *best_e)
{
	static const uint8_t rank[] = { [CA_RIGHT_NONE] = 0,
					[CA_RIGHT_EXPIRED] = 1,
					[CA_RIGHT_NOT_YET] = 2,
					[CA_RIGHT_OPEN] = 3 };

	if (rank[state] != rank[best])
		return rank[state] > rank[best];
	return e->end > best_e->end;
}

enum rc
ca_entitlement_match(const struct card_env *env, const uint16_t *products, unsigned int count,
		     uint32_t moment, enum ca_right_state *state, struct ca_entitlement *e)
{
	uint8_t map[MAP_MAX], entry[ENTRY_MAX];
	enum ca_right_state best = CA_RIGHT_NONE;
	struct ca_entitlement best_e = { 0 }, one;
	enum rc rc = read_map(env, &entitlements, map);

	for (unsigned int i = 0; rc == RC_OK && count > 0 && i < CA_ENTITLEMENTS_MAX; i++) {
		if (!is_taken(map, i))
			continue;
		rc = read_entry(env, &entitlements, i, entry);
		if (rc != RC_OK)
			break;
		entitlement_unpack(entry, &one);
		if (is_listed(one.product, products, count) &&
		    is_better(state_at(&one, moment), &one, best, &best_e)) {
			best = state_at(&one, moment);
			best_e = one;
		}
	}
	if (rc == RC_OK) {
		*state = best;
		*e = best_e;
	}
	return rc;
}

enum rc
ca_entitlement_at(const struct card_env *env, unsigned int index, struct ca_entitlement *e)
{
	uint8_t entry[ENTRY_MAX];
	enum rc rc = at(env, &entitlements, index, entry);

	if (rc == RC_OK)
		entitlement_unpack(entry, e);
	return rc;
}

enum rc
ca_entitlement_count(const struct card_env *env, uint16_t *count)
{
	return count_taken(env, &entitlements, count);
}

static void
event_unpack(const uint8_t *entry, struct ca_event_right *e)
{
	e->event_id = get_be32(entry);
	e->end = get_be32(entry + 4);
	e->record = get_be32(entry + 8);
	e->flags = entry[12];
	e->start = get_be24(entry + 13) > 0 ? e->end - get_be24(entry + 13) : 0;
}

enum rc
ca_event_put(const struct card_env *env, const struct ca_event_right *e, uint32_t now)
{
	uint8_t entry[CA_EVENT_SIZE] = { 0 };

	put_be32(entry, e->event_id);
	put_be32(entry + 4, e->end);
	put_be32(entry + 8, e->record);
	entry[12] = e->flags;
	if (e->start > 0 && e->start < e->end && e->end - e->start <= DISTANCE_MAX)
		put_be24(entry + 13, e->end - e->start);
	return put(env, &events, entry, now);
}

enum rc
ca_event_cancel(const struct card_env *env, uint32_t event_id)
{
	uint8_t key[4];

	put_be32(key, event_id);
	return cancel(env, &events, key);
}

enum rc
ca_event_find(const struct card_env *env, uint32_t event_id, struct ca_event_right *e)
{
	uint8_t map[MAP_MAX], entry[ENTRY_MAX], key[4];
	unsigned int place = 0;
	enum rc rc = read_map(env, &events, map);

	put_be32(key, event_id);
	if (rc == RC_OK)
		rc = find(env, &events, map, key, &place, entry);
	if (rc == RC_OK)
		event_unpack(entry, e);
	return rc;
}

enum rc
ca_event_at(const struct card_env *env, unsigned int index, struct ca_event_right *e)
{
	uint8_t entry[ENTRY_MAX];
	enum rc rc = at(env, &events, index, entry);

	if (rc == RC_OK)
		event_unpack(entry, e);
	return rc;
}

enum rc
ca_event_count(const struct card_env *env, uint16_t *count)
{
	return count_taken(env, &events, count);
}
