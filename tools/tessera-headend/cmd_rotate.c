// SPDX-License-Identifier: GPL-3.0-or-later
/* rotate: the next epoch key of a group, for every card that is not revoked. */
#include "tool.h"

#include "headend/epochs.h"

static const struct out_column columns[] = {
	{ "group", "GROUP" }, { "epoch", "EPOCH" }, { "starts", "BEGINS" }, { "cards", "CARDS" }
};

static int
run(struct tool *t, uint8_t group, uint32_t at)
{
	struct epoch_rotation r;
	struct out *o;
	enum rc rc;
	int status = tool_open(t);

	if (status == 0)
		status = tool_open_keys(t);
	if (status != 0)
		return status;
	rc = epoch_rotate(t->head, &t->keys, group, t->now, at, &r);
	if (rc != RC_OK)
		return tool_fail(t, rc, "group %u", group);
	o = out_new(columns, COUNT_OF(columns), &t->head->op);
	out_number(o, r.group);
	out_number(o, r.epoch);
	if (r.starts_at == EPOCH_ALWAYS)
		out_text(o, "at once");
	else
		out_time(o, r.starts_at);
	out_number(o, r.cards);
	return out_object(&o, t->json);
}

int
cmd_rotate(int argc, char **argv)
{
	struct tool t = tool_new();
	uint16_t group = 0;
	uint32_t at = 0, lead_s = 30;
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_JSON_OPTION(t),
		TOOL_NOW_OPTION(t),
		TOOL_PASSPHRASE_FILE_OPTION(t),
		TOOL_PASSPHRASE_FD_OPTION(t),
		{ .name = "group",
		  .kind = CLI_U16,
		  .value = &group,
		  .argument = "G",
		  .help = "key group (0); a new one gets its first key",
		  .max = 7 },
		{ .name = "at",
		  .kind = CLI_TIME,
		  .value = &at,
		  .argument = "TIME",
		  .help = "the new key seals ECMs from this time on (now and --lead-s)" },
		{ .name = "lead-s",
		  .kind = CLI_U32,
		  .value = &lead_s,
		  .argument = "SECONDS",
		  .help = "time for cards to learn it (30)",
		  .max = 31536000 },
	};
	int status = 0;

	if (cli_parse(argc, argv, "", options, COUNT_OF(options), 0, &status) < 0)
		return status;
	status = run(&t, (uint8_t)group, at != 0 ? at : t.now + lead_s);
	tool_close(&t);
	return status;
}
