// SPDX-License-Identifier: GPL-3.0-or-later
/* Table 87 ↔ bytes (FORMATS.md, "Batch"): a Merkle tree over its entries, one signature; and the
 * short form with one entry and its path, which fits a short APDU.
 * Hashes are the first 16 bytes of SHA-256; leaf = H(00 | place | entry), node = H(01 | left |
 * right); a node without a sibling rises as it is. */
#include "base/bytes.h"
#include "base/mem.h"
#include "wire/emm_tree.h"
#include "wire/frame.h"

#define KEY_SIZE 6U /* group, epoch, check */
#define COUNT_AT (EMM_HEADER + KEY_SIZE)
#define ENTRIES_AT (COUNT_AT + 1U)
#define PLACE_AT (COUNT_AT + 1U) /* of the short form */
#define ENTRY_AT (PLACE_AT + 1U)
#define PATH_AT (ENTRY_AT + EMM_TREE_ENTRY)

static enum rc
leaf_hash(const struct crypto *c, size_t place, const uint8_t *entry, uint8_t hash[])
{
	const uint8_t head[2] = { 0x00, (uint8_t)place };
	const struct crypto_part parts[] = { { head, sizeof head }, { entry, EMM_TREE_ENTRY } };
	uint8_t digest[CRYPTO_HASH];
	enum rc rc = c->hash(c->ctx, parts, 2, digest);

	if (rc == RC_OK)
		memcpy(hash, digest, EMM_TRUNCATED_HASH);
	return rc;
}

static enum rc
node_hash(const struct crypto *c, const uint8_t *left, const uint8_t *right, uint8_t hash[])
{
	const uint8_t head = 0x01;
	const struct crypto_part parts[] = { { &head, 1 },
					     { left, EMM_TRUNCATED_HASH },
					     { right, EMM_TRUNCATED_HASH } };
	uint8_t digest[CRYPTO_HASH];
	enum rc rc = c->hash(c->ctx, parts, 3, digest);

	if (rc == RC_OK)
		memcpy(hash, digest, EMM_TRUNCATED_HASH);
	return rc;
}

/* Hashes that a place needs on its way to the root. */
static size_t
path_length(size_t place, size_t count)
{
	size_t n = 0;

	for (; count > 1; place /= 2, count = (count + 1) / 2)
		n += (place ^ 1U) < count;
	return n;
}

/* What is signed: the header without its length, the key, the number of entries, the root. */
static enum rc
root_digest(const struct crypto *c, const uint8_t *section, const uint8_t *root,
	    uint8_t digest[CRYPTO_HASH])
{
	const struct crypto_part parts[] = { { section, 1 },
					     { section + 3, ENTRIES_AT - 3 },
					     { root, EMM_TRUNCATED_HASH } };

	return c->hash(c->ctx, parts, 3, digest);
}

/* Walks all levels of the tree over the entries; what the place needs on its way up goes to path
 * (may be NULL). The root comes out in hashes[0]. */
static enum rc
build(const struct crypto *c, const uint8_t *entries, size_t count, size_t place,
      uint8_t hashes[][EMM_TRUNCATED_HASH], struct writer *path)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < count; i++)
		rc = leaf_hash(c, i, entries + i * EMM_TREE_ENTRY, hashes[i]);
	for (; rc == RC_OK && count > 1; place /= 2, count = (count + 1) / 2) {
		if (path && (place ^ 1U) < count)
			write_bytes(path, hashes[place ^ 1U], EMM_TRUNCATED_HASH);
		for (size_t i = 0; rc == RC_OK && i + 1 < count; i += 2)
			rc = node_hash(c, hashes[i], hashes[i + 1], hashes[i / 2]);
		if (count % 2 != 0)
			memmove(hashes[count / 2], hashes[count - 1], EMM_TRUNCATED_HASH);
	}
	return rc;
}

