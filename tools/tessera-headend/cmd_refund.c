// SPDX-License-Identifier: GPL-3.0-or-later
/* refund: a settled record is paid back. policy: when cards ask for collection. */
#include "tool.h"

#include "headend/accounts.h"
#include "headend/policy.h"

#include <stdio.h>

static const struct out_column refund_columns[] = { { "card", "CARD" },
						    { "record", "RECORD" },
						    { "slot", "SLOT" },
						    { "amount_minor", "PAID BACK" } };
static const struct out_column policy_columns[] = { { "set", "SET" },
						    { "count", "RECORDS" },
						    { "age_s", "SECONDS" },
						    { "amount_minor", "AMOUNT" } };

static int
refund(struct tool *t, const char *card, uint32_t record, const char *reference)
{
	struct head_refund r = { .record = 0 };
	char number[CARD_NUMBER_SIZE];
	uint32_t leaf = 0;
	struct out *o;
	enum rc rc;
	int status = tool_open(t);

	if (status == 0)
		status = tool_card(t, card, &leaf);
	if (status != 0)
		return status;
	rc = refund_make(t->head, leaf, record, reference, t->now, &r);
	if (rc != RC_OK)
		return tool_fail(t, rc, "card %s", card);
	card_number_format(t->head->op.id, leaf, number);
	o = out_new(refund_columns, COUNT_OF(refund_columns), &t->head->op);
	out_text(o, number);
	out_number(o, r.record);
	out_number(o, r.slot);
	out_money(o, (int64_t)r.amount);
	return out_object(&o, t->json);
}

int
cmd_refund(int argc, char **argv)
{
	struct tool t = tool_new();
	const char *reference = NULL;
	uint32_t record = 0;
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_NOW_OPTION(t),
		TOOL_JSON_OPTION(t),
		{ .name = "record",
		  .kind = CLI_U32,
		  .value = &record,
		  .argument = "N",
		  .help = "of the card, settled",
		  .min = 1,
		  .max = UINT32_MAX },
		{ .name = "reference",
		  .kind = CLI_TEXT,
		  .value = &reference,
		  .argument = "TEXT",
		  .help = "kept with it" },
	};
	int status = 0,
	    n = cli_parse(argc, argv, "CARD --record N", options, COUNT_OF(options), 1, &status);

	if (n < 0)
		return status;
	if (n == 0 || record == 0)
		return cli_fail(RC_USAGE, "give card and --record", "refund");
	status = refund(&t, argv[1], record, reference);
	tool_close(&t);
	return status;
}

static int
show_policy(struct tool *t)
{
	struct head_policy p = { .is_set = false };
	enum rc rc = policy_get(t->head, &p);
	struct out *o;

	if (rc != RC_OK)
		return tool_fail(t, rc, "policy");
	o = out_new(policy_columns, COUNT_OF(policy_columns), &t->head->op);
	out_bool(o, p.is_set);
	out_number(o, p.count);
	out_number(o, p.age_s);
	out_money(o, (int64_t)p.amount_minor);
	return out_object(&o, t->json);
}

int
cmd_policy_show(int argc, char **argv)
{
	struct tool t = tool_new();
	const struct cli_option options[] = { TOOL_HOME_OPTION(t), TOOL_JSON_OPTION(t) };
	int status = 0;

	if (cli_parse(argc, argv, "", options, COUNT_OF(options), 0, &status) < 0)
		return status;
	status = tool_open(&t);
	if (status == 0)
		status = show_policy(&t);
	tool_close(&t);
	return status;
}

static int
set_policy(struct tool *t, struct head_policy *p, const char *amount, uint64_t amount_minor)
{
	uint64_t minor = 0;
	enum rc rc;
	int status = tool_open(t);

	if (status == 0 && (amount || amount_minor != UINT64_MAX))
		status = tool_money(t, "amount", amount, amount_minor, &minor);
	if (status == 0 && minor > UINT32_MAX)
		status = cli_fail(RC_RANGE, "too much", "--amount");
	if (status != 0)
		return status;
	p->amount_minor = (uint32_t)minor;
	rc = policy_set(t->head, p);
	return rc == RC_OK ? show_policy(t) : tool_fail(t, rc, "policy");
}

int
cmd_policy_set(int argc, char **argv)
{
	struct tool t = tool_new();
	struct head_policy p = { .is_set = true };
	const char *amount = NULL;
	uint64_t amount_minor = UINT64_MAX;
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_JSON_OPTION(t),
		{ .name = "count",
		  .kind = CLI_U16,
		  .value = &p.count,
		  .argument = "N",
		  .help = "records that may wait (no limit)" },
		{ .name = "age-s",
		  .kind = CLI_U32,
		  .value = &p.age_s,
		  .argument = "SECONDS",
		  .help = "how old one may be (no limit)" },
		{ .name = "amount",
		  .kind = CLI_TEXT,
		  .value = &amount,
		  .argument = "AMOUNT",
		  .help = "what they may come to (no limit)" },
		{ .name = "amount-minor",
		  .kind = CLI_U64,
		  .value = &amount_minor,
		  .argument = "N",
		  .help = "the same in minor units",
		  .max = UINT32_MAX },
	};
	int status = 0;

	if (cli_parse(argc, argv, "[--count N] [--age-s S] [--amount AMOUNT]", options,
		      COUNT_OF(options), 0, &status) < 0)
		return status;
	status = set_policy(&t, &p, amount, amount_minor);
	tool_close(&t);
	return status;
}
