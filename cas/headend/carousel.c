// SPDX-License-Identifier: GPL-3.0-or-later
/* The EMM carousel over the store. */
#include "headend/carousel.h"

#include "base/mem.h"
#include "headend/root_emm.h"

#include <stdlib.h>

#define ROOT_REPEAT_S 5
#define CACHED_MAX 100000 /* sets kept sealed: some 60 MB */

struct entry {
	uint32_t leaf;
	uint32_t valid_until; /* 0: out of the carousel */
	struct emm_set *set;  /* sealed, or NULL */
};

struct carousel {
	struct head *head;
	const struct head_keys *keys;
	struct entry *entries; /* by leaf */
	size_t count, cap;
	size_t cached;
	uint32_t *fresh; /* leaves that changed, in order; [fresh_first, fresh_count) wait */
	size_t fresh_first, fresh_count, fresh_cap;
	size_t cursor;    /* whose turn is next */
	uint32_t sending; /* leaf whose set is on air */
	size_t part;      /* its next part; 0: none is on air */
	uint32_t time_sent;
	bool any_time_sent;
	int64_t change; /* the outbox is read up to here */
	struct root_emms root;
	size_t root_next; /* root.count: its turn is over */
	uint32_t root_sent;
	struct tree_carousel *key_sets;
	bool key_sets_stale; /* something may have changed */
	uint8_t section[EMM_SECTION_MAX];
	bool tree_set_turn; /* rather than a card's */
};

static enum rc
grow(void **p, size_t *cap, size_t want, size_t item)
{
	size_t n = *cap ? *cap : 64;
	void *bigger;

	while (n < want)
		n *= 2;
	if (n == *cap)
		return RC_OK;
	bigger = realloc(*p, n * item);
	if (!bigger)
		return RC_NO_MEMORY;
	*p = bigger;
	*cap = n;
	return RC_OK;
}

/* Where the leaf is, or where it would have to stand. */
static size_t
find(const struct carousel *c, uint32_t leaf)
{
	size_t low = 0, high = c->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->entries[mid].leaf < leaf)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct entry *
entry_of(struct carousel *c, uint32_t leaf)
{
	size_t i = find(c, leaf);

	return i < c->count && c->entries[i].leaf == leaf ? &c->entries[i] : NULL;
}

static enum rc
insert(struct carousel *c, uint32_t leaf, struct entry **out)
{
	size_t i = find(c, leaf);
	void *entries = c->entries;
	enum rc rc;

	if (i < c->count && c->entries[i].leaf == leaf) {
		*out = &c->entries[i];
		return RC_OK;
	}
	rc = grow(&entries, &c->cap, c->count + 1, sizeof *c->entries);
	if (rc != RC_OK)
		return rc;
	c->entries = entries;
	memmove(c->entries + i + 1, c->entries + i, (c->count - i) * sizeof *c->entries);
	c->entries[i] = (struct entry) { .leaf = leaf };
	c->count++;
	if (c->cursor > i)
		c->cursor++;
	*out = &c->entries[i];
	return RC_OK;
}

static void
drop_set(struct carousel *c, struct entry *e)
{
	if (!e->set)
		return;
	emm_set_free(&e->set);
	c->cached--;
	if (c->sending == e->leaf)
		c->part = 0;
}

static enum rc
put_card(struct carousel *c, uint32_t leaf, bool active, uint32_t changed_at)
{
	struct entry *e;
	enum rc rc = insert(c, leaf, &e);

	if (rc != RC_OK)
		return rc;
	drop_set(c, e);
	e->valid_until = active ? changed_at + HEAD_PENDING_S : 0;
	return RC_OK;
}

static enum rc
put_fresh(struct carousel *c, uint32_t leaf)
{
	void *fresh = c->fresh;
	enum rc rc;

	if (c->fresh_first == c->fresh_count)
		c->fresh_first = c->fresh_count = 0;
	rc = grow(&fresh, &c->fresh_cap, c->fresh_count + 1, sizeof *c->fresh);
	if (rc != RC_OK)
		return rc;
	c->fresh = fresh;
	c->fresh[c->fresh_count++] = leaf;
	return RC_OK;
}

static enum rc
read_change(struct carousel *c, int64_t *change)
{
	return head_store(c->head,
			  store_number(c->head->store, change,
				       "SELECT number FROM meta WHERE name = 'change'", ""));
}

