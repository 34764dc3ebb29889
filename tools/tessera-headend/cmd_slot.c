// SPDX-License-Identifier: GPL-3.0-or-later
/* slot add, list, show, limits: the operator's tokens. */
#include "noun.h"

#include "headend/slots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct out_column columns[] = { { "id", "SLOT" },
					     { "unit", "UNIT" },
					     { "decimals", "DECIMALS" },
					     { "label", "LABEL" },
					     { "maximum_minor", "HOLDS AT MOST" },
					     { "credit_minor", "PAID IN" },
					     { "spent_minor", "SPENT" } };

static const struct out_column limits_columns[] = { { "slot", "SLOT" }, { "cards", "CARDS" } };

static enum rc
put(struct head *h, bool next, int64_t *id, struct out *o)
{
	uint64_t credit = 0, spent = 0;
	struct head_slot s;
	enum rc rc = next ? slot_next(h, *id, &s) : slot_get(h, (uint8_t)*id, &s);

	if (rc == RC_OK)
		rc = slot_totals(h, s.id, &credit, &spent);
	if (rc != RC_OK)
		return rc;
	out_number(o, s.id);
	out_text(o, s.unit);
	out_number(o, s.decimals);
	out_text(o, s.label);
	out_money_in(o, (int64_t)s.maximum, s.unit, s.decimals);
	out_money_in(o, (int64_t)credit, s.unit, s.decimals);
	out_money_in(o, (int64_t)spent, s.unit, s.decimals);
	*id = s.id;
	return RC_OK;
}

static const struct noun slots = { .name = "slot",
				   .plural = "slots",
				   .columns = columns,
				   .column_count = COUNT_OF(columns),
				   .max = SLOT_IDS_MAX,
				   .put = put };

struct options {
	uint16_t id, decimals;
	const char *unit, *label, *maximum, *overdraft, *threshold, *ceiling;
};

/* The text into a field, cut off where no slot could have it: slot_add says so. */
static int
take_text(const char *option, const char *text, char *field, size_t size)
{
	if (strlen(text) >= size)
		return cli_fail(RC_RANGE, "too long", "%s", option);
	memcpy(field, text, strlen(text) + 1);
	return 0;
}

static int
add(struct tool *t, const struct options *o)
{
	struct head_slot s = { .id = (uint8_t)o->id, .decimals = (uint8_t)o->decimals };
	enum rc rc;
	int status = tool_open(t);

	if (status == 0)
		status = take_text("--unit", o->unit, s.unit, sizeof s.unit);
	if (status == 0)
		status = take_text("--label", o->label, s.label, sizeof s.label);
	if (status == 0)
		status = tool_money_in("maximum", o->maximum, UINT64_MAX, s.decimals, &s.maximum);
	if (status != 0)
		return status;
	rc = slot_add(t->head, &s);
	return rc == RC_OK ? 0 : tool_fail(t, rc, "slot %u", o->id);
}

int
cmd_slot_add(int argc, char **argv)
{
	struct tool t = tool_new();
	struct options o = { .maximum = NULL };
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		{ "id", 0, CLI_U16, &o.id, "N", "number of the slot; 0 is the purse", 1,
		  SLOT_IDS_MAX },
		{ "unit", 0, CLI_TEXT, &o.unit, "UNIT", "three letters, as PTS", 0, 0 },
		{ "decimals", 0, CLI_U16, &o.decimals, "N", "behind the point (0)", 0, 4 },
		{ "label", 0, CLI_TEXT, &o.label, "TEXT", "what the viewer reads", 0, 0 },
		{ "maximum", 0, CLI_TEXT, &o.maximum, "AMOUNT", "that a card may hold", 0, 0 },
	};
	int status = 0;

	if (cli_parse(argc, argv, "--id N --unit UNIT --label TEXT --maximum AMOUNT", options,
		      COUNT_OF(options), 0, &status) < 0)
		return status;
	if (o.id == 0 || !o.unit || !o.label || !o.maximum)
		return cli_fail(RC_USAGE, "give --id, --unit, --label and --maximum", "slot");
	status = add(&t, &o);
	tool_close(&t);
	return status;
}

