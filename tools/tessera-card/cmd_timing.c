// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-card timing: how long a transaction takes on a real card and line. */
#include "card_tool.h"
#include "timing_out.h"

#include "base/hex.h"
#include "base/mem.h"
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMANDS_MAX (TIMING_OUT_STEPS - 1) /* one step is the activation */

struct wish {
	const char *profile; /* NULL: all */
	char *const *commands;
	int command_count;
};

/* What an image is asked when nothing else was said: nothing that an operator's keys are needed
 * for, and nothing that writes. */
static const char *const questions[] = {
	"00A4040009F0544553534552410100", /* SELECT the CA application */
	"80CA010000",                     /* what it is */
	"80CA040000",                     /* wallet */
	"80CA030000",                     /* records */
	"801A0000040000000000"            /* report from the oldest record on */
};

static int
parse_link(const char *text, struct timing_link *link)
{
	static const char *const names[] = { "t0", "t1", "14443" };

	for (unsigned int i = 0; i < 3; i++) {
		if (strcmp(text, names[i]) == 0) {
			link->protocol = (enum timing_protocol)i;
			return 0;
		}
	}
	return cli_fail(RC_USAGE, "is none of t0, t1, 14443", "--link %.20s", text);
}

struct exchange {
	uint8_t cmd[APDU_COMMAND_MAX], rsp[APDU_RESPONSE_MAX];
};

/* One command given as text; its answer is not looked at. */
static int
run_text(struct timing_model *m, const char *text, struct exchange *x, char *name,
	 struct timing_step *step)
{
	size_t len = 0, rsp_len = 0;
	enum rc rc;

	if (hex_decode(text, x->cmd, sizeof x->cmd, &len) != RC_OK)
		return cli_fail(RC_USAGE, "is no command in hexadecimal", "%.60s", text);
	snprintf(name, TIMING_NAME, strlen(text) > 18 ? "%.18s..." : "%s", text);
	rc = timing_command(m, name, x->cmd, len, x->rsp, &rsp_len, step);
	return rc == RC_OK
		       ? 0
		       : cli_fail(rc == RC_FORMAT ? RC_USAGE : rc,
				  rc == RC_FORMAT ? "is no short command" : NULL, "%.60s", text);
}

static int
run_commands(struct timing_model *m, const struct wish *wish, struct timing_run *run)
{
	const bool given = wish->command_count > 0;
	const size_t count =
		given ? (size_t)wish->command_count : sizeof questions / sizeof questions[0];
	struct exchange *x = malloc(sizeof *x);
	int status = 0;

	if (!x)
		return cli_fail(RC_NO_MEMORY, NULL, NULL);
	for (size_t i = 0; i < count && status == 0; i++) {
		const char *text = given ? wish->commands[i] : questions[i];

		status = run_text(m, text, x, run->names[i], &run->steps[i + 1]);
	}
	run->count = count + 1;
	mem_wipe(x, sizeof *x);
	free(x);
	return status;
}

static int
run_profile(const struct timing_result *r, const struct wish *wish, struct timing_run *run)
{
	char why[EMULATOR_WHY] = "";
	struct timing_model *m = NULL;
	int status = 0;
	enum rc rc = r->image ? timing_model_open(run->profile, &r->link, r->image, &m, why)
			      : timing_model_new(run->profile, &r->link, &m);

	if (rc != RC_OK)
		return cli_fail(rc, why[0] != '\0' ? why : NULL, "%s",
				r->image ? r->image : "the card in memory");
	run->count = TIMING_STEPS;
	rc = r->image ? timing_activate(m, &run->steps[0]) : timing_transaction(m, run->steps);
	if (rc == RC_RANGE || rc == RC_REFUSED)
		status = cli_fail(RC_USAGE, "there is no such speed", "--fi-di or --rate");
	else if (rc != RC_OK)
		status = cli_fail(rc, NULL, "the transaction");
	else if (r->image)
		status = run_commands(m, wish, run);
	timing_model_free(&m);
	return status;
}

static int
run_profiles(struct timing_result *r, const struct wish *wish)
{
	int status = 0;

	for (unsigned int i = 0; i < TIMING_PROFILES && status == 0; i++) {
		struct timing_run *run = &r->runs[r->run_count];

		run->profile = timing_profile_at(i);
		if (wish->profile && strcmp(wish->profile, run->profile->name) != 0)
			continue;
		status = run_profile(r, wish, run);
		r->run_count++;
	}
	return status;
}

static int
put_out(const struct timing_result *r, bool json, const char *chart)
{
	int status = 0;

	if (chart && timing_chart(r, chart) != RC_OK)
		return cli_fail(RC_IO, strerror(errno), "%s", chart);
	if (json)
		status = tool_print_json(timing_json(r));
	else
		timing_print(r);
	return status;
}

int
cmd_timing(int argc, char **argv)
{
	const char *image = NULL, *link = "t0", *chart = NULL;
	uint16_t fi_di = 0x11, rate_kbit_s = 106;
	bool json = false;
	struct wish wish = { 0 };
	const struct cli_option options[] = {
		OPTION_IMAGE(&image),
		{ .name = "profile",
		  .kind = CLI_TEXT,
		  .value = &wish.profile,
		  .argument = "NAME",
		  .help = "the hardware: p71, p60 or j2a (all three)" },
		{ .name = "link",
		  .kind = CLI_TEXT,
		  .value = &link,
		  .argument = "NAME",
		  .help = "the line: t0, t1 or 14443 (t0)" },
		{ .name = "fi-di",
		  .kind = CLI_U16,
		  .value = &fi_di,
		  .argument = "0xNN",
		  .help = "speed of t0 and t1 as in TA1 (0x11: 9600 bit/s)",
		  .max = 0xFF },
		{ .name = "rate",
		  .kind = CLI_U16,
		  .value = &rate_kbit_s,
		  .argument = "KBIT/S",
		  .help = "speed of 14443: 106, 212, 424, 848 (106)",
		  .min = 106,
		  .max = 848 },
		{ .name = "chart",
		  .kind = CLI_TEXT,
		  .value = &chart,
		  .argument = "FILE",
		  .help = "draw it as well, as SVG" },
		OPTION_JSON(&json),
	};
	struct timing_result *r;
	int status = 0;

	wish.command_count = cli_parse(argc, argv, "[--image FILE [HEX…]]", options,
				       sizeof options / sizeof options[0], COMMANDS_MAX, &status);
	if (wish.command_count < 0)
		return status;
	wish.commands = argv + 1;
	if (wish.command_count > 0 && !image)
		return cli_fail(RC_USAGE, "needs the card that it goes to",
				"a command without --image");
	if (wish.profile && !timing_profile_find(wish.profile))
		return cli_fail(RC_USAGE, "is none of p71, p60, j2a", "--profile %.20s",
				wish.profile);
	r = calloc(1, sizeof *r);
	if (!r)
		return cli_fail(RC_NO_MEMORY, NULL, NULL);
	r->image = image;
	r->link = (struct timing_link) { .fi_di = (uint8_t)fi_di, .rate_kbit_s = rate_kbit_s };
	status = parse_link(link, &r->link);
	if (status == 0)
		status = run_profiles(r, &wish);
	if (status == 0)
		status = put_out(r, json, chart);
	free(r);
	return status;
}
