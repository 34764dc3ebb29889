// SPDX-License-Identifier: GPL-3.0-or-later
/* Key delivery by the tree, on the card: labels at personalisation, sections of tables 84 and 86,
 * short forms of 87. */
#include "test.h"
#include "tree_bench.h"

#include "base/status_word.h"
#include "wire/personalise.h"

#include <string.h>

static struct card_fixture f;
static struct emm_tree_entry entries[3];
static uint8_t section[EMM_MAX], auth[EMM_MAX];
static size_t len, auth_len;

static struct card_fixture *
original(bool small)
{
	static struct card_fixture cards[2];
	struct card_fixture *card = &cards[small];

	if (card->port.app_count == 0)
		fix_init_more(card, small ? tree_bench_small : tree_bench_full);
	return card;
}

static void
begin(bool small)
{
	fix_copy(&f);
	memcpy(f.nv.bytes, original(small)->nv.bytes, sizeof f.nv.bytes);
	fix_power_cycle(&f);
}

static void
make(const struct tree_air *a, bool small)
{
	size_t n = tree_bench_entries(a, small, entries);

	len = tree_bench_section(a, entries, n, section);
	auth_len = tree_bench_auth(a, section, len, auth);
}

static enum ca_emm_outcome
send(const uint8_t *bytes, size_t n)
{
	enum ca_emm_outcome outcome = CA_EMM_NOT_MINE;

	MUST(fix_emm_section(&f, bytes, n, &outcome) == SW_OK);
	return outcome;
}

static bool
opens(uint16_t epoch, uint8_t fill)
{
	struct ecm ecm = fix_ecm(FIX_T0 + 10);

	ecm.epoch = epoch;
	ecm.criteria.product_count = 0;
	ecm.criteria.free = true;
	memset(f.epoch_key, fill, CRYPTO_KEY);
	return fix_ecm_outcome(&f, &ecm) == OUTCOME_OPEN;
}

static void
a_key__comes_by_section_and_signature_to_cards_of_both_profiles(void)
{
	for (unsigned int small = 0; small < 2; small++) {
		struct tree_air a = tree_bench_air(FIX_EPOCH + 1, 1000, 0x88);

		begin(small);
		make(&a, small);
		CHECK(send(section, len) == CA_EMM_UNVOUCHED);
		CHECK(send(auth, auth_len) == CA_EMM_NOTED);
		CHECK(send(section, len) == CA_EMM_APPLIED);
		CHECK(send(section, len) == CA_EMM_REPEATED);
		CHECK(opens(FIX_EPOCH + 1, 0x88));
		fix_power_cycle(&f);
		CHECK(opens(FIX_EPOCH + 1, 0x88));
	}
}

static void
a_key__for_the_other_profile_is_not_the_cards(void)
{
	struct tree_air a = tree_bench_air(FIX_EPOCH + 1, 1000, 0x88);

	begin(false);
	make(&a, true);
	CHECK(send(auth, auth_len) == CA_EMM_NOTED);
	CHECK(send(section, len) == CA_EMM_NOT_MINE);
	begin(true);
	make(&a, false);
	CHECK(send(section, len) == CA_EMM_NOT_MINE);
	fix_copy(&f); /* no labels at all */
	CHECK(send(section, len) == CA_EMM_NOT_MINE);
}

static void
a_batch__is_opened_by_one_entry_and_its_path(void)
{
	static uint8_t batch[EMM_SECTION_MAX];
	struct tree_air a = tree_bench_air(FIX_EPOCH + 1, 1000, 0x88);
	struct emm_batch_work work;
	size_t n = tree_bench_entries(&a, false, entries), batch_len;

	begin(false);
	batch_len = tree_bench_batch(&a, entries, n, batch);
	CHECK_RC(emm_batch_extract(crypto_test(), batch, batch_len, 0, &work, section, &len),
		 RC_OK);
	CHECK(send(section, len) == CA_EMM_NOT_MINE);
	CHECK_RC(emm_batch_extract(crypto_test(), batch, batch_len, 2, &work, section, &len),
		 RC_OK);
	CHECK(send(section, len) == CA_EMM_APPLIED);
	CHECK(send(section, len) == CA_EMM_REPEATED);
	CHECK(opens(FIX_EPOCH + 1, 0x88));
}

static void
revoked__card_is_in_no_subset(void)
{
	static const struct subset others = { 0, 24, FIX_LEAF };
	struct tree_air a = tree_bench_air(FIX_EPOCH + 1, 1000, 0x88);
	struct emm_tree_entry e = tree_bench_entry(&a, &others, false);

	begin(false);
	len = tree_bench_section(&a, &e, 1, section);
	auth_len = tree_bench_auth(&a, section, len, auth);
	CHECK(send(auth, auth_len) == CA_EMM_NOTED);
	CHECK(send(section, len) == CA_EMM_NOT_MINE);
	CHECK(!opens(FIX_EPOCH + 1, 0x88));
}

