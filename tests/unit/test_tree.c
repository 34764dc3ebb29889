// SPDX-License-Identifier: GPL-3.0-or-later
/* keys/tree and keys/derive/subset: covers by brute force, and the card's keys against the
 * head-end's. */
#include "crypto_fault.h"
#include "crypto_test.h"
#include "test.h"
#include "tree/tree.h"

#include <string.h>

static const uint8_t master[CRYPTO_KEY] = { 0x4D, 1, 2, 3 };

/* How many subsets of the cover hold the leaf. */
static unsigned int
times_covered(unsigned int height, const struct subset *cover, size_t len, uint32_t leaf)
{
	unsigned int times = 0;

	for (size_t i = 0; i < len; i++) {
		int contains = 0;

		CHECK_RC(subset_contains(height, &cover[i], leaf, &contains), RC_OK);
		times += contains ? 1U : 0U;
	}
	return times;
}

static void
tree__every_revocation_set_of_small_trees_is_covered_exactly(void)
{
	struct subset cover[32];
	uint32_t revoked[16];
	unsigned int wrong = 0, too_long = 0;

	for (unsigned int height = 1; height <= 4; height++) {
		for (uint32_t set = 0; set < 1U << (1U << height); set++) {
			size_t count = 0, len = 0;

			for (uint32_t leaf = 0; leaf < 1U << height; leaf++) {
				if ((set >> leaf & 1) != 0)
					revoked[count++] = leaf;
			}
			if (tree_cover(height, revoked, count, cover, 32, &len) != RC_OK)
				wrong++;
			too_long += len > tree_cover_max(count);
			for (uint32_t leaf = 0; leaf < 1U << height; leaf++)
				wrong += times_covered(height, cover, len, leaf) !=
					 ((set >> leaf & 1) != 0 ? 0U : 1U);
		}
	}
	CHECK(wrong == 0);
	CHECK(too_long == 0);
}

static void
complete__subtrees_cover_every_revocation_set_of_small_trees_exactly(void)
{
	struct subset cover[64];
	uint32_t revoked[16];
	unsigned int wrong = 0;

	for (unsigned int height = 1; height <= 4; height++) {
		for (uint32_t set = 0; set < 1U << (1U << height); set++) {
			size_t count = 0, len = 0;

			for (uint32_t leaf = 0; leaf < 1U << height; leaf++) {
				if ((set >> leaf & 1) != 0)
					revoked[count++] = leaf;
			}
			if (tree_cover_complete(height, revoked, count, cover,
						tree_cover_complete_max(height, count),
						&len) != RC_OK)
				wrong++;
			for (uint32_t leaf = 0; leaf < 1U << height; leaf++) {
				unsigned int times = 0;

				for (size_t i = 0; i < len; i++)
					times += (leaf ^ cover[i].path) >>
							 (height - cover[i].depth_i) ==
						 0;
				wrong += times != ((set >> leaf & 1) != 0 ? 0U : 1U);
			}
		}
	}
	CHECK(wrong == 0);
}

static uint32_t
next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(*state >> 33);
}

/* The leaf's key for a subset, from its stored labels alone. */
static enum rc
card_key(unsigned int height, const struct subset *s, uint32_t leaf, uint8_t labels[][CRYPTO_KEY],
	 uint8_t key[CRYPTO_KEY])
{
	unsigned int index, depth;
	enum rc rc = subset_label_index(height, s, leaf, &index, &depth);

	if (rc != RC_OK)
		return rc;
	CHECK(index < TREE_LABELS(height));
	return subset_walk(crypto_test(), height, s, labels[index], depth, key);
}

static void
tree__cards_find_the_key_of_their_subset_and_revoked_ones_none(void)
{
	static uint8_t labels[TREE_LABELS_MAX][CRYPTO_KEY];
	struct subset cover[64];
	uint8_t mine[CRYPTO_KEY], theirs[CRYPTO_KEY];
	uint64_t state = 7;
	bool is_revoked;

	for (unsigned int round = 0; round < 60; round++) {
		const unsigned int height = round % 2 ? 24 : 5 + round % 7;
		uint32_t revoked[32], leaf = next_random(&state) & ((1U << height) - 1);
		size_t count = 0, len = 0;

		for (uint32_t r = next_random(&state) % 7; count < 20 && r >> height == 0;
		     r += 1 + next_random(&state) % (1U << (height - 3)))
			revoked[count++] = r;
		if (round % 3 == 0)
			count = 0;
		else if (round % 3 == 1)
			leaf = revoked[count / 2];
		is_revoked = false;
		for (size_t i = 0; i < count; i++)
			is_revoked = is_revoked || revoked[i] == leaf;
		CHECK(round % 3 != 1 || is_revoked);
		CHECK_RC(tree_cover(height, revoked, count, cover, 64, &len), RC_OK);
		CHECK_RC(tree_card_labels(crypto_test(), master, height, leaf, labels), RC_OK);
		for (size_t i = 0; i < len; i++) {
			const enum rc rc = card_key(height, &cover[i], leaf, labels, mine);

			CHECK(rc == RC_OK || rc == RC_NOT_FOUND);
			if (rc != RC_OK)
				continue;
			CHECK(!is_revoked);
			CHECK_RC(tree_subset_key(crypto_test(), master, height, &cover[i], theirs),
				 RC_OK);
			CHECK_BYTES(mine, theirs, CRYPTO_KEY);
		}
		CHECK(times_covered(height, cover, len, leaf) == (is_revoked ? 0U : 1U));
	}
	CHECK(TREE_LABELS_MAX == 301);
}

