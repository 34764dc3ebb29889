// SPDX-License-Identifier: GPL-3.0-or-later
/* The e-purse application: its commands and its personalisation (GET BALANCE and the log as in
 * JR/T 0025.1; the debit and credit commands of that face come with the payment terminal). */
#include "apps/profile.h"

#include "apps/common.h"
#include "apps/purse_store.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "wire/personalise.h"

#define INS_GET_BALANCE 0x5C
#define INS_READ_RECORD 0xB2
#define P2_PURSE 0x02       /* GET BALANCE: 01 deposit, 02 purse */
#define P2_LOG 0xC4         /* READ RECORD: SFI 18h, by number */
#define PURSE_DEBIT_SLOT 0U /* the viewer's money */

static uint16_t
purse_get_balance(struct card_env *env, struct card_call *call)
{
	struct purse_slot s;
	uint64_t balance;
	enum rc rc;

	if (call->cmd->p1 != 0 || call->cmd->p2 != P2_PURSE)
		return SW_P1P2;
	rc = purse_slot_load(env, PURSE_DEBIT_SLOT, &s);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? SW_REFERENCE : app_status(rc);
	balance = purse_slot_balance(&s);
	put_be32(call->rsp, balance < UINT32_MAX ? (uint32_t)balance : UINT32_MAX);
	call->rsp_len = 4;
	return SW_OK;
}

static uint16_t
purse_read_record(struct card_env *env, struct card_call *call)
{
	enum rc rc;

	if (call->cmd->p2 != P2_LOG)
		return SW_P1P2;
	rc = purse_log_read(env, call->cmd->p1, call->rsp);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? SW_RECORD : app_status(rc);
	call->rsp_len = PURSE_LOG_SIZE;
	return SW_OK;
}

static uint16_t
store_head(struct card_env *env, struct purse_head *head, uint16_t dgi, struct reader *r)
{
	const uint8_t *wrapped;
	uint8_t kcv[CRYPTO_KCV];
	enum rc rc = RC_OK;

	if (dgi == DGI_PURSE_IDENTITY) {
		head->issuer = read_be16(r);
		head->leaf = read_be32(r);
		head->has |= PURSE_HAS_IDENTITY;
	} else {
		head->key_version = read_u8(r);
		wrapped = read_slice(r, CRYPTO_KEY);
		read_bytes(r, kcv, sizeof kcv);
		if (!wrapped || !reader_at_end(r))
			return SW_DATA;
		rc = card_unwrap_key(env->card, wrapped, kcv, head->key);
		head->has |= PURSE_HAS_KEY;
	}
	if (rc == RC_OK)
		rc = reader_at_end(r) ? purse_head_stage(env, head) : RC_FORMAT;
	return rc == RC_AUTH ? SW_DATA : app_status(rc);
}

static uint16_t
store_slot(struct card_env *env, struct reader *r)
{
	struct purse_slot s = { .used = true };
	uint8_t slot = read_u8(r);

	read_bytes(r, s.unit, sizeof s.unit);
	s.decimals = read_u8(r);
	s.maximum = read_be64(r);
	s.label_len = read_u8(r);
	if (slot >= PURSE_SLOTS_MAX || s.label_len > sizeof s.label || s.maximum > INT64_MAX)
		return SW_DATA;
	read_bytes(r, s.label, s.label_len);
	return reader_at_end(r) ? app_status(purse_slot_stage(env, slot, &s)) : SW_DATA;
}

/* The entry of this caller, else the first free one. */
static uint16_t
store_limit(struct card_env *env, struct reader *r)
{
	struct purse_limit limit = { .aid_len = read_u8(r) }, old;
	unsigned int place = PURSE_LIMITS_MAX;

	if (limit.aid_len < 5 || limit.aid_len > sizeof limit.aid)
		return SW_DATA;
	read_bytes(r, limit.aid, limit.aid_len);
	limit.single = read_be32(r);
	if (!reader_at_end(r))
		return SW_DATA;
	for (unsigned int i = PURSE_LIMITS_MAX; i-- > 0;) {
		enum rc rc = purse_limit_load(env, i, &old);

		if (rc != RC_OK)
			return app_status(rc);
		if (old.aid_len == limit.aid_len && memcmp(old.aid, limit.aid, sizeof old.aid) == 0)
			return app_status(purse_limit_stage(env, i, &limit));
		if (old.aid_len == 0)
			place = i;
	}
	return place < PURSE_LIMITS_MAX ? app_status(purse_limit_stage(env, place, &limit))
					: SW_MEMORY_FULL;
}

static uint16_t
purse_store_data(struct card_env *env, uint16_t dgi, const uint8_t *data, uint16_t len)
{
	struct reader r = reader_over(data, len);
	struct purse_head head;
	uint16_t sw;
	enum rc rc;

	if (dgi == DGI_PURSE_SLOT)
		return store_slot(env, &r);
	if (dgi == DGI_PURSE_LIMIT)
		return store_limit(env, &r);
	if (dgi != DGI_PURSE_IDENTITY && dgi != DGI_PURSE_KEY)
		return SW_REFERENCE;
	rc = purse_head_load(env, &head);
	sw = rc == RC_OK ? store_head(env, &head, dgi, &r) : app_status(rc);
	mem_wipe(&head, sizeof head);
	return sw;
}

static bool
purse_is_personalised(struct card_env *env)
{
	struct purse_head head;
	struct purse_slot s;
	bool complete = purse_head_load(env, &head) == RC_OK &&
			head.has == (PURSE_HAS_IDENTITY | PURSE_HAS_KEY) &&
			purse_slot_load(env, PURSE_DEBIT_SLOT, &s) == RC_OK;

	mem_wipe(&head, sizeof head);
	return complete;
}

static const struct card_command purse_commands[] = {
	{ 0x80, INS_GET_BALANCE, P_ANY, 0, 0, ACCESS_ALWAYS, purse_get_balance },
	{ 0x00, INS_READ_RECORD, P_ANY, 0, 0, ACCESS_ALWAYS, purse_read_record },
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
	.is_personalised = purse_is_personalised,
	.serve = purse_serve,
	.service = &purse_service_table,
};
