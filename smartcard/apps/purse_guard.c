// SPDX-License-Identifier: GPL-3.0-or-later
/* Failure counters, challenges and the MAC of secured commands (JR/T 0025.1-2010, 8; ISO/IEC
 * 9797-1 algorithm 3). */
#include "apps/purse_guard.h"

#include "apps/purse_trade.h"
#include "base/mem.h"
#include "base/status_word.h"

/* By enum purse_guard. */
static const uint8_t tries[PURSE_CELLS] = { 3, 3, 15 };

static enum rc
read_failures(const struct card_env *env, enum purse_guard guard, uint32_t *failures)
{
	return nv_cell_read(&env->part, PURSE_AT_CELLS, PURSE_CELLS, guard, failures);
}

static uint16_t
write_failures(const struct card_env *env, enum purse_guard guard, uint32_t failures)
{
	return nv_cell_write(&env->part, PURSE_AT_CELLS, PURSE_CELLS, guard, failures) == RC_OK
		       ? SW_OK
		       : SW_MEMORY;
}

enum rc
purse_guard_prepare(const struct card_env *env)
{
	uint32_t failures;
	enum rc rc = read_failures(env, PURSE_GUARD_PIN, &failures);

	/* Refused where the page is damaged and not merely blank. */
	return rc == RC_FORMAT
		       ? nv_cell_write(&env->part, PURSE_AT_CELLS, PURSE_CELLS, PURSE_GUARD_PIN, 0)
		       : rc;
}

uint16_t
purse_guard_spend(const struct card_env *env, enum purse_guard guard)
{
	uint32_t failures;

	if (read_failures(env, guard, &failures) != RC_OK)
		return SW_MEMORY;
	if (failures >= tries[guard])
		return SW_BLOCKED;
	return write_failures(env, guard, failures + 1);
}

uint16_t
purse_guard_restore(const struct card_env *env, enum purse_guard guard)
{
	return write_failures(env, guard, 0);
}

uint8_t
purse_guard_left(const struct card_env *env, enum purse_guard guard)
{
	uint32_t failures;

	if (read_failures(env, guard, &failures) != RC_OK || failures > tries[guard])
		return 0;
	return (uint8_t)(tries[guard] - failures);
}

enum rc
purse_guard_is_used_up(const struct card_env *env, enum purse_guard guard, bool *used_up)
{
	uint32_t failures;
	enum rc rc = read_failures(env, guard, &failures);

	if (rc == RC_OK)
		*used_up = failures >= tries[guard];
	return rc;
}

uint16_t
purse_challenge_take(const struct card_env *env, uint8_t challenge[8])
{
	struct purse_ram *ram = env->ram;
	const bool fresh =
		ram->challenged != 0 && ram->challenged + 1 == card_command_number(env->card);

	memcpy(challenge, ram->challenge, sizeof ram->challenge);
	mem_wipe(ram->challenge, sizeof ram->challenge);
	ram->challenged = 0;
	return fresh ? SW_OK : SW_NO_CHALLENGE;
}

static uint16_t
check_mac(const struct card_env *env, const struct card_call *call, const struct pboc_key *key,
	  const uint8_t challenge[8])
{
	const struct apdu *cmd = call->cmd;
	const uint8_t header[5] = { cmd->cla, cmd->ins, cmd->p1, cmd->p2, (uint8_t)cmd->lc };
	const size_t len = cmd->lc - (size_t)PBOC_MAC;
	const struct crypto_part parts[2] = { { header, sizeof header }, { cmd->data, len } };
	uint8_t want[PBOC_MAC];

	if (pboc_mac(env->crypto, key, challenge, parts, 2, want) != RC_OK)
		return SW_FAULT;
	return mem_equal_ct(want, cmd->data + len, sizeof want) ? SW_OK : SW_SM_DATA;
}

uint16_t
purse_secured(const struct card_env *env, const struct card_call *call, enum purse_guard guard,
	      enum pboc_key_type type, const uint8_t **data, size_t *len)
{
	struct pboc_key key;
	uint8_t challenge[8], version;
	uint16_t sw = purse_challenge_take(env, challenge);
	enum rc rc;

	if (sw != SW_OK)
		return sw;
	if (call->cmd->lc < PBOC_MAC || call->cmd->lc > 255)
		return SW_LENGTH;
	rc = purse_key_find(env, (uint8_t)type, 1, &key, &version);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? SW_CONDITIONS : SW_MEMORY;
	sw = purse_guard_spend(env, guard);
	if (sw == SW_OK)
		sw = check_mac(env, call, &key, challenge);
	mem_wipe(&key, sizeof key);
	if (sw == SW_OK)
		sw = purse_guard_restore(env, guard);
	*data = call->cmd->data;
	*len = call->cmd->lc - (size_t)PBOC_MAC;
	return sw;
}

enum rc
purse_state_now(const struct card_env *env, enum purse_state *state)
{
	bool used_up = false;
	uint8_t kept;
	enum rc rc = nv_part_read(&env->part, PURSE_AT_FACE + 1, &kept, 1);

	if (rc == RC_OK && kept == PURSE_BLOCKED)
		rc = purse_guard_is_used_up(env, PURSE_GUARD_UNBLOCK, &used_up);
	if (rc == RC_OK)
		*state = used_up ? PURSE_BLOCKED_FOR_GOOD : (enum purse_state)kept;
	return rc;
}

uint16_t
purse_is_open(const struct card_env *env)
{
	enum purse_state state;

	if (purse_state_now(env, &state) != RC_OK)
		return SW_MEMORY;
	if (state == PURSE_ACTIVE)
		return SW_OK;
	return state == PURSE_BLOCKED ? SW_CONDITIONS : SW_APP_BLOCKED;
}
