// SPDX-License-Identifier: GPL-3.0-or-later
/* Events: what is for sale when, and for how much. */
#include "headend/catalogue.h"

#include "headend/criteria.h"
#include "headend/text.h"

#include <stdio.h>
#include <string.h>

#define EVENT_COLUMNS                                                                         \
	"SELECT id, service, title, start_at, end_at, window_start, window_end, slot, unit, " \
	"price,"                                                                              \
	" price_record, exclusive, no_callback, for_sale FROM event "

static void
take_event(const struct store_rows *rows, struct head_event *e)
{
	*e = (struct head_event) { .id = (uint32_t)store_int(rows, 0),
				   .service_id = (uint16_t)store_int(rows, 1),
				   .start = (uint32_t)store_int(rows, 3),
				   .end = (uint32_t)store_int(rows, 4),
				   .window_start = (uint32_t)store_int(rows, 5),
				   .window_end = (uint32_t)store_int(rows, 6),
				   .slot = (uint8_t)store_int(rows, 7),
				   .price = (uint32_t)store_int(rows, 9),
				   .recordable = !store_is_null(rows, 10),
				   .price_record = (uint32_t)store_int(rows, 10),
				   .exclusive = store_int(rows, 11) != 0,
				   .no_callback = store_int(rows, 12) != 0,
				   .for_sale = store_int(rows, 13) != 0 };
	snprintf(e->title, sizeof e->title, "%s", store_text(rows, 2));
	snprintf(e->unit, sizeof e->unit, "%s", store_text(rows, 8));
}

static enum rc
finish_one(struct head *h, enum rc rc, struct store_rows **rows, struct head_event *e)
{
	bool found;

	if (rc != RC_OK)
		return head_store(h, rc);
	found = store_next(*rows);
	if (found)
		take_event(*rows, e);
	rc = head_store(h, store_done(rows));
	return rc == RC_OK && !found ? RC_NOT_FOUND : rc;
}

enum rc
event_next(struct head *h, int64_t after, struct head_event *e)
{
	struct store_rows *rows;
	enum rc rc = store_select(h->store, &rows, EVENT_COLUMNS "WHERE id > ? ORDER BY id LIMIT 1",
				  "i", after);

	return finish_one(h, rc, &rows, e);
}

enum rc
event_get(struct head *h, uint32_t id, struct head_event *e)
{
	struct store_rows *rows;
	enum rc rc = store_select(h->store, &rows, EVENT_COLUMNS "WHERE id = ?", "i", (int64_t)id);

	rc = finish_one(h, rc, &rows, e);
	if (rc == RC_NOT_FOUND)
		return head_fail(h, rc, "there is no event %u", id);
	return rc;
}

enum rc
event_at(struct head *h, uint16_t service_id, uint32_t t, struct head_event *e)
{
	struct store_rows *rows;
	enum rc rc = store_select(h->store, &rows,
				  EVENT_COLUMNS "WHERE service = ? AND start_at <= ? AND end_at > ?"
						" ORDER BY start_at DESC LIMIT 1",
				  "iii", (int64_t)service_id, (int64_t)t, (int64_t)t);

	return finish_one(h, rc, &rows, e);
}

enum rc
event_after(struct head *h, uint16_t service_id, uint32_t t, struct head_event *e)
{
	struct store_rows *rows;
	enum rc rc = store_select(h->store, &rows,
				  EVENT_COLUMNS "WHERE service = ? AND start_at > ?"
						" ORDER BY start_at LIMIT 1",
				  "ii", (int64_t)service_id, (int64_t)t);

	return finish_one(h, rc, &rows, e);
}

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
	if (e->slot != 0)
		return head_fail(h, RC_REFUSED, "cards of this release hold slot 0 only, not %u",
				 e->slot);
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

static enum rc
insert_event(struct head *h, const struct head_event *e)
{
	enum rc rc = store_run(
		h->store,
		"INSERT INTO event(id, service, title, start_at, end_at, window_start, window_end,"
		" slot, unit, price, exclusive, no_callback, for_sale)"
		" VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"iitiiiiitiiii", (int64_t)e->id, (int64_t)e->service_id, e->title,
		(int64_t)e->start, (int64_t)e->end, (int64_t)e->window_start,
		(int64_t)e->window_end, (int64_t)e->slot, h->op.unit, (int64_t)e->price,
		(int64_t)e->exclusive, (int64_t)e->no_callback, (int64_t)e->for_sale);

	if (rc == RC_CONFLICT)
		return head_fail(h, rc, "event %u exists already", e->id);
	if (rc == RC_OK && e->recordable)
		rc = store_run(h->store, "UPDATE event SET price_record = ? WHERE id = ?", "ii",
			       (int64_t)e->price_record, (int64_t)e->id);
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

enum rc
event_add(struct head *h, const struct head_event *e)
{
	int64_t change;
	enum rc rc = check_event(h, e);

	if (rc == RC_OK)
		rc = head_begin(h, &change);
	if (rc != RC_OK)
		return rc;
	rc = check_neighbours(h, e);
	if (rc == RC_OK)
		rc = insert_event(h, e);
	if (rc == RC_OK)
		rc = keep_in_history(h, e->id, change);
	return head_end(h, rc);
}
