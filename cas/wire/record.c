// SPDX-License-Identifier: GPL-3.0-or-later
/* Purchase records ↔ bytes, and the MACs that prove them (FORMATS.md, "Records and reports"). */
#include "wire/record.h"

#include "base/bytes.h"
#include "base/mem.h"

#define RECORD_FLAGS (RECORD_MAY_RECORD | RECORD_NO_CALLBACK)
#define SLOT_MAX 15U
#define TAC_FROM 6U       /* operator … */
#define TAC_FROM_TYPED 4U /* or type … */
#define TAC_TO 40U        /* … up to and with the balance */
#define REFUND_SOURCE 4U

void
record_encode(const struct record *r, uint8_t out[RECORD_SIZE])
{
	struct writer w = writer_over(out, RECORD_SIZE);

	write_be32(&w, r->sequence);
	write_u8(&w, r->type);
	write_u8(&w, r->flags);
	write_be16(&w, r->operator_id);
	write_be32(&w, r->event_id);
	write_be16(&w, r->service_id);
	write_u8(&w, r->slot);
	write_u8(&w, r->count);
	write_bytes(&w, r->unit, UNIT_SIZE);
	write_u8(&w, 0);
	write_be32(&w, r->price);
	write_be32(&w, r->time);
	write_be32(&w, r->purse_sequence);
	write_be64(&w, (uint64_t)r->balance_after);
	write_bytes(&w, r->tac, RECORD_TAC);
}

enum rc
record_decode(const uint8_t in[RECORD_SIZE], struct record *r)
{
	struct reader b = reader_over(in, RECORD_SIZE);
	struct record got = { 0 };
	uint8_t zero;

	got.sequence = read_be32(&b);
	got.type = read_u8(&b);
	got.flags = read_u8(&b);
	got.operator_id = read_be16(&b);
	got.event_id = read_be32(&b);
	got.service_id = read_be16(&b);
	got.slot = read_u8(&b);
	got.count = read_u8(&b);
	read_bytes(&b, got.unit, UNIT_SIZE);
	zero = read_u8(&b);
	got.price = read_be32(&b);
	got.time = read_be32(&b);
	got.purse_sequence = read_be32(&b);
	got.balance_after = (int64_t)read_be64(&b);
	read_bytes(&b, got.tac, RECORD_TAC);
	if (got.type < RECORD_EVENT || got.type > RECORD_PAYOUT || (got.flags & ~RECORD_FLAGS) ||
	    got.slot > SLOT_MAX || zero != 0 || (got.count > 0) != (got.type == RECORD_SLICE))
		return RC_FORMAT;
	*r = got;
	return RC_OK;
}

const char *
record_type_text(uint8_t type)
{
	static const char *const names[] = { "unknown", "purchase", "session", "top-up",
					     "refund",  "booking",  "pay-out" };

	return names[type < sizeof names / sizeof names[0] ? type : 0];
}

bool
record_is_debit(uint8_t type)
{
	return type == RECORD_EVENT || type == RECORD_SLICE || type == RECORD_PAYOUT;
}

enum rc
record_tac(const struct crypto *c, const uint8_t tac_key[CRYPTO_KEY], const struct record *r,
	   uint8_t tac[RECORD_TAC])
{
	size_t from = r->type == RECORD_EVENT ? TAC_FROM : TAC_FROM_TYPED;
	uint8_t bytes[RECORD_SIZE], mac[CRYPTO_MAC];
	enum rc rc;

	record_encode(r, bytes);
	rc = crypto_cmac(c, tac_key, bytes + from, TAC_TO - from, mac);
	if (rc == RC_OK)
		memcpy(tac, mac, RECORD_TAC);
	mem_wipe(mac, sizeof mac);
	return rc;
}

enum rc
record_chain(const struct crypto *c, const uint8_t chain_key[CRYPTO_KEY],
	     const uint8_t previous[CRYPTO_MAC], const uint8_t record[RECORD_SIZE],
	     uint8_t next[CRYPTO_MAC])
{
	struct crypto_part parts[] = { { previous, CRYPTO_MAC }, { record, RECORD_SIZE } };

	return c->cmac(c->ctx, chain_key, CRYPTO_KEY, parts, 2, next);
}

