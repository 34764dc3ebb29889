// SPDX-License-Identifier: GPL-3.0-or-later
/* settle import: a report file in. settle report: what was sold, spent and found odd. */
#include "tool.h"

#include "headend/settlement.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX_BYTES (64L * 1024 * 1024)

static const struct out_column import_columns[] = { { "file", "File" },
						    { "batches", "Batches" },
						    { "records_new", "New records" },
						    { "records_known", "Known records" },
						    { "amount_minor", "Amount" } };
static const struct out_column card_columns[] = {
	{ "card", "CARD" },         { "records", "RECORDS" }, { "credit_minor", "PAID IN" },
	{ "spent_minor", "SPENT" }, { "left_minor", "LEFT" }, { "alarms", "ALARMS" }
};
static const struct out_column event_columns[] = { { "event", "EVENT" },
						   { "service", "SERVICE" },
						   { "title", "TITLE" },
						   { "sold", "SOLD" },
						   { "amount_minor", "AMOUNT" } };
static const struct out_column total_columns[] = { { "records", "RECORDS" },
						   { "spent_minor", "SPENT" },
						   { "credit_minor", "PAID IN" },
						   { "left_minor", "LEFT" } };
static const struct out_column alarm_columns[] = {
	{ "card", "CARD" }, { "at", "FOUND" }, { "kind", "KIND" }, { "what", "WHAT" }
};

static int
read_file(const char *path, uint8_t **data, size_t *len)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	uint8_t *bytes = NULL;
	size_t n = 0, cap = 0, got = 1;
	int status = 0;

	if (!f)
		return cli_fail(errno == ENOENT ? RC_NOT_FOUND : RC_IO, strerror(errno), "%s",
				path);
	while (status == 0 && got > 0) {
		if (n == cap) {
			uint8_t *bigger;

			cap = cap ? cap * 2 : 65536;
			bigger = cap <= FILE_MAX_BYTES ? realloc(bytes, cap) : NULL;
			if (!bigger) {
				status = cli_fail(RC_NO_MEMORY, "file too large", "%s", path);
				break;
			}
			bytes = bigger;
		}
		got = fread(bytes + n, 1, cap - n, f);
		n += got;
	}
	if (status == 0 && ferror(f))
		status = cli_fail(RC_IO, strerror(errno), "%s", path);
	if (f != stdin)
		(void)fclose(f);
	if (status != 0) {
		free(bytes);
		return status;
	}
	*data = bytes;
	*len = n;
	return 0;
}

static int
import_bytes(struct tool *t, const char *path, const uint8_t *data, size_t len)
{
	struct settlement s;
	struct out *o;
	enum rc rc = settle_import(t->head, &t->keys, data, len, t->now, &s);

	if (rc != RC_OK)
		return tool_fail(t, rc, "%s", path);
	o = out_new(import_columns, COUNT_OF(import_columns), &t->head->op);
	out_text(o, path);
	out_number(o, s.batches);
	out_number(o, s.records_new);
	out_number(o, s.records_known);
	out_money(o, (int64_t)s.amount_minor);
	return out_object(&o, t->json);
}

static int
import(struct tool *t, const char *path)
{
	uint8_t *data = NULL;
	size_t len = 0;
	int status = tool_open(t);

	if (status == 0)
		status = read_file(path, &data, &len);
	if (status == 0)
		status = tool_open_keys(t);
	if (status == 0)
		status = import_bytes(t, path, data, len);
	free(data);
	return status;
}

int
cmd_settle_import(int argc, char **argv)
{
	struct tool t = tool_new();
	const struct cli_option options[] = { TOOL_HOME_OPTION(t), TOOL_JSON_OPTION(t),
					      TOOL_NOW_OPTION(t), TOOL_PASSPHRASE_FILE_OPTION(t),
					      TOOL_PASSPHRASE_FD_OPTION(t) };
	int status = 0, n = cli_parse(argc, argv, "FILE", options, COUNT_OF(options), 1, &status);

	if (n < 0)
		return status;
	if (n == 0)
		return cli_fail(RC_USAGE, "give the report file", "settle");
	status = import(&t, argv[1]);
	tool_close(&t);
	return status;
}

