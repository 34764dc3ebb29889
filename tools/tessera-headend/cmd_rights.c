// SPDX-License-Identifier: GPL-3.0-or-later
/* grant, cancel: one transaction each, with its outbox row. */
#include "tool.h"

#include "wire/emm.h"

#include <stdio.h>

struct change {
	const char *card;
	uint16_t product;
	bool all, record;
	uint32_t start, end;
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
