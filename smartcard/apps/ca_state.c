// SPDX-License-Identifier: GPL-3.0-or-later
/* Identity and keys of the CA application, its way to the purse, and the answer to the box. */
#include "apps/ca_state.h"

#include "apps/common.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "derive/ladder.h"
#include "wire/personalise.h"

struct ca_ram *
ca_ram(const struct card_env *env)
{
	return env->ram;
}

enum rc
ca_identity_load(const struct card_env *env, struct ca_identity *id)
{
	uint8_t raw[CA_IDENTITY_SIZE] = { 0 };
	struct reader r = reader_over(raw, sizeof raw);
	enum rc rc = nv_part_read(&env->part, CA_AT_IDENTITY, raw, sizeof raw);

	if (rc != RC_OK)
		return rc;
	id->has = read_u8(&r);
	id->profile = read_u8(&r);
	id->operator_id = read_be16(&r);
	id->leaf = read_be32(&r);
	id->key_version = read_u8(&r);
	id->signing_version = read_u8(&r);
	id->signing_floor = read_u8(&r);
	return RC_OK;
}

enum rc
ca_identity_stage(const struct card_env *env, const struct ca_identity *id)
{
	uint8_t raw[CA_IDENTITY_SIZE] = { 0 };
	struct writer w = writer_over(raw, sizeof raw);

	write_u8(&w, id->has);
	write_u8(&w, id->profile);
	write_be16(&w, id->operator_id);
	write_be32(&w, id->leaf);
	write_u8(&w, id->key_version);
	write_u8(&w, id->signing_version);
	write_u8(&w, id->signing_floor);
	return nv_part_stage(&env->part, CA_AT_IDENTITY, raw, sizeof raw);
}

enum rc
ca_working_key(const struct card_env *env, unsigned int label, uint8_t key[CRYPTO_KEY])
{
	uint8_t card_key[CRYPTO_KEY];
	enum rc rc = nv_part_read(&env->part, CA_AT_KEY, card_key, sizeof card_key);

	if (rc == RC_OK)
		rc = ladder_derive(env->crypto, card_key, (enum ladder_label)label, NULL, 0, key);
	mem_wipe(card_key, sizeof card_key);
	return rc;
}

enum rc
ca_stage_changed(const struct card_env *env, uint32_t offset, const uint8_t *src, uint32_t len)
{
	uint8_t old[CRYPTO_PUBLIC];
	enum rc rc = len <= sizeof old ? nv_part_read(&env->part, offset, old, len) : RC_RANGE;

	if (rc == RC_OK && memcmp(old, src, len) != 0)
		rc = nv_part_stage(&env->part, offset, src, len);
	mem_wipe(old, sizeof old);
	return rc;
}

struct pin_place
ca_pin_place(void)
{
	return (struct pin_place) { CA_AT_PIN, CA_AT_CELLS, CA_CELLS, CA_CELL_PIN };
}

enum rc
ca_purse(const struct card_env *env, const struct purse_service **service, struct card_env **purse)
{
	static const uint8_t aid[] = AID_PURSE;
	const void *found;
	enum rc rc = card_service(env->card, aid, sizeof aid, &found, purse);

	if (rc == RC_OK)
		*service = found;
	return rc;
}

void
ca_answer_balance(const struct card_env *env, uint8_t slot, struct ca_answer *a)
{
	const struct purse_service *service;
	struct card_env *purse;
	struct ca_slot s;

	if (ca_purse(env, &service, &purse) != RC_OK || service->slot(purse, slot, &s) != PURSE_OK)
		return;
	a->has_balance = true;
	a->slot = slot;
	memcpy(a->unit, s.unit, sizeof a->unit);
	a->decimals = s.decimals;
	a->balance = s.balance;
}

uint16_t
ca_answer_send(struct card_call *call, struct ca_answer *a)
{
	size_t len = 0;
	enum rc rc = ca_answer_encode(a, call->rsp, CARD_RESPONSE_MAX, &len);

	mem_wipe(a, sizeof *a);
	if (rc != RC_OK)
		return SW_FAULT;
	call->rsp_len = (uint16_t)len;
	return SW_OK;
}
