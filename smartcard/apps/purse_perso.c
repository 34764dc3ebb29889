// SPDX-License-Identifier: GPL-3.0-or-later
/* Personalisation of the purse (FORMATS.md, "Personalisation"). */
#include "apps/common.h"
#include "apps/purse_guard.h"
#include "apps/purse_trade.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "wire/personalise.h"

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

/* A key of the PBOC face: type, index, version, algorithm, wrapped key, check value. */
static uint16_t
store_key(struct card_env *env, struct reader *r)
{
	uint8_t type = read_u8(r), index = read_u8(r), version = read_u8(r), kcv[CRYPTO_KCV];
	struct pboc_key key = { .algorithm = read_u8(r), .len = CRYPTO_KEY };
	const uint8_t *wrapped = read_slice(r, CRYPTO_KEY);
	enum rc rc;

	read_bytes(r, kcv, sizeof kcv);
	if (!wrapped || !reader_at_end(r) || type == 0 || index == 0 || key.algorithm > PBOC_AES)
		return SW_DATA;
	rc = card_unwrap_key(env->card, wrapped, kcv, key.bytes);
	if (rc == RC_OK)
		rc = purse_key_stage(env, type, index, version, &key);
	mem_wipe(&key, sizeof key);
	return rc == RC_AUTH ? SW_DATA : app_status(rc);
}

/* EF17 takes one record after the other; a tag that is there is replaced. */
static uint16_t
store_record(struct card_env *env, struct reader *r)
{
	struct purse_card c = { .tag = read_u8(r) }, old;
	unsigned int number = 0;
	enum rc rc;

	if (r->failed || r->left == 0 || r->left > sizeof c.bytes)
		return SW_DATA;
	c.len = (uint8_t)r->left;
	read_bytes(r, c.bytes, c.len);
	rc = purse_card_find(env, c.tag, &number);
	while (rc == RC_NOT_FOUND && number < PURSE_CARDS_MAX &&
	       purse_card_load(env, number, &old) == RC_OK)
		number++;
	if (number == PURSE_CARDS_MAX)
		return SW_MEMORY_FULL;
	if (rc == RC_OK || rc == RC_NOT_FOUND)
		rc = purse_card_stage(env, number, &c);
	return app_status(rc);
}

/* A file as a whole: short identifier, bytes. */
static uint16_t
store_file(struct card_env *env, struct purse_face *f, struct reader *r)
{
	const uint8_t sfi = read_u8(r);
	const size_t size = sfi == 0x15 ? PBOC_PUBLIC : PBOC_HOLDER;
	const uint8_t *bytes;

	if (sfi == 0x17)
		return store_record(env, r);
	bytes = read_slice(r, size);
	if (!bytes || !reader_at_end(r) || (sfi != 0x15 && sfi != 0x16))
		return SW_DATA;
	f->has |= sfi == 0x15 ? PURSE_FACE_PUBLIC : PURSE_FACE_HOLDER;
	return app_status(nv_part_stage(&env->part, sfi == 0x15 ? PURSE_AT_PUBLIC : PURSE_AT_HOLDER,
					bytes, (uint32_t)size));
}

/* Wrapped: length, BCD bytes, zeros. */
static uint16_t
store_pin(const struct card_env *env, struct purse_face *f, struct reader *r)
{
	const uint8_t *wrapped = read_slice(r, CRYPTO_BLOCK);
	uint8_t plain[CRYPTO_BLOCK];
	enum rc rc;

	if (!wrapped || !reader_at_end(r))
		return SW_DATA;
	rc = card_unwrap_key(env->card, wrapped, NULL, plain);
	if (rc == RC_OK && (plain[0] < 2 || plain[0] > PURSE_PIN_MAX))
		rc = RC_FORMAT;
	if (rc == RC_OK)
		memcpy(f->pin, plain, sizeof f->pin);
	mem_wipe(plain, sizeof plain);
	return app_status(rc);
}

/* What the PBOC face is made of; its counters of failures begin here. */
static uint16_t
store_face(struct card_env *env, uint16_t dgi, struct reader *r)
{
	struct purse_face f;
	uint16_t sw = SW_REFERENCE;

	if (purse_guard_prepare(env) != RC_OK || purse_face_load(env, &f) != RC_OK)
		return SW_MEMORY;
	if (dgi == DGI_PURSE_PBOC_KEY)
		sw = store_key(env, r);
	else if (dgi == DGI_PURSE_FILE)
		sw = store_file(env, &f, r);
	else if (dgi == DGI_PURSE_PIN)
		sw = store_pin(env, &f, r);
	else if (dgi == DGI_PURSE_AUTH_CODE) {
		read_bytes(r, f.auth_code, sizeof f.auth_code);
		f.has |= PURSE_FACE_AUTH_CODE;
		sw = reader_at_end(r) ? SW_OK : SW_DATA;
	}
	if (sw == SW_OK)
		sw = app_status(purse_face_stage(env, &f));
	mem_wipe(&f, sizeof f);
	return sw;
}

uint16_t
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
	if (dgi == DGI_PURSE_PBOC_KEY || dgi == DGI_PURSE_FILE || dgi == DGI_PURSE_PIN ||
	    dgi == DGI_PURSE_AUTH_CODE)
		return store_face(env, dgi, &r);
	if (dgi != DGI_PURSE_IDENTITY && dgi != DGI_PURSE_KEY)
		return SW_REFERENCE;
	rc = purse_head_load(env, &head);
	sw = rc == RC_OK ? store_head(env, &head, dgi, &r) : app_status(rc);
	mem_wipe(&head, sizeof head);
	return sw;
}
