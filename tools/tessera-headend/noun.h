/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs list, show and remove, which are the same for all that has a number. */
#ifndef TESSERA_HEADEND_NOUN_H
#define TESSERA_HEADEND_NOUN_H

#include "tool.h"

struct noun {
	const char *name, *plural;
	const struct out_column *columns;
	size_t column_count;
	uint64_t max;         /* number */
	int64_t before_first; /* less than any number */
	/* Puts the row of number *id or, if next, of the first one above it, which *id then is.
	 * RC_NOT_FOUND. */
	enum rc (*put)(struct head *h, bool next, int64_t *id, struct out *o);
	enum rc (*remove)(struct head *h, int64_t id);
};

/* The verbs of a noun, and their exit status. */
int noun_list(const struct noun *noun, int argc, char **argv);
int noun_show(const struct noun *noun, int argc, char **argv);
int noun_remove(const struct noun *noun, int argc, char **argv);

#endif
