// SPDX-License-Identifier: GPL-3.0-or-later
/* What a multiplexer may be asked to do: the ranges of its options. */
#include "mux/mux.h"

#define PID_FIRST_FREE 0x0020U /* below are PSI and SI (EN 300 468 table 1) */
#define PID_NULL 0x1FFFU

static enum rc
services_check(const struct mux_options *o)
{
	if (o->service_count == 0 || o->service_count > MUX_SERVICES_MAX)
		return RC_RANGE;
	for (size_t i = 0; i < o->service_count; i++) {
		if (o->services[i] == 0)
			return RC_RANGE;
		for (size_t j = 0; j < i; j++) {
			if (o->services[i] == o->services[j])
				return RC_CONFLICT;
		}
	}
	return RC_OK;
}

enum rc
mux_options_check(const struct mux_options *o)
{
	size_t ecm_end = o->ecm_pid_first + o->service_count;

	if (o->period_ms < 1000 || o->period_ms > 3600000)
		return RC_RANGE;
	if (o->ecm_interval_ms < 20 || o->ecm_interval_ms > 10000)
		return RC_RANGE;
	if (o->emm_bitrate > 100000000)
		return RC_RANGE;
	if (o->ecm_pid_first != 0 && (o->ecm_pid_first < PID_FIRST_FREE || ecm_end > PID_NULL))
		return RC_RANGE;
	if (o->emm_pid != 0 && (o->emm_pid < PID_FIRST_FREE || o->emm_pid >= PID_NULL))
		return RC_RANGE;
	if (o->emm_pid != 0 && o->ecm_pid_first != 0 && o->emm_pid >= o->ecm_pid_first &&
	    o->emm_pid < ecm_end)
		return RC_CONFLICT;
	return services_check(o);
}
