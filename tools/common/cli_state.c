// SPDX-License-Identifier: GPL-3.0-or-later
/* The one static state of a program. */
#include "cli_state.h"

static struct cli_state state = { .program = "tessera" };

struct cli_state *
cli_state(void)
{
	return &state;
}
