// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-stb: the box. */
#include "cmds.h"

int
main(int argc, char **argv)
{
	static const struct cli_verb verbs[] = {
		{ "init", "make this box's own identity, which cards are paired with", cmd_init },
		{ "watch", "open a scrambled stream with a card, buying where the viewer agrees",
		  cmd_watch },
		{ "wallet", "what the card holds in money", cmd_wallet },
		{ "wallet topup", "type a top-up code", cmd_wallet_topup },
		{ "wallet payout", "take the balance off, as a proof for the operator",
		  cmd_wallet_payout },
		{ "wallet threshold", "warn below a balance of the viewer's own",
		  cmd_wallet_threshold },
		{ "entitlements", "what the card may watch", cmd_entitlements },
		{ "history", "purchases kept on the card, newest first", cmd_history },
		{ "report", "fetch the sealed purchase report for the operator", cmd_report },
		{ "pin change", "change the purchase PIN", cmd_pin_change },
		{ "info", "what the card says of itself", cmd_info },
		{ "inspect", "tables, ECMs and EMMs of a stream as text", cmd_inspect },
		{ "serve", "control words for other receivers, with a laboratory card", cmd_serve },
		{ "ui", "a terminal interface at the socket of watch --control", cmd_ui },
		{ "readers", "every reader that can be found", cmd_readers },
	};
	static const struct cli_program program = {
		.name = "tessera-stb",
		.summary = "the set-top box: watch with a card, and ask the card",
		.verbs = verbs,
		.verb_count = sizeof verbs / sizeof verbs[0],
	};

	return cli_main(&program, argc, argv);
}
