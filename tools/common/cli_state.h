/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the cli room: what a program knows about itself. Programs are the one place with static
 * state: cli_main sets it, cli_fail prints it. */
#ifndef TESSERA_TOOLS_CLI_STATE_H
#define TESSERA_TOOLS_CLI_STATE_H

#include "cli/cli.h"

struct cli_state {
	const char *program;
	const char *verb;    /* NULL before the verb is known */
	bool progress_shown; /* a progress line stands on the terminal */
	int64_t progress_ms; /* monotonic time of its last update */
};

/* The one instance of the process. */
struct cli_state *cli_state(void);

/* The candidate nearest to a mistyped word, or NULL when none is near. */
const char *cli_nearest(const char *word, const char *const *candidates, size_t count);

#endif
