// SPDX-License-Identifier: GPL-3.0-or-later
/* VERIFY and CHANGE REFERENCE DATA of the purchase PIN (ISO 7816-4 11.5.6, 11.5.7); the viewer's
 * own threshold of a wallet slot. */
#include "apps/ca_state.h"
#include "apps/common.h"
#include "base/bytes.h"
#include "base/status_word.h"

/* Without data: how many tries are left (ISO 7816-4 11.5.6). */
uint16_t
ca_verify_command(struct card_env *env, struct card_call *call)
{
	const struct pin_place place = ca_pin_place();
	uint8_t tries;

	if (call->cmd->p1 != 0)
		return SW_P1P2;
	if (call->cmd->p2 != PIN_PURCHASE)
		return SW_REFERENCE;
	if (call->cmd->lc > 0)
		return pin_verify(env, &place, call->cmd->data, (uint8_t)call->cmd->lc);
	tries = pin_tries_left(env, &place);
	return tries > 0 ? SW_PIN_WRONG(tries) : SW_BLOCKED;
}

uint16_t
ca_change_reference_command(struct card_env *env, struct card_call *call)
{
	const struct pin_place place = ca_pin_place();
	const uint8_t *data = call->cmd->data;
	uint8_t old_len = data[0];
	uint16_t rest = (uint16_t)(call->cmd->lc - 1U), sw;

	if (call->cmd->p1 != 0)
		return SW_P1P2;
	if (call->cmd->p2 != PIN_PURCHASE)
		return SW_REFERENCE;
	if (old_len > rest)
		return SW_DATA;
	sw = pin_verify(env, &place, data + 1, old_len);
	if (sw != SW_OK)
		return sw;
	return pin_set(env, &place, data + 1 + old_len, (uint8_t)(rest - old_len));
}

#ifndef CARD_PROFILE_SMALL
uint16_t
ca_threshold_command(struct card_env *env, struct card_call *call)
{
	const struct pin_place place = ca_pin_place();
	const uint8_t *data = call->cmd->data;
	const struct purse_service *service;
	struct card_env *purse;
	enum purse_result result;
	enum rc rc = ca_purse(env, &service, &purse);
	uint16_t sw = app_status(rc);

	if (sw == SW_OK)
		sw = pin_verify(env, &place, data + CA_THRESHOLD_SIZE,
				(uint8_t)(call->cmd->lc - CA_THRESHOLD_SIZE));
	if (sw != SW_OK)
		return sw;
	result = service->threshold(purse, data[0], get_be32(data + 1));
	if (result == PURSE_OK || result == PURSE_UNCHANGED)
		return SW_OK;
	return result == PURSE_NO_SLOT ? SW_RECORD : SW_FAULT;
}
#endif
