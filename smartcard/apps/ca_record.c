// SPDX-License-Identifier: GPL-3.0-or-later
/* The journal of purchases: records are never overwritten before they are collected. */
#include "apps/ca_record.h"

#include "apps/ca_fold.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "derive/ladder.h"

#define COUNT_MAX 255U /* slices of a session */

static uint32_t
record_place(uint32_t sequence)
{
	return CA_AT_RECORDS + (sequence - 1) % CA_RECORDS_MAX * RECORD_SIZE;
}

/* A card of before folding: what it overwrote by then is not known any more. */
static void
begin_ledger(struct ca_journal *j)
{
	j->fold_from = j->base;
	memcpy(j->chain_from, j->chain_base, CRYPTO_MAC);
}

static enum rc
ledger_load(const struct card_env *env, struct ca_journal *j)
{
	uint8_t raw[CA_LEDGER_SIZE] = { 0 };
	struct reader r = reader_over(raw, sizeof raw);
	enum rc rc = nv_part_read(&env->part, CA_AT_LEDGER, raw, sizeof raw);

	j->closed = read_be32(&r);
	read_bytes(&r, j->chain_open, CRYPTO_MAC);
	j->fold_from = read_be32(&r);
	read_bytes(&r, j->chain_from, CRYPTO_MAC);
	j->waiting.since = read_be32(&r);
	j->waiting.count = read_be32(&r);
	j->waiting.amount = read_be64(&r);
	if (read_u8(&r) == 0)
		begin_ledger(j);
	return rc;
}

static enum rc
ledger_stage(const struct card_env *env, const struct ca_journal *j)
{
	uint8_t raw[CA_LEDGER_SIZE] = { 0 };
	struct writer w = writer_over(raw, sizeof raw);

	write_be32(&w, j->closed);
	write_bytes(&w, j->chain_open, CRYPTO_MAC);
	write_be32(&w, j->fold_from);
	write_bytes(&w, j->chain_from, CRYPTO_MAC);
	write_be32(&w, j->waiting.since);
	write_be32(&w, j->waiting.count);
	write_be64(&w, j->waiting.amount);
	write_u8(&w, 1); /* in use */
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

static bool
is_full(const struct ca_journal *j)
{
	return j->head - j->base >= CA_RECORDS_MAX;
}

enum rc
ca_journal_reserve(const struct card_env *env, const struct ca_journal *j)
{
	uint8_t raw[RECORD_SIZE];
	struct record oldest;
	enum rc rc;

	if (j->head >= UINT32_MAX - 1)
		return RC_SPACE;
	if (!is_full(j))
		return RC_OK;
	rc = ca_record_read(env, j, j->base + 1, raw);
	if (rc == RC_OK)
		rc = record_decode(raw, &oldest);
	if (rc == RC_OK && !(oldest.flags & RECORD_NO_CALLBACK))
		rc = RC_SPACE;
	return rc;
}

/* Money left the card with it, and the operator's price wants it reported. */
static bool
must_be_collected(const struct record *r)
{
	return record_is_debit(r->type) && !(r->flags & RECORD_NO_CALLBACK);
}

/* A debit that the operator wants to see; of a session that grew, what it grew by. */
static void
count_waiting(struct ca_journal *j, const struct record *r, uint32_t before)
{
	if (!must_be_collected(r))
		return;
	if (j->waiting.count == 0)
		j->waiting.since = r->time;
	if (before == 0)
		j->waiting.count++;
	if (r->slot == 0 && r->price > before)
		j->waiting.amount += r->price - before;
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
	uint8_t oldest[RECORD_SIZE];
	enum rc rc = ca_journal_reserve(env, j);

	if (rc == RC_OK && is_full(j)) {
		rc = ca_record_read(env, j, j->base + 1, oldest);
		if (rc == RC_OK)
			rc = ca_fold_oldest(env, j, oldest);
	}
	if (rc != RC_OK)
		return rc;
	memcpy(j->chain_open, j->chain_head, CRYPTO_MAC);
	j->head++;
	count_waiting(j, r, 0);
	rc = ca_refunded_mark(env, j->head, false);
	return rc == RC_OK ? put_head(env, j, r) : rc;
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
	struct record before;
	enum rc rc = ca_journal_session(env, j, &before);

	if (rc != RC_OK)
		return rc;
	memcpy(j->chain_head, j->chain_open, CRYPTO_MAC);
	count_waiting(j, r, before.price);
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

/* Counts anew what waits after the records that were acknowledged. */
static enum rc
recount(const struct card_env *env, struct ca_journal *j)
{
	uint8_t raw[RECORD_SIZE];
	struct record r;
	enum rc rc = RC_OK;

	memset(&j->waiting, 0, sizeof j->waiting);
	for (uint32_t i = j->base + 1; rc == RC_OK && i <= j->head; i++) {
		rc = ca_record_read(env, j, i, raw);
		if (rc == RC_OK)
			rc = record_decode(raw, &r);
		if (rc == RC_OK)
			count_waiting(j, &r, 0);
	}
	return rc;
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
	/* Acknowledged before, or folded meanwhile: the next report tells. */
	if (sequence < j.base)
		return RC_OK;
	rc = ca_journal_chain_at(env, &j, sequence, own);
	if (rc == RC_NOT_FOUND || (rc == RC_OK && !mem_equal_ct(own, chain, CRYPTO_MAC)))
		return RC_FORMAT;
	if (rc != RC_OK)
		return rc;
	j.base = sequence;
	j.acked = sequence;
	memcpy(j.chain_base, own, sizeof own);
	j.fold_from = sequence;
	memcpy(j.chain_from, own, sizeof own);
	rc = recount(env, &j);
	return rc == RC_OK ? ca_journal_stage(env, &j) : rc;
}

enum rc
ca_refunded_mark(const struct card_env *env, uint32_t sequence, bool on)
{
	uint32_t place = (sequence - 1) % CA_RECORDS_MAX;
	uint8_t bit = (uint8_t)(1U << place % 8), marks = 0;
	enum rc rc = nv_part_read(&env->part, CA_AT_REFUNDED + place / 8, &marks, 1);

	marks = on ? (uint8_t)(marks | bit) : (uint8_t)(marks & ~bit);
	return rc == RC_OK ? ca_stage_changed(env, CA_AT_REFUNDED + place / 8, &marks, 1) : rc;
}

enum rc
ca_refunded_read(const struct card_env *env, uint32_t sequence, bool *on)
{
	uint32_t place = (sequence - 1) % CA_RECORDS_MAX;
	uint8_t marks = 0;
	enum rc rc = nv_part_read(&env->part, CA_AT_REFUNDED + place / 8, &marks, 1);

	if (rc == RC_OK)
		*on = (marks & (1U << place % 8)) != 0;
	return rc;
}
