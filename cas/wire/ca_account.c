// SPDX-License-Identifier: GPL-3.0-or-later
/* What waits for collection, and proofs of cancellation ↔ bytes (FORMATS.md, "Card commands"). */
#include "wire/ca_apdu.h"

#include "base/bytes.h"
#include "base/mem.h"

static bool
account_is_possible(const struct ca_account *a)
{
	return a->collection <= COLLECTION_SUSPENDED;
}

enum rc
ca_account_encode(const struct ca_account *a, uint8_t *out, size_t cap, size_t *len)
{
	struct writer w = writer_over(out, cap);

	if (!account_is_possible(a))
		return RC_RANGE;
	write_u8(&w, a->collection);
	write_be32(&w, a->count);
	write_be32(&w, a->since);
	write_be64(&w, a->amount);
	write_be16(&w, a->limit_count);
	write_be32(&w, a->limit_age_s);
	write_be32(&w, a->limit_amount);
	if (w.failed)
		return RC_SPACE;
	*len = w.len;
	return RC_OK;
}

enum rc
ca_account_decode(const uint8_t *in, size_t len, struct ca_account *a)
{
	struct reader r = reader_over(in, len);
	struct ca_account got = { .collection = read_u8(&r) };

	got.count = read_be32(&r);
	got.since = read_be32(&r);
	got.amount = read_be64(&r);
	got.limit_count = read_be16(&r);
	got.limit_age_s = read_be32(&r);
	got.limit_amount = read_be32(&r);
	if (r.failed)
		return RC_TRUNCATED;
	if (r.left > 0 || !account_is_possible(&got))
		return RC_FORMAT;
	*a = got;
	return RC_OK;
}

enum rc
ca_confirmation_encode(const struct ca_confirmation *c, uint8_t *out, size_t cap, size_t *len)
{
	struct writer w = writer_over(out, cap);

	if (!code_is_whole(c->digits, CONFIRMATION_DIGITS))
		return RC_RANGE;
	(void)write_room(&w, *len);
	write_be16(&w, c->product);
	write_bytes(&w, c->digits, CONFIRMATION_DIGITS);
	if (w.failed)
		return RC_SPACE;
	*len = w.len;
	return RC_OK;
}

enum rc
ca_confirmation_decode(const uint8_t **in, size_t *len, struct ca_confirmation *c)
{
	struct reader r = reader_over(*in, *len);
	struct ca_confirmation got = { .product = 0 };

	if (*len == 0)
		return RC_NOT_FOUND;
	got.product = read_be16(&r);
	read_bytes(&r, got.digits, CONFIRMATION_DIGITS);
	if (r.failed)
		return RC_TRUNCATED;
	if (!code_is_whole(got.digits, CONFIRMATION_DIGITS))
		return RC_FORMAT;
	*in = r.p;
	*len = r.left;
	*c = got;
	return RC_OK;
}
