// SPDX-License-Identifier: GPL-3.0-or-later
/* What the purse's PBOC face keeps in its partition (FORMATS.md, "Partition of the purse"). */
#include "apps/purse_store.h"
#include "base/bytes.h"
#include "base/mem.h"

enum rc
purse_face_load(const struct card_env *env, struct purse_face *f)
{
	uint8_t raw[PURSE_FACE_SIZE] = { 0 };
	struct reader r = reader_over(raw, sizeof raw);
	enum rc rc = nv_part_read(&env->part, PURSE_AT_FACE, raw, sizeof raw);

	if (rc != RC_OK)
		return rc;
	f->has = read_u8(&r);
	f->state = read_u8(&r);
	f->overdraft = read_be32(&r);
	f->offline = read_be16(&r);
	f->online = read_be16(&r);
	f->trades = read_be32(&r);
	f->paid_out = read_be64(&r);
	read_bytes(&r, f->auth_code, sizeof f->auth_code);
	read_bytes(&r, f->pin, sizeof f->pin);
	mem_wipe(raw, sizeof raw);
	return RC_OK;
}

enum rc
purse_face_stage(const struct card_env *env, const struct purse_face *f)
{
	uint8_t raw[PURSE_FACE_SIZE] = { 0 };
	struct writer w = writer_over(raw, sizeof raw);
	enum rc rc;

	write_u8(&w, f->has);
	write_u8(&w, f->state);
	write_be32(&w, f->overdraft);
	write_be16(&w, f->offline);
	write_be16(&w, f->online);
	write_be32(&w, f->trades);
	write_be64(&w, f->paid_out);
	write_bytes(&w, f->auth_code, sizeof f->auth_code);
	write_bytes(&w, f->pin, sizeof f->pin);
	rc = nv_part_stage(&env->part, PURSE_AT_FACE, raw, sizeof raw);
	mem_wipe(raw, sizeof raw);
	return rc;
}

enum rc
purse_proof_load(const struct card_env *env, struct purse_proof *p)
{
	uint8_t raw[PURSE_PROOF_SIZE] = { 0 };
	struct reader r = reader_over(raw, sizeof raw);
	enum rc rc = nv_part_read(&env->part, PURSE_AT_PROOF, raw, sizeof raw);

	p->type = read_u8(&r);
	p->sequence = read_be16(&r);
	read_bytes(&r, p->mac, sizeof p->mac);
	read_bytes(&r, p->tac, sizeof p->tac);
	return rc;
}

enum rc
purse_proof_stage(const struct card_env *env, const struct purse_proof *p)
{
	uint8_t raw[PURSE_PROOF_SIZE] = { 0 };
	struct writer w = writer_over(raw, sizeof raw);

	write_u8(&w, p->type);
	write_be16(&w, p->sequence);
	write_bytes(&w, p->mac, sizeof p->mac);
	write_bytes(&w, p->tac, sizeof p->tac);
	return nv_part_stage(&env->part, PURSE_AT_PROOF, raw, sizeof raw);
}

static uint32_t
key_place(unsigned int i)
{
	return PURSE_AT_KEYS + i * PURSE_KEY_SIZE;
}

/* Place of this type and index; type 0: the first free one. PURSE_KEYS_MAX: none. */
static enum rc
find_key(const struct card_env *env, uint8_t type, uint8_t index, unsigned int *place)
{
	uint8_t head[2];
	enum rc rc = RC_OK;

	for (*place = 0; *place < PURSE_KEYS_MAX; (*place)++) {
		rc = nv_part_read(&env->part, key_place(*place), head, sizeof head);
		if (rc != RC_OK || (head[0] == type && (type == 0 || head[1] == index)))
			break;
	}
	return rc;
}

enum rc
purse_key_find(const struct card_env *env, uint8_t type, uint8_t index, struct pboc_key *key,
	       uint8_t *version)
{
	uint8_t raw[PURSE_KEY_SIZE];
	unsigned int place;
	enum rc rc = find_key(env, type, index, &place);

	if (rc == RC_OK && place == PURSE_KEYS_MAX)
		rc = RC_NOT_FOUND;
	if (rc == RC_OK)
		rc = nv_part_read(&env->part, key_place(place), raw, sizeof raw);
	if (rc != RC_OK)
		return rc;
	*version = raw[2];
	key->algorithm = raw[3];
	key->len = CRYPTO_KEY;
	memcpy(key->bytes, raw + 4, CRYPTO_KEY);
	mem_wipe(raw, sizeof raw);
	return RC_OK;
}

