// SPDX-License-Identifier: GPL-3.0-or-later
/* Buckets, entries, and sections of tables 84 and 86 ↔ bytes (FORMATS.md, "Tree EMM", "Auth
 * section"). */
#include "wire/emm_tree.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "wire/frame.h"

#define TREE_BITS 24U
#define COMPLETE 0x80U
#define KEY_HEAD 8U /* tag, length, group, epoch, check */
#define AUTH_VERSION (1U << 4 | EMM_SIGNED)

bool
emm_bucket_is_possible(const struct emm_bucket *b)
{
	return b->bits <= TREE_BITS && b->prefix >> TREE_BITS == 0 &&
	       (b->prefix & ((1U << (TREE_BITS - b->bits)) - 1U)) == 0;
}

uint32_t
emm_bucket_address(const struct emm_bucket *b)
{
	return (uint32_t)b->bits << TREE_BITS | b->prefix;
}

enum rc
emm_bucket_from_address(uint32_t address, struct emm_bucket *b)
{
	const struct emm_bucket got = { .bits = (uint8_t)(address >> TREE_BITS),
					.prefix = address & 0xFFFFFFU };

	if (!emm_bucket_is_possible(&got))
		return RC_FORMAT;
	*b = got;
	return RC_OK;
}

bool
emm_bucket_holds(const struct emm_bucket *b, uint32_t leaf)
{
	return (leaf ^ b->prefix) >> (TREE_BITS - b->bits) == 0;
}

static bool
node_is_possible(const struct subset *s)
{
	return s->depth_i <= TREE_BITS && s->depth_j == 0 && s->path >> TREE_BITS == 0 &&
	       (s->path & ((1U << (TREE_BITS - s->depth_i)) - 1U)) == 0;
}

enum rc
emm_tree_entry_is_for(const struct emm_tree_entry *e, uint32_t leaf, bool *is_for)
{
	int contains = 0;

	if (!e->complete) {
		if (subset_contains(TREE_BITS, &e->subset, leaf, &contains) != RC_OK)
			return RC_FORMAT;
		*is_for = contains != 0;
		return RC_OK;
	}
	if (!node_is_possible(&e->subset))
		return RC_FORMAT;
	*is_for = (leaf ^ e->subset.path) >> (TREE_BITS - e->subset.depth_i) == 0;
	return RC_OK;
}

void
emm_tree_entry_encode(const struct emm_tree_entry *e, uint8_t bytes[EMM_TREE_ENTRY])
{
	bytes[0] = (uint8_t)(e->subset.depth_i | (e->complete ? COMPLETE : 0U));
	bytes[1] = e->subset.depth_j;
	put_be24(bytes + 2, e->subset.path);
	memcpy(bytes + 5, e->wrapped, CRYPTO_KEY);
}

enum rc
emm_tree_entry_decode(const uint8_t bytes[EMM_TREE_ENTRY], struct emm_tree_entry *e)
{
	struct emm_tree_entry got = { .complete = (bytes[0] & COMPLETE) != 0,
				      .subset = { .depth_i = (uint8_t)(bytes[0] & ~COMPLETE),
						  .depth_j = bytes[1],
						  .path = get_be24(bytes + 2) } };
	bool is_for;
	enum rc rc = emm_tree_entry_is_for(&got, 0, &is_for);

	if (rc != RC_OK)
		return rc;
	memcpy(got.wrapped, bytes + 5, CRYPTO_KEY);
	*e = got;
	return RC_OK;
}

enum rc
emm_tree_encode(const struct emm_header *h, const struct emm_tree_key *key,
		const struct emm_tree_entry *entries, size_t count, uint8_t section[EMM_MAX],
		size_t *len)
{
	uint8_t body[EMM_BODY_MAX];
	struct writer w = writer_over(body, sizeof body);
	struct emm_bucket bucket;
	bool is_for;

	if (h->table_id != EMM_TREE || count < 1 || count > EMM_TREE_ENTRIES_MAX ||
	    emm_bucket_from_address(h->address, &bucket) != RC_OK)
		return RC_RANGE;
	write_u8(&w, EMM_TAG_TREE_KEY);
	write_u8(&w, (uint8_t)(KEY_HEAD - 2 + count * EMM_TREE_ENTRY));
	write_u8(&w, key->group);
	write_be16(&w, key->epoch);
	write_bytes(&w, key->check, CRYPTO_KCV);
	for (size_t i = 0; i < count; i++) {
		if (emm_tree_entry_is_for(&entries[i], 0, &is_for) != RC_OK)
			return RC_FORMAT;
		emm_tree_entry_encode(&entries[i], write_room(&w, EMM_TREE_ENTRY));
	}
	return emm_seal(NULL, h, body, w.len, NULL, NULL, NULL, section, len);
}

