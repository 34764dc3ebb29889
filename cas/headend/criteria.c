// SPDX-License-Identifier: GPL-3.0-or-later
/* Access criteria from products, services and events. */
#include "headend/criteria.h"

#include "base/mem.h"

static void
offer_of(const struct head_event *e, uint32_t t, struct ecm_offer *o)
{
	*o = (struct ecm_offer) { .event_id = e->id,
				  .slot = e->slot,
				  .price_view = e->price,
				  .price_record = e->recordable ? e->price_record : 0,
				  .window_start = e->window_start,
				  .window_end = e->window_end,
				  .event_start = e->start,
				  .event_end = e->end };
	memcpy(o->unit, e->unit, UNIT_SIZE);
	if (e->no_callback)
		o->flags |= OFFER_NO_CALLBACK;
	if (e->recordable)
		o->flags |= OFFER_RECORDABLE;
	if (t < e->window_start || t >= e->window_end)
		o->flags |= OFFER_NOT_NOW;
}

/* The longest beginning of a title that an ECM carries and that breaks no UTF-8 sequence. */
static uint8_t
put_title(const char *title, char out[ECM_TITLE_MAX])
{
	size_t n = strlen(title);

	if (n > ECM_TITLE_MAX) {
		n = ECM_TITLE_MAX;
		while (n > 0 && ((uint8_t)title[n] & 0xC0) == 0x80)
			n--;
	}
	memcpy(out, title, n);
	return (uint8_t)n;
}

static void
put_service(const struct head_service *s, struct ecm_criteria *out)
{
	*out = (struct ecm_criteria) { .free = s->free, .rating = s->rating };
	out->product_count = (uint8_t)s->product_count;
	memcpy(out->products, s->products, s->product_count * sizeof s->products[0]);
}

static void
put_slice(const struct head_event *e, struct ecm_slice *s)
{
	*s = (struct ecm_slice) { .event_id = e->id,
				  .slot = e->slot,
				  .flags = e->no_callback ? OFFER_NO_CALLBACK : 0,
				  .price = e->slice.price,
				  .seconds = e->slice.seconds,
				  .ceiling = e->slice.ceiling,
				  .event_end = e->end };
	memcpy(s->unit, e->unit, UNIT_SIZE);
}

static void
put_preview(const struct head_event *e, struct ecm_preview *p)
{
	*p = (struct ecm_preview) { .id = e->preview.id > 0 ? e->preview.id : e->id,
				    .seconds = e->preview.seconds,
				    .periods = e->preview.periods,
				    .starts = e->preview.starts,
				    .unit_s = e->preview.unit_s };
}

static void
put_current(const struct head_event *e, uint32_t t, struct ecm_criteria *out)
{
	if (e->exclusive) {
		out->product_count = 0;
		out->free = false;
	}
	if (e->for_sale) {
		out->has_offer = true;
		offer_of(e, t, &out->offer);
	} else {
		out->has_event = true;
		out->event_id = e->id;
	}
	out->has_slice = e->slice.price > 0;
	if (out->has_slice)
		put_slice(e, &out->slice);
	out->has_preview = e->preview.unit_s > 0;
	if (out->has_preview)
		put_preview(e, &out->preview);
	out->title_len = put_title(e->title, out->title);
}

static void
put_next(const struct head_event *e, uint32_t t, struct ecm_criteria *out)
{
	if (!e->for_sale || t < e->window_start || t >= e->window_end)
		return;
	out->has_next_offer = true;
	offer_of(e, t, &out->next_offer);
	out->next_title_len = put_title(e->title, out->next_title);
}

enum rc
criteria_build(struct head *h, const struct head_service *s, uint32_t t, struct ecm_criteria *out)
{
	struct head_event e;
	enum rc rc = event_at(h, s->id, t, &e);

	put_service(s, out);
	if (rc == RC_OK)
		put_current(&e, t, out);
	else if (rc != RC_NOT_FOUND)
		return rc;
	rc = event_after(h, s->id, t, &e);
	if (rc == RC_OK)
		put_next(&e, t, out);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* How many leaves an ECM has room for once everything that gives way before them is gone. */
static int64_t
negative_room(const struct ecm_criteria *criteria, uint8_t cw_size)
{
	struct ecm_criteria least = *criteria;
	size_t room = ecm_criteria_room(cw_size), size;

	least.has_next_offer = false;
	least.title_len = 0;
	least.next_title_len = 0;
	least.negative_count = 0;
	size = ecm_criteria_size(&least) + 2; /* tag and length */
	if (room < size + 3)
		return 0;
	room = (room - size) / 3;
	return room < ECM_NEGATIVE_MAX ? (int64_t)room : ECM_NEGATIVE_MAX;
}

static enum rc
read_revoked(struct head *h, int64_t epoch_change, int64_t limit, int64_t first,
	     struct ecm_criteria *out)
{
	struct store_rows *rows;
	enum rc rc = store_select(h->store, &rows,
				  "SELECT leaf FROM card WHERE revoked_change > ?"
				  " ORDER BY revoked_change, leaf LIMIT ? OFFSET ?",
				  "iii", epoch_change, limit, first);

	if (rc != RC_OK)
		return head_store(h, rc);
	while (store_next(rows))
		out->negative[out->negative_count++] = (uint32_t)store_int(rows, 0);
	return head_store(h, store_done(&rows));
}

enum rc
criteria_add_revoked(struct head *h, int64_t epoch_change, uint32_t period, uint8_t cw_size,
		     struct ecm_criteria *out)
{
	int64_t n = 0, room = negative_room(out, cw_size);
	enum rc rc =
		store_number(h->store, &n, "SELECT count(*) FROM card WHERE revoked_change > ?",
			     "i", epoch_change);

	out->negative_count = 0;
	if (rc != RC_OK || n == 0 || room == 0)
		return head_store(h, rc);
	if (n <= room)
		return read_revoked(h, epoch_change, room, 0, out);
	return read_revoked(h, epoch_change, room, (int64_t)period % ((n + room - 1) / room) * room,
			    out);
}

enum rc
criteria_must_fit(struct head *h, const struct head_service *s, const struct head_event *e)
{
	struct ecm_criteria criteria;
	enum rc rc;

	put_service(s, &criteria);
	put_current(e, e->start, &criteria);
	rc = ecm_criteria_fit(&criteria, ECM_CW_MAX);
	if (rc != RC_OK)
		return head_fail(h, rc,
				 "no ECM has room for %zu products and the offer of event %u",
				 s->product_count, e->id);
	return RC_OK;
}
