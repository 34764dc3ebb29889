// SPDX-License-Identifier: GPL-3.0-or-later
/* service add, list, show, remove. */
#include "tool.h"

#include "headend/catalogue.h"

#include <stdio.h>
#include <string.h>

static const struct out_column columns[] = { { "id", "SERVICE" },  { "name", "NAME" },
					     { "group", "GROUP" }, { "rating", "RATING" },
					     { "free", "FREE" },   { "products", "PRODUCTS" } };

static void
put_row(struct out *o, const struct head_service *s)
{
	out_number(o, s->id);
	out_text(o, s->name);
	out_number(o, s->group);
	out_number(o, s->rating);
	out_bool(o, s->free);
	out_numbers(o, s->products, s->product_count);
}

static int
add(struct tool *t, struct head_service *s, const char *name, const struct cli_list *products)
{
	enum rc rc;
	int status = tool_open(t);

	if (status == 0 && strlen(name) >= sizeof s->name)
		status = cli_fail(RC_RANGE, "at most 63 bytes", "--name");
	if (status == 0 && products->count > ECM_PRODUCTS_MAX)
		status = cli_fail(RC_SPACE, "an ECM carries 16 products", "--product");
	for (size_t i = 0; status == 0 && i < products->count; i++) {
		uint64_t product;

		status = tool_number("--product", products->items[i], 1, UINT16_MAX, &product);
		if (status == 0)
			s->products[s->product_count++] = (uint16_t)product;
	}
	if (status != 0)
		return status;
	snprintf(s->name, sizeof s->name, "%s", name);
	rc = service_add(t->head, s);
	return rc == RC_OK ? 0 : tool_fail(t, rc, "service %u", s->id);
}

int
cmd_service_add(int argc, char **argv)
{
	struct tool t = tool_new();
	struct head_service s = { .id = 0 };
	struct cli_list products = { .count = 0 };
	const char *name = NULL;
	uint16_t group = 0, rating = 0;
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		{ .name = "id",
		  .kind = CLI_U16,
		  .value = &s.id,
		  .argument = "PROGRAM",
		  .help = "program number of the service",
		  .min = 1,
		  .max = UINT16_MAX },
		{ .name = "name",
		  .kind = CLI_TEXT,
		  .value = &name,
		  .argument = "TEXT",
		  .help = "what it is called" },
		{ .name = "product",
		  .kind = CLI_REPEATED,
		  .value = &products,
		  .argument = "N",
		  .help = "a product that opens it; may be given several times" },
		{ .name = "group",
		  .kind = CLI_U16,
		  .value = &group,
		  .argument = "G",
		  .help = "key group (0)",
		  .max = 7 },
		{ .name = "rating",
		  .kind = CLI_U16,
		  .value = &rating,
		  .argument = "AGE",
		  .help = "minimum age",
		  .max = 99 },
		{ .name = "free",
		  .kind = CLI_FLAG,
		  .value = &s.free,
		  .help = "every card of the operator may watch" },
	};
	int status = 0;

	if (cli_parse(argc, argv, "--id PROGRAM --name TEXT", options, COUNT_OF(options), 0,
		      &status) < 0)
		return status;
	if (s.id == 0 || !name)
		return cli_fail(RC_USAGE, "give --id and --name", "service");
	s.group = (uint8_t)group;
	s.rating = (uint8_t)rating;
	status = add(&t, &s, name, &products);
	tool_close(&t);
	return status;
}

static int
list(struct tool *t)
{
	struct out *o;
	struct head_service p = { .id = 0 };
	enum rc rc;
	int status = tool_open(t);

	if (status != 0)
		return status;
	o = out_new(columns, COUNT_OF(columns), &t->head->op);
	while ((rc = service_next(t->head, p.id, &p)) == RC_OK)
		put_row(o, &p);
	status = out_list(&o, t->json);
	return rc == RC_NOT_FOUND ? status : tool_fail(t, rc, "services");
}

int
cmd_service_list(int argc, char **argv)
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
	struct head_service p;
	struct out *o;
	uint64_t id = 0;
	enum rc rc;
	int status = tool_number("service", text, 0, UINT16_MAX, &id);

	if (status == 0)
		status = tool_open(t);
	if (status != 0)
		return status;
	rc = remove ? service_remove(t->head, (uint16_t)id)
		    : service_get(t->head, (uint16_t)id, &p);
	if (rc != RC_OK)
		return tool_fail(t, rc, "service %s", text);
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
		return cli_fail(RC_USAGE, "give its number", "service");
	status = show(&t, argv[1], remove);
	tool_close(&t);
	return status;
}

int
cmd_service_show(int argc, char **argv)
{
	return show_or_remove(argc, argv, false);
}

int
cmd_service_remove(int argc, char **argv)
{
	return show_or_remove(argc, argv, true);
}
