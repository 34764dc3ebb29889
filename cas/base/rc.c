// SPDX-License-Identifier: GPL-3.0-or-later
/* The table of result codes, read three ways. */
#include "base/rc.h"

#define ENTRY(name, exit_status, text) { exit_status, #name, text },
static const struct {
	int exit_status;
	const char *name;
	const char *text;
} table[] = { RC_TABLE(ENTRY) };

static unsigned int
index_of(enum rc rc)
{
	unsigned int i = (unsigned int)rc;

	return i < sizeof table / sizeof table[0] ? i : (unsigned int)RC_FAIL;
}

int
rc_exit_status(enum rc rc)
{
	return table[index_of(rc)].exit_status;
}

const char *
rc_text(enum rc rc)
{
	return table[index_of(rc)].text;
}

const char *
rc_name(enum rc rc)
{
	return table[index_of(rc)].name;
}
