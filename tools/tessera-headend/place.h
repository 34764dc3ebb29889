/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a new database goes: a file in HOME, or a server whose address HOME/database keeps. */
#ifndef TESSERA_HEADEND_PLACE_H
#define TESSERA_HEADEND_PLACE_H

#include "tool.h"

struct place {
	char name[TOOL_DATABASE], label[STORE_WHY]; /* for store_create; for people */
	char file[TOOL_PATH], note[TOOL_PATH];      /* HOME/headend.sqlite, HOME/database */
	bool is_address, noted;
};

/* address NULL: a file. The address is in its place before the tables are, so that a database that
 * was cut off in between is made by the next try. 0 or the exit status. */
int place_begin(struct place *p, const struct tool *t, const char *address);
/* Takes the address back when nothing was made. */
int place_end(struct place *p, bool made);

#endif