static enum rc
load(struct carousel *c)
{
	struct store_rows *rows;
	enum rc rc = read_change(c, &c->change), put = RC_OK;

	if (rc != RC_OK)
		return rc;
	rc = store_select(c->head->store, &rows,
			  "SELECT leaf, changed_at FROM card WHERE state = 0 AND emm_sequence > 0"
			  " ORDER BY shard, leaf",
			  "");
	if (rc != RC_OK)
		return head_store(c->head, rc);
	while (put == RC_OK && store_next(rows))
		put = put_card(c, (uint32_t)store_int(rows, 0), true, (uint32_t)store_int(rows, 1));
	rc = head_store(c->head, store_done(&rows));
	return rc == RC_OK ? put : rc;
}

enum rc
carousel_new(struct head *h, const struct head_keys *keys, enum key_profile profile,
	     struct carousel **out)
{
	struct carousel *c = calloc(1, sizeof *c);
	enum rc rc;

	if (!c)
		return head_fail(h, RC_NO_MEMORY, "%s", rc_text(RC_NO_MEMORY));
	c->head = h;
	c->keys = keys;
	c->key_sets_stale = true;
	rc = tree_carousel_new(h, keys, profile, &c->key_sets);
	if (rc == RC_OK)
		rc = load(c);
	if (rc == RC_OK)
		*out = c;
	else
		carousel_free(&c);
	return rc;
}

void
carousel_free(struct carousel **c)
{
	if (!c || !*c)
		return;
	for (size_t i = 0; i < (*c)->count; i++)
		emm_set_free(&(*c)->entries[i].set);
	tree_carousel_free(&(*c)->key_sets);
	free((*c)->entries);
	free((*c)->fresh);
	free(*c);
	*c = NULL;
}

enum rc
carousel_poll(struct carousel *c)
{
	static const char sql[] =
		"SELECT DISTINCT outbox.leaf, card.state, card.changed_at, outbox.change"
		" FROM outbox JOIN card ON card.shard = outbox.shard AND card.leaf = outbox.leaf"
		" WHERE outbox.change > ? ORDER BY outbox.change, outbox.leaf";
	struct store_rows *rows;
	int64_t newest = 0;
	enum rc put = RC_OK, rc = read_change(c, &newest);

	if (rc != RC_OK || newest == c->change)
		return rc;
	c->key_sets_stale = true;
	newest = c->change;
	rc = store_select(c->head->store, &rows, sql, "i", c->change);
	if (rc != RC_OK)
		return head_store(c->head, rc);
	while (put == RC_OK && store_next(rows)) {
		uint32_t leaf = (uint32_t)store_int(rows, 0);
		bool active = store_int(rows, 1) == CARD_ACTIVE;

		put = put_card(c, leaf, active, (uint32_t)store_int(rows, 2));
		if (put == RC_OK && active)
			put = put_fresh(c, leaf);
		newest = store_int(rows, 3);
	}
	rc = head_store(c->head, store_done(&rows));
	if (rc == RC_OK && put == RC_OK)
		c->change = newest;
	return rc == RC_OK ? put : rc;
}

static bool
is_on_air(const struct entry *e, uint32_t now)
{
	return e->valid_until > now;
}

/* The card whose turn it is, or NULL. */
static struct entry *
choose(struct carousel *c, uint32_t now)
{
	while (c->fresh_first < c->fresh_count) {
		struct entry *e = entry_of(c, c->fresh[c->fresh_first++]);

		if (e && is_on_air(e, now))
			return e;
	}
	for (size_t i = 0; i < c->count; i++) {
		if (c->cursor >= c->count)
			c->cursor = 0;
		if (is_on_air(&c->entries[c->cursor++], now))
			return &c->entries[c->cursor - 1];
	}
	return NULL;
}

static enum rc
prepare(struct carousel *c, struct entry *e)
{
	enum rc rc;

	if (e->set)
		return RC_OK;
	rc = emm_set_build(c->head, c->keys, e->leaf, &e->set);
	if (rc == RC_OK)
		c->cached++;
	return rc;
}

/* The next card with anything to send, its set sealed; NULL: nobody has. */
static enum rc
next_card(struct carousel *c, uint32_t now, struct entry **out)
{
	struct entry *e;
	enum rc rc = RC_OK;

	while ((e = choose(c, now)) != NULL) {
		rc = prepare(c, e);
		if (rc != RC_OK || e->set->count > 0)
			break;
		drop_set(c, e);
		e->valid_until = 0;
	}
	*out = e;
	return rc;
}

