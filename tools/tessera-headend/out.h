/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a verb answers: rows of typed cells, printed as an aligned table or as JSON. */
#ifndef TESSERA_HEADEND_OUT_H
#define TESSERA_HEADEND_OUT_H

#include "headend/head.h"

#include <stdio.h>

struct out_column {
	const char *key;   /* in JSON; money ends in _minor */
	const char *title; /* of the table's column */
};

struct out;

/* columns and op are borrowed. Without memory every later call does nothing and printing fails. */
struct out *out_new(const struct out_column *columns, size_t count, const struct head_operator *op);
void out_text(struct out *o, const char *text);
void out_number(struct out *o, int64_t number);
void out_bool(struct out *o, bool value);
void out_time(struct out *o, uint32_t t);
void out_money(struct out *o, int64_t minor); /* of the purse */
/* unit is copied. */
void out_money_in(struct out *o, int64_t minor, const char *unit, uint8_t decimals);
void out_numbers(struct out *o, const uint16_t *numbers, size_t count);
void out_nothing(struct out *o);
void out_free(struct out **o); /* NULL-safe, prints nothing */
/* Prints all rows, or the only row as one object, and frees. Returns the exit status. */
int out_list(struct out **o, bool json);
int out_object(struct out **o, bool json);
int out_object_to(struct out **o, bool json, FILE *to);
/* Several tables under headings, or one JSON object with an array for each key. */
struct out_part {
	const char *key, *heading;
	struct out *out;
};
int out_report(struct out_part *parts, size_t count, bool json);

#endif
