// SPDX-License-Identifier: GPL-3.0-or-later
/* A rotation as sections. Every bucket holds all entries that any of its leaves may need, also
 * those of subsets wider than a bucket, so that a card finds its own in at most two sections (one
 * in profile S4K). */
#include "headend/tree_set.h"

#include "base/mem.h"

#include <stdlib.h>

#define TREE_HEIGHT TREE_HEIGHT_MAX
#define BUCKET_BITS_MAX 20U /* a million buckets: more than any revocation list needs */
#define AUTH_BITS_LESS 3U   /* an auth section serves eight buckets */

/* A subset before it has a key; it concerns the leaves first…last and no others. */
struct member {
	struct subset subset;
	bool complete;
	uint32_t first, last;
};

struct plan {
	const struct tree_delivery *d;
	struct member *members; /* by first leaf */
	size_t count;
	struct emm_tree_entry *entries; /* in the order of members */
	unsigned int bits;
	struct tree_set *set;
	struct emm_batch_work work;
	uint8_t section[EMM_SECTION_MAX];
};

static int
by_first_leaf(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->subset.depth_i - y->subset.depth_i;
}

static void
set_leaves(struct member *m)
{
	const uint32_t width = (1U << (TREE_HEIGHT - m->subset.depth_i)) - 1U;

	m->first = m->subset.path & ~width;
	m->last = m->first | width;
}

static enum rc
add_cover(struct plan *p, bool complete, struct subset *cover, size_t cap)
{
	const struct tree_delivery *d = p->d;
	size_t n = 0;
	enum rc rc =
		complete ? tree_cover_complete(TREE_HEIGHT, d->excluded, d->excluded_count, cover,
					       cap, &n)
			 : tree_cover(TREE_HEIGHT, d->excluded, d->excluded_count, cover, cap, &n);

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct member *m = &p->members[p->count++];

		m->subset = cover[i];
		m->complete = complete;
		set_leaves(m);
	}
	return rc;
}

static enum rc
find_members(struct plan *p)
{
	const struct tree_delivery *d = p->d;
	const size_t most_full = d->full ? tree_cover_max(d->excluded_count) : 0;
	const size_t most_small =
		d->small ? tree_cover_complete_max(TREE_HEIGHT, d->excluded_count) : 0;
	const size_t most = most_full > most_small ? most_full : most_small;
	struct subset *cover = calloc(most + 1, sizeof *cover);
	enum rc rc = cover ? RC_OK : RC_NO_MEMORY;

	p->members = calloc(most_full + most_small + 1, sizeof *p->members);
	if (!p->members)
		rc = RC_NO_MEMORY;
	if (rc == RC_OK && d->full)
		rc = add_cover(p, false, cover, most_full);
	if (rc == RC_OK && d->small)
		rc = add_cover(p, true, cover, most_small);
	free(cover);
	if (rc == RC_OK)
		qsort(p->members, p->count, sizeof *p->members, by_first_leaf);
	return rc;
}

static enum rc
seal_entries(struct plan *p)
{
	const struct tree_delivery *d = p->d;
	const struct crypto *c = d->crypto;
	uint8_t key[CRYPTO_KEY];
	enum rc rc = RC_OK;

	p->entries = calloc(p->count + 1, sizeof *p->entries);
	if (!p->entries)
		return RC_NO_MEMORY;
	for (size_t i = 0; rc == RC_OK && i < p->count; i++) {
		const struct member *m = &p->members[i];
		struct emm_tree_entry *e = &p->entries[i];

		e->complete = m->complete;
		e->subset = m->subset;
		rc = m->complete ? tree_node_key(c, d->tree_master, TREE_HEIGHT, &m->subset, key)
				 : tree_subset_key(c, d->tree_master, TREE_HEIGHT, &m->subset, key);
		if (rc == RC_OK)
			rc = c->block(c->ctx, key, sizeof key, CRYPTO_ENCRYPT, d->key, e->wrapped);
	}
	mem_wipe(key, sizeof key);
	return rc;
}

