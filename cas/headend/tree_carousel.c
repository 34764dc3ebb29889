// SPDX-License-Identifier: GPL-3.0-or-later
/* Key sets over the store. */
#include "headend/tree_carousel.h"

#include "base/mem.h"
#include "wire/ca_apdu.h"

#include <stdlib.h>

#define SETS_MAX (EPOCH_GROUPS_MAX * EPOCH_LIVE_MAX)

struct leaves {
	uint32_t *leaf;
	size_t count, cap;
};

struct tree_carousel {
	struct head *head;
	const struct head_keys *keys;
	enum key_profile profile;
	bool full, small;
	uint8_t signing_version;
	struct leaves excluded;
	size_t count;
	struct tree_set *sets[SETS_MAX];
	struct epoch_key live[SETS_MAX]; /* while they are looked at */
	uint32_t next_flip;              /* 0: none is to come */
	size_t set, section;             /* whose turn is next */
};

enum rc
tree_carousel_new(struct head *h, const struct head_keys *keys, enum key_profile profile,
		  struct tree_carousel **out)
{
	struct tree_carousel *c = calloc(1, sizeof *c);

	if (!c)
		return head_fail(h, RC_NO_MEMORY, "%s", rc_text(RC_NO_MEMORY));
	c->head = h;
	c->keys = keys;
	c->profile = profile;
	*out = c;
	return RC_OK;
}

static void
drop_sets(struct tree_carousel *c)
{
	for (size_t i = 0; i < c->count; i++)
		tree_set_free(&c->sets[i]);
	c->count = c->set = c->section = 0;
}

void
tree_carousel_free(struct tree_carousel **c)
{
	if (!c || !*c)
		return;
	drop_sets(*c);
	free((*c)->excluded.leaf);
	free(*c);
	*c = NULL;
}

static enum rc
put_leaf(struct leaves *l, uint32_t leaf)
{
	if (l->count == l->cap) {
		const size_t cap = l->cap == 0 ? 256 : 2 * l->cap;
		uint32_t *bigger = realloc(l->leaf, cap * sizeof *bigger);

		if (!bigger)
			return RC_NO_MEMORY;
		l->leaf = bigger;
		l->cap = cap;
	}
	l->leaf[l->count++] = leaf;
	return RC_OK;
}

static enum rc
read_excluded(struct tree_carousel *c, uint32_t now, struct leaves *out)
{
	static const char sql[] =
		"SELECT leaf FROM card WHERE revoked_change IS NOT NULL"
		" UNION SELECT leaf FROM entitlement WHERE cancelled = 1 AND changed_at > ?"
		" ORDER BY leaf";
	int64_t since = now > HEAD_PENDING_S ? now - HEAD_PENDING_S : 0;
	struct store_rows *rows;
	enum rc put = RC_OK, rc = store_select(c->head->store, &rows, sql, "i", since);

	if (rc != RC_OK)
		return head_store(c->head, rc);
	while (put == RC_OK && store_next(rows))
		put = put_leaf(out, (uint32_t)store_int(rows, 0));
	rc = head_store(c->head, store_done(&rows));
	return rc == RC_OK ? put : rc;
}

static enum rc
any_card(struct tree_carousel *c, enum ca_tree_profile profile, bool *any)
{
	int64_t n = 0;
	enum rc rc = store_number(c->head->store, &n,
				  "SELECT count(*) FROM (SELECT 1 FROM card WHERE tree = ? AND "
				  "state = 0 LIMIT 1) AS t",
				  "i", (int64_t)profile);

	*any = n > 0;
	return head_store(c->head, rc);
}

static bool
is_same(const struct tree_carousel *c, const struct leaves *excluded, const struct epoch_key *live,
	size_t count, bool full, bool small, uint8_t signing_version)
{
	if (c->count != (full || small ? count : 0) || c->full != full || c->small != small ||
	    c->signing_version != signing_version || c->excluded.count != excluded->count)
		return false;
	for (size_t i = 0; i < c->count; i++) {
		if (c->sets[i]->group != live[i].group || c->sets[i]->epoch != live[i].epoch ||
		    c->sets[i]->sequence != live[i].sequence)
			return false;
	}
	return excluded->count == 0 || memcmp(c->excluded.leaf, excluded->leaf,
					      excluded->count * sizeof *excluded->leaf) == 0;
}

static enum rc
sign(void *ctx, const uint8_t digest[CRYPTO_HASH], uint8_t signature[CRYPTO_SIGNATURE])
{
	return keystore_sign(ctx, KEYSTORE_SIGNING, digest, signature);
}

