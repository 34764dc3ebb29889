// SPDX-License-Identifier: GPL-3.0-or-later
/* Options by table: --name VALUE, --name=VALUE, -n VALUE, -nVALUE; "--" ends them, "-" is no
 * option. Positional arguments may stand anywhere between. */
#include "cli_state.h"

#include "base/time2000.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define OPTIONS_MAX 64
#define WHY_SIZE 160

static void
print_help(const char *usage, const struct cli_option *options, size_t count)
{
	const struct cli_state *state = cli_state();
	char left[64];

	printf("usage: %s%s%s%s%s%s\n", state->program, state->verb ? " " : "",
	       state->verb ? state->verb : "", count > 0 ? " [options]" : "",
	       usage && usage[0] ? " " : "", usage ? usage : "");
	if (count > 0)
		printf("\nOptions:\n");
	for (size_t i = 0; i < count; i++) {
		const struct cli_option *o = &options[i];
		bool value = o->kind != CLI_FLAG;

		(void)snprintf(left, sizeof left, "%c%c%s--%s%s%s", o->letter ? '-' : ' ',
			       o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name,
			       value ? " " : "",
			       value && o->argument ? o->argument
			       : value              ? "VALUE"
						    : "");
		printf("  %-32s  %s\n", left, o->help ? o->help : "");
	}
	printf("  %-32s  %s\n", "    --help", "this text");
}

/* Decimal, or hexadecimal after 0x; no sign, no blanks. */
static enum rc
parse_number(const char *text, uint64_t *value)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	char *end;

	if (strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") != strlen(digits) ||
	    digits[0] == '\0')
		return RC_FORMAT;
	errno = 0;
	*value = strtoull(digits, &end, hex ? 16 : 10);
	return errno == ERANGE ? RC_RANGE : RC_OK;
}

static uint64_t
kind_max(enum cli_kind kind)
{
	switch (kind) {
	case CLI_U16:
		return UINT16_MAX;
	case CLI_U32:
		return UINT32_MAX;
	case CLI_U64:
	case CLI_FLAG:
	case CLI_TEXT:
	case CLI_TIME:
	case CLI_REPEATED:
		break;
	}
	return UINT64_MAX;
}

static enum rc
store_number(const struct cli_option *o, const char *text, char why[WHY_SIZE])
{
	uint64_t max = o->max > 0 && o->max < kind_max(o->kind) ? o->max : kind_max(o->kind);
	uint64_t value = 0;
	enum rc rc = parse_number(text, &value);

	if (rc == RC_FORMAT) {
		(void)snprintf(why, WHY_SIZE, "\"%.40s\" is no number", text);
		return RC_USAGE;
	}
	if (rc != RC_OK || value < o->min || value > max) {
		(void)snprintf(why, WHY_SIZE, "%.40s is not between %llu and %llu", text,
			       (unsigned long long)o->min, (unsigned long long)max);
		return RC_USAGE;
	}
	if (o->kind == CLI_U16)
		*(uint16_t *)o->value = (uint16_t)value;
	else if (o->kind == CLI_U32)
		*(uint32_t *)o->value = (uint32_t)value;
	else
		*(uint64_t *)o->value = value;
	return RC_OK;
}

static enum rc
unix_to_time2000(uint64_t seconds, uint32_t *t)
{
	if (seconds < TIME2000_UNIX || seconds - TIME2000_UNIX >= TIME2000_NO_END)
		return RC_RANGE;
	*t = (uint32_t)(seconds - TIME2000_UNIX);
	return RC_OK;
}

static enum rc
store_time(const struct cli_option *o, const char *text, char why[WHY_SIZE])
{
	uint64_t seconds = 0;
	uint32_t t = 0;
	enum rc rc;

	if (strcmp(text, "now") == 0) {
		rc = unix_to_time2000((uint64_t)time(NULL), &t);
	} else if (text[0] == '@') {
		rc = parse_number(text + 1, &seconds);
		if (rc == RC_OK)
			rc = unix_to_time2000(seconds, &t);
	} else {
		rc = time2000_parse(text, &t);
	}
	if (rc != RC_OK) {
		(void)snprintf(
			why, WHY_SIZE,
			"\"%.40s\" is no time: want 2026-11-22T20:15:00Z, now, never or @SECONDS",
			text);
		return RC_USAGE;
	}
	*(uint32_t *)o->value = t;
	return RC_OK;
}

