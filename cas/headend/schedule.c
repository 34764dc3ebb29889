// SPDX-License-Identifier: GPL-3.0-or-later
/* Puts an event on a service's schedule, if there is room on it and in an ECM. */
#include "headend/catalogue.h"

#include "headend/criteria.h"
#include "headend/slots.h"
#include "headend/text.h"

#include <string.h>

static enum rc
check_times(struct head *h, const struct head_event *e)
{
	if (e->start == TIME2000_UNKNOWN || e->end == TIME2000_NO_END || e->start >= e->end)
		return head_fail(h, RC_RANGE, "an event ends after it starts, and some day");
	if (e->window_start >= e->window_end)
		return head_fail(h, RC_RANGE, "the window ends before it starts");
	if (e->window_start >= e->end || e->window_end > e->end)
		return head_fail(h, RC_RANGE, "the window reaches past the end of the event");
	return RC_OK;
}

static enum rc
check_event(struct head *h, const struct head_event *e)
{
	if (e->id == 0)
		return head_fail(h, RC_RANGE, "event numbers begin with 1");
	if (!text_is_plain(e->title, EVENT_TITLE - 1))
		return head_fail(h, RC_RANGE, "a title has 1 to %d bytes of plain text",
				 EVENT_TITLE - 1);
	if (e->slice.price > 0 && e->slice.seconds == 0)
		return head_fail(h, RC_RANGE, "a slice lasts a second at least");
	if (e->slice.ceiling > 0 && e->slice.ceiling < e->slice.price)
		return head_fail(h, RC_RANGE, "the ceiling does not suffice for one slice");
	if (e->preview.unit_s > 0 && e->preview.seconds == 0 && e->preview.periods == 0)
		return head_fail(h, RC_RANGE,
				 "a preview is limited by seconds or by crypto periods");
	return check_times(h, e);
}

static enum rc
check_neighbours(struct head *h, const struct head_event *e)
{
	struct head_service s;
	int64_t other = 0;
	enum rc rc = service_get(h, e->service_id, &s);

	if (rc != RC_OK)
		return rc;
	rc = store_number(h->store, &other,
			  "SELECT id FROM event WHERE service = ? AND start_at < ? AND end_at > ?"
			  " ORDER BY start_at LIMIT 1",
			  "iii", (int64_t)e->service_id, (int64_t)e->end, (int64_t)e->start);
	if (rc == RC_NOT_FOUND)
		return criteria_must_fit(h, &s, e);
	if (rc != RC_OK)
		return head_store(h, rc);
	return head_fail(h, RC_CONFLICT, "event %lld of service %u is on at that time",
			 (long long)other, e->service_id);
}

/* In what the slot that pays is counted. */
static enum rc
unit_of(struct head *h, uint8_t slot, char unit[UNIT_SIZE + 1])
{
	struct head_slot s;
	enum rc rc = RC_OK;

	memcpy(unit, h->op.unit, UNIT_SIZE + 1);
	if (slot != 0) {
		rc = slot_get(h, slot, &s);
		if (rc == RC_OK)
			memcpy(unit, s.unit, UNIT_SIZE + 1);
	}
	return rc;
}

static enum rc
insert_event(struct head *h, const struct head_event *e, const char *unit)
{
	enum rc rc = store_run(
		h->store,
		"INSERT INTO event(id, service, title, start_at, end_at, window_start, window_end,"
		" slot, unit, price, exclusive, no_callback, for_sale)"
		" VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"iitiiiiitiiii", (int64_t)e->id, (int64_t)e->service_id, e->title,
		(int64_t)e->start, (int64_t)e->end, (int64_t)e->window_start,
		(int64_t)e->window_end, (int64_t)e->slot, unit, (int64_t)e->price,
		(int64_t)e->exclusive, (int64_t)e->no_callback, (int64_t)e->for_sale);

	if (rc == RC_CONFLICT)
		return head_fail(h, rc, "event %u exists already", e->id);
	if (rc == RC_OK && e->recordable)
		rc = store_run(h->store, "UPDATE event SET price_record = ? WHERE id = ?", "ii",
			       (int64_t)e->price_record, (int64_t)e->id);
	return head_store(h, rc);
}

/* What is sold by time, and shown before: only where there is any. */
static enum rc
insert_terms(struct head *h, const struct head_event *e, const char *unit, int64_t change)
{
	const struct event_slice *s = &e->slice;
	const struct event_preview *p = &e->preview;
	enum rc rc;

	if (s->price == 0 && p->unit_s == 0)
		return RC_OK;
	rc = store_run(h->store,
		       "INSERT INTO event_terms(event, slice_price, slice_s, ceiling, preview_id,"
		       " preview_s, preview_periods, preview_starts, preview_unit_s)"
		       " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
		       "iiiiiiiii", (int64_t)e->id, (int64_t)s->price, (int64_t)s->seconds,
		       (int64_t)s->ceiling, (int64_t)(p->id > 0 ? p->id : e->id),
		       (int64_t)p->seconds, (int64_t)p->periods, (int64_t)p->starts,
		       (int64_t)p->unit_s);
	if (rc == RC_OK && s->price > 0)
		rc = store_run(h->store,
			       "INSERT INTO slice_history(event, change, service, slot, unit,"
			       " price) VALUES(?, ?, ?, ?, ?, ?)",
			       "iiiiti", (int64_t)e->id, change, (int64_t)e->service_id,
			       (int64_t)e->slot, unit, (int64_t)s->price);
	return head_store(h, rc);
}

static enum rc
keep_in_history(struct head *h, uint32_t id, int64_t change)
{
	return head_store(h,
			  store_run(h->store,
				    "INSERT INTO event_history(event, change, service, title, slot,"
				    " unit, price, price_record, for_sale) SELECT id, ?, service,"
				    " title, slot, unit, price, price_record, for_sale FROM event"
				    " WHERE id = ?",
				    "ii", change, (int64_t)id));
}

static enum rc
add(struct head *h, const struct head_event *e, int64_t change)
{
	char unit[UNIT_SIZE + 1];
	enum rc rc = check_event(h, e);

	if (rc == RC_OK)
		rc = unit_of(h, e->slot, unit);
	if (rc == RC_OK)
		rc = check_neighbours(h, e);
	if (rc == RC_OK)
		rc = insert_event(h, e, unit);
	if (rc == RC_OK)
		rc = insert_terms(h, e, unit, change);
	return rc == RC_OK ? keep_in_history(h, e->id, change) : rc;
}

enum rc
event_add(struct head *h, const struct head_event *e)
{
	int64_t change;
	enum rc rc = head_begin(h, &change);

	return rc == RC_OK ? head_end(h, add(h, e, change)) : rc;
}

enum rc
event_add_all(struct head *h, const struct head_event *events, size_t count, bool dry_run,
	      size_t *failed)
{
	int64_t change;
	enum rc rc = head_begin(h, &change);

	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; rc == RC_OK && i < count; i++) {
		*failed = i;
		rc = add(h, &events[i], change);
	}
	if (rc != RC_OK || !dry_run)
		return head_end(h, rc);
	store_rollback(h->store);
	return RC_OK;
}
