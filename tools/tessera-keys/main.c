// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-keys: the operator's root, masters and signing keys. */
#include "cmd_keystore.h"

#include "cli/cli.h"

#include <sys/resource.h>

int
main(int argc, char **argv)
{
	static const struct cli_verb verbs[] = {
		{ "init", "make new keys and keep them in a keystore", cmd_init },
		{ "show", "list the keys by name, version and check value", cmd_show },
	};
	static const struct cli_program program = { "tessera-keys",
						    "Makes and keeps the keys of an operator.",
						    verbs, sizeof verbs / sizeof verbs[0] };
	static const struct rlimit none; /* a core file would hold the root */

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		cli_warn("core files cannot be forbidden");
	return cli_main(&program, argc, argv);
}
