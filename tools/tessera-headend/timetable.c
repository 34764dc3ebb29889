// SPDX-License-Identifier: GPL-3.0-or-later
/* Timetable files. The fields are those of `event list --json`; `repeat_every_s` and `repeat_count`
 * make a series, whose numbers follow each other. */
#define _GNU_SOURCE
#include "timetable.h"

#include <jansson.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct line {
	struct head_event event;
	uint32_t duration_s, repeat_every_s, repeat_count;
	bool has_price_record;
};

enum kind { FIELD_U32, FIELD_U16, FIELD_U8, FIELD_BOOL, FIELD_TIME, FIELD_TITLE };

#define AT(member) offsetof(struct line, member)
static const struct field {
	const char *name;
	enum kind kind;
	size_t at;
} fields[] = {
	{ "id", FIELD_U32, AT(event.id) },
	{ "service", FIELD_U16, AT(event.service_id) },
	{ "title", FIELD_TITLE, AT(event.title) },
	{ "start", FIELD_TIME, AT(event.start) },
	{ "end", FIELD_TIME, AT(event.end) },
	{ "duration_s", FIELD_U32, AT(duration_s) },
	{ "window_start", FIELD_TIME, AT(event.window_start) },
	{ "window_end", FIELD_TIME, AT(event.window_end) },
	{ "price_minor", FIELD_U32, AT(event.price) },
	{ "price_record_minor", FIELD_U32, AT(event.price_record) },
	{ "slot", FIELD_U8, AT(event.slot) },
	{ "exclusive", FIELD_BOOL, AT(event.exclusive) },
	{ "no_callback", FIELD_BOOL, AT(event.no_callback) },
	{ "for_sale", FIELD_BOOL, AT(event.for_sale) },
	{ "slice_price_minor", FIELD_U32, AT(event.slice.price) },
	{ "slice_s", FIELD_U16, AT(event.slice.seconds) },
	{ "ceiling_minor", FIELD_U32, AT(event.slice.ceiling) },
	{ "preview_s", FIELD_U16, AT(event.preview.seconds) },
	{ "preview_periods", FIELD_U16, AT(event.preview.periods) },
	{ "preview_starts", FIELD_U8, AT(event.preview.starts) },
	{ "preview_unit_s", FIELD_U8, AT(event.preview.unit_s) },
	{ "preview_id", FIELD_U32, AT(event.preview.id) },
	{ "repeat_every_s", FIELD_U32, AT(repeat_every_s) },
	{ "repeat_count", FIELD_U32, AT(repeat_count) },
};

static bool
take_number(const json_t *value, uint32_t max, uint32_t *out)
{
	json_int_t n = json_integer_value(value);

	if (!json_is_integer(value) || n < 0 || n > (json_int_t)max)
		return false;
	*out = (uint32_t)n;
	return true;
}

static bool
take_title(const json_t *value, char *title)
{
	const char *text = json_string_value(value);

	if (!text || strlen(text) >= EVENT_TITLE || json_string_length(value) != strlen(text))
		return false;
	memcpy(title, text, strlen(text) + 1);
	return true;
}

/* NULL: taken; else what it has to be. */
static const char *
take(const struct field *f, const json_t *value, struct line *line)
{
	char *to = (char *)line + f->at;
	uint32_t n = 0;

	switch (f->kind) {
	case FIELD_U32:
		return take_number(value, UINT32_MAX, (uint32_t *)(void *)to)
			       ? NULL
			       : "a number from 0 to 4294967295";
	case FIELD_U16:
		if (!take_number(value, UINT16_MAX, &n))
			return "a number from 0 to 65535";
		*(uint16_t *)(void *)to = (uint16_t)n;
		return NULL;
	case FIELD_U8:
		if (!take_number(value, UINT8_MAX, &n))
			return "a number from 0 to 255";
		*(uint8_t *)to = (uint8_t)n;
		return NULL;
	case FIELD_BOOL:
		*(bool *)(void *)to = json_is_true(value);
		return json_is_boolean(value) ? NULL : "true or false";
	case FIELD_TIME:
		if (!json_is_string(value) ||
		    time2000_parse(json_string_value(value), (uint32_t *)(void *)to) != RC_OK)
			return "a time as 2026-11-22T20:00:00Z";
		return NULL;
	case FIELD_TITLE:
		return take_title(value, to) ? NULL : "a text of at most 127 bytes";
	}
	return "unknown";
}

