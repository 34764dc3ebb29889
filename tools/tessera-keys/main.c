// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-keys: the operator's root, masters and signing keys. */
#include "cmds.h"

#include "cli/cli.h"

#include <sys/resource.h>

int
main(int argc, char **argv)
{
	static const struct cli_verb verbs[] = {
		{ "init", "make new keys and keep them in a keystore", cmd_init },
		{ "show", "list the keys by name, version and check value", cmd_show },
		{ "rotate", "the next signing key in the place of the present one", cmd_rotate },
		{ "share", "split the keys into shares, any k of n give them", cmd_share },
		{ "combine", "make a keystore from shares", cmd_combine },
		{ "import", "bring keys into a token, or masters from an export", cmd_import },
		{ "export", "masters for a head-end under a transport key", cmd_export },
		{ "transport-key", "make a transport key", cmd_transport_key },
		{ "audit", "check and print the log of every use of a root", cmd_audit },
	};
	static const struct cli_program program = { "tessera-keys",
						    "Makes and keeps the keys of an operator.",
						    verbs, sizeof verbs / sizeof verbs[0] };
	static const struct rlimit none; /* a core file would hold the root */

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		cli_warn("core files cannot be forbidden");
	return cli_main(&program, argc, argv);
}
