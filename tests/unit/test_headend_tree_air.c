// SPDX-License-Identifier: GPL-3.0-or-later
/* Rotations by the key tree over the database: who gets the next key in which way. */
#include "headend/emm_set.h"
#include "headend/tree_carousel.h"
#include "headend_fixture.h"
#include "test.h"
#include "wire/ca_apdu.h"

#include <string.h>

#define TREE_CARD 5U
#define OLD_CARD 6U
#define REVOKED_CARD 9U

static struct headend_fixture f;

static void
begin(void)
{
	CU_ASSERT_FATAL(headend_fixture_open(&f) == 0);
	for (uint32_t leaf = TREE_CARD; leaf <= REVOKED_CARD; leaf++) {
		CHECK_RC(card_add(f.head, leaf, PROFILE_LABORATORY, 1, FIXTURE_NOW), RC_OK);
		CHECK_RC(
			card_set_tree(f.head, leaf, leaf == OLD_CARD ? CA_TREE_NONE : CA_TREE_FULL),
			RC_OK);
	}
	CHECK_RC(card_revoke(f.head, REVOKED_CARD, NULL, FIXTURE_NOW), RC_OK);
}

static struct epoch_rotation
rotate(uint32_t now)
{
	struct epoch_rotation r = { 0 };

	CHECK_RC(epoch_rotate(f.head, &f.keys, 0, now, now + 30, &r), RC_OK);
	return r;
}

static void
grant_and_cancel(uint32_t leaf, uint32_t now)
{
	struct head_entitlement e = { .product = 1, .start = 1, .end = UINT32_MAX - 1 };

	CHECK_RC(card_grant(f.head, leaf, &e, now), RC_OK);
	CHECK_RC(card_cancel(f.head, leaf, 1, now), RC_OK);
}

/* Commands of a tag in a part of the card's set; part 0: in all. */
static unsigned int
commands(uint32_t leaf, size_t part, uint8_t tag)
{
	struct emm_set *set = NULL;
	uint8_t card_key[CRYPTO_KEY], body[EMM_BODY_MAX];
	struct emm_keys keys;
	unsigned int n = 0;

	CHECK_RC(emm_set_build(f.head, &f.keys, leaf, &set), RC_OK);
	CU_ASSERT_FATAL(set != NULL);
	CHECK_RC(keystore_card_key(f.keys.keystore, DOMAIN_CA, leaf, card_key), RC_OK);
	CHECK_RC(ladder_derive(f.keys.crypto, card_key, LABEL_EMM_ENC, NULL, 0, keys.enc), RC_OK);
	CHECK_RC(ladder_derive(f.keys.crypto, card_key, LABEL_EMM_MAC, NULL, 0, keys.mac), RC_OK);
	for (size_t i = 0; i < set->count; i++) {
		const uint8_t *p = body;
		struct emm_command cmd;
		size_t len = 0;

		CHECK_RC(emm_open(f.keys.crypto, set->sections[i].bytes, set->sections[i].len,
				  &keys, body, &len),
			 RC_OK);
		while (emm_command_decode(&p, &len, &cmd) == RC_OK)
			n += cmd.tag == tag && (part == 0 || part == i + 1);
	}
	emm_set_free(&set);
	return n;
}

static void
rotation__touches_only_cards_that_the_tree_does_not_serve(void)
{
	struct epoch_rotation r;

	begin();
	r = rotate(FIXTURE_NOW);
	CHECK(r.cards == 4 && r.unique == 1 && r.revoked == 1);
	CHECK(commands(OLD_CARD, 0, EMM_TAG_EPOCH_KEY) == 2);
	CHECK(commands(TREE_CARD, 0, EMM_TAG_EPOCH_KEY) == 0);
	headend_fixture_close(&f);
}

static void
cancel__and_the_keys_come_in_one_part_and_not_by_the_tree(void)
{
	struct tree_carousel *c = NULL;
	const struct tree_set *set;
	size_t before, after;

	begin();
	(void)rotate(FIXTURE_NOW);
	CHECK_RC(tree_carousel_new(f.head, &f.keys, KEY_S256, &c), RC_OK);
	CHECK_RC(tree_carousel_refresh(c, FIXTURE_NOW), RC_OK);
	set = tree_carousel_set(c, 0, 1);
	CU_ASSERT_FATAL(set != NULL);
	before = set->entries;
	grant_and_cancel(TREE_CARD, FIXTURE_NOW + 1);
	CHECK(commands(TREE_CARD, 1, EMM_TAG_ENTITLEMENT_CANCEL) == 1);
	CHECK(commands(TREE_CARD, 1, EMM_TAG_EPOCH_KEY) == 2);
	CHECK_RC(tree_carousel_refresh(c, FIXTURE_NOW + 1), RC_OK);
	set = tree_carousel_set(c, 0, 1);
	CU_ASSERT_FATAL(set != NULL);
	after = set->entries;
	CHECK(before == 1 && after > before);
	CHECK(rotate(FIXTURE_NOW + 60).unique == 2);
	tree_carousel_free(&c);
	headend_fixture_close(&f);
}

static void
carousel__holds_the_current_and_the_next_epoch(void)
{
	struct tree_carousel *c = NULL;
	uint8_t section[EMM_SECTION_MAX];
	size_t bytes, len = 0;

	begin();
	(void)rotate(FIXTURE_NOW);
	CHECK_RC(tree_carousel_new(f.head, &f.keys, KEY_S256, &c), RC_OK);
	tree_carousel_next(c, section, &len);
	CHECK(len == 0);
	CHECK_RC(tree_carousel_refresh(c, FIXTURE_NOW), RC_OK);
	CHECK(tree_carousel_set(c, 0, 0) && tree_carousel_set(c, 0, 1));
	CHECK(tree_carousel_sections(c, &bytes) == 4 && bytes > 200);
	for (unsigned int i = 0; i < 9; i++) {
		tree_carousel_next(c, section, &len);
		CHECK(len > 0 && section[0] == (i % 2 == 0 ? EMM_AUTH : EMM_TREE));
	}
	CHECK(!tree_carousel_is_due(c, FIXTURE_NOW + 29));
	CHECK(tree_carousel_is_due(c, FIXTURE_NOW + 30));
	CHECK_RC(tree_carousel_refresh(c, FIXTURE_NOW + 30), RC_OK);
	CHECK(!tree_carousel_set(c, 0, 0) && tree_carousel_set(c, 0, 1));
	tree_carousel_free(&c);
	headend_fixture_close(&f);
}

static void
sequence__of_a_rotation_is_never_used_again(void)
{
	begin();
	(void)rotate(FIXTURE_NOW);
	CHECK(headend_fixture_number(&f, "SELECT sequence FROM epoch WHERE epoch = 1") ==
	      (int64_t)FIXTURE_NOW);
	/* A database from before that rotation makes the next one later: another sequence. */
	CHECK_RC(store_run(f.head->store, "DELETE FROM epoch WHERE epoch = 1", ""), RC_OK);
	(void)rotate(FIXTURE_NOW + 5);
	CHECK(headend_fixture_number(&f, "SELECT sequence FROM epoch WHERE epoch = 1") ==
	      (int64_t)FIXTURE_NOW + 5);
	headend_fixture_close(&f);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(rotation__touches_only_cards_that_the_tree_does_not_serve),
		TEST(cancel__and_the_keys_come_in_one_part_and_not_by_the_tree),
		TEST(carousel__holds_the_current_and_the_next_epoch),
		TEST(sequence__of_a_rotation_is_never_used_again),
	};

	return test_run("tree on air", cases, sizeof cases / sizeof cases[0]);
}
