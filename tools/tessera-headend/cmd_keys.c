// SPDX-License-Identifier: GPL-3.0-or-later
/* card rotate-keys: the next key set for a security domain of the card in a reader. */
#include "tool.h"

#include "card_spec/card_spec.h"
#include "headend/key_sets.h"

#include <string.h>

static const struct out_column columns[] = { { "card", "CARD" },
					     { "domain", "DOMAIN" },
					     { "key_version", "KEY VERSION" } };

static int
rotate(struct tool *t, const char *spec, enum ladder_domain domain, uint32_t *leaf,
       uint8_t *version)
{
	char why[STORE_WHY];
	struct card_spec *card = NULL;
	struct apdu_link link;
	enum rc rc = card_spec_open(spec, &card, why);

	if (rc != RC_OK)
		return cli_fail(rc, why, "%s", spec);
	link = card_spec_link(card);
	rc = key_set_rotate(&link, &t->keys, t->head->op.id, domain, leaf, version, why);
	card_spec_close(&card);
	return rc == RC_OK ? 0 : cli_fail(rc, why, "%s", spec);
}

static int
run(struct tool *t, const char *spec, const char *name, enum ladder_domain domain)
{
	char number[CARD_NUMBER_SIZE];
	uint32_t leaf = 0;
	uint8_t version = 0;
	struct out *o;
	enum rc rc;
	int status = tool_open(t);

	if (status == 0)
		status = tool_open_keys(t);
	if (status == 0)
		status = rotate(t, spec, domain, &leaf, &version);
	if (status != 0)
		return status;
	card_number_format(t->head->op.id, leaf, number);
	rc = key_set_note(t->head, leaf, domain, version, t->now);
	if (rc != RC_OK)
		return tool_fail(t, rc, "card %s has key version %u now, but that is not noted",
				 number, version);
	o = out_new(columns, COUNT_OF(columns), &t->head->op);
	out_text(o, number);
	out_text(o, name);
	out_number(o, version);
	return out_object(&o, t->json);
}

int
cmd_card_rotate_keys(int argc, char **argv)
{
	struct tool t = tool_new();
	const char *spec = NULL, *name = NULL;
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
		  .help = "the card in this reader: " CARD_SPEC_HELP },
		{ .name = "domain",
		  .kind = CLI_TEXT,
		  .value = &name,
		  .argument = "NAME",
		  .help = "ca or purse" },
	};
	enum ladder_domain domain = DOMAIN_CA;
	int status = 0, n = cli_parse(argc, argv, "--reader SPEC --domain ca|purse", options,
				      COUNT_OF(options), 0, &status);

	if (n < 0)
		return status;
	if (!spec || !name)
		return cli_fail(RC_USAGE, "give --reader and --domain", "card rotate-keys");
	if (strcmp(name, "purse") == 0)
		domain = DOMAIN_PURSE;
	else if (strcmp(name, "ca") != 0)
		return cli_fail(RC_USAGE, "ca or purse", "--domain %s", name);
	status = run(&t, spec, name, domain);
	tool_close(&t);
	return status;
}
