/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A timetable file: one JSON object in each line is an event, or a series of them. */
#ifndef TESSERA_HEADEND_TIMETABLE_H
#define TESSERA_HEADEND_TIMETABLE_H

#include "headend/catalogue.h"

#include <stdio.h>

#define TIMETABLE_MAX 20000U /* events, series counted out */
#define TIMETABLE_WHY 192

struct timetable {
	struct head_event *events;
	unsigned int *lines; /* of the file, from 1, for each event */
	size_t count, room;
};

/* Empty lines and lines that begin with # are skipped. RC_FORMAT: why says line, field and reason;
 * RC_SPACE: more than TIMETABLE_MAX; RC_NO_MEMORY, RC_IO. */
enum rc timetable_read(FILE *in, struct timetable *t, char why[TIMETABLE_WHY]) RC_CHECKED;
void timetable_free(struct timetable *t);

#endif
