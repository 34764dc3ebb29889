/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs of tessera-stb, and what they share. */
#ifndef TESSERA_STB_CMDS_H
#define TESSERA_STB_CMDS_H

#include "ca/session.h"
#include "card_spec/card_spec.h"
#include "cli/cli.h"
#include "text.h"

#include <jansson.h>

int cmd_entitlements(int argc, char **argv);
int cmd_history(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_pin_change(int argc, char **argv);
int cmd_readers(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_wallet(int argc, char **argv);
int cmd_watch(int argc, char **argv);

/* A card and the session with it. */
struct box {
	const char *spec;
	struct card_spec *card;
	struct apdu_link link;
	struct ca_session *session;
};

#define OPTION_CARD(target)                                                         \
	{                                                                           \
		.name = "card", .letter = 'c', .kind = CLI_TEXT, .value = (target), \
		.argument = "SPEC", .help = CARD_SPEC_HELP                          \
	}
#define OPTION_JSON(target)                                                               \
	{                                                                                 \
		.name = "json", .kind = CLI_FLAG, .value = (target), .help = "print JSON" \
	}
#define OPTION_PIN_FILE(target)                                                              \
	{                                                                                    \
		.name = "pin-file", .kind = CLI_TEXT, .value = (target), .argument = "FILE", \
		.help = "the purchase PIN, first line of a file"                             \
	}

/* Opens the card and a session. Returns 0, or the exit status of a failure that was told. */
int box_open(const char *spec, struct box *box);
void box_close(struct box *box);
/* cli_fail for a result of the session; names the card's status word where there is one. */
int box_fail(const struct box *box, enum rc rc, const char *what);
/* The options --card and --json, no positional argument; opens the card. As cli_parse: -1 ends with
 * *status. */
int box_parse(int argc, char **argv, struct box *box, bool *json, int *status);

#define PIN_TEXT (PIN_MAX + 2)
/* From a file (first line) or the terminal. Returns 0, or the exit status of a failure that was
 * told. */
int box_read_pin(const char *file, const char *prompt, char pin[PIN_TEXT]);

/* Prints and releases. Returns the exit status. */
int stb_print_json(json_t *root, FILE *f);
/* ISO 8601, or null for "unknown" and "never". */
json_t *stb_json_time(uint32_t t);
/* A unit without trailing zeros. */
void stb_unit(const uint8_t unit[UNIT_SIZE], char text[UNIT_SIZE + 1]);

#endif
