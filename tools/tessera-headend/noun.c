// SPDX-License-Identifier: GPL-3.0-or-later
/* list, show and remove of a noun. */
#include "noun.h"

static int
list(const struct noun *noun, struct tool *t)
{
	int64_t id = noun->before_first;
	struct out *o;
	enum rc rc;
	int status = tool_open(t);

	if (status != 0)
		return status;
	o = out_new(noun->columns, noun->column_count, &t->head->op);
	do {
		rc = noun->put(t->head, true, &id, o);
	} while (rc == RC_OK);
	status = out_list(&o, t->json);
	return rc == RC_NOT_FOUND ? status : tool_fail(t, rc, "%s", noun->plural);
}

int
noun_list(const struct noun *noun, int argc, char **argv)
{
	struct tool t = tool_new();
	const struct cli_option options[] = { TOOL_HOME_OPTION(t), TOOL_JSON_OPTION(t) };
	int status = 0;

	if (cli_parse(argc, argv, "", options, COUNT_OF(options), 0, &status) < 0)
		return status;
	status = list(noun, &t);
	tool_close(&t);
	return status;
}

static int
show(const struct noun *noun, struct tool *t, int64_t id, const char *text)
{
	struct out *o = out_new(noun->columns, noun->column_count, &t->head->op);
	enum rc rc = noun->put(t->head, false, &id, o);

	if (rc == RC_OK)
		return out_object(&o, t->json);
	out_free(&o);
	return tool_fail(t, rc, "%s %s", noun->name, text);
}

static int
show_or_remove(const struct noun *noun, struct tool *t, const char *text, bool remove)
{
	uint64_t id = 0;
	enum rc rc;
	int status = tool_number(noun->name, text, 0, noun->max, &id);

	if (status == 0)
		status = tool_open(t);
	if (status != 0)
		return status;
	if (!remove)
		return show(noun, t, (int64_t)id, text);
	rc = noun->remove(t->head, (int64_t)id);
	return rc == RC_OK ? 0 : tool_fail(t, rc, "%s %s", noun->name, text);
}

static int
parse_and_run(const struct noun *noun, int argc, char **argv, bool remove)
{
	struct tool t = tool_new();
	const struct cli_option options[] = { TOOL_HOME_OPTION(t), TOOL_JSON_OPTION(t) };
	int status = 0, n = cli_parse(argc, argv, "ID", options, COUNT_OF(options), 1, &status);

	if (n < 0)
		return status;
	if (n == 0)
		return cli_fail(RC_USAGE, "give its number", "%s", noun->name);
	status = show_or_remove(noun, &t, argv[1], remove);
	tool_close(&t);
	return status;
}

int
noun_show(const struct noun *noun, int argc, char **argv)
{
	return parse_and_run(noun, argc, argv, false);
}

int
noun_remove(const struct noun *noun, int argc, char **argv)
{
	return parse_and_run(noun, argc, argv, true);
}
