// SPDX-License-Identifier: GPL-3.0-or-later
/* voucher generate, list, redeem. The codes go into a file of mode 0600 and nowhere else. */
#include "tool.h"

#include "base/mem.h"
#include "headend/vouchers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct out_column made_columns[] = { { "batch", "BATCH" },
						  { "count", "VOUCHERS" },
						  { "amount_minor", "AMOUNT" },
						  { "valid_until", "VALID UNTIL" },
						  { "file", "FILE" } };
static const struct out_column list_columns[] = {
	{ "batch", "BATCH" },          { "made_at", "MADE" },
	{ "amount_minor", "AMOUNT" },  { "valid_until", "VALID UNTIL" },
	{ "count", "VOUCHERS" },       { "redeemed", "REDEEMED" },
	{ "open_minor", "STILL OPEN" }
};
static const struct out_column redeemed_columns[] = { { "card", "CARD" },
						      { "amount_minor", "AMOUNT" },
						      { "credit_minor", "PAID IN SO FAR" } };

struct generate {
	uint32_t count, valid_until;
	const char *amount, *path;
	uint64_t amount_minor;
};

static int
open_crypto(struct tool *t)
{
	t->keys.openssl = crypto_openssl_new();
	if (!t->keys.openssl)
		return cli_fail(RC_CRYPTO, "OpenSSL lacks an algorithm, or memory", "cryptography");
	t->keys.crypto = crypto_openssl_table(t->keys.openssl);
	return 0;
}

static enum rc
write_one(void *ctx, const char *text)
{
	return fprintf(ctx, "%s\n", text) > 0 ? RC_OK : RC_IO;
}

/* On paper before it is in the books: a code that nobody can read would be lost money. */
struct paper {
	FILE *f;
	enum rc rc;
	uint32_t left;
};

static enum rc
write_and_sync(void *ctx, const char *text)
{
	struct paper *p = ctx;
	enum rc rc = write_one(p->f, text);

	if (rc == RC_OK && --p->left == 0 && (fflush(p->f) != 0 || fsync(fileno(p->f)) != 0))
		rc = RC_IO;
	p->rc = rc;
	return rc;
}

static int
write_batch(struct tool *t, const struct generate *g, const struct voucher_batch *b, FILE *f)
{
	struct paper paper = { .f = f, .rc = RC_OK, .left = b->count };
	int64_t number = 0;
	struct out *o;
	enum rc rc = voucher_generate(t->head, t->keys.crypto, b, t->now, write_and_sync, &paper,
				      &number);

	if (paper.rc == RC_IO)
		return cli_fail(RC_IO, strerror(errno), "%s", g->path);
	if (rc != RC_OK)
		return tool_fail(t, rc, "vouchers");
	o = out_new(made_columns, COUNT_OF(made_columns), &t->head->op);
	out_number(o, number);
	out_number(o, b->count);
	out_money(o, (int64_t)b->amount_minor);
	out_time(o, b->valid_until);
	out_text(o, g->path);
	return out_object(&o, t->json);
}

static int
generate(struct tool *t, const struct generate *g)
{
	struct voucher_batch b = { .count = g->count, .valid_until = g->valid_until };
	int fd, status = tool_open(t);
	FILE *f;

	if (status == 0)
		status = tool_money(t, "amount", g->amount, g->amount_minor, &b.amount_minor);
	if (status == 0)
		status = open_crypto(t);
	if (status != 0)
		return status;
	fd = open(g->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f)
		return cli_fail(errno == EEXIST ? RC_CONFLICT : RC_IO, strerror(errno), "%s",
				g->path);
	status = write_batch(t, g, &b, f);
	if (fclose(f) != 0 && status == 0)
		status = cli_fail(RC_IO, strerror(errno), "%s", g->path);
	if (status != 0)
		(void)unlink(g->path);
	return status;
}

int
cmd_voucher_generate(int argc, char **argv)
{
	struct tool t = tool_new();
	struct generate g = { .amount_minor = UINT64_MAX, .valid_until = TIME2000_NO_END };
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_NOW_OPTION(t),
		TOOL_JSON_OPTION(t),
		{ .name = "count",
		  .kind = CLI_U32,
		  .value = &g.count,
		  .argument = "N",
		  .help = "how many",
		  .min = 1,
		  .max = VOUCHER_BATCH_MAX },
		{ .name = "amount",
		  .kind = CLI_TEXT,
		  .value = &g.amount,
		  .argument = "AMOUNT",
		  .help = "as 20.00" },
		{ .name = "amount-minor",
		  .kind = CLI_U64,
		  .value = &g.amount_minor,
		  .argument = "N",
		  .help = "the same in minor units, as 2000",
		  .max = UINT32_MAX },
		{ .name = "valid-until",
		  .kind = CLI_TIME,
		  .value = &g.valid_until,
		  .argument = "TIME",
		  .help = "until before (for ever)" },
		{ .name = "output",
		  .letter = 'o',
		  .kind = CLI_TEXT,
		  .value = &g.path,
		  .argument = "FILE",
		  .help = "a new file, one code a line" },
	};
	int status = 0;

	if (cli_parse(argc, argv, "--count N --amount AMOUNT -o FILE", options, COUNT_OF(options),
		      0, &status) < 0)
		return status;
	if (g.count == 0 || !g.path)
		return cli_fail(RC_USAGE, "give --count and -o", "voucher generate");
	status = generate(&t, &g);
	tool_close(&t);
	return status;
}