/* Every bit of data and auth section, and of a short form. */
static void
altered__leaves_the_memory_as_it_was(void)
{
	static uint8_t batch[EMM_SECTION_MAX], extract[EMM_MAX];
	struct tree_air a = tree_bench_air(FIX_EPOCH + 1, 1000, 0x88);
	struct emm_batch_work work;
	size_t n, batch_len, extract_len;

	begin(false);
	make(&a, false);
	batch_len = tree_bench_batch(&a, entries, 3, batch);
	CHECK_RC(emm_batch_extract(crypto_test(), batch, batch_len, 2, &work, extract, &n), RC_OK);
	extract_len = n;
	nv_ram_remember(&f.nv);
	for (size_t bit = 0; bit < 8 * auth_len; bit++) {
		if (bit % 24 == 0)
			fix_power_cycle(&f);
		auth[bit / 8] ^= (uint8_t)(1U << bit % 8);
		(void)fix_emm_section(&f, auth, auth_len, NULL);
		(void)fix_emm_section(&f, section, len, NULL);
		auth[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	CHECK(nv_ram_is_as_remembered(&f.nv));
	fix_power_cycle(&f);
	CHECK(send(auth, auth_len) == CA_EMM_NOTED);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		section[bit / 8] ^= (uint8_t)(1U << bit % 8);
		(void)fix_emm_section(&f, section, len, NULL);
		section[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	CHECK(nv_ram_is_as_remembered(&f.nv));
	for (size_t bit = 0; bit < 8 * extract_len; bit++) {
		if (bit % 24 == 0)
			fix_power_cycle(&f);
		extract[bit / 8] ^= (uint8_t)(1U << bit % 8);
		(void)fix_emm_section(&f, extract, extract_len, NULL);
		extract[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	CHECK(nv_ram_is_as_remembered(&f.nv));
	fix_power_cycle(&f);
	CHECK(send(extract, extract_len) == CA_EMM_APPLIED);
}

static void
order__of_epochs_and_sequences_decides(void)
{
	static const struct {
		const char *name;
		uint16_t epoch;
		uint32_t sequence;
		uint8_t fill;
		enum ca_emm_outcome outcome;
	} rows[] = {
		{ "next epoch", FIX_EPOCH + 1, 1000, 0x88, CA_EMM_APPLIED },
		{ "the same again", FIX_EPOCH + 1, 1000, 0x88, CA_EMM_REPEATED },
		{ "an older set of that epoch", FIX_EPOCH + 1, 999, 0x89, CA_EMM_OLD },
		{ "three epochs later", FIX_EPOCH + 4, 1300, 0x91, CA_EMM_APPLIED },
		{ "the one after the next, late", FIX_EPOCH + 3, 1200, 0x90, CA_EMM_APPLIED },
		{ "an older epoch in that slot", FIX_EPOCH + 2, 1400, 0x92, CA_EMM_OLD },
		{ "the first again", FIX_EPOCH + 1, 1000, 0x88, CA_EMM_OLD },
		{ "the same epoch of a restored head-end", FIX_EPOCH + 4, 1500, 0x94,
		  CA_EMM_APPLIED },
	};

	begin(false);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct tree_air a = tree_bench_air(rows[i].epoch, rows[i].sequence, rows[i].fill);

		test_row(rows[i].name);
		make(&a, false);
		(void)send(auth, auth_len);
		CHECK(send(section, len) == rows[i].outcome);
	}
	CHECK(opens(FIX_EPOCH + 4, 0x94));
	CHECK(opens(FIX_EPOCH + 3, 0x90));
}

static void
bucket__of_other_leaves_expired_and_unknown_signers_are_refused(void)
{
	struct tree_air a = tree_bench_air(FIX_EPOCH + 1, 1000, 0x88);

	begin(false);
	a.bucket = (struct emm_bucket) { 4, 0xF00000 };
	make(&a, false);
	CHECK(send(auth, auth_len) == CA_EMM_NOT_MINE);
	CHECK(send(section, len) == CA_EMM_NOT_MINE);
	a.bucket = (struct emm_bucket) { 4, 0x000000 };
	a.valid_until = FIX_T0 - 1;
	make(&a, false);
	CHECK(send(section, len) == CA_EMM_EXPIRED);
	a.valid_until = FIX_T0 + 1;
	make(&a, false);
	auth[10]--;
	CHECK(fix_emm_section(&f, auth, auth_len, NULL) == SW_SECURITY_STATUS);
	auth[10] = (uint8_t)(auth[10] + 2);
	CHECK(fix_emm_section(&f, auth, auth_len, NULL) == SW_REFERENCE);
}

static void
signatures__are_verified_so_many_times_in_a_crypto_period(void)
{
	struct tree_air a = tree_bench_air(FIX_EPOCH + 1, 1000, 0x88);
	struct ecm ecm = fix_ecm(FIX_T0 + 100);
	unsigned int tried = 0;

	begin(false);
	make(&a, false);
	auth[auth_len - 1] ^= 1;
	while (tried < 100 && fix_emm_section(&f, auth, auth_len, NULL) == SW_SECURITY_STATUS)
		tried++;
	CHECK(tried == CA_VERIFICATIONS_MAX);
	auth[auth_len - 1] ^= 1;
	CHECK(send(auth, auth_len) == CA_EMM_LATER);
	(void)fix_ecm_outcome(&f, &ecm);
	CHECK(send(auth, auth_len) == CA_EMM_NOTED);
	CHECK(send(section, len) == CA_EMM_APPLIED);
}

static void
labels__count_when_the_check_over_all_of_them_was_right(void)
{
	struct scp03_session s;
	uint8_t block = 0;
	size_t n;
	uint8_t rsp[256];

	fix_init_blank(&f);
	fix_open_channel(&f, &s);
	MUST(fix_install(&f, &s, (const uint8_t[])AID_CA, AID_CA_LEN) == SW_OK);
	CHECK(tree_bench_check(&f, &s, block, CA_TREE_SMALL, false) == SW_CONDITIONS);
	CHECK(tree_bench_labels(&f, &s, block, CA_TREE_SMALL, 11) == SW_CONDITIONS);
	CHECK(tree_bench_labels(&f, &s, block++, CA_TREE_SMALL, 0) == SW_OK);
	CHECK(tree_bench_labels(&f, &s, block, CA_TREE_FULL, 11) == SW_CONDITIONS);
	CHECK(tree_bench_labels(&f, &s, block++, CA_TREE_SMALL, 11) == SW_OK);
	CHECK(tree_bench_check(&f, &s, block, CA_TREE_SMALL, false) == SW_CONDITIONS);
	CHECK(tree_bench_labels(&f, &s, block++, CA_TREE_SMALL, 22) == SW_OK);
	CHECK(tree_bench_check(&f, &s, block, CA_TREE_SMALL, true) == SW_DATA);
	CHECK(tree_bench_check(&f, &s, block, CA_TREE_SMALL, false) == SW_OK);
	scp03_close(&s);
	fix_select(&f, (const uint8_t[])AID_CA, AID_CA_LEN);
	CHECK(fix_send(&f, CA_CLA, CA_INS_GET_DATA, CA_DATA_TREE, 0, NULL, 0, rsp, &n) == SW_OK);
	CHECK(n == 3 && rsp[0] == CA_TREE_SMALL && rsp[1] == 24 && rsp[2] == CA_GROUPS_MAX);
}

static void
groups__of_the_second_table_keep_their_keys(void)
{
	struct emm_command cmd = fix_epoch(4, (const uint8_t[CRYPTO_KEY]) { 9 });
	struct emm_header h;

	begin(false);
	for (uint8_t group = 1; group < CA_GROUPS_MAX; group++) {
		h = fix_emm_header(&f, EMM_SIGNED);
		cmd.u.epoch_key.group = group;
		if (group % 16 == 0)
			fix_power_cycle(&f);
		CHECK(fix_emm_outcome(&f, &h, &cmd, 1) == CA_EMM_APPLIED);
	}
	fix_power_cycle(&f);
	CHECK(fix_status(&f).key_count == CA_GROUPS_MAX);
	h = fix_emm_header(&f, EMM_SIGNED);
	cmd.u.epoch_key.group = 77;
	CHECK(fix_emm_send(&f, &h, &cmd, 1, NULL) == SW_MEMORY_FULL);
}

static void
failing_crypto__installs_no_key(void)
{
	struct tree_air a = tree_bench_air(FIX_EPOCH + 1, 1000, 0x88);
	bool fired = true;

	make(&a, false);
	for (unsigned int k = 1; fired && k < 64; k++) {
		begin(false);
		CHECK(send(auth, auth_len) == CA_EMM_NOTED);
		nv_ram_remember(&f.nv);
		crypto_fault_init(&f.crypto, crypto_test(), k);
		CHECK(fix_emm_section(&f, section, len, NULL) ==
		      (crypto_fault_fired(&f.crypto) ? SW_FAULT : SW_OK));
		fired = crypto_fault_fired(&f.crypto);
		CHECK(!fired || nv_ram_is_as_remembered(&f.nv));
	}
	CHECK(!fired);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(a_key__comes_by_section_and_signature_to_cards_of_both_profiles),
		TEST(a_key__for_the_other_profile_is_not_the_cards),
		TEST(a_batch__is_opened_by_one_entry_and_its_path),
		TEST(revoked__card_is_in_no_subset),
		TEST(altered__leaves_the_memory_as_it_was),
		TEST(order__of_epochs_and_sequences_decides),
		TEST(bucket__of_other_leaves_expired_and_unknown_signers_are_refused),
		TEST(signatures__are_verified_so_many_times_in_a_crypto_period),
		TEST(labels__count_when_the_check_over_all_of_them_was_right),
		TEST(groups__of_the_second_table_keep_their_keys),
		TEST(failing_crypto__installs_no_key),
	};

	return test_run("tree on the card", cases, sizeof cases / sizeof cases[0]);
}
