// SPDX-License-Identifier: GPL-3.0-or-later
/* Folding: a card without return path never fills, and what it forgets it still proves. */
#include "apps/ca_fold.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "derive/ladder.h"

static uint32_t
fold_place(uint8_t slot)
{
	return CA_AT_FOLDS + (uint32_t)slot * CA_FOLD_SIZE;
}

enum rc
ca_fold_load(const struct card_env *env, const struct ca_journal *j, uint8_t slot,
	     struct record_fold *fold)
{
	uint8_t raw[CA_FOLD_SIZE] = { 0 };
	struct reader r = reader_over(raw, sizeof raw);
	uint32_t from;
	enum rc rc = slot < CA_FOLDS ? nv_part_read(&env->part, fold_place(slot), raw, sizeof raw)
				     : RC_RANGE;

	if (rc != RC_OK)
		return rc;
	memset(fold, 0, sizeof *fold);
	fold->slot = slot;
	memcpy(fold->value, j->chain_from, CRYPTO_MAC);
	from = read_be32(&r);
	/* What was folded before the last acknowledgement counts no more. */
	if (from != j->fold_from || get_be32(raw + 4) == 0)
		return RC_OK;
	fold->count = read_be32(&r);
	fold->debited = read_be64(&r);
	fold->credited = read_be64(&r);
	fold->refunded = read_be64(&r);
	read_bytes(&r, fold->value, CRYPTO_MAC);
	return RC_OK;
}

static enum rc
fold_stage(const struct card_env *env, const struct ca_journal *j, const struct record_fold *fold)
{
	uint8_t raw[CA_FOLD_SIZE];
	struct writer w = writer_over(raw, sizeof raw);

	write_be32(&w, j->fold_from);
	write_be32(&w, fold->count);
	write_be64(&w, fold->debited);
	write_be64(&w, fold->credited);
	write_be64(&w, fold->refunded);
	write_bytes(&w, fold->value, CRYPTO_MAC);
	return nv_part_stage(&env->part, fold_place(fold->slot), raw, sizeof raw);
}

enum rc
ca_fold_oldest(const struct card_env *env, struct ca_journal *j, const uint8_t raw[RECORD_SIZE])
{
	uint8_t key[CRYPTO_KEY], chain[CRYPTO_MAC];
	struct record_fold fold;
	struct record oldest;
	enum rc rc = record_decode(raw, &oldest);

	if (rc == RC_OK && !(oldest.flags & RECORD_NO_CALLBACK))
		rc = RC_SPACE;
	if (rc == RC_OK)
		rc = ca_fold_load(env, j, oldest.slot, &fold);
	if (rc == RC_OK)
		rc = ca_working_key(env, LABEL_CHAIN, key);
	if (rc != RC_OK)
		return rc;
	rc = record_fold_add(env->crypto, key, raw, &fold);
	if (rc == RC_OK)
		rc = record_chain(env->crypto, key, j->chain_base, raw, chain);
	mem_wipe(key, sizeof key);
	if (rc == RC_OK)
		rc = fold_stage(env, j, &fold);
	if (rc != RC_OK)
		return rc == RC_RANGE ? RC_SPACE : rc;
	memcpy(j->chain_base, chain, sizeof chain);
	j->base++;
	return RC_OK;
}

enum rc
ca_fold_list(const struct card_env *env, const struct ca_journal *j, unsigned int index,
	     struct record_fold folds[REPORT_FOLDS_MAX], uint8_t *count, bool *more)
{
	struct record_fold fold;

	*count = 0;
	*more = false;
	for (uint8_t slot = 0; slot < CA_FOLDS; slot++) {
		enum rc rc = ca_fold_load(env, j, slot, &fold);

		if (rc != RC_OK)
			return rc;
		if (fold.count == 0)
			continue;
		if (index > 0) {
			index--;
		} else if (*count == REPORT_FOLDS_MAX) {
			*more = true;
			return RC_OK;
		} else {
			folds[(*count)++] = fold;
		}
	}
	return RC_OK;
}
