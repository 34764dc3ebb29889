// SPDX-License-Identifier: GPL-3.0-or-later
/* One line on the terminal that is overwritten; nothing at all where stderr is a file. */
#include "cli_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_MS 200

static int64_t
monotonic_ms(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
cli_progress(const char *what, uint64_t now, uint64_t total)
{
	struct cli_state *s = cli_state();
	int64_t ms = monotonic_ms();

	if ((s->progress_shown && ms - s->progress_ms < PERIOD_MS) || !isatty(STDERR_FILENO))
		return;
	if (total > 0)
		fprintf(stderr, "\r%s: %s: %u %%\x1B[K", s->program, what,
			(unsigned int)((double)now * 100.0 / (double)total));
	else
		fprintf(stderr, "\r%s: %s: %" PRIu64 "\x1B[K", s->program, what, now);
	(void)fflush(stderr);
	s->progress_shown = true;
	s->progress_ms = ms;
}

void
cli_progress_done(void)
{
	struct cli_state *s = cli_state();

	if (s->progress_shown)
		fprintf(stderr, "\r\x1B[K");
	s->progress_shown = false;
}
