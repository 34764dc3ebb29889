// SPDX-License-Identifier: GPL-3.0-or-later
/* PUT KEY: a whole key set becomes valid at once, or nothing changes (GlobalPlatform 11.8,
 * Amendment D 7.2). */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "core/kernel.h"
#include "wire/personalise.h"

#define P2_THREE_KEYS_FROM_1 0x81
#define KEY_TYPE_AES 0x88
#define LAST_VERSION 0x7F

/* One key: 88 10 key 03 KCV, or 88 11 10 key 03 KCV. */
static uint16_t
read_key(const struct card *card, struct reader *r, uint8_t key[CRYPTO_KEY],
	 uint8_t kcv_out[CRYPTO_KCV])
{
	const uint8_t *wrapped, *kcv;
	uint8_t type = read_u8(r);
	uint8_t len = read_u8(r);
	enum rc rc;

	if (len == CRYPTO_KEY + 1)
		len = read_u8(r);
	wrapped = read_slice(r, CRYPTO_KEY);
	if (type != KEY_TYPE_AES || len != CRYPTO_KEY || read_u8(r) != CRYPTO_KCV)
		return SW_DATA;
	kcv = read_slice(r, CRYPTO_KCV);
	if (!wrapped || !kcv)
		return SW_DATA;
	rc = card_unwrap_key(card, wrapped, kcv, key);
	if (rc == RC_OK)
		memcpy(kcv_out, kcv, CRYPTO_KCV);
	if (rc == RC_AUTH)
		return SW_DATA;
	return rc == RC_OK ? SW_OK : SW_FAULT;
}

/* Which key set P1 means; there is room for one, so a new one takes the test keys' place. */
static uint16_t
check_version(uint8_t p1, uint8_t current, uint8_t new_version)
{
	if (new_version == 0 || new_version > LAST_VERSION)
		return SW_DATA;
	if (p1 != 0)
		return p1 == current ? SW_OK : SW_REFERENCE;
	return current == SCP_KEY_VERSION_TEST ? SW_OK : SW_MEMORY_FULL;
}

uint16_t
issuer_put_key(struct card_env *env, struct card_call *call)
{
	const struct apdu *cmd = call->cmd;
	struct reader r = reader_over(cmd->data, cmd->lc);
	struct issuer_data d;
	uint8_t answer[1 + 3 * CRYPTO_KCV];
	uint16_t sw;

	if (cmd->p2 != P2_THREE_KEYS_FROM_1)
		return SW_P1P2;
	if (issuer_read(env->card, &d) != RC_OK)
		return SW_MEMORY;
	answer[0] = read_u8(&r);
	sw = check_version(cmd->p1, d.key_version, answer[0]);
	d.key_version = answer[0];
	if (sw == SW_OK)
		sw = read_key(env->card, &r, d.keys.enc, answer + 1);
	if (sw == SW_OK)
		sw = read_key(env->card, &r, d.keys.mac, answer + 4);
	if (sw == SW_OK)
		sw = read_key(env->card, &r, d.keys.dek, answer + 7);
	if (sw == SW_OK && !reader_at_end(&r))
		sw = SW_DATA;
	if (sw == SW_OK && issuer_stage(env->card, &d) != RC_OK)
		sw = SW_MEMORY;
	if (sw == SW_OK) {
		memcpy(call->rsp, answer, sizeof answer);
		call->rsp_len = sizeof answer;
	}
	mem_wipe(&d, sizeof d);
	return sw;
}
