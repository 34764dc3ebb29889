// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-card apdu: commands as hex text, one after the other in one session with the card. */
#include "card_tool.h"

#include "base/bytes.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 4096
#define COMMANDS_MAX 4096

struct session {
	struct apdu_link link;
	bool json;
	json_t *list;
	int status; /* of the last command that was not ok */
	char line[LINE_SIZE];
	uint8_t cmd[LINE_SIZE / 2];
	uint8_t rsp[APDU_RESPONSE_MAX];
	char text[2 * APDU_RESPONSE_MAX + 1];
};

static void
print_answer(struct session *s, const char *command, size_t len, uint16_t sw)
{
	hex_encode(s->rsp, len, s->text);
	if (s->json)
		json_array_append_new(s->list,
				      json_pack("{s:s, s:s, s:o, s:s}", "command", command, "data",
						s->text, "sw", json_sprintf("%04X", sw), "text",
						status_word_text(sw)));
	else
		printf("%s%s%04X  %s\n", s->text, len > 0 ? " " : "", sw, status_word_text(sw));
}

static bool
is_ok(uint16_t sw)
{
	return sw == SW_OK || sw == SW_MORE_DATA || (sw >> 8) == 0x61 || (sw >> 8) == 0x62;
}

/* Returns 0, or the exit status of text that is no command. */
static int
send_text(struct session *s, const char *text)
{
	size_t cmd_len = 0, len = 0;
	uint16_t sw;
	enum rc rc;

	if (strcmp(text, "reset") == 0) {
		rc = s->link.reset(s->link.ctx);
		return rc == RC_OK ? 0 : cli_fail(rc, NULL, "reset");
	}
	rc = hex_decode(text, s->cmd, sizeof s->cmd, &cmd_len);
	if (rc != RC_OK)
		return cli_fail(RC_USAGE, "is no command in hexadecimal", "%.60s", text);
	rc = s->link.transmit(s->link.ctx, s->cmd, cmd_len, s->rsp, sizeof s->rsp, &len);
	if (rc != RC_OK || len < 2)
		return cli_fail(rc != RC_OK ? rc : RC_READER, NULL, "%.60s", text);
	len -= 2;
	sw = get_be16(s->rsp + len);
	print_answer(s, text, len, sw);
	if (!is_ok(sw))
		s->status = rc_exit_status(status_word_rc(sw));
	return 0;
}

static int
send_lines(struct session *s)
{
	int status = 0;

	while (status == 0 && fgets(s->line, sizeof s->line, stdin)) {
		const char *start = s->line + strspn(s->line, " \t");

		s->line[strcspn(s->line, "\r\n#")] = '\0';
		for (size_t n = strlen(s->line); n > 0 && s->line[n - 1] == ' '; n--)
			s->line[n - 1] = '\0';
		if (*start != '\0')
			status = send_text(s, start);
		if (!s->json)
			fflush(stdout);
	}
	return status;
}

/* Sends them all; the exit status of what could not be sent, or of the last that was not ok. */
static int
send_all(struct session *s, char *const *commands, int count)
{
	int status = 0, printed = 0;

	for (int i = 0; status == 0 && i < count; i++)
		status = strcmp(commands[i], "-") == 0 ? send_lines(s) : send_text(s, commands[i]);
	if (status == 0)
		status = s->status;
	if (s->json)
		printed = tool_print_json(s->list);
	else
		json_decref(s->list);
	return status != 0 ? status : printed;
}

int
cmd_apdu(int argc, char **argv)
{
	const char *image = NULL;
	bool rollback = false, json = false;
	const struct cli_option options[] = { OPTION_IMAGE(&image), OPTION_ROLLBACK(&rollback),
					      OPTION_JSON(&json) };
	struct emulator *e = NULL;
	struct session *s;
	int status = 0, count;

	count = cli_parse(argc, argv, "--image FILE HEX…|-", options, 3, COMMANDS_MAX, &status);
	if (count < 0)
		return status;
	if (count == 0)
		return cli_fail(RC_USAGE, "is missing: hexadecimal, or - for lines of it",
				"a command");
	if ((status = tool_open(image, rollback, &e)) != 0)
		return status;
	s = calloc(1, sizeof *s);
	if (s) {
		s->link = emulator_bare_link(e);
		s->json = json;
		s->list = json_array();
		status = send_all(s, argv + 1, count);
		mem_wipe(s, sizeof *s);
		free(s);
	} else {
		status = cli_fail(RC_NO_MEMORY, NULL, NULL);
	}
	emulator_close(&e);
	return status;
}