enum rc
record_fold_add(const struct crypto *c, const uint8_t chain_key[CRYPTO_KEY],
		const uint8_t record[RECORD_SIZE], struct record_fold *fold)
{
	struct record_fold next = *fold;
	uint8_t sums[28];
	struct writer w = writer_over(sums, sizeof sums);
	struct crypto_part parts[] = { { fold->value, CRYPTO_MAC },
				       { record, RECORD_SIZE },
				       { sums, sizeof sums } };
	struct record r;
	enum rc rc = record_decode(record, &r);

	if (rc != RC_OK)
		return rc;
	next.count++;
	if (record_is_debit(r.type))
		next.debited += r.price;
	if (r.type == RECORD_TOPUP)
		next.credited += r.price;
	if (r.type == RECORD_REFUND)
		next.refunded += r.price;
	if (next.count == 0 || next.debited < fold->debited || next.credited < fold->credited ||
	    next.refunded < fold->refunded)
		return RC_RANGE;
	write_be32(&w, next.count);
	write_be64(&w, next.debited);
	write_be64(&w, next.credited);
	write_be64(&w, next.refunded);
	rc = c->cmac(c->ctx, chain_key, CRYPTO_KEY, parts, 3, next.value);
	if (rc == RC_OK)
		*fold = next;
	return rc;
}

/* First 8 bytes of the MAC over what was written. */
static enum rc
cryptogram_over(const struct crypto *c, const uint8_t key[CRYPTO_KEY], const struct writer *w,
		uint8_t cryptogram[8])
{
	uint8_t mac[CRYPTO_MAC];
	enum rc rc = crypto_cmac(c, key, w->base, w->len, mac);

	if (rc == RC_OK)
		memcpy(cryptogram, mac, 8);
	mem_wipe(mac, sizeof mac);
	return rc;
}

static void
write_credit(struct writer *w, uint32_t leaf, uint8_t slot, uint8_t source, uint64_t total,
	     uint32_t sequence)
{
	write_be32(w, leaf);
	write_u8(w, slot);
	write_u8(w, source);
	write_be64(w, total);
	write_be32(w, sequence);
}

enum rc
credit_cryptogram(const struct crypto *c, const uint8_t topup_key[CRYPTO_KEY], uint32_t leaf,
		  uint8_t slot, uint8_t source, uint64_t total, uint32_t sequence,
		  uint8_t cryptogram[8])
{
	uint8_t message[18];
	struct writer w = writer_over(message, sizeof message);

	write_credit(&w, leaf, slot, source, total, sequence);
	return cryptogram_over(c, topup_key, &w, cryptogram);
}

enum rc
refund_cryptogram(const struct crypto *c, const uint8_t topup_key[CRYPTO_KEY], uint32_t leaf,
		  const struct refund *refund, uint8_t cryptogram[8])
{
	uint8_t message[22];
	struct writer w = writer_over(message, sizeof message);

	write_credit(&w, leaf, refund->slot, REFUND_SOURCE, refund->total, refund->sequence);
	write_be32(&w, refund->record);
	return cryptogram_over(c, topup_key, &w, cryptogram);
}

#define PROOF_MAGIC 0x5450U /* "TP" */
#define PROOF_VERSION 1U

void
payout_proof_encode(const struct payout_proof *p, uint8_t out[PAYOUT_PROOF_SIZE])
{
	put_be16(out, PROOF_MAGIC);
	out[2] = PROOF_VERSION;
	put_be32(out + 3, p->leaf);
	record_encode(&p->record, out + 7);
}

enum rc
payout_proof_decode(const uint8_t *in, size_t len, struct payout_proof *p)
{
	struct payout_proof got;
	enum rc rc;

	if (len < PAYOUT_PROOF_SIZE)
		return RC_TRUNCATED;
	if (len != PAYOUT_PROOF_SIZE || get_be16(in) != PROOF_MAGIC)
		return RC_FORMAT;
	if (in[2] != PROOF_VERSION)
		return RC_VERSION;
	got.leaf = get_be32(in + 3);
	rc = record_decode(in + 7, &got.record);
	if (rc == RC_OK && (got.record.type != RECORD_PAYOUT || got.leaf > 0xFFFFFFU))
		return RC_FORMAT;
	if (rc == RC_OK)
		*p = got;
	return rc;
}
