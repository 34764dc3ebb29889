// SPDX-License-Identifier: GPL-3.0-or-later
/* The sections of a rotation: who finds what in how many of them. Cards are judged by their labels
 * alone. */
#include "crypto_test.h"
#include "headend/tree_set.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define HEIGHT TREE_HEIGHT_MAX
#define FIRST_BITS_LESS 3

static const uint8_t master[CRYPTO_KEY] = { 0x31, 0x41, 0x59 };
static const uint8_t epoch_key[CRYPTO_KEY] = { 0x27, 0x18, 0x28 };
static struct crypto_signer *signer;

static enum rc
sign(void *ctx, const uint8_t digest[CRYPTO_HASH], uint8_t signature[CRYPTO_SIGNATURE])
{
	return crypto_signer_sign(ctx, digest, signature);
}

static struct tree_set *
build(enum key_profile profile, const uint32_t *excluded, size_t count, bool full, bool small)
{
	struct tree_delivery d = { .profile = profile,
				   .operator_id = 7,
				   .group = 3,
				   .epoch = 9,
				   .sequence = 77,
				   .valid_until = UINT32_MAX,
				   .signing_version = 1,
				   .full = full,
				   .small = small,
				   .excluded = excluded,
				   .excluded_count = count,
				   .crypto = crypto_test(),
				   .sign = sign,
				   .sign_ctx = signer };
	struct tree_set *set = NULL;

	memcpy(d.key, epoch_key, CRYPTO_KEY);
	memcpy(d.tree_master, master, CRYPTO_KEY);
	CHECK_RC(tree_set_build(&d, &set), RC_OK);
	CU_ASSERT_FATAL(set != NULL);
	return set;
}

static uint32_t
next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(*state >> 40);
}

static int
by_number(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Ascending, each once; fewer when some came twice. */
static size_t
random_leaves(uint32_t *out, size_t count, uint64_t *state, uint32_t among)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		out[i] = next_random(state) % among;
	qsort(out, count, sizeof *out, by_number);
	for (size_t i = 0; i < count; i++) {
		if (n == 0 || out[n - 1] != out[i])
			out[n++] = out[i];
	}
	return n;
}

/* The epoch key out of an entry, by what the leaf was given. */
static bool
opens(const struct emm_tree_entry *e, uint32_t leaf)
{
	static uint8_t labels[TREE_LABELS_MAX][CRYPTO_KEY];
	const struct crypto *c = crypto_test();
	unsigned int index, depth;
	uint8_t key[CRYPTO_KEY], plain[CRYPTO_KEY];

	if (e->complete) {
		CHECK_RC(tree_card_keys(c, master, HEIGHT, leaf, labels), RC_OK);
		memcpy(key, labels[e->subset.depth_i], CRYPTO_KEY);
	} else {
		CHECK_RC(tree_card_labels(c, master, HEIGHT, leaf, labels), RC_OK);
		CHECK_RC(subset_label_index(HEIGHT, &e->subset, leaf, &index, &depth), RC_OK);
		CHECK_RC(subset_walk(c, HEIGHT, &e->subset, labels[index], depth, key), RC_OK);
	}
	CHECK_RC(c->block(c->ctx, key, sizeof key, CRYPTO_DECRYPT, e->wrapped, plain), RC_OK);
	return memcmp(plain, epoch_key, CRYPTO_KEY) == 0;
}

struct found {
	unsigned int sections; /* that a filter on the leaf's bucket lets through */
	unsigned int entries;  /* for the leaf */
	bool opened, vouched;
};

static bool
filter_matches(const uint8_t *section, uint8_t table, uint8_t bits, uint32_t leaf)
{
	const uint32_t prefix = bits == 0 ? 0 : leaf >> (24 - bits) << (24 - bits);
	const uint8_t want[7] = {
		table, 0, 7, bits, (uint8_t)(prefix >> 16), (uint8_t)(prefix >> 8), (uint8_t)prefix
	};

	return section[0] == want[0] && memcmp(section + 3, want + 1, 6) == 0;
}

static bool
is_vouched(const struct tree_set *set, const uint8_t *section, size_t len, uint32_t leaf)
{
	const uint8_t bits =
		set->bits > FIRST_BITS_LESS ? (uint8_t)(set->bits - FIRST_BITS_LESS) : 0;
	uint8_t hash[EMM_TRUNCATED_HASH];
	struct emm_auth a;

	CHECK_RC(emm_section_hash(crypto_test(), section, len, hash), RC_OK);
	for (size_t i = 0; i < set->count; i++) {
		const uint8_t *auth = set->bytes + set->sections[i].at;

		if (!filter_matches(auth, EMM_AUTH, bits, leaf))
			continue;
		CHECK_RC(emm_auth_parse(auth, set->sections[i].len, &a), RC_OK);
		for (size_t k = 0; k < a.count; k++) {
			if (memcmp(a.hashes[k], hash, sizeof hash) == 0)
				return true;
		}
	}
	return false;
}