static void
tree__a_large_random_cover_stays_within_its_bound(void)
{
	static uint32_t revoked[10000];
	static struct subset cover[20000];
	uint64_t state = 3;
	uint32_t at = 0;
	size_t len;

	for (size_t i = 0; i < 10000; i++) {
		at += 1 + next_random(&state) % 3000;
		revoked[i] = at;
	}
	CHECK(at >> 24 == 0);
	CHECK_RC(tree_cover(24, revoked, 10000, cover, 20000, &len), RC_OK);
	CHECK(len <= tree_cover_max(10000));
	for (unsigned int i = 0; i < 50; i++) {
		const uint32_t leaf = next_random(&state) & 0xFFFFFF;
		bool is_revoked = false;

		for (size_t k = 0; k < 10000; k++)
			is_revoked = is_revoked || revoked[k] == leaf;
		CHECK(times_covered(24, cover, len, leaf) == (is_revoked ? 0U : 1U));
		CHECK(times_covered(24, cover, len, revoked[i * 199]) == 0);
	}
}

static void
tree__impossible_input_is_refused(void)
{
	static const struct {
		const char *name;
		unsigned int height;
		struct subset s;
	} rows[] = {
		{ "height 0", 0, { 0, 0, 0 } },
		{ "height 25", 25, { 0, 0, 0 } },
		{ "j above i", 4, { 3, 2, 0 } },
		{ "j below the leaves", 4, { 0, 5, 0 } },
		{ "path past the tree", 4, { 0, 4, 16 } },
		{ "path below j", 4, { 0, 2, 1 } },
		{ "all cards with i", 4, { 1, 0, 0 } },
	};
	const uint32_t twice[2] = { 5, 5 }, beyond[1] = { 16 };
	struct subset out[4];
	size_t len;
	int contains;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].name);
		CHECK_RC(subset_contains(rows[i].height, &rows[i].s, 0, &contains), RC_RANGE);
	}
	CHECK_RC(tree_cover(4, twice, 2, out, 4, &len), RC_RANGE);
	CHECK_RC(tree_cover(4, beyond, 1, out, 4, &len), RC_RANGE);
	CHECK_RC(tree_cover(4, twice, 1, out, 0, &len), RC_SPACE);
	CHECK_RC(tree_cover(4, NULL, 0, out, 0, &len), RC_SPACE);
}

static void
tree__failing_cryptography_is_reported(void)
{
	static uint8_t labels[TREE_LABELS_MAX][CRYPTO_KEY];
	const struct subset s = { 1, 4, 5 };
	uint8_t key[CRYPTO_KEY];
	struct crypto_fault fault;
	bool failed = true;

	for (unsigned int k = 1; failed; k++) {
		crypto_fault_init(&fault, crypto_test(), k);
		failed = tree_subset_key(&fault.table, master, 4, &s, key) != RC_OK;
		CHECK(failed == crypto_fault_fired(&fault));
	}
	failed = true;
	for (unsigned int k = 1; failed; k++) {
		crypto_fault_init(&fault, crypto_test(), k);
		failed = tree_card_labels(&fault.table, master, 4, 9, labels) != RC_OK;
		CHECK(failed == crypto_fault_fired(&fault));
	}
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(tree__every_revocation_set_of_small_trees_is_covered_exactly),
		TEST(complete__subtrees_cover_every_revocation_set_of_small_trees_exactly),
		TEST(tree__cards_find_the_key_of_their_subset_and_revoked_ones_none),
		TEST(tree__a_large_random_cover_stays_within_its_bound),
		TEST(tree__impossible_input_is_refused),
		TEST(tree__failing_cryptography_is_reported),
	};

	return test_run("tree", cases, sizeof cases / sizeof cases[0]);
}
