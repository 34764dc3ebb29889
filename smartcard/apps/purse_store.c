// SPDX-License-Identifier: GPL-3.0-or-later
/* The purse's partition as structs (FORMATS.md, "Card memory"). */
#include "apps/purse_store.h"

#include "base/bytes.h"
#include "base/mem.h"

enum rc
purse_head_load(const struct card_env *env, struct purse_head *h)
{
	uint8_t raw[PURSE_HEAD_SIZE] = { 0 };
	struct reader r = reader_over(raw, sizeof raw);
	enum rc rc = nv_part_read(&env->part, PURSE_AT_HEAD, raw, sizeof raw);

	if (rc == RC_OK) {
		h->has = read_u8(&r);
		h->key_version = read_u8(&r);
		h->issuer = read_be16(&r);
		h->leaf = read_be32(&r);
		h->sequence = read_be32(&r);
		read_bytes(&r, h->key, sizeof h->key);
	}
	mem_wipe(raw, sizeof raw);
	return rc;
}

enum rc
purse_head_stage(const struct card_env *env, const struct purse_head *h)
{
	uint8_t raw[PURSE_HEAD_SIZE] = { 0 };
	struct writer w = writer_over(raw, sizeof raw);
	enum rc rc;

	write_u8(&w, h->has);
	write_u8(&w, h->key_version);
	write_be16(&w, h->issuer);
	write_be32(&w, h->leaf);
	write_be32(&w, h->sequence);
	write_bytes(&w, h->key, sizeof h->key);
	rc = nv_part_stage(&env->part, PURSE_AT_HEAD, raw, sizeof raw);
	mem_wipe(raw, sizeof raw);
	return rc;
}

static uint32_t
slot_place(uint8_t slot)
{
	return slot < PURSE_SLOTS_FIRST
		       ? PURSE_AT_SLOTS + slot * PURSE_SLOT_SIZE
		       : PURSE_AT_SLOTS_MORE + (slot - PURSE_SLOTS_FIRST) * PURSE_SLOT_SIZE;
}

enum rc
purse_slot_load(const struct card_env *env, uint8_t slot, struct purse_slot *s)
{
	uint8_t raw[PURSE_SLOT_SIZE] = { 0 };
	struct reader r = reader_over(raw, sizeof raw);
	enum rc rc;

	if (slot >= PURSE_SLOTS_MAX)
		return RC_NOT_FOUND;
	rc = nv_part_read(&env->part, slot_place(slot), raw, sizeof raw);
	if (rc != RC_OK)
		return rc;
	s->used = read_u8(&r) != 0;
	s->decimals = read_u8(&r);
	s->label_len = read_u8(&r);
	read_bytes(&r, s->unit, sizeof s->unit);
	read_bytes(&r, s->label, sizeof s->label);
	s->maximum = read_be64(&r);
	for (unsigned int i = 0; i < PURSE_SOURCES; i++)
		s->credit[i] = read_be64(&r);
	s->refund = read_be64(&r);
	s->spent = read_be64(&r);
	for (unsigned int i = 0; i < PURSE_SOURCES; i++)
		s->credit_sequence[i] = read_be32(&r);
	s->owner = read_be16(&r);
	s->overdraft = read_be32(&r);
	s->threshold = read_be32(&r);
	s->ceiling = read_be32(&r);
	s->paid_out = 0;
	if (slot == 0) {
		rc = nv_part_read(&env->part, PURSE_AT_FACE + PURSE_FACE_PAID_OUT, raw, 8);
		s->paid_out = get_be64(raw);
	}
	if (rc != RC_OK)
		return rc;
	return s->used ? RC_OK : RC_NOT_FOUND;
}

enum rc
purse_slot_stage(const struct card_env *env, uint8_t slot, const struct purse_slot *s)
{
	uint8_t raw[PURSE_SLOT_SIZE] = { 0 };
	struct writer w = writer_over(raw, sizeof raw);

	write_u8(&w, s->used ? 1 : 0);
	write_u8(&w, s->decimals);
	write_u8(&w, s->label_len);
	write_bytes(&w, s->unit, sizeof s->unit);
	write_bytes(&w, s->label, sizeof s->label);
	write_be64(&w, s->maximum);
	for (unsigned int i = 0; i < PURSE_SOURCES; i++)
		write_be64(&w, s->credit[i]);
	write_be64(&w, s->refund);
	write_be64(&w, s->spent);
	for (unsigned int i = 0; i < PURSE_SOURCES; i++)
		write_be32(&w, s->credit_sequence[i]);
	write_be16(&w, s->owner);
	write_be32(&w, s->overdraft);
	write_be32(&w, s->threshold);
	write_be32(&w, s->ceiling);
	return nv_part_stage(&env->part, slot_place(slot), raw, sizeof raw);
}

enum rc
purse_limit_load(const struct card_env *env, unsigned int index, struct purse_limit *l)
{
	uint8_t raw[PURSE_LIMIT_SIZE] = { 0 };
	struct reader r = reader_over(raw, sizeof raw);
	enum rc rc = nv_part_read(&env->part, PURSE_AT_LIMITS + index * PURSE_LIMIT_SIZE, raw,
				  sizeof raw);

	if (rc != RC_OK)
		return rc;
	l->aid_len = read_u8(&r);
	read_bytes(&r, l->aid, sizeof l->aid);
	l->single = read_be32(&r);
	return l->aid_len <= sizeof l->aid ? RC_OK : RC_FORMAT;
}

enum rc
purse_limit_stage(const struct card_env *env, unsigned int index, const struct purse_limit *l)
{
	uint8_t raw[PURSE_LIMIT_SIZE] = { 0 };
	struct writer w = writer_over(raw, sizeof raw);

	write_u8(&w, l->aid_len);
	write_bytes(&w, l->aid, sizeof l->aid);
	write_be32(&w, l->single);
	return nv_part_stage(&env->part, PURSE_AT_LIMITS + index * PURSE_LIMIT_SIZE, raw,
			     sizeof raw);
}
