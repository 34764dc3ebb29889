// SPDX-License-Identifier: GPL-3.0-or-later
/* What a card proved: payout takes the proof that its balance was given back, confirm the digits
 * that prove a cancellation. */
#include "tool.h"

#include "headend/accounts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct out_column payout_columns[] = { { "card", "CARD" },
						    { "record", "RECORD" },
						    { "amount_minor", "PAY OUT" } };
static const struct out_column confirmed_columns[] = { { "card", "CARD" },
						       { "product", "PRODUCT" },
						       { "start", "FROM" },
						       { "end", "UNTIL" },
						       { "counter", "CANCELLATION" } };

static int
read_proof(const char *path, struct payout_proof *proof)
{
	uint8_t bytes[PAYOUT_PROOF_SIZE + 1];
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	size_t len;
	enum rc rc;

	if (!f)
		return cli_fail(errno == ENOENT ? RC_NOT_FOUND : RC_IO, strerror(errno), "%s",
				path);
	len = fread(bytes, 1, sizeof bytes, f);
	rc = ferror(f) ? RC_IO : payout_proof_decode(bytes, len, proof);
	if (f != stdin)
		(void)fclose(f);
	return rc == RC_OK ? 0 : cli_fail(rc, NULL, "%s", path);
}

static int
pay_out(struct tool *t, const char *path)
{
	struct payout_proof proof = { .leaf = 0 };
	char number[CARD_NUMBER_SIZE];
	struct out *o;
	enum rc rc;
	int status = tool_open(t);

	if (status == 0)
		status = read_proof(path, &proof);
	if (status == 0)
		status = tool_open_keys(t);
	if (status != 0)
		return status;
	rc = payout_enter(t->head, &t->keys, &proof, t->now);
	if (rc != RC_OK)
		return tool_fail(t, rc, "%s", path);
	card_number_format(t->head->op.id, proof.leaf, number);
	o = out_new(payout_columns, COUNT_OF(payout_columns), &t->head->op);
	out_text(o, number);
	out_number(o, proof.record.sequence);
	out_money(o, (int64_t)proof.record.price);
	return out_object(&o, t->json);
}

int
cmd_payout(int argc, char **argv)
{
	struct tool t = tool_new();
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),          TOOL_NOW_OPTION(t),
		TOOL_JSON_OPTION(t),          TOOL_PASSPHRASE_FILE_OPTION(t),
		TOOL_PASSPHRASE_FD_OPTION(t),
	};
	int status = 0, n = cli_parse(argc, argv, "FILE", options, COUNT_OF(options), 1, &status);

	if (n < 0)
		return status;
	if (n == 0)
		return cli_fail(RC_USAGE, "give the card's proof", "payout");
	status = pay_out(&t, argv[1]);
	tool_close(&t);
	return status;
}

static int
confirm(struct tool *t, const char *card, const char *text)
{
	uint8_t digits[CONFIRMATION_DIGITS];
	struct head_confirmed c = { .product = 0 };
	char number[CARD_NUMBER_SIZE];
	uint32_t leaf = 0;
	struct out *o;
	enum rc rc;
	int status = tool_open(t);

	if (status == 0)
		status = tool_card(t, card, &leaf);
	if (status == 0 && code_from_text(text, digits, sizeof digits) != RC_OK)
		status = cli_fail(RC_USAGE, "a proof has twelve digits", "%s", text);
	if (status == 0)
		status = tool_open_keys(t);
	if (status != 0)
		return status;
	rc = confirmation_enter(t->head, &t->keys, leaf, digits, t->now, &c);
	if (rc != RC_OK)
		return tool_fail(t, rc, "card %s", card);
	card_number_format(t->head->op.id, leaf, number);
	o = out_new(confirmed_columns, COUNT_OF(confirmed_columns), &t->head->op);
	out_text(o, number);
	out_number(o, c.product);
	out_time(o, c.start);
	out_time(o, c.end);
	out_number(o, c.counter);
	return out_object(&o, t->json);
}

int
cmd_confirm(int argc, char **argv)
{
	struct tool t = tool_new();
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),          TOOL_NOW_OPTION(t),
		TOOL_JSON_OPTION(t),          TOOL_PASSPHRASE_FILE_OPTION(t),
		TOOL_PASSPHRASE_FD_OPTION(t),
	};
	int status = 0,
	    n = cli_parse(argc, argv, "CARD CODE", options, COUNT_OF(options), 2, &status);

	if (n < 0)
		return status;
	if (n != 2)
		return cli_fail(RC_USAGE, "give card and code", "confirm");
	status = confirm(&t, argv[1], argv[2]);
	tool_close(&t);
	return status;
}
