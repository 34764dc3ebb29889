// SPDX-License-Identifier: GPL-3.0-or-later
/* What GET DATA answers ↔ bytes (FORMATS.md, "Card commands"). Lists are items one behind the
 * other. */
#include "wire/ca_apdu.h"

#include "base/bytes.h"
#include "base/mem.h"

#define INFO_VERSION 1
#define SLOT_MAX 15U
#define SLOT_LABEL_MAX 16U
#define LEAF_MAX 0xFFFFFFU

/* What a reader that has taken all fields says about the bytes. */
static enum rc
whole(const struct reader *r, bool possible)
{
	if (r->failed)
		return RC_TRUNCATED;
	return r->left == 0 && possible ? RC_OK : RC_FORMAT;
}

static enum rc
written(const struct writer *w, size_t *len)
{
	if (w->failed)
		return RC_SPACE;
	*len = w->len;
	return RC_OK;
}

/* A writer that goes on behind *len bytes. */
static struct writer
append_to(uint8_t *out, size_t cap, size_t len)
{
	struct writer w = writer_over(out, cap);

	(void)write_room(&w, len);
	return w;
}

/* The item was read; moves the caller's cursor. */
static enum rc
consumed(const struct reader *r, bool possible, const uint8_t **in, size_t *len)
{
	if (r->failed)
		return RC_TRUNCATED;
	if (!possible)
		return RC_FORMAT;
	*in = r->p;
	*len = r->left;
	return RC_OK;
}

enum rc
ca_info_encode(const struct ca_info *i, uint8_t *out, size_t cap, size_t *len)
{
	struct writer w = writer_over(out, cap);

	if (i->version != INFO_VERSION || i->leaf > LEAF_MAX || i->profile > PROFILE_PAIRED)
		return RC_RANGE;
	write_u8(&w, i->version);
	write_be16(&w, i->operator_id);
	write_be32(&w, i->leaf);
	write_u8(&w, i->profile);
	write_u8(&w, i->secured);
	write_u8(&w, i->key_version);
	write_u8(&w, i->signing_version);
	write_be16(&w, i->max_entitlements);
	write_be16(&w, i->max_records);
	write_be16(&w, i->max_events);
	write_u8(&w, i->max_slots);
	write_u8(&w, i->pin_tries);
	write_be16(&w, i->entitlements);
	write_be16(&w, i->records);
	write_be16(&w, i->events);
	return written(&w, len);
}

enum rc
ca_info_decode(const uint8_t *in, size_t len, struct ca_info *i)
{
	struct reader r = reader_over(in, len);
	struct ca_info got = { 0 };
	uint8_t secured;
	enum rc rc;

	got.version = read_u8(&r);
	got.operator_id = read_be16(&r);
	got.leaf = read_be32(&r);
	got.profile = read_u8(&r);
	secured = read_u8(&r);
	got.secured = secured == 1;
	got.key_version = read_u8(&r);
	got.signing_version = read_u8(&r);
	got.max_entitlements = read_be16(&r);
	got.max_records = read_be16(&r);
	got.max_events = read_be16(&r);
	got.max_slots = read_u8(&r);
	got.pin_tries = read_u8(&r);
	got.entitlements = read_be16(&r);
	got.records = read_be16(&r);
	got.events = read_be16(&r);
	if (len > 0 && got.version != INFO_VERSION)
		return RC_VERSION;
	rc = whole(&r, secured <= 1 && got.leaf <= LEAF_MAX && got.profile <= PROFILE_PAIRED);
	if (rc == RC_OK)
		*i = got;
	return rc;
}

enum rc
ca_entitlement_encode(const struct ca_entitlement *e, uint8_t *out, size_t cap, size_t *len)
{
	struct writer w = append_to(out, cap, *len);

	write_be16(&w, e->product);
	write_be32(&w, e->start);
	write_be32(&w, e->end);
	write_u8(&w, e->flags);
	return written(&w, len);
}

enum rc
ca_entitlement_decode(const uint8_t **in, size_t *len, struct ca_entitlement *e)
{
	struct reader r = reader_over(*in, *len);
	struct ca_entitlement got = { 0 };
	enum rc rc;

	if (*len == 0)
		return RC_NOT_FOUND;
	got.product = read_be16(&r);
	got.start = read_be32(&r);
	got.end = read_be32(&r);
	got.flags = read_u8(&r);
	rc = consumed(&r, true, in, len);
	if (rc == RC_OK)
		*e = got;
	return rc;
}

enum rc
ca_event_right_encode(const struct ca_event_right *e, uint8_t *out, size_t cap, size_t *len)
{
	struct writer w = append_to(out, cap, *len);

	write_be32(&w, e->event_id);
	write_be32(&w, e->end);
	write_u8(&w, e->flags);
	write_be32(&w, e->record);
	return written(&w, len);
}

enum rc
ca_event_right_decode(const uint8_t **in, size_t *len, struct ca_event_right *e)
{
	struct reader r = reader_over(*in, *len);
	struct ca_event_right got = { 0 };
	enum rc rc;

	if (*len == 0)
		return RC_NOT_FOUND;
	got.event_id = read_be32(&r);
	got.end = read_be32(&r);
	got.flags = read_u8(&r);
	got.record = read_be32(&r);
	rc = consumed(&r, true, in, len);
	if (rc == RC_OK)
		*e = got;
	return rc;
}

static int64_t
slot_balance(const struct ca_slot *s)
{
	return (int64_t)(s->credit_emm + s->credit_load + s->credit_code + s->refund - s->spent);
}

