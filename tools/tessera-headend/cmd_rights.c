// SPDX-License-Identifier: GPL-3.0-or-later
/* grant, cancel, topup: one transaction each, with its outbox row. */
#include "tool.h"

#include "wire/emm.h"

#include <stdio.h>

static const struct out_column topup_columns[] = { { "card", "CARD" },
						   { "amount_minor", "PAID IN" },
						   { "credit_minor", "PAID IN SO FAR" },
						   { "reference", "REFERENCE" } };

struct change {
	const char *card;
	uint16_t product;
	bool all, record;
	uint32_t start, end;
	const char *amount, *reference;
	uint64_t amount_minor;
};

static int
run(struct tool *t, struct change *c, const char *card,
    int (*what)(struct tool *, const struct change *, uint32_t))
{
	uint32_t leaf = 0;
	int status = tool_open(t);

	c->card = card;
	if (status == 0)
		status = tool_card(t, card, &leaf);
	if (status == 0)
		status = what(t, c, leaf);
	tool_close(t);
	return status;
}

static int
grant(struct tool *t, const struct change *c, uint32_t leaf)
{
	struct head_entitlement e = { .product = c->product,
				      .start = c->start ? c->start : t->now,
				      .end = c->end ? c->end : TIME2000_NO_END,
				      .flags = c->record ? ENTITLEMENT_MAY_RECORD : 0 };
	enum rc rc = card_grant(t->head, leaf, &e, t->now);

	return rc == RC_OK ? 0 : tool_fail(t, rc, "card %s", c->card);
}

static int
cancel(struct tool *t, const struct change *c, uint32_t leaf)
{
	enum rc rc = card_cancel(t->head, leaf, c->all ? PRODUCT_ALL : c->product, t->now);

	return rc == RC_OK ? 0 : tool_fail(t, rc, "card %s", c->card);
}

static int
topup(struct tool *t, const struct change *c, uint32_t leaf)
{
	char number[CARD_NUMBER_SIZE];
	uint64_t amount = 0, total = 0;
	struct out *o;
	enum rc rc;
	int status = tool_money(t, "amount", c->amount, c->amount_minor, &amount);

	if (status != 0)
		return status;
	rc = card_topup(t->head, leaf, amount, c->reference, t->now, &total);
	if (rc != RC_OK)
		return tool_fail(t, rc, "card %s", c->card);
	card_number_format(t->head->op.id, leaf, number);
	o = out_new(topup_columns, COUNT_OF(topup_columns), &t->head->op);
	out_text(o, number);
	out_money(o, (int64_t)amount);
	out_money(o, (int64_t)total);
	if (c->reference)
		out_text(o, c->reference);
	else
		out_nothing(o);
	return out_object(&o, t->json);
}

int
cmd_grant(int argc, char **argv)
{
	struct tool t = tool_new();
	struct change c = { .card = NULL };
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_NOW_OPTION(t),
		{ .name = "product",
		  .kind = CLI_U16,
		  .value = &c.product,
		  .argument = "N",
		  .help = "what it may watch",
		  .min = 1,
		  .max = 65534 },
		{ .name = "start",
		  .kind = CLI_TIME,
		  .value = &c.start,
		  .argument = "TIME",
		  .help = "from (now)" },
		{ .name = "end",
		  .kind = CLI_TIME,
		  .value = &c.end,
		  .argument = "TIME",
		  .help = "until (never)" },
		{ .name = "record", .kind = CLI_FLAG, .value = &c.record, .help = "and record" },
	};
	int status = 0,
	    n = cli_parse(argc, argv, "CARD --product N", options, COUNT_OF(options), 1, &status);

	if (n < 0)
		return status;
	if (n == 0 || c.product == 0)
		return cli_fail(RC_USAGE, "give card and --product", "grant");
	return run(&t, &c, argv[1], grant);
}

int
cmd_cancel(int argc, char **argv)
{
	struct tool t = tool_new();
	struct change c = { .card = NULL };
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_NOW_OPTION(t),
		{ .name = "product",
		  .kind = CLI_U16,
		  .value = &c.product,
		  .argument = "N",
		  .help = "what it may no longer watch",
		  .min = 1,
		  .max = 65534 },
		{ .name = "all", .kind = CLI_FLAG, .value = &c.all, .help = "all its products" },
	};
	int status = 0, n = cli_parse(argc, argv, "CARD --product N | --all", options,
				      COUNT_OF(options), 1, &status);

	if (n < 0)
		return status;
	if (n == 0 || (c.product == 0) == !c.all)
		return cli_fail(RC_USAGE, "give card and --product or --all", "cancel");
	return run(&t, &c, argv[1], cancel);
}

int
cmd_topup(int argc, char **argv)
{
	struct tool t = tool_new();
	struct change c = { .amount_minor = UINT64_MAX };
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_NOW_OPTION(t),
		TOOL_JSON_OPTION(t),
		{ .name = "amount",
		  .kind = CLI_TEXT,
		  .value = &c.amount,
		  .argument = "AMOUNT",
		  .help = "as 20.00" },
		{ .name = "amount-minor",
		  .kind = CLI_U64,
		  .value = &c.amount_minor,
		  .argument = "N",
		  .help = "the same in minor units, as 2000",
		  .max = UINT32_MAX },
		{ .name = "reference",
		  .kind = CLI_TEXT,
		  .value = &c.reference,
		  .argument = "TEXT",
		  .help = "of the payment; pays a card in only once" },
	};
	int status = 0, n = cli_parse(argc, argv, "CARD --amount AMOUNT", options,
				      COUNT_OF(options), 1, &status);

	if (n < 0)
		return status;
	if (n == 0)
		return cli_fail(RC_USAGE, "give the card", "topup");
	return run(&t, &c, argv[1], topup);
}
