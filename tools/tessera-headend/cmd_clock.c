// SPDX-License-Identifier: GPL-3.0-or-later
/* clock set: every card's clock to a moment, also backwards, by the root's word. */
#include "tool.h"

#include "headend/root_emm.h"

static int
run(struct tool *t, uint32_t moment, bool force)
{
	char text[TIME2000_TEXT_SIZE];
	uint32_t newest = 0;
	enum rc rc;
	int status = tool_open(t);

	if (status == 0)
		status = tool_open_keys(t);
	if (status != 0)
		return status;
	rc = head_signed_time(t->head, &newest);
	if (rc == RC_OK && moment < newest && !force) {
		time2000_format(newest, text);
		return cli_fail(RC_REFUSED, "entitlements that ended would open again: say --force",
				"cards have been told %s already", text);
	}
	if (rc == RC_OK)
		rc = root_emm_clock(t->head, &t->keys, t->now, moment);
	return rc == RC_OK ? 0 : tool_fail(t, rc, "clock");
}

int
cmd_clock_set(int argc, char **argv)
{
	struct tool t = tool_new();
	uint32_t moment = 0;
	bool force = false;
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_NOW_OPTION(t),
		TOOL_PASSPHRASE_FILE_OPTION(t),
		TOOL_PASSPHRASE_FD_OPTION(t),
		{ .name = "time",
		  .kind = CLI_TIME,
		  .value = &moment,
		  .argument = "TIME",
		  .help = "what the clocks are set to" },
		{ .name = "force",
		  .kind = CLI_FLAG,
		  .value = &force,
		  .help = "also back behind a time that cards were told" },
	};
	int status = 0;

	if (cli_parse(argc, argv, "--time TIME", options, COUNT_OF(options), 0, &status) < 0)
		return status;
	if (moment == 0)
		return cli_fail(RC_USAGE, "say which", "--time");
	status = run(&t, moment, force);
	tool_close(&t);
	return status;
}