enum rc
ca_slot_encode(const struct ca_slot *s, uint8_t *out, size_t cap, size_t *len)
{
	struct writer w = append_to(out, cap, *len);

	if (s->slot > SLOT_MAX || s->label_len > SLOT_LABEL_MAX)
		return RC_RANGE;
	write_u8(&w, s->slot);
	write_bytes(&w, s->unit, UNIT_SIZE);
	write_u8(&w, s->decimals);
	write_be64(&w, s->credit_emm);
	write_be64(&w, s->credit_load);
	write_be64(&w, s->credit_code);
	write_be64(&w, s->refund);
	write_be64(&w, s->spent + s->paid_out);
	write_u8(&w, s->label_len);
	write_bytes(&w, (const uint8_t *)s->label, s->label_len);
	return written(&w, len);
}

enum rc
ca_slot_decode(const uint8_t **in, size_t *len, struct ca_slot *s)
{
	struct reader r = reader_over(*in, *len);
	struct ca_slot got = { 0 };
	enum rc rc;

	if (*len == 0)
		return RC_NOT_FOUND;
	got.slot = read_u8(&r);
	read_bytes(&r, got.unit, UNIT_SIZE);
	got.decimals = read_u8(&r);
	got.credit_emm = read_be64(&r);
	got.credit_load = read_be64(&r);
	got.credit_code = read_be64(&r);
	got.refund = read_be64(&r);
	got.spent = read_be64(&r);
	got.balance = slot_balance(&got);
	got.label_len = read_u8(&r);
	if (!r.failed && got.label_len > SLOT_LABEL_MAX)
		return RC_FORMAT;
	read_bytes(&r, (uint8_t *)got.label, got.label_len);
	rc = consumed(&r, got.slot <= SLOT_MAX, in, len);
	if (rc == RC_OK)
		*s = got;
	return rc;
}

enum rc
ca_slot_limits_encode(const struct ca_slot_limits *l, uint8_t *out, size_t cap, size_t *len)
{
	struct writer w = append_to(out, cap, *len);

	if (l->slot > SLOT_MAX)
		return RC_RANGE;
	write_u8(&w, l->slot);
	write_be64(&w, l->maximum);
	write_be32(&w, l->overdraft);
	write_be32(&w, l->threshold);
	write_be32(&w, l->ceiling);
	return written(&w, len);
}

enum rc
ca_slot_limits_decode(const uint8_t **in, size_t *len, struct ca_slot_limits *l)
{
	struct reader r = reader_over(*in, *len);
	struct ca_slot_limits got = { 0 };
	enum rc rc;

	if (*len == 0)
		return RC_NOT_FOUND;
	got.slot = read_u8(&r);
	got.maximum = read_be64(&r);
	got.overdraft = read_be32(&r);
	got.threshold = read_be32(&r);
	got.ceiling = read_be32(&r);
	rc = consumed(&r, got.slot <= SLOT_MAX, in, len);
	if (rc == RC_OK)
		*l = got;
	return rc;
}

enum rc
ca_status_encode(const struct ca_status *s, uint8_t *out, size_t cap, size_t *len)
{
	struct writer w = writer_over(out, cap);

	if (s->key_count > CA_STATUS_KEYS_MAX)
		return RC_RANGE;
	write_be32(&w, s->clock);
	write_be32(&w, s->signed_time);
	write_be32(&w, s->emm_sequence);
	write_be32(&w, s->record_head);
	write_be32(&w, s->record_acked);
	write_u8(&w, s->key_count);
	for (size_t i = 0; i < s->key_count; i++) {
		write_u8(&w, s->keys[i].group);
		write_be16(&w, s->keys[i].epoch);
	}
	return written(&w, len);
}

enum rc
ca_status_decode(const uint8_t *in, size_t len, struct ca_status *s)
{
	struct reader r = reader_over(in, len);
	struct ca_status got = { 0 };
	enum rc rc;

	got.clock = read_be32(&r);
	got.signed_time = read_be32(&r);
	got.emm_sequence = read_be32(&r);
	got.record_head = read_be32(&r);
	got.record_acked = read_be32(&r);
	got.key_count = read_u8(&r);
	if (got.key_count > CA_STATUS_KEYS_MAX)
		return RC_FORMAT;
	for (size_t i = 0; i < got.key_count; i++) {
		got.keys[i].group = read_u8(&r);
		got.keys[i].epoch = read_be16(&r);
	}
	rc = whole(&r, true);
	if (rc == RC_OK)
		*s = got;
	return rc;
}

static bool
boxes_are_possible(const struct ca_boxes *b)
{
	return b->max <= CA_BOXES_MAX && b->first_use <= b->max && b->count <= b->max;
}

enum rc
ca_boxes_encode(const struct ca_boxes *b, uint8_t *out, size_t cap, size_t *len)
{
	struct writer w = writer_over(out, cap);

	if (!boxes_are_possible(b))
		return RC_RANGE;
	write_u8(&w, b->max);
	write_u8(&w, b->first_use);
	write_u8(&w, b->operator_only);
	write_u8(&w, b->count);
	for (size_t i = 0; i < b->count; i++)
		write_bytes(&w, b->names[i], CA_BOX_NAME);
	return written(&w, len);
}

enum rc
ca_boxes_decode(const uint8_t *in, size_t len, struct ca_boxes *b)
{
	struct reader r = reader_over(in, len);
	struct ca_boxes got = { 0 };
	uint8_t operator_only;
	enum rc rc;

	got.max = read_u8(&r);
	got.first_use = read_u8(&r);
	operator_only = read_u8(&r);
	got.operator_only = operator_only != 0;
	got.count = read_u8(&r);
	if (!boxes_are_possible(&got))
		return RC_FORMAT;
	for (size_t i = 0; i < got.count; i++)
		read_bytes(&r, got.names[i], CA_BOX_NAME);
	rc = whole(&r, operator_only <= 1);
	if (rc == RC_OK)
		*b = got;
	return rc;
}
