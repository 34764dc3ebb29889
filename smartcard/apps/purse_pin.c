// SPDX-License-Identifier: GPL-3.0-or-later
/* The purse's PIN, BCD bytes as terminals send it (JR/T 0025.1-2010, 7.2: VERIFY, CHANGE and RELOAD
 * PIN, PIN UNBLOCK). */
#include "apps/common.h"
#include "apps/purse_guard.h"
#include "apps/purse_trade.h"
#include "base/mem.h"
#include "base/status_word.h"

#define PIN_MIN_BYTES 2U
#define SEPARATOR 0xFFU

static uint16_t
check_pin(const struct card_env *env, const uint8_t *pin, size_t len)
{
	struct purse_ram *ram = env->ram;
	uint8_t given[1 + PURSE_PIN_MAX] = { (uint8_t)len };
	struct purse_face f;
	uint16_t sw = SW_MEMORY;

	ram->verified = 0;
	if (len < PIN_MIN_BYTES || len > PURSE_PIN_MAX)
		return SW_LENGTH;
	memcpy(given + 1, pin, len);
	if (purse_face_load(env, &f) == RC_OK)
		sw = f.pin[0] == 0 ? (uint16_t)SW_CONDITIONS
				   : purse_guard_spend(env, PURSE_GUARD_PIN);
	if (sw == SW_OK && !mem_equal_ct(given, f.pin, sizeof given)) {
		const uint8_t left = purse_guard_left(env, PURSE_GUARD_PIN);

		sw = left > 0 ? SW_PIN_WRONG(left) : (uint16_t)SW_BLOCKED;
	}
	if (sw == SW_OK)
		sw = purse_guard_restore(env, PURSE_GUARD_PIN);
	mem_wipe(given, sizeof given);
	mem_wipe(&f, sizeof f);
	return sw;
}

static bool
is_bcd(const uint8_t *pin, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const unsigned int low = pin[i] & 0x0FU;

		if (pin[i] >> 4 > 9 || (low > 9 && !(low == 0x0F && i + 1 == len)))
			return false; /* an odd number of digits ends in F */
	}
	return len >= PIN_MIN_BYTES && len <= PURSE_PIN_MAX;
}

static uint16_t
set_pin(const struct card_env *env, const uint8_t *pin, size_t len)
{
	struct purse_face f;
	uint16_t sw = SW_MEMORY;

	if (!is_bcd(pin, len))
		return SW_DATA;
	if (purse_face_load(env, &f) == RC_OK) {
		memset(f.pin, 0, sizeof f.pin);
		f.pin[0] = (uint8_t)len;
		memcpy(f.pin + 1, pin, len);
		sw = app_status(purse_face_stage(env, &f));
	}
	mem_wipe(&f, sizeof f);
	return sw == SW_OK ? purse_guard_restore(env, PURSE_GUARD_PIN) : sw;
}

/* Without data: how many tries are left. */
uint16_t
purse_verify(struct card_env *env, struct card_call *call)
{
	struct purse_ram *ram = env->ram;
	uint8_t left;
	uint16_t sw;

	if (call->cmd->p1 != 0 || call->cmd->p2 != 0)
		return SW_P1P2;
	if (call->cmd->lc == 0) {
		left = purse_guard_left(env, PURSE_GUARD_PIN);
		return left > 0 ? SW_PIN_WRONG(left) : SW_BLOCKED;
	}
	sw = check_pin(env, call->cmd->data, call->cmd->lc);
	if (sw == SW_OK)
		ram->verified = card_selection_number(env->card);
	return sw;
}

/* Old PIN, FF, new PIN. */
static uint16_t
change(const struct card_env *env, const struct apdu *cmd)
{
	size_t at = PIN_MIN_BYTES;
	uint16_t sw;

	while (at < cmd->lc && cmd->data[at] != SEPARATOR)
		at++;
	if (at + 1 >= cmd->lc)
		return SW_DATA;
	if (!is_bcd(cmd->data + at + 1, cmd->lc - at - 1U)) /* before a try is spent */
		return SW_DATA;
	sw = check_pin(env, cmd->data, at);
	return sw == SW_OK ? set_pin(env, cmd->data + at + 1, cmd->lc - at - 1U) : sw;
}

/* New PIN, MAC under the folded reload key. */
static uint16_t
reload(const struct card_env *env, const struct apdu *cmd)
{
	const struct crypto_part part = { cmd->data, cmd->lc - (size_t)PBOC_MAC };
	struct pboc_key key, folded = { .len = 0 };
	uint8_t want[PBOC_MAC], version;
	uint16_t sw;
	enum rc rc = purse_key_find(env, PBOC_KEY_PIN_RELOAD, 1, &key, &version);

	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? SW_CONDITIONS : SW_MEMORY;
	sw = purse_guard_spend(env, PURSE_GUARD_MAC);
	if (sw == SW_OK && (pboc_folded(&key, &folded) != RC_OK ||
			    pboc_mac(env->crypto, &folded, NULL, &part, 1, want) != RC_OK))
		sw = SW_FAULT;
	if (sw == SW_OK && !mem_equal_ct(want, cmd->data + part.len, sizeof want))
		sw = SW_SM_DATA;
	if (sw == SW_OK)
		sw = purse_guard_restore(env, PURSE_GUARD_MAC);
	mem_wipe(&key, sizeof key);
	mem_wipe(&folded, sizeof folded);
	return sw == SW_OK ? set_pin(env, cmd->data, part.len) : sw;
}

uint16_t
purse_change_pin(struct card_env *env, struct card_call *call)
{
	const struct apdu *cmd = call->cmd;
	uint16_t sw = purse_is_open(env);

	if (cmd->p2 != 0 || cmd->p1 > 1)
		return SW_P1P2;
	if (sw != SW_OK)
		return sw;
	return cmd->p1 == 1 ? change(env, cmd) : reload(env, cmd);
}

/* The PIN in the data becomes the PIN, with all its tries. */
uint16_t
purse_unblock_pin(struct card_env *env, struct card_call *call)
{
	uint8_t pin[PBOC_ENCIPHERED_MAX], version;
	const uint8_t *data = NULL;
	size_t len = 0, pin_len = 0;
	struct pboc_key key;
	uint16_t sw = purse_is_open(env);
	enum rc rc;

	if (call->cmd->p1 != 0 || call->cmd->p2 > 1)
		return SW_P1P2;
	if (sw == SW_OK)
		sw = purse_secured(env, call, PURSE_GUARD_MAC, PBOC_KEY_PIN_UNBLOCK, &data, &len);
	if (sw != SW_OK)
		return sw;
	rc = purse_key_find(env, PBOC_KEY_PIN_UNBLOCK, 1, &key, &version);
	if (rc == RC_OK)
		rc = pboc_decipher(env->crypto, &key, data, len, pin, &pin_len);
	mem_wipe(&key, sizeof key);
	sw = rc == RC_OK ? set_pin(env, pin, pin_len) : app_status(rc);
	mem_wipe(pin, sizeof pin);
	return sw;
}
