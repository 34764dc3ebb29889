/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every program does the same way: verbs, options, errors, secrets from the terminal, --home.
 */
#ifndef TESSERA_TOOLS_CLI_H
#define TESSERA_TOOLS_CLI_H

#include "base/rc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli_verb {
	const char *name;                  /* "init", or "card issue" for two words */
	const char *summary;               /* one line for --help */
	int (*run)(int argc, char **argv); /* argv[0] is the verb; returns the exit status */
};

struct cli_program {
	const char *name; /* "tessera-keys" */
	const char *summary;
	const struct cli_verb *verbs;
	size_t verb_count;
};

/* Dispatches to the verb; handles --help, --version, no verb and an unknown verb (exit 2, with the
 * nearest verb named). */
int cli_main(const struct cli_program *program, int argc, char **argv);

/* One line on stderr: "program: verb: what: why", and the exit status of rc. what and why may be
 * NULL (why then is rc_text). what is printf-formatted. */
int cli_fail(enum rc rc, const char *why, const char *what, ...)
	__attribute__((format(printf, 3, 4)));
/* "program: verb: warning: …" on stderr. */
void cli_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

enum cli_kind { CLI_FLAG, CLI_TEXT, CLI_U16, CLI_U32, CLI_U64, CLI_TIME, CLI_REPEATED };

/* One option of a verb. value points at bool, const char *, uint16_t, uint32_t, uint64_t, uint32_t
 * (time) or struct cli_list. Numbers accept 0x…. Times accept ISO 8601 UTC, "now", "never" and Unix
 * seconds as @N. */
struct cli_option {
	const char *name; /* "start-time", without dashes */
	char letter;      /* 0: none */
	enum cli_kind kind;
	void *value;
	const char *argument; /* name of the argument in --help */
	const char *help;
	uint64_t min, max; /* numbers; both 0: the type's whole range */
};
struct cli_list {
	const char *items[64];
	size_t count;
};

/* Parses argv by the table; prints help and returns -1 with *status set when the verb must end here
 * (--help: 0, wrong usage: 2), else the number of positional arguments moved to argv[1…].
 * usage: "CARD --product ID", positional_max: how many are allowed. */
int cli_parse(int argc, char **argv, const char *usage, const struct cli_option *options,
	      size_t count, int positional_max, int *status);

/* --home, $TESSERA_HOME, $XDG_DATA_HOME/tessera, ~/.local/share/tessera; with its parents created
 * mode 0700 when create, else not looked at. RC_NOT_FOUND: none of them is set; RC_SPACE; RC_IO
 * with errno. */
enum rc cli_home(const char *option, bool create, char *path, size_t cap) RC_CHECKED;
/* Passphrase from a file's first line, the next line of a descriptor, or a prompt without echo
 * (confirm: twice). file NULL, fd < 0: none; prompt NULL: do not ask. cap includes a NUL.
 * RC_REFUSED: empty; RC_CONFLICT: the two entries differ; RC_USAGE: file and fd; RC_SPACE;
 * RC_FORMAT: a NUL byte; RC_NOT_FOUND: no such file, or no terminal; RC_IO with errno. out is wiped
 * on failure. */
enum rc cli_passphrase(const char *file, int fd, const char *prompt, bool confirm, char *out,
		       size_t cap, size_t *len) RC_CHECKED;
/* cli_fail with the right words for a result of cli_passphrase or cli_ask; what names the secret.
 */
int cli_secret_fail(enum rc rc, const char *what);
/* A line from the terminal, echo off when secret. RC_NOT_FOUND: no terminal; RC_SPACE; RC_IO. */
enum rc cli_ask(const char *prompt, bool secret, char *out, size_t cap) RC_CHECKED;
/* Progress on stderr, when it is a terminal, at most five times a second; total 0 = unknown; done.
 */
void cli_progress(const char *what, uint64_t now, uint64_t total);
void cli_progress_done(void);
/* "12.50 EUR" from minor units. Returns text. */
const char *cli_money(int64_t minor, unsigned int decimals, const char *unit, char *text,
		      size_t cap);
/* Amount in major units ("12.50") → minor. RC_FORMAT, RC_RANGE. */
enum rc cli_parse_money(const char *text, unsigned int decimals, uint64_t *minor) RC_CHECKED;

#endif
