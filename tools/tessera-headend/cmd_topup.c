// SPDX-License-Identifier: GPL-3.0-or-later
/* topup: money for one card, or for a list of cards, all or nothing. topup-code: the same as digits
 * that are read out to the viewer. */
#include "tool.h"

#include "base/mem.h"
#include "headend/accounts.h"
#include "headend/slots.h"
#include "topup_list.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct out_column topup_columns[] = { { "card", "CARD" },
						   { "amount_minor", "PAID IN" },
						   { "credit_minor", "PAID IN SO FAR" },
						   { "reference", "REFERENCE" } };
static const struct out_column code_columns[] = { { "card", "CARD" },
						  { "amount_minor", "AMOUNT" },
						  { "counter", "NUMBER" },
						  { "code", "CODE" } };

struct topup {
	const char *card, *amount, *reference, *list;
	uint64_t amount_minor;
	uint16_t slot;
	bool dry_run;
};

static void
put_row(const struct tool *t, struct out *o, const struct topup_line *line, uint64_t total)
{
	char number[CARD_NUMBER_SIZE];

	card_number_format(t->head->op.id, line->leaf, number);
	out_text(o, number);
	out_money(o, (int64_t)line->amount_minor);
	out_money(o, (int64_t)total);
	if (line->reference[0] != '\0')
		out_text(o, line->reference);
	else
		out_nothing(o);
}

static int
topup_one(struct tool *t, const struct topup *c)
{
	struct topup_line line = { .line = 0 };
	uint64_t total = 0;
	struct out *o;
	enum rc rc;
	int status = tool_card(t, c->card, &line.leaf);

	if (status == 0)
		status = tool_money(t, "amount", c->amount, c->amount_minor, &line.amount_minor);
	if (status != 0)
		return status;
	rc = card_topup(t->head, line.leaf, line.amount_minor, c->reference, t->now, &total);
	if (rc != RC_OK)
		return tool_fail(t, rc, "card %s", c->card);
	if (c->reference)
		snprintf(line.reference, sizeof line.reference, "%s", c->reference);
	o = out_new(topup_columns, COUNT_OF(topup_columns), &t->head->op);
	put_row(t, o, &line, total);
	return out_object(&o, t->json);
}

/* Tokens: amounts have the decimals of their slot. */
static int
topup_slot(struct tool *t, const struct topup *c)
{
	char number[CARD_NUMBER_SIZE];
	uint64_t amount = 0, total = 0;
	uint32_t leaf = 0;
	struct head_slot s;
	struct out *o;
	enum rc rc;
	int status = tool_card(t, c->card, &leaf);

	if (status != 0)
		return status;
	rc = slot_get(t->head, (uint8_t)c->slot, &s);
	if (rc != RC_OK)
		return tool_fail(t, rc, "card %s", c->card);
	status = tool_money_in("amount", c->amount, c->amount_minor, s.decimals, &amount);
	if (status != 0)
		return status;
	rc = card_slot_topup(t->head, leaf, s.id, amount, c->reference, t->now, &total);
	if (rc != RC_OK)
		return tool_fail(t, rc, "card %s", c->card);
	card_number_format(t->head->op.id, leaf, number);
	o = out_new(topup_columns, COUNT_OF(topup_columns), &t->head->op);
	out_text(o, number);
	out_money_in(o, (int64_t)amount, s.unit, s.decimals);
	out_money_in(o, (int64_t)total, s.unit, s.decimals);
	if (c->reference)
		out_text(o, c->reference);
	else
		out_nothing(o);
	return out_object(&o, t->json);
}

/* All lines in one transaction, which a dry run undoes. */
static int
topup_lines(struct tool *t, const struct topup *c, const struct topup_list *list, struct out *o)
{
	int64_t change = 0;
	size_t i = 0;
	enum rc rc = head_begin(t->head, &change);

	if (rc != RC_OK)
		return tool_fail(t, rc, "%s", c->list);
	for (; rc == RC_OK && i < list->count; i++) {
		const struct topup_line *line = &list->lines[i];
		uint64_t total = 0;

		rc = card_topup_rows(t->head, line->leaf, line->amount_minor,
				     line->reference[0] != '\0' ? line->reference : NULL, t->now,
				     change, &total);
		if (rc == RC_OK)
			put_row(t, o, line, total);
	}
	if (rc == RC_OK && c->dry_run) {
		store_rollback(t->head->store);
		return 0;
	}
	rc = head_end(t->head, rc);
	if (rc != RC_OK && i > 0)
		return tool_fail(t, rc, "%s: line %u", c->list, list->lines[i - 1].line);
	return rc == RC_OK ? 0 : tool_fail(t, rc, "%s", c->list);
}

