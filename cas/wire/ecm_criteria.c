// SPDX-License-Identifier: GPL-3.0-or-later
/* Access criteria ↔ bytes, and what gives way when they do not fit (FORMATS.md, "Access criteria").
 * Tags stand in ascending order of their low seven bits, each at most once, so that there is
 * exactly one encoding of a set of criteria. */
#include "wire/ecm_criteria.h"

#define TAG_CRITICAL 0x80U
#define TAG_ORDER 0x7FU
#define TLV_HEADER 2U
#define OFFER_SIZE 33U
#define SLICE_SIZE 23U
#define PREVIEW_SIZE 10U
#define OFFER_FLAGS (OFFER_NO_CALLBACK | OFFER_RECORDABLE | OFFER_NOT_NOW)
#define SLICE_FLAGS (OFFER_NO_CALLBACK | OFFER_NOT_NOW)
#define SLOT_MAX 15U
#define LEAF_MAX 0xFFFFFFU
#define RECORDING_MAX 2U

static size_t
tlv_size(bool present, size_t value)
{
	return present ? TLV_HEADER + value : 0;
}

/* What never gives way. */
static size_t
core_size(const struct ecm_criteria *c)
{
	return tlv_size(c->product_count > 0, 2U * c->product_count) + tlv_size(c->free, 0) +
	       tlv_size(c->has_event, 4) + tlv_size(c->has_offer, OFFER_SIZE) +
	       tlv_size(c->has_slice, SLICE_SIZE) + tlv_size(c->has_preview, PREVIEW_SIZE) +
	       tlv_size(c->rating > 0, 1) + tlv_size(c->recording > 0, 1);
}

size_t
ecm_criteria_size(const struct ecm_criteria *c)
{
	return core_size(c) + tlv_size(c->has_next_offer, OFFER_SIZE) +
	       tlv_size(c->negative_count > 0, 3U * c->negative_count) +
	       tlv_size(c->title_len > 0, c->title_len) +
	       tlv_size(c->next_title_len > 0, c->next_title_len);
}

size_t
ecm_criteria_room(uint8_t cw_size)
{
	return ECM_MAX - ECM_HEADER - ECM_MAC - 2U * cw_size;
}

enum rc
ecm_criteria_fit(struct ecm_criteria *c, uint8_t cw_size)
{
	size_t room = ecm_criteria_room(cw_size);

	if (c->product_count > ECM_PRODUCTS_MAX || core_size(c) > room)
		return RC_SPACE;
	if (ecm_criteria_size(c) > room)
		c->next_title_len = 0;
	if (ecm_criteria_size(c) > room)
		c->title_len = 0;
	if (ecm_criteria_size(c) > room)
		c->has_next_offer = false;
	while (ecm_criteria_size(c) > room)
		c->negative_count--;
	return RC_OK;
}

static bool
offer_is_possible(const struct ecm_offer *o)
{
	return o->slot <= SLOT_MAX && (o->flags & ~OFFER_FLAGS) == 0 &&
	       ((o->flags & OFFER_RECORDABLE) || o->price_record == 0);
}

static bool
slice_is_possible(const struct ecm_slice *s)
{
	return s->slot <= SLOT_MAX && (s->flags & ~SLICE_FLAGS) == 0 && s->price > 0 &&
	       s->seconds > 0;
}

/* Something must limit it. */
static bool
preview_is_possible(const struct ecm_preview *p)
{
	return p->unit_s > 0 && (p->seconds > 0 || p->periods > 0);
}

static bool
criteria_are_possible(const struct ecm_criteria *c)
{
	if (c->product_count > ECM_PRODUCTS_MAX || c->negative_count > ECM_NEGATIVE_MAX ||
	    c->title_len > ECM_TITLE_MAX || c->next_title_len > ECM_TITLE_MAX ||
	    c->recording > RECORDING_MAX)
		return false;
	for (size_t i = 0; i < c->negative_count; i++) {
		if (c->negative[i] > LEAF_MAX)
			return false;
	}
	return (!c->has_offer || offer_is_possible(&c->offer)) &&
	       (!c->has_next_offer || offer_is_possible(&c->next_offer)) &&
	       (!c->has_slice || slice_is_possible(&c->slice)) &&
	       (!c->has_preview || preview_is_possible(&c->preview));
}

