// SPDX-License-Identifier: GPL-3.0-or-later
/* init: a new head-end beside its keystore. */
#include "place.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
	const char *name, *unit, *database; /* NULL: a file in HOME */
	uint32_t operator_id;               /* above 65,535: not given */
	uint16_t ca_system_id, decimals;
};

static int
check(const struct tool *t, const struct options *o, struct head_operator *op)
{
	uint16_t id = keystore_operator(t->keys.keystore);

	*op = (struct head_operator) { .id = id,
				       .ca_system_id = o->ca_system_id,
				       .decimals = (uint8_t)o->decimals };
	if (o->operator_id <= UINT16_MAX && o->operator_id != id) {
		char why[60];

		snprintf(why, sizeof why, "the keystore belongs to operator %u", id);
		return cli_fail(RC_CONFLICT, why, "operator %u", o->operator_id);
	}
	if (strlen(o->name) >= sizeof op->name)
		return cli_fail(RC_RANGE, "at most 63 bytes", "--operator");
	if (strlen(o->unit) != UNIT_SIZE)
		return cli_fail(RC_RANGE, "a unit has three letters", "--unit %s", o->unit);
	snprintf(op->name, sizeof op->name, "%s", o->name);
	snprintf(op->unit, sizeof op->unit, "%s", o->unit);
	return 0;
}

static int
make(struct tool *t, const struct options *o, const struct head_operator *op, struct place *p)
{
	char why[STORE_WHY];
	enum rc rc;
	int status = place_begin(p, t, o->database);

	if (status != 0)
		return status;
	rc = head_create(p->name, op, &t->keys, &t->head, why);
	status = place_end(p, rc == RC_OK);
	if (rc != RC_OK)
		return cli_fail(rc, why, "%s", p->label);
	printf("operator %u, %s: %s\n", op->id, op->name, p->label);
	return status;
}

static int
run(struct tool *t, const struct options *o)
{
	struct head_operator op;
	struct place *place;
	int status = tool_find_home(t, false);

	if (status == 0)
		status = tool_open_keys(t);
	if (status == 0)
		status = check(t, o, &op);
	if (status != 0)
		return status;
	place = calloc(1, sizeof *place);
	if (!place)
		return cli_fail(RC_NO_MEMORY, NULL, "database");
	status = make(t, o, &op, place);
	mem_wipe(place, sizeof *place); /* an address may hold a password */
	free(place);
	return status;
}

int
cmd_init(int argc, char **argv)
{
	struct tool t = tool_new();
	struct options o = { .unit = "EUR",
			     .operator_id = UINT32_MAX,
			     .ca_system_id = HEAD_CA_SYSTEM_ID,
			     .decimals = 2 };
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_PASSPHRASE_FILE_OPTION(t),
		TOOL_PASSPHRASE_FD_OPTION(t),
		{ .name = "operator",
		  .kind = CLI_TEXT,
		  .value = &o.name,
		  .argument = "NAME",
		  .help = "what the operator is called" },
		{ .name = "operator-id",
		  .kind = CLI_U32,
		  .value = &o.operator_id,
		  .argument = "N",
		  .help = "must be the keystore's",
		  .max = UINT16_MAX },
		{ .name = "database",
		  .kind = CLI_TEXT,
		  .value = &o.database,
		  .argument = "ADDRESS",
		  .help = "postgresql://… instead of a file in the state folder" },
		{ .name = "ca-system-id",
		  .kind = CLI_U16,
		  .value = &o.ca_system_id,
		  .argument = "N",
		  .help = "in CA_descriptors (0x5445)" },
		{ .name = "unit",
		  .kind = CLI_TEXT,
		  .value = &o.unit,
		  .argument = "CODE",
		  .help = "of prices and purses (EUR)" },
		{ .name = "decimals",
		  .kind = CLI_U16,
		  .value = &o.decimals,
		  .argument = "N",
		  .help = "of the unit (2)",
		  .max = 4 },
	};
	int status = 0;

	if (cli_parse(argc, argv, "--operator NAME", options, COUNT_OF(options), 0, &status) < 0)
		return status;
	if (!o.name)
		return cli_fail(RC_USAGE, "give the operator's name", "--operator");
	status = run(&t, &o);
	tool_close(&t);
	return status;
}
