// SPDX-License-Identifier: GPL-3.0-or-later
/* status: a short overview. */
#include "tool.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static const struct out_column columns[] = { { "operator_id", "Operator" },
					     { "operator", "Name" },
					     { "ca_system_id", "CA system" },
					     { "unit", "Unit" },
					     { "products", "Products" },
					     { "services", "Services" },
					     { "events", "Events" },
					     { "cards_active", "Cards active" },
					     { "cards_revoked", "Cards revoked" },
					     { "cards_pending", "Cards with EMMs pending" },
					     { "credit_minor", "Paid in" },
					     { "spent_minor", "Spent" },
					     { "records", "Records" },
					     { "alarms", "Alarms" },
					     { "key_groups", "Key groups" },
					     { "newest_epoch", "Newest epoch of group 0" },
					     { "newest_epoch_starts", "It begins" },
					     { "signed_time", "Newest signed time" },
					     { "changes", "Changes so far" },
					     { "cards_due", "Cards due on air (a day)" },
					     { "reports_overdue", "Reports overdue (30 days)" },
					     { "epochs_waiting", "Epochs announced" },
					     { "next_epoch_starts", "The next begins" },
					     { "database", "Database" } };

#define DUE_S 86400U /* a change this young has hardly reached every card */

static int
number(struct tool *t, const char *sql, const char *types, int64_t argument, int64_t *value)
{
	enum rc rc = head_store(t->head, store_number(t->head->store, value, sql, types, argument));

	return rc == RC_OK || rc == RC_NOT_FOUND ? 0 : tool_fail(t, rc, "database");
}

static int
collect(struct tool *t, struct out *o)
{
	static const struct {
		const char *sql;
		bool is_money;
	} rows[] = {
		{ "SELECT count(*) FROM product", false },
		{ "SELECT count(*) FROM service", false },
		{ "SELECT count(*) FROM event", false },
		{ "SELECT count(*) FROM card WHERE state = 0", false },
		{ "SELECT count(*) FROM card WHERE state = 1", false },
		{ "SELECT count(*) FROM card WHERE state = 0 AND emm_sequence > 0 AND changed_at > "
		  "?",
		  false },
		{ "SELECT coalesce(sum(credit_total), 0) FROM card", true },
		{ "SELECT coalesce(sum(spent), 0) FROM card", true },
		{ "SELECT count(*) FROM record", false },
		{ "SELECT count(*) FROM alarm", false },
		{ "SELECT count(DISTINCT key_group) FROM epoch", false },
		{ "SELECT max(epoch) FROM epoch WHERE key_group = 0", false },
	};
	int64_t since = t->now > HEAD_PENDING_S ? t->now - HEAD_PENDING_S : 0, value = 0;
	int status = 0;

	for (size_t i = 0; status == 0 && i < COUNT_OF(rows); i++) {
		bool dated = rows[i].sql[strlen(rows[i].sql) - 1] == '?';

		status = number(t, rows[i].sql, dated ? "i" : "", since, &value);
		if (rows[i].is_money)
			out_money(o, value);
		else
			out_number(o, value);
	}
	if (status == 0)
		status = number(t,
				"SELECT starts_at FROM epoch WHERE key_group = 0"
				" ORDER BY epoch DESC LIMIT 1",
				"", 0, &value);
	if (value == 0)
		out_text(o, "at once");
	else
		out_time(o, (uint32_t)value);
	return status;
}

/* What waits to be done, or to be sent. */
static int
collect_due(struct tool *t, struct out *o)
{
	int64_t day = t->now > DUE_S ? t->now - DUE_S : 0, value = 0;
	int64_t month = t->now > HEAD_PENDING_S ? t->now - HEAD_PENDING_S : 0;
	const struct {
		const char *sql, *types;
		int64_t argument;
	} rows[] = {
		{ "SELECT number FROM meta WHERE name = 'change'", "", 0 },
		{ "SELECT count(*) FROM card WHERE state = 0 AND emm_sequence > 0"
		  " AND changed_at > ?",
		  "i", day },
		/* Money that was paid in long ago, of which the card has told nothing since. */
		{ "SELECT count(*) FROM card WHERE state = 0 AND credit_total > spent"
		  " AND credit_at <= ? AND NOT EXISTS(SELECT 1 FROM account WHERE"
		  " account.shard = card.shard AND account.leaf = card.leaf"
		  " AND account.report_clock > card.credit_at)",
		  "i", month },
		{ "SELECT count(*) FROM epoch WHERE starts_at > ?", "i", t->now },
		{ "SELECT coalesce(min(starts_at), 0) FROM epoch WHERE starts_at > ?", "i",
		  t->now },
	};
	int status = 0;

	for (size_t i = 0; status == 0 && i < COUNT_OF(rows); i++) {
		status = number(t, rows[i].sql, rows[i].types, rows[i].argument, &value);
		if (i + 1 < COUNT_OF(rows))
			out_number(o, value);
	}
	if (value == 0)
		out_nothing(o);
	else
		out_time(o, (uint32_t)value);
	return status;
}

static int
put_database(const struct tool *t, struct out *o)
{
	char *name = malloc(TOOL_DATABASE), label[STORE_WHY];
	int status = name ? tool_database(t, name) : tool_fail(t, RC_NO_MEMORY, "database");

	if (status == 0) {
		store_label(name, label);
		out_text(o, label);
	}
	if (name)
		mem_wipe(name, TOOL_DATABASE);
	free(name);
	return status;
}

static int
run(struct tool *t)
{
	uint32_t signed_time = 0;
	struct out *o;
	enum rc rc;
	int status = tool_open(t);

	if (status != 0)
		return status;
	o = out_new(columns, COUNT_OF(columns), &t->head->op);
	out_number(o, t->head->op.id);
	out_text(o, t->head->op.name);
	out_number(o, t->head->op.ca_system_id);
	out_text(o, t->head->op.unit);
	status = collect(t, o);
	if (status == 0) {
		rc = head_signed_time(t->head, &signed_time);
		status = rc == RC_OK ? 0 : tool_fail(t, rc, "database");
	}
	if (status == 0) {
		out_time(o, signed_time);
		status = collect_due(t, o);
	}
	if (status == 0)
		status = put_database(t, o);
	if (status != 0) {
		out_free(&o);
		return status;
	}
	return out_object(&o, t->json);
}

int
cmd_status(int argc, char **argv)
{
	struct tool t = tool_new();
	const struct cli_option options[] = { TOOL_HOME_OPTION(t), TOOL_JSON_OPTION(t),
					      TOOL_NOW_OPTION(t) };
	int status = 0;

	if (cli_parse(argc, argv, "", options, COUNT_OF(options), 0, &status) < 0)
		return status;
	status = run(&t);
	tool_close(&t);
	return status;
}
