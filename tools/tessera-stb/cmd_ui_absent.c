// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-stb ui where ncurses was missing when it was built. */
#include "cmds.h"

int
cmd_ui(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return cli_fail(RC_STATE, "this program was built without ncurses", "start");
}
