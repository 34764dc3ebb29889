// SPDX-License-Identifier: GPL-3.0-or-later
/* Reading a list of top-ups: every line is right, or none is taken. */
#include "topup_list.h"

#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 256

static enum rc
wrong(const char *field, const char *reason, unsigned int line, char why[TOPUP_LIST_WHY])
{
	snprintf(why, TOPUP_LIST_WHY, "line %u: %s: %s", line, field, reason);
	return RC_FORMAT;
}

/* Cuts the next field off, without the blanks around it. NULL: there is none. */
static char *
next_field(char **rest)
{
	char *field = *rest, *end;

	if (!field)
		return NULL;
	end = strchr(field, ',');
	*rest = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	field += strspn(field, " \t");
	end = field + strlen(field);
	while (end > field && strchr(" \t\r\n", end[-1]))
		*--end = '\0';
	return field;
}

static enum rc
read_line(char *text, const struct head_operator *op, struct topup_line *out,
	  char why[TOPUP_LIST_WHY])
{
	char *rest = text, *card = next_field(&rest), *amount = next_field(&rest),
	     *reference = next_field(&rest);
	enum rc rc = card_number_parse(card, op->id, &out->leaf);

	if (rc != RC_OK)
		return wrong("card",
			     rc == RC_INTEGRITY  ? "the check digit is wrong"
			     : rc == RC_CONFLICT ? "a card of another operator"
						 : "neither a card number nor a leaf",
			     out->line, why);
	if (!amount)
		return wrong("amount", "is missing", out->line, why);
	if (cli_parse_money(amount, op->decimals, &out->amount_minor) != RC_OK)
		return wrong("amount", "not an amount of this unit", out->line, why);
	if (out->amount_minor == 0 || out->amount_minor > CARD_BALANCE_MAX)
		return wrong("amount", "not between 1 and what a purse holds", out->line, why);
	if (reference && (reference[0] == '\0' || strlen(reference) >= CARD_REFERENCE))
		return wrong("reference", "1 to 63 bytes", out->line, why);
	if (rest)
		return wrong("reference", "something follows it", out->line, why);
	snprintf(out->reference, sizeof out->reference, "%s", reference ? reference : "");
	return RC_OK;
}

static enum rc
add_line(struct topup_list *list, const struct topup_line *line)
{
	if (list->count == TOPUP_LIST_MAX)
		return RC_SPACE;
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 64;
		struct topup_line *bigger = realloc(list->lines, room * sizeof *bigger);

		if (!bigger)
			return RC_NO_MEMORY;
		list->lines = bigger;
		list->room = room;
	}
	list->lines[list->count++] = *line;
	return RC_OK;
}

static enum rc
read_all(FILE *in, const struct head_operator *op, struct topup_list *list,
	 char why[TOPUP_LIST_WHY])
{
	char text[LINE_MAX_BYTES];
	enum rc rc = RC_OK;

	for (unsigned int n = 1; rc == RC_OK && fgets(text, sizeof text, in); n++) {
		struct topup_line line = { .line = n };

		if (!strchr(text, '\n') && !feof(in))
			return wrong("line", "too long", n, why);
		if (text[0] == '#' || text[strspn(text, " \t\r\n")] == '\0')
			continue;
		rc = read_line(text, op, &line, why);
		if (rc == RC_OK)
			rc = add_line(list, &line);
	}
	if (rc == RC_OK && ferror(in))
		rc = RC_IO;
	if (rc == RC_OK && list->count == 0)
		rc = wrong("card", "the list is empty", 1, why);
	return rc;
}

enum rc
topup_list_read(FILE *in, const struct head_operator *op, struct topup_list *list,
		char why[TOPUP_LIST_WHY])
{
	enum rc rc;

	*list = (struct topup_list) { .count = 0 };
	rc = read_all(in, op, list, why);
	if (rc != RC_OK && rc != RC_FORMAT)
		snprintf(why, TOPUP_LIST_WHY, "%s", rc_text(rc));
	if (rc != RC_OK)
		topup_list_free(list);
	return rc;
}

void
topup_list_free(struct topup_list *list)
{
	free(list->lines);
	*list = (struct topup_list) { .count = 0 };
}