/* The leaves of a bucket that a member does not leave out at all: false when j holds the bucket. */
static bool
concerns(const struct member *m, uint32_t first, unsigned int bits)
{
	const unsigned int depth_j = m->subset.depth_j;

	if (m->complete || depth_j == 0 || depth_j > bits)
		return true;
	return (first ^ m->subset.path) >> (TREE_HEIGHT - depth_j) != 0;
}

static uint32_t
bucket_width(unsigned int bits)
{
	return 1U << (TREE_HEIGHT - bits);
}

/* Adds a member to the counts of all buckets that it concerns. */
static void
count_member(const struct member *m, unsigned int bits, uint16_t *counts)
{
	const uint32_t width = bucket_width(bits);

	for (uint32_t first = m->first & ~(width - 1U); first <= m->last; first += width) {
		if (concerns(m, first, bits) && counts[first / width] < UINT16_MAX)
			counts[first / width]++;
	}
}

struct cost {
	size_t most; /* entries of one bucket */
	size_t bytes;
};

static size_t
section_bytes(size_t entries)
{
	return EMM_HEADER + 8 + entries * EMM_TREE_ENTRY;
}

static struct cost
cost_of(const struct plan *p, unsigned int bits, uint16_t *counts)
{
	const bool is_s4k = p->d->profile == KEY_S4K;
	const size_t buckets = (size_t)1 << bits;
	struct cost cost = { 0, 0 };

	memset(counts, 0, buckets * sizeof *counts);
	for (size_t i = 0; i < p->count; i++)
		count_member(&p->members[i], bits, counts);
	for (size_t i = 0; i < buckets; i++) {
		const size_t n = counts[i];
		const size_t sections = (n + EMM_TREE_ENTRIES_MAX - 1) / EMM_TREE_ENTRIES_MAX;

		cost.most = n > cost.most ? n : cost.most;
		cost.bytes += n * EMM_TREE_ENTRY;
		if (is_s4k)
			cost.bytes += n > 0 ? section_bytes(0) + CRYPTO_SIGNATURE : 0;
		else
			cost.bytes += sections * (section_bytes(0) + 23);
	}
	return cost;
}

/* The number of bits with the fewest bytes whose buckets keep to their limit. */
static enum rc
choose_bits(struct plan *p)
{
	const size_t limit =
		p->d->profile == KEY_S4K ? EMM_BATCH_ENTRIES_MAX : 2U * EMM_TREE_ENTRIES_MAX;
	uint16_t *counts = calloc((size_t)1 << BUCKET_BITS_MAX, sizeof *counts);
	unsigned int bits = 0;
	size_t best = SIZE_MAX;
	bool found = false;

	if (!counts)
		return RC_NO_MEMORY;
	for (; bits <= BUCKET_BITS_MAX; bits++) {
		const struct cost cost = p->count >> bits > limit ? (struct cost) { SIZE_MAX, 0 }
								  : cost_of(p, bits, counts);

		if (cost.most > limit)
			continue;
		if (found && cost.bytes >= best)
			break;
		found = true;
		best = cost.bytes;
		p->bits = bits;
	}
	free(counts);
	return found ? RC_OK : RC_RANGE;
}

static enum rc
append(struct tree_set *s, const uint8_t *section, size_t len)
{
	if (s->cap - s->len < len) {
		const size_t cap = s->cap * 2 + 65536;
		uint8_t *bytes = realloc(s->bytes, cap);

		if (!bytes)
			return RC_NO_MEMORY;
		s->bytes = bytes;
		s->cap = cap;
	}
	if (s->count % 256 == 0) {
		struct tree_section *sections =
			realloc(s->sections, (s->count + 256) * sizeof *sections);

		if (!sections)
			return RC_NO_MEMORY;
		s->sections = sections;
	}
	memcpy(s->bytes + s->len, section, len);
	s->sections[s->count++] = (struct tree_section) { s->len, len };
	s->len += len;
	return RC_OK;
}