/* The header of a section of table 87 stands in the bytes of one of table 84. */
static enum rc
write_header(const struct emm_header *h, uint8_t *section)
{
	uint8_t plain[EMM_MAX];
	struct emm_header like = *h;
	size_t len = 0;
	enum rc rc;

	if (h->table_id != EMM_BATCH || h->flags != EMM_SIGNED)
		return RC_RANGE;
	like.table_id = EMM_TREE;
	like.flags = EMM_SHARED;
	rc = emm_seal(NULL, &like, section, 0, NULL, NULL, NULL, plain, &len);
	if (rc != RC_OK)
		return rc;
	memcpy(section, plain, EMM_HEADER);
	section[0] = EMM_BATCH;
	section[9] = (uint8_t)((plain[9] & 0xF0U) | EMM_SIGNED);
	return RC_OK;
}

static enum rc
read_header(const uint8_t *section, struct emm_header *h)
{
	uint8_t plain[EMM_HEADER];
	enum rc rc;

	if (section[0] != EMM_BATCH || (section[9] & 0x0FU) != EMM_SIGNED)
		return RC_FORMAT;
	memcpy(plain, section, EMM_HEADER);
	plain[0] = EMM_TREE;
	plain[9] = (uint8_t)((plain[9] & 0xF0U) | EMM_SHARED);
	wire_section_put_length(plain, EMM_HEADER);
	rc = emm_parse(plain, EMM_HEADER, h);
	h->table_id = EMM_BATCH;
	h->flags = EMM_SIGNED;
	return rc;
}

static void
read_key(const uint8_t *section, struct emm_tree_key *key)
{
	key->group = section[EMM_HEADER];
	key->epoch = get_be16(section + EMM_HEADER + 1);
	memcpy(key->check, section + EMM_HEADER + 3, CRYPTO_KCV);
}

enum rc
emm_batch_seal(const struct crypto *c, const struct emm_header *h, const struct emm_tree_key *key,
	       const struct emm_tree_entry *entries, size_t count, struct emm_batch_work *work,
	       emm_sign_fn sign, void *sign_ctx, uint8_t section[EMM_SECTION_MAX], size_t *len)
{
	uint8_t digest[CRYPTO_HASH];
	size_t at = ENTRIES_AT;
	bool is_for;
	enum rc rc;

	if (count < 1 || count > EMM_BATCH_ENTRIES_MAX)
		return RC_RANGE;
	rc = write_header(h, section);
	if (rc != RC_OK)
		return rc;
	section[EMM_HEADER] = key->group;
	put_be16(section + EMM_HEADER + 1, key->epoch);
	memcpy(section + EMM_HEADER + 3, key->check, CRYPTO_KCV);
	section[COUNT_AT] = (uint8_t)count;
	for (size_t i = 0; i < count; i++, at += EMM_TREE_ENTRY) {
		if (emm_tree_entry_is_for(&entries[i], 0, &is_for) != RC_OK)
			return RC_FORMAT;
		emm_tree_entry_encode(&entries[i], section + at);
	}
	wire_section_put_length(section, at + CRYPTO_SIGNATURE);
	rc = build(c, section + ENTRIES_AT, count, 0, work->hashes, NULL);
	if (rc == RC_OK)
		rc = root_digest(c, section, work->hashes[0], digest);
	if (rc == RC_OK)
		rc = sign(sign_ctx, digest, section + at);
	if (rc == RC_OK)
		*len = at + CRYPTO_SIGNATURE;
	return rc;
}

enum rc
emm_batch_parse(const uint8_t *section, size_t len, struct emm_header *h, struct emm_tree_key *key,
		size_t *count)
{
	const size_t fixed = ENTRIES_AT + CRYPTO_SIGNATURE;
	struct emm_header got;
	enum rc rc = wire_section_check(section, len, fixed + EMM_TREE_ENTRY, EMM_SECTION_MAX);

	if (rc == RC_OK)
		rc = read_header(section, &got);
	if (rc != RC_OK)
		return rc;
	if (section[COUNT_AT] == 0 || section[COUNT_AT] > EMM_BATCH_ENTRIES_MAX ||
	    len != fixed + section[COUNT_AT] * (size_t)EMM_TREE_ENTRY)
		return RC_FORMAT;
	*h = got;
	read_key(section, key);
	*count = section[COUNT_AT];
	return RC_OK;
}

