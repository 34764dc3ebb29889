// SPDX-License-Identifier: GPL-3.0-or-later
/* event add, list, show, remove. */
#include "noun.h"

#include "headend/catalogue.h"
#include "headend/slots.h"
#include "timetable.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct out_column columns[] = { { "id", "EVENT" },
					     { "service", "SERVICE" },
					     { "title", "TITLE" },
					     { "start", "START" },
					     { "end", "END" },
					     { "price_minor", "PRICE" },
					     { "price_record_minor", "TO RECORD" },
					     { "window_start", "SOLD FROM" },
					     { "window_end", "SOLD UNTIL" },
					     { "slot", "SLOT" },
					     { "exclusive", "EXCLUSIVE" },
					     { "no_callback", "NO CALLBACK" },
					     { "for_sale", "FOR SALE" },
					     { "slice_price_minor", "SLICE" },
					     { "slice_s", "SLICE S" },
					     { "ceiling_minor", "CEILING" },
					     { "preview_s", "PREVIEW S" },
					     { "preview_periods", "PERIODS" },
					     { "preview_starts", "STARTS" } };

struct options {
	const char *title, *price, *price_record, *slice, *ceiling;
	uint64_t price_minor, price_record_minor;
	bool not_for_sale;
	uint16_t slot, starts, unit_s;
	uint8_t decimals; /* of the slot that pays */
};

/* Nothing, where it is not sold by time, or not shown before. */
static void
put_terms(struct out *o, const struct head_event *e, uint8_t decimals)
{
	if (e->slice.price > 0) {
		out_money_in(o, e->slice.price, e->unit, decimals);
		out_number(o, e->slice.seconds);
	} else {
		out_nothing(o);
		out_nothing(o);
	}
	if (e->slice.ceiling > 0)
		out_money_in(o, e->slice.ceiling, e->unit, decimals);
	else
		out_nothing(o);
	if (e->preview.unit_s > 0) {
		out_number(o, e->preview.seconds);
		out_number(o, e->preview.periods);
		out_number(o, e->preview.starts);
	} else {
		for (unsigned int i = 0; i < 3; i++)
			out_nothing(o);
	}
}

static void
put_row(struct head *h, struct out *o, const struct head_event *e)
{
	struct head_slot s = { .decimals = h->op.decimals };

	if (e->slot != 0 && slot_get(h, e->slot, &s) != RC_OK)
		s.decimals = 0;
	out_number(o, e->id);
	out_number(o, e->service_id);
	out_text(o, e->title);
	out_time(o, e->start);
	out_time(o, e->end);
	out_money_in(o, e->price, e->unit, s.decimals);
	if (e->recordable)
		out_money_in(o, e->price_record, e->unit, s.decimals);
	else
		out_nothing(o);
	out_time(o, e->window_start);
	out_time(o, e->window_end);
	out_number(o, e->slot);
	out_bool(o, e->exclusive);
	out_bool(o, e->no_callback);
	out_bool(o, e->for_sale);
	put_terms(o, e, s.decimals);
}

static enum rc
put(struct head *h, bool next, int64_t *id, struct out *o)
{
	struct head_event e;
	enum rc rc = next ? event_next(h, *id, &e) : event_get(h, (uint32_t)*id, &e);

	if (rc != RC_OK)
		return rc;
	put_row(h, o, &e);
	*id = e.id;
	return RC_OK;
}

static enum rc
remove_one(struct head *h, int64_t id)
{
	return event_remove(h, (uint32_t)id);
}

static const struct noun events = { .name = "event",
				    .plural = "events",
				    .columns = columns,
				    .column_count = COUNT_OF(columns),
				    .max = UINT32_MAX,
				    .put = put,
				    .remove = remove_one };

static int
take_price(const struct options *o, const char *name, const char *major, uint64_t minor,
	   uint32_t *price)
{
	uint64_t v = 0;
	int status = tool_money_in(name, major, minor, o->decimals, &v);

	if (status == 0 && v > UINT32_MAX)
		status = cli_fail(RC_RANGE, "more than an offer can carry", "--%s", name);
	if (status == 0)
		*price = (uint32_t)v;
	return status;
}

static int
take_terms(const struct options *o, struct head_event *e)
{
	int status = 0;

	if (o->slice)
		status = take_price(o, "slice-price", o->slice, UINT64_MAX, &e->slice.price);
	if (status == 0 && o->ceiling)
		status = take_price(o, "ceiling", o->ceiling, UINT64_MAX, &e->slice.ceiling);
	if (status == 0 && (e->slice.price > 0) != (e->slice.seconds > 0))
		status = cli_fail(RC_USAGE, "give --slice-price (from 1) and --slice-s together",
				  "event");
	if (status == 0 && e->slice.ceiling > 0 && e->slice.price == 0)
		status = cli_fail(RC_USAGE, "a ceiling belongs to --slice-price", "event");
	if (e->preview.seconds > 0 || e->preview.periods > 0) {
		e->preview.starts = (uint8_t)o->starts;
		e->preview.unit_s = (uint8_t)o->unit_s;
	} else if (status == 0 && (o->starts > 0 || e->preview.id > 0)) {
		status = cli_fail(RC_USAGE, "give --preview-s or --preview-periods", "event");
	}
	return status;
}

