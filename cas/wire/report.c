// SPDX-License-Identifier: GPL-3.0-or-later
/* One batch of purchase records, sealed for the head-end ↔ bytes (FORMATS.md, "Records and
 * reports"). The full CMAC over header and plain text is both tag and IV. */
#include "wire/record.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "wire/frame.h"

#define REPORT_VERSION 1
#define OFFSET_VERSION 2
#define REPORT_CLEAR 16      /* header without the tag */
#define REPORT_FIXED 81      /* clock, head, chain twice, totals */
#define REPORT_FOLD_FIXED 20 /* where the folds begin, and the chain where they end */
#define REPORT_FOLD_SIZE 45
#define REPORT_FLAGS (REPORT_LAST | REPORT_FOLD | REPORT_MORE)
#define REPORT_PLAIN_MAX (REPORT_FIXED + REPORT_FOLD_FIXED + REPORT_FOLDS_MAX * REPORT_FOLD_SIZE)
#define REPORT_PADDED_MAX WIRE_PADDED(REPORT_PLAIN_MAX)
#define LEAF_MAX 0xFFFFFFU
#define SLOT_MAX 15U

_Static_assert(REPORT_HEADER + REPORT_PADDED_MAX <= REPORT_MAX, "a batch is a short answer");

static size_t
padded_size(const struct report *r)
{
	if (r->flags & REPORT_FOLD)
		return WIRE_PADDED(REPORT_FIXED + REPORT_FOLD_FIXED +
				   (size_t)r->record_count * REPORT_FOLD_SIZE);
	return WIRE_PADDED(REPORT_FIXED + (size_t)r->record_count * RECORD_SIZE);
}

/* Folds come first: never the last, never none; only of them there is more. */
static bool
flags_are_possible(const struct report *r)
{
	if (r->flags & ~REPORT_FLAGS)
		return false;
	if (r->flags & REPORT_FOLD)
		return (r->flags & REPORT_LAST) == 0 && r->record_count > 0 && r->first > 1;
	return (r->flags & REPORT_MORE) == 0;
}

static bool
report_is_possible(const struct report *r)
{
	return r->leaf <= LEAF_MAX && flags_are_possible(r) &&
	       r->record_count <= REPORT_RECORDS_MAX && r->totals.slot <= SLOT_MAX;
}

static void
write_header(struct writer *w, const struct report *r)
{
	write_u8(w, 'T');
	write_u8(w, 'R');
	write_u8(w, REPORT_VERSION);
	write_u8(w, r->flags);
	write_be16(w, r->operator_id);
	write_be32(w, r->leaf);
	write_u8(w, r->key_version);
	write_u8(w, r->record_count);
	write_be32(w, r->first);
}

static void
write_folds(struct writer *w, const struct report *r)
{
	write_be32(w, r->fold_from);
	write_bytes(w, r->chain_folded, CRYPTO_MAC);
	for (size_t i = 0; i < r->record_count; i++) {
		write_u8(w, r->folds[i].slot);
		write_be32(w, r->folds[i].count);
		write_be64(w, r->folds[i].debited);
		write_be64(w, r->folds[i].credited);
		write_be64(w, r->folds[i].refunded);
		write_bytes(w, r->folds[i].value, CRYPTO_MAC);
	}
}

static void
write_plain(struct writer *w, const struct report *r)
{
	write_be32(w, r->clock);
	write_be32(w, r->head);
	write_bytes(w, r->chain_before, CRYPTO_MAC);
	write_bytes(w, r->chain_head, CRYPTO_MAC);
	write_u8(w, r->totals.slot);
	write_be64(w, r->totals.credit_emm);
	write_be64(w, r->totals.credit_load);
	write_be64(w, r->totals.credit_code);
	write_be64(w, r->totals.refund);
	write_be64(w, r->totals.spent);
	if (r->flags & REPORT_FOLD) {
		write_folds(w, r);
		return;
	}
	for (size_t i = 0; i < r->record_count; i++) {
		uint8_t *room = write_room(w, RECORD_SIZE);

		if (room)
			record_encode(&r->records[i], room);
	}
}

static enum rc
report_tag(const struct crypto *c, const uint8_t mac_key[CRYPTO_KEY], const uint8_t *header,
	   const uint8_t *padded, size_t len, uint8_t tag[CRYPTO_MAC])
{
	struct crypto_part parts[] = { { header, REPORT_CLEAR }, { padded, len } };

	return c->cmac(c->ctx, mac_key, CRYPTO_KEY, parts, 2, tag);
}

