// SPDX-License-Identifier: GPL-3.0-or-later
/* The card's answer to ECM and PURCHASE, and the purchase itself ↔ bytes (FORMATS.md, "Card
 * commands"). */
#include "wire/ca_apdu.h"

#include "base/bytes.h"
#include "base/mem.h"

#define ANSWER_OUTCOME 0x01
#define ANSWER_CW_EVEN 0x02
#define ANSWER_CW_ODD 0x03
#define ANSWER_OPENED 0x04
#define ANSWER_BALANCE 0x05
#define ANSWER_RECEIPT 0x06
#define ANSWER_SESSION 0x07
#define ANSWER_PREVIEW 0x08
#define ANSWER_COLLECTION 0x0E
#define TAG_CRITICAL 0x80U
#define TAG_ORDER 0x7FU
#define OPENED_SIZE 10
#define BALANCE_SIZE 13
#define RECEIPT_SIZE 24
#define SESSION_SIZE 15
#define PREVIEW_SIZE 5
#define SLOT_MAX 15U
#define PURCHASE_FIXED 18U
#define PURCHASE_TERMS 6U

static bool
answer_is_possible(const struct ca_answer *a)
{
	return (a->cw_size == 0 || a->cw_size == 8 || a->cw_size == ECM_CW_MAX) &&
	       a->opened_by <= OPENED_BY_PREVIEW && a->slot <= SLOT_MAX &&
	       a->collection <= COLLECTION_SUSPENDED && (unsigned int)a->outcome <= CA_OUTCOME_LAST;
}

static void
write_tlv(struct writer *w, uint8_t tag, size_t len)
{
	write_u8(w, tag);
	write_u8(w, (uint8_t)len);
}

static void
write_words(struct writer *w, const struct ca_answer *a)
{
	write_tlv(w, ANSWER_CW_EVEN, a->cw_size);
	write_bytes(w, a->cw_even, a->cw_size);
	write_tlv(w, ANSWER_CW_ODD, a->cw_size);
	write_bytes(w, a->cw_odd, a->cw_size);
}

static void
write_opened(struct writer *w, const struct ca_answer *a)
{
	write_tlv(w, ANSWER_OPENED, OPENED_SIZE);
	write_u8(w, a->opened_by);
	write_be32(w, a->opened_id);
	write_be32(w, a->right_end);
	write_u8(w, a->may_record);
}

static void
write_balance(struct writer *w, const struct ca_answer *a)
{
	write_tlv(w, ANSWER_BALANCE, BALANCE_SIZE);
	write_u8(w, a->slot);
	write_bytes(w, a->unit, UNIT_SIZE);
	write_u8(w, a->decimals);
	write_be64(w, (uint64_t)a->balance);
}

static void
write_receipt(struct writer *w, const struct ca_receipt *r)
{
	write_tlv(w, ANSWER_RECEIPT, RECEIPT_SIZE);
	write_be32(w, r->record);
	write_be32(w, r->price);
	write_be64(w, (uint64_t)r->balance_after);
	write_bytes(w, r->tac, sizeof r->tac);
}

static void
write_session(struct writer *w, const struct ca_running *s)
{
	write_tlv(w, ANSWER_SESSION, SESSION_SIZE);
	write_be32(w, s->record);
	write_be32(w, s->spent);
	write_be32(w, s->ceiling);
	write_be16(w, s->slices);
	write_u8(w, s->charged);
}

static void
write_preview_left(struct writer *w, const struct ca_preview_left *p)
{
	write_tlv(w, ANSWER_PREVIEW, PREVIEW_SIZE);
	write_be16(w, p->seconds);
	write_be16(w, p->periods);
	write_u8(w, p->starts);
}

enum rc
ca_answer_encode(const struct ca_answer *a, uint8_t *out, size_t cap, size_t *len)
{
	struct writer w = writer_over(out, cap);

	if (!answer_is_possible(a))
		return RC_RANGE;
	write_tlv(&w, ANSWER_OUTCOME, 1);
	write_u8(&w, (uint8_t)a->outcome);
	if (a->cw_size > 0)
		write_words(&w, a);
	if (a->opened_by != 0)
		write_opened(&w, a);
	if (a->has_balance)
		write_balance(&w, a);
	if (a->has_receipt)
		write_receipt(&w, &a->receipt);
	if (a->has_session)
		write_session(&w, &a->session);
	if (a->has_preview)
		write_preview_left(&w, &a->preview);
	if (a->collection != COLLECTION_NONE) {
		write_tlv(&w, ANSWER_COLLECTION, 1);
		write_u8(&w, a->collection);
	}
	if (w.failed) {
		mem_wipe(out, cap);
		return RC_SPACE;
	}
	*len = w.len;
	return RC_OK;
}