static void
search_one(const struct tree_set *set, const uint8_t *section, size_t len, uint32_t leaf,
	   bool complete, struct found *f)
{
	const bool is_batch = section[0] == EMM_BATCH;
	struct emm_tree_key key;
	struct emm_tree_entry e;
	struct emm_header h;
	size_t count = 0;

	if (!filter_matches(section, is_batch ? EMM_BATCH : EMM_TREE, set->bits, leaf))
		return;
	f->sections++;
	CHECK_RC(is_batch ? emm_batch_parse(section, len, &h, &key, &count)
			  : emm_tree_parse(section, len, &h, &key, &count),
		 RC_OK);
	for (size_t i = 0; i < count; i++) {
		bool is_for = false;

		CHECK_RC(is_batch ? emm_batch_entry_at(section, i, &e)
				  : emm_tree_entry_at(section, i, &e),
			 RC_OK);
		CHECK_RC(emm_tree_entry_is_for(&e, leaf, &is_for), RC_OK);
		if (!is_for || e.complete != complete)
			continue;
		f->entries++;
		f->opened = opens(&e, leaf);
		f->vouched = is_batch || is_vouched(set, section, len, leaf);
	}
}

static struct found
search(const struct tree_set *set, uint32_t leaf, bool complete)
{
	struct found f = { 0, 0, false, false };

	for (size_t i = 0; i < set->count; i++)
		search_one(set, set->bytes + set->sections[i].at, set->sections[i].len, leaf,
			   complete, &f);
	return f;
}

static void
check_leaf(const struct tree_set *set, uint32_t leaf, bool complete, bool is_excluded)
{
	const struct found f = search(set, leaf, complete);

	CHECK(f.sections <= 2);
	CHECK(f.entries == (is_excluded ? 0U : 1U));
	CHECK(f.opened == !is_excluded);
	CHECK(f.vouched == !is_excluded);
}

static void
every_card__finds_its_key_in_two_sections_and_a_revoked_one_nowhere(void)
{
	static const struct {
		size_t revoked;
		uint32_t among; /* leaves below it: a stolen lot lies together */
		enum key_profile profile;
		bool small;
	} rows[] = {
		{ 0, 1, KEY_S256, false },         { 0, 1, KEY_S4K, true },
		{ 1, 1U << 24, KEY_S256, true },   { 30, 1U << 24, KEY_S256, true },
		{ 30, 64, KEY_S256, false },       { 600, 1U << 24, KEY_S256, false },
		{ 600, 1U << 24, KEY_S4K, false }, { 600, 2048, KEY_S256, false },
		{ 200, 1U << 24, KEY_S4K, true },
	};
	uint64_t state = 42;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint32_t leaves[600];
		const size_t n = random_leaves(leaves, rows[i].revoked, &state, rows[i].among);
		struct tree_set *set = build(rows[i].profile, leaves, n, true, rows[i].small);

		for (size_t k = 0; k < n; k += n / 8 + 1) {
			const uint32_t next = leaves[k] ^ 1U;

			check_leaf(set, leaves[k], false, true);
			check_leaf(set, next, false,
				   bsearch(&next, leaves, n, sizeof next, by_number) != NULL);
		}
		for (size_t k = 0; k < 12; k++) {
			const uint32_t leaf = next_random(&state) & 0xFFFFFFU;
			const bool out = bsearch(&leaf, leaves, n, sizeof leaf, by_number) != NULL;

			check_leaf(set, leaf, false, out);
			if (rows[i].small)
				check_leaf(set, leaf, true, out);
		}
		tree_set_free(&set);
	}
}

static void
sections__keep_to_the_size_of_their_profile(void)
{
	uint32_t leaves[2000];
	uint64_t state = 7;
	const size_t n = random_leaves(leaves, 2000, &state, 1U << 24);

	for (unsigned int s4k = 0; s4k < 2; s4k++) {
		struct tree_set *set = build(s4k ? KEY_S4K : KEY_S256, leaves, n, true, false);

		for (size_t i = 0; i < set->count; i++)
			CHECK(set->sections[i].len <= (s4k ? EMM_SECTION_MAX : EMM_MAX));
		CHECK(set->len < (s4k ? 65000U : 85000U));
		CHECK(set->auth + set->data == set->count);
		tree_set_free(&set);
	}
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(every_card__finds_its_key_in_two_sections_and_a_revoked_one_nowhere),
		TEST(sections__keep_to_the_size_of_their_profile),
	};
	uint8_t private_key[CRYPTO_PRIVATE], public_key[CRYPTO_PUBLIC];
	struct crypto_openssl *openssl = crypto_openssl_new();
	int status = 1;

	if (openssl && crypto_openssl_keygen(openssl, private_key, public_key) == RC_OK)
		signer = crypto_signer_new(openssl, private_key, public_key);
	if (signer)
		status = test_run("tree set", cases, sizeof cases / sizeof cases[0]);
	crypto_signer_free(&signer);
	crypto_openssl_free(&openssl);
	return status;
}
