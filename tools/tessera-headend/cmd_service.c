// SPDX-License-Identifier: GPL-3.0-or-later
/* service add, list, show, remove. */
#include "noun.h"

#include "headend/catalogue.h"

static const struct out_column columns[] = { { "id", "SERVICE" },  { "name", "NAME" },
					     { "group", "GROUP" }, { "rating", "RATING" },
					     { "free", "FREE" },   { "products", "PRODUCTS" } };

static enum rc
put(struct head *h, bool next, int64_t *id, struct out *o)
{
	struct head_service s;
	enum rc rc = next ? service_next(h, (uint32_t)*id, &s) : service_get(h, (uint16_t)*id, &s);

	if (rc != RC_OK)
		return rc;
	out_number(o, s.id);
	out_text(o, s.name);
	out_number(o, s.group);
	out_number(o, s.rating);
	out_bool(o, s.free);
	out_numbers(o, s.products, s.product_count);
	*id = s.id;
	return RC_OK;
}

static enum rc
remove_one(struct head *h, int64_t id)
{
	return service_remove(h, (uint16_t)id);
}

static const struct noun services = { .name = "service",
				      .plural = "services",
				      .columns = columns,
				      .column_count = COUNT_OF(columns),
				      .max = UINT16_MAX,
				      .put = put,
				      .remove = remove_one };

static int
add(struct tool *t, struct head_service *s, const char *name, const struct cli_list *products)
{
	enum rc rc;
	int status = tool_open(t);

	if (status == 0)
		status = tool_name(name, s->name);
	if (status == 0 && products->count > ECM_PRODUCTS_MAX)
		status = cli_fail(RC_SPACE, "an ECM carries 16 products", "--product");
	if (status == 0)
		status = tool_numbers("--product", products, s->products, &s->product_count);
	if (status != 0)
		return status;
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
		  .help = "minimum age, carried in ECMs (cards do not act on it yet)",
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

int
cmd_service_list(int argc, char **argv)
{
	return noun_list(&services, argc, argv);
}

int
cmd_service_show(int argc, char **argv)
{
	return noun_show(&services, argc, argv);
}

int
cmd_service_remove(int argc, char **argv)
{
	return noun_remove(&services, argc, argv);
}