static enum rc
store_repeated(const struct cli_option *o, const char *text, char why[WHY_SIZE])
{
	struct cli_list *list = o->value;

	if (list->count >= sizeof list->items / sizeof list->items[0]) {
		(void)snprintf(why, WHY_SIZE, "given more than %zu times", list->count);
		return RC_USAGE;
	}
	list->items[list->count++] = text;
	return RC_OK;
}

static enum rc
store(const struct cli_option *o, const char *text, char why[WHY_SIZE])
{
	switch (o->kind) {
	case CLI_FLAG:
		*(bool *)o->value = true;
		return RC_OK;
	case CLI_TEXT:
		*(const char **)o->value = text;
		return RC_OK;
	case CLI_U16:
	case CLI_U32:
	case CLI_U64:
		return store_number(o, text, why);
	case CLI_TIME:
		return store_time(o, text, why);
	case CLI_REPEATED:
		return store_repeated(o, text, why);
	}
	return RC_FAIL;
}

/* The option that arg (with its dashes) names, and the value that is glued to it, if any. */
static const struct cli_option *
find_option(const struct cli_option *options, size_t count, const char *arg, const char **glued)
{
	bool is_long = arg[1] == '-';
	const char *equals = is_long ? strchr(arg, '=') : NULL;
	size_t len = equals ? (size_t)(equals - arg) - 2 : strlen(arg) - (is_long ? 2 : 1);

	*glued = equals ? equals + 1 : NULL;
	for (size_t i = 0; i < count; i++) {
		const struct cli_option *o = &options[i];

		if (is_long && strlen(o->name) == len && strncmp(o->name, arg + 2, len) == 0)
			return o;
		if (!is_long && o->letter != 0 && o->letter == arg[1]) {
			*glued = arg[2] != '\0' ? arg + 2 : NULL;
			return o;
		}
	}
	return NULL;
}

static int
unknown_option(const struct cli_option *options, size_t count, const char *arg)
{
	const char *names[OPTIONS_MAX], *nearest;
	char typed[64], why[WHY_SIZE];
	size_t n = 0;

	for (size_t i = 0; i < count && n < OPTIONS_MAX; i++)
		names[n++] = options[i].name;
	(void)snprintf(typed, sizeof typed, "%.*s", (int)strcspn(arg, "="), arg);
	nearest = strncmp(typed, "--", 2) == 0 ? cli_nearest(typed + 2, names, n) : NULL;
	if (nearest)
		(void)snprintf(why, sizeof why, "no such option, did you mean --%s?", nearest);
	else
		(void)snprintf(why, sizeof why, "no such option, see --help");
	return cli_fail(RC_USAGE, why, "%s", typed);
}

/* Handles argv[*at], which begins with a dash. Returns 0, or the exit status of a usage error. */
static int
take_option(int argc, char **argv, int *at, const struct cli_option *options, size_t count)
{
	const char *arg = argv[*at], *value = NULL;
	const struct cli_option *o = find_option(options, count, arg, &value);
	char why[WHY_SIZE];

	if (!o)
		return unknown_option(options, count, arg);
	if (o->kind == CLI_FLAG && value)
		return cli_fail(RC_USAGE, "takes no value", "--%s", o->name);
	if (o->kind != CLI_FLAG && !value) {
		if (*at + 1 >= argc)
			return cli_fail(RC_USAGE, "needs a value", "--%s", o->name);
		value = argv[++*at];
	}
	if (store(o, value, why) != RC_OK)
		return cli_fail(RC_USAGE, why, "--%s", o->name);
	return 0;
}

int
cli_parse(int argc, char **argv, const char *usage, const struct cli_option *options, size_t count,
	  int positional_max, int *status)
{
	bool options_end = false;
	int positional = 0;

	for (int i = 1; i < argc; i++) {
		if (!options_end && strcmp(argv[i], "--") == 0) {
			options_end = true;
			continue;
		}
		if (!options_end && strcmp(argv[i], "--help") == 0) {
			print_help(usage, options, count);
			*status = 0;
			return -1;
		}
		if (!options_end && argv[i][0] == '-' && argv[i][1] != '\0') {
			*status = take_option(argc, argv, &i, options, count);
			if (*status != 0)
				return -1;
			continue;
		}
		if (positional >= positional_max) {
			*status = cli_fail(RC_USAGE, "unexpected argument", "%s", argv[i]);
			return -1;
		}
		argv[++positional] = argv[i];
	}
	return positional;
}
