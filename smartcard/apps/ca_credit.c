// SPDX-License-Identifier: GPL-3.0-or-later
/* Top-ups and refunds by EMM, top-up codes, and the pay-out of a balance. A credit is never refused
 * because the journal is full: then only the purse's own log keeps it. */
#include "apps/ca_credit.h"

#include "apps/ca_clock.h"
#include "apps/ca_right.h"
#include "apps/common.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "wire/personalise.h"

static uint16_t
purse_status(enum purse_result result)
{
	if (result == PURSE_OK || result == PURSE_UNCHANGED)
		return SW_OK;
	if (result == PURSE_WRONG_MAC)
		return SW_SECURITY_STATUS;
	return result == PURSE_FAULT ? SW_FAULT : SW_CONDITIONS;
}

/* What the CA application knows of a record about a credit. */
static enum rc
begin_record(const struct card_env *env, enum record_type type, struct ca_journal *j,
	     struct record *r)
{
	struct ca_identity id;
	enum rc rc = ca_identity_load(env, &id);

	memset(r, 0, sizeof *r);
	if (rc == RC_OK)
		rc = ca_journal_load(env, j);
	if (rc == RC_OK)
		rc = ca_clock_now(env, &r->time);
	if (rc != RC_OK)
		return rc;
	r->sequence = j->head + 1;
	r->type = (uint8_t)type;
	r->flags = type == RECORD_PAYOUT ? 0 : RECORD_NO_CALLBACK;
	r->operator_id = id.operator_id;
	return RC_OK;
}

static enum rc
append_if_room(const struct card_env *env, struct ca_journal *j, const struct record *r)
{
	enum rc rc = ca_journal_append(env, j, r);

	return rc == RC_SPACE ? RC_OK : rc;
}

static enum rc
restore_code_tries(const struct card_env *env)
{
	uint32_t tries;
	enum rc rc = nv_cell_read(&env->part, CA_AT_CODE_CELLS, CA_CODE_CELLS, 0, &tries);

	if (rc != RC_OK || tries == TOPUP_CODE_TRIES)
		return rc == RC_FORMAT ? RC_OK : rc;
	return nv_cell_write(&env->part, CA_AT_CODE_CELLS, CA_CODE_CELLS, 0, TOPUP_CODE_TRIES);
}

/* Passed on unread: only the purse knows whether the cryptogram is right. */
static uint16_t
pass_on(const struct card_env *env, const struct purse_credit *credit, struct record *r,
	struct ca_journal *j)
{
	const struct purse_service *service;
	struct card_env *purse;
	enum purse_result result;
	enum rc rc = ca_purse(env, &service, &purse);

	if (rc != RC_OK)
		return app_status(rc);
	result = service->credit(purse, credit, r);
	if (result != PURSE_OK)
		return purse_status(result);
	return app_status(append_if_room(env, j, r));
}

uint16_t
ca_credit_apply(const struct card_env *env, const struct emm_command *cmd)
{
	struct purse_credit credit = { .slot = cmd->u.credit.slot,
				       .source = cmd->u.credit.source,
				       .total = cmd->u.credit.total,
				       .sequence = cmd->u.credit.sequence };
	struct ca_journal j;
	struct record r;
	uint16_t sw;
	enum rc rc = begin_record(env, RECORD_TOPUP, &j, &r);

	if (rc != RC_OK)
		return app_status(rc);
	credit.operator_id = r.operator_id;
	r.event_id = credit.sequence;
	r.service_id = credit.source;
	memcpy(credit.cryptogram, cmd->u.credit.cryptogram, sizeof credit.cryptogram);
	sw = pass_on(env, &credit, &r, &j);
	return sw == SW_OK ? app_status(restore_code_tries(env)) : sw;
}