/* Cards that ever had money or records; their sums into the last row of totals. */
static enum rc
put_cards(struct tool *t, struct out *cards, struct out *totals)
{
	struct head_card c = { .leaf = 0 };
	int64_t after = -1, records = 0, spent = 0, credit = 0;
	enum rc rc;

	while ((rc = card_next(t->head, after, &c)) == RC_OK) {
		char number[CARD_NUMBER_SIZE];

		after = c.leaf;
		records += c.record_head;
		spent += (int64_t)c.spent;
		credit += (int64_t)c.credit_total;
		if (c.record_head == 0 && c.credit_total == 0 && c.alarms == 0)
			continue;
		card_number_format(t->head->op.id, c.leaf, number);
		out_text(cards, number);
		out_number(cards, c.record_head);
		out_money(cards, (int64_t)c.credit_total);
		out_money(cards, (int64_t)c.spent);
		out_money(cards, (int64_t)(c.credit_total - c.spent));
		out_number(cards, c.alarms);
	}
	out_number(totals, records);
	out_money(totals, spent);
	out_money(totals, credit);
	out_money(totals, credit - spent);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc
put_events(struct tool *t, struct out *events)
{
	static const char sql[] =
		"SELECT event, service, (SELECT title FROM event_history AS h"
		" WHERE h.event = record.event ORDER BY change DESC LIMIT 1), count(*), sum(price)"
		" FROM record WHERE type IN (1, 2) GROUP BY event, service ORDER BY event, service";
	struct store_rows *rows;
	enum rc rc = store_select(t->head->store, &rows, sql, "");

	if (rc != RC_OK)
		return head_store(t->head, rc);
	while (store_next(rows)) {
		out_number(events, store_int(rows, 0));
		out_number(events, store_int(rows, 1));
		out_text(events, store_text(rows, 2));
		out_number(events, store_int(rows, 3));
		out_money(events, store_int(rows, 4));
	}
	return head_store(t->head, store_done(&rows));
}

static enum rc
put_alarms(struct tool *t, struct out *alarms)
{
	struct store_rows *rows;
	enum rc rc = store_select(t->head->store, &rows,
				  "SELECT leaf, at, kind, what FROM alarm ORDER BY change", "");

	if (rc != RC_OK)
		return head_store(t->head, rc);
	while (store_next(rows)) {
		char number[CARD_NUMBER_SIZE];

		card_number_format(t->head->op.id, (uint32_t)store_int(rows, 0), number);
		out_text(alarms, number);
		out_time(alarms, (uint32_t)store_int(rows, 1));
		out_text(alarms, store_text(rows, 2));
		out_text(alarms, store_text(rows, 3));
	}
	return head_store(t->head, store_done(&rows));
}

static int
report(struct tool *t)
{
	const struct head_operator *op;
	int printed, status = tool_open(t);
	enum rc rc;

	if (status != 0)
		return status;
	op = &t->head->op;
	struct out_part parts[] = {
		{ "cards", "Cards", out_new(card_columns, COUNT_OF(card_columns), op) },
		{ "events", "Events", out_new(event_columns, COUNT_OF(event_columns), op) },
		{ "totals", "Totals", out_new(total_columns, COUNT_OF(total_columns), op) },
		{ "alarms", "Alarms", out_new(alarm_columns, COUNT_OF(alarm_columns), op) },
	};

	rc = put_cards(t, parts[0].out, parts[2].out);
	if (rc == RC_OK)
		rc = put_events(t, parts[1].out);
	if (rc == RC_OK)
		rc = put_alarms(t, parts[3].out);
	status = rc == RC_OK ? 0 : tool_fail(t, rc, "report");
	printed = out_report(parts, COUNT_OF(parts), t->json);
	return status != 0 ? status : printed;
}

int
cmd_settle_report(int argc, char **argv)
{
	struct tool t = tool_new();
	const struct cli_option options[] = { TOOL_HOME_OPTION(t), TOOL_JSON_OPTION(t) };
	int status = 0;

	if (cli_parse(argc, argv, "", options, COUNT_OF(options), 0, &status) < 0)
		return status;
	status = report(&t);
	tool_close(&t);
	return status;
}
