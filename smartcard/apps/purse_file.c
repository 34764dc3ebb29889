// SPDX-License-Identifier: GPL-3.0-or-later
/* Files of the PBOC face, by short identifier: 15 public data, 16 holder, 17 records of compound
 * applications, 18 transactions (JR/T 0025.1-2010, 6), 19 the purse's own log (FORMATS.md). */
#include "apps/common.h"
#include "apps/purse_guard.h"
#include "apps/purse_trade.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"

#define SFI_PUBLIC 0x15U
#define SFI_HOLDER 0x16U
#define SFI_RECORDS 0x17U
#define SFI_TRADES 0x18U
#define SFI_LOG 0x19U
#define BY_TAG 0U
#define BY_NUMBER 4U
#define CLA_SECURE 0x04U

struct binary {
	uint32_t at;
	uint16_t size;
	bool is_private;
};

static uint16_t
find_binary(const struct card_env *env, const struct apdu *cmd, struct binary *b)
{
	struct purse_face f;
	const unsigned int sfi = cmd->p1 & 0x1FU;
	uint8_t has;

	if ((cmd->p1 & 0xE0U) != 0x80U)
		return SW_P1P2;
	if (sfi == SFI_RECORDS || sfi == SFI_TRADES || sfi == SFI_LOG)
		return SW_FILE_TYPE;
	if (purse_face_load(env, &f) != RC_OK)
		return SW_MEMORY;
	has = f.has;
	mem_wipe(&f, sizeof f);
	if (sfi == SFI_PUBLIC && (has & PURSE_FACE_PUBLIC) != 0)
		*b = (struct binary) { PURSE_AT_PUBLIC, PBOC_PUBLIC, false };
	else if (sfi == SFI_HOLDER && (has & PURSE_FACE_HOLDER) != 0)
		*b = (struct binary) { PURSE_AT_HOLDER, PBOC_HOLDER, true };
	else
		return SW_FILE;
	return cmd->p2 < b->size ? SW_OK : SW_OFFSET;
}

uint16_t
purse_read_binary(struct card_env *env, struct card_call *call)
{
	struct binary b;
	uint32_t n;
	uint16_t sw = find_binary(env, call->cmd, &b);

	if (sw == SW_OK && b.is_private && !purse_pin_was_given(env))
		sw = SW_SECURITY_STATUS;
	if (sw != SW_OK)
		return sw;
	n = (uint32_t)b.size - call->cmd->p2;
	if (call->cmd->le != 0 && call->cmd->le < n)
		n = call->cmd->le;
	call->rsp_len = (uint16_t)n;
	return app_status(nv_part_read(&env->part, b.at + call->cmd->p2, call->rsp, n));
}

/* Who may write: the maintenance key in this command, or a terminal that has proved itself. */
static uint16_t
check_writer(const struct card_env *env, const struct card_call *call, const uint8_t **data,
	     size_t *len)
{
	const struct purse_ram *ram = env->ram;
	uint16_t sw = purse_is_open(env);

	if (sw != SW_OK)
		return sw;
	if ((call->cmd->cla & CLA_SECURE) != 0)
		return purse_secured(env, call, PURSE_GUARD_MAC, PBOC_KEY_MAINTENANCE, data, len);
	*data = call->cmd->data;
	*len = call->cmd->lc;
	return ram->authenticated != 0 && ram->authenticated == card_selection_number(env->card)
		       ? SW_OK
		       : SW_SECURITY_STATUS;
}

uint16_t
purse_update_binary(struct card_env *env, struct card_call *call)
{
	const uint8_t *data = NULL;
	struct binary b = { .size = 0 };
	size_t len = 0;
	uint16_t sw = check_writer(env, call, &data, &len);

	if (sw == SW_OK)
		sw = find_binary(env, call->cmd, &b);
	if (sw != SW_OK)
		return sw;
	if (len == 0 || len > (size_t)b.size - call->cmd->p2)
		return SW_LENGTH;
	return app_status(nv_part_stage(&env->part, b.at + call->cmd->p2, data, (uint32_t)len));
}

/* The record of EF17 that P1 and P2 name. */
static uint16_t
find_card(const struct card_env *env, const struct apdu *cmd, unsigned int *number,
	  struct purse_card *c)
{
	const unsigned int sfi = cmd->p2 >> 3U, how = cmd->p2 & 7U;
	enum rc rc = RC_OK;