/* The right that this record paid for ends with it. */
static enum rc
take_right(const struct card_env *env, const struct record *paid)
{
	struct ca_event_right right;
	enum rc rc = ca_event_find(env, paid->event_id, &right);

	if (rc == RC_OK && right.record == paid->sequence)
		rc = ca_event_cancel(env, paid->event_id);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* Marks the record, if it is still kept, and takes its right. RC_CONFLICT: marked before;
 * RC_FORMAT: no such record, or nothing was paid with it from this slot. */
static enum rc
mark_record(const struct card_env *env, const struct ca_journal *j, uint32_t sequence, uint8_t slot,
	    struct record *paid)
{
	uint8_t raw[RECORD_SIZE];
	bool done = false;
	enum rc rc = ca_record_read(env, j, sequence, raw);

	if (rc == RC_NOT_FOUND)
		return sequence <= j->head ? RC_OK : RC_FORMAT;
	if (rc == RC_OK)
		rc = record_decode(raw, paid);
	if (rc == RC_OK)
		rc = ca_refunded_read(env, sequence, &done);
	if (rc != RC_OK)
		return rc;
	if (done)
		return RC_CONFLICT;
	if ((paid->type != RECORD_EVENT && paid->type != RECORD_SLICE) || paid->slot != slot)
		return RC_FORMAT;
	rc = ca_refunded_mark(env, sequence, true);
	return rc == RC_OK ? take_right(env, paid) : rc;
}

static uint16_t
refund_status(enum rc rc)
{
	if (rc == RC_CONFLICT)
		return SW_OK;
	return rc == RC_FORMAT ? (uint16_t)SW_RECORD : app_status(rc);
}

uint16_t
ca_refund_apply(const struct card_env *env, const struct emm_command *cmd)
{
	struct purse_credit credit = { .slot = cmd->u.refund.slot,
				       .source = CREDIT_REFUND,
				       .total = cmd->u.refund.total,
				       .sequence = cmd->u.refund.sequence,
				       .record = cmd->u.refund.record };
	struct ca_journal j;
	struct record r;
	enum rc rc = ca_journal_load(env, &j);

	if (rc == RC_OK) /* r is the record that is paid back, then that of the refund */
		rc = mark_record(env, &j, credit.record, credit.slot, &r);
	if (rc == RC_OK)
		rc = begin_record(env, RECORD_REFUND, &j, &r);
	if (rc != RC_OK)
		return refund_status(rc);
	credit.operator_id = r.operator_id;
	r.event_id = credit.record;
	memcpy(credit.cryptogram, cmd->u.refund.cryptogram, sizeof credit.cryptogram);
	return pass_on(env, &credit, &r, &j);
}

/* One try less, durable before the digits are looked at. */
static uint16_t
take_try(const struct card_env *env, uint32_t *tries)
{
	enum rc rc = nv_cell_read(&env->part, CA_AT_CODE_CELLS, CA_CODE_CELLS, 0, tries);

	if (rc == RC_FORMAT) {
		*tries = TOPUP_CODE_TRIES;
		rc = RC_OK;
	}
	if (rc == RC_OK && *tries == 0)
		return SW_BLOCKED;
	if (rc == RC_OK)
		rc = nv_cell_write(&env->part, CA_AT_CODE_CELLS, CA_CODE_CELLS, 0, --*tries);
	return rc == RC_OK ? SW_OK : SW_MEMORY;
}

static uint16_t
code_status(enum purse_result result, uint32_t tries)
{
	if (result != PURSE_WRONG_MAC)
		return result == PURSE_UNCHANGED ? (uint16_t)SW_CONDITIONS : purse_status(result);
	return tries > 0 ? SW_PIN_WRONG(tries) : SW_BLOCKED;
}

static uint16_t
redeem(const struct card_env *env, const uint8_t *digits, uint32_t tries, struct record *r)
{
	const struct purse_service *service;
	struct card_env *purse;
	struct ca_journal j;
	enum purse_result result;
	enum rc rc = begin_record(env, RECORD_TOPUP, &j, r);

	if (rc == RC_OK)
		rc = ca_purse(env, &service, &purse);
	if (rc != RC_OK)
		return app_status(rc);
	r->service_id = CREDIT_CODE;
	result = service->code(purse, digits, r);
	if (result != PURSE_WRONG_MAC && result != PURSE_FAULT)
		rc = nv_cell_write(&env->part, CA_AT_CODE_CELLS, CA_CODE_CELLS, 0,
				   TOPUP_CODE_TRIES);
	if (rc == RC_OK && result == PURSE_OK)
		rc = append_if_room(env, &j, r);
	if (rc != RC_OK)
		return app_status(rc);
	return result == PURSE_OK ? (uint16_t)SW_OK : code_status(result, tries);
}

uint16_t
ca_topup_code_command(struct card_env *env, struct card_call *call)
{
	uint32_t tries = 0, amount;
	struct record r;
	uint8_t counter;
	uint16_t sw;

	/* A slip of the finger costs no try. */
	if (topup_code_read(call->cmd->data, &counter, &amount) != RC_OK)
		return SW_DATA;
	sw = take_try(env, &tries);
	if (sw == SW_OK)
		sw = redeem(env, call->cmd->data, tries, &r);
	if (sw != SW_OK)
		return sw;
	put_be32(call->rsp, r.price);
	put_be64(call->rsp + 4, (uint64_t)r.balance_after);
	call->rsp_len = 12;
	return SW_OK;
}

/* Takes the whole balance off; the record is the proof. */
static uint16_t
pay_out(const struct card_env *env, uint8_t slot, struct record *r)
{
	static const uint8_t aid[] = AID_CA;
	const struct purse_service *service;
	struct card_env *purse;
	struct ca_journal j;
	struct ca_slot s;
	enum purse_result result;
	enum rc rc = begin_record(env, RECORD_PAYOUT, &j, r);

	if (rc == RC_OK)
		rc = ca_purse(env, &service, &purse);
	if (rc == RC_OK)
		rc = ca_journal_reserve(env, &j);
	if (rc != RC_OK)
		return app_status(rc);
	result = service->slot(purse, slot, &s);
	if (result != PURSE_OK)
		return purse_status(result);
	if (s.balance <= 0 || s.balance > (int64_t)UINT32_MAX)
		return SW_CONDITIONS;
	r->slot = slot;
	memcpy(r->unit, s.unit, UNIT_SIZE);
	r->price = (uint32_t)s.balance;
	result = service->debit(purse, aid, sizeof aid, r, r->price);
	if (result != PURSE_OK)
		return purse_status(result);
	return app_status(ca_journal_append(env, &j, r));
}

uint16_t
ca_payout_command(struct card_env *env, struct card_call *call)
{
	const struct pin_place place = ca_pin_place();
	struct record r;
	uint16_t sw;

	if (call->cmd->lc < 1)
		return SW_LENGTH;
	sw = pin_verify(env, &place, call->cmd->data + 1, (uint8_t)(call->cmd->lc - 1U));
	if (sw == SW_OK)
		sw = pay_out(env, call->cmd->data[0], &r);
	if (sw != SW_OK)
		return sw;
	record_encode(&r, call->rsp);
	call->rsp_len = RECORD_SIZE;
	return SW_OK;
}
