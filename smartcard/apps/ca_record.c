// SPDX-License-Identifier: GPL-3.0-or-later
/* The journal of purchases: records are never overwritten before they are collected. */
#include "apps/ca_record.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "derive/ladder.h"

#define COUNT_MAX 255U /* slices of a session */

static uint32_t
record_place(uint32_t sequence)
{
	return CA_AT_RECORDS + (sequence - 1) % CA_RECORDS_MAX * RECORD_SIZE;
}

static enum rc
ledger_load(const struct card_env *env, struct ca_journal *j)
{
	uint8_t raw[CA_LEDGER_SIZE] = { 0 };
	struct reader r = reader_over(raw, sizeof raw);
	enum rc rc = nv_part_read(&env->part, CA_AT_LEDGER, raw, sizeof raw);

	j->closed = read_be32(&r);
	read_bytes(&r, j->chain_open, CRYPTO_MAC);
	return rc;
}

static enum rc
ledger_stage(const struct card_env *env, const struct ca_journal *j)
{
	uint8_t raw[CA_LEDGER_SIZE] = { 0 };
	struct writer w = writer_over(raw, sizeof raw);

	write_be32(&w, j->closed);
	write_bytes(&w, j->chain_open, CRYPTO_MAC);
	return ca_stage_changed(env, CA_AT_LEDGER, raw, sizeof raw);
}

enum rc
ca_journal_load(const struct card_env *env, struct ca_journal *j)
{
	uint8_t raw[CA_JOURNAL_SIZE] = { 0 };
	struct reader r = reader_over(raw, sizeof raw);
	enum rc rc = nv_part_read(&env->part, CA_AT_JOURNAL, raw, sizeof raw);

	if (rc != RC_OK)
		return rc;
	j->head = read_be32(&r);
	j->base = read_be32(&r);
	j->acked = read_be32(&r);
	read_bytes(&r, j->chain_head, CRYPTO_MAC);
	read_bytes(&r, j->chain_base, CRYPTO_MAC);
	return ledger_load(env, j);
}

enum rc
ca_journal_stage(const struct card_env *env, const struct ca_journal *j)
{
	uint8_t raw[CA_JOURNAL_SIZE];
	struct writer w = writer_over(raw, sizeof raw);
	enum rc rc;

	write_be32(&w, j->head);
	write_be32(&w, j->base);
	write_be32(&w, j->acked);
	write_bytes(&w, j->chain_head, CRYPTO_MAC);
	write_bytes(&w, j->chain_base, CRYPTO_MAC);
	rc = ca_stage_changed(env, CA_AT_JOURNAL, raw, sizeof raw);
	return rc == RC_OK ? ledger_stage(env, j) : rc;
}

enum rc
ca_record_read(const struct card_env *env, const struct ca_journal *j, uint32_t sequence,
	       uint8_t out[RECORD_SIZE])
{
	if (sequence == 0 || sequence > j->head || j->head - sequence >= CA_RECORDS_MAX)
		return RC_NOT_FOUND;
	return nv_part_read(&env->part, record_place(sequence), out, RECORD_SIZE);
}

/* Chain value one record further, in place. */
static enum rc
chain_step(const struct card_env *env, const uint8_t key[CRYPTO_KEY],
	   const uint8_t record[RECORD_SIZE], uint8_t chain[CRYPTO_MAC])
{
	uint8_t next[CRYPTO_MAC];
	enum rc rc = record_chain(env->crypto, key, chain, record, next);

	if (rc == RC_OK)
		memcpy(chain, next, CRYPTO_MAC);
	return rc;
}

static enum rc
chain_walk(const struct card_env *env, const struct ca_journal *j, uint32_t from, uint32_t to,
	   uint8_t chain[CRYPTO_MAC])
{
	uint8_t key[CRYPTO_KEY], record[RECORD_SIZE];
	enum rc rc = RC_OK;

	if (from == to)
		return RC_OK;
	rc = ca_working_key(env, LABEL_CHAIN, key);
	for (uint32_t i = from + 1; rc == RC_OK && i <= to; i++) {
		rc = ca_record_read(env, j, i, record);
		if (rc == RC_OK)
			rc = chain_step(env, key, record, chain);
	}
	mem_wipe(key, sizeof key);
	return rc;
}

