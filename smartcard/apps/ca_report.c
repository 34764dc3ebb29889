// SPDX-License-Identifier: GPL-3.0-or-later
/* Report batches: what the card proves to the head-end. */
#include "apps/ca_clock.h"
#include "apps/ca_fold.h"
#include "apps/ca_record.h"
#include "apps/common.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "derive/ladder.h"

#define REPORT_SLOT 0U

static enum rc
fill_totals(const struct card_env *env, struct report_totals *t)
{
	const struct purse_service *service;
	struct card_env *purse;
	struct ca_slot s;
	enum rc rc = ca_purse(env, &service, &purse);

	if (rc != RC_OK)
		return rc;
	if (service->slot(purse, REPORT_SLOT, &s) != PURSE_OK)
		return RC_FAIL;
	t->slot = REPORT_SLOT;
	t->credit_emm = s.credit_emm;
	t->credit_load = s.credit_load;
	t->credit_code = s.credit_code;
	t->refund = s.refund;
	t->spent = s.spent;
	return RC_OK;
}

static enum rc
fill_records(const struct card_env *env, const struct ca_journal *j, struct report *report)
{
	uint8_t raw[RECORD_SIZE];
	enum rc rc = ca_journal_chain_at(env, j, report->first - 1, report->chain_before);

	for (uint32_t i = report->first;
	     rc == RC_OK && i <= j->head && i - report->first < REPORT_RECORDS_MAX; i++) {
		rc = ca_record_read(env, j, i, raw);
		if (rc == RC_OK)
			rc = record_decode(raw, &report->records[report->record_count]);
		report->record_count++;
	}
	if (rc == RC_OK && report->first + report->record_count > j->head)
		report->flags = REPORT_LAST;
	return rc;
}

/* What made room: before the oldest record that is kept. */
static enum rc
fill_folds(const struct card_env *env, const struct ca_journal *j, unsigned int page,
	   struct report *report)
{
	bool more = false;
	enum rc rc = ca_fold_list(env, j, page * REPORT_FOLDS_MAX, report->folds,
				  &report->record_count, &more);

	if (rc == RC_OK && report->record_count == 0)
		rc = RC_NOT_FOUND;
	if (rc != RC_OK)
		return rc;
	report->flags = more ? REPORT_FOLD | REPORT_MORE : REPORT_FOLD;
	report->first = j->base + 1;
	report->fold_from = j->fold_from;
	memcpy(report->chain_before, j->chain_from, CRYPTO_MAC);
	memcpy(report->chain_folded, j->chain_base, CRYPTO_MAC);
	return RC_OK;
}

/* From the oldest on: what was folded, then what is kept. */
static enum rc
fill_report(const struct card_env *env, uint32_t first, unsigned int page, struct report *report)
{
	struct ca_identity id;
	struct ca_journal j;
	enum rc rc = ca_journal_load(env, &j);

	/* What left the card must not change any more. */
	if (rc == RC_OK)
		rc = ca_journal_close(env, &j);
	if (rc == RC_OK)
		rc = ca_identity_load(env, &id);
	if (rc == RC_OK)
		rc = ca_clock_now(env, &report->clock);
	if (rc == RC_OK)
		rc = fill_totals(env, &report->totals);
	if (rc != RC_OK)
		return rc;
	report->operator_id = id.operator_id;
	report->leaf = id.leaf;
	report->key_version = id.key_version;
	report->first = first == 0 ? j.base + 1 : first;
	report->head = j.head;
	memcpy(report->chain_head, j.chain_head, CRYPTO_MAC);
	if (page > 0 || (first == 0 && j.fold_from != j.base))
		return fill_folds(env, &j, page, report);
	return fill_records(env, &j, report);
}

/* The next batch begins where this one ends: its chain value is kept in RAM. */
static enum rc
keep_cursor(const struct card_env *env, const struct report *report)
{
	struct ca_ram *ram = ca_ram(env);
	uint32_t last = report->first + report->record_count - 1;
	struct ca_journal j;
	uint8_t chain[CRYPTO_MAC];
	enum rc rc = ca_journal_load(env, &j);

	if (report->flags & REPORT_FOLD)
		return rc;
	if (rc == RC_OK)
		rc = ca_journal_chain_at(env, &j, last, chain);
	if (rc != RC_OK)
		return rc;
	ram->cursor_used = true;
	ram->cursor_record = last;
	memcpy(ram->cursor_chain, chain, sizeof chain);
	return RC_OK;
}

uint16_t
ca_report_command(struct card_env *env, struct card_call *call)
{
	struct report report = { 0 };
	struct report_keys keys;
	size_t len = 0;
	enum rc rc;

	if (call->cmd->p2 != 0)
		return SW_P1P2;
	rc = fill_report(env, get_be32(call->cmd->data), call->cmd->p1, &report);

	if (rc == RC_OK)
		rc = keep_cursor(env, &report);
	if (rc == RC_OK)
		rc = ca_working_key(env, LABEL_REPORT_ENC, keys.enc);
	if (rc == RC_OK)
		rc = ca_working_key(env, LABEL_REPORT_MAC, keys.mac);
	if (rc == RC_OK)
		rc = report_seal(env->crypto, &keys, &report, call->rsp, REPORT_MAX, &len);
	mem_wipe(&keys, sizeof keys);
	mem_wipe(&report, sizeof report);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? SW_RECORD : app_status(rc);
	call->rsp_len = (uint16_t)len;
	return SW_OK;
}