enum rc
report_seal(const struct crypto *c, const struct report_keys *keys, const struct report *r,
	    uint8_t *out, size_t cap, size_t *len)
{
	struct writer w = writer_over(out, cap);
	uint8_t *body = out + REPORT_HEADER, *tag = out + REPORT_CLEAR;
	size_t padded;
	enum rc rc;

	if (!report_is_possible(r))
		return RC_RANGE;
	padded = padded_size(r);
	if (cap < REPORT_HEADER + padded)
		return RC_SPACE;
	write_header(&w, r);
	(void)write_room(&w, CRYPTO_MAC);
	write_plain(&w, r);
	wire_pad(body, w.len - REPORT_HEADER);
	rc = report_tag(c, keys->mac, out, body, padded, tag);
	if (rc == RC_OK)
		rc = c->cbc(c->ctx, keys->enc, CRYPTO_KEY, CRYPTO_ENCRYPT, tag, body, padded, body);
	if (rc == RC_OK)
		*len = REPORT_HEADER + padded;
	else
		mem_wipe(out, REPORT_HEADER + padded);
	return rc;
}

enum rc
report_parse(const uint8_t *in, size_t len, struct report *r)
{
	struct reader b = reader_over(in, len);
	struct report got;

	if (len < REPORT_HEADER)
		return RC_TRUNCATED;
	if (read_u8(&b) != 'T' || read_u8(&b) != 'R')
		return RC_FORMAT;
	if (read_u8(&b) != REPORT_VERSION)
		return RC_VERSION;
	memset(&got, 0, sizeof got);
	got.flags = read_u8(&b);
	got.operator_id = read_be16(&b);
	got.leaf = read_be32(&b);
	got.key_version = read_u8(&b);
	got.record_count = read_u8(&b);
	got.first = read_be32(&b);
	if (!report_is_possible(&got) || len > REPORT_HEADER + padded_size(&got))
		return RC_FORMAT;
	if (len < REPORT_HEADER + padded_size(&got))
		return RC_TRUNCATED;
	*r = got;
	return RC_OK;
}

static enum rc
read_folds(struct reader *b, struct report *r)
{
	r->fold_from = read_be32(b);
	read_bytes(b, r->chain_folded, CRYPTO_MAC);
	for (size_t i = 0; i < r->record_count; i++) {
		struct record_fold *fold = &r->folds[i];

		fold->slot = read_u8(b);
		fold->count = read_be32(b);
		fold->debited = read_be64(b);
		fold->credited = read_be64(b);
		fold->refunded = read_be64(b);
		read_bytes(b, fold->value, CRYPTO_MAC);
		if (fold->slot > SLOT_MAX || fold->count == 0)
			return RC_FORMAT;
	}
	if (r->fold_from >= r->first - 1)
		return RC_FORMAT;
	return reader_at_end(b) && report_is_possible(r) ? RC_OK : RC_FORMAT;
}

static enum rc
read_plain(struct reader *b, struct report *r)
{
	r->clock = read_be32(b);
	r->head = read_be32(b);
	read_bytes(b, r->chain_before, CRYPTO_MAC);
	read_bytes(b, r->chain_head, CRYPTO_MAC);
	r->totals.slot = read_u8(b);
	r->totals.credit_emm = read_be64(b);
	r->totals.credit_load = read_be64(b);
	r->totals.credit_code = read_be64(b);
	r->totals.refund = read_be64(b);
	r->totals.spent = read_be64(b);
	if (r->flags & REPORT_FOLD)
		return read_folds(b, r);
	for (uint32_t i = 0; i < r->record_count; i++) {
		const uint8_t *bytes = read_slice(b, RECORD_SIZE);

		if (!bytes || record_decode(bytes, &r->records[i]) != RC_OK ||
		    r->records[i].sequence != r->first + i)
			return RC_FORMAT;
	}
	return reader_at_end(b) && report_is_possible(r) ? RC_OK : RC_FORMAT;
}

enum rc
report_open(const struct crypto *c, const struct report_keys *keys, const uint8_t *in, size_t len,
	    struct report *r)
{
	uint8_t plain[REPORT_PADDED_MAX], tag[CRYPTO_MAC];
	struct report got;
	struct reader b;
	size_t padded, n = 0;
	enum rc rc = report_parse(in, len, &got);

	if (rc != RC_OK)
		return rc;
	padded = len - REPORT_HEADER;
	rc = c->cbc(c->ctx, keys->enc, CRYPTO_KEY, CRYPTO_DECRYPT, in + REPORT_CLEAR,
		    in + REPORT_HEADER, padded, plain);
	if (rc == RC_OK)
		rc = report_tag(c, keys->mac, in, plain, padded, tag);
	if (rc == RC_OK && !mem_equal_ct(tag, in + REPORT_CLEAR, CRYPTO_MAC))
		rc = RC_AUTH;
	if (rc == RC_OK)
		rc = wire_unpad(plain, padded, &n);
	if (rc == RC_OK) {
		b = reader_over(plain, n);
		rc = read_plain(&b, &got);
	}
	if (rc == RC_OK)
		*r = got;
	mem_wipe(plain, sizeof plain);
	mem_wipe(&got, sizeof got);
	return rc;
}
