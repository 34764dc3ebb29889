// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-stb init: the box's own identity. */
#include "cmds.h"

#include "base/hex.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int
show(const struct stb_home *home, const struct pair_identity *id, bool json)
{
	uint8_t hash[CRYPTO_HASH];
	char text[2 * CRYPTO_HASH + 1];
	enum rc rc = pair_key_hash(home->crypto, id->public_key, hash);

	if (rc != RC_OK)
		return cli_fail(rc, NULL, "key hash");
	hex_encode(hash, sizeof hash, text);
	if (json)
		return stb_print_json(json_pack("{s:s}", "box_key_hash", text), stdout);
	printf("box key hash: %s\n", text);
	return 0;
}

static int
make(const struct stb_home *home, bool only_show, struct pair_identity *id)
{
	enum rc rc = only_show ? stb_identity_load(home, home->crypto, id)
			       : stb_identity_create(home, home->crypto, id);

	if (rc == RC_OK)
		return 0;
	if (rc == RC_CONFLICT)
		return cli_fail(rc, "this box has an identity already; init --show names it",
				"%s/box.key", home->path);
	return stb_identity_fail(home, rc);
}

int
cmd_init(int argc, char **argv)
{
	const char *option = NULL;
	bool json = false, only_show = false;
	const struct cli_option options[] = {
		OPTION_HOME(&option),
		{ .name = "show",
		  .kind = CLI_FLAG,
		  .value = &only_show,
		  .help = "show the key hash of the identity that is there" },
		OPTION_JSON(&json),
	};
	struct stb_home home;
	struct pair_identity id;
	int status = 0;

	if (cli_parse(argc, argv, "[--show]", options, 3, 0, &status) < 0)
		return status;
	status = stb_home_open(option, !only_show, &home);
	if (status == 0)
		status = make(&home, only_show, &id);
	if (status == 0)
		status = show(&home, &id, json);
	mem_wipe(&id, sizeof id);
	stb_home_close(&home);
	return status;
}