static bool
read_flag(struct reader *v, bool *flag)
{
	uint8_t value = read_u8(v);

	*flag = value == 1;
	return value <= 1;
}

static bool
read_outcome(struct reader *v, struct ca_answer *a)
{
	uint8_t value = read_u8(v);

	if (value > CA_OUTCOME_LAST)
		return false;
	a->outcome = (enum ca_outcome)value;
	return true;
}

static bool
read_even(struct reader *v, struct ca_answer *a)
{
	if (v->left != 8 && v->left != ECM_CW_MAX)
		return false;
	a->cw_size = (uint8_t)v->left;
	read_bytes(v, a->cw_even, a->cw_size);
	return true;
}

static bool
read_opened(struct reader *v, struct ca_answer *a)
{
	a->opened_by = read_u8(v);
	a->opened_id = read_be32(v);
	a->right_end = read_be32(v);
	return read_flag(v, &a->may_record) && a->opened_by >= OPENED_BY_FREE &&
	       a->opened_by <= OPENED_BY_PREVIEW;
}

static bool
read_balance(struct reader *v, struct ca_answer *a)
{
	a->has_balance = true;
	a->slot = read_u8(v);
	read_bytes(v, a->unit, UNIT_SIZE);
	a->decimals = read_u8(v);
	a->balance = (int64_t)read_be64(v);
	return a->slot <= SLOT_MAX;
}

static void
read_receipt(struct reader *v, struct ca_answer *a)
{
	a->has_receipt = true;
	a->receipt.record = read_be32(v);
	a->receipt.price = read_be32(v);
	a->receipt.balance_after = (int64_t)read_be64(v);
	read_bytes(v, a->receipt.tac, sizeof a->receipt.tac);
}

static bool
read_session(struct reader *v, struct ca_answer *a)
{
	a->has_session = true;
	a->session.record = read_be32(v);
	a->session.spent = read_be32(v);
	a->session.ceiling = read_be32(v);
	a->session.slices = read_be16(v);
	return read_flag(v, &a->session.charged);
}

static void
read_preview_left(struct reader *v, struct ca_answer *a)
{
	a->has_preview = true;
	a->preview.seconds = read_be16(v);
	a->preview.periods = read_be16(v);
	a->preview.starts = read_u8(v);
}

/* The value of one known tag. */
static enum rc
read_item(uint8_t tag, struct reader *v, struct ca_answer *a)
{
	bool possible = true;

	switch (tag) {
	case ANSWER_OUTCOME:
		possible = read_outcome(v, a);
		break;
	case ANSWER_CW_EVEN:
		possible = read_even(v, a);
		break;
	case ANSWER_CW_ODD:
		possible = a->cw_size > 0 && v->left == a->cw_size;
		read_bytes(v, a->cw_odd, a->cw_size);
		break;
	case ANSWER_OPENED:
		possible = read_opened(v, a);
		break;
	case ANSWER_BALANCE:
		possible = read_balance(v, a);
		break;
	case ANSWER_RECEIPT:
		read_receipt(v, a);
		break;
	case ANSWER_SESSION:
		possible = read_session(v, a);
		break;
	case ANSWER_PREVIEW:
		read_preview_left(v, a);
		break;
	case ANSWER_COLLECTION:
		a->collection = read_u8(v);
		possible =
			a->collection == COLLECTION_ASKED || a->collection == COLLECTION_SUSPENDED;
		break;
	default:
		return tag & TAG_CRITICAL ? RC_REFUSED : RC_OK;
	}
	return possible && reader_at_end(v) ? RC_OK : RC_FORMAT;
}