/* Prices have as many decimals as what pays them. */
static int
take_decimals(const struct tool *t, struct options *o)
{
	struct head_slot s;
	enum rc rc = RC_OK;

	o->decimals = t->head->op.decimals;
	if (o->slot == 0)
		return 0;
	rc = slot_get(t->head, (uint8_t)o->slot, &s);
	if (rc != RC_OK)
		return tool_fail(t, rc, "event");
	o->decimals = s.decimals;
	return 0;
}

static int
add(struct tool *t, struct options *o, struct head_event *e)
{
	enum rc rc;
	int status = tool_open(t);

	if (status == 0)
		status = take_decimals(t, o);

	if (status == 0 && (!o->not_for_sale || o->price || o->price_minor != UINT64_MAX))
		status = take_price(o, "price", o->price, o->price_minor, &e->price);
	if (status == 0 && (o->price_record || o->price_record_minor != UINT64_MAX)) {
		e->recordable = true;
		status = take_price(o, "price-record", o->price_record, o->price_record_minor,
				    &e->price_record);
	}
	if (status == 0)
		status = take_terms(o, e);
	if (status == 0 && strlen(o->title) >= sizeof e->title)
		status = cli_fail(RC_RANGE, "at most 127 bytes", "--title");
	if (status != 0)
		return status;
	snprintf(e->title, sizeof e->title, "%s", o->title);
	e->for_sale = !o->not_for_sale;
	e->slot = (uint8_t)o->slot;
	if (e->window_start == TIME2000_UNKNOWN)
		e->window_start = e->start > EVENT_LEAD_S ? e->start - EVENT_LEAD_S : 1;
	if (e->window_end == TIME2000_UNKNOWN)
		e->window_end = e->end;
	rc = event_add(t->head, e);
	return rc == RC_OK ? 0 : tool_fail(t, rc, "event %u", e->id);
}

/* False: *status is what the program ends with. On a stack frame of its own: the table is long. */
__attribute__((noinline)) static bool
parse_add(int argc, char **argv, struct tool *t, struct options *o, struct head_event *e,
	  int *status)
{
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(*t),
		{ "id", 0, CLI_U32, &e->id, "N", "number of the event", 1, UINT32_MAX },
		{ "service", 0, CLI_U16, &e->service_id, "ID", "where it is shown", 1, UINT16_MAX },
		{ "title", 0, CLI_TEXT, &o->title, "TEXT", "what the viewer reads", 0, 0 },
		{ "start", 0, CLI_TIME, &e->start, "TIME", "it begins", 0, 0 },
		{ "end", 0, CLI_TIME, &e->end, "TIME", "it ends", 0, 0 },
		{ "price", 0, CLI_TEXT, &o->price, "AMOUNT", "to watch, as 4.50", 0, 0 },
		{ "price-minor", 0, CLI_U64, &o->price_minor, "N",
		  "the same in minor units, as 450", 0, UINT32_MAX },
		{ "price-record", 0, CLI_TEXT, &o->price_record, "AMOUNT", "to watch and record", 0,
		  0 },
		{ "price-record-minor", 0, CLI_U64, &o->price_record_minor, "N",
		  "the same in minor units", 0, UINT32_MAX },
		{ "window-start", 0, CLI_TIME, &e->window_start, "TIME",
		  "sold from (24 hours before it begins)", 0, 0 },
		{ "window-end", 0, CLI_TIME, &e->window_end, "TIME", "sold until (its end)", 0, 0 },
		{ "slot", 0, CLI_U16, &o->slot, "N", "wallet slot that pays (0, the purse)", 0,
		  15 },
		{ "exclusive", 0, CLI_FLAG, &e->exclusive, NULL,
		  "products do not open the service meanwhile", 0, 0 },
		{ "no-callback", 0, CLI_FLAG, &e->no_callback, NULL,
		  "its records need not be collected", 0, 0 },
		{ "slice-price", 0, CLI_TEXT, &o->slice, "AMOUNT", "sold by time too: a slice", 0,
		  0 },
		{ "slice-s", 0, CLI_U16, &e->slice.seconds, "N", "length of a slice", 1,
		  UINT16_MAX },
		{ "ceiling", 0, CLI_TEXT, &o->ceiling, "AMOUNT",
		  "the most that a viewer may agree to in a session", 0, 0 },
		{ "preview-s", 0, CLI_U16, &e->preview.seconds, "N", "free preview: seconds in all",
		  0, UINT16_MAX },
		{ "preview-periods", 0, CLI_U16, &e->preview.periods, "N", "crypto periods in all",
		  0, UINT16_MAX },
		{ "preview-starts", 0, CLI_U16, &o->starts, "N", "times that it may begin", 0,
		  UINT8_MAX },
		{ "preview-unit-s", 0, CLI_U16, &o->unit_s, "N", "counted in units of (60)", 1,
		  UINT8_MAX },
		{ "preview-id", 0, CLI_U32, &e->preview.id, "N",
		  "counted under this number (that of the event)", 1, UINT32_MAX },
		{ "not-for-sale", 0, CLI_FLAG, &o->not_for_sale, NULL,
		  "only who has the right may watch", 0, 0 },
	};

	return cli_parse(argc, argv, "--id N --service ID --title TEXT --start T --end T --price P",
			 options, COUNT_OF(options), 0, status) >= 0;
}

