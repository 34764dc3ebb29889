// SPDX-License-Identifier: GPL-3.0-or-later
/* card list, show, revoke. */
#include "noun.h"

#include "wire/ca_apdu.h"
#include "wire/emm.h"

#include <stdio.h>

static const struct out_column columns[] = { { "card", "CARD" },
					     { "leaf", "LEAF" },
					     { "state", "STATE" },
					     { "profile", "PROFILE" },
					     { "issued", "ISSUED" },
					     { "credit_minor", "PAID IN" },
					     { "spent_minor", "SPENT" },
					     { "records", "RECORDS" },
					     { "emm_sequence", "SEQUENCE" },
					     { "changed", "CHANGED" },
					     { "alarms", "ALARMS" },
					     { "revoked", "REVOKED" },
					     { "reason", "REASON" },
					     { "ca_key_version", "CA KEYS" },
					     { "purse_key_version", "PURSE KEYS" } };

static const struct out_column right_columns[] = {
	{ "product", "PRODUCT" },   { "start", "START" },         { "end", "END" },
	{ "may_record", "RECORD" }, { "cancelled", "CANCELLED" }, { "changed", "CHANGED" }
};

/* Of a domain's own key set. */
static void
put_key_version(struct out *o, uint8_t version)
{
	if (version != 0)
		out_number(o, version);
	else
		out_nothing(o);
}

static void
put_row(struct out *o, const struct head *head, const struct head_card *c)
{
	char number[CARD_NUMBER_SIZE];

	card_number_format(head->op.id, c->leaf, number);
	out_text(o, number);
	out_number(o, c->leaf);
	out_text(o, c->state == CARD_REVOKED ? "revoked" : "active");
	out_text(o, c->profile == PROFILE_LABORATORY ? "laboratory" : "paired");
	out_time(o, c->issued_at);
	out_money(o, (int64_t)c->credit_total);
	out_money(o, (int64_t)c->spent);
	out_number(o, c->record_head);
	out_number(o, c->emm_sequence);
	if (c->changed_at != 0)
		out_time(o, c->changed_at);
	else
		out_nothing(o);
	out_number(o, c->alarms);
	if (c->revoked_at != 0) {
		out_time(o, c->revoked_at);
		out_text(o, c->reason);
	} else {
		out_nothing(o);
		out_nothing(o);
	}
	put_key_version(o, c->ca_keys);
	put_key_version(o, c->purse_keys);
}

static enum rc
put(struct head *h, bool next, int64_t *leaf, struct out *o)
{
	struct head_card c;
	enum rc rc = next ? card_next(h, *leaf, &c) : card_get(h, (uint32_t)*leaf, &c);

	if (rc != RC_OK)
		return rc;
	put_row(o, h, &c);
	*leaf = c.leaf;
	return RC_OK;
}

int
cmd_card_list(int argc, char **argv)
{
	static const struct noun cards = { .name = "card",
					   .plural = "cards",
					   .columns = columns,
					   .column_count = COUNT_OF(columns),
					   .before_first = -1,
					   .put = put };

	return noun_list(&cards, argc, argv);
}

static int
show_rights(struct tool *t, uint32_t leaf)
{
	struct out *o = out_new(right_columns, COUNT_OF(right_columns), &t->head->op);
	struct head_entitlement e = { .product = 0 };
	enum rc rc;
	int status;

	while ((rc = card_entitlement_next(t->head, leaf, e.product, &e)) == RC_OK) {
		out_number(o, e.product);
		out_time(o, e.start);
		out_time(o, e.end);
		out_bool(o, (e.flags & ENTITLEMENT_MAY_RECORD) != 0);
		out_bool(o, e.cancelled);
		out_time(o, e.changed_at);
	}
	status = out_list(&o, t->json);
	return rc == RC_NOT_FOUND ? status : tool_fail(t, rc, "entitlements of card %u", leaf);
}

static int
show(struct tool *t, const char *text, bool rights)
{
	struct head_card c;
	struct out *o;
	uint32_t leaf = 0;
	enum rc rc;
	int status = tool_open(t);

	if (status == 0)
		status = tool_card(t, text, &leaf);
	if (status != 0)
		return status;
	rc = card_get(t->head, leaf, &c);
	if (rc != RC_OK)
		return tool_fail(t, rc, "card %s", text);
	if (rights)
		return show_rights(t, leaf);
	o = out_new(columns, COUNT_OF(columns), &t->head->op);
	put_row(o, t->head, &c);
	status = out_object(&o, t->json);
	if (status == 0 && !t->json) {
		putchar('\n');
		status = show_rights(t, leaf);
	}
	return status;
}

int
cmd_card_show(int argc, char **argv)
{
	struct tool t = tool_new();
	bool rights = false;
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_JSON_OPTION(t),
		{ .name = "entitlements",
		  .kind = CLI_FLAG,
		  .value = &rights,
		  .help = "its entitlements only" },
	};
	int status = 0, n = cli_parse(argc, argv, "CARD", options, COUNT_OF(options), 1, &status);

	if (n < 0)
		return status;
	if (n == 0)
		return cli_fail(RC_USAGE, "give its number", "card");
	status = show(&t, argv[1], rights);
	tool_close(&t);
	return status;
}

static int
revoke(struct tool *t, const char *text, const char *reason)
{
	uint32_t leaf = 0;
	enum rc rc;
	int status = tool_open(t);

	if (status == 0)
		status = tool_card(t, text, &leaf);
	if (status != 0)
		return status;
	rc = card_revoke(t->head, leaf, reason, t->now);
	return rc == RC_OK ? 0 : tool_fail(t, rc, "card %s", text);
}

int
cmd_card_revoke(int argc, char **argv)
{
	struct tool t = tool_new();
	const char *reason = NULL;
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_NOW_OPTION(t),
		{ .name = "reason",
		  .kind = CLI_TEXT,
		  .value = &reason,
		  .argument = "TEXT",
		  .help = "kept with the card" },
	};
	int status = 0, n = cli_parse(argc, argv, "CARD", options, COUNT_OF(options), 1, &status);

	if (n < 0)
		return status;
	if (n == 0)
		return cli_fail(RC_USAGE, "give its number", "card");
	status = revoke(&t, argv[1], reason);
	tool_close(&t);
	return status;
}