static enum rc
read_answer(struct reader *r, struct ca_answer *a)
{
	unsigned int last = 0;
	enum rc rc = RC_OK;

	while (rc == RC_OK && r->left > 0) {
		uint8_t tag = read_u8(r);
		struct reader v = read_sub(r, read_u8(r));

		if (r->failed)
			return RC_TRUNCATED;
		/* ascending; the outcome first, never one word without the other */
		if ((tag & TAG_ORDER) <= last || (last == 0 && tag != ANSWER_OUTCOME) ||
		    (last == ANSWER_CW_EVEN) != (tag == ANSWER_CW_ODD))
			return RC_FORMAT;
		last = tag & TAG_ORDER;
		rc = read_item(tag, &v, a);
	}
	if (rc == RC_OK && (last == 0 || last == ANSWER_CW_EVEN))
		rc = RC_TRUNCATED;
	return rc;
}

enum rc
ca_answer_decode(const uint8_t *in, size_t len, struct ca_answer *a)
{
	struct reader r = reader_over(in, len);
	enum rc rc;

	memset(a, 0, sizeof *a);
	rc = read_answer(&r, a);
	if (rc != RC_OK)
		mem_wipe(a, sizeof *a);
	return rc;
}

static bool
purchase_is_possible(const struct ca_purchase *p)
{
	/* slices are not for sale to record, and nothing but slices has terms */
	if (p->slot > SLOT_MAX || p->flags > PURCHASE_SLICES || p->pin_len < PIN_MIN ||
	    p->pin_len > PIN_MAX)
		return false;
	if (p->flags != PURCHASE_SLICES && (p->seconds > 0 || p->ceiling > 0))
		return false;
	for (size_t i = 0; i < p->pin_len; i++) {
		if (p->pin[i] < '0' || p->pin[i] > '9')
			return false;
	}
	return true;
}

enum rc
ca_purchase_encode(const struct ca_purchase *p, uint8_t *out, size_t cap, size_t *len)
{
	struct writer w = writer_over(out, cap);

	if (!purchase_is_possible(p))
		return RC_RANGE;
	if (cap < PURCHASE_FIXED + p->pin_len + (p->flags == PURCHASE_SLICES ? PURCHASE_TERMS : 0))
		return RC_SPACE;
	write_be16(&w, p->operator_id);
	write_be16(&w, p->service_id);
	write_be32(&w, p->event_id);
	write_u8(&w, p->slot);
	write_bytes(&w, p->unit, UNIT_SIZE);
	write_be32(&w, p->price);
	write_u8(&w, p->flags);
	if (p->flags == PURCHASE_SLICES) {
		write_be16(&w, p->seconds);
		write_be32(&w, p->ceiling);
	}
	write_u8(&w, p->pin_len);
	write_bytes(&w, p->pin, p->pin_len);
	*len = w.len;
	return RC_OK;
}

enum rc
ca_purchase_decode(const uint8_t *in, size_t len, struct ca_purchase *p)
{
	struct reader r = reader_over(in, len);
	struct ca_purchase got = { 0 };
	enum rc rc = RC_OK;

	got.operator_id = read_be16(&r);
	got.service_id = read_be16(&r);
	got.event_id = read_be32(&r);
	got.slot = read_u8(&r);
	read_bytes(&r, got.unit, UNIT_SIZE);
	got.price = read_be32(&r);
	got.flags = read_u8(&r);
	if (got.flags == PURCHASE_SLICES) {
		got.seconds = read_be16(&r);
		got.ceiling = read_be32(&r);
	}
	got.pin_len = read_u8(&r);
	if (!r.failed && got.pin_len > PIN_MAX)
		return RC_FORMAT;
	read_bytes(&r, got.pin, got.pin_len);
	if (r.failed)
		rc = RC_TRUNCATED;
	else if (r.left > 0 || !purchase_is_possible(&got))
		rc = RC_FORMAT;
	else
		*p = got;
	mem_wipe(&got, sizeof got);
	return rc;
}

void
ca_stop_encode(const struct ca_stop *s, uint8_t out[CA_STOP_SIZE])
{
	put_be16(out, s->operator_id);
	put_be32(out + 2, s->event_id);
}

void
ca_stop_decode(const uint8_t in[CA_STOP_SIZE], struct ca_stop *s)
{
	s->operator_id = get_be16(in);
	s->event_id = get_be32(in + 2);
}
