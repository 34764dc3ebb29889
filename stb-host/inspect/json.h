/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An inspection as one JSON object. */
#ifndef TESSERA_INSPECT_JSON_H
#define TESSERA_INSPECT_JSON_H

#include "inspect/inspect.h"

#include <stdio.h>

struct inspect_json;
/* NULL: out of memory. */
struct inspect_json *inspect_json_new(void);
void inspect_json_free(struct inspect_json **j);
/* Events that collect; j must outlive them. */
struct inspect_events inspect_json_events(struct inspect_json *j);
/* Adds the counts and writes the object. RC_NO_MEMORY: something could not be kept; RC_IO. */
enum rc inspect_json_write(struct inspect_json *j, const struct inspect *i, FILE *out) RC_CHECKED;

#endif