enum rc
ca_journal_chain_at(const struct card_env *env, const struct ca_journal *j, uint32_t sequence,
		    uint8_t chain[CRYPTO_MAC])
{
	const struct ca_ram *ram = ca_ram(env);
	uint8_t value[CRYPTO_MAC];
	uint32_t from = j->base;
	enum rc rc;

	if (sequence < j->base || sequence > j->head)
		return RC_NOT_FOUND;
	memcpy(value, j->chain_base, sizeof value);
	if (ram->cursor_used && ram->cursor_record >= j->base && ram->cursor_record <= sequence) {
		from = ram->cursor_record;
		memcpy(value, ram->cursor_chain, sizeof value);
	}
	rc = chain_walk(env, j, from, sequence, value);
	if (rc == RC_OK)
		memcpy(chain, value, sizeof value);
	return rc;
}

enum rc
ca_journal_reserve(const struct card_env *env, struct ca_journal *j)
{
	uint8_t raw[RECORD_SIZE];
	struct record oldest;
	enum rc rc;

	if (j->head >= UINT32_MAX - 1)
		return RC_SPACE;
	if (j->head - j->base < CA_RECORDS_MAX)
		return RC_OK;
	rc = ca_record_read(env, j, j->base + 1, raw);
	if (rc == RC_OK)
		rc = record_decode(raw, &oldest);
	if (rc == RC_OK && !(oldest.flags & RECORD_NO_CALLBACK))
		rc = RC_SPACE;
	if (rc == RC_OK)
		rc = chain_walk(env, j, j->base, j->base + 1, j->chain_base);
	if (rc == RC_OK)
		j->base++;
	return rc;
}

/* Puts a record in the place of head; chain_head becomes the chain behind it. */
static enum rc
put_head(const struct card_env *env, struct ca_journal *j, const struct record *r)
{
	uint8_t key[CRYPTO_KEY], raw[RECORD_SIZE];
	enum rc rc = ca_working_key(env, LABEL_CHAIN, key);

	record_encode(r, raw);
	if (rc == RC_OK)
		rc = chain_step(env, key, raw, j->chain_head);
	mem_wipe(key, sizeof key);
	if (rc == RC_OK)
		rc = nv_part_stage(&env->part, record_place(j->head), raw, sizeof raw);
	return rc == RC_OK ? ca_journal_stage(env, j) : rc;
}

enum rc
ca_journal_append(const struct card_env *env, struct ca_journal *j, const struct record *r)
{
	memcpy(j->chain_open, j->chain_head, CRYPTO_MAC);
	j->head++;
	return put_head(env, j, r);
}

enum rc
ca_journal_session(const struct card_env *env, const struct ca_journal *j, struct record *r)
{
	uint8_t raw[RECORD_SIZE];
	struct record newest;
	enum rc rc;

	if (j->head <= j->base || j->head <= j->closed)
		return RC_NOT_FOUND;
	rc = ca_record_read(env, j, j->head, raw);
	if (rc == RC_OK)
		rc = record_decode(raw, &newest);
	if (rc != RC_OK)
		return rc;
	if (newest.type != RECORD_SLICE || newest.count == COUNT_MAX)
		return RC_NOT_FOUND;
	*r = newest;
	return RC_OK;
}

enum rc
ca_journal_grow(const struct card_env *env, struct ca_journal *j, const struct record *r)
{
	memcpy(j->chain_head, j->chain_open, CRYPTO_MAC);
	return put_head(env, j, r);
}

enum rc
ca_journal_close(const struct card_env *env, struct ca_journal *j)
{
	struct record session;
	enum rc rc = ca_journal_session(env, j, &session);

	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RC_OK : rc;
	j->closed = j->head;
	return ledger_stage(env, j);
}

enum rc
ca_journal_acknowledge(const struct card_env *env, uint32_t sequence,
		       const uint8_t chain[CRYPTO_MAC])
{
	uint8_t own[CRYPTO_MAC];
	struct ca_journal j;
	enum rc rc = ca_journal_load(env, &j);

	if (rc != RC_OK)
		return rc;
	if (sequence < j.base && sequence <= j.acked)
		return RC_OK;
	rc = ca_journal_chain_at(env, &j, sequence, own);
	if (rc == RC_NOT_FOUND || (rc == RC_OK && !mem_equal_ct(own, chain, CRYPTO_MAC)))
		return RC_FORMAT;
	if (rc != RC_OK)
		return rc;
	j.base = sequence;
	j.acked = sequence;
	memcpy(j.chain_base, own, sizeof own);
	return ca_journal_stage(env, &j);
}
