/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is sold: products, the services that they open, and events with their prices. Prices that
 * ever stood in the catalogue stay in a history, which settlement compares records with. */
#ifndef TESSERA_HEADEND_CATALOGUE_H
#define TESSERA_HEADEND_CATALOGUE_H

#include "headend/head.h"

#define EVENT_TITLE 128     /* with NUL; an ECM carries the first ECM_TITLE_MAX bytes */
#define EVENT_LEAD_S 86400U /* default window: from a day before the event */

struct head_product {
	uint16_t id; /* 1…65534 */
	char name[HEAD_NAME];
	size_t service_count;
	uint16_t services[64]; /* that it opens; as many as fit */
};

struct head_service {
	uint16_t id; /* program_number, 1…65535 */
	char name[HEAD_NAME];
	uint8_t group;  /* key group */
	uint8_t rating; /* minimum age, 0 none */
	bool free;      /* every card that holds the key opens it */
	size_t product_count;
	uint16_t products[ECM_PRODUCTS_MAX];
};

struct head_event {
	uint32_t id; /* 1… */
	uint16_t service_id;
	char title[EVENT_TITLE];
	uint32_t start, end; /* seconds since 2000 */
	uint32_t window_start, window_end;
	uint8_t slot; /* wallet slot that pays */
	char unit[UNIT_SIZE + 1];
	uint32_t price; /* minor units */
	bool recordable;
	uint32_t price_record;
	bool exclusive; /* products do not open the service meanwhile */
	bool no_callback;
	bool for_sale;
	struct event_slice {
		uint32_t price; /* minor units; 0: not sold by time */
		uint16_t seconds;
		uint32_t ceiling; /* of a session; 0 none */
	} slice;
	struct event_preview {
		uint32_t id; /* 0: the event's */
		uint16_t seconds, periods;
		uint8_t starts;
		uint8_t unit_s; /* 0: no preview */
	} preview;
};

/* One transaction each. RC_CONFLICT: the number is taken; RC_NOT_FOUND: a service or product that
 * is named does not exist; RC_RANGE; RC_SPACE: no ECM could carry the criteria. */
enum rc product_add(struct head *h, const struct head_product *p) RC_CHECKED;
/* RC_NOT_FOUND also: the key group has no key. */
enum rc service_add(struct head *h, const struct head_service *s) RC_CHECKED;
/* RC_CONFLICT also: another event of the service overlaps; RC_NOT_FOUND also: no such slot. */
enum rc event_add(struct head *h, const struct head_event *e) RC_CHECKED;

/* All of them in one transaction, or none. *failed: the first that cannot be, with what event_add
 * would say. dry_run: everything is checked, nothing is kept. */
enum rc event_add_all(struct head *h, const struct head_event *events, size_t count, bool dry_run,
		      size_t *failed) RC_CHECKED;

/* RC_NOT_FOUND. */
enum rc product_get(struct head *h, uint16_t id, struct head_product *p) RC_CHECKED;
enum rc service_get(struct head *h, uint16_t id, struct head_service *s) RC_CHECKED;
enum rc event_get(struct head *h, uint32_t id, struct head_event *e) RC_CHECKED;

/* The first with a greater number; RC_NOT_FOUND: there is none. */
enum rc product_next(struct head *h, uint32_t after, struct head_product *p) RC_CHECKED;
enum rc service_next(struct head *h, uint32_t after, struct head_service *s) RC_CHECKED;
enum rc event_next(struct head *h, int64_t after, struct head_event *e) RC_CHECKED;

/* One transaction each; a product leaves its services too, a service takes its events along.
 * RC_NOT_FOUND. */
enum rc product_remove(struct head *h, uint16_t id) RC_CHECKED;
enum rc service_remove(struct head *h, uint16_t id) RC_CHECKED;
enum rc event_remove(struct head *h, uint32_t id) RC_CHECKED;

/* The event of a service at time t. RC_NOT_FOUND. */
enum rc event_at(struct head *h, uint16_t service_id, uint32_t t, struct head_event *e) RC_CHECKED;
/* The first event of a service that begins after time t. RC_NOT_FOUND. */
enum rc event_after(struct head *h, uint16_t service_id, uint32_t t,
		    struct head_event *e) RC_CHECKED;

#endif