enum rc
emm_tree_parse(const uint8_t *section, size_t len, struct emm_header *h, struct emm_tree_key *key,
	       size_t *count)
{
	struct emm_tree_key got = { 0 };
	struct emm_header header;
	struct reader r;
	size_t entries;
	enum rc rc = emm_parse(section, len, &header);

	if (rc != RC_OK)
		return rc;
	if (header.table_id != EMM_TREE || len < EMM_HEADER + KEY_HEAD + EMM_TREE_ENTRY)
		return RC_FORMAT;
	entries = len - EMM_HEADER - KEY_HEAD;
	r = reader_over(section + EMM_HEADER, len - EMM_HEADER);
	if (read_u8(&r) != EMM_TAG_TREE_KEY || read_u8(&r) != r.left ||
	    entries % EMM_TREE_ENTRY != 0)
		return RC_FORMAT;
	got.group = read_u8(&r);
	got.epoch = read_be16(&r);
	read_bytes(&r, got.check, CRYPTO_KCV);
	*h = header;
	*key = got;
	*count = entries / EMM_TREE_ENTRY;
	return RC_OK;
}

enum rc
emm_tree_entry_at(const uint8_t *section, size_t index, struct emm_tree_entry *e)
{
	return emm_tree_entry_decode(section + EMM_HEADER + KEY_HEAD + index * EMM_TREE_ENTRY, e);
}

enum rc
emm_section_hash(const struct crypto *c, const uint8_t *section, size_t len,
		 uint8_t hash[EMM_TRUNCATED_HASH])
{
	const struct crypto_part part = { section, len };
	uint8_t digest[CRYPTO_HASH];
	enum rc rc = c->hash(c->ctx, &part, 1, digest);

	if (rc == RC_OK)
		memcpy(hash, digest, EMM_TRUNCATED_HASH);
	return rc;
}

enum rc
emm_auth_seal(const struct crypto *c, const struct emm_auth *a, emm_sign_fn sign, void *sign_ctx,
	      uint8_t section[EMM_MAX], size_t *len)
{
	struct writer w = writer_over(section, EMM_MAX - CRYPTO_SIGNATURE);
	struct crypto_part part;
	uint8_t digest[CRYPTO_HASH];
	enum rc rc;

	if (a->count < 1 || a->count > EMM_AUTH_HASHES_MAX || !emm_bucket_is_possible(&a->bucket))
		return RC_RANGE;
	write_u8(&w, EMM_AUTH);
	write_be16(&w, 0); /* length, later */
	write_be16(&w, a->operator_id);
	write_be32(&w, emm_bucket_address(&a->bucket));
	write_u8(&w, AUTH_VERSION);
	write_u8(&w, a->signing_version);
	for (size_t i = 0; i < a->count; i++)
		write_bytes(&w, a->hashes[i], EMM_TRUNCATED_HASH);
	wire_section_put_length(section, w.len + CRYPTO_SIGNATURE);
	part = (struct crypto_part) { section, w.len };
	rc = c->hash(c->ctx, &part, 1, digest);
	if (rc == RC_OK)
		rc = sign(sign_ctx, digest, section + w.len);
	if (rc == RC_OK)
		*len = w.len + CRYPTO_SIGNATURE;
	else
		mem_wipe(section, EMM_MAX);
	return rc;
}

enum rc
emm_auth_parse(const uint8_t *section, size_t len, struct emm_auth *a)
{
	const size_t fixed = EMM_AUTH_HEADER + CRYPTO_SIGNATURE;
	struct emm_auth got = { 0 };
	struct reader r;
	enum rc rc = wire_section_check(section, len, fixed + EMM_TRUNCATED_HASH, EMM_MAX);

	if (rc != RC_OK)
		return rc;
	r = reader_over(section + 3, len - 3);
	got.operator_id = read_be16(&r);
	rc = emm_bucket_from_address(read_be32(&r), &got.bucket);
	if (section[0] != EMM_AUTH || rc != RC_OK || (len - fixed) % EMM_TRUNCATED_HASH != 0)
		return RC_FORMAT;
	if (read_u8(&r) != AUTH_VERSION)
		return RC_VERSION;
	got.signing_version = read_u8(&r);
	got.count = (uint8_t)((len - fixed) / EMM_TRUNCATED_HASH);
	for (size_t i = 0; i < got.count; i++)
		read_bytes(&r, got.hashes[i], EMM_TRUNCATED_HASH);
	*a = got;
	return RC_OK;
}

enum rc
emm_auth_verify(const struct crypto *c, const uint8_t *section, size_t len,
		const uint8_t public_key[CRYPTO_PUBLIC])
{
	const struct crypto_part part = { section, len - CRYPTO_SIGNATURE };
	uint8_t digest[CRYPTO_HASH];
	enum rc rc = c->hash(c->ctx, &part, 1, digest);

	return rc == RC_OK ? c->verify(c->ctx, public_key, digest, section + part.len) : rc;
}