static const struct field *
find_field(const char *name)
{
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

/* What stands for what was not said. */
static void
complete(struct line *line)
{
	struct head_event *e = &line->event;

	if (e->end == TIME2000_UNKNOWN && line->duration_s < UINT32_MAX - e->start)
		e->end = e->start + line->duration_s;
	if (e->window_start == TIME2000_UNKNOWN)
		e->window_start = e->start > EVENT_LEAD_S ? e->start - EVENT_LEAD_S : 1;
	if (e->window_end == TIME2000_UNKNOWN)
		e->window_end = e->end;
	e->recordable = line->has_price_record;
	if (e->preview.unit_s == 0 && (e->preview.seconds > 0 || e->preview.periods > 0))
		e->preview.unit_s = PREVIEW_UNIT_S;
	if (line->repeat_count == 0)
		line->repeat_count = 1;
}

static enum rc
read_object(const json_t *object, struct line *line, unsigned int number, char why[TIMETABLE_WHY])
{
	static const char *const needed[] = { "id", "service", "title", "start" };
	const char *name, *wrong;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		const struct field *f = find_field(name);

		wrong = f ? take(f, value, line) : "no field of an event";
		if (wrong) {
			snprintf(why, TIMETABLE_WHY, "line %u: %.40s: %s%s", number, name,
				 f ? "must be " : "is ", wrong);
			return RC_FORMAT;
		}
	}
	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
		if (!json_object_get(object, needed[i])) {
			snprintf(why, TIMETABLE_WHY, "line %u: %s: is missing", number, needed[i]);
			return RC_FORMAT;
		}
	}
	line->has_price_record = json_object_get(object, "price_record_minor") != NULL;
	complete(line);
	return RC_OK;
}

static bool
make_room(struct timetable *t)
{
	size_t room = t->room ? 2 * t->room : 64;
	void *p;

	if (t->count < t->room)
		return true;
	p = realloc(t->events, room * sizeof *t->events);
	if (!p)
		return false;
	t->events = p;
	p = realloc(t->lines, room * sizeof *t->lines);
	if (!p)
		return false;
	t->lines = p;
	t->room = room;
	return true;
}

/* The series that a line describes. */
static enum rc
append(struct timetable *t, const struct line *line, unsigned int number, char why[TIMETABLE_WHY])
{
	for (uint32_t i = 0; i < line->repeat_count; i++) {
		const uint64_t by = (uint64_t)i * line->repeat_every_s;
		struct head_event e = line->event;

		if (t->count == TIMETABLE_MAX || by > UINT32_MAX - (uint64_t)e.end ||
		    i > UINT32_MAX - e.id) {
			snprintf(why, TIMETABLE_WHY,
				 "line %u: repeat_count: more than a timetable holds", number);
			return RC_SPACE;
		}
		e.id += i;
		e.start += (uint32_t)by;
		e.end += (uint32_t)by;
		e.window_start += (uint32_t)by;
		e.window_end += (uint32_t)by;
		if (!make_room(t))
			return RC_NO_MEMORY;
		t->lines[t->count] = number;
		t->events[t->count++] = e;
	}
	return RC_OK;
}

static enum rc
read_line(const char *text, size_t len, unsigned int number, struct timetable *t,
	  char why[TIMETABLE_WHY])
{
	struct line line = { .event = { .for_sale = true } };
	json_error_t error;
	json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	enum rc rc = RC_FORMAT;

	if (!json_is_object(object)) {
		snprintf(why, TIMETABLE_WHY, "line %u: no JSON object: %.100s", number,
			 object ? "another value" : error.text);
		json_decref(object);
		return rc;
	}
	rc = read_object(object, &line, number, why);
	json_decref(object);
	return rc == RC_OK ? append(t, &line, number, why) : rc;
}

enum rc
timetable_read(FILE *in, struct timetable *t, char why[TIMETABLE_WHY])
{
	unsigned int number = 0;
	size_t room = 0;
	char *text = NULL;
	ssize_t len;
	enum rc rc = RC_OK;

	memset(t, 0, sizeof *t);
	snprintf(why, TIMETABLE_WHY, "cannot be read");
	while (rc == RC_OK && (len = getline(&text, &room, in)) >= 0) {
		size_t blank = strspn(text, " \t\r\n");

		number++;
		if (blank < (size_t)len && text[blank] != '#')
			rc = read_line(text, (size_t)len, number, t, why);
	}
	if (rc == RC_OK && ferror(in))
		rc = RC_IO;
	free(text);
	if (rc != RC_OK)
		timetable_free(t);
	return rc;
}

void
timetable_free(struct timetable *t)
{
	free(t->events);
	free(t->lines);
	memset(t, 0, sizeof *t);
}