static struct emm_header
header(const struct plan *p, uint8_t table, uint8_t flags, const struct emm_bucket *bucket)
{
	const struct tree_delivery *d = p->d;

	return (struct emm_header) { .table_id = table,
				     .operator_id = d->operator_id,
				     .address = emm_bucket_address(bucket),
				     .flags = flags,
				     .signing_version = d->signing_version,
				     .sequence = d->sequence,
				     .part = 1,
				     .parts = 1,
				     .valid_until = d->valid_until };
}

static enum rc
tree_key(const struct plan *p, struct emm_tree_key *key)
{
	key->group = p->d->group;
	key->epoch = p->d->epoch;
	return crypto_kcv(p->d->crypto, p->d->key, key->check);
}

/* The entries of one bucket into out; the members that begin in it are [from, *to). Wider ones
 * began in or before it: they are among `wide`. */
static size_t
gather(const struct plan *p, uint32_t first, const size_t *wide, size_t wide_count, size_t from,
       size_t *to, struct emm_tree_entry *out)
{
	const uint32_t last = first + (bucket_width(p->bits) - 1U);
	size_t n = 0;

	for (size_t i = 0; i < wide_count; i++) {
		const struct member *m = &p->members[wide[i]];

		if (m->first <= first && m->last >= last && concerns(m, first, p->bits))
			out[n++] = p->entries[wide[i]];
	}
	for (; from < p->count && p->members[from].first <= last; from++) {
		const struct member *m = &p->members[from];

		if (m->subset.depth_i >= p->bits)
			out[n++] = p->entries[from];
	}
	*to = from;
	return n;
}

/* The auth section goes in front of the sections that it vouches for. */
struct vouch {
	struct emm_auth auth;
	uint8_t sections[EMM_AUTH_HASHES_MAX][EMM_MAX];
	size_t lens[EMM_AUTH_HASHES_MAX];
};

static enum rc
flush(struct plan *p, struct vouch *v)
{
	const struct tree_delivery *d = p->d;
	uint8_t section[EMM_MAX];
	size_t len;
	enum rc rc;

	if (v->auth.count == 0)
		return RC_OK;
	rc = emm_auth_seal(d->crypto, &v->auth, d->sign, d->sign_ctx, section, &len);
	if (rc == RC_OK)
		rc = append(p->set, section, len);
	for (size_t i = 0; rc == RC_OK && i < v->auth.count; i++)
		rc = append(p->set, v->sections[i], v->lens[i]);
	p->set->auth++;
	p->set->data += v->auth.count;
	v->auth.count = 0;
	return rc;
}

static struct emm_bucket
bucket_of(uint32_t first, unsigned int bits)
{
	const uint32_t below = bucket_width(bits) - 1U;

	return (struct emm_bucket) { .bits = (uint8_t)bits, .prefix = first & ~below };
}

static enum rc
put_s256(struct plan *p, struct vouch *v, uint32_t first, const struct emm_tree_entry *entries,
	 size_t count)
{
	const unsigned int auth_bits = p->bits > AUTH_BITS_LESS ? p->bits - AUTH_BITS_LESS : 0;
	const struct emm_bucket bucket = bucket_of(first, p->bits),
				wider = bucket_of(first, auth_bits);
	struct emm_header h = header(p, EMM_TREE, EMM_SHARED, &bucket);
	const size_t parts = (count + EMM_TREE_ENTRIES_MAX - 1) / EMM_TREE_ENTRIES_MAX;
	struct emm_tree_key key;
	enum rc rc = tree_key(p, &key);

	if (rc == RC_OK && v->auth.bucket.prefix != wider.prefix)
		rc = flush(p, v);
	h.parts = (uint8_t)parts;
	for (size_t part = 0; rc == RC_OK && part < parts; part++) {
		/* Halves rather than ten and a rest: equal sections. */
		const size_t from = count * part / parts, to = count * (part + 1) / parts;
		size_t i;

		if (v->auth.count == EMM_AUTH_HASHES_MAX)
			rc = flush(p, v);
		v->auth.operator_id = p->d->operator_id;
		v->auth.signing_version = p->d->signing_version;
		v->auth.bucket = wider;
		i = v->auth.count;
		h.part = (uint8_t)(part + 1);
		if (rc == RC_OK)
			rc = emm_tree_encode(&h, &key, entries + from, to - from, v->sections[i],
					     &v->lens[i]);
		if (rc == RC_OK)
			rc = emm_section_hash(p->d->crypto, v->sections[i], v->lens[i],
					      v->auth.hashes[i]);
		v->auth.count++;
	}
	return rc;
}

