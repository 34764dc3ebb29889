// SPDX-License-Identifier: GPL-3.0-or-later
/* The purse's log: a ring that the transaction sequence number walks, so that entry and pointer
 * cannot disagree (payment invariant 14). */
#include "apps/purse_store.h"

#include "base/bytes.h"
#include "base/mem.h"

static uint32_t
entry_place(uint32_t sequence)
{
	return PURSE_AT_LOG + (sequence - 1) % PURSE_LOG_MAX * PURSE_LOG_SIZE;
}

enum rc
purse_log_stage(const struct card_env *env, const struct purse_entry *e)
{
	uint8_t raw[PURSE_LOG_SIZE] = { 0 };
	struct writer w = writer_over(raw, sizeof raw);

	write_be32(&w, e->sequence);
	write_u8(&w, e->kind);
	write_u8(&w, e->slot);
	write_u8(&w, e->source);
	write_u8(&w, e->type);
	write_be64(&w, e->amount);
	write_be64(&w, (uint64_t)e->balance_after);
	write_be32(&w, e->reference);
	write_be32(&w, e->time);
	return nv_part_stage(&env->part, entry_place(e->sequence), raw, sizeof raw);
}

enum rc
purse_log_read(const struct card_env *env, unsigned int number, uint8_t out[PURSE_LOG_SIZE])
{
	struct purse_head head;
	enum rc rc = purse_head_load(env, &head);
	uint32_t sequence = head.sequence;

	mem_wipe(head.key, sizeof head.key);
	if (rc != RC_OK)
		return rc;
	if (number == 0 || number > PURSE_LOG_MAX || number > sequence)
		return RC_NOT_FOUND;
	return nv_part_read(&env->part, entry_place(sequence - number + 1), out, PURSE_LOG_SIZE);
}
