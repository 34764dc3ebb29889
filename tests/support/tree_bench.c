// SPDX-License-Identifier: GPL-3.0-or-later
/* Labels and tree sections for the card of card_fixture.c. */
#include "tree_bench.h"

#include "base/status_word.h"
#include "derive/ladder.h"
#include "wire/personalise.h"

#include <string.h>

#define IN_COMMAND 11U

const uint8_t tree_bench_master[CRYPTO_KEY] = { 0x7E, 0xEE, 1, 2, 3, 4, 5, 6 };

static unsigned int
label_count(uint8_t profile)
{
	return profile == CA_TREE_FULL ? TREE_LABELS_MAX : TREE_HEIGHT_MAX + 1U;
}

static void
make_labels(uint8_t profile, uint8_t labels[TREE_LABELS_MAX][CRYPTO_KEY])
{
	if (profile == CA_TREE_FULL)
		MUST(tree_card_labels(crypto_test(), tree_bench_master, TREE_HEIGHT_MAX, FIX_LEAF,
				      labels) == RC_OK);
	else
		MUST(tree_card_keys(crypto_test(), tree_bench_master, TREE_HEIGHT_MAX, FIX_LEAF,
				    labels) == RC_OK);
}

uint16_t
tree_bench_labels(struct card_fixture *f, struct scp03_session *s, uint8_t block, uint8_t profile,
		  unsigned int first)
{
	static uint8_t labels[TREE_LABELS_MAX][CRYPTO_KEY];
	unsigned int left = label_count(profile) - first;
	uint8_t room[200];
	struct writer w = writer_over(room, sizeof room);

	make_labels(profile, labels);
	write_u8(&w, profile);
	write_be16(&w, (uint16_t)first);
	for (unsigned int i = 0; i < IN_COMMAND && i < left; i++)
		fix_write_wrapped(&w, labels[first + i], false);
	return fix_store(f, s, block, DGI_CA_LABELS, room, w.len);
}

uint16_t
tree_bench_check(struct card_fixture *f, struct scp03_session *s, uint8_t block, uint8_t profile,
		 bool spoilt)
{
	static uint8_t labels[TREE_LABELS_MAX][CRYPTO_KEY];
	const struct crypto *c = crypto_test();
	uint8_t check[CRYPTO_BLOCK];

	make_labels(profile, labels);
	memset(check, 1, sizeof check);
	for (unsigned int i = 0; i < label_count(profile); i++)
		MUST(c->block(c->ctx, labels[i], CRYPTO_KEY, CRYPTO_ENCRYPT, check, check) ==
		     RC_OK);
	check[0] ^= spoilt;
	return fix_store(f, s, block, DGI_CA_LABELS_CHECK, check, CRYPTO_KCV);
}

static void
personalise(struct card_fixture *f, struct scp03_session *s, uint8_t *block, uint8_t profile)
{
	for (unsigned int first = 0; first < label_count(profile); first += IN_COMMAND)
		MUST(tree_bench_labels(f, s, (*block)++, profile, first) == SW_OK);
	MUST(tree_bench_check(f, s, (*block)++, profile, false) == SW_OK);
}

void
tree_bench_full(struct card_fixture *f, struct scp03_session *s, uint8_t *block)
{
	personalise(f, s, block, CA_TREE_FULL);
}

void
tree_bench_small(struct card_fixture *f, struct scp03_session *s, uint8_t *block)
{
	personalise(f, s, block, CA_TREE_SMALL);
}

struct tree_air
tree_bench_air(uint16_t epoch, uint32_t sequence, uint8_t fill)
{
	struct tree_air a = { .epoch = epoch, .sequence = sequence, .valid_until = FIX_T0 + 86400 };

	memset(a.key, fill, sizeof a.key);
	return a;
}

