// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-card: a card in a file. */
#include "card_tool.h"

#include "cli/cli.h"

int
main(int argc, char **argv)
{
	static const struct cli_verb verbs[] = {
		{ "new", "make a blank card", cmd_new },
		{ "info", "what the card says of itself", cmd_info },
		{ "apdu", "send commands, print answers", cmd_apdu },
		{ "dump", "map of the card's memory, without its contents", cmd_dump },
		{ "serve", "put the card into a reader: pcscd's, QEMU's, or one that connects",
		  cmd_serve },
		{ "timing", "milliseconds of a transaction on a real card and line", cmd_timing },
	};
	static const struct cli_program program = {
		.name = "tessera-card",
		.summary = "a smart card in a file: make it, look at it, put it into a reader",
		.verbs = verbs,
		.verb_count = sizeof verbs / sizeof verbs[0],
	};

	return cli_main(&program, argc, argv);
}
