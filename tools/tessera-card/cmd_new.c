// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-card new: a blank card, which has GlobalPlatform's public test keys. */
#include "card_tool.h"

#include "cli/cli.h"

#include <stdio.h>

int
cmd_new(int argc, char **argv)
{
	const char *image = NULL;
	const struct cli_option options[] = { OPTION_IMAGE(&image) };
	char why[EMULATOR_WHY];
	int status = 0;
	enum rc rc;

	if (cli_parse(argc, argv, "--image FILE", options, 1, 0, &status) < 0)
		return status;
	if (!image)
		return cli_fail(RC_USAGE, "is missing", "--image FILE");
	rc = emulator_create(image, why);
	if (rc != RC_OK)
		return cli_fail(rc, why[0] != '\0' ? why : NULL, "%s", image);
	printf("%s: blank card with public test keys; the head-end personalises it\n", image);
	return 0;
}