static enum rc
next_part(struct carousel *c, uint32_t now, uint8_t *section, size_t *len)
{
	struct entry *e = c->part > 0 ? entry_of(c, c->sending) : NULL;
	const struct emm_section *s;

	if (!e) {
		enum rc rc = next_card(c, now, &e);

		if (rc != RC_OK || !e)
			return rc;
		c->sending = e->leaf;
		c->part = 0;
	}
	s = &e->set->sections[c->part++];
	memcpy(section, s->bytes, s->len);
	*len = s->len;
	if (c->part == e->set->count) {
		c->part = 0;
		if (c->cached > CACHED_MAX)
			drop_set(c, e);
	}
	return RC_OK;
}

static enum rc
time_section(struct carousel *c, uint32_t now, uint8_t *section, size_t *len)
{
	struct emm_section s;
	enum rc rc = emm_time_build(c->head, c->keys, now, &s);

	if (rc != RC_OK)
		return rc;
	memcpy(section, s.bytes, s.len);
	*len = s.len;
	c->time_sent = now;
	c->any_time_sent = true;
	return RC_OK;
}

static enum rc
refresh_keys(struct carousel *c, uint32_t now)
{
	enum rc rc;

	if (!c->key_sets_stale && !tree_carousel_is_due(c->key_sets, now))
		return RC_OK;
	rc = root_emm_load(c->head, c->keys, now, &c->root);
	c->root_next = c->root_sent = 0;
	if (rc == RC_OK)
		rc = tree_carousel_refresh(c->key_sets, now);
	c->key_sets_stale = rc != RC_OK;
	return rc;
}

/* The root's sections every few seconds; without them a card may understand nothing else. */
static void
root_section(struct carousel *c, uint32_t now, uint8_t *section, size_t *len)
{
	const struct emm_section *s;

	if (c->root_next >= c->root.count) {
		if (c->root.count == 0 ||
		    (now >= c->root_sent && now - c->root_sent < ROOT_REPEAT_S))
			return;
		c->root_next = 0;
	}
	c->root_sent = now;
	s = &c->root.sections[c->root_next++];
	memcpy(section, s->bytes, s->len);
	*len = s->len;
}

enum rc
carousel_next(struct carousel *c, uint32_t now, uint8_t section[EMM_SECTION_MAX], size_t *len)
{
	enum rc rc = refresh_keys(c, now);

	*len = 0;
	if (rc != RC_OK)
		return rc;
	root_section(c, now, section, len);
	if (*len > 0)
		return RC_OK;
	if (!c->any_time_sent || c->time_sent != now)
		return time_section(c, now, section, len);
	c->tree_set_turn = !c->tree_set_turn;
	if (c->tree_set_turn)
		tree_carousel_next(c->key_sets, section, len);
	if (*len == 0)
		rc = next_part(c, now, section, len);
	if (rc == RC_OK && *len == 0)
		tree_carousel_next(c->key_sets, section, len);
	return rc;
}

static enum rc
keys_once(struct carousel *c, uint32_t now,
	  enum rc (*each)(void *ctx, const uint8_t *section, size_t len), void *ctx)
{
	size_t bytes, len;
	enum rc rc = refresh_keys(c, now);

	for (size_t n = tree_carousel_sections(c->key_sets, &bytes); rc == RC_OK && n > 0; n--) {
		tree_carousel_next(c->key_sets, c->section, &len);
		rc = each(ctx, c->section, len);
	}
	return rc;
}

enum rc
carousel_once(struct carousel *c, uint32_t now,
	      enum rc (*each)(void *ctx, const uint8_t *section, size_t len), void *ctx)
{
	uint8_t section[EMM_MAX];
	size_t len = 0;
	enum rc rc = refresh_keys(c, now);

	for (size_t i = 0; rc == RC_OK && i < c->root.count; i++)
		rc = each(ctx, c->root.sections[i].bytes, c->root.sections[i].len);
	if (rc == RC_OK)
		rc = time_section(c, now, section, &len);
	if (rc == RC_OK)
		rc = each(ctx, section, len);
	if (rc == RC_OK)
		rc = keys_once(c, now, each, ctx);
	for (size_t i = 0; rc == RC_OK && i < c->count; i++) {
		struct emm_set *set = NULL;

		if (!is_on_air(&c->entries[i], now))
			continue;
		rc = emm_set_build(c->head, c->keys, c->entries[i].leaf, &set);
		for (size_t p = 0; rc == RC_OK && p < set->count; p++)
			rc = each(ctx, set->sections[p].bytes, set->sections[p].len);
		emm_set_free(&set);
	}
	return rc;
}

size_t
carousel_cards(const struct carousel *c, uint32_t now)
{
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++)
		n += is_on_air(&c->entries[i], now);
	return n;
}