int
cmd_slot_list(int argc, char **argv)
{
	return noun_list(&slots, argc, argv);
}

int
cmd_slot_show(int argc, char **argv)
{
	return noun_show(&slots, argc, argv);
}

static int
take_limit(const char *name, const char *text, uint8_t decimals, uint32_t *limit)
{
	uint64_t value = 0;
	int status = text ? tool_money_in(name, text, UINT64_MAX, decimals, &value) : 0;

	if (status == 0 && value > UINT32_MAX)
		return cli_fail(RC_RANGE, "more than a card can keep", "--%s %s", name, text);
	*limit = (uint32_t)value;
	return status;
}

/* Cards by name into a list of leaves. */
static int
take_cards(struct tool *t, char **cards, size_t count, uint32_t *leaves)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < count; i++)
		status = tool_card(t, cards[i], &leaves[i]);
	return status;
}

static int
set_limits(struct tool *t, const struct options *o, char **cards, size_t count, uint32_t *leaves)
{
	const bool all = strcmp(cards[0], "all") == 0;
	struct slot_limits limits = { .ceiling = 0 };
	struct head_slot s;
	size_t changed = 0;
	struct out *out;
	enum rc rc = slot_get(t->head, (uint8_t)o->id, &s);
	int status = rc == RC_OK ? 0 : tool_fail(t, rc, "slot %u", o->id);

	if (status == 0)
		status = take_limit("overdraft", o->overdraft, s.decimals, &limits.overdraft);
	if (status == 0)
		status = take_limit("threshold", o->threshold, s.decimals, &limits.threshold);
	if (status == 0)
		status = take_limit("ceiling", o->ceiling, s.decimals, &limits.ceiling);
	if (status == 0 && !all)
		status = take_cards(t, cards, count, leaves);
	if (status != 0)
		return status;
	rc = card_slot_limits(t->head, s.id, &limits, all ? NULL : leaves, count, t->now, &changed);
	if (rc != RC_OK)
		return tool_fail(t, rc, "slot %u", o->id);
	out = out_new(limits_columns, COUNT_OF(limits_columns), &t->head->op);
	out_number(out, s.id);
	out_number(out, (int64_t)changed);
	return out_object(&out, t->json);
}

int
cmd_slot_limits(int argc, char **argv)
{
	struct tool t = tool_new();
	struct options o = { .id = 0 };
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_JSON_OPTION(t),
		TOOL_NOW_OPTION(t),
		{ "slot", 0, CLI_U16, &o.id, "N", "which", 1, SLOT_IDS_MAX },
		{ "overdraft", 0, CLI_TEXT, &o.overdraft, "AMOUNT",
		  "so far below 0 it may go (none)", 0, 0 },
		{ "threshold", 0, CLI_TEXT, &o.threshold, "AMOUNT",
		  "below it the viewer is warned, until he sets his own (never)", 0, 0 },
		{ "ceiling", 0, CLI_TEXT, &o.ceiling, "AMOUNT",
		  "the most that a pay-per-time session takes from it (no limit)", 0, 0 },
	};
	int status = 0, n = cli_parse(argc, argv, "CARD… | all  --slot N", options,
				      COUNT_OF(options), 256, &status);
	uint32_t *leaves;

	if (n < 0)
		return status;
	if (n == 0 || o.id == 0)
		return cli_fail(RC_USAGE, "give cards or all, and --slot", "slot limits");
	leaves = calloc((size_t)n, sizeof *leaves);
	if (!leaves)
		return cli_fail(RC_NO_MEMORY, rc_text(RC_NO_MEMORY), "slot limits");
	status = tool_open(&t);
	if (status == 0)
		status = set_limits(&t, &o, argv + 1, (size_t)n, leaves);
	free(leaves);
	tool_close(&t);
	return status;
}
