// SPDX-License-Identifier: GPL-3.0-or-later
/* Challenges, authentication, blocking and unblocking (JR/T 0025.1-2010, 7.2). */
#include "apps/common.h"
#include "apps/purse_guard.h"
#include "apps/purse_trade.h"
#include "base/mem.h"
#include "base/status_word.h"

/* Four or eight bytes, good for the next command. */
uint16_t
purse_get_challenge(struct card_env *env, struct card_call *call)
{
	struct purse_ram *ram = env->ram;
	const size_t len = call->cmd->le == 4 ? 4 : 8;

	memset(ram->challenge, 0, sizeof ram->challenge);
	ram->challenged = 0;
	if (env->crypto->random(env->crypto->ctx, ram->challenge, len) != RC_OK)
		return SW_FAULT;
	memcpy(call->rsp, ram->challenge, len);
	call->rsp_len = (uint16_t)len;
	ram->challenged = card_command_number(env->card);
	return SW_OK;
}

/* The answer of this key type to a challenge; P2 names the key. */
static uint16_t
answer_challenge(const struct card_env *env, const struct apdu *cmd, enum pboc_key_type type,
		 const uint8_t challenge[8], uint8_t proof[8])
{
	struct pboc_key key;
	uint8_t version;
	enum rc rc;

	if (cmd->p1 != 0)
		return SW_P1P2;
	rc = purse_key_find(env, (uint8_t)type, cmd->p2 == 0 ? 1 : cmd->p2, &key, &version);
	if (rc == RC_NOT_FOUND)
		return SW_REFERENCE;
	if (rc == RC_OK)
		rc = pboc_prove(env->crypto, &key, challenge, proof);
	mem_wipe(&key, sizeof key);
	return app_status(rc);
}

uint16_t
purse_external_authenticate(struct card_env *env, struct card_call *call)
{
	struct purse_ram *ram = env->ram;
	uint8_t challenge[8], want[8];
	uint16_t sw = purse_challenge_take(env, challenge);

	ram->authenticated = 0;
	if (sw == SW_OK)
		sw = answer_challenge(env, call->cmd, PBOC_KEY_EXTERNAL, challenge, want);
	if (sw == SW_OK)
		sw = purse_guard_spend(env, PURSE_GUARD_MAC);
	if (sw == SW_OK && !mem_equal_ct(want, call->cmd->data, sizeof want))
		sw = SW_AUTH_FAILED;
	if (sw == SW_OK)
		sw = purse_guard_restore(env, PURSE_GUARD_MAC);
	if (sw == SW_OK)
		ram->authenticated = card_selection_number(env->card);
	mem_wipe(want, sizeof want);
	return sw;
}

uint16_t
purse_internal_authenticate(struct card_env *env, struct card_call *call)
{
	call->rsp_len = 8;
	return answer_challenge(env, call->cmd, PBOC_KEY_INTERNAL, call->cmd->data, call->rsp);
}

static uint16_t
set_state(const struct card_env *env, enum purse_state state)
{
	struct purse_face f;
	enum rc rc = purse_face_load(env, &f);

	f.state = (uint8_t)state;
	if (rc == RC_OK)
		rc = purse_face_stage(env, &f);
	mem_wipe(&f, sizeof f);
	return app_status(rc);
}

/* A command that is nothing but its MAC, under the maintenance key. */
static uint16_t
check_order(const struct card_env *env, const struct card_call *call, enum purse_guard guard,
	    enum purse_state *state)
{
	const uint8_t *data;
	size_t len;

	if (purse_state_now(env, state) != RC_OK)
		return SW_MEMORY;
	if (*state >= PURSE_BLOCKED_FOR_GOOD && call->cmd->ins != 0x16)
		return SW_APP_BLOCKED;
	return purse_secured(env, call, guard, PBOC_KEY_MAINTENANCE, &data, &len);
}

/* P2 00: until it is unblocked; 01: for good. */
uint16_t
purse_block(struct card_env *env, struct card_call *call)
{
	enum purse_state state;
	uint16_t sw;

	if (call->cmd->p1 != 0 || call->cmd->p2 > 1)
		return SW_P1P2;
	sw = check_order(env, call, PURSE_GUARD_MAC, &state);
	if (sw != SW_OK)
		return sw;
	return set_state(env, call->cmd->p2 == 0 ? PURSE_BLOCKED : PURSE_BLOCKED_FOR_GOOD);
}

/* Three wrong MACs in a row block a blocked purse for good. */
uint16_t
purse_unblock(struct card_env *env, struct card_call *call)
{
	enum purse_state state;
	uint16_t sw = purse_is_open(env);

	if (sw == SW_OK)
		return SW_CONDITIONS; /* there is nothing to unblock */
	sw = check_order(env, call, PURSE_GUARD_UNBLOCK, &state);
	return sw == SW_OK ? set_state(env, PURSE_ACTIVE) : sw;
}

/* The purse is gone for everybody; the card's other applications are not the purse's to block. */
uint16_t
purse_block_card(struct card_env *env, struct card_call *call)
{
	enum purse_state state;
	uint16_t sw = check_order(env, call, PURSE_GUARD_MAC, &state);

	return sw == SW_OK ? set_state(env, PURSE_DEAD) : sw;
}
