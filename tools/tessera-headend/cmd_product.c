// SPDX-License-Identifier: GPL-3.0-or-later
/* product add, list, show, remove. */
#include "noun.h"

#include "headend/catalogue.h"

static const struct out_column columns[] = { { "id", "PRODUCT" },
					     { "name", "NAME" },
					     { "services", "SERVICES" } };

static enum rc
put(struct head *h, bool next, int64_t *id, struct out *o)
{
	struct head_product p;
	enum rc rc = next ? product_next(h, (uint32_t)*id, &p) : product_get(h, (uint16_t)*id, &p);

	if (rc != RC_OK)
		return rc;
	out_number(o, p.id);
	out_text(o, p.name);
	out_numbers(o, p.services, p.service_count);
	*id = p.id;
	return RC_OK;
}

static enum rc
remove_one(struct head *h, int64_t id)
{
	return product_remove(h, (uint16_t)id);
}

static const struct noun products = { .name = "product",
				      .plural = "products",
				      .columns = columns,
				      .column_count = COUNT_OF(columns),
				      .max = UINT16_MAX,
				      .put = put,
				      .remove = remove_one };

static int
add(struct tool *t, uint16_t id, const char *name, const struct cli_list *services)
{
	struct head_product p = { .id = id };
	enum rc rc;
	int status = tool_open(t);

	if (status == 0)
		status = tool_name(name, p.name);
	if (status == 0)
		status = tool_numbers("--service", services, p.services, &p.service_count);
	if (status != 0)
		return status;
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

int
cmd_product_list(int argc, char **argv)
{
	return noun_list(&products, argc, argv);
}

int
cmd_product_show(int argc, char **argv)
{
	return noun_show(&products, argc, argv);
}

int
cmd_product_remove(int argc, char **argv)
{
	return noun_remove(&products, argc, argv);
}