static enum rc
put_s4k(struct plan *p, uint32_t first, const struct emm_tree_entry *entries, size_t count)
{
	const struct tree_delivery *d = p->d;
	const struct emm_bucket bucket = bucket_of(first, p->bits);
	const struct emm_header h = header(p, EMM_BATCH, EMM_SIGNED, &bucket);
	struct emm_tree_key key;
	size_t len;
	enum rc rc = tree_key(p, &key);

	if (rc == RC_OK)
		rc = emm_batch_seal(d->crypto, &h, &key, entries, count, &p->work, d->sign,
				    d->sign_ctx, p->section, &len);
	p->set->data++;
	return rc == RC_OK ? append(p->set, p->section, len) : rc;
}

/* Places of the members that are wider than a bucket. */
static enum rc
find_wide(const struct plan *p, size_t **out, size_t *count)
{
	size_t n = 0;

	*out = calloc(p->count + 1, sizeof **out);
	if (!*out)
		return RC_NO_MEMORY;
	for (size_t i = 0; i < p->count; i++) {
		if (p->members[i].subset.depth_i < p->bits)
			(*out)[n++] = i;
	}
	*count = n;
	return RC_OK;
}

static enum rc
put_buckets(struct plan *p)
{
	struct emm_tree_entry *bucket = calloc(EMM_BATCH_ENTRIES_MAX, sizeof *bucket);
	struct vouch *v = calloc(1, sizeof *v);
	size_t *wide = NULL, wide_count = 0, from = 0;
	const uint32_t width = bucket_width(p->bits);
	enum rc rc = bucket && v ? find_wide(p, &wide, &wide_count) : RC_NO_MEMORY;

	for (uint32_t first = 0; rc == RC_OK && first >> TREE_HEIGHT == 0; first += width) {
		const size_t n = gather(p, first, wide, wide_count, from, &from, bucket);

		p->set->entries += n;
		if (n > 0)
			rc = p->d->profile == KEY_S4K ? put_s4k(p, first, bucket, n)
						      : put_s256(p, v, first, bucket, n);
	}
	if (rc == RC_OK)
		rc = flush(p, v);
	free(wide);
	free(v);
	free(bucket);
	return rc;
}

enum rc
tree_set_build(const struct tree_delivery *d, struct tree_set **out)
{
	struct plan *p = calloc(1, sizeof *p);
	struct tree_set *set = calloc(1, sizeof *set);
	enum rc rc = p && set ? RC_OK : RC_NO_MEMORY;

	if (rc != RC_OK)
		goto out;
	p->d = d;
	p->set = set;
	set->group = d->group;
	set->epoch = d->epoch;
	set->sequence = d->sequence;
	rc = find_members(p);
	if (rc == RC_OK)
		rc = seal_entries(p);
	if (rc == RC_OK)
		rc = choose_bits(p);
	if (rc == RC_OK)
		rc = put_buckets(p);
	set->bits = (uint8_t)p->bits;
	free(p->members);
	free(p->entries);
out:
	free(p);
	if (rc == RC_OK)
		*out = set;
	else
		tree_set_free(&set);
	return rc;
}

void
tree_set_free(struct tree_set **s)
{
	if (!s || !*s)
		return;
	free((*s)->sections);
	free((*s)->bytes);
	free(*s);
	*s = NULL;
}
