// SPDX-License-Identifier: GPL-3.0-or-later
/* Verbs and errors ("program: verb: what: why" on one line, and an exit status). */
#include "cli_state.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 1024
#define VERBS_MAX 64

/* A file name may hold anything; an error is one line and moves no cursor. */
static void
print_line(char *line)
{
	for (char *p = line; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			*p = '?';
	}
	cli_progress_done();
	(void)fflush(stdout);
	fprintf(stderr, "%s\n", line);
}

static size_t
line_start(char *line, size_t cap)
{
	const struct cli_state *state = cli_state();
	int n = state->verb ? snprintf(line, cap, "%s: %s: ", state->program, state->verb)
			    : snprintf(line, cap, "%s: ", state->program);

	return n < 0 ? 0 : (size_t)n < cap ? (size_t)n : cap - 1;
}

int
cli_fail(enum rc rc, const char *why, const char *what, ...)
{
	char line[LINE_MAX_BYTES];
	size_t len = line_start(line, sizeof line);
	va_list args;

	if (what) {
		va_start(args, what);
		(void)vsnprintf(line + len, sizeof line - len, what, args);
		va_end(args);
		len += strlen(line + len);
	}
	(void)snprintf(line + len, sizeof line - len, "%s%s", what ? ": " : "",
		       why ? why : rc_text(rc));
	print_line(line);
	return rc_exit_status(rc);
}

void
cli_warn(const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	size_t len = line_start(line, sizeof line);
	va_list args;

	(void)snprintf(line + len, sizeof line - len, "warning: ");
	len += strlen(line + len);
	va_start(args, format);
	(void)vsnprintf(line + len, sizeof line - len, format, args);
	va_end(args);
	print_line(line);
}

/* True when the verb's name has two words and begins with this one. */
static bool
is_of_noun(const struct cli_verb *verb, const char *noun)
{
	size_t n = strlen(noun);

	return strncmp(verb->name, noun, n) == 0 && verb->name[n] == ' ';
}

static bool
is_noun(const struct cli_program *program, const char *word)
{
	for (size_t i = 0; i < program->verb_count; i++) {
		if (is_of_noun(&program->verbs[i], word))
			return true;
	}
	return false;
}

/* noun NULL: all verbs. */
static void
print_help(const struct cli_program *program, const char *noun)
{
	printf("usage: %s VERB [options]\n\n%s\n\nVerbs:\n", program->name, program->summary);
	for (size_t i = 0; i < program->verb_count; i++) {
		if (!noun || is_of_noun(&program->verbs[i], noun))
			printf("  %-16s  %s\n", program->verbs[i].name, program->verbs[i].summary);
	}
	printf("\n%s VERB --help tells the options of a verb.\n", program->name);
}

static bool
is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* How many words of argv[1…] are the verb's name: 0 (another verb), 1 or 2. */
static int
verb_words(const struct cli_verb *verb, int argc, char **argv)
{
	const char *space = strchr(verb->name, ' ');
	size_t first = space ? (size_t)(space - verb->name) : strlen(verb->name);

	if (strlen(argv[1]) != first || strncmp(argv[1], verb->name, first) != 0)
		return 0;
	if (!space)
		return 1;
	return argc > 2 && strcmp(argv[2], space + 1) == 0 ? 2 : 0;
}

static const struct cli_verb *
find_verb(const struct cli_program *program, int argc, char **argv, int *words)
{
	const struct cli_verb *found = NULL;

	*words = 0;
	for (size_t i = 0; i < program->verb_count; i++) {
		int n = verb_words(&program->verbs[i], argc, argv);

		if (n > *words) {
			*words = n;
			found = &program->verbs[i];
		}
	}
	return found;
}

static int
unknown_verb(const struct cli_program *program, int argc, char **argv)
{
	const char *names[VERBS_MAX], *nearest;
	char typed[80], why[120];
	size_t count = 0;
	bool noun = is_noun(program, argv[1]), second = noun && argc > 2 && argv[2][0] != '-';

	for (size_t i = 0; i < program->verb_count && count < VERBS_MAX; i++)
		names[count++] = program->verbs[i].name;
	(void)snprintf(typed, sizeof typed, "%s%s%s", argv[1], second ? " " : "",
		       second ? argv[2] : "");
	nearest = cli_nearest(typed, names, count);
	if (noun && !second)
		(void)snprintf(why, sizeof why, "no such verb alone, see %s %s --help",
			       program->name, argv[1]);
	else if (nearest)
		(void)snprintf(why, sizeof why, "no such verb, did you mean \"%s\"?", nearest);
	else
		(void)snprintf(why, sizeof why, "no such verb, see %s --help", program->name);
	return cli_fail(RC_USAGE, why, "%s", typed);
}

int
cli_main(const struct cli_program *program, int argc, char **argv)
{
	const struct cli_verb *verb;
	int words, status;

	*cli_state() = (struct cli_state) { .program = program->name };
	if (argc < 2) {
		char why[120];

		(void)snprintf(why, sizeof why, "see %s --help", program->name);
		return cli_fail(RC_USAGE, why, "no verb given");
	}
	if (is_help(argv[1]) || strcmp(argv[1], "help") == 0) {
		print_help(program, NULL);
		status = 0;
	} else if (argc > 2 && is_help(argv[2]) && is_noun(program, argv[1])) {
		print_help(program, argv[1]);
		status = 0;
	} else if (strcmp(argv[1], "--version") == 0) {
		printf("%s %s\n", program->name, TESSERA_VERSION);
		status = 0;
	} else {
		verb = find_verb(program, argc, argv, &words);
		if (!verb)
			return unknown_verb(program, argc, argv);
		cli_state()->verb = verb->name;
		status = verb->run(argc - words, argv + words);
		cli_progress_done();
	}
	/* What could not be written (a full disk, a closed pipe) was not delivered. */
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == 0)
		return cli_fail(RC_IO, strerror(errno), "standard output");
	return status;
}
