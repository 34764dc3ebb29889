// SPDX-License-Identifier: GPL-3.0-or-later
/* card pair: a box by the hash of its key, on the card or off it. */
#include "tool.h"

#include "base/hex.h"

#include <string.h>

static int
pair(struct tool *t, const char *text, const char *hash_text, bool unpair)
{
	uint8_t hash[CRYPTO_HASH];
	uint32_t leaf = 0;
	size_t len = 0;
	enum rc rc;
	int status;

	if (hex_decode(hash_text, hash, sizeof hash, &len) != RC_OK || len != sizeof hash)
		return cli_fail(RC_USAGE, "64 hexadecimal digits, as tessera-stb init shows them",
				"--box-key-hash");
	status = tool_open(t);
	if (status == 0)
		status = tool_card(t, text, &leaf);
	if (status != 0)
		return status;
	rc = card_pair(t->head, leaf, hash, !unpair, t->now);
	return rc == RC_OK ? 0 : tool_fail(t, rc, "card %s", text);
}

int
cmd_card_pair(int argc, char **argv)
{
	struct tool t = tool_new();
	const char *hash = NULL;
	bool unpair = false;
	const struct cli_option options[] = {
		TOOL_HOME_OPTION(t),
		TOOL_NOW_OPTION(t),
		{ .name = "box-key-hash",
		  .kind = CLI_TEXT,
		  .value = &hash,
		  .argument = "HEX",
		  .help = "the box, as tessera-stb init names it" },
		{ .name = "unpair",
		  .kind = CLI_FLAG,
		  .value = &unpair,
		  .help = "take it off the card, which takes no box by itself any more" },
	};
	int status = 0, n = cli_parse(argc, argv, "CARD --box-key-hash HEX [--unpair]", options,
				      COUNT_OF(options), 1, &status);

	if (n < 0)
		return status;
	if (n == 0 || !hash)
		return cli_fail(RC_USAGE, "give card and --box-key-hash", "card pair");
	status = pair(&t, argv[1], hash, unpair);
	tool_close(&t);
	return status;
}