struct emm_tree_entry
tree_bench_entry(const struct tree_air *a, const struct subset *s, bool complete)
{
	struct emm_tree_entry e = { .complete = complete, .subset = *s };
	const struct crypto *c = crypto_test();
	uint8_t key[CRYPTO_KEY];

	if (complete)
		MUST(tree_node_key(c, tree_bench_master, TREE_HEIGHT_MAX, s, key) == RC_OK);
	else
		MUST(tree_subset_key(c, tree_bench_master, TREE_HEIGHT_MAX, s, key) == RC_OK);
	MUST(c->block(c->ctx, key, sizeof key, CRYPTO_ENCRYPT, a->key, e.wrapped) == RC_OK);
	return e;
}

static struct emm_header
header(const struct tree_air *a, uint8_t table, uint8_t flags)
{
	return (struct emm_header) { .table_id = table,
				     .operator_id = FIX_OPERATOR,
				     .address = emm_bucket_address(&a->bucket),
				     .flags = flags,
				     .signing_version = FIX_SIGNING_VERSION,
				     .sequence = a->sequence,
				     .part = 1,
				     .parts = 1,
				     .valid_until = a->valid_until };
}

static struct emm_tree_key
tree_key(const struct tree_air *a)
{
	struct emm_tree_key key = { .group = FIX_GROUP, .epoch = a->epoch };

	MUST(crypto_kcv(crypto_test(), a->key, key.check) == RC_OK);
	return key;
}

static enum rc
sign(void *ctx, const uint8_t digest[CRYPTO_HASH], uint8_t signature[CRYPTO_SIGNATURE])
{
	return crypto_signer_sign(ctx, digest, signature);
}

size_t
tree_bench_section(const struct tree_air *a, const struct emm_tree_entry *entries, size_t count,
		   uint8_t section[EMM_MAX])
{
	const struct emm_header h = header(a, EMM_TREE, EMM_SHARED);
	const struct emm_tree_key key = tree_key(a);
	size_t len;

	MUST(emm_tree_encode(&h, &key, entries, count, section, &len) == RC_OK);
	return len;
}

size_t
tree_bench_auth(const struct tree_air *a, const uint8_t *section, size_t len, uint8_t auth[EMM_MAX])
{
	struct emm_auth e = { .operator_id = FIX_OPERATOR,
			      .bucket = a->bucket,
			      .signing_version = FIX_SIGNING_VERSION,
			      .count = 3 };

	memset(e.hashes, 0xAB, sizeof e.hashes);
	MUST(emm_section_hash(crypto_test(), section, len, e.hashes[1]) == RC_OK);
	MUST(emm_auth_seal(crypto_test(), &e, sign, fix_operator()->signing, auth, &len) == RC_OK);
	return len;
}

size_t
tree_bench_batch(const struct tree_air *a, const struct emm_tree_entry *entries, size_t count,
		 uint8_t section[EMM_SECTION_MAX])
{
	const struct emm_header h = header(a, EMM_BATCH, EMM_SIGNED);
	const struct emm_tree_key key = tree_key(a);
	struct emm_batch_work work;
	size_t len;

	MUST(emm_batch_seal(crypto_test(), &h, &key, entries, count, &work, sign,
			    fix_operator()->signing, section, &len) == RC_OK);
	return len;
}

size_t
tree_bench_entries(const struct tree_air *a, bool complete, struct emm_tree_entry out[3])
{
	/* Two of strangers' subsets first. */
	static const struct subset full[3] = { { 1, 3, 0xC00000 },
					       { 4, 24, 0x7FFFFF },
					       { 0, 24, FIX_LEAF ^ 1U } };
	static const struct subset small[3] = { { 2, 0, 0xC00000 },
						{ 24, 0, FIX_LEAF ^ 1U },
						{ 24, 0, FIX_LEAF } };

	for (size_t i = 0; i < 3; i++)
		out[i] = tree_bench_entry(a, complete ? &small[i] : &full[i], complete);
	return 3;
}
