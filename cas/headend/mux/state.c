// SPDX-License-Identifier: GPL-3.0-or-later
/* What every part of the multiplexer asks of its state: the reason of a failure, the time, who has
 * a number. */
#include "mux/mux_private.h"

#include <stdarg.h>
#include <stdio.h>

enum rc
mux_fail(struct mux *m, enum rc rc, const char *format, ...)
{
	va_list arguments;

	if (m->failed == RC_OK) {
		va_start(arguments, format);
		(void)vsnprintf(m->error, sizeof m->error, format, arguments);
		va_end(arguments);
		m->failed = rc;
	}
	return rc;
}

uint64_t
mux_stream_ms(const struct mux *m)
{
	return (uint64_t)m->options.start_time * 1000 + clock_now(&m->clock) / (TS_CLOCK / 1000);
}

struct program *
mux_program(struct mux *m, uint16_t number)
{
	for (size_t i = 0; i < m->program_count; i++) {
		if (m->programs[i].number == number)
			return &m->programs[i];
	}
	return NULL;
}

struct service *
mux_service(struct mux *m, uint16_t number)
{
	for (size_t i = 0; i < m->options.service_count; i++) {
		if (m->services[i].id == number)
			return &m->services[i];
	}
	return NULL;
}