	c->len = 0;
	if (sfi == SFI_PUBLIC || sfi == SFI_HOLDER)
		return SW_FILE_TYPE;
	if (sfi != SFI_RECORDS)
		return sfi == SFI_TRADES || sfi == SFI_LOG ? SW_FILE_TYPE : SW_FILE;
	*number = cmd->p1 - 1U;
	if (how == BY_TAG)
		rc = purse_card_find(env, cmd->p1, number);
	else if (how != BY_NUMBER)
		return SW_P1P2;
	if (rc == RC_OK)
		rc = purse_card_load(env, *number, c);
	return rc == RC_NOT_FOUND ? SW_RECORD : app_status(rc);
}

uint16_t
purse_read_record(struct card_env *env, struct card_call *call)
{
	const struct apdu *cmd = call->cmd;
	struct purse_card c;
	unsigned int number;
	uint16_t sw;
	enum rc rc;

	if (cmd->p2 == (SFI_TRADES << 3 | BY_NUMBER)) {
		rc = purse_trade_read(env, cmd->p1, call->rsp);
		call->rsp_len = PBOC_LOG_RECORD;
		return rc == RC_NOT_FOUND ? SW_RECORD : app_status(rc);
	}
	if (cmd->p2 == (SFI_LOG << 3 | BY_NUMBER)) {
		rc = purse_log_read(env, cmd->p1, call->rsp);
		call->rsp_len = PURSE_LOG_SIZE;
		return rc == RC_NOT_FOUND ? SW_RECORD : app_status(rc);
	}
	sw = find_card(env, cmd, &number, &c);
	if (sw != SW_OK)
		return sw;
	memcpy(call->rsp, c.bytes, c.len);
	call->rsp_len = c.len;
	return SW_OK;
}

uint16_t
purse_update_record(struct card_env *env, struct card_call *call)
{
	const uint8_t *data = NULL;
	struct purse_card c;
	unsigned int number = 0;
	size_t len = 0;
	uint16_t sw = check_writer(env, call, &data, &len);

	if (sw == SW_OK)
		sw = find_card(env, call->cmd, &number, &c);
	if (sw != SW_OK)
		return sw;
	if (len != c.len)
		return SW_LENGTH;
	memcpy(c.bytes, data, len);
	return app_status(purse_card_stage(env, number, &c));
}

/* Of city cards: goes below MAC1 of a purchase. */
uint16_t
purse_get_auth_code(struct card_env *env, struct card_call *call)
{
	struct purse_face f;
	uint16_t sw = SW_REFERENCE;

	if (purse_face_load(env, &f) != RC_OK)
		return SW_MEMORY;
	if ((f.has & PURSE_FACE_AUTH_CODE) != 0) {
		memcpy(call->rsp, f.auth_code, sizeof f.auth_code);
		call->rsp_len = sizeof f.auth_code;
		sw = SW_OK;
	}
	mem_wipe(&f, sizeof f);
	return sw;
}

/* 9F08 version, 9F0C public data; a purse without them shows its name (50). */
uint16_t
purse_describe(struct card_env *env, struct writer *fci)
{
	static const uint8_t version[] = { 0x9F, 0x08, 0x01, 0x01, 0x9F, 0x0C, PBOC_PUBLIC };
	static const uint8_t name[] = { 0x50, 5, 'p', 'u', 'r', 's', 'e' };
	uint8_t public_data[PBOC_PUBLIC];
	enum purse_state state;
	struct purse_face f;

	if (purse_face_load(env, &f) != RC_OK || purse_state_now(env, &state) != RC_OK ||
	    nv_part_read(&env->part, PURSE_AT_PUBLIC, public_data, sizeof public_data) != RC_OK)
		return SW_MEMORY;
	if (state == PURSE_DEAD)
		return SW_FUNCTION;
	if ((f.has & PURSE_FACE_PUBLIC) != 0) {
		write_bytes(fci, version, sizeof version);
		write_bytes(fci, public_data, sizeof public_data);
	} else {
		write_bytes(fci, name, sizeof name);
	}
	mem_wipe(&f, sizeof f);
	return state == PURSE_ACTIVE ? SW_OK : SW_CARD_LOCKED;
}