static enum rc
build(struct tree_carousel *c, const struct epoch_key *epoch)
{
	struct tree_delivery d = { .profile = c->profile,
				   .operator_id = c->head->op.id,
				   .group = epoch->group,
				   .epoch = epoch->epoch,
				   .sequence = epoch->sequence,
				   .valid_until = TIME2000_NO_END,
				   .signing_version = c->signing_version,
				   .full = c->full,
				   .small = c->small,
				   .excluded = c->excluded.leaf,
				   .excluded_count = c->excluded.count,
				   .crypto = c->keys->crypto,
				   .sign = sign,
				   .sign_ctx = c->keys->keystore };
	enum rc rc = keystore_tree_master(c->keys->keystore, d.tree_master);

	memcpy(d.key, epoch->key, CRYPTO_KEY);
	if (rc == RC_OK)
		rc = tree_set_build(&d, &c->sets[c->count]);
	if (rc == RC_OK)
		c->count++;
	mem_wipe(&d, sizeof d);
	return rc;
}

static enum rc
rebuild(struct tree_carousel *c, const struct epoch_key *live, size_t count)
{
	enum rc rc = RC_OK;

	drop_sets(c);
	for (size_t i = 0; rc == RC_OK && (c->full || c->small) && i < count; i++)
		rc = build(c, &live[i]);
	if (rc != RC_OK)
		return head_fail(c->head, rc, "keys for the key tree: %s", rc_text(rc));
	return rc;
}

enum rc
tree_carousel_refresh(struct tree_carousel *c, uint32_t now)
{
	struct epoch_key *live = c->live;
	struct leaves excluded = { NULL, 0, 0 };
	uint8_t public_key[CRYPTO_PUBLIC], version = 0;
	bool full = false, small = false;
	size_t count = 0;
	enum rc rc = epoch_live(c->head, c->keys, now, live, &count);

	c->next_flip = 0;
	for (size_t i = 0; i < count; i++) {
		if (live[i].starts_at > now &&
		    (c->next_flip == 0 || live[i].starts_at < c->next_flip))
			c->next_flip = live[i].starts_at;
	}
	if (rc == RC_OK)
		rc = read_excluded(c, now, &excluded);
	if (rc == RC_OK)
		rc = any_card(c, CA_TREE_FULL, &full);
	if (rc == RC_OK)
		rc = any_card(c, CA_TREE_SMALL, &small);
	if (rc == RC_OK)
		rc = keystore_public(c->keys->keystore, KEYSTORE_SIGNING, &version, public_key);
	if (rc == RC_OK && !is_same(c, &excluded, live, count, full, small, version)) {
		free(c->excluded.leaf);
		c->excluded = excluded;
		excluded.leaf = NULL;
		c->full = full;
		c->small = small;
		c->signing_version = version;
		rc = rebuild(c, live, count);
	}
	free(excluded.leaf);
	mem_wipe(c->live, sizeof c->live);
	return rc;
}

void
tree_carousel_next(struct tree_carousel *c, uint8_t section[EMM_SECTION_MAX], size_t *len)
{
	*len = 0;
	for (size_t tries = 0; *len == 0 && tries <= c->count; tries++) {
		const struct tree_set *set = c->set < c->count ? c->sets[c->set] : NULL;

		if (set && c->section < set->count) {
			const struct tree_section *s = &set->sections[c->section++];

			memcpy(section, set->bytes + s->at, s->len);
			*len = s->len;
		} else {
			c->set = c->set + 1 < c->count ? c->set + 1 : 0;
			c->section = 0;
		}
	}
}

size_t
tree_carousel_sections(const struct tree_carousel *c, size_t *bytes)
{
	size_t n = 0;

	*bytes = 0;
	for (size_t i = 0; i < c->count; i++) {
		n += c->sets[i]->count;
		*bytes += c->sets[i]->len;
	}
	return n;
}

const struct tree_set *
tree_carousel_set(const struct tree_carousel *c, uint8_t group, uint16_t epoch)
{
	for (size_t i = 0; i < c->count; i++) {
		if (c->sets[i]->group == group && c->sets[i]->epoch == epoch)
			return c->sets[i];
	}
	return NULL;
}

bool
tree_carousel_is_due(const struct tree_carousel *c, uint32_t now)
{
	return c->next_flip != 0 && now >= c->next_flip;
}
