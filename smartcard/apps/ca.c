// SPDX-License-Identifier: GPL-3.0-or-later
/* The conditional access application: its commands, the rules that the dispatcher checks, and its
 * instances, one for each operator on the card. */
#include "apps/ca_state.h"
#include "apps/profile.h"
#include "wire/personalise.h"

#define CHANGE_MIN (1U + 2U * PIN_MIN)
#define CHANGE_MAX (1U + 2U * PIN_MAX)

static const struct card_command ca_commands[] = {
	{ CA_CLA, CA_INS_ECM, P_ZERO, 1, ECM_MAX, ACCESS_SECURED, ca_ecm_command },
	{ CA_CLA, CA_INS_EMM, P_ZERO, 1, EMM_MAX, ACCESS_SECURED, ca_emm_command },
	{ CA_CLA, CA_INS_PURCHASE, P_ZERO, 1, CA_PURCHASE_MAX, ACCESS_SECURED,
	  ca_bare_purchase_command },
	{ CA_CLA, CA_INS_STOP, P_ZERO, CA_STOP_SIZE, CA_STOP_SIZE, ACCESS_SECURED,
	  ca_bare_stop_command },
	{ CA_CLA, CA_INS_OPEN_CHANNEL, P_ZERO, PAIR_HELLO, PAIR_HELLO, ACCESS_SECURED,
	  ca_open_channel_command },
	{ CA_CLA, CA_INS_CONFIRM_CHANNEL, P_ZERO, PAIR_PROOF, PAIR_PROOF, ACCESS_SECURED,
	  ca_confirm_channel_command },
	{ CA_CLA, CA_INS_WRAPPED, P_ZERO, 1, PAIR_WRAPPED_MAX, ACCESS_SECURED, ca_wrapped_command },
	{ CA_CLA, CA_INS_REPORT, P_ANY, 4, 4, ACCESS_SECURED, ca_report_command },
#ifndef CARD_PROFILE_SMALL
	{ CA_CLA, CA_INS_TOPUP_CODE, P_ZERO, TOPUP_CODE_DIGITS, TOPUP_CODE_DIGITS, ACCESS_SECURED,
	  ca_bare_topup_code_command },
	{ CA_CLA, CA_INS_PAYOUT, P_ZERO, 1 + PIN_MIN, 1 + PIN_MAX, ACCESS_SECURED,
	  ca_bare_payout_command },
	{ CA_CLA, CA_INS_THRESHOLD, P_ZERO, CA_THRESHOLD_SIZE + PIN_MIN,
	  CA_THRESHOLD_SIZE + PIN_MAX, ACCESS_SECURED, ca_bare_threshold_command },
#endif
	{ CA_CLA, CA_INS_GET_DATA, P_ANY, 0, 0, ACCESS_ALWAYS, ca_get_data_command },
	{ 0x00, ISO_INS_VERIFY, P_ANY, 0, PIN_MAX, ACCESS_SECURED, ca_bare_verify_command },
	{ 0x00, ISO_INS_CHANGE_REFERENCE, P_ANY, CHANGE_MIN, CHANGE_MAX, ACCESS_SECURED,
	  ca_bare_change_reference_command },
};

/* All that the instances have in common. */
#define CA_INSTANCE(number, text, own_domain)                                                 \
	.name = text, .aid = AID_CA_OF(number), .aid_len = AID_CA_LEN, .domain = own_domain,  \
	.part_size = CA_NV_SIZE, .annex_size = CA_ANNEX_SIZE, .ram_size = CA_RAM_SIZE,        \
	.commands = ca_commands, .command_count = sizeof ca_commands / sizeof ca_commands[0], \
	.store_data = ca_store_data, .is_personalised = ca_is_personalised

const struct card_app ca_app = { CA_INSTANCE(1, "ca", PROFILE_CA_DOMAIN) };
#ifndef CARD_PROFILE_SMALL
const struct card_app ca_second_app = { CA_INSTANCE(2, "ca 2", PROFILE_SECOND_DOMAIN),
					.is_spare = true };
const struct card_app ca_third_app = { CA_INSTANCE(3, "ca 3", PROFILE_THIRD_DOMAIN),
				       .is_spare = true };
const struct card_app ca_fourth_app = { CA_INSTANCE(4, "ca 4", PROFILE_FOURTH_DOMAIN),
					.is_spare = true };
#endif
