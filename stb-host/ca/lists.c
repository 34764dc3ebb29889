// SPDX-License-Identifier: GPL-3.0-or-later
/* What a viewer may read from the card: lists in pages, and the sealed report. */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "ca/session.h"
#include "ca/session_private.h"

#include <stdlib.h>

#define LE_MAX 256U
#define PAGES_MAX 256U
#define BATCHES_MAX 4096U

/* Decodes the next item of a page into item and moves on; RC_NOT_FOUND at the end. */
typedef enum rc (*item_fn)(const uint8_t **in, size_t *len, void *item);

struct list {
	uint8_t *items;
	size_t size; /* of one item */
	size_t count;
	size_t room;
};

static enum rc
list_grow(struct list *l)
{
	size_t room = l->room ? 2 * l->room : 16;
	uint8_t *items;

	if (l->count < l->room)
		return RC_OK;
	items = realloc(l->items, room * l->size);
	if (!items)
		return RC_NO_MEMORY;
	l->items = items;
	l->room = room;
	return RC_OK;
}

static enum rc
add_page(struct list *l, const uint8_t *data, size_t len, item_fn decode, size_t *added)
{
	enum rc rc = RC_OK;

	*added = 0;
	while (rc == RC_OK && len > 0) {
		rc = list_grow(l);
		if (rc == RC_OK)
			rc = decode(&data, &len, l->items + l->count * l->size);
		if (rc == RC_OK) {
			l->count++;
			(*added)++;
		}
	}
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* Pages until one is not full: a page past the end is empty or "not found". */
static enum rc
read_pages(struct ca_session *s, enum ca_data which, item_fn decode, struct list *l)
{
	struct apdu get = { .cla = CA_CLA, .ins = CA_INS_GET_DATA, .le = LE_MAX };
	size_t added = CA_ITEMS_PER_PAGE;
	enum rc rc = RC_OK;

	get.p1 = (uint8_t)which;
	for (unsigned int page = 0; page < PAGES_MAX && added >= CA_ITEMS_PER_PAGE; page++) {
		get.p2 = (uint8_t)page;
		rc = ca_exchange_again(s, &get);
		if (rc == RC_OK)
			rc = status_word_rc(s->sw);
		if (rc == RC_NOT_FOUND)
			return RC_OK;
		if (rc == RC_OK)
			rc = add_page(l, s->rsp, s->rsp_len, decode, &added);
		if (rc != RC_OK)
			break;
	}
	return rc;
}

static enum rc
read_list(struct ca_session *s, enum ca_data which, item_fn decode, size_t size, void **items,
	  size_t *count)
{
	struct list l = { .size = size };
	enum rc rc = ca_session_home(s);

	if (rc == RC_OK)
		rc = read_pages(s, which, decode, &l);
	if (rc != RC_OK || l.count == 0) {
		free(l.items);
		l.items = NULL;
	}
	if (rc == RC_OK) {
		*items = l.items;
		*count = l.count;
	}
	return rc;
}

static enum rc
entitlement_item(const uint8_t **in, size_t *len, void *item)
{
	return ca_entitlement_decode(in, len, item);
}

static enum rc
event_item(const uint8_t **in, size_t *len, void *item)
{
	return ca_event_right_decode(in, len, item);
}

static enum rc
slot_item(const uint8_t **in, size_t *len, void *item)
{
	return ca_slot_decode(in, len, item);
}

static enum rc
record_item(const uint8_t **in, size_t *len, void *item)
{
	enum rc rc;

	if (*len < RECORD_SIZE)
		return RC_TRUNCATED;
	rc = record_decode(*in, item);
	*in += RECORD_SIZE;
	*len -= RECORD_SIZE;
	return rc;
}

enum rc
ca_entitlements(struct ca_session *s, struct ca_entitlement **items, size_t *count)
{
	void *list = NULL;
	enum rc rc =
		read_list(s, CA_DATA_ENTITLEMENTS, entitlement_item, sizeof **items, &list, count);

	if (rc == RC_OK)
		*items = list;
	return rc;
}

enum rc
ca_events(struct ca_session *s, struct ca_event_right **items, size_t *count)
{
	void *list = NULL;
	enum rc rc = read_list(s, CA_DATA_EVENTS, event_item, sizeof **items, &list, count);

	if (rc == RC_OK)
		*items = list;
	return rc;
}

static enum rc
limits_item(const uint8_t **in, size_t *len, void *item)
{
	return ca_slot_limits_decode(in, len, item);
}

/* Puts the limits to their slots; a card from before them has none. */
static enum rc
add_limits(struct ca_session *s, struct ca_slot *slots, size_t count)
{
	const struct ca_slot_limits *limits;
	void *list = NULL;
	size_t n = 0;
	enum rc rc = read_list(s, CA_DATA_LIMITS, limits_item, sizeof *limits, &list, &n);

	limits = list;
	for (size_t i = 0; rc == RC_OK && i < count * n; i++) {
		if (slots[i / n].slot == limits[i % n].slot)
			slots[i / n].limits = limits[i % n];
	}
	free(list);
	return rc;
}

enum rc
ca_wallet(struct ca_session *s, struct ca_slot **items, size_t *count)
{
	void *list = NULL;
	enum rc rc = read_list(s, CA_DATA_WALLET, slot_item, sizeof **items, &list, count);

	if (rc == RC_OK)
		rc = add_limits(s, list, *count);
	if (rc == RC_OK)
		*items = list;
	else
		free(list);
	return rc;
}

static enum rc
confirmation_item(const uint8_t **in, size_t *len, void *item)
{
	return ca_confirmation_decode(in, len, item);
}

enum rc
ca_confirmations(struct ca_session *s, struct ca_confirmation **items, size_t *count)
{
	void *list = NULL;
	enum rc rc = read_list(s, CA_DATA_CONFIRMATIONS, confirmation_item, sizeof **items, &list,
			       count);

	if (rc == RC_OK)
		*items = list;
	return rc;
}

enum rc
ca_records(struct ca_session *s, struct record **items, size_t *count)
{
	void *list = NULL;
	enum rc rc = read_list(s, CA_DATA_RECORDS, record_item, sizeof **items, &list, count);

	if (rc == RC_OK)
		*items = list;
	return rc;
}

enum rc
ca_read_account(struct ca_session *s, struct ca_account *account)
{
	struct apdu get = {
		.cla = CA_CLA, .ins = CA_INS_GET_DATA, .p1 = CA_DATA_ACCOUNT, .le = LE_MAX
	};
	enum rc rc = ca_exchange_again(s, &get);

	if (rc == RC_OK)
		rc = status_word_rc(s->sw);
	return rc == RC_OK ? ca_account_decode(s->rsp, s->rsp_len, account) : rc;
}

enum rc
ca_read_status(struct ca_session *s, struct ca_status *status)
{
	struct apdu get = {
		.cla = CA_CLA, .ins = CA_INS_GET_DATA, .p1 = CA_DATA_STATUS, .le = LE_MAX
	};
	enum rc rc = ca_session_home(s);

	if (rc == RC_OK)
		rc = ca_exchange_again(s, &get);
	if (rc == RC_OK)
		rc = status_word_rc(s->sw);
	return rc == RC_OK ? ca_status_decode(s->rsp, s->rsp_len, status) : rc;
}

enum rc
ca_read_boxes(struct ca_session *s, struct ca_boxes *boxes)
{
	struct apdu get = {
		.cla = CA_CLA, .ins = CA_INS_GET_DATA, .p1 = CA_DATA_BOXES, .le = LE_MAX
	};
	enum rc rc = ca_session_home(s);

	if (rc == RC_OK)
		rc = s->info.profile == PROFILE_PAIRED ? ca_exchange_again(s, &get) : RC_NOT_FOUND;
	if (rc == RC_OK)
		rc = status_word_rc(s->sw);
	return rc == RC_OK ? ca_boxes_decode(s->rsp, s->rsp_len, boxes) : rc;
}

enum rc
ca_read_tree(struct ca_session *s, uint8_t *profile)
{
	struct apdu get = {
		.cla = CA_CLA, .ins = CA_INS_GET_DATA, .p1 = CA_DATA_TREE, .le = LE_MAX
	};
	enum rc rc = ca_exchange_again(s, &get);

	if (rc == RC_OK)
		rc = status_word_rc(s->sw);
	if (rc != RC_OK)
		return rc;
	if (s->rsp_len < 1 || s->rsp[0] > CA_TREE_SMALL)
		return RC_FORMAT;
	*profile = s->rsp[0];
	return RC_OK;
}

static enum rc
fetch_batch(struct ca_session *s, uint32_t first, uint8_t page, struct report *header)
{
	uint8_t data[4];
	struct apdu get = {
		.cla = CA_CLA, .ins = CA_INS_REPORT, .p1 = page, .data = data, .lc = 4, .le = LE_MAX
	};
	enum rc rc;

	put_be32(data, first);
	rc = ca_exchange_again(s, &get);
	if (rc == RC_OK)
		rc = status_word_rc(s->sw);
	return rc == RC_OK ? report_parse(s->rsp, s->rsp_len, header) : rc;
}

enum rc
ca_report(struct ca_session *s, ca_batch_fn take, void *ctx, size_t *records)
{
	struct report header;
	uint32_t first = 0;
	uint8_t page = 0;
	size_t sum = 0;
	enum rc rc = ca_session_home(s);

	if (rc != RC_OK)
		return rc;
	for (unsigned int i = 0; i < BATCHES_MAX; i++) {
		rc = fetch_batch(s, first, page, &header);
		if (rc == RC_OK && first != 0 && header.first != first)
			rc = RC_FORMAT;
		if (rc == RC_OK)
			rc = take(ctx, s->rsp, s->rsp_len);
		if (rc != RC_OK)
			return rc;
		/* What was folded, page by page, and then the records behind it. */
		if (header.flags & REPORT_FOLD) {
			if (first != 0 || page == UINT8_MAX)
				return RC_FORMAT;
			page = header.flags & REPORT_MORE ? (uint8_t)(page + 1) : 0;
			first = page > 0 ? 0 : header.first;
			continue;
		}
		sum += header.record_count;
		if (header.flags & REPORT_LAST) {
			*records = sum;
			return RC_OK;
		}
		if (header.record_count == 0)
			return RC_FORMAT;
		first = header.first + header.record_count;
	}
	return RC_FORMAT;
}