int
cmd_event_add(int argc, char **argv)
{
	struct tool t = tool_new();
	struct head_event e = { .id = 0 };
	struct options o = { .price_minor = UINT64_MAX,
			     .price_record_minor = UINT64_MAX,
			     .unit_s = PREVIEW_UNIT_S };
	int status = 0;

	if (!parse_add(argc, argv, &t, &o, &e, &status))
		return status;
	if (e.id == 0 || e.service_id == 0 || !o.title || e.start == 0 || e.end == 0)
		return cli_fail(RC_USAGE, "give --id, --service, --title, --start and --end",
				"event");
	status = add(&t, &o, &e);
	tool_close(&t);
	return status;
}

static int
list(struct tool *t, uint16_t service)
{
	struct out *o;
	struct head_event e = { .id = 0 };
	enum rc rc;
	int status = tool_open(t);

	if (status != 0)
		return status;
	o = out_new(columns, COUNT_OF(columns), &t->head->op);
	while ((rc = event_next(t->head, e.id, &e)) == RC_OK) {
		if (service == 0 || service == e.service_id)
			put_row(t->head, o, &e);
	}
	status = out_list(&o, t->json);
	return rc == RC_NOT_FOUND ? status : tool_fail(t, rc, "events");
}

int
cmd_event_list(int argc, char **argv)
{
	struct tool t = tool_new();
	uint16_t service = 0;
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_JSON_OPTION(t),
		{ .name = "service",
		  .kind = CLI_U16,
		  .value = &service,
		  .argument = "ID",
		  .help = "of this service only" },
	};
	int status = 0;

	if (cli_parse(argc, argv, "", options, COUNT_OF(options), 0, &status) < 0)
		return status;
	status = list(&t, service);
	tool_close(&t);
	return status;
}

int
cmd_event_show(int argc, char **argv)
{
	return noun_show(&events, argc, argv);
}

int
cmd_event_remove(int argc, char **argv)
{
	return noun_remove(&events, argc, argv);
}

static int
import_events(struct tool *t, const char *path, const struct timetable *table, bool dry_run)
{
	struct out *o;
	size_t failed = 0;
	enum rc rc = event_add_all(t->head, table->events, table->count, dry_run, &failed);

	for (size_t i = 0; i < table->count; i++) { /* units, for the rows */
		struct head_event *e = &table->events[i];
		struct head_slot s;

		memcpy(e->unit, t->head->op.unit, sizeof e->unit);
		if (e->slot != 0 && slot_get(t->head, e->slot, &s) == RC_OK)
			memcpy(e->unit, s.unit, sizeof e->unit);
	}
	if (rc != RC_OK && table->count > 0)
		return tool_fail(t, rc, "%s: line %u: event %u", path, table->lines[failed],
				 table->events[failed].id);
	if (rc != RC_OK)
		return tool_fail(t, rc, "%s", path);
	o = out_new(columns, COUNT_OF(columns), &t->head->op);
	for (size_t i = 0; i < table->count; i++)
		put_row(t->head, o, &table->events[i]);
	return out_list(&o, t->json);
}

int
cmd_event_import(int argc, char **argv)
{
	struct tool t = tool_new();
	struct timetable table;
	char why[TIMETABLE_WHY];
	bool dry_run = false;
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_JSON_OPTION(t),
		{ .name = "dry-run",
		  .kind = CLI_FLAG,
		  .value = &dry_run,
		  .help = "check and print the timetable, keep nothing" },
	};
	int status = 0, n = cli_parse(argc, argv, "FILE", options, COUNT_OF(options), 1, &status);
	FILE *in;
	enum rc rc;

	if (n < 0)
		return status;
	if (n != 1)
		return cli_fail(RC_USAGE, "give one timetable", "event import");
	in = fopen(argv[1], "re");
	if (!in)
		return cli_fail(errno == ENOENT ? RC_NOT_FOUND : RC_IO, strerror(errno), "%s",
				argv[1]);
	rc = timetable_read(in, &table, why);
	(void)fclose(in);
	if (rc != RC_OK)
		return cli_fail(rc, why, "%s", argv[1]);
	status = tool_open(&t);
	if (status == 0)
		status = import_events(&t, argv[1], &table, dry_run);
	timetable_free(&table);
	tool_close(&t);
	return status;
}
