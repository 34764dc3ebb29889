// SPDX-License-Identifier: GPL-3.0-or-later
/* What settlement finds wrong about a card, in words for whoever looks at it. */
#include "headend/settlement_private.h"

#include <stdarg.h>
#include <stdio.h>

enum rc
settle_alarm(struct import *m, enum rc rc, const char *kind, const char *format, ...)
{
	char text[STORE_WHY - 40];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	m->result.alarmed = true;
	m->result.alarm_leaf = m->card.leaf;
	snprintf(m->result.alarm_kind, sizeof m->result.alarm_kind, "%s", kind);
	return head_fail(m->head, rc, "card %u: %s: %s", m->card.leaf, kind, text);
}