static void
write_tlv(struct writer *w, enum ecm_tag tag, size_t len)
{
	write_u8(w, (uint8_t)tag);
	write_u8(w, (uint8_t)len);
}

static void
write_offer(struct writer *w, enum ecm_tag tag, const struct ecm_offer *o)
{
	write_tlv(w, tag, OFFER_SIZE);
	write_be32(w, o->event_id);
	write_u8(w, o->slot);
	write_bytes(w, o->unit, UNIT_SIZE);
	write_u8(w, o->flags);
	write_be32(w, o->price_view);
	write_be32(w, o->price_record);
	write_be32(w, o->window_start);
	write_be32(w, o->window_end);
	write_be32(w, o->event_start);
	write_be32(w, o->event_end);
}

static void
write_slice(struct writer *w, const struct ecm_slice *s)
{
	write_tlv(w, ECM_TAG_SLICE, SLICE_SIZE);
	write_be32(w, s->event_id);
	write_u8(w, s->slot);
	write_bytes(w, s->unit, UNIT_SIZE);
	write_u8(w, s->flags);
	write_be32(w, s->price);
	write_be16(w, s->seconds);
	write_be32(w, s->ceiling);
	write_be32(w, s->event_end);
}

static void
write_preview(struct writer *w, const struct ecm_preview *p)
{
	write_tlv(w, ECM_TAG_PREVIEW, PREVIEW_SIZE);
	write_be32(w, p->id);
	write_be16(w, p->seconds);
	write_be16(w, p->periods);
	write_u8(w, p->starts);
	write_u8(w, p->unit_s);
}

static void
write_title(struct writer *w, enum ecm_tag tag, const char *title, size_t len)
{
	if (len == 0)
		return;
	write_tlv(w, tag, len);
	write_bytes(w, (const uint8_t *)title, len);
}

static void
write_openers(struct writer *w, const struct ecm_criteria *c)
{
	if (c->product_count > 0) {
		write_tlv(w, ECM_TAG_SUBSCRIPTION, 2U * c->product_count);
		for (size_t i = 0; i < c->product_count; i++)
			write_be16(w, c->products[i]);
	}
	if (c->free)
		write_tlv(w, ECM_TAG_FREE, 0);
	if (c->has_event) {
		write_tlv(w, ECM_TAG_EVENT, 4);
		write_be32(w, c->event_id);
	}
	if (c->has_offer)
		write_offer(w, ECM_TAG_OFFER, &c->offer);
	if (c->has_next_offer)
		write_offer(w, ECM_TAG_NEXT_OFFER, &c->next_offer);
	if (c->has_slice)
		write_slice(w, &c->slice);
	if (c->has_preview)
		write_preview(w, &c->preview);
}

enum rc
ecm_criteria_encode(const struct ecm_criteria *c, struct writer *w)
{
	if (!criteria_are_possible(c))
		return RC_RANGE;
	write_openers(w, c);
	if (c->rating > 0) {
		write_tlv(w, ECM_TAG_RATING, 1);
		write_u8(w, c->rating);
	}
	if (c->negative_count > 0) {
		write_tlv(w, ECM_TAG_NEGATIVE, 3U * c->negative_count);
		for (size_t i = 0; i < c->negative_count; i++)
			write_be24(w, c->negative[i]);
	}
	if (c->recording > 0) {
		write_tlv(w, ECM_TAG_RECORDING, 1);
		write_u8(w, c->recording);
	}
	write_title(w, ECM_TAG_TITLE, c->title, c->title_len);
	write_title(w, ECM_TAG_NEXT_TITLE, c->next_title, c->next_title_len);
	return RC_OK;
}

static bool
read_products(struct reader *v, struct ecm_criteria *c)
{
	size_t n = v->left / 2;

	if (n == 0 || n > ECM_PRODUCTS_MAX)
		return false;
	c->product_count = (uint8_t)n;
	for (size_t i = 0; i < n; i++)
		c->products[i] = read_be16(v);
	return true;
}

