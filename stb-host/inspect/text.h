/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An inspection as text for people. */
#ifndef TESSERA_INSPECT_TEXT_H
#define TESSERA_INSPECT_TEXT_H

#include "inspect/inspect.h"

#include <stdio.h>

/* Events that print as they come; out must outlive them. */
struct inspect_events inspect_text_events(FILE *out);
/* The table of PIDs, for the end. */
void inspect_text_summary(FILE *out, const struct inspect *i);

#endif
