// SPDX-License-Identifier: GPL-3.0-or-later
/* Events as they stand: what is for sale when, and for how much. */
#include "headend/catalogue.h"

#include <stdio.h>
#include <string.h>

#define EVENT_COLUMNS                                                                         \
	"SELECT id, service, title, start_at, end_at, window_start, window_end, slot, unit, " \
	"price,"                                                                              \
	" price_record, exclusive, no_callback, for_sale, slice_price, slice_s, ceiling,"     \
	" preview_id, preview_s, preview_periods, preview_starts, preview_unit_s"             \
	" FROM event LEFT JOIN event_terms ON event_terms.event = event.id "

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
	e->slice =
		(struct event_slice) { (uint32_t)store_int(rows, 14), (uint16_t)store_int(rows, 15),
				       (uint32_t)store_int(rows, 16) };
	e->preview = (struct event_preview) { (uint32_t)store_int(rows, 17),
					      (uint16_t)store_int(rows, 18),
					      (uint16_t)store_int(rows, 19),
					      (uint8_t)store_int(rows, 20),
					      (uint8_t)store_int(rows, 21) };
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