static int
list(struct tool *t)
{
	struct store_rows *rows;
	struct out *o;
	enum rc rc;
	int status = tool_open(t);

	if (status != 0)
		return status;
	rc = store_select(t->head->store, &rows,
			  "SELECT batch, min(made_at), min(value), min(valid_until), count(*),"
			  " count(redeemed_at), sum(CASE WHEN redeemed_at IS NULL THEN value ELSE 0"
			  " END) FROM voucher GROUP BY batch ORDER BY batch",
			  "");
	if (rc != RC_OK)
		return tool_fail(t, head_store(t->head, rc), "vouchers");
	o = out_new(list_columns, COUNT_OF(list_columns), &t->head->op);
	while (store_next(rows)) {
		out_number(o, store_int(rows, 0));
		out_time(o, (uint32_t)store_int(rows, 1));
		out_money(o, store_int(rows, 2));
		out_time(o, (uint32_t)store_int(rows, 3));
		out_number(o, store_int(rows, 4));
		out_number(o, store_int(rows, 5));
		out_money(o, store_int(rows, 6));
	}
	rc = head_store(t->head, store_done(&rows));
	if (rc != RC_OK) {
		out_free(&o);
		return tool_fail(t, rc, "vouchers");
	}
	return out_list(&o, t->json);
}

int
cmd_voucher_list(int argc, char **argv)
{
	struct tool t = tool_new();
	const struct cli_option options[] = { TOOL_HOME_OPTION(t), TOOL_JSON_OPTION(t) };
	int status = 0;

	if (cli_parse(argc, argv, "", options, COUNT_OF(options), 0, &status) < 0)
		return status;
	status = list(&t);
	tool_close(&t);
	return status;
}

/* "-": from standard input, so that it need not stand in argv. */
static int
read_code(const char *text, uint8_t digits[VOUCHER_DIGITS])
{
	char line[64] = "";
	enum rc rc;

	if (strcmp(text, "-") == 0) {
		if (!fgets(line, sizeof line, stdin))
			return cli_fail(RC_USAGE, "no code on standard input", "voucher");
		line[strcspn(line, "\r\n")] = '\0';
		text = line;
	}
	rc = code_from_text(text, digits, VOUCHER_DIGITS);
	mem_wipe(line, sizeof line);
	return rc == RC_OK ? 0 : cli_fail(RC_USAGE, "a voucher has twenty digits", "voucher");
}

static int
redeem(struct tool *t, const char *text, const char *card)
{
	uint8_t digits[VOUCHER_DIGITS];
	char number[CARD_NUMBER_SIZE];
	struct voucher_redeemed r = { 0 };
	uint32_t leaf = 0;
	struct out *o;
	enum rc rc;
	int status = tool_open(t);

	if (status == 0)
		status = tool_card(t, card, &leaf);
	if (status == 0)
		status = read_code(text, digits);
	if (status == 0)
		status = open_crypto(t);
	if (status != 0)
		return status;
	rc = voucher_redeem(t->head, t->keys.crypto, leaf, digits, t->now, &r);
	mem_wipe(digits, sizeof digits);
	if (rc != RC_OK)
		return tool_fail(t, rc, "voucher");
	card_number_format(t->head->op.id, leaf, number);
	o = out_new(redeemed_columns, COUNT_OF(redeemed_columns), &t->head->op);
	out_text(o, number);
	out_money(o, (int64_t)r.amount_minor);
	out_money(o, (int64_t)r.credit_total);
	return out_object(&o, t->json);
}

int
cmd_voucher_redeem(int argc, char **argv)
{
	struct tool t = tool_new();
	const char *card = NULL;
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_NOW_OPTION(t),
		TOOL_JSON_OPTION(t),
		{ .name = "card",
		  .kind = CLI_TEXT,
		  .value = &card,
		  .argument = "CARD",
		  .help = "whose purse it goes into" },
	};
	int status = 0,
	    n = cli_parse(argc, argv, "CODE|- --card CARD", options, COUNT_OF(options), 1, &status);

	if (n < 0)
		return status;
	if (n == 0 || !card)
		return cli_fail(RC_USAGE, "give code and --card", "voucher redeem");
	status = redeem(&t, argv[1], card);
	tool_close(&t);
	return status;
}