enum rc
purse_key_stage(const struct card_env *env, uint8_t type, uint8_t index, uint8_t version,
		const struct pboc_key *key)
{
	uint8_t raw[PURSE_KEY_SIZE] = { type, index, version, key->algorithm };
	unsigned int place;
	enum rc rc = find_key(env, type, index, &place);

	if (rc == RC_OK && place == PURSE_KEYS_MAX)
		rc = find_key(env, 0, 0, &place);
	if (rc == RC_OK && place == PURSE_KEYS_MAX)
		rc = RC_SPACE;
	memcpy(raw + 4, key->bytes, CRYPTO_KEY);
	if (rc == RC_OK)
		rc = nv_part_stage(&env->part, key_place(place), raw, sizeof raw);
	mem_wipe(raw, sizeof raw);
	return rc;
}

enum rc
purse_card_load(const struct card_env *env, unsigned int number, struct purse_card *c)
{
	uint8_t raw[PURSE_FILE_SIZE];
	enum rc rc;

	if (number >= PURSE_CARDS_MAX)
		return RC_NOT_FOUND;
	rc = nv_part_read(&env->part, PURSE_AT_RECORDS + number * PURSE_FILE_SIZE, raw, sizeof raw);
	if (rc != RC_OK)
		return rc;
	c->len = raw[0];
	c->tag = raw[1];
	memcpy(c->bytes, raw + 2, sizeof c->bytes);
	return c->len == 0 || c->len > PURSE_RECORD_MAX ? RC_NOT_FOUND : RC_OK;
}

enum rc
purse_card_stage(const struct card_env *env, unsigned int number, const struct purse_card *c)
{
	uint8_t raw[PURSE_FILE_SIZE] = { c->len, c->tag };

	memcpy(raw + 2, c->bytes, sizeof c->bytes);
	return nv_part_stage(&env->part, PURSE_AT_RECORDS + number * PURSE_FILE_SIZE, raw,
			     sizeof raw);
}

enum rc
purse_card_find(const struct card_env *env, uint8_t tag, unsigned int *number)
{
	struct purse_card c;

	for (unsigned int i = 0; i < PURSE_CARDS_MAX; i++) {
		enum rc rc = purse_card_load(env, i, &c);

		if (rc == RC_OK && c.tag == tag) {
			*number = i;
			return RC_OK;
		}
		if (rc != RC_OK && rc != RC_NOT_FOUND)
			return rc;
	}
	return RC_NOT_FOUND;
}

static uint32_t
trade_place(uint32_t trade)
{
	return PURSE_AT_TRADES + (trade - 1) % PURSE_TRADES_MAX * PBOC_LOG_RECORD;
}

enum rc
purse_trade_stage(const struct card_env *env, struct purse_face *f,
		  const struct pboc_transaction *t, uint16_t sequence)
{
	uint8_t raw[PBOC_LOG_RECORD] = { 0 };
	struct writer w = writer_over(raw, sizeof raw);

	write_be16(&w, sequence);
	write_be24(&w, t->limit_after);
	write_be32(&w, t->amount);
	write_u8(&w, t->type);
	write_bytes(&w, t->terminal, sizeof t->terminal);
	write_bytes(&w, t->stamp, sizeof t->stamp);
	f->trades++;
	return nv_part_stage(&env->part, trade_place(f->trades), raw, sizeof raw);
}

enum rc
purse_trade_read(const struct card_env *env, unsigned int number, uint8_t out[PBOC_LOG_RECORD])
{
	struct purse_face f;
	enum rc rc = purse_face_load(env, &f);

	if (rc != RC_OK)
		return rc;
	if (number == 0 || number > PURSE_TRADES_MAX || number > f.trades)
		rc = RC_NOT_FOUND;
	else
		rc = nv_part_read(&env->part, trade_place(f.trades - number + 1), out,
				  PBOC_LOG_RECORD);
	mem_wipe(&f, sizeof f);
	return rc;
}