static bool
read_negative(struct reader *v, struct ecm_criteria *c)
{
	size_t n = v->left / 3;

	if (n == 0 || n > ECM_NEGATIVE_MAX)
		return false;
	c->negative_count = (uint8_t)n;
	for (size_t i = 0; i < n; i++)
		c->negative[i] = read_be24(v);
	return true;
}

static bool
read_offer(struct reader *v, struct ecm_offer *o)
{
	o->event_id = read_be32(v);
	o->slot = read_u8(v);
	read_bytes(v, o->unit, UNIT_SIZE);
	o->flags = read_u8(v);
	o->price_view = read_be32(v);
	o->price_record = read_be32(v);
	o->window_start = read_be32(v);
	o->window_end = read_be32(v);
	o->event_start = read_be32(v);
	o->event_end = read_be32(v);
	return offer_is_possible(o);
}

static bool
read_ecm_slice(struct reader *v, struct ecm_slice *s)
{
	s->event_id = read_be32(v);
	s->slot = read_u8(v);
	read_bytes(v, s->unit, UNIT_SIZE);
	s->flags = read_u8(v);
	s->price = read_be32(v);
	s->seconds = read_be16(v);
	s->ceiling = read_be32(v);
	s->event_end = read_be32(v);
	return slice_is_possible(s);
}

static bool
read_preview(struct reader *v, struct ecm_preview *p)
{
	p->id = read_be32(v);
	p->seconds = read_be16(v);
	p->periods = read_be16(v);
	p->starts = read_u8(v);
	p->unit_s = read_u8(v);
	return preview_is_possible(p);
}

static bool
read_title(struct reader *v, char title[ECM_TITLE_MAX], uint8_t *len)
{
	size_t n = v->left;

	if (n == 0 || n > ECM_TITLE_MAX)
		return false;
	read_bytes(v, (uint8_t *)title, n);
	*len = (uint8_t)n;
	return true;
}

static bool
read_small(struct reader *v, uint8_t *value, uint8_t max)
{
	*value = read_u8(v);
	return *value > 0 && *value <= max;
}

/* False: the value is impossible. *known tells an unknown tag. */
static bool
read_criterion(uint8_t tag, struct reader *v, struct ecm_criteria *c, bool *known)
{
	switch (tag) {
	case ECM_TAG_SUBSCRIPTION:
		return read_products(v, c);
	case ECM_TAG_FREE:
		c->free = true;
		return true;
	case ECM_TAG_EVENT:
		c->has_event = true;
		c->event_id = read_be32(v);
		return true;
	case ECM_TAG_OFFER:
		c->has_offer = true;
		return read_offer(v, &c->offer);
	case ECM_TAG_NEXT_OFFER:
		c->has_next_offer = true;
		return read_offer(v, &c->next_offer);
	case ECM_TAG_SLICE:
		c->has_slice = true;
		return read_ecm_slice(v, &c->slice);
	case ECM_TAG_PREVIEW:
		c->has_preview = true;
		return read_preview(v, &c->preview);
	case ECM_TAG_RATING:
		return read_small(v, &c->rating, UINT8_MAX);
	case ECM_TAG_NEGATIVE:
		return read_negative(v, c);
	case ECM_TAG_RECORDING:
		return read_small(v, &c->recording, RECORDING_MAX);
	case ECM_TAG_TITLE:
		return read_title(v, c->title, &c->title_len);
	case ECM_TAG_NEXT_TITLE:
		return read_title(v, c->next_title, &c->next_title_len);
	default:
		*known = false;
		return true;
	}
}

enum rc
ecm_criteria_decode(struct reader *r, struct ecm_criteria *c)
{
	unsigned int last = 0;

	while (r->left > 0) {
		uint8_t tag = read_u8(r);
		struct reader v = read_sub(r, read_u8(r));
		bool known = true;

		if (r->failed)
			return RC_TRUNCATED;
		if ((tag & TAG_ORDER) <= last)
			return RC_FORMAT;
		last = tag & TAG_ORDER;
		if (!read_criterion(tag, &v, c, &known))
			return RC_FORMAT;
		if (!known && (tag & TAG_CRITICAL))
			return RC_REFUSED;
		if (known && !reader_at_end(&v))
			return RC_FORMAT;
	}
	return RC_OK;
}
