// SPDX-License-Identifier: GPL-3.0-or-later
/* Any bytes as sections of the key tree: nothing crashes, what is read is written back the same,
 * and a short form made of a batch reads as the batch's entry. */
#include "base/mem.h"
#include "fuzz_crypto.h"
#include "wire/emm_tree.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int condition)
{
	if (!condition)
		abort();
}

static enum rc
sign(void *ctx, const uint8_t digest[CRYPTO_HASH], uint8_t signature[CRYPTO_SIGNATURE])
{
	(void)digest;
	memcpy(signature, ctx, CRYPTO_SIGNATURE);
	return RC_OK;
}

static void
data_section(const uint8_t *data, size_t size)
{
	struct emm_tree_entry entries[EMM_TREE_ENTRIES_MAX];
	uint8_t again[EMM_MAX];
	struct emm_tree_key key;
	struct emm_header h;
	size_t count = 0, len = 0;

	if (emm_tree_parse(data, size, &h, &key, &count) != RC_OK)
		return;
	require(count >= 1 && count <= EMM_TREE_ENTRIES_MAX);
	for (size_t i = 0; i < count; i++) {
		if (emm_tree_entry_at(data, i, &entries[i]) != RC_OK)
			return;
	}
	require(emm_tree_encode(&h, &key, entries, count, again, &len) == RC_OK);
	require(len == size && memcmp(again, data, size) == 0);
}

static void
auth_section(const uint8_t *data, size_t size)
{
	uint8_t again[EMM_MAX], signature[CRYPTO_SIGNATURE];
	struct emm_auth a;
	size_t len = 0;

	if (emm_auth_parse(data, size, &a) != RC_OK)
		return;
	memcpy(signature, data + size - CRYPTO_SIGNATURE, CRYPTO_SIGNATURE);
	require(emm_auth_seal(fuzz_crypto(), &a, sign, signature, again, &len) == RC_OK);
	require(len == size && memcmp(again, data, size) == 0);
}

static void
batch(const uint8_t *data, size_t size)
{
	static struct emm_batch_work work;
	uint8_t extract[EMM_MAX], a[EMM_TREE_ENTRY], b[EMM_TREE_ENTRY];
	struct emm_tree_entry entry, got;
	struct emm_tree_key key;
	struct emm_header h;
	size_t count = 0, len = 0;

	if (emm_batch_parse(data, size, &h, &key, &count) != RC_OK)
		return;
	for (size_t i = 0; i < count; i++) {
		if (emm_batch_entry_at(data, i, &entry) != RC_OK)
			continue;
		require(emm_batch_extract(fuzz_crypto(), data, size, i, &work, extract, &len) ==
			RC_OK);
		require(emm_extract_parse(extract, len, &h, &key, &got) == RC_OK);
		emm_tree_entry_encode(&entry, a);
		emm_tree_entry_encode(&got, b);
		require(memcmp(a, b, sizeof a) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t digest[CRYPTO_HASH];
	struct emm_tree_entry entry;
	struct emm_tree_key key;
	struct emm_header h;

	data_section(data, size);
	auth_section(data, size);
	batch(data, size);
	if (emm_extract_parse(data, size, &h, &key, &entry) == RC_OK)
		require(emm_extract_digest(fuzz_crypto(), data, size, digest) == RC_OK);
	return 0;
}
