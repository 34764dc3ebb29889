/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the verbs of tessera-card share. */
#ifndef TESSERA_CARD_TOOL_H
#define TESSERA_CARD_TOOL_H

#include "emulator/emulator.h"
#include "wire/ca_apdu.h"

#include <jansson.h>

int cmd_new(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_apdu(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_timing(int argc, char **argv);

#define OPTION_IMAGE(target)                                                              \
	{                                                                                 \
		.name = "image", .kind = CLI_TEXT, .value = (target), .argument = "FILE", \
		.help = "the card's image"                                                \
	}
#define OPTION_ROLLBACK(target)                                                \
	{                                                                      \
		.name = "allow-rollback", .kind = CLI_FLAG, .value = (target), \
		.help = "take an older copy all the same (laboratories)"       \
	}
#define OPTION_JSON(target)                                                               \
	{                                                                                 \
		.name = "json", .kind = CLI_FLAG, .value = (target), .help = "print JSON" \
	}

/* Opens the image; warns on stderr when there is something to warn of. Returns 0, or the exit
 * status of a failure that was told. image NULL: usage error. */
int tool_open(const char *image, bool allow_rollback, struct emulator **out);
/* Whether the CA application is there and answers; *info is filled. *sw is its status word. */
bool tool_ca_info(struct emulator *e, uint8_t instance, struct ca_info *info, uint16_t *sw);

const char *tool_profile_text(uint8_t profile);
/* Prints and releases. Returns the exit status. */
int tool_print_json(json_t *root);

#endif
