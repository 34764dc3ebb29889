// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-stb pin change: the viewer's purchase PIN, from the terminal or from files, never from
 * argv. */
#include "cmds.h"

#include "base/mem.h"
#include "ca/words.h"

#include <stdio.h>
#include <string.h>

static int
read_new_pin(const char *file, char pin[PIN_TEXT])
{
	char again[PIN_TEXT];
	int status = box_read_pin(file, "New PIN: ", pin);

	if (status != 0 || file)
		return status;
	status = box_read_pin(NULL, "New PIN again: ", again);
	if (status == 0 && strcmp(pin, again) != 0)
		status = cli_fail(RC_CONFLICT, "the two entries differ", "new PIN");
	mem_wipe(again, sizeof again);
	return status;
}

static int
change(const struct box *box, const char *old_pin, const char *new_pin, bool json)
{
	enum ca_pin_result result = CA_PIN_OK;
	uint8_t tries = 0;
	char text[128];
	enum rc rc = ca_pin_change(box->session, old_pin, new_pin, &result, &tries);

	if (rc != RC_OK)
		return box_fail(box, rc, box->spec);
	if (result == CA_PIN_OK) {
		if (json)
			return stb_print_json(json_pack("{s:b}", "changed", 1), stdout);
		printf("the PIN has been changed\n");
		return 0;
	}
	if (result == CA_PIN_WRONG)
		snprintf(text, sizeof text, "%s, %u tries left", ca_pin_words(result), tries);
	else
		snprintf(text, sizeof text, "%s", ca_pin_words(result));
	return cli_fail(result == CA_PIN_UNFIT ? RC_REFUSED : RC_AUTH, text, "%s", box->spec);
}

int
cmd_pin_change(int argc, char **argv)
{
	const char *spec = NULL, *home = NULL, *old_file = NULL, *new_file = NULL;
	bool json = false;
	const struct cli_option options[] = {
		OPTION_CARD(&spec),
		OPTION_PIN_FILE(&old_file),
		{ .name = "new-pin-file",
		  .kind = CLI_TEXT,
		  .value = &new_file,
		  .argument = "FILE",
		  .help = "the new PIN, first line of a file" },
		OPTION_HOME(&home),
		OPTION_JSON(&json),
	};
	char old_pin[PIN_TEXT] = "", new_pin[PIN_TEXT] = "";
	struct box box;
	int status = 0;

	if (cli_parse(argc, argv, "--card SPEC", options, 5, 0, &status) < 0)
		return status;
	status = box_open(spec, &box);
	if (status != 0)
		return status;
	status = box_pair(&box, home, false);
	if (status == 0)
		status = box_read_pin(old_file, "PIN: ", old_pin);
	if (status == 0)
		status = read_new_pin(new_file, new_pin);
	if (status == 0)
		status = change(&box, old_pin, new_pin, json);
	mem_wipe(old_pin, sizeof old_pin);
	mem_wipe(new_pin, sizeof new_pin);
	box_close(&box);
	return status;
}
