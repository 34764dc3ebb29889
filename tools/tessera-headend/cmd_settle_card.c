// SPDX-License-Identifier: GPL-3.0-or-later
/* settle collect: the report of the card in a shop's reader, and its acknowledgement at once. */
#include "tool.h"

#include "card_spec/card_spec.h"
#include "headend/shop.h"

static const struct out_column columns[] = { { "card", "Card" },
					     { "records_new", "New records" },
					     { "records_known", "Known records" },
					     { "records_folded", "Folded records" },
					     { "amount_minor", "Amount" },
					     { "emm_parts", "EMM parts" },
					     { "record_head", "Newest record" },
					     { "record_acked", "Settled up to" } };

static int
tell(const struct tool *t, const struct shop_visit *v)
{
	char number[CARD_NUMBER_SIZE];
	struct out *o = out_new(columns, COUNT_OF(columns), &t->head->op);

	card_number_format(t->head->op.id, v->leaf, number);
	out_text(o, number);
	out_number(o, v->settlement.records_new);
	out_number(o, v->settlement.records_known);
	out_number(o, v->settlement.records_folded);
	out_money(o, (int64_t)v->settlement.amount_minor);
	out_number(o, v->emm_parts);
	out_number(o, v->record_head);
	out_number(o, v->record_acked);
	return out_object(&o, t->json);
}

static int
collect(struct tool *t, const char *spec)
{
	char why[STORE_WHY] = "";
	struct card_spec *card = NULL;
	struct apdu_link link;
	struct shop_visit visit;
	enum rc rc = card_spec_open(spec, &card, why);

	_Static_assert(STORE_WHY >= CARD_SPEC_WHY, "why is used twice");
	if (rc != RC_OK)
		return cli_fail(rc, why, "%s", spec);
	link = card_spec_link(card);
	rc = shop_collect(t->head, &t->keys, &link, t->now, &visit, why);
	card_spec_close(&card);
	return rc == RC_OK ? tell(t, &visit) : cli_fail(rc, why, "%s", spec);
}

int
cmd_settle_collect(int argc, char **argv)
{
	struct tool t = tool_new();
	const char *spec = NULL;
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_JSON_OPTION(t),
		TOOL_NOW_OPTION(t),
		TOOL_PASSPHRASE_FILE_OPTION(t),
		TOOL_PASSPHRASE_FD_OPTION(t),
		{ .name = "reader",
		  .kind = CLI_TEXT,
		  .value = &spec,
		  .argument = "SPEC",
		  .help = "where the card is: " CARD_SPEC_HELP },
		{ .name = "card",
		  .kind = CLI_TEXT,
		  .value = &spec,
		  .argument = "SPEC",
		  .help = "the same" },
	};
	int status = 0;

	if (cli_parse(argc, argv, "--reader SPEC", options, COUNT_OF(options), 0, &status) < 0)
		return status;
	if (!spec)
		return cli_fail(RC_USAGE, CARD_SPEC_HELP, "--reader is missing");
	status = tool_open(&t);
	if (status == 0)
		status = tool_open_keys(&t);
	if (status == 0)
		status = collect(&t, spec);
	tool_close(&t);
	return status;
}
