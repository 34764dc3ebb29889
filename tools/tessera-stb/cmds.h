/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs of tessera-stb, and what they share. */
#ifndef TESSERA_STB_CMDS_H
#define TESSERA_STB_CMDS_H

#include "ca/session.h"
#include "card_spec/card_spec.h"
#include "cli/cli.h"
#include "control/card_json.h"
#include "crypto_openssl/crypto_openssl.h"
#include "ca/text.h"

#include <jansson.h>

int cmd_entitlements(int argc, char **argv);
int cmd_history(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_init(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_pin_change(int argc, char **argv);
int cmd_readers(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_ui(int argc, char **argv);
int cmd_wallet(int argc, char **argv);
int cmd_wallet_payout(int argc, char **argv);
int cmd_wallet_topup(int argc, char **argv);
int cmd_wallet_threshold(int argc, char **argv);
int cmd_watch(int argc, char **argv);

#define STB_PATH 512

/* The box's state folder, and the crypto that its keys are used with. */
struct stb_home {
	char path[STB_PATH - 64];
	struct crypto_openssl *openssl;
	const struct crypto *crypto;
};
/* --home and its default. Returns 0, or the exit status of a failure that was told. */
int stb_home_open(const char *option, bool create, struct stb_home *home);
void stb_home_close(struct stb_home *home);

/* identity.c: HOME/box.key, mode 0600. RC_CONFLICT: there is one already. */
enum rc stb_identity_create(const struct stb_home *home, const struct crypto *c,
			    struct pair_identity *id) RC_CHECKED;
/* RC_NOT_FOUND; RC_REFUSED: others may read it; RC_FORMAT, RC_VERSION, RC_INTEGRITY, RC_IO. */
enum rc stb_identity_load(const struct stb_home *home, const struct crypto *c,
			  struct pair_identity *id) RC_CHECKED;
int stb_identity_fail(const struct stb_home *home, enum rc rc);
/* HOME/operators/NNNNN.key, as struct ca_box wants them; ctx: struct stb_home. */
enum rc stb_operator_trusted(void *ctx, uint16_t operator_id,
			     uint8_t key[CRYPTO_PUBLIC]) RC_CHECKED;
enum rc stb_operator_trust(void *ctx, uint16_t operator_id,
			   const uint8_t key[CRYPTO_PUBLIC]) RC_CHECKED;

/* A link that measures how long the card works. */
struct timed_link {
	struct apdu_link inner;
	uint64_t busy_us;
};

/* A card and the session with it: stays where it is while it is open. */
struct box {
	struct timed_link timed;
	struct stb_home home; /* of a box that opened a channel */
	struct pair_identity identity;
	struct ca_box pairing;
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
#define OPTION_OPERATOR(target)                                                             \
	{                                                                                   \
		.name = "operator-id", .kind = CLI_U16, .value = (target), .argument = "N", \
		.help = "of several on the card (its issuer)", .min = 1, .max = UINT16_MAX  \
	}
#define OPTION_HOME(target)                                                             \
	{                                                                               \
		.name = "home", .kind = CLI_TEXT, .value = (target), .argument = "DIR", \
		.help = "state folder of the box"                                       \
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
/* The same, and what follows is about this operator on it; 0: the card's issuer. */
int box_open_operator(const char *spec, uint16_t operator_id, struct box *box);
/* Opens the channel to a paired card with the identity in home (NULL: the default). A card that
 * does not want this box is no failure when may_wait: the operator's EMM may still pair it. */
int box_pair(struct box *box, const char *home, bool may_wait);
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

#endif