static int
topup_file(struct tool *t, const struct topup *c)
{
	struct topup_list list = { .count = 0 };
	char why[TOPUP_LIST_WHY];
	FILE *f = strcmp(c->list, "-") == 0 ? stdin : fopen(c->list, "re");
	struct out *o;
	enum rc rc;
	int status;

	if (!f)
		return cli_fail(errno == ENOENT ? RC_NOT_FOUND : RC_IO, strerror(errno), "%s",
				c->list);
	rc = topup_list_read(f, &t->head->op, &list, why);
	if (f != stdin)
		(void)fclose(f);
	if (rc != RC_OK)
		return cli_fail(rc, why, "%s", c->list);
	o = out_new(topup_columns, COUNT_OF(topup_columns), &t->head->op);
	status = topup_lines(t, c, &list, o);
	topup_list_free(&list);
	if (status != 0) {
		out_free(&o);
		return status;
	}
	return out_list(&o, t->json);
}

int
cmd_topup(int argc, char **argv)
{
	struct tool t = tool_new();
	struct topup c = { .amount_minor = UINT64_MAX };
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
		{ .name = "slot",
		  .kind = CLI_U16,
		  .value = &c.slot,
		  .argument = "N",
		  .help = "tokens instead of money (0, the purse)",
		  .max = SLOT_IDS_MAX },
		{ .name = "list",
		  .kind = CLI_TEXT,
		  .value = &c.list,
		  .argument = "FILE",
		  .help = "lines CARD,AMOUNT[,REFERENCE] instead; all or none" },
		{ .name = "dry-run",
		  .kind = CLI_FLAG,
		  .value = &c.dry_run,
		  .help = "check the list, keep nothing" },
	};
	int status = 0, n = cli_parse(argc, argv, "CARD --amount AMOUNT | --list FILE", options,
				      COUNT_OF(options), 1, &status);

	if (n < 0)
		return status;
	if ((n == 0) == !c.list)
		return cli_fail(RC_USAGE, "give the card or --list", "topup");
	if (c.list ? c.amount || c.reference || c.slot || c.amount_minor != UINT64_MAX : c.dry_run)
		return cli_fail(RC_USAGE,
				"amount, slot and reference are for one card, --dry-run for a list",
				"topup");
	c.card = argv[1];
	status = tool_open(&t);
	if (status == 0)
		status = c.list   ? topup_file(&t, &c)
			 : c.slot ? topup_slot(&t, &c)
				  : topup_one(&t, &c);
	tool_close(&t);
	return status;
}

static int
issue_code(struct tool *t, const struct topup *c)
{
	uint8_t digits[TOPUP_CODE_DIGITS];
	char text[TOPUP_CODE_DIGITS + TOPUP_CODE_DIGITS / 4 + 1], number[CARD_NUMBER_SIZE];
	uint32_t leaf = 0, counter = 0;
	uint64_t amount = 0;
	struct out *o;
	enum rc rc;
	int status = tool_open(t);

	if (status == 0)
		status = tool_card(t, c->card, &leaf);
	if (status == 0)
		status = tool_money(t, "amount", c->amount, c->amount_minor, &amount);
	if (status == 0)
		status = tool_open_keys(t);
	if (status != 0)
		return status;
	rc = topup_code_issue(t->head, &t->keys, leaf,
			      amount > UINT32_MAX ? UINT32_MAX : (uint32_t)amount, c->reference,
			      t->now, digits, &counter);
	if (rc != RC_OK)
		return tool_fail(t, rc, "card %s", c->card);
	card_number_format(t->head->op.id, leaf, number);
	code_to_text(digits, sizeof digits, text);
	o = out_new(code_columns, COUNT_OF(code_columns), &t->head->op);
	out_text(o, number);
	out_money(o, (int64_t)amount);
	out_number(o, counter);
	out_text(o, text);
	mem_wipe(digits, sizeof digits);
	return out_object(&o, t->json);
}

int
cmd_topup_code(int argc, char **argv)
{
	struct tool t = tool_new();
	struct topup c = { .amount_minor = UINT64_MAX };
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_NOW_OPTION(t),
		TOOL_JSON_OPTION(t),
		TOOL_PASSPHRASE_FILE_OPTION(t),
		TOOL_PASSPHRASE_FD_OPTION(t),
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
		  .help = "of the payment; gives a card only one code" },
	};
	int status = 0,
	    n = cli_parse(argc, argv, "CARD AMOUNT", options, COUNT_OF(options), 2, &status);

	if (n < 0)
		return status;
	if (n == 0)
		return cli_fail(RC_USAGE, "give card and amount", "topup-code");
	if (n == 2 && c.amount)
		return cli_fail(RC_USAGE, "give the amount once", "topup-code");
	c.card = argv[1];
	if (n == 2)
		c.amount = argv[2];
	status = issue_code(&t, &c);
	tool_close(&t);
	return status;
}
