// SPDX-License-Identifier: GPL-3.0-or-later
/* product add, list, show, remove. */
#include "tool.h"

#include "headend/catalogue.h"

#include <stdio.h>
#include <string.h>

static const struct out_column columns[] = { { "id", "PRODUCT" },
					     { "name", "NAME" },
					     { "services", "SERVICES" } };

static void
put_row(struct out *o, const struct head_product *p)
{
	out_number(o, p->id);
	out_text(o, p->name);
	out_numbers(o, p->services, p->service_count);
}

static int
add(struct tool *t, uint16_t id, const char *name, const struct cli_list *services)
{
	struct head_product p = { .id = id };
	enum rc rc;
	int status = tool_open(t);

	if (status == 0 && strlen(name) >= sizeof p.name)
		status = cli_fail(RC_RANGE, "at most 63 bytes", "--name");
	for (size_t i = 0; status == 0 && i < services->count; i++) {
		uint64_t service;

		status = tool_number("--service", services->items[i], 1, UINT16_MAX, &service);
		if (status == 0)
			p.services[p.service_count++] = (uint16_t)service;
	}
	if (status != 0)
		return status;
	snprintf(p.name, sizeof p.name, "%s", name);
	rc = product_add(t->head, &p);
	return rc == RC_OK ? 0 : tool_fail(t, rc, "product %u", id);
}

int
cmd_product_add(int argc, char **argv)
{
	struct tool t = tool_new();
	struct cli_list services = { .count = 0 };
	const char *name = NULL;
	uint16_t id = 0;
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		{ .name = "id",
		  .kind = CLI_U16,
		  .value = &id,
		  .argument = "N",
		  .help = "number of the product",
		  .min = 1,
		  .max = 65534 },
		{ .name = "name",
		  .kind = CLI_TEXT,
		  .value = &name,
		  .argument = "TEXT",
		  .help = "what it is called" },
		{ .name = "service",
		  .kind = CLI_REPEATED,
		  .value = &services,
		  .argument = "ID",
		  .help = "a service that it opens; may be given several times" },
	};
	int status = 0;

	if (cli_parse(argc, argv, "--id N --name TEXT", options, COUNT_OF(options), 0, &status) < 0)
		return status;
	if (id == 0 || !name)
		return cli_fail(RC_USAGE, "give --id and --name", "product");
	status = add(&t, id, name, &services);
	tool_close(&t);
	return status;
}

static int
list(struct tool *t)
{
	struct out *o;
	struct head_product p = { .id = 0 };
	enum rc rc;
	int status = tool_open(t);

	if (status != 0)
		return status;
	o = out_new(columns, COUNT_OF(columns), &t->head->op);
	while ((rc = product_next(t->head, p.id, &p)) == RC_OK)
		put_row(o, &p);
	status = out_list(&o, t->json);
	return rc == RC_NOT_FOUND ? status : tool_fail(t, rc, "products");
}

int
cmd_product_list(int argc, char **argv)
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

static int
show(struct tool *t, const char *text, bool remove)
{
	struct head_product p;
	struct out *o;
	uint64_t id = 0;
	enum rc rc;
	int status = tool_number("product", text, 0, UINT16_MAX, &id);

	if (status == 0)
		status = tool_open(t);
	if (status != 0)
		return status;
	rc = remove ? product_remove(t->head, (uint16_t)id)
		    : product_get(t->head, (uint16_t)id, &p);
	if (rc != RC_OK)
		return tool_fail(t, rc, "product %s", text);
	if (remove)
		return 0;
	o = out_new(columns, COUNT_OF(columns), &t->head->op);
	put_row(o, &p);
	return out_object(&o, t->json);
}

static int
show_or_remove(int argc, char **argv, bool remove)
{
	struct tool t = tool_new();
	const struct cli_option options[] = { TOOL_HOME_OPTION(t), TOOL_JSON_OPTION(t) };
	int status = 0, n = cli_parse(argc, argv, "ID", options, COUNT_OF(options), 1, &status);

	if (n < 0)
		return status;
	if (n == 0)
		return cli_fail(RC_USAGE, "give its number", "product");
	status = show(&t, argv[1], remove);
	tool_close(&t);
	return status;
}

int
cmd_product_show(int argc, char **argv)
{
	return show_or_remove(argc, argv, false);
}

int
cmd_product_remove(int argc, char **argv)
{
	return show_or_remove(argc, argv, true);
}
