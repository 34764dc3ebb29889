/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Epoch keys for the key tree, and the sections that vouch for them (FORMATS.md, "Tree EMM",
 * "Auth section", "Batch"). Profile S256: table 84 carries entries of one bucket of leaves, table
 * 86 truncated hashes of up to 11 such sections under one signature. Profile S4K: table 87 carries
 * up to 190 entries that are the leaves of a Merkle tree under one signature; the box makes of it
 * the short form that a card takes: one entry and its path. */
#ifndef TESSERA_WIRE_EMM_TREE_H
#define TESSERA_WIRE_EMM_TREE_H

#include "derive/subset.h"
#include "wire/emm.h"

#define EMM_BUCKET_BITS_MAX 24
#define EMM_TREE_ENTRY (5 + CRYPTO_KEY)
#define EMM_TREE_ENTRIES_MAX 10 /* of a section of table 84 */
#define EMM_TRUNCATED_HASH 16
#define EMM_AUTH_HEADER 11
#define EMM_AUTH_HASHES_MAX 11
#define EMM_BATCH_ENTRIES_MAX 190
#define EMM_BATCH_PATH_MAX 8 /* hashes from a leaf to the root of 190 */
#define EMM_SECTION_MAX 4096 /* whole section of any table, profile S4K */

/* An address of tables 84, 86 and 87: every leaf whose first `bits` bits are those of prefix. */
struct emm_bucket {
	uint8_t bits;    /* 0…24 */
	uint32_t prefix; /* 24 bits, zeros behind the first `bits` */
};

/* The next epoch key for the cards of one subset. */
struct emm_tree_entry {
	bool complete; /* every leaf below the node at depth_i; else subset difference */
	struct subset subset;
	uint8_t wrapped[CRYPTO_KEY]; /* one AES block under the subset's key */
};

/* What all entries of a section deliver. */
struct emm_tree_key {
	uint8_t group;
	uint16_t epoch;
	uint8_t check[CRYPTO_KCV]; /* of the epoch key */
};

bool emm_bucket_is_possible(const struct emm_bucket *b);
uint32_t emm_bucket_address(const struct emm_bucket *b);
/* RC_FORMAT. */
enum rc emm_bucket_from_address(uint32_t address, struct emm_bucket *b) RC_CHECKED;
bool emm_bucket_holds(const struct emm_bucket *b, uint32_t leaf);

/* Whether the entry is for this leaf. RC_FORMAT: a subset that the tree has not. */
enum rc emm_tree_entry_is_for(const struct emm_tree_entry *e, uint32_t leaf,
			      bool *is_for) RC_CHECKED;
void emm_tree_entry_encode(const struct emm_tree_entry *e, uint8_t bytes[EMM_TREE_ENTRY]);
/* RC_FORMAT: no subset of the tree. */
enum rc emm_tree_entry_decode(const uint8_t bytes[EMM_TREE_ENTRY],
			      struct emm_tree_entry *e) RC_CHECKED;

/* Table 84. h: table, operator, address, flags EMM_SHARED, signing version, sequence, part, parts,
 * valid until. RC_RANGE: header, bucket, or not 1…EMM_TREE_ENTRIES_MAX entries; RC_FORMAT: an
 * entry. */
enum rc emm_tree_encode(const struct emm_header *h, const struct emm_tree_key *key,
			const struct emm_tree_entry *entries, size_t count,
			uint8_t section[EMM_MAX], size_t *len) RC_CHECKED;
/* RC_TRUNCATED, RC_FORMAT, RC_VERSION. */
enum rc emm_tree_parse(const uint8_t *section, size_t len, struct emm_header *h,
		       struct emm_tree_key *key, size_t *count) RC_CHECKED;
/* Of a section that emm_tree_parse took, index < count. RC_FORMAT. */
enum rc emm_tree_entry_at(const uint8_t *section, size_t index,
			  struct emm_tree_entry *e) RC_CHECKED;

/* First 16 bytes of SHA-256 over a whole section. */
enum rc emm_section_hash(const struct crypto *c, const uint8_t *section, size_t len,
			 uint8_t hash[EMM_TRUNCATED_HASH]) RC_CHECKED;

/* Table 86. */
struct emm_auth {
	uint16_t operator_id;
	struct emm_bucket bucket; /* of all the sections that it vouches for */
	uint8_t signing_version;
	uint8_t count; /* 1…EMM_AUTH_HASHES_MAX */
	uint8_t hashes[EMM_AUTH_HASHES_MAX][EMM_TRUNCATED_HASH];
};
/* RC_RANGE; RC_CRYPTO or what sign returns. */
enum rc emm_auth_seal(const struct crypto *c, const struct emm_auth *a, emm_sign_fn sign,
		      void *sign_ctx, uint8_t section[EMM_MAX], size_t *len) RC_CHECKED;
/* RC_TRUNCATED, RC_FORMAT, RC_VERSION. */
enum rc emm_auth_parse(const uint8_t *section, size_t len, struct emm_auth *a) RC_CHECKED;
/* RC_AUTH: the signature is wrong. */
enum rc emm_auth_verify(const struct crypto *c, const uint8_t *section, size_t len,
			const uint8_t public_key[CRYPTO_PUBLIC]) RC_CHECKED;

/* Room to build a Merkle tree in. */
struct emm_batch_work {
	uint8_t hashes[EMM_BATCH_ENTRIES_MAX][EMM_TRUNCATED_HASH];
};

/* Table 87 as it is on air; entries in the order of their places in the Merkle tree. RC_RANGE,
 * RC_FORMAT, RC_CRYPTO, what sign returns. */
enum rc emm_batch_seal(const struct crypto *c, const struct emm_header *h,
		       const struct emm_tree_key *key, const struct emm_tree_entry *entries,
		       size_t count, struct emm_batch_work *work, emm_sign_fn sign, void *sign_ctx,
		       uint8_t section[EMM_SECTION_MAX], size_t *len) RC_CHECKED;
enum rc emm_batch_parse(const uint8_t *section, size_t len, struct emm_header *h,
			struct emm_tree_key *key, size_t *count) RC_CHECKED;
enum rc emm_batch_entry_at(const uint8_t *section, size_t index,
			   struct emm_tree_entry *e) RC_CHECKED;
/* The short form with one entry. RC_RANGE: no such entry; as emm_batch_parse. */
enum rc emm_batch_extract(const struct crypto *c, const uint8_t *section, size_t len, size_t index,
			  struct emm_batch_work *work, uint8_t out[EMM_MAX],
			  size_t *out_len) RC_CHECKED;
/* Reads a short form. RC_TRUNCATED, RC_FORMAT, RC_VERSION. */
enum rc emm_extract_parse(const uint8_t *section, size_t len, struct emm_header *h,
			  struct emm_tree_key *key, struct emm_tree_entry *e) RC_CHECKED;
/* What the signature of a short form stands under, by its entry and path; equal for all entries of
 * a batch. */
enum rc emm_extract_digest(const struct crypto *c, const uint8_t *section, size_t len,
			   uint8_t digest[CRYPTO_HASH]) RC_CHECKED;
/* Its signature, the last 64 bytes. */
const uint8_t *emm_extract_signature(const uint8_t *section, size_t len);

#endif