enum rc
emm_batch_entry_at(const uint8_t *section, size_t index, struct emm_tree_entry *e)
{
	return emm_tree_entry_decode(section + ENTRIES_AT + index * EMM_TREE_ENTRY, e);
}

enum rc
emm_batch_extract(const struct crypto *c, const uint8_t *section, size_t len, size_t index,
		  struct emm_batch_work *work, uint8_t out[EMM_MAX], size_t *out_len)
{
	const uint8_t *entry = section + ENTRIES_AT + index * EMM_TREE_ENTRY;
	struct writer w = writer_over(out, EMM_MAX);
	struct emm_tree_key key;
	struct emm_header h;
	size_t count;
	enum rc rc = emm_batch_parse(section, len, &h, &key, &count);

	if (rc != RC_OK)
		return rc;
	if (index >= count)
		return RC_RANGE;
	write_bytes(&w, section, ENTRIES_AT);
	write_u8(&w, (uint8_t)index);
	write_bytes(&w, entry, EMM_TREE_ENTRY);
	rc = build(c, section + ENTRIES_AT, count, index, work->hashes, &w);
	write_bytes(&w, section + len - CRYPTO_SIGNATURE, CRYPTO_SIGNATURE);
	if (rc != RC_OK)
		return rc;
	wire_section_put_length(out, w.len);
	*out_len = w.len;
	return RC_OK;
}

enum rc
emm_extract_parse(const uint8_t *section, size_t len, struct emm_header *h,
		  struct emm_tree_key *key, struct emm_tree_entry *e)
{
	struct emm_header header;
	size_t path;
	enum rc rc = wire_section_check(section, len, PATH_AT + CRYPTO_SIGNATURE, EMM_MAX);

	if (rc == RC_OK)
		rc = read_header(section, &header);
	if (rc != RC_OK)
		return rc;
	if (section[COUNT_AT] > EMM_BATCH_ENTRIES_MAX || section[PLACE_AT] >= section[COUNT_AT])
		return RC_FORMAT;
	path = path_length(section[PLACE_AT], section[COUNT_AT]);
	if (len != PATH_AT + path * EMM_TRUNCATED_HASH + CRYPTO_SIGNATURE)
		return RC_FORMAT;
	rc = emm_tree_entry_decode(section + ENTRY_AT, e);
	if (rc != RC_OK)
		return rc;
	*h = header;
	read_key(section, key);
	return RC_OK;
}

enum rc
emm_extract_digest(const struct crypto *c, const uint8_t *section, size_t len,
		   uint8_t digest[CRYPTO_HASH])
{
	size_t place = section[PLACE_AT], count = section[COUNT_AT];
	const uint8_t *path = section + PATH_AT, *end = section + len - CRYPTO_SIGNATURE;
	uint8_t hash[EMM_TRUNCATED_HASH];
	enum rc rc = leaf_hash(c, place, section + ENTRY_AT, hash);

	for (; rc == RC_OK && count > 1; place /= 2, count = (count + 1) / 2) {
		if ((place ^ 1U) >= count)
			continue;
		if (end - path < EMM_TRUNCATED_HASH)
			return RC_FORMAT;
		rc = place % 2 == 0 ? node_hash(c, hash, path, hash)
				    : node_hash(c, path, hash, hash);
		path += EMM_TRUNCATED_HASH;
	}
	return rc == RC_OK ? root_digest(c, section, hash, digest) : rc;
}

const uint8_t *
emm_extract_signature(const uint8_t *section, size_t len)
{
	return section + len - CRYPTO_SIGNATURE;
}
