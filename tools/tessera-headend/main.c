// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-headend: sells, scrambles, entitles and settles. */
#include "tool.h"

int
main(int argc, char **argv)
{
	static const struct cli_verb verbs[] = {
		{ "init", "new head-end beside its keystore", cmd_init },
		{ "product add", "a package that cards can be entitled to", cmd_product_add },
		{ "product list", "all products", cmd_product_list },
		{ "product show", "one product", cmd_product_show },
		{ "product remove", "take a product out", cmd_product_remove },
		{ "service add", "a service by its program number", cmd_service_add },
		{ "service list", "all services", cmd_service_list },
		{ "service show", "one service", cmd_service_show },
		{ "service remove", "take a service and its events out", cmd_service_remove },
		{ "event add", "something for sale on a service", cmd_event_add },
		{ "event import", "events of a timetable file, all or none", cmd_event_import },
		{ "event list", "all events", cmd_event_list },
		{ "event show", "one event", cmd_event_show },
		{ "event remove", "take an event out; its prices are kept", cmd_event_remove },
		{ "slot add", "tokens that pay for events", cmd_slot_add },
		{ "slot list", "all token slots", cmd_slot_list },
		{ "slot show", "one token slot", cmd_slot_show },
		{ "slot limits", "overdraft, threshold and ceiling on cards", cmd_slot_limits },
		{ "card issue", "personalise new cards", cmd_card_issue },
		{ "card list", "all cards", cmd_card_list },
		{ "card show", "one card and its entitlements", cmd_card_show },
		{ "card pair", "pair a card with a box, or take the box off it", cmd_card_pair },
		{ "card rotate-keys", "next keys for a domain of the card in a reader",
		  cmd_card_rotate_keys },
		{ "card admit", "let another operator onto a card of ours", cmd_card_admit },
		{ "card join", "join a card that another operator has issued", cmd_card_join },
		{ "card revoke", "cut a card off", cmd_card_revoke },
		{ "card replace", "a new card with the rights and money of an old one",
		  cmd_card_replace },
		{ "pair", "the same as card pair", cmd_card_pair },
		{ "pin-reset", "send a card a new purchase PIN", cmd_pin_reset },
		{ "grant", "entitle a card to a product", cmd_grant },
		{ "cancel", "take an entitlement back", cmd_cancel },
		{ "confirm", "take a card's proof that it executed a cancel", cmd_confirm },
		{ "topup", "put money on a card, or on a list of cards", cmd_topup },
		{ "topup-code", "digits that put money on a card when typed", cmd_topup_code },
		{ "voucher generate", "a batch of voucher codes into a file",
		  cmd_voucher_generate },
		{ "voucher list", "batches of vouchers", cmd_voucher_list },
		{ "voucher redeem", "put a voucher's value on a card", cmd_voucher_redeem },
		{ "refund", "pay a settled record back", cmd_refund },
		{ "payout", "take a card's proof and pay its balance out", cmd_payout },
		{ "policy set", "when cards ask for collection and stop selling", cmd_policy_set },
		{ "policy show", "the policy that is sent", cmd_policy_show },
		{ "rotate", "next epoch key to all cards but the revoked", cmd_rotate },
		{ "clock set", "set every card's clock, also backwards", cmd_clock_set },
		{ "emm export", "the whole EMM carousel once", cmd_emm_export },
		{ "scramble", "scramble services, with ECMs and EMMs", cmd_scramble },
		{ "settle import", "take in purchase reports", cmd_settle_import },
		{ "settle collect", "settle the card in a shop's reader", cmd_settle_collect },
		{ "settle report", "what was sold and spent", cmd_settle_report },
		{ "collect", "take in purchase reports over HTTP", cmd_collect },
		{ "status", "overview", cmd_status },
		{ "backup", "the whole database into a file", cmd_backup },
		{ "restore", "a new database from a backup", cmd_restore },
	};
	static const struct cli_program program = { .name = "tessera-headend",
						    .summary = "Head-end of a prepaid conditional "
							       "access system: sells, scrambles, "
							       "entitles and settles.",
						    .verbs = verbs,
						    .verb_count = COUNT_OF(verbs) };

	return cli_main(&program, argc, argv);
}
