// SPDX-License-Identifier: GPL-3.0-or-later
/* Tables and JSON from the same cells. */
#include "out.h"

#include "base/time2000.h"
#include "cli/cli.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELL_MAX 512
#define COLUMNS_MAX 24

/* A cell is its JSON value and its text; both live in arrays of the same length. */
struct out {
	const struct out_column *columns;
	size_t count;
	const struct head_operator *op;
	FILE *to;
	json_t *values;
	json_t *texts;
	bool failed;
};

struct out *
out_new(const struct out_column *columns, size_t count, const struct head_operator *op)
{
	struct out *o = calloc(1, sizeof *o);

	if (!o)
		return NULL;
	o->columns = columns;
	o->count = count;
	o->op = op;
	o->to = stdout;
	o->values = json_array();
	o->texts = json_array();
	return o;
}

static void
put(struct out *o, json_t *value, const char *text)
{
	if (!o) {
		json_decref(value);
		return;
	}
	if (json_array_append_new(o->values, value) != 0 ||
	    json_array_append_new(o->texts, json_string(text)) != 0)
		o->failed = true;
}

void
out_text(struct out *o, const char *text)
{
	put(o, json_string(text), text);
}

void
out_number(struct out *o, int64_t number)
{
	char text[24];

	snprintf(text, sizeof text, "%lld", (long long)number);
	put(o, json_integer(number), text);
}

void
out_bool(struct out *o, bool value)
{
	put(o, json_boolean(value), value ? "yes" : "no");
}

void
out_time(struct out *o, uint32_t t)
{
	char text[TIME2000_TEXT_SIZE];

	time2000_format(t, text);
	put(o, json_string(text), text);
}

void
out_money(struct out *o, int64_t minor)
{
	if (o)
		out_money_in(o, minor, o->op->unit, o->op->decimals);
}

void
out_money_in(struct out *o, int64_t minor, const char *unit, uint8_t decimals)
{
	char text[48];

	put(o, json_integer(minor), cli_money(minor, decimals, unit, text, sizeof text));
}

void
out_numbers(struct out *o, const uint16_t *numbers, size_t count)
{
	json_t *list = json_array();
	char text[CELL_MAX] = "";
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		if (json_array_append_new(list, json_integer(numbers[i])) != 0 && o)
			o->failed = true;
		if (len < sizeof text - 8)
			len += (size_t)snprintf(text + len, sizeof text - len, "%s%u",
						i > 0 ? " " : "", numbers[i]);
	}
	put(o, list, text);
}

void
out_nothing(struct out *o)
{
	put(o, json_null(), "");
}

void
out_free(struct out **o)
{
	if (!*o)
		return;
	json_decref((*o)->values);
	json_decref((*o)->texts);
	free(*o);
	*o = NULL;
}

/* Code points, which is close enough to columns. */
static int
width(const char *text)
{
	int n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xC0) != 0x80;
	return n;
}

static const char *
cell(const struct out *o, size_t index)
{
	const char *text = json_string_value(json_array_get(o->texts, index));

	return text ? text : "";
}

static bool
is_number(const struct out *o, size_t index)
{
	return json_is_integer(json_array_get(o->values, index));
}

static void
print_cell(FILE *to, const char *text, int columns, bool right, bool last)
{
	int pad = columns - width(text);

	if (right)
		fprintf(to, "%*s%s", pad > 0 ? pad : 0, "", text);
	else
		fprintf(to, "%s%*s", text, pad > 0 && !last ? pad : 0, "");
	fputs(last ? "\n" : "  ", to);
}

static void
print_table(const struct out *o)
{
	size_t cells = json_array_size(o->values);
	int widths[COLUMNS_MAX] = { 0 };

	for (size_t c = 0; c < o->count; c++)
		widths[c] = width(o->columns[c].title);
	for (size_t i = 0; i < cells; i++) {
		int w = width(cell(o, i));

		if (w > widths[i % o->count])
			widths[i % o->count] = w;
	}
	for (size_t c = 0; c < o->count; c++)
		print_cell(o->to, o->columns[c].title, widths[c], cells > 0 && is_number(o, c),
			   c + 1 == o->count);
	for (size_t i = 0; i < cells; i++)
		print_cell(o->to, cell(o, i), widths[i % o->count], is_number(o, i),
			   (i + 1) % o->count == 0);
}

static void
print_lines(const struct out *o)
{
	int widest = 0;

	for (size_t c = 0; c < o->count; c++) {
		int w = width(o->columns[c].title);

		widest = w > widest ? w : widest;
	}
	for (size_t c = 0; c < o->count; c++)
		fprintf(o->to, "%-*s  %s\n", widest, o->columns[c].title, cell(o, c));
}

static json_t *
json_row(const struct out *o, size_t first)
{
	json_t *row = json_object();

	for (size_t c = 0; row && c < o->count; c++) {
		if (json_object_set(row, o->columns[c].key, json_array_get(o->values, first + c))) {
			json_decref(row);
			return NULL;
		}
	}
	return row;
}

static int
print_json(FILE *to, json_t *root)
{
	int failed = !root || json_dumpf(root, to, JSON_INDENT(2)) != 0;

	json_decref(root);
	if (failed)
		return cli_fail(RC_FAIL, NULL, "JSON");
	fputc('\n', to);
	return 0;
}

static bool
is_complete(const struct out *o)
{
	return o && !o->failed && json_array_size(o->values) == json_array_size(o->texts) &&
	       json_array_size(o->values) % o->count == 0 && o->count <= COLUMNS_MAX;
}

static json_t *
json_rows(const struct out *o)
{
	json_t *rows = json_array();

	for (size_t i = 0; rows && i < json_array_size(o->values); i += o->count) {
		if (json_array_append_new(rows, json_row(o, i)) != 0) {
			json_decref(rows);
			return NULL;
		}
	}
	return rows;
}

int
out_list(struct out **o, bool json)
{
	int status = 0;

	if (!is_complete(*o)) {
		status = cli_fail(RC_NO_MEMORY, NULL, "table");
	} else if (json) {
		status = print_json((*o)->to, json_rows(*o));
	} else {
		print_table(*o);
	}
	out_free(o);
	return status;
}

int
out_object(struct out **o, bool json)
{
	int status = 0;

	if (!is_complete(*o) || json_array_size((*o)->values) != (*o)->count)
		status = cli_fail(RC_NO_MEMORY, NULL, "answer");
	else if (json)
		status = print_json((*o)->to, json_row(*o, 0));
	else
		print_lines(*o);
	out_free(o);
	return status;
}

int
out_object_to(struct out **o, bool json, FILE *to)
{
	if (*o)
		(*o)->to = to;
	return out_object(o, json);
}

static int
print_report(const struct out_part *parts, size_t count, bool json)
{
	json_t *root = json ? json_object() : NULL;

	for (size_t i = 0; i < count; i++) {
		if (!is_complete(parts[i].out) ||
		    (json && json_object_set_new(root, parts[i].key, json_rows(parts[i].out)))) {
			json_decref(root);
			return cli_fail(RC_NO_MEMORY, NULL, "report");
		}
		if (!json) {
			printf("%s%s\n", i > 0 ? "\n" : "", parts[i].heading);
			print_table(parts[i].out);
		}
	}
	return json ? print_json(stdout, root) : 0;
}

int
out_report(struct out_part *parts, size_t count, bool json)
{
	int status = print_report(parts, count, json);

	for (size_t i = 0; i < count; i++)
		out_free(&parts[i].out);
	return status;
}
