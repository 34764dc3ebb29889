// SPDX-License-Identifier: GPL-3.0-or-later
/* The e-purse application: the table of its commands (JR/T 0025.1-2010, 7). Slot 0 has two faces,
 * e-deposit and e-purse, over one pool of money; FORMATS.md, "E-purse", says what that means. */
#include "apps/profile.h"

#include "apps/purse_trade.h"
#include "base/mem.h"
#include "wire/personalise.h"

static bool
purse_is_personalised(struct card_env *env)
{
	struct purse_head head;
	struct purse_slot s;
	bool complete = purse_head_load(env, &head) == RC_OK &&
			head.has == (PURSE_HAS_IDENTITY | PURSE_HAS_KEY) &&
			purse_slot_load(env, 0, &s) == RC_OK;

	mem_wipe(&head, sizeof head);
	return complete;
}

static const struct card_command purse_commands[] = {
	{ 0x80, 0x5A, P_ANY, 2, 2, ACCESS_ALWAYS, purse_prove },
	{ 0x80, 0x5C, P_ANY, 0, 0, ACCESS_ALWAYS, purse_get_balance },
	{ 0x00, 0xB2, P_ANY, 0, 0, ACCESS_ALWAYS, purse_read_record },
#ifndef CARD_PROFILE_SMALL /* a television card alone: the purse pays through its service */
	{ 0x80, 0x50, P_ANY, 7, 11, ACCESS_SECURED, purse_initialize },
	{ 0x80, 0x52, P_ZERO, 11, 11, ACCESS_SECURED, purse_load },
	{ 0x80, 0x54, P_ANY, 11, 15, ACCESS_SECURED, purse_debit },
	{ 0x80, 0x58, P_ZERO, 14, 14, ACCESS_SECURED, purse_overdraft },
	{ 0x80, 0xDC, P_ANY, 1, PURSE_RECORD_MAX, ACCESS_SECURED, purse_cache },
	{ 0x80, 0x5E, P_ANY, 5, 13, ACCESS_SECURED, purse_change_pin },
	{ 0x80, 0xCA, P_ZERO, 0, 0, ACCESS_ALWAYS, purse_get_auth_code },
	{ 0x00, 0x20, P_ANY, 0, PURSE_PIN_MAX, ACCESS_SECURED, purse_verify },
	{ 0x84, 0x24, P_ANY, 12, 36, ACCESS_SECURED, purse_unblock_pin },
	{ 0x84, 0x16, P_ZERO, 4, 4, ACCESS_SECURED, purse_block_card },
	{ 0x84, 0x18, P_ZERO, 4, 4, ACCESS_SECURED, purse_unblock },
	{ 0x84, 0x1E, P_ANY, 4, 4, ACCESS_SECURED, purse_block },
	{ 0x00, 0x84, P_ZERO, 0, 0, ACCESS_ALWAYS, purse_get_challenge },
	{ 0x00, 0x82, P_ANY, 8, 8, ACCESS_SECURED, purse_external_authenticate },
	{ 0x00, 0x88, P_ANY, 8, 8, ACCESS_SECURED, purse_internal_authenticate },
	{ 0x00, 0xB0, P_ANY, 0, 0, ACCESS_ALWAYS, purse_read_binary },
	{ 0x00, 0xD6, P_ANY, 1, PBOC_HOLDER, ACCESS_SECURED, purse_update_binary },
	{ 0x04, 0xD6, P_ANY, 5, PBOC_HOLDER + 4, ACCESS_SECURED, purse_update_binary },
	{ 0x00, 0xDC, P_ANY, 1, PURSE_RECORD_MAX, ACCESS_SECURED, purse_update_record },
	{ 0x04, 0xDC, P_ANY, 5, PURSE_RECORD_MAX + 4, ACCESS_SECURED, purse_update_record },
#endif
};

const struct card_app purse_app = {
	.name = "purse",
	.aid = AID_PURSE,
	.aid_len = AID_PURSE_LEN,
	.domain = PROFILE_PURSE_DOMAIN,
	.part_size = PURSE_NV_SIZE,
	.ram_size = PURSE_RAM_SIZE,
	.commands = purse_commands,
	.command_count = sizeof purse_commands / sizeof purse_commands[0],
	.store_data = purse_store_data,
	.later_dgi = DGI_PURSE_LIMIT,
	.is_personalised = purse_is_personalised,
	.describe = purse_describe,
	.serve = purse_serve,
	.service = &purse_service_table,
};
